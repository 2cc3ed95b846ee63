"""The list of pages on the left: icon, name, and how many records wait there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ui.kit.icons import pixmap
from ui.kit.sheet import RING
from ui.kit.theme import Theme

_NAME = Qt.ItemDataRole.UserRole
_ICON = Qt.ItemDataRole.UserRole + 1
_COUNT = Qt.ItemDataRole.UserRole + 2
_ROW = 46
_NARROW_WIDTH = 64
_WIDTH = 226
_ICON_SIZE = 20


class _Row(QStyledItemDelegate):
    """Draws one page's row: the chosen one by a bar, a ground and weight, never by colour alone."""

    def __init__(self, theme: Theme, parent: QListWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the row."""
        colours = self._theme.colours
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        box: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen:
            painter.fillRect(box, QColor(colours.accent_ground))
            painter.fillRect(QRect(box.left(), box.top(), 4, box.height()), QColor(colours.accent))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, QColor(colours.sunken))
        ink = colours.accent if chosen else colours.muted
        top = box.center().y() - _ICON_SIZE // 2 + 1
        painter.drawPixmap(box.left() + 18, top, pixmap(index.data(_ICON), ink, _ICON_SIZE))
        if box.width() > 2 * _NARROW_WIDTH:
            self._draw_words(painter, box, index, chosen=chosen)
        elif index.data(_COUNT):
            painter.setPen(QColor(colours.surface))
            painter.setBrush(QColor(colours.text))
            painter.drawEllipse(QPoint(box.left() + 40, top), 5, 5)
        if chosen and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(colours.accent), RING))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(box).adjusted(RING / 2, RING / 2, -RING / 2, -RING / 2))
        painter.restore()

    def _draw_words(
        self, painter: QPainter, box: QRect, index: QModelIndex | QPersistentModelIndex, *, chosen: bool
    ) -> None:
        painter.setPen(QColor(self._theme.colours.text))
        painter.setFont(self._theme.font(14, QFont.Weight.DemiBold if chosen else QFont.Weight.Normal))
        words = box.adjusted(50, 0, -44 if index.data(_COUNT) else -8, 0)
        text = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        if count := index.data(_COUNT):
            self._draw_count(painter, box, count)

    def _draw_count(self, painter: QPainter, box: QRect, count: int) -> None:
        colours = self._theme.colours
        painter.setFont(self._theme.font(12, QFont.Weight.DemiBold))
        text = str(count) if count < 100 else "99+"  # more would lie on the longest name
        width = max(painter.fontMetrics().horizontalAdvance(text) + 12, 22)
        pill = QRectF(box.right() - 12 - width, box.center().y() - 10, width, 20)
        painter.setPen(QColor(colours.strong_border))
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(pill, 10, 10)
        painter.setPen(QColor(colours.text))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Rows as high as a finger needs."""
        return QSize(_WIDTH, self._theme.pixels(_ROW))


class Navigation(QListWidget):
    """Chooses the page; `chosen` carries its name."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, pages: Sequence[tuple[str, str, str]]) -> None:
        """`pages`: name, title, icon."""
        super().__init__()
        self.setProperty("role", "navigation")
        self.setAccessibleName("Pages")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setItemDelegate(_Row(theme, self))
        for name, title, icon in pages:
            entry = QListWidgetItem(title)
            entry.setData(_NAME, name)
            entry.setData(_ICON, icon)
            entry.setData(Qt.ItemDataRole.AccessibleTextRole, title)
            self.addItem(entry)
        self.currentItemChanged.connect(self._changed)
        theme.changed.connect(self._resize)
        self._theme = theme
        self._is_narrow = False
        self._resize()

    def select(self, name: str) -> None:
        """Mark a page as the one in view; says nothing."""
        self.blockSignals(True)
        for row in range(self.count()):
            if self.item(row).data(_NAME) == name:
                self.setCurrentRow(row)
        self.blockSignals(False)
        self.viewport().update()

    def show_count(self, name: str, count: int) -> None:
        """Show how many records of a page wait for somebody."""
        for row in range(self.count()):
            entry = self.item(row)
            if entry.data(_NAME) == name and (entry.data(_COUNT) or 0) != count:
                entry.setData(_COUNT, count)
                title = entry.text()
                entry.setData(Qt.ItemDataRole.AccessibleTextRole, f"{title}, {count} open" if count else title)

    def collapse(self, narrow: bool) -> None:
        """Show icons only, with the names under the mouse; or everything."""
        if narrow != self._is_narrow:
            self._is_narrow = narrow
            for row in range(self.count()):
                self.item(row).setToolTip(self.item(row).text() if narrow else "")
            self._resize()

    def _changed(self, entry: QListWidgetItem | None) -> None:
        if entry is not None:
            self.chosen.emit(entry.data(_NAME))

    def _resize(self) -> None:
        self.setFixedWidth(_NARROW_WIDTH if self._is_narrow else self._theme.pixels(_WIDTH))
        self.doItemsLayout()
