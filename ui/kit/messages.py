"""The one door for what the window has to say to the person: a sentence and a next step."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from workstation.errors import Expected

_log = logging.getLogger(__name__)
_REMEMBERED = 200


class Severity(StrEnum):
    """How much a message asks of the person."""

    NOTE = "note"
    GOOD = "good"
    WARN = "warn"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said: `next_step` is empty where nothing is to be done."""

    severity: Severity
    sentence: str
    next_step: str = ""

    @property
    def stays(self) -> bool:
        """Whether it stays in view until it is closed."""
        return self.severity in (Severity.WARN, Severity.ALARM)


class Messages(QObject):
    """Everything said to the person goes through here: one place to show, to log and to test."""

    posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.said: deque[Message] = deque(maxlen=_REMEMBERED)

    def note(self, sentence: str, next_step: str = "") -> None:
        """Something worth knowing that asks for nothing."""
        self.post(Message(Severity.NOTE, sentence, next_step))

    def done(self, sentence: str, next_step: str = "") -> None:
        """What was asked for is done and kept."""
        self.post(Message(Severity.GOOD, sentence, next_step))

    def warn(self, sentence: str, next_step: str = "") -> None:
        """Something that is not as it should be, and what to do."""
        self.post(Message(Severity.WARN, sentence, next_step))

    def fail(self, error: Expected) -> None:
        """An expected error: its own sentence and next step."""
        self.post(Message(Severity.WARN, error.sentence, error.next_step))

    def bug(self, error: BaseException, doing: str) -> None:
        """A fault of ours: logged whole, said in one sentence."""
        _log.error("while %s", doing, exc_info=error)
        self.post(
            Message(
                Severity.ALARM,
                f"Sinebar made a mistake while {doing}: {type(error).__name__}.",
                "Nothing was written. Please send the newest file of the home's folder logs, and say what you did.",
            )
        )

    def post(self, message: Message) -> None:
        """Show, remember and log it."""
        self.said.append(message)
        level = logging.WARNING if message.stays else logging.INFO
        _log.log(level, "%s %s", message.sentence, message.next_step)
        self.posted.emit(message)
