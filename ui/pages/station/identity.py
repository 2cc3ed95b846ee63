"""Which piece and which lot the next value belongs to, as scanned, and the way to take a mis-scan back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ui.kit.theme import Theme
from ui.models.line import Line
from ui.models.station_board import LOT, SERIAL_NUMBER, Tag, Watched
from ui.widgets.buttons import Button
from ui.widgets.text import Elided, label
from workstation.errors import Expected, Refused

if TYPE_CHECKING:
    from workstation.line.protocol import Answer


class Identity(QFrame):
    """A row for the serial number and one for the lot; hidden while nothing was ever scanned for a characteristic."""

    def __init__(self, theme: Theme, line: Line) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._theme, self._line = theme, line
        self._tags: dict[str, Tag | None] = {SERIAL_NUMBER: None, LOT: None}
        self.texts = {SERIAL_NUMBER: Elided(), LOT: Elided()}
        self.notes = {SERIAL_NUMBER: label(role="muted", wraps=True), LOT: label(role="muted", wraps=True)}
        self._rows: dict[str, QWidget] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 6, 6, 6)
        layout.setSpacing(4)
        for kind in (SERIAL_NUMBER, LOT):
            self._rows[kind] = self._row(kind)
            layout.addWidget(self._rows[kind])
        self.hide()

    def _row(self, kind: str) -> QWidget:
        row = QWidget()
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(kind.capitalize(), "field"))
        words.addWidget(self.texts[kind])
        words.addWidget(self.notes[kind])
        tip = f"This {kind} was scanned by mistake"
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(words, 1)
        layout.addWidget(
            Button(self._theme, "", lambda: self.clear(kind), icon="close", flat=True, touch=True, tip=tip)
        )
        return row

    def show_watched(self, watched: Watched | None) -> None:
        """Show what the next value of this characteristic belongs to, and what the last one belonged to."""
        from workstation.catalog.scanned import shown

        for kind in (SERIAL_NUMBER, LOT):
            tag = self._tags[kind] = watched.tags.get(kind) if watched is not None else None
            self._rows[kind].setVisible(tag is not None)
            if tag is None or watched is None:
                continue
            text = shown(tag.text)
            holds = kind == LOT or tag.subgroup == watched.next_subgroup
            self.texts[kind].say(text if holds else "Scan the next piece")
            self.notes[kind].setText("" if holds else f"last: {text[:40]}, subgroup {tag.subgroup}")
            self.notes[kind].setVisible(not holds)
        self.setVisible(any(self._tags.values()))

    def can_clear(self, kind: str) -> bool:
        """Whether there is a scan of this kind to take back."""
        return self._tags[kind] is not None and self._line.is_attached

    def clear(self, kind: str) -> None:
        """Ask whether the scan was a mistake, and why; the dialog stays with the reason when it cannot be cleared."""
        from ui.dialogs.ask import Answers, Ask, Question
        from workstation.catalog.scanned import shown

        tag = self._tags[kind]
        if tag is None:
            return

        def give(answers: Answers, done: Callable[[], None], failed: Callable[[Expected], None]) -> None:
            def told(answer: Answer) -> None:
                if not shiboken6.isValid(dialog):
                    return
                if answer.sentence:
                    failed(Refused(answer.sentence, answer.next_step))
                else:
                    done()

            self._line.clear_scan(tag.identification, answers["reason"], told)

        sentence = f"{shown(tag.text)[:80]} was scanned by mistake: it never held, and what held before it holds again."
        question = Question("reason", "Why? Needed once values were kept under it.")
        dialog = Ask(self, self._theme, f"Clear the {kind}", sentence, [question], "Clear", give)
        dialog.open()
