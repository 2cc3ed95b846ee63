"""Nested gauge study: every operator measures parts of his own, as when the test destroys the part."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.capability.intervals import Interval
from analysis.errors import AnalysisError
from analysis.msa import mean_squares
from analysis.msa.gauge import RAW_NDC_FACTOR, AnovaRow, GaugeStudy, Scale, check_confidence, check_shape, study_of
from analysis.msa.layout import levels, refuse_gaps, refuse_tiny
from analysis.msa.mean_squares import Plan
from analysis.results import Note

Floats = NDArray[np.float64]


def nested(
    values: ArrayLike,
    *,
    operators: Sequence[Any] | None = None,
    parts: Sequence[Any] | None = None,
    tolerance: float | None = None,
    process_sigma: float | None = None,
    study_width: float = 6.0,
    confidence: float = 0.95,
) -> GaugeStudy:
    """Gauge study of `values[operator][part][trial]`, the parts being each operator's own, or of columns with labels.

    Two-stage nested random model: operators are tested against parts within operators, these against repeatability.
    Source: Montgomery, Design and Analysis of Experiments, section 14.1; AIAG MSA 4th ed., chapter IV (destructive
    tests). Intervals: modified large sample. Errors: AnalysisError when not complete and balanced (see `expanded`).
    """
    table = _table(values, operators, parts)
    scale = Scale(study_width, tolerance, process_sigma)
    check_confidence(confidence)
    o, p, r = table.shape
    mean = float(table.mean())
    ss = _sums_of_squares(table - mean)
    df = (o - 1, o * (p - 1), o * p * (r - 1))
    refuse_tiny(sum(ss))
    study = partial(
        study_of, scale=scale, confidence=confidence, design="nested", counts=(o * p, o, r), n=int(table.size),
        mean=mean, choices={"interval": mean_squares.METHOD},
    )  # fmt: skip
    if sum(ss) <= 1e-26 * table.size * mean**2:
        return study({}, notes=[Note("no_variation", "refusal", {"value": mean})])
    ms = (ss[0] / df[0], ss[1] / df[1], ss[2] / df[2])
    plan, vector = _plan(o, p, r, confidence), np.array(ms)
    notes: list[Note] = []
    variances = _variances(plan.estimates(vector), notes)
    intervals = {**plan.intervals(vector), **_ratio(ms, (o, p, r), confidence)}
    return study(variances, anova=_rows(ss, ms, df), intervals=intervals, notes=notes)


def _table(values: ArrayLike, operators: Sequence[Any] | None, parts: Sequence[Any] | None) -> Floats:
    from analysis.observations import as_floats

    array = as_floats(values, "measurements")
    if operators is not None or parts is not None:
        if operators is None or parts is None:
            raise AnalysisError("Operators are named without parts, or the reverse.", "Give both label columns.")
        array = _from_columns(array, operators, parts)
    if array.ndim != 3:
        raise AnalysisError(
            f"The measurements have {array.ndim} dimensions; a nested study has 3: operator, part, trial.",
            "Give a table of three levels, or a column with labels of operators and parts.",
        )
    check_shape(array.shape, ("operators", "parts an operator", "trials"))
    refuse_gaps(array)
    return array


def _from_columns(column: Floats, operators: Sequence[Any], parts: Sequence[Any]) -> Floats:
    """Parts of equal label with different operators are different parts."""
    names, operator = levels(operators, column.size, "operators")
    _, part = levels(parts, column.size, "parts")
    pairs, cell, counts = np.unique(np.stack((operator, part)), axis=1, return_inverse=True, return_counts=True)
    each = np.bincount(pairs[0], minlength=len(names)) if column.size else np.zeros(1, dtype=np.intp)
    if column.size == 0 or len(set(each.tolist())) > 1 or len(set(counts.tolist())) > 1:
        raise AnalysisError(
            f"The study is not balanced: operators have {each.min()} to {each.max()} parts, "
            f"parts {counts.min() if counts.size else 0} to {counts.max() if counts.size else 0} measurements.",
            "Complete it, or use the expanded study, which takes unbalanced data.",
        )
    order = np.argsort(cell.reshape(-1), kind="stable")
    return column[order].reshape(len(names), int(each[0]), int(counts[0]))


def _sums_of_squares(centred: Floats) -> tuple[float, float, float]:
    """Between operators, between parts within operators, within parts."""
    _, p, r = centred.shape
    cells = centred.mean(axis=2)
    rows = cells.mean(axis=1)
    return (
        p * r * float(rows @ rows),
        r * float(((cells - rows[:, None]) ** 2).sum()),
        float(((centred - cells[:, :, None]) ** 2).sum()),
    )


@lru_cache(maxsize=64)
def _plan(o: int, p: int, r: int, confidence: float) -> Plan:
    """Variances as sums of the mean squares operator, part within operator, repeatability."""
    a, b = 1.0 / (p * r), 1.0 / r
    sums = {
        "repeatability": (0.0, 0.0, 1.0),
        "operator": (a, -a, 0.0),
        "reproducibility": (a, -a, 0.0),
        "grr": (a, -a, 1.0),
        "part": (0.0, b, -b),
        "total": (a, b - a, 1.0 - b),
    }
    return mean_squares.plan(sums, (o - 1, o * (p - 1), o * p * (r - 1)), confidence)


def _variances(estimates: Mapping[str, float], notes: list[Note]) -> dict[str, float]:
    plain = {}
    for name in ("repeatability", "operator", "part"):
        value = estimates[name]
        if value < 0.0:
            notes.append(Note("negative_variance_set_to_zero", "info", {"source": name, "estimate": value}))
        plain[name] = max(0.0, value)
    grr = plain["repeatability"] + plain["operator"]
    return {
        "repeatability": plain["repeatability"],
        "operator": plain["operator"],
        "reproducibility": plain["operator"],
        "grr": grr,
        "part": plain["part"],
        "total": grr + plain["part"],
    }


def _rows(
    ss: tuple[float, float, float], ms: tuple[float, float, float], df: tuple[int, int, int]
) -> tuple[AnovaRow, ...]:
    f_operator = ms[0] / ms[1] if ms[1] > 0.0 else None
    f_part = ms[1] / ms[2] if ms[2] > 0.0 else None
    tail = mean_squares.f_tail()
    return (
        AnovaRow(
            "operator",
            df[0],
            ss[0],
            ms[0],
            f_operator,
            None if f_operator is None else tail(float(df[0]), float(df[1]), f_operator),
        ),
        AnovaRow(
            "part", df[1], ss[1], ms[1], f_part, None if f_part is None else tail(float(df[1]), float(df[2]), f_part)
        ),
        AnovaRow("repeatability", df[2], ss[2], ms[2]),
        AnovaRow("total", sum(df), sum(ss), None),
    )


def _ratio(ms: tuple[float, float, float], sizes: tuple[int, int, int], confidence: float) -> dict[str, Interval]:
    """Of the study percentage and ndc, from the intervals of part and total variance put against each other.

    No exact method is known for the nested ratio; the bounds take part and gauge variance at opposite ends, which is
    conservative: their joint confidence is at least 2 * confidence - 1 (Bonferroni), here with halved tails.
    """
    plan = _plan(*sizes, (1.0 + confidence) / 2.0)
    found = plan.intervals(np.array(ms))
    part, grr = found["part"], found["grr"]
    low = part.lower / grr.upper if grr.upper > 0.0 else 0.0
    high = part.upper / grr.lower if grr.lower > 0.0 else math.inf
    method = f"{mean_squares.METHOD}, both ends (Bonferroni)"
    return {
        "ndc": Interval(RAW_NDC_FACTOR * math.sqrt(low), RAW_NDC_FACTOR * math.sqrt(high), confidence, method),
        "pct_study_grr": Interval(100.0 / math.sqrt(1.0 + high), 100.0 / math.sqrt(1.0 + low), confidence, method),
    }
