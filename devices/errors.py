"""What can go wrong with instruments, each with a sentence and a next step."""

from __future__ import annotations

import os
import re


class DeviceError(Exception):
    """Base of everything this library raises on purpose.

    DeviceError
    ├── ProfileError    a profile file is wrong: file, line and what was expected
    ├── ExtraMissing    an optional package is not installed
    ├── PortError       a port cannot be opened or was lost
    └── ProtocolError   an instrument answered something that cannot be used
    """

    def __init__(self, sentence: str, next_step: str = "") -> None:
        super().__init__(f"{sentence} {next_step}".strip())
        self.sentence = sentence
        self.next_step = next_step


class ProfileError(DeviceError):
    """An instrument profile is not as it must be; the sentence names file, line and what was expected."""


class ExtraMissing(DeviceError):  # noqa: N818 - says what is the matter
    """A way to other systems needs a package that is not installed; the next step is the command that installs it."""


class PortError(DeviceError):
    """A port cannot be opened, or was lost."""


class ProtocolError(DeviceError):
    """An instrument's answer cannot be used."""


class NotConnected(PortError):  # noqa: N818 - says what the instruments are
    """Some instruments could not be connected; `reasons` holds a sentence for each, by name."""

    def __init__(self, reasons: dict[str, str]) -> None:
        told = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        count = len(reasons)
        super().__init__(
            f"{count} {'instrument is' if count == 1 else 'instruments are'} not connected: {told}",
            "Check their cables and ports.",
        )
        self.reasons = reasons


def system_words(error: BaseException) -> str:
    """What the system says of an error, in its words alone: without number, address or the call that failed."""
    inner = error if isinstance(error, OSError) and error.errno else error.__context__ or error
    if isinstance(inner, TimeoutError):
        return "no answer in time"
    number = inner.errno if isinstance(inner, OSError) else None
    if number is None and (found := re.search(r"\[Errno (\d+)\]", str(inner))) is not None:
        number = int(found[1])  # of several addresses the system tells all failures in one text
    if number is not None and number > 0 and not (words := os.strerror(number)).startswith("Unknown"):
        return words
    return (inner.strerror if isinstance(inner, OSError) else None) or str(inner).strip() or type(inner).__name__
