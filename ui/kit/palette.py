"""The command palette: type a few letters of what you want, press Enter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from ui.kit.commands import Commands
from ui.kit.icons import icon
from ui.kit.theme import Theme

_WIDTH, _HEIGHT = 560, 420
_ID = Qt.ItemDataRole.UserRole
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class CommandPalette(QDialog):
    """Lists what can be done now; the arrow keys choose while the letters go to the search."""

    def __init__(self, theme: Theme, commands: Commands, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._commands = theme, commands
        self.setWindowTitle("Commands")
        self.setAccessibleName("Command palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, on=False)
        self.resize(_WIDTH, _HEIGHT)
        self._text = QLineEdit()
        self._text.setPlaceholderText("What do you want to do?")
        self._text.setAccessibleName("What do you want to do?")
        self._text.installEventFilter(self)
        self._text.textChanged.connect(self._fill)
        self._text.returnPressed.connect(self._take)
        self._found = QListWidget()
        self._found.setAccessibleName("Commands found")
        self._found.itemActivated.connect(lambda _item: self._take())
        self._found.itemClicked.connect(lambda _item: self._take())
        self._nothing = QLabel("No command has these words. Clear a letter, or press Esc.")
        self._nothing.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.addWidget(self._text)
        layout.addWidget(self._nothing)
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
            keys = QKeySequence(command.keys).toString(QKeySequence.SequenceFormat.NativeText)
            entry = QListWidgetItem(f"{command.title}    {keys}" if keys else command.title)
            entry.setData(_ID, command.id)
            if command.icon:
                entry.setIcon(icon(command.icon, self._theme.colours.muted))
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
