"""Days as records keep them: year, month and day with hyphens, so that texts compare as the days do."""

from __future__ import annotations

from datetime import date

from workstation.errors import CallIsWrong


def read_day(text: str, of: str = "") -> date:
    """A day as a person or a file writes it; `of` names what it belongs to. Raises CallIsWrong.

    Keep its `isoformat`: ISO 8601 has other forms, such as 20270331, that are days too and do not compare with it.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise CallIsWrong(f"{of}{text[:40]!r} is no date.", "Write it as 2027-03-31.") from None
