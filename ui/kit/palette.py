"""The command palette: type a few letters of what you want, press Enter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ui.kit.commands import Commands
from ui.kit.icons import icon
from ui.kit.order import InReadingOrder
from ui.kit.theme import Theme

_WIDTH, _HEIGHT, _ROW = 560, 470, 40
_ID, _KEYS = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_UNSEEN = "none"
"""The ink of an icon that only keeps its place, so that all titles begin in line."""
_EDGE = 12
"""Pixels between a command's keys and the edge of the list."""
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class _WithKeys(QStyledItemDelegate):
    """Writes a command's keys at the right edge, so that they stand in line."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the entry, then its keys."""
        super().paint(painter, option, index)
        painter.setFont(option.font)
        painter.setPen(self._theme.colour("muted"))
        place = option.rect.adjusted(0, 0, -_EDGE, 0)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, index.data(_KEYS))


class CommandPalette(InReadingOrder, QDialog):
    """Lists what can be done now; the arrow keys choose while the letters go to the search."""

    def __init__(self, theme: Theme, commands: Commands, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._commands = theme, commands
        self.setWindowTitle("Commands")
        self.setAccessibleName("Command palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, on=False)
        self.resize(theme.pixels(_WIDTH), min(theme.pixels(_HEIGHT), max(parent.height(), _HEIGHT)))
        self._text = QLineEdit()
        self._text.setPlaceholderText("What do you want to do?")
        self._text.setAccessibleName("What do you want to do?")
        self._text.installEventFilter(self)
        self._text.textChanged.connect(self._fill)
        self._text.returnPressed.connect(self._take)
        self._found = QListWidget()
        self._found.setAccessibleName("Commands found")
        self._found.setItemDelegate(_WithKeys(theme, self._found))
        self._found.itemActivated.connect(lambda _item: self._take())
        self._found.itemClicked.connect(lambda _item: self._take())
        self._nothing = QLabel("No command has these words. Clear a letter, or press Esc.")
        self._nothing.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.addWidget(self._text)
        layout.addWidget(self._nothing, 1, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._found, 1)
        self._fill("")

    def search(self, text: str) -> None:
        """Type for the person: narrow the list to these words."""
        self._text.setText(text)

    def found(self) -> tuple[str, ...]:
        """Ids of the commands listed."""
        return tuple(self._found.item(row).data(_ID) for row in range(self._found.count()))

    def _fill(self, text: str) -> None:
        self._found.clear()
        for command in self._commands.matching(text):
            entry = QListWidgetItem(command.title)
            entry.setData(_ID, command.id)
            entry.setData(_KEYS, QKeySequence(command.keys).toString(QKeySequence.SequenceFormat.NativeText))
            entry.setIcon(icon(command.icon or "command", self._theme.colours.muted if command.icon else _UNSEEN))
            entry.setSizeHint(QSize(0, self._theme.pixels(_ROW)))
            self._found.addItem(entry)
        self._found.setCurrentRow(0)
        self._found.setVisible(self._found.count() > 0)
        self._nothing.setVisible(self._found.count() == 0)

    def _take(self) -> None:
        entry = self._found.currentItem()
        if entry is not None:
            name = entry.data(_ID)
            commands = self._commands
            self.accept()
            commands.run(name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the arrow keys to the list while the letters stay with the search."""
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in _MOVES:
            self._found.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)
