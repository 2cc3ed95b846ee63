"""What one pane of a control chart shows, as plain values: points, limits as they stood, signals with their rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Sign(StrEnum):
    """The shape a signal is drawn with."""

    BEYOND = "beyond a limit"
    PATTERN = "a pattern"


@dataclass(frozen=True, slots=True)
class Signal:
    """A point that broke rules: their names, and the shape that says which family."""

    rules: tuple[str, ...]
    sign: Sign


@dataclass(frozen=True, slots=True)
class Track:
    """One pane. All arrays have one entry a subgroup; a limit is NaN where none applied.

    `quantity` names what is plotted, `unit` its unit, `decimals` how many are shown; `signals` is by index.
    `divisions` are indexes before which other limits begin to apply.
    """

    quantity: str
    unit: str
    decimals: int
    numbers: NDArray[np.int64]
    values: NDArray[np.float64]
    center: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    signals: Mapping[int, Signal] = field(default_factory=dict)
    divisions: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    def text(self, value: float) -> str:
        """A figure of this pane with its decimals, without its unit."""
        return f"{value:.{self.decimals}f}" if np.isfinite(value) else "–"

    def with_unit(self, value: float) -> str:
        """A figure of this pane with its decimals and unit."""
        return f"{self.text(value)} {self.unit}".strip()

    def extent(self, first: int, last: int) -> tuple[float, float] | None:
        """Lowest and highest of points and limits between two indexes; None where there is nothing finite."""
        part = slice(max(first, 0), last + 1)
        lines = np.concatenate([self.values[part], self.lower[part], self.upper[part], self.center[part]])
        finite = lines[np.isfinite(lines)]
        return (float(finite.min()), float(finite.max())) if finite.size else None

    def summary(self) -> str:
        """The pane in words, for who cannot see it."""
        if not len(self):
            return f"{self.quantity}: no subgroups yet."
        words = [f"{self.quantity}: {len(self)} subgroups, {self.numbers[0]} to {self.numbers[-1]}"]
        words.append(f"latest {self.with_unit(float(self.values[-1]))}")
        if np.isfinite(self.center[-1]):
            words.append(f"center line {self.with_unit(float(self.center[-1]))}")
        if np.isfinite(self.upper[-1]):
            words.append(f"limits {self.with_unit(float(self.lower[-1]))} to {self.with_unit(float(self.upper[-1]))}")
        else:
            words.append("limits not set yet")
        if self.signals:
            places = ", ".join(
                f"{self.numbers[index]} ({'; '.join(signal.rules)})" for index, signal in sorted(self.signals.items())
            )
            words.append(f"signals at subgroup {places}")
        else:
            words.append("no signals")
        return ", ".join(words) + "."
