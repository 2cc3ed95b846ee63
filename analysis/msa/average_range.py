"""Crossed gauge study by averages and ranges (AIAG's form), with its K factors computed, not rounded."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis import constants
from analysis.msa.gauge import GaugeStudy, Scale, components, distinct_categories, verdict_notes
from analysis.msa.layout import refuse_tiny
from analysis.results import Note, Provenance

Floats = NDArray[np.float64]


@lru_cache(maxsize=256)
def d2_star(size: int, count: int) -> float:
    """Mean square root of the squared mean of `count` ranges of `size` values: sqrt(d2^2 + d3^2 / count).

    Divisor of a mean range when sigma squared is what must be unbiased (AIAG MSA 4th ed., appendix C).
    """
    return math.sqrt(constants.d2(size) ** 2 + constants.d3(size) ** 2 / count)


def study(table: Floats, scale: Scale, confidence: float, preset: str) -> GaugeStudy:
    """Of table[part][operator][trial], two trials or more.

    EV = mean range / d2(trials); AV = sqrt((range of operator means / d2*)^2 - EV^2 / (parts trials)), 0 when negative;
    PV = range of part means / d2*; GRR and TV are root sums. The interaction is not seen. AIAG MSA 4th ed., chapter
    III section B (its K1, K2, K3 are the inverse divisors).
    """
    parts, operators, trials = table.shape
    mean = float(table.mean())
    notes: list[Note] = []
    if trials < 2:
        return _refused(table, mean, scale, confidence, preset, Note("one_trial_no_range", "refusal"))
    ranges = float((table.max(axis=2) - table.min(axis=2)).mean())
    operator_means, part_means = table.mean(axis=(0, 2)), table.mean(axis=(1, 2))
    repeatability = ranges / constants.d2(trials)
    spread = float(operator_means.max() - operator_means.min()) / d2_star(operators, 1)
    operator = spread**2 - repeatability**2 / (parts * trials)
    if operator < 0.0:
        notes.append(Note("negative_variance_set_to_zero", "info", {"source": "operator", "estimate": operator}))
    operator = max(0.0, operator)
    part = (float(part_means.max() - part_means.min()) / d2_star(parts, 1)) ** 2
    grr = repeatability**2 + operator
    refuse_tiny(grr + part)
    variances = {
        "repeatability": repeatability**2,
        "operator": operator,
        "reproducibility": operator,
        "grr": grr,
        "part": part,
        "total": grr + part,
    }
    if variances["total"] <= 1e-26 * mean**2:
        return _refused(table, mean, scale, confidence, preset, Note("no_variation", "refusal", {"value": mean}))
    found = components(variances, scale)
    raw, ndc = distinct_categories(part, grr)
    notes += verdict_notes(found, ndc)
    return GaugeStudy(
        "crossed", "xbar_r", parts, operators, trials, int(table.size), mean, (), (), False, found, raw, ndc,
        scale.width, scale.tolerance, scale.process_sigma, confidence, {}, tuple(notes),
        Provenance(
            "msa.crossed/xbar_r", {"ev_divisor": "d2", "av_divisor": "d2_star", "study_width": scale.width}, preset
        ),
    )  # fmt: skip


def _refused(table: Floats, mean: float, scale: Scale, confidence: float, preset: str, note: Note) -> GaugeStudy:
    parts, operators, trials = table.shape
    return GaugeStudy(
        "crossed", "xbar_r", parts, operators, trials, int(table.size), mean, (), (), False, {}, None, None,
        scale.width, scale.tolerance, scale.process_sigma, confidence, {}, (note,),
        Provenance("msa.crossed/xbar_r", {}, preset),
    )  # fmt: skip
