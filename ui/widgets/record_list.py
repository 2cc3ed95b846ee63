"""A list of records: sign, number, state, and what it is about in two lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QTextLayout, QTextOption
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ui.kit.icons import pixmap
from ui.kit.theme import Theme

_ITEM = Qt.ItemDataRole.UserRole
_ROW = 78
_LEFT, _RIGHT = 46, 14
_LINES = 2


@dataclass(frozen=True, slots=True)
class Item:
    """A record: `key` is its identity, `sign` an icon and an ink."""

    key: str
    number: str
    title: str
    state: str
    sign: tuple[str, str]


class _Row(QStyledItemDelegate):
    def __init__(self, theme: Theme, parent: QListWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Room for a line and two."""
        return QSize(200, self._theme.pixels(_ROW))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the record."""
        theme, colours = self._theme, self._theme.colours
        box: QRect = option.rect
        item: Item = index.data(_ITEM)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(colours.accent_ground))
            painter.fillRect(QRect(box.left(), box.top(), 4, box.height()), QColor(colours.accent))
        icon, ink = item.sign
        painter.drawPixmap(box.left() + 14, box.top() + 10, pixmap(icon, getattr(colours, ink), 22))
        width = box.width() - _LEFT - _RIGHT
        first = QRect(box.left() + _LEFT, box.top() + 9, width, theme.pixels(20))
        painter.setFont(theme.font(12))
        painter.setPen(QColor(colours.text if option.state & QStyle.StateFlag.State_Selected else colours.muted))
        painter.drawText(first, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, item.state)
        painter.setFont(theme.font(13, QFont.Weight.DemiBold))
        painter.setPen(QColor(colours.text))
        painter.drawText(first, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, item.number)
        self._draw_title(painter, item.title, QRect(first.left(), first.bottom() + 2, width, box.height()))
        painter.setPen(QColor(colours.sunken))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.restore()

    def _draw_title(self, painter: QPainter, text: str, box: QRect) -> None:
        painter.setFont(self._theme.font(14))
        metrics = painter.fontMetrics()
        layout = QTextLayout(text, painter.font())
        layout.setTextOption(QTextOption(Qt.AlignmentFlag.AlignLeft))
        layout.beginLayout()
        for number in range(_LINES):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(box.width())
            rest = text[line.textStart() :]
            is_last = number == _LINES - 1
            part = rest if is_last else rest[: line.textLength()]
            top = box.top() + number * metrics.height()
            shown = metrics.elidedText(part.strip(), Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box.left(), top + metrics.ascent(), shown)
        layout.endLayout()


class RecordList(QListWidget):
    """Chooses a record; `picked` carries the key of the one chosen by the person."""

    picked = Signal(str)

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setItemDelegate(_Row(theme, self))
        self.shown: tuple[Item, ...] = ()
        self.currentItemChanged.connect(self._changed)
        theme.changed.connect(self.doItemsLayout)

    @property
    def chosen(self) -> str:
        """The chosen record's key, empty for none."""
        entry = self.currentItem()
        return "" if entry is None else str(entry.data(_ITEM).key)

    def show_items(self, items: Sequence[Item]) -> None:
        """Replace the records; the chosen one stays chosen where it is still there. Says nothing."""
        if tuple(items) == self.shown:
            return
        chosen = self.chosen
        self.shown = tuple(items)
        self.blockSignals(True)
        self.clear()
        for item in items:
            entry = QListWidgetItem(item.number)
            entry.setData(_ITEM, item)
            entry.setData(Qt.ItemDataRole.AccessibleTextRole, f"{item.number}, {item.state}: {item.title}")
            entry.setToolTip(item.title)
            self.addItem(entry)
        self.blockSignals(False)
        self.choose(chosen)

    def choose(self, key: str) -> bool:
        """Choose a record by its key, saying nothing; False where there is none."""
        for row, item in enumerate(self.shown):
            if item.key == key:
                self.blockSignals(True)
                self.setCurrentRow(row)
                self.blockSignals(False)
                self.viewport().update()
                return True
        return False

    def _changed(self) -> None:
        if key := self.chosen:
            self.picked.emit(key)
