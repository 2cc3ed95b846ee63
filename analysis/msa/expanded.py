"""Expanded gauge study: any factors, crossed or nested, random or fixed, complete or with measurements missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.capability.intervals import Interval
from analysis.capability.sample import check_scale
from analysis.errors import AnalysisError
from analysis.msa.gauge import AnovaRow, GaugeStudy, Scale, check_confidence, study_of
from analysis.msa.layout import levels
from analysis.msa.variance_components import Effect, Estimates, henderson, reml
from analysis.observations import as_floats
from analysis.results import Note

Floats = NDArray[np.float64]

METHODS = ("reml", "henderson")
_NESTED = re.compile(r"^(?P<inner>[^()*:]+)\((?P<outer>[^()]+)\)$")


@dataclass(frozen=True, slots=True)
class _Term:
    """A term by its label, the factors whose combinations are its levels, and whether it is part-to-part variation."""

    label: str
    factors: tuple[str, ...]
    is_part: bool


def expanded(
    values: ArrayLike,
    factors: Mapping[str, Sequence[Any]],
    *,
    terms: Sequence[str] | None = None,
    part: str = "part",
    operator: str = "operator",
    fixed: Sequence[str] = (),
    method: str = "reml",
    tolerance: float | None = None,
    process_sigma: float | None = None,
    study_width: float = 6.0,
    confidence: float = 0.95,
) -> GaugeStudy:
    """Gauge study of a column of `values` with label columns `factors` by name; missing values (NaN) are left out.

    `terms`: "operator", "part*operator" (interaction), "part(operator)" (parts of each operator's own). By default
    every factor and every pair that is measured often enough. The term of `part` alone, or nested, is part-to-part
    variation; every other term, and fixed factors, are reproducibility. `method`: "reml" or "henderson" (sums of
    squares; the usual analysis of variance when balanced). `fixed`: factors whose levels are all there are; their share
    is the variance of the level effects. Component names: the terms' labels beside repeatability, reproducibility, grr,
    part, total. Intervals: Satterthwaite on the components' asymptotic variances.
    Source: Searle, Casella and McCulloch (1992); Burdick, Borror and Montgomery (2005), chapter 8.
    """
    scale = Scale(study_width, tolerance, process_sigma)
    if method not in METHODS:
        raise AnalysisError(f"'{method}' is not a method of this study.", f"Choose one of {', '.join(METHODS)}.")
    check_confidence(confidence)
    y, codes, missing = _read(values, factors)
    if part not in codes:
        raise AnalysisError(f"There is no factor '{part}' for the parts.", "Name the factor that holds them.")
    chosen = _default_terms(codes, fixed, y.size) if terms is None else list(terms)
    made = [_term(label, codes, part) for label in chosen]
    _check_terms(made, fixed, codes)
    notes = [Note("missing_values", "info", {"count": missing})] if missing else []
    counts = (int(codes[part].max()) + 1, int(codes[operator].max()) + 1 if operator in codes else 1, None)
    study = partial(
        study_of, scale=scale, confidence=confidence, design="expanded", method=method, counts=counts, n=int(y.size),
        mean=float(y.mean()),
        choices={"terms": " + ".join(chosen), "fixed": ", ".join(fixed), "interval": "satterthwaite"},
    )  # fmt: skip
    check_scale(float(np.abs(y).max()), float(np.ptp(y)))
    if float(np.ptp(y)) <= 1e-13 * float(np.abs(y).max()):
        notes = [Note("no_variation", "refusal", {"value": float(y[0])}), *notes]
        return study({}, notes=notes)
    random = [term for term in made if term.label not in fixed]
    effects = [Effect(term.label, _combined(codes, term.factors)) for term in random]
    design = _design(codes, fixed, y.size)
    centre = float(y.mean())
    found = (reml if method == "reml" else henderson)(y - centre, design, effects)
    variances, spread = _named(found, random, notes)
    variances |= {name: _fixed_variance(found, codes, fixed, name) for name in fixed}
    summed = _sums(variances, random, fixed)
    intervals = _intervals(found, random, spread, summed, confidence)
    return study(summed, anova=_rows(found, random), intervals=intervals, notes=notes)


def _read(values: ArrayLike, factors: Mapping[str, Sequence[Any]]) -> tuple[Floats, dict[str, NDArray[np.intp]], int]:
    column = as_floats(values, "measurements")
    if column.ndim != 1:
        raise AnalysisError(f"The measurements have {column.ndim} dimensions; a column is needed.")
    if np.isinf(column).any():
        raise AnalysisError(f"Measurement {int(np.isinf(column).argmax()) + 1} is infinite.", "Remove it.")
    present = ~np.isnan(column)
    if int(present.sum()) < 4:
        raise AnalysisError(f"There are {int(present.sum())} measurements; at least 4 are needed.", "Measure more.")
    codes = {}
    for name, labels in factors.items():
        _, numbers = levels(labels, column.size, name)
        # levels that lost all their measurements are no levels
        codes[name] = np.unique(numbers[present], return_inverse=True)[1].reshape(-1)
        if int(codes[name].max()) == 0:
            raise AnalysisError(f"The factor '{name}' has one level.", "Leave it out.")
    return column[present], codes, int(column.size - present.sum())


def _default_terms(codes: Mapping[str, NDArray[np.intp]], fixed: Sequence[str], n: int) -> list[str]:
    """Every factor, and every pair whose combinations are repeated and more than the factors' own levels say."""
    names = list(codes)
    chosen = list(names)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            cells = int(_combined(codes, (first, second)).max()) + 1
            own = int(codes[first].max()) + int(codes[second].max()) + 1
            if own < cells < n and first not in fixed and second not in fixed:
                chosen.append(f"{first}*{second}")
    return chosen


def _term(label: str, codes: Mapping[str, NDArray[np.intp]], part: str) -> _Term:
    nest = _NESTED.match(label.replace(" ", ""))
    if nest is not None:
        factors = (*re.split(r"[*:]", nest["outer"]), nest["inner"])
        inner_is_part = nest["inner"] == part
    else:
        factors = tuple(re.split(r"[*:]", label.replace(" ", "")))
        inner_is_part = factors == (part,)
    for factor in factors:
        if factor not in codes:
            raise AnalysisError(
                f"The term '{label}' names '{factor}', which is no factor.", f"Factors: {', '.join(codes)}."
            )
    return _Term(label, factors, inner_is_part)


def _check_terms(terms: Sequence[_Term], fixed: Sequence[str], codes: Mapping[str, NDArray[np.intp]]) -> None:
    labels = [term.label for term in terms]
    for name in fixed:
        if name not in labels or name not in codes:
            raise AnalysisError(f"The fixed factor '{name}' is no term of its own.", "Name it among the terms.")
    if not any(term.is_part for term in terms):
        raise AnalysisError("No term stands for the parts.", "Add the term of the parts.")
    if len({frozenset(term.factors) for term in terms}) < len(terms):
        raise AnalysisError("Two terms have the same factors.", "A part is either crossed or nested.")


def _combined(codes: Mapping[str, NDArray[np.intp]], factors: Sequence[str]) -> NDArray[np.intp]:
    stacked = np.stack([codes[name] for name in factors])
    return np.unique(stacked, axis=1, return_inverse=True)[1].reshape(-1)


def _design(codes: Mapping[str, NDArray[np.intp]], fixed: Sequence[str], n: int) -> Floats:
    """A column of ones, and for each fixed factor one a level but the last, as distances from it (sum to zero)."""
    columns = [np.ones(n)]
    for name in fixed:
        last = int(codes[name].max())
        columns += [
            (codes[name] == level).astype(np.float64) - (codes[name] == last).astype(np.float64)
            for level in range(last)
        ]
    return np.column_stack(columns)


def _named(found: Estimates, terms: Sequence[_Term], notes: list[Note]) -> tuple[dict[str, float], dict[str, int]]:
    """Variances by label with negative ones at 0, and each label's place in the covariance matrix."""
    variances, place = {}, {}
    for index, name in enumerate([*(term.label for term in terms), "repeatability"]):
        value = float(found.variances[index])
        if value < 0.0:
            notes.append(Note("negative_variance_set_to_zero", "info", {"source": name, "estimate": value}))
        elif value == 0.0:
            notes.append(Note("variance_at_zero", "info", {"source": name}))
        variances[name], place[name] = max(0.0, value), index
    return variances, place


def _fixed_variance(found: Estimates, codes: Mapping[str, NDArray[np.intp]], fixed: Sequence[str], name: str) -> float:
    """Variance of a fixed factor's level effects, less what their uncertainty adds to it; 0 when that is more."""
    if np.isnan(found.fixed_covariance).any():
        raise AnalysisError("Fixed factors need the method reml.", "Choose reml.")
    start = 1 + sum(int(codes[other].max()) for other in fixed[: list(fixed).index(name)])
    count = int(codes[name].max())
    expand = np.vstack([np.eye(count), -np.ones(count)])
    effects = expand @ found.fixed[start : start + count]
    noise = expand @ found.fixed_covariance[start : start + count, start : start + count] @ expand.T
    return max(0.0, (float(effects @ effects) - float(np.trace(noise))) / count)


def _sums(variances: Mapping[str, float], terms: Sequence[_Term], fixed: Sequence[str]) -> dict[str, float]:
    parts = [term.label for term in terms if term.is_part]
    part = sum(variances[name] for name in parts)
    others = [term.label for term in terms if not term.is_part] + list(fixed)
    reproducibility = sum(variances[name] for name in others)
    grr = variances["repeatability"] + reproducibility
    named = {name: variances[name] for name in [*others, *parts]}
    return {
        "repeatability": variances["repeatability"],
        **named,
        "reproducibility": reproducibility,
        "grr": grr,
        "part": part,
        "total": grr + part,
    }


def _intervals(
    found: Estimates,
    terms: Sequence[_Term],
    place: Mapping[str, int],
    summed: Mapping[str, float],
    confidence: float,
) -> dict[str, Interval]:
    """Satterthwaite: a sum with variance w is taken as chi-square with 2 sum^2 / w degrees of freedom."""
    from scipy import special

    others = [term.label for term in terms if not term.is_part]
    groups: dict[str, list[str]] = {name: [name] for name in place}
    groups["reproducibility"] = others
    groups["grr"] = [*others, "repeatability"]
    groups["part"] = [term.label for term in terms if term.is_part]
    groups["total"] = list(place)
    tail = (1.0 - confidence) / 2.0
    intervals = {}
    for name, members in groups.items():
        pick = np.zeros(found.variances.size)
        pick[[place[member] for member in members]] = 1.0
        level = float(pick @ np.maximum(found.variances, 0.0))
        spread = float(pick @ found.covariance @ pick)
        if level <= 0.0 or spread <= 0.0 or name not in summed:
            continue
        df = 2.0 * level**2 / spread
        above, below = float(special.chdtri(df, tail)), float(special.chdtri(df, 1.0 - tail))
        if below < 1e-12 * df:
            continue  # next to no degrees of freedom: such an interval would say nothing
        intervals[name] = Interval(level * df / above, level * df / below, confidence, "satterthwaite")
    return intervals


def _rows(found: Estimates, terms: Sequence[_Term]) -> tuple[AnovaRow, ...]:
    names = [*(term.label for term in terms), "repeatability"]
    return tuple(
        AnovaRow(name, df, ss, ss / df if df else None) for name, (df, ss) in zip(names, found.rows, strict=False)
    )
