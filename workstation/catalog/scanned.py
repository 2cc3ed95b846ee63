"""What a scanned text may be, how it is shown, and how a plan tells a serial number from a lot."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from devices.profile.patterns import Pattern, PatternError, compile_pattern

LONGEST_TEXT = 512
"""Characters of the longest code that is kept: as long as the longest record of a reader."""
_CONTROLS = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
"""Control characters and the signs that Unicode has for them (block Control Pictures)."""
_SIGNS = {sign: code for code, sign in _CONTROLS.items()}


class IdentificationKind(StrEnum):
    """What a code names: the one piece that is measured next, or everything that is measured until the next lot."""

    SERIAL_NUMBER = "serial number"
    LOT = "lot"


@dataclass(frozen=True, slots=True)
class ScanRule:
    """How a plan tells codes apart: each is a pattern for the whole text, empty where the plan has none."""

    serial_number: str = ""
    lot: str = ""

    def kind_of(self, text: str) -> IdentificationKind | None:
        """What the text names, None when it is neither of this part's.

        What fits the lot's pattern is a lot; anything else is a serial number, unless there is a pattern for those
        and it does not fit.
        """
        if self.lot and _fits(self.lot, text):
            return IdentificationKind.LOT
        if not self.serial_number or _fits(self.serial_number, text):
            return IdentificationKind.SERIAL_NUMBER
        return None

    def wrong_key(self) -> tuple[str, str, str] | None:
        """The first key that cannot be, what is wrong with it, and the remedy; None when all is well."""
        for name, text in (("serial_number", self.serial_number), ("lot", self.lot)):
            try:
                pattern = compile_pattern(text) if text else None
            except PatternError as error:
                return name, f"is no pattern that is safe to use: {error}", "Use a simpler one, such as 'L[0-9]{6}'."
            if pattern is not None and pattern.nullable:
                return name, "fits an empty text", "Say what must be there, such as 'L[0-9]{6}'."
        return None

    def plain(self) -> dict[str, str]:
        """Its place in a plan's content; only what is given stands there."""
        given = {"serial_number": self.serial_number, "lot": self.lot}
        return {name: text for name, text in given.items() if text}


NO_PATTERNS = ScanRule()
"""The rule of a plan that has none: every code is a serial number."""


def rule_of(content: str) -> ScanRule:
    """The rule in a plan's content, as it was reviewed and approved."""
    return ScanRule(**json.loads(content).get("scan", {}))


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Pattern:
    return compile_pattern(pattern)


def _fits(pattern: str, text: str) -> bool:
    return _compiled(pattern).compiled.fullmatch(text) is not None


def unfit(text: str) -> str:
    """Why a scanned text cannot be kept, in one sentence; empty when it can."""
    if not text.strip():
        return "The code is empty."
    if len(text) > LONGEST_TEXT:
        return f"The code has {len(text)} characters: more than {LONGEST_TEXT} are not kept."
    if "\0" in text:
        return "The code holds the character NUL, which not every database can hold."
    if any(0xD800 <= ord(sign) <= 0xDFFF for sign in text):
        return "The code holds characters that are no text."
    return ""


def shown(text: str) -> str:
    """A scanned text made safe to look at: control characters as their signs, what else cannot be printed as a dot."""
    visible = text.translate(_CONTROLS)
    return "".join(sign if sign.isprintable() else "·" for sign in visible)


def meant(text: str) -> str:
    """The scanned text that a person means who copies what `shown` gave."""
    return text.translate(_SIGNS)
