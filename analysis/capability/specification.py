"""What a characteristic is asked to be: its limits, its target, and limits that nature sets."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.bounds import LARGEST_TWICE_SQUARED
from analysis.errors import AnalysisError

LARGEST = LARGEST_TWICE_SQUARED


@dataclass(frozen=True, slots=True)
class Specification:
    """Limits and target, all in the unit of the values; a missing one is None.

    A limit that is a boundary cannot be crossed by any part (a roundness is never below 0): nothing is expected beyond
    it, and no index is made from it (ISO 22514-1, natural limit).
    """

    lower: float | None = None
    upper: float | None = None
    target: float | None = None
    lower_is_boundary: bool = False
    upper_is_boundary: bool = False

    def __post_init__(self) -> None:
        for name in ("lower", "upper", "target"):
            object.__setattr__(self, name, _finite(name, getattr(self, name)))
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            relation = "equals" if self.lower == self.upper else "lies above"
            raise AnalysisError(
                f"The lower specification limit {self.lower:g} {relation} the upper one {self.upper:g}.",
                "Exchange the limits or mend the one that is wrong.",
            )
        for side in ("lower", "upper"):
            if getattr(self, f"{side}_is_boundary") and getattr(self, side) is None:
                raise AnalysisError(f"The {side} limit is called a boundary but is missing.", "Give its value.")

    @property
    def lower_limit(self) -> float | None:
        """The lower limit when parts can fall below it, else None."""
        return None if self.lower_is_boundary else self.lower

    @property
    def upper_limit(self) -> float | None:
        """The upper limit when parts can rise above it, else None."""
        return None if self.upper_is_boundary else self.upper

    @property
    def tolerance(self) -> float | None:
        """Upper minus lower limit, or None when one is missing."""
        return None if self.lower is None or self.upper is None else self.upper - self.lower

    @property
    def midpoint(self) -> float | None:
        """The middle of the two limits, or None when one is missing."""
        return None if self.lower is None or self.upper is None else (self.lower + self.upper) / 2.0

    @property
    def is_empty(self) -> bool:
        """Whether there is no limit that parts could violate."""
        return self.lower_limit is None and self.upper_limit is None


def _finite(name: str, value: object) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)  # type: ignore[arg-type]  # Decimal and numpy scalars are welcome
    except (TypeError, ValueError, OverflowError) as error:
        raise AnalysisError(f"The specification's {name} is {value!r}, not a number.") from error
    if math.isfinite(number) and abs(number) > LARGEST:
        raise AnalysisError(f"The specification's {name} is {number:g}.", f"Give a number up to {LARGEST:g}.")
    if not math.isfinite(number):
        raise AnalysisError(f"The specification's {name} is {number}.", "Leave out a limit that does not exist.")
    return number
