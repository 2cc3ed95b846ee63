"""Screening: control limits, run-rule signals and capability of thousands of characteristics in one pass.

Every figure equals the one that `charts.study("i_mr", ...)` and `capability.study` give for the characteristic alone:
the same estimators (mean moving range over d2 within, sample standard deviation overall), the same readings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.bounds import LARGEST_TWICE_SQUARED
from analysis.charts import ManyCharts, individuals_of_many
from analysis.errors import AnalysisError
from analysis.observations import as_floats, refuse_beyond
from analysis.results import Note, Provenance, Result
from analysis.rules import NELSON, RuleSet

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_BLOCK = 64  # characteristics worked on together, so that their values stay in the cache
_MILLION = 1e6


@dataclass(frozen=True, slots=True)
class Screening(Result):
    """k characteristics of n points each; arrays have one entry a characteristic, nan where there is no figure.

    `count` values present, `missing` not; `signals` points at which any rule fires on either panel. `cp` to `cpm` as in
    `capability.study` (six sigma, full-width reading of Cpm); `expected_ppm` outside by the normal distribution of
    mean and overall sigma, `observed_ppm` by counting. `order` sorts the characteristics, those in most need first:
    smallest Ppk (those without come last), then most signals. `charts` has limits and masks. `notes` by characteristic.
    """

    names: tuple[str, ...]
    points: int
    count: Counts
    missing: Counts
    mean: Floats
    minimum: Floats
    maximum: Floats
    sigma_within: Floats
    sigma_overall: Floats
    lower: Floats
    upper: Floats
    target: Floats
    cp: Floats
    cpl: Floats
    cpu: Floats
    cpk: Floats
    pp: Floats
    ppl: Floats
    ppu: Floats
    ppk: Floats
    cpm: Floats
    expected_ppm: Floats
    observed_ppm: Floats
    signals: Counts
    order: NDArray[np.int64]
    charts: ManyCharts
    notes: Mapping[str, tuple[Note, ...]]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class _Moments:
    """What the values alone say of each characteristic."""

    count: Counts
    mean: Floats
    sigma: Floats
    minimum: Floats
    maximum: Floats
    below: Counts
    above: Counts


def screen(
    values: ArrayLike,
    *,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
    target: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    rules: RuleSet = NELSON,
    width: float = 3.0,
) -> Screening:
    """Screen a table of one row a point and one column a characteristic; nan is missing.

    `lower`, `upper`, `target`: one number for all, or one a characteristic with nan where there is none. AnalysisError
    for limits that are reversed, named with their characteristic.
    """
    table = _table(values)
    points, count = table.shape
    labels = _names(names, count)
    low, high, aim = (_limits(name, given, count) for name, given in _named(lower, upper, target))
    _refuse_reversed(low, high, labels)
    charts = individuals_of_many(table, rules, width)
    found = _moments(table, low, high)
    within = _usable_within(charts.sigma, found)
    indices = _indices(found, within, low, high, aim)
    together = charts.signals | charts.range_signals
    signals = np.count_nonzero(together, axis=0).astype(np.int64)
    ppk = indices["ppk"]
    order = np.lexsort((np.arange(count), -signals, np.where(np.isnan(ppk), np.inf, ppk)))
    return Screening(
        names=labels,
        points=points,
        count=found.count,
        missing=points - found.count,
        mean=found.mean,
        minimum=found.minimum,
        maximum=found.maximum,
        sigma_within=within,
        sigma_overall=found.sigma,
        lower=low,
        upper=high,
        target=aim,
        **indices,
        observed_ppm=_observed(found, low, high),
        signals=signals,
        order=order.astype(np.int64),
        charts=charts,
        notes=_notes(found, within, low, high, aim, labels),
        provenance=Provenance(
            "screening.screen",
            {"sigma_within": "mr_mean", "sigma_overall": "overall", "cpm": "full_width", "rules": rules.name,
             "width": width},
        ),
    )  # fmt: skip


def _table(values: ArrayLike) -> Floats:
    table = as_floats(values)
    refuse_beyond(table)
    if table.ndim != 2 or table.shape[1] == 0:
        raise AnalysisError(
            f"The values have shape {table.shape}; screening takes one row a point and one column a characteristic.",
            "Give a table of two dimensions.",
        )
    return table


def _named(
    lower: ArrayLike | None, upper: ArrayLike | None, target: ArrayLike | None
) -> tuple[tuple[str, ArrayLike | None], ...]:
    return (("lower limit", lower), ("upper limit", upper), ("target", target))


def _names(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    made = tuple(str(index + 1) for index in range(count)) if names is None else tuple(str(name) for name in names)
    if len(made) != count or len(set(made)) != count:
        raise AnalysisError(
            f"There are {count} characteristics and {len(set(made))} different names.", "Name each once."
        )
    return made


def _limits(name: str, given: ArrayLike | None, count: int) -> Floats:
    if given is None:
        return np.full(count, np.nan)
    made = as_floats(given, f"{name}s")  # a None in a list stands for a limit that is not there
    if made.ndim > 1 or (made.ndim == 1 and made.size != count):
        raise AnalysisError(
            f"There are {made.size} {name}s for {count} characteristics.", "Give one number for all, or one each."
        )
    if np.isinf(made).any():
        raise AnalysisError(f"A {name} is infinite.", "Leave it out where there is none.")
    refuse_beyond(made, f"{name}s", LARGEST_TWICE_SQUARED)
    return np.array(np.broadcast_to(made, count))


def _refuse_reversed(low: Floats, high: Floats, names: tuple[str, ...]) -> None:
    reversed_ = np.flatnonzero(low >= high)
    if reversed_.size:
        first = int(reversed_[0])
        raise AnalysisError(
            f"The lower limit {low[first]:g} of {names[first]} is not below its upper limit {high[first]:g}.",
            "Exchange the limits or mend the one that is wrong.",
        )


def _moments(table: Floats, low: Floats, high: Floats) -> _Moments:
    """Means and standard deviations in two passes, a block of characteristics at a time."""
    points, count = table.shape
    sums = {name: np.full(count, np.nan) for name in ("mean", "sigma", "minimum", "maximum")}
    counts = {name: np.zeros(count, dtype=np.int64) for name in ("count", "below", "above")}
    for start in range(0, count, _BLOCK):
        part = slice(start, min(start + _BLOCK, count))
        rows = np.ascontiguousarray(table[:, part].T)
        present = ~np.isnan(rows)
        size = np.count_nonzero(present, axis=1)
        counts["count"][part] = size
        counts["below"][part] = np.count_nonzero(rows < low[part, None], axis=1)
        counts["above"][part] = np.count_nonzero(rows > high[part, None], axis=1)
        some = size > 0
        mean = np.full(size.size, np.nan)
        total = rows.sum(axis=1, where=present, initial=0.0)
        np.divide(total, size, out=mean, where=some)
        sums["mean"][part] = mean
        centred = np.where(present, rows - mean[:, None], 0.0)
        squares = np.einsum("ij,ij->i", centred, centred)
        sigma = np.full(size.size, np.nan)
        np.divide(squares, size - 1, out=sigma, where=size > 1)
        sums["sigma"][part] = np.sqrt(sigma)
        if points:
            lowest = rows.min(axis=1, where=present, initial=np.inf)
            highest = rows.max(axis=1, where=present, initial=-np.inf)
            sums["minimum"][part] = np.where(some, lowest, np.nan)
            sums["maximum"][part] = np.where(some, highest, np.nan)
    return _Moments(mean=sums["mean"], sigma=_varying(sums["sigma"], sums["mean"]), minimum=sums["minimum"],
                    maximum=sums["maximum"], **counts)  # fmt: skip


def _varying(sigma: Floats, mean: Floats) -> Floats:
    """The overall sigma, nan where the values do not vary (what is left is rounding)."""
    return np.where(sigma > 1e-14 * np.abs(mean), sigma, np.nan)


def _usable_within(sigma: Floats, found: _Moments) -> Floats:
    """The charts' sigma where capability may use it: it varies, and there is an overall sigma beside it."""
    usable = (sigma > 0.0) & (sigma >= 1e-12 * np.abs(found.mean)) & ~np.isnan(found.sigma)
    return np.where(usable, sigma, np.nan)


def _indices(found: _Moments, within: Floats, low: Floats, high: Floats, aim: Floats) -> dict[str, Floats]:
    """Cp to Cpm and the expected fraction outside; nan carries what is missing."""
    from scipy import special

    mean, overall = found.mean, found.sigma
    made: dict[str, Floats] = {}
    for prefix, sigma in (("c", within), ("p", overall)):
        made[f"{prefix}p"] = (high - low) / (6.0 * sigma)
        made[f"{prefix}pl"] = (mean - low) / (3.0 * sigma)
        made[f"{prefix}pu"] = (high - mean) / (3.0 * sigma)
        made[f"{prefix}pk"] = np.fmin(made[f"{prefix}pl"], made[f"{prefix}pu"])
    tau = np.hypot(overall, mean - aim)
    nearer = np.fmin(high - aim, aim - low)
    both = ~np.isnan(high - low)
    made["cpm"] = np.where(both, (high - low) / (6.0 * tau), nearer / (3.0 * tau))
    tails = [special.ndtr((low - mean) / overall), special.ndtr((mean - high) / overall)]
    made["expected_ppm"] = _MILLION * _sum_of_sides(*tails)
    return made


def _observed(found: _Moments, low: Floats, high: Floats) -> Floats:
    share = np.full(found.count.size, np.nan)
    np.divide(_MILLION, found.count, out=share, where=found.count > 0)
    below = np.where(np.isnan(low), np.nan, found.below * share)
    return _sum_of_sides(below, np.where(np.isnan(high), np.nan, found.above * share))


def _sum_of_sides(below: Floats, above: Floats) -> Floats:
    """The sum of two sides; one that is missing adds nothing, both missing make nan."""
    total = np.nan_to_num(below) + np.nan_to_num(above)
    return np.where(np.isnan(below) & np.isnan(above), np.nan, total)


def _notes(
    found: _Moments, within: Floats, low: Floats, high: Floats, aim: Floats, names: tuple[str, ...]
) -> dict[str, tuple[Note, ...]]:
    """Remarks by characteristic, those with none left out; the codes are those of `capability.study`."""
    made: dict[str, list[Note]] = {}
    every = np.arange(len(names))
    none, one = found.count == 0, found.count == 1
    flat = (found.count > 1) & np.isnan(found.sigma)
    no_low, no_high = np.isnan(low), np.isnan(high)
    wanted: list[tuple[NDArray[np.bool_], Callable[[int], Note]]] = [
        (none, lambda _: Note("no_values", "refusal", {"n": 0})),
        (one, lambda _: Note("one_value", "refusal", {"n": 1})),
        (flat, lambda index: Note("no_variation", "refusal", {"value": float(found.mean[index])})),
        (np.isnan(within) & ~(none | one | flat), lambda _: Note("no_within_spread", "warning", {"method": "mr_mean"})),
        (no_low & no_high, lambda _: Note("no_limits", "warning")),
        (no_low & ~no_high, lambda _: Note("one_sided", "info", {"limit": "upper"})),
        (~no_low & no_high, lambda _: Note("one_sided", "info", {"limit": "lower"})),
        (
            (aim < low) | (aim > high),
            lambda index: Note("target_outside_limits", "warning", {"target": float(aim[index])}),
        ),
    ]
    for where, note in wanted:
        for index in every[where].tolist():
            made.setdefault(names[index], []).append(note(index))
    return {name: tuple(notes) for name, notes in made.items()}
