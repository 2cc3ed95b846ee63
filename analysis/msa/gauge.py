"""What a gauge repeatability and reproducibility study returns, whatever its design."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis import bounds
from analysis.capability.intervals import Interval
from analysis.errors import AnalysisError
from analysis.results import Choice, Note, Provenance, Result

# Wheeler and Lyday (1989) have sqrt(2); AIAG MSA 4th ed. and every report since count whole categories with 1.41.
RAW_NDC_FACTOR = math.sqrt(2.0)
NDC_FACTOR = 1.41


@dataclass(frozen=True, slots=True)
class AnovaRow(Result):
    """One source of an analysis of variance; `f` and `p` are None for the error and the total."""

    source: str
    df: int
    ss: float
    ms: float | None
    f: float | None = None
    p: float | None = None


@dataclass(frozen=True, slots=True)
class Component(Result):
    """One source of variation, in the unit of the values (variance squared).

    `study` is sigma times the study width; percentages are of the total variance (`pct_contribution`), of the total
    sigma (`pct_study`), of the tolerance (`pct_tolerance`, study over tolerance) and of a known process sigma
    (`pct_process`); None where the reference is missing.
    """

    variance: float
    sigma: float
    study: float
    pct_contribution: float | None
    pct_study: float | None
    pct_tolerance: float | None
    pct_process: float | None


@dataclass(frozen=True, slots=True)
class GaugeStudy(Result):
    """A gauge study. `components` by source: repeatability, operator, interaction, reproducibility, grr, part, total.

    `anova` is the full table, `anova_pooled` the one the components come from when the interaction was pooled.
    `ndc_raw` is sqrt(2) part/grr, `ndc` 1.41 part/grr cut to a whole number, at least 1. `intervals` holds confidence
    intervals of variances by source, and of "ndc" and "pct_study_grr" where the design has a method for them.
    """

    design: str
    method: str
    parts: int
    operators: int
    trials: int | None
    n: int
    grand_mean: float | None
    anova: tuple[AnovaRow, ...]
    anova_pooled: tuple[AnovaRow, ...]
    interaction_pooled: bool
    components: Mapping[str, Component]
    ndc_raw: float | None
    ndc: int | None
    study_width: float
    tolerance: float | None
    process_sigma: float | None
    confidence: float
    intervals: Mapping[str, Interval]
    notes: tuple[Note, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Scale:
    """What sigmas are compared with: `width` sigmas make a study variation (6, or 5.15 for 99 %)."""

    width: float = 6.0
    tolerance: float | None = None
    process_sigma: float | None = None

    def __post_init__(self) -> None:
        for name, value in (
            ("study width", self.width),
            ("tolerance", self.tolerance),
            ("process sigma", self.process_sigma),
        ):
            if value is not None:
                bounds.positive(value, name)


def components(variances: Mapping[str, float], scale: Scale) -> dict[str, Component]:
    """Each variance with its sigma and percentages; `variances` holds "total"."""
    total = variances["total"]
    total_sigma = math.sqrt(total)
    width, tolerance, process = scale.width, scale.tolerance, scale.process_sigma
    found = {}
    for name, variance in variances.items():
        sigma = math.sqrt(variance)
        found[name] = Component(
            variance,
            sigma,
            width * sigma,
            100.0 * variance / total if total > 0.0 else None,
            100.0 * sigma / total_sigma if total > 0.0 else None,
            None if tolerance is None else 100.0 * width * sigma / tolerance,
            None if process is None else 100.0 * sigma / process,
        )
    return found


def distinct_categories(part_variance: float, grr_variance: float) -> tuple[float | None, int | None]:
    """sqrt(2) part/grr, and 1.41 part/grr cut to a whole number of at least 1 (AIAG MSA 4th ed., chapter III B)."""
    if grr_variance <= 0.0:
        return None, None
    ratio = math.sqrt(part_variance / grr_variance)
    return RAW_NDC_FACTOR * ratio, max(1, math.floor(NDC_FACTOR * ratio))


def verdict_notes(found: Mapping[str, Component], ndc: int | None) -> list[Note]:
    """What AIAG's guidelines say of the percentages: below 10 % good, to 30 % conditional, above not acceptable."""
    grr = found["grr"]
    basis, percent = ("tolerance", grr.pct_tolerance) if grr.pct_tolerance is not None else ("study", grr.pct_study)
    notes = []
    if percent is not None:
        verdict = "acceptable" if percent < 10.0 else "conditional" if percent <= 30.0 else "not_acceptable"
        notes.append(Note("grr_verdict", "info", {"verdict": verdict, "percent": percent, "of": basis}))
    if ndc is not None and ndc < 5:
        notes.append(Note("few_distinct_categories", "warning", {"ndc": ndc, "advised": 5}))
    return notes


def study_of(
    variances: Mapping[str, float],
    scale: Scale,
    confidence: float,
    *,
    design: str,
    method: str = "anova",
    counts: tuple[int, int, int | None],
    n: int,
    mean: float,
    choices: Mapping[str, Choice],
    anova: tuple[AnovaRow, ...] = (),
    intervals: Mapping[str, Interval] | None = None,
    notes: Sequence[Note] = (),
) -> GaugeStudy:
    """The study of `variances` (none when there was no variation); `counts`: parts, operators, trials."""
    found = components(variances, scale) if variances else {}
    raw, ndc = distinct_categories(variances["part"], variances["grr"]) if variances else (None, None)
    if variances and ndc is None:
        notes = [*notes, Note("no_gauge_variation", "warning")]
    verdict = verdict_notes(found, ndc) if found else []
    return GaugeStudy(
        design, method, *counts, n, mean, anova, (), False, found, raw, ndc,
        scale.width, scale.tolerance, scale.process_sigma, confidence, intervals or {}, (*notes, *verdict),
        Provenance(f"msa.{design}/{method}", {**choices, "study_width": scale.width}),
    )  # fmt: skip


def check_share(name: str, value: float) -> None:
    """Refuse a level that is not a probability."""
    if not 0.0 <= value <= 1.0:
        raise AnalysisError(f"The {name} is {value}; it must lie between 0 and 1.", "Give 0.05 for 5 %.")


def check_confidence(confidence: float) -> None:
    """Refuse a level of confidence that is not between 0 and 1."""
    bounds.share(confidence, "confidence", smallest=1e-6)


def check_shape(shape: Sequence[int], names: Sequence[str]) -> None:
    """Refuse a layout in which a factor has fewer than two levels."""
    for count, name in zip(shape, names, strict=True):
        if count < 2:
            raise AnalysisError(f"The study has {count} {name}; at least 2 are needed.", "Measure more of them.")
