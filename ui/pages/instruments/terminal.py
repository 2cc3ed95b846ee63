"""The terminal of one port: live bytes both ways and what became of them; to be paused, cleared and kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout

from ui.charts.frames import Frames
from ui.kit.messages import Messages
from ui.kit.theme import Theme
from ui.models.terminal import Line, Record, lines
from ui.widgets.buttons import Button
from ui.widgets.text import Elided, label
from workstation.errors import Expected

if TYPE_CHECKING:
    from workstation.line.protocol import Traffic

MOST_LINES = 2000
"""Lines on the screen; of more that come between two repaints only the newest are drawn."""
_FAMILY = "JetBrains Mono"
_SIZE = 12
_LEGEND = "← heard   → sent   = reading   ! refused   – discarded   * signal   # scan   · event"


class Terminal(QFrame):
    """Shows one source's traffic; draws when `frames` says so, thirty times a second at most."""

    def __init__(self, theme: Theme, frames: Frames, messages: Messages) -> None:
        super().__init__()
        self._theme, self._frames, self._messages = theme, frames, messages
        self.source = ""
        self.record = Record()
        self._drawn = 0
        self._formats: dict[str, QTextCharFormat] = {}
        self._text = QPlainTextEdit()
        self.is_paused = False
        self.setProperty("role", "card")
        self.setAccessibleName("Terminal")
        self._build()
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_source(self, source: str, name: str) -> None:
        """Look at this source from now on; what was seen of another one goes."""
        if source != self.source:
            self.source = source
            self.clear()
            self._set_paused(False)
        self._title.setText(f"Terminal of {name}" if name else "Terminal")
        self.setAccessibleName(self._title.text())

    def take(self, traffic: Traffic) -> None:
        """Take what came; it is drawn with the next frame."""
        if traffic.source == self.source:
            self.record.add(traffic.pieces, traffic.missed)
            self._frames.mark(self)

    def draw(self) -> None:
        """Append what is new."""
        if not self.is_paused:
            new = [line for piece in self.record.since(self._drawn) for line in lines(piece)]
            self._drawn = self.record.total
            self._append(new[-MOST_LINES:])
        self._say()

    def clear(self) -> None:
        """Forget what was seen. The port's recording keeps it."""
        self.record.clear()
        self._drawn = self.record.total
        self._text.clear()
        self._say()

    def save(self, path: Path) -> None:
        """Write what is held to `path`; what goes wrong is said above the page."""
        try:
            count = self.record.export(path)
        except Expected as error:
            self._messages.fail(error)
        else:
            self._messages.done(f"{count} lines of {self.source} were written to {path}.")

    # --- inside ------------------------------------------------------------------------------------------------------

    def _append(self, new: list[Line]) -> None:
        if not new:
            return
        bar = self._text.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 2
        cursor = QTextCursor(self._text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        for line in new:
            if not self._text.document().isEmpty():
                cursor.insertBlock()
            cursor.insertText(line.text, self._formats[line.ink])
        cursor.endEditBlock()
        if follows:
            bar.setValue(bar.maximum())

    def _say(self) -> None:
        waiting = self.record.total - self._drawn
        if self.is_paused:
            told = f"Paused; {waiting} more since." if waiting else "Paused."
        elif not self.record.pieces:
            told = "Nothing yet. Press the data key of the gauge, or Read now."
        else:
            told = _LEGEND
        if self.record.missed:
            told = f"{self.record.missed} pieces came too fast to be shown; the recording has them. {told}"
        self._told.say(told)

    def _pause(self) -> None:
        self._set_paused(not self.is_paused)

    def _set_paused(self, paused: bool) -> None:
        self.is_paused = paused
        self._pause_button.setText("Go on" if paused else "Pause")
        self._pause_button.setAccessibleName("Go on" if paused else "Pause the terminal")
        self.draw()

    def _ask_where(self) -> None:
        proposed = f"{self.source or 'port'}.jsonl".replace("/", "-")
        kinds = "Recordings that can be replayed (*.jsonl);;Text as shown (*.txt)"
        dialog = QFileDialog(self, "Save the traffic", proposed, kinds)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("jsonl")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.save(Path(name)))
        dialog.open()

    def _restyle(self) -> None:
        self._text.setStyleSheet(f"font-family: '{_FAMILY}', monospace; font-size: {self._theme.pixels(_SIZE)}px;")
        for ink in ("text", "muted", "accent", "good", "warn", "alarm"):
            style = QTextCharFormat()
            style.setForeground(self._theme.colour(ink))
            self._formats[ink] = style
        self._text.clear()
        held = [line for piece in self.record.pieces for line in lines(piece)]
        self._append(held[-MOST_LINES:])

    def _build(self) -> None:
        theme = self._theme
        self._title = label("Terminal", "heading", wraps=True)
        self._pause_button = Button(theme, "Pause", self._pause)
        self._clear_button = Button(theme, "Clear", self.clear)
        self._clear_button.setAccessibleName("Clear the terminal")
        self._save_button = Button(theme, "Save…", self._ask_where, icon="export")
        self._save_button.setAccessibleName("Save the traffic")
        self._told = Elided("muted")
        self._text.setReadOnly(True)
        self._text.setUndoRedoEnabled(False)
        self._text.setMaximumBlockCount(MOST_LINES)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setTabChangesFocus(True)
        self._text.setAccessibleName("Traffic of the port")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title, 1)
        for button in (self._pause_button, self._clear_button, self._save_button):
            head.addWidget(button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(14, 10, 14, 8)
        whole.setSpacing(6)
        whole.addLayout(head)
        whole.addWidget(self._text, 1)
        whole.addWidget(self._told)
        self._say()
