"""Crossed gauge study: every operator measures every part the same number of times."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.capability.intervals import Interval
from analysis.errors import AnalysisError
from analysis.msa import average_range, mean_squares
from analysis.msa.gauge import (
    RAW_NDC_FACTOR,
    AnovaRow,
    Component,
    GaugeStudy,
    Scale,
    check_confidence,
    check_share,
    components,
    distinct_categories,
    verdict_notes,
)
from analysis.msa.layout import balanced_table, refuse_tiny
from analysis.msa.mean_squares import Plan
from analysis.results import Choice, Note, Provenance

Floats = NDArray[np.float64]

# AIAG MSA 4th ed. tests the interaction at 0.25; Minitab removes it from p >= 0.05.
PRESETS: Mapping[str, float] = {"aiag_vda": 0.25, "minitab": 0.05}


def crossed(
    values: ArrayLike,
    *,
    parts: Sequence[Any] | None = None,
    operators: Sequence[Any] | None = None,
    method: str = "anova",
    alpha_to_pool: float | None = None,
    tolerance: float | None = None,
    process_sigma: float | None = None,
    study_width: float = 6.0,
    confidence: float = 0.95,
    preset: str = "aiag_vda",
) -> GaugeStudy:
    """Gauge repeatability and reproducibility of `values[part][operator][trial]`, or of a column with its labels.

    `method`: "anova" (two-way random model) or "xbar_r" (average and range). `alpha_to_pool`: the interaction joins
    repeatability when its p-value is not below it (0 always pools, 1 never); by default the preset's. `study_width`:
    sigmas that make a study variation. Negative variance components become 0 and a note says which.
    Sources: AIAG MSA 4th ed. chapter III section B and appendix A; Montgomery and Runger, Quality Engineering 6 (1993);
    intervals by Burdick, Borror and Montgomery (2005).
    Errors: AnalysisError when the layout is not complete and balanced (see `expanded` for such data).
    """
    table = balanced_table(values, parts, operators)
    scale = Scale(study_width, tolerance, process_sigma)
    check_confidence(confidence)
    if preset not in PRESETS:
        raise AnalysisError(f"There is no preset '{preset}'.", f"Choose one of {', '.join(PRESETS)}.")
    if method == "xbar_r":
        return average_range.study(table, scale, confidence, preset)
    if method != "anova":
        raise AnalysisError(f"'{method}' is not a method of this study.", "Choose anova or xbar_r.")
    alpha = PRESETS[preset] if alpha_to_pool is None else alpha_to_pool
    check_share("level to pool", alpha)
    return _anova(table, scale, alpha, confidence, preset)


_ADD = np.add.reduce


class _Squares:
    """Sums of squares, mean squares and degrees of freedom of one table; plain floats, for speed on small studies."""

    __slots__ = ("df", "mean", "ms", "sizes", "ss", "total")

    def __init__(self, table: Floats) -> None:
        parts, operators, trials = table.shape
        flat = table.reshape(-1)
        self.mean = float(_ADD(flat)) / flat.size
        centred = table - self.mean
        flat = centred.reshape(-1)
        cells = _ADD(centred, 2)
        rows, columns = _ADD(cells, 1), _ADD(cells, 0)
        packed = cells.reshape(-1)
        self.total = float(flat @ flat)
        part = float(rows @ rows) / (operators * trials)
        operator = float(columns @ columns) / (parts * trials)
        cell = float(packed @ packed) / trials
        self.sizes = (parts, operators, trials)
        # rounding may leave a difference of equal sums a hair below 0
        self.ss = (part, operator, max(0.0, cell - part - operator), max(0.0, self.total - cell))
        self.df = (parts - 1, operators - 1, (parts - 1) * (operators - 1), parts * operators * (trials - 1))
        ss, df = self.ss, self.df
        self.ms = (ss[0] / df[0], ss[1] / df[1], ss[2] / df[2], ss[3] / df[3] if df[3] else 0.0)

    def joined(self) -> tuple[tuple[float, ...], tuple[int, ...]]:
        """Mean squares and degrees of freedom with the interaction joined to repeatability."""
        df = self.df[2] + self.df[3]
        return (self.ms[0], self.ms[1], (self.ss[2] + self.ss[3]) / df), (self.df[0], self.df[1], df)


def _anova(table: Floats, scale: Scale, alpha: float, confidence: float, preset: str) -> GaugeStudy:
    squares = _Squares(table)
    p, o, r = squares.sizes
    choices: dict[str, Choice] = {"alpha_to_pool": alpha, "interval": mean_squares.METHOD, "study_width": scale.width}
    refuse_tiny(squares.total)
    if squares.total <= 1e-26 * table.size * squares.mean**2:
        return _without_variation("crossed", table, squares.mean, scale, confidence, preset)
    noise = 1e-28 * table.size * squares.mean**2 + 1e-15 * squares.total
    no_interaction_test = r == 1 or squares.ss[3] <= noise
    full, p_interaction = _full_table(squares, no_interaction_test)
    # without repeats the interaction cannot be told from repeatability: it must be pooled
    pooled = r == 1 or (p_interaction is not None and p_interaction >= alpha)
    notes: list[Note] = []
    if r == 1:
        notes.append(Note("one_trial_interaction_pooled", "warning"))
    reduced = _reduced_table(squares) if pooled else ()
    ms, df = squares.joined() if pooled else (squares.ms, squares.df)
    plan, vector = _plan(squares.sizes, df, pooled, confidence), np.array(ms)
    variances = _variances(plan.estimates(vector), notes)
    found = components(variances, scale)
    raw, ndc = distinct_categories(variances["part"], variances["grr"])
    if ndc is None:
        notes.append(Note("no_gauge_variation", "warning"))
    notes += verdict_notes(found, ndc)
    return GaugeStudy(
        "crossed", "anova", p, o, r, p * o * r, squares.mean, full, reduced, pooled, found, raw, ndc,
        scale.width, scale.tolerance, scale.process_sigma, confidence,
        {} if r == 1 else {**plan.intervals(vector), **_ratio_intervals(ms, df, squares.sizes, confidence)},
        tuple(notes), Provenance("msa.crossed/anova", choices, preset),
    )  # fmt: skip


def _full_table(squares: _Squares, no_test: bool) -> tuple[tuple[AnovaRow, ...], float | None]:
    """The table with the interaction: parts and operators are tested against it, it against repeatability."""
    ss, ms, df = squares.ss, squares.ms, squares.df
    p_interaction: float | None = None
    f_interaction: float | None = None
    if not no_test:
        f_interaction = ms[2] / ms[3]
        p_interaction = _p_of_f(f_interaction, df[2], df[3])
    f_part = ms[0] / ms[2] if ms[2] > 0.0 else None
    f_operator = ms[1] / ms[2] if ms[2] > 0.0 else None
    rows = (
        AnovaRow("part", df[0], ss[0], ms[0], f_part, _p_of_f(f_part, df[0], df[2])),
        AnovaRow("operator", df[1], ss[1], ms[1], f_operator, _p_of_f(f_operator, df[1], df[2])),
        AnovaRow("interaction", df[2], ss[2], ms[2], f_interaction, p_interaction),
        AnovaRow("repeatability", df[3], ss[3], ms[3] if df[3] else None),
        AnovaRow("total", sum(df), squares.total, None),
    )
    return rows, p_interaction


def _reduced_table(squares: _Squares) -> tuple[AnovaRow, ...]:
    """The table with the interaction joined to repeatability."""
    ss, ms, df = squares.ss, squares.ms, squares.df
    error_ss, error_df = ss[2] + ss[3], df[2] + df[3]
    error = error_ss / error_df
    f_part, f_operator = (ms[0] / error, ms[1] / error) if error > 0.0 else (None, None)
    return (
        AnovaRow("part", df[0], ss[0], ms[0], f_part, _p_of_f(f_part, df[0], error_df)),
        AnovaRow("operator", df[1], ss[1], ms[1], f_operator, _p_of_f(f_operator, df[1], error_df)),
        AnovaRow("repeatability", error_df, error_ss, error),
        AnovaRow("total", sum(df), squares.total, None),
    )


def _p_of_f(f: float | None, df: int, error_df: int) -> float | None:
    return None if f is None else mean_squares.f_tail()(float(df), float(error_df), f)


@lru_cache(maxsize=64)
def _plan(sizes: tuple[int, int, int], df: tuple[int, ...], pooled: bool, confidence: float) -> Plan:
    """Each variance as a sum of coefficients times mean squares (part, operator, interaction, repeatability).

    Pooled: (part, operator, repeatability). From the expected mean squares of the two-way random model (AIAG MSA 4th
    ed., appendix A, table A 2).
    """
    p, o, r = sizes
    a, b = 1.0 / (p * r), 1.0 / (o * r)
    if pooled:
        sums = {
            "repeatability": (0.0, 0.0, 1.0),
            "operator": (0.0, a, -a),
            "reproducibility": (0.0, a, -a),
            "grr": (0.0, a, 1.0 - a),
            "part": (b, 0.0, -b),
            "total": (b, a, 1.0 - a - b),
        }
        return mean_squares.plan(sums, df, confidence)
    full = {
        "repeatability": (0.0, 0.0, 0.0, 1.0),
        "operator": (0.0, a, -a, 0.0),
        "interaction": (0.0, 0.0, 1.0 / r, -1.0 / r),
        "reproducibility": (0.0, a, (p - 1) * a, -1.0 / r),
        "grr": (0.0, a, (p - 1) * a, 1.0 - 1.0 / r),
        "part": (b, 0.0, -b, 0.0),
        "total": (b, a, (p * o - p - o) / (p * o * r), 1.0 - 1.0 / r),
    }
    return mean_squares.plan(full, df, confidence)


def _variances(estimates: Mapping[str, float], notes: list[Note]) -> dict[str, float]:
    """The components; negative ones are 0, and sums are of what is left."""
    plain = {}
    for name in ("repeatability", "operator", "interaction", "part"):
        value = estimates.get(name, 0.0)
        if value < 0.0:
            notes.append(Note("negative_variance_set_to_zero", "info", {"source": name, "estimate": value}))
            value = 0.0
        plain[name] = value
    reproducibility = plain["operator"] + plain["interaction"]
    grr = plain["repeatability"] + reproducibility
    return {
        "repeatability": plain["repeatability"],
        "operator": plain["operator"],
        "interaction": plain["interaction"],
        "reproducibility": reproducibility,
        "grr": grr,
        "part": plain["part"],
        "total": grr + plain["part"],
    }


def _ratio_intervals(
    ms: tuple[float, ...], df: tuple[int, ...], sizes: tuple[int, int, int], confidence: float
) -> dict[str, Interval]:
    """Of ndc and the study percentage, from the ratio of part to gauge variance; pooled mean squares serve twice."""
    ratio = mean_squares.part_to_gauge(
        (ms[0], df[0]), (ms[1], df[1]), (ms[2], df[2]), (ms[-1], df[-1]), sizes, confidence
    )
    low, high = math.sqrt(ratio.lower), math.sqrt(ratio.upper)
    return {
        "ndc": Interval(RAW_NDC_FACTOR * low, RAW_NDC_FACTOR * high, confidence, ratio.method),
        "pct_study_grr": Interval(
            100.0 / math.hypot(1.0, high), 100.0 / math.hypot(1.0, low), confidence, ratio.method
        ),
    }


def _without_variation(
    design: str, table: Floats, mean: float, scale: Scale, confidence: float, preset: str
) -> GaugeStudy:
    """All values equal: nothing to divide by, and the reason."""
    nothing: dict[str, Component] = {}
    p, o, r = table.shape
    return GaugeStudy(
        design, "anova", p, o, r, int(table.size), mean, (), (), False, nothing, None, None,
        scale.width, scale.tolerance, scale.process_sigma, confidence, {},
        (Note("no_variation", "refusal", {"value": mean}),), Provenance(f"msa.{design}/anova", {}, preset),
    )  # fmt: skip
