"""Days and times as people type them on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from workstation.errors import CallIsWrong

_AGO = re.compile(r"(\d{1,7})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000
_EARLIEST, _LATEST = -719_160 * _DAY, 2_932_890 * _DAY
"""First and last moment (UTC microseconds) that the calendar has in every zone: the years 1 and 9999 but for days."""


def moment(text: str | None, option: str, *, end: bool = False) -> int | None:
    """UTC microseconds of a day or time as typed, local where it names no zone; the end of a day is the next's begin.

    Beyond what the calendar has in every zone it is the first or last moment that it has. Raises CallIsWrong, naming
    the option.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        local = found if found.tzinfo is not None or found.year in (1, 9999) else found.astimezone()
        microseconds = round((local.replace(tzinfo=local.tzinfo or UTC) - _EPOCH).total_seconds() * 1e6)
    except (ValueError, OverflowError, OSError) as error:
        raise CallIsWrong(
            f"{option} {text!r} is no day or time.", "Write it as 2026-11-22 or 2026-11-22T06:00."
        ) from error
    microseconds += _DAY if end and len(text) <= 10 else 0
    return max(_EARLIEST, min(microseconds, _LATEST))


def moment_or_ago(text: str, option: str, now: int, *, end: bool = False) -> int:
    """As `moment`; `30m`, `8h` or `7d` are so long before `now` (UTC microseconds)."""
    ago = _AGO.fullmatch(text.strip())
    if ago is not None:
        return now - int(ago[1]) * _SECONDS[ago[2]] * 1_000_000
    found = moment(text, option, end=end)
    return now if found is None else found
