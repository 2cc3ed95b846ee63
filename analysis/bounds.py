"""The entrance for single numbers: every public function takes its settings through here, told in one way.

Each returns the number it was given, or raises an AnalysisError that names it and says what would do.
"""

from __future__ import annotations

from collections.abc import Collection

from analysis.errors import AnalysisError

LARGEST_VALUE = 1e150
"""Its square can still be held, and that of its inverse is above 0."""
LARGEST_TWICE_SQUARED = 1e75
"""Its fourth power can still be held: squares of variances are what intervals are made of."""
SMALLEST_SHARE = 1e-12
"""Nearer to 0 or 1 the quantiles of the usual distributions lose their digits."""
LARGEST_COUNT = 10**9


def finite(value: float, name: str, *, largest: float = LARGEST_VALUE) -> float:
    """A number of either sign that is not infinite, not missing, and up to `largest`."""
    if not -largest <= value <= largest:
        raise AnalysisError(f"The {name} is {_shown(value)}.", f"Give a number between -{largest:g} and {largest:g}.")
    return float(value)


def positive(value: float, name: str, *, smallest: float = 0.0, largest: float = LARGEST_VALUE) -> float:
    """A number above 0, from `smallest` to `largest` (by default as far as squares can be held)."""
    low = smallest or 1.0 / LARGEST_VALUE
    if not low <= value <= largest:
        span = "above 0" if not value > 0 else f"from {low:g} to {largest:g}"
        raise AnalysisError(f"The {name} is {_shown(value)}.", f"Give a number {span}.")
    return float(value)


def not_negative(value: float, name: str, *, largest: float = LARGEST_VALUE) -> float:
    """A number from 0 on: 0 itself, or one that `positive` takes."""
    return 0.0 if value == 0 else positive(value, name, largest=largest)


def share(value: float, name: str, *, smallest: float = SMALLEST_SHARE) -> float:
    """A probability or a part of a whole, above 0 and below 1."""
    if not 0.0 < value < 1.0:
        raise AnalysisError(f"The {name} is {_shown(value)}; it must lie between 0 and 1.", "Give 0.95 for 95 %.")
    if not smallest <= value <= 1.0 - smallest:
        raise AnalysisError(f"The {name} is {value!r}, too near to 0 or 1.", f"Keep {smallest:g} away from them.")
    return float(value)


def confidence_level(value: float) -> float:
    """The confidence of limits: a share."""
    return share(value, "confidence")


def whole(value: float, name: str, least: int, most: int = LARGEST_COUNT) -> int:
    """A whole number from `least` to `most`."""
    if not least <= value <= most or value != int(value):
        raise AnalysisError(f"The {name} is {_shown(value)}.", f"Give a whole number from {least} to {most}.")
    return int(value)


def _shown(value: float) -> str:
    return f"{value:.12g}" if not isinstance(value, int) or abs(value) < 10**15 else "beyond 1e15"


def one_of(value: object, name: str, known: Collection[object]) -> None:
    """Refuse a name that is none of the `known` ones."""
    if not any(value == item for item in known):
        raise AnalysisError(f"The {name} is {value!r}.", f"Choose one of {', '.join(str(item) for item in known)}.")
