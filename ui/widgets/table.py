"""A table that is read, chosen from and copied: whole rows, no grid, keyboard first."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, QLocale, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QIcon, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from ui.kit.icons import pixmap
from ui.kit.sheet import CELL_SIDE
from ui.kit.theme import Theme
from ui.models.table import Column, Row, TableModel
from ui.widgets.text import breakable

_WIDEST = 0.4
"""Greatest share of the table's width that one column takes for its texts."""
_ALWAYS = 200
"""Pixels that it may take in any case."""


class _Wrapping(QStyledItemDelegate):
    """Asks for the height of a text that wraps in the room it is drawn in: the style forgets the cell's own padding."""

    def displayText(self, value: object, locale: QLocale | QLocale.Language) -> str:
        """The text, with places to break at in its very long words: what has none is cut off."""
        return breakable(super().displayText(value, locale))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """As high as the text is where it wraps."""
        room = QStyleOptionViewItem(option)
        room.rect = option.rect.adjusted(0, 0, -2 * CELL_SIDE, 0)
        return super().sizeHint(room, index)


class Table(QTableView):
    """Shows a TableModel. `picked` carries the key of the row chosen by the person."""

    picked = Signal(str)

    def __init__(
        self, theme: Theme, name: str, columns: Sequence[Column], *, stretch: int = -1, wraps: bool = False
    ) -> None:
        """`stretch`: the column that takes the room left over. `wraps`: rows grow with their text, for short tables."""
        super().__init__()
        self._theme = theme
        self._stretch = stretch
        self.model_of_rows = TableModel(columns, self)
        self.model_of_rows.draw_sign = self._sign
        self.setModel(self.model_of_rows)
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setWordWrap(wraps)
        if wraps:
            self.setItemDelegate(_Wrapping(self))
            self.setVerticalScrollMode(
                QAbstractItemView.ScrollMode.ScrollPerPixel
            )  # a row may be higher than the table
            queued = Qt.ConnectionType.QueuedConnection  # the columns have their widths only after all were told
            self.horizontalHeader().sectionResized.connect(self._fit_rows, queued)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setIconSize(QSize(18, 18))
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionsClickable(False)
        self.horizontalHeader().setAccessibleName(f"{name}: columns")
        self.selectionModel().currentRowChanged.connect(self._changed)
        theme.changed.connect(self._size)
        self._size()

    def show_rows(self, rows: Sequence[Row], columns: Sequence[Column] | None = None) -> None:
        """Replace the rows; the chosen one stays chosen where it is still there. Says nothing."""
        chosen = self.chosen
        if tuple(rows) == self.model_of_rows.rows and columns is None:
            return
        self.model_of_rows.show_rows(rows, columns)
        self._size_columns()
        if self.wordWrap():
            self.resizeRowsToContents()
        self.choose(chosen)

    @property
    def row_height(self) -> int:
        """Height of a row of one line, in pixels."""
        return self.verticalHeader().defaultSectionSize()

    def height_of(self, rows: int) -> int:
        """Height in pixels at which so many rows of one line are in view."""
        return self.horizontalHeader().sizeHint().height() + rows * self.row_height + 2 * self.frameWidth()

    @property
    def chosen(self) -> str:
        """The chosen row's key, empty for none."""
        index = self.currentIndex()
        return self.model_of_rows.rows[index.row()].key if index.isValid() else ""

    def choose(self, key: str) -> bool:
        """Choose a row by its key and bring it into view, saying nothing; False where there is none."""
        row = self.model_of_rows.row_of(key) if key else -1
        if row < 0:
            return False
        model = self.selectionModel()
        model.blockSignals(True)
        wanted = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        model.setCurrentIndex(self.model_of_rows.index(row, 0), wanted)
        model.blockSignals(False)
        self.scrollTo(self.model_of_rows.index(row, 0))
        self.viewport().update()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy takes the chosen row with its column titles."""
        index = self.currentIndex()
        if event.matches(QKeySequence.StandardKey.Copy) and index.isValid():
            titles = "\t".join(column.title for column in self.model_of_rows.columns)
            cells = "\t".join(self.model_of_rows.rows[index.row()].cells)
            QGuiApplication.clipboard().setText(f"{titles}\n{cells}")
            return
        super().keyPressEvent(event)

    def sizeHintForColumn(self, column: int) -> int:
        """As wide as its texts; a very long one leaves the other columns room."""
        most = max(round(_WIDEST * self.viewport().width()), self._theme.pixels(_ALWAYS))
        return min(super().sizeHintForColumn(column), most)

    def _fit_rows(self, *_sizes: int) -> None:
        self.resizeRowsToContents()

    def _changed(self) -> None:
        if key := self.chosen:
            self.picked.emit(key)

    def _sign(self, icon: str, ink: str) -> QIcon:
        return QIcon(pixmap(icon, getattr(self._theme.colours, ink), 18))

    def _size(self) -> None:
        height = max(self._theme.pixels(36), self._theme.least_target)
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        self._size_columns()

    def _size_columns(self) -> None:
        header = self.horizontalHeader()
        count = len(self.model_of_rows.columns)
        wide = self._stretch % count if count else 0
        for column in range(count):
            way = QHeaderView.ResizeMode.Stretch if column == wide else QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(column, way)
        header.setResizeContentsPrecision(50)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
