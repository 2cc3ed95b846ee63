"""Evaluating the measurement process: Wheeler's view of a gauge study (EMP III)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import bounds, constants
from analysis.capability.intervals import Interval
from analysis.errors import AnalysisError
from analysis.msa.crossed import crossed
from analysis.msa.gauge import GaugeStudy
from analysis.msa.layout import balanced_table, levels
from analysis.msa.single import type3
from analysis.observations import as_floats
from analysis.results import Choice, Note, Provenance, Result

Floats = NDArray[np.float64]

# 0.675: half of all measurements lie within one probable error of their mean (the normal quartile, 0.67449 exactly).
PROBABLE_ERROR = 0.6744897501960817
CLASSES = ((0.8, "First"), (0.5, "Second"), (0.2, "Third"))
# Wheeler, EMP III: an increment is effective between 0.2 and 2 probable errors.
SMALLEST_INCREMENT, LARGEST_INCREMENT = 0.2, 2.0
_READINGS: Mapping[str, Choice] = {"increment_factors": "0.2 to 2", "bias_limits": "anome, 3 sigma"}

MOST_SUBGROUPS = 1_000


@dataclass(frozen=True, slots=True)
class Detection(Result):
    """Chance that a chart of this measurement signals a shift of three process standard errors within ten subgroups.

    `rule_1`: a point beyond 3 sigma; `rules_1_to_4`: that, or two of three beyond 2 sigma, four of five beyond 1 sigma,
    or eight in a row on one side (the Western Electric zone tests).
    """

    rule_1: float
    rules_1_to_4: float


@dataclass(frozen=True, slots=True)
class EmpStudy(Result):
    """What the measurement process is good for.

    `icc` is the intraclass correlation: product variance over product and test-retest variance; `icc_with_bias` counts
    the operators' biases as error too, `icc_with_interaction` also their interaction with parts. `monitor_class` goes
    by `icc_with_interaction` (as used now), `potential_class` by `icc` (biases removed): First to Fourth class monitor.
    `attenuation` = 1 - sqrt(icc_with_interaction): the share by which a process signal is weakened.
    `probable_error`: half of all measurements err by more. `increment_lower`..`increment_upper`: the effective
    resolution; `resolution` says whether the increment in use is adequate, too coarse or finer than useful.
    `bias_effects`, by operator: distance from the grand mean, its limits at `bias_limits`, and whether it lies outside.
    `inconsistent`: whether the test-retest ranges show a signal (then nothing else should be read).
    """

    icc: float | None
    icc_with_bias: float | None
    icc_with_interaction: float | None
    monitor_class: str | None
    potential_class: str | None
    attenuation: float | None
    bias_impact: float | None
    interaction_impact: float | None
    test_retest_error: float | None
    degrees_of_freedom: float | None
    probable_error: float | None
    increment: float | None
    increment_lower: float | None
    increment_upper: float | None
    resolution: str | None
    detection: Detection | None
    bias_effects: Mapping[str, float]
    bias_limits: Interval | None
    biased: tuple[str, ...]
    ranges_upper_limit: float | None
    inconsistent: bool | None
    study: GaugeStudy
    notes: tuple[Note, ...]
    provenance: Provenance


def emp(
    values: ArrayLike,
    *,
    parts: Sequence[Any] | None = None,
    operators: Sequence[Any] | None = None,
    increment: float | None = None,
    confidence: float = 0.95,
    alpha_to_pool: float | None = None,
) -> EmpStudy:
    """Wheeler's evaluation of a crossed study `values[part][operator][trial]` (or columns with labels, see `crossed`).

    `values[part][trial]` is his short study: one operator, so that nothing is said of bias.
    `increment`: the smallest step in which values are written; by default the greatest common step of the values.
    Components come from the analysis of variance of `crossed`. Source: D. J. Wheeler, EMP III: Evaluating the
    Measurement Process (2006), chapters 5 to 9 and 13; class limits of the intraclass correlation 0.8, 0.5, 0.2.
    """
    given = as_floats(values, "measurements")
    if given.ndim == 2 and operators is None:
        study, table, names = type3(given, confidence=confidence), given[:, None, :], ["1"]
    else:
        table = balanced_table(given, parts, operators)
        names = [str(index + 1) for index in range(table.shape[1])]
        if operators is not None:
            names = [str(name) for name in levels(operators, len(operators), "operators")[0]]
        study = crossed(table, alpha_to_pool=alpha_to_pool, confidence=confidence)
    if not study.components or table.shape[2] < 2:
        reason = study.notes[:1] if not study.components else (Note("one_trial_no_test_retest", "refusal"),)
        return _nothing(study, reason)
    step = _step(table) if increment is None else increment
    if not (math.isfinite(step) and step > 0.0):
        raise AnalysisError(f"The measurement increment is {step}.", "Give the smallest step of the gauge.")
    return _evaluated(table, names, study, step)


def monitor_class(icc: float) -> str:
    """First, Second, Third or Fourth class by the intraclass correlation."""
    return next((name for limit, name in CLASSES if icc >= limit), "Fourth")


def detection(icc: float, shift: float = 3.0, subgroups: int = 10) -> Detection:
    """Chance of a signal within `subgroups` points after the process mean moved by `shift` process standard errors.

    The measured shift is sqrt(icc) times as large in standard errors of what is measured. Points beyond 3 sigma by the
    normal tail; all four zone tests by stepping the exact state of the last points (no simulation).
    """
    if not 0.0 <= icc <= 1.0:
        raise AnalysisError(f"The intraclass correlation is {icc}.", "Give a number from 0 to 1.")
    bounds.finite(shift, "shift")
    bounds.whole(subgroups, "number of subgroups", 1, MOST_SUBGROUPS)
    seen = shift * math.sqrt(icc)
    beyond = _tail(3.0 - seen) + _tail(3.0 + seen)
    return Detection(1.0 - (1.0 - beyond) ** subgroups, 1.0 - _no_signal(seen, subgroups))


def _tail(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def _no_signal(mean: float, subgroups: int) -> float:
    """Probability that none of the four zone tests fires on `subgroups` points of N(mean, 1) about a centre of 0.

    A state keeps what later tests need: the zones of the last four points and the length of the run on one side.
    """
    edges = (-math.inf, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, math.inf)
    chances = [_tail(low - mean) - _tail(high - mean) for low, high in pairwise(edges)]
    zones = (-4, -3, -2, -1, 1, 2, 3, 4)  # beyond 3 sigma, beyond 2, beyond 1, within 1; sign is the side
    states: dict[tuple[tuple[int, ...], int], float] = {((), 0): 1.0}
    for _ in range(subgroups):
        moved: dict[tuple[tuple[int, ...], int], float] = {}
        for (last, run), chance in states.items():
            for zone, probability in zip(zones, chances, strict=True):
                length = run + 1 if not last or (last[-1] > 0) == (zone > 0) else 1
                window = (*last, zone)
                if _fires(window, length):
                    continue
                key = (window[-4:], length)
                moved[key] = moved.get(key, 0.0) + chance * probability
        states = moved
    return sum(states.values())


def _fires(window: tuple[int, ...], run: int) -> bool:
    side = 1 if window[-1] > 0 else -1
    sided = [zone * side for zone in window]
    if sided[-1] >= 4 or run >= 8:
        return True
    if sided[-1] >= 3 and sum(zone >= 3 for zone in sided[-3:]) >= 2:
        return True
    return sided[-1] >= 2 and sum(zone >= 2 for zone in sided[-5:]) >= 4


def _step(table: Floats) -> float:
    """The smallest difference between two different values: an upper bound of the increment in use."""
    distinct = np.unique(table)
    differences = np.diff(distinct)
    real = differences[differences > 1e-9 * max(1e-300, float(np.abs(distinct).max()))]
    return float(real.min())


def _evaluated(table: Floats, names: list[str], study: GaugeStudy, step: float) -> EmpStudy:
    variances = {name: component.variance for name, component in study.components.items()}
    part, error = variances["part"], variances["repeatability"]
    operator, interaction = variances.get("operator", 0.0), variances.get("interaction", 0.0)
    if part + error <= 0.0:
        return _nothing(study, (Note("no_variation", "refusal"),))
    icc = part / (part + error)
    with_bias = part / (part + error + operator)
    with_interaction = part / (part + error + operator + interaction)
    retest = math.sqrt(error)
    probable = PROBABLE_ERROR * retest
    ranges, effects, limits = _consistency(table, names)
    outside = tuple(name for name, effect in effects.items() if limits is not None and not _within(effect, limits))
    return EmpStudy(
        icc=icc,
        icc_with_bias=with_bias,
        icc_with_interaction=with_interaction,
        monitor_class=monitor_class(with_interaction),
        potential_class=monitor_class(icc),
        attenuation=1.0 - math.sqrt(with_interaction),
        bias_impact=icc - with_bias,
        interaction_impact=with_bias - with_interaction,
        test_retest_error=retest,
        degrees_of_freedom=_degrees(study),
        probable_error=probable,
        increment=step,
        increment_lower=SMALLEST_INCREMENT * probable,
        increment_upper=LARGEST_INCREMENT * probable,
        resolution=_resolution(step, probable),
        detection=detection(with_interaction),
        bias_effects=effects,
        bias_limits=limits,
        biased=outside,
        ranges_upper_limit=ranges[0],
        inconsistent=ranges[1],
        study=study,
        notes=tuple(_notes(ranges[1], outside, study)),
        provenance=Provenance("msa.emp", {"components": study.method, **_READINGS}),
    )


def _degrees(study: GaugeStudy) -> float:
    """Degrees of freedom of the test-retest error, of the table the components come from."""
    return next(float(row.df) for row in study.anova_pooled or study.anova if row.source == "repeatability")


def _consistency(table: Floats, names: list[str]) -> tuple[tuple[float, bool], dict[str, float], Interval | None]:
    """Upper limit of the test-retest ranges and whether one exceeds it; operator effects with three-sigma limits.

    The effects' limits are ± 3 sigma(test-retest) sqrt((o - 1)/(o p r)), the analysis of main effects on ranges.
    """
    parts, operators, trials = table.shape
    ranges = table.max(axis=2) - table.min(axis=2)
    mean_range = float(ranges.mean())
    factor = constants.chart_constants(trials)
    upper = factor.D4 * mean_range
    grand = float(table.mean())
    effects = {name: float(value) - grand for name, value in zip(names, table.mean(axis=(0, 2)).tolist(), strict=True)}
    sigma = mean_range / factor.d2
    half = 3.0 * sigma * math.sqrt((operators - 1) / (operators * parts * trials))
    limits = Interval(-half, half, 0.9973, "anome, 3 sigma") if half > 0.0 else None
    return (upper, bool((ranges > upper * (1.0 + 1e-12)).any())), effects, limits


def _within(effect: float, limits: Interval) -> bool:
    return limits.lower <= effect <= limits.upper


def _resolution(step: float, probable: float) -> str:
    if probable <= 0.0 or step > LARGEST_INCREMENT * probable:
        return "too_coarse"
    return "finer_than_useful" if step < SMALLEST_INCREMENT * probable else "adequate"


def _notes(inconsistent: bool, biased: tuple[str, ...], study: GaugeStudy) -> list[Note]:
    notes = [note for note in study.notes if note.code == "negative_variance_set_to_zero"]
    if inconsistent:
        notes.insert(0, Note("test_retest_inconsistent", "warning"))
    if biased:
        notes.append(Note("operators_biased", "warning", {"operators": ", ".join(biased)}))
    return notes


def _nothing(study: GaugeStudy, notes: tuple[Note, ...]) -> EmpStudy:
    return EmpStudy(
        None, None, None, None, None, None, None, None, None, None, None, None, None, None, None, None, {}, None, (),
        None, None, study, notes, Provenance("msa.emp"),
    )  # fmt: skip
