"""Turns what the store and the line tell into tracks to draw: as they were judged then, never judged again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.charts.model import ChartResult, Limits, Panel
from analysis.rules import RuleSet
from ui.charts.track import Signal, Track
from ui.charts.wording import RuleBook, quantities

if TYPE_CHECKING:
    from workstation.catalog.values import ControlLimits


@dataclass(frozen=True, slots=True)
class Scale:
    """How a characteristic's figures are shown: its unit, and one decimal more than its values have."""

    chart: str
    unit: str
    decimals: int


@dataclass(frozen=True, slots=True)
class Frozen:
    """Control limits as they are kept, and the span of subgroups they were computed from."""

    limits: Limits
    first: int
    last: int


def limits_of(text: str) -> Limits:
    """Control limits from the store's canonical JSON."""
    return Limits.from_dict(json.loads(text))


def frozen_limits(history: Iterable[ControlLimits]) -> dict[int, Frozen]:
    """A characteristic's limits, present and past, by their id."""
    return {kept.id: Frozen(limits_of(kept.limits), kept.first_subgroup, kept.last_subgroup) for kept in history}


def judged_signals(masks: NDArray[np.integer], book: RuleBook) -> dict[int, Signal]:
    """Signals by index from rule masks."""
    found = {}
    for index in np.flatnonzero(masks):
        codes = book.rules.names(int(masks[index]))
        found[int(index)] = Signal(tuple(book.say(code) for code in codes), book.sign(codes))
    return found


def tracks_of_result(result: ChartResult, numbers: NDArray[np.int64], scale: Scale) -> tuple[Track, Track]:
    """The tracks of a chart that analysis judged; `numbers` are its points' subgroup numbers."""
    book = RuleBook(result.rules)
    above, below = quantities(scale.chart)
    empty = np.full(len(numbers), np.nan)
    location = _of_panel(result.location, above, numbers, scale, book)
    if result.dispersion is None:
        return location, Track(below, scale.unit, scale.decimals, numbers, empty, empty, empty, empty)
    return location, _of_panel(result.dispersion, below, numbers, scale, book)


def _of_panel(panel: Panel, quantity: str, numbers: NDArray[np.int64], scale: Scale, book: RuleBook) -> Track:
    shape = numbers.shape
    return Track(
        quantity,
        scale.unit,
        scale.decimals,
        numbers,
        panel.statistic,
        np.broadcast_to(panel.center, shape),
        np.broadcast_to(panel.lcl, shape),
        np.broadcast_to(panel.ucl, shape),
        judged_signals(panel.signals, book),
    )


@dataclass(frozen=True, slots=True)
class Subgroup:
    """A closed subgroup as it was judged: `limits` is the id of the limits it was held against, 0 for none."""

    number: int
    mean: float
    spread: float
    location: tuple[str, ...]
    dispersion: tuple[str, ...]
    limits: int


class LiveTracks:
    """The newest subgroups of one characteristic, from the store at first and from the line as they close."""

    def __init__(self, scale: Scale, rules: RuleSet, limits: Mapping[int, Frozen], most: int) -> None:
        """`limits` by their id; `most` subgroups are held, the oldest are let go.

        A subgroup that was not judged is shown with the limits that were computed from it, where there are any.
        """
        self.scale, self.book = scale, RuleBook(rules)
        self._limits = dict(limits)
        self._most = most
        self._subgroups: list[Subgroup] = []

    @property
    def last_number(self) -> int:
        """The newest subgroup's number, 0 where there is none."""
        return self._subgroups[-1].number if self._subgroups else 0

    @property
    def last(self) -> Subgroup | None:
        """The newest subgroup."""
        return self._subgroups[-1] if self._subgroups else None

    def knows(self, limits: int) -> bool:
        """Whether these limits' figures are known here."""
        return limits in self._limits or not limits

    def extend(self, subgroups: Sequence[Subgroup]) -> None:
        """Add subgroups; those that are not newer than the newest are known already and left out."""
        for subgroup in subgroups:
            if subgroup.number > self.last_number:
                self._subgroups.append(subgroup)
        del self._subgroups[: -self._most]

    def tracks(self) -> tuple[Track, Track]:
        """Location and dispersion as they are now."""
        numbers = np.array([subgroup.number for subgroup in self._subgroups], dtype=np.int64)
        above, below = quantities(self.scale.chart)
        location = self._track(above, numbers, [s.mean for s in self._subgroups], "location")
        return location, self._track(below, numbers, [s.spread for s in self._subgroups], "dispersion")

    def _track(self, quantity: str, numbers: NDArray[np.int64], values: list[float], panel: str) -> Track:
        lines = np.array([self._lines(subgroup, panel) for subgroup in self._subgroups], dtype=float)
        lines = lines.reshape(len(numbers), 3)
        signals = {}
        for index, subgroup in enumerate(self._subgroups):
            if codes := getattr(subgroup, panel):
                signals[index] = Signal(tuple(self.book.say(code) for code in codes), self.book.sign(codes))
        return Track(
            quantity,
            self.scale.unit,
            self.scale.decimals,
            numbers,
            np.array(values, dtype=float),
            lines[:, 0],
            lines[:, 1],
            lines[:, 2],
            signals,
            tuple(
                index
                for index in range(1, len(self._subgroups))
                if self._subgroups[index].limits != self._subgroups[index - 1].limits
            ),
        )

    def _lines(self, subgroup: Subgroup, panel: str) -> tuple[float, float, float]:
        known = self._limits.get(subgroup.limits) or self._made_from(subgroup.number)
        lines = getattr(known.limits, panel) if known is not None else None
        return (lines.center, lines.lcl, lines.ucl) if lines is not None else (np.nan, np.nan, np.nan)

    def _made_from(self, number: int) -> Frozen | None:
        return next((one for one in self._limits.values() if one.first <= number <= one.last), None)
