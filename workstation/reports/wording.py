"""How figures and times are written on paper: one place, so that every report says them alike."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version

NOTHING = "–"
"""What stands where there is no figure."""


def figure(value: float | Decimal | None, decimals: int) -> str:
    """A number with fixed decimals and a real minus sign; a dash when there is none."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return NOTHING
    text = f"{value:.{decimals}f}"
    if Decimal(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def as_sent(value: Decimal) -> str:
    """A measured value with exactly the decimals it was sent with."""
    return f"{value:f}".replace("-", "−")


def significant(value: float | None, digits: int = 4) -> str:
    """A figure of unknown size: `digits` significant ones, without an exponent where that can be read."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    if not -3 <= places <= 12:
        return f"{value:.{digits - 1}e}".replace("-", "−")
    return figure(round(value, places), max(places, 0))


def moment(microseconds: int | None) -> str:
    """A time in UTC, to the second."""
    if microseconds is None:
        return NOTHING
    return f"{_utc(microseconds):%Y-%m-%d %H:%M:%S} UTC"


def moment_here(microseconds: int, offset_minutes: int) -> str:
    """A time in UTC with the local one beside it."""
    zone = timezone(timedelta(minutes=offset_minutes))
    local = _utc(microseconds).astimezone(zone)
    hours, minutes = divmod(abs(offset_minutes), 60)
    sign = "+" if offset_minutes >= 0 else "−"
    return f"{_utc(microseconds):%Y-%m-%d %H:%M:%S} UTC ({local:%H:%M} local, UTC{sign}{hours:02}:{minutes:02})"


def _utc(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def program_version() -> str:
    """The version of this installation."""
    try:
        return version("sinebar")
    except PackageNotFoundError:
        return "not installed"


_ESTIMATORS = {
    "r_bar": "mean range / d2",
    "s_bar": "mean standard deviation / c4",
    "s_bar_plain": "mean standard deviation",
    "pooled": "pooled standard deviation",
    "pooled_c4": "pooled standard deviation / c4",
    "mr_mean": "mean moving range / d2",
    "mr_median": "median moving range / d4",
    "mssd": "successive differences",
    "mssd_c4": "successive differences / c4",
    "overall": "sample standard deviation",
    "overall_c4": "sample standard deviation / c4",
    "known": "known beforehand",
}


def estimator(name: str) -> str:
    """How a standard deviation was estimated, in the trade's words; an unknown name as it is."""
    return _ESTIMATORS.get(name, name)
