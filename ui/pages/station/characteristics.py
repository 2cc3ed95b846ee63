"""The plan's characteristics: one row each with its newest value and its state, large enough for a glove."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ui.kit.icons import pixmap
from ui.kit.theme import TOUCH_TARGET, Theme
from ui.models.station_board import Watched
from ui.widgets.sign import State

_NUMBER = Qt.ItemDataRole.UserRole
_STATE = Qt.ItemDataRole.UserRole + 1
_VALUE = Qt.ItemDataRole.UserRole + 2
_ROW = 60


class _Row(QStyledItemDelegate):
    def __init__(self, theme: Theme, parent: QListWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Never less than a gloved finger needs."""
        return QSize(200, max(self._theme.pixels(_ROW), TOUCH_TARGET))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Sign, name, value, word."""
        colours = self._theme.colours
        box: QRect = option.rect
        state: State = index.data(_STATE)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(colours.accent_ground))
            painter.fillRect(QRect(box.left(), box.top(), 4, box.height()), QColor(colours.accent))
        painter.drawPixmap(box.left() + 14, box.center().y() - 13, pixmap(state.icon, getattr(colours, state.ink), 26))
        upper = QRect(box.left() + 52, box.top() + 8, box.width() - 62, box.height() // 2 - 8)
        lower = QRect(upper.left(), box.center().y() + 1, upper.width(), box.height() // 2 - 8)
        painter.setPen(QColor(colours.text))
        painter.setFont(self._theme.font(15, QFont.Weight.DemiBold))
        self._write(painter, upper, index.data())
        painter.setFont(self._theme.font(13))
        painter.setPen(QColor(colours.muted if state in (State.WAITING, State.IN_TOLERANCE) else colours.text))
        self._write(painter, lower, f"{index.data(_VALUE)}  ·  {state.word}" if index.data(_VALUE) else state.word)
        painter.setPen(QColor(colours.sunken))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.restore()

    def _write(self, painter: QPainter, box: QRect, text: str) -> None:
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, box.width())  # ends tell apart
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


class CharacteristicList(QListWidget):
    """Chooses the characteristic in view; `chosen` carries its number."""

    chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAccessibleName("Characteristics of the plan")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Row(theme, self))
        self._rows: dict[int, QListWidgetItem] = {}
        self.currentItemChanged.connect(self._changed)
        theme.changed.connect(self.doItemsLayout)

    @property
    def current(self) -> int | None:
        """The chosen characteristic's number."""
        entry = self.currentItem()
        return None if entry is None else int(entry.data(_NUMBER))

    def show_all(self, watched: Mapping[int, Watched]) -> None:
        """Show these characteristics; the choice stays where it can."""
        before = self.current
        self.blockSignals(True)
        self.clear()
        self._rows = {}
        for number, one in watched.items():
            entry = QListWidgetItem(one.characteristic.name)
            entry.setData(_NUMBER, number)
            self.addItem(entry)
            self._rows[number] = entry
            self.show_one(number, one)
        self.blockSignals(False)
        if self._rows:
            self.choose(before if before in self._rows else next(iter(self._rows)))

    def show_one(self, number: int, watched: Watched) -> None:
        """Show how one characteristic stands now."""
        entry = self._rows[number]
        value = f"{watched.last.text} {watched.last.unit}" if watched.last else ""
        if (entry.data(_STATE), entry.data(_VALUE)) != (watched.state, value):
            entry.setData(_STATE, watched.state)
            entry.setData(_VALUE, value)
            told = f"{watched.characteristic.name}: {value or 'no value yet'}, {watched.state.word}"
            entry.setData(Qt.ItemDataRole.AccessibleTextRole, told)

    def choose(self, number: int) -> None:
        """Choose a characteristic by its number."""
        if number in self._rows:
            self.setCurrentItem(self._rows[number])

    def _changed(self) -> None:
        if (current := self.current) is not None:
            self.chosen.emit(current)
