"""Type 1 gauge study: one reference part measured many times by one operator (Cg, Cgk)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

from numpy.typing import ArrayLike

from analysis import bounds
from analysis.capability.intervals import Interval, standard_deviation
from analysis.capability.normal import mean_and_deviation, mean_interval
from analysis.capability.sample import read
from analysis.errors import AnalysisError
from analysis.msa.gauge import check_confidence
from analysis.results import Choice, Note, Provenance, Result

ADVISED, LEAST = 50, 25


@dataclass(frozen=True, slots=True)
class Type1Preset:
    """How Cg is read: `k_percent` of the tolerance over `study_sd` standard deviations; what must be reached.

    `t_test` whether bias is judged by Student's test as well.
    """

    name: str
    k_percent: float
    study_sd: float
    required: float


PRESETS: Mapping[str, Type1Preset] = {
    # Minitab and Bosch booklet 10 read 0.2 T / (6 s); older company rules hold 95.45 % of readings, 0.2 T / (4 s);
    # Ford EU 1880 asks for 0.15 T / (6 s) of 1
    "minitab": Type1Preset("minitab", 20.0, 6.0, 1.33),
    "bosch": Type1Preset("bosch", 20.0, 6.0, 1.33),
    "four_sigma": Type1Preset("four_sigma", 20.0, 4.0, 1.33),
    "ford": Type1Preset("ford", 15.0, 6.0, 1.0),
}


@dataclass(frozen=True, slots=True)
class Type1Study(Result):
    """Cg (repeatability alone) and Cgk (with the bias), and what they are made of.

    `pct_var_repeatability` = k/Cg and `pct_var_repeatability_and_bias` = k/Cgk in percent of the tolerance.
    `resolution_percent` of the tolerance; `minimum_tolerance_cg`, `minimum_tolerance_cgk`: the least tolerance with
    which the requirement would be met. `t`, `p`: Student's test that the bias is 0. `capable` needs Cg and Cgk.
    """

    n: int
    missing: int
    reference: float
    tolerance: float
    mean: float | None
    s: float | None
    bias: float | None
    cg: float | None
    cgk: float | None
    t: float | None
    df: int | None
    p: float | None
    pct_bias: float | None
    pct_var_repeatability: float | None
    pct_var_repeatability_and_bias: float | None
    resolution_percent: float | None
    minimum_tolerance_cg: float | None
    minimum_tolerance_cgk: float | None
    required: float
    capable: bool | None
    confidence: float
    intervals: Mapping[str, Interval]
    notes: tuple[Note, ...]
    provenance: Provenance


def type1(
    values: ArrayLike,
    *,
    reference: float,
    tolerance: float,
    resolution: float | None = None,
    k_percent: float | None = None,
    study_sd: float | None = None,
    required: float | None = None,
    confidence: float = 0.95,
    preset: str = "minitab",
) -> Type1Study:
    """Cg = (k/100 T) / (L s), Cgk = (k/200 T - |mean - reference|) / (L/2 s), L standard deviations (`study_sd`).

    `resolution` (smallest step of the gauge) should not exceed 5 % of the tolerance. Sources: VDA 5; Bosch booklet 10;
    Minitab. Errors: AnalysisError for a tolerance that is not positive or an unknown preset.
    """
    if preset not in PRESETS:
        raise AnalysisError(f"There is no preset '{preset}'.", f"Choose one of {', '.join(PRESETS)}.")
    base = PRESETS[preset]
    chosen = Type1Preset(
        preset,
        base.k_percent if k_percent is None else float(k_percent),
        base.study_sd if study_sd is None else float(study_sd),
        base.required if required is None else float(required),
    )
    _check(reference, tolerance, resolution, chosen, confidence)
    sample = read(values)
    empty = _empty(sample.n, sample.missing, reference, tolerance, chosen, confidence, preset)
    if sample.n < 2:
        note = Note("no_values" if sample.n == 0 else "one_value", "refusal", {"n": sample.n})
        return dataclasses.replace(empty, notes=(note,))
    mean, s = mean_and_deviation(sample.values)
    bias = mean - reference
    notes = _notes(sample.n, tolerance, resolution)
    steps = None if resolution is None else 100.0 * resolution / tolerance
    found = dataclasses.replace(
        empty, mean=mean, bias=bias, pct_bias=100.0 * abs(bias) / tolerance, resolution_percent=steps
    )
    if s <= 1e-14 * abs(mean):
        note = Note("no_variation", "refusal", {"value": mean})
        return dataclasses.replace(found, s=0.0, notes=(note, *notes))
    return dataclasses.replace(_indices(found, s, bias, tolerance, chosen), notes=notes)


def _indices(found: Type1Study, s: float, bias: float, tolerance: float, chosen: Type1Preset) -> Type1Study:
    from scipy import special

    n, share = found.n, chosen.k_percent / 100.0
    cg = share * tolerance / (chosen.study_sd * s)
    cgk = (share / 2.0 * tolerance - abs(bias)) / (chosen.study_sd / 2.0 * s)
    t = bias / (s / math.sqrt(n))
    p = 2.0 * float(special.stdtr(n - 1, -abs(t)))
    spread = standard_deviation(s, n - 1, found.confidence)
    centre = mean_interval(bias, s, n, found.confidence)
    needed = chosen.required * chosen.study_sd * s
    return dataclasses.replace(
        found,
        s=s,
        cg=cg,
        cgk=cgk,
        t=t,
        df=n - 1,
        p=p,
        pct_var_repeatability=chosen.k_percent / cg,
        pct_var_repeatability_and_bias=chosen.k_percent / cgk if cgk > 0.0 else None,
        minimum_tolerance_cg=needed / share,
        minimum_tolerance_cgk=(needed + 2.0 * abs(bias)) / share,
        capable=cg >= chosen.required and cgk >= chosen.required,
        intervals={
            "bias": centre,
            "s": spread,
            "cg": Interval(cg * s / spread.upper, cg * s / spread.lower, found.confidence, "chi-square"),
        },
    )


def _empty(
    n: int, missing: int, reference: float, tolerance: float, chosen: Type1Preset, confidence: float, name: str
) -> Type1Study:
    choices: dict[str, Choice] = {
        "k_percent": chosen.k_percent,
        "study_sd": chosen.study_sd,
        "required": chosen.required,
    }
    return Type1Study(
        n, missing, reference, tolerance, None, None, None, None, None, None, None, None, None, None, None, None, None,
        None, chosen.required, None, confidence, {}, (), Provenance("msa.type1", choices, name),
    )  # fmt: skip


def _notes(n: int, tolerance: float, resolution: float | None) -> tuple[Note, ...]:
    notes = []
    if n < ADVISED:
        values = {"n": n, "advised": ADVISED, "least": LEAST}
        notes.append(Note("few_measurements", "warning" if n < LEAST else "info", values))
    if resolution is not None and resolution > 0.05 * tolerance:
        notes.append(Note("coarse_resolution", "warning", {"percent": 100.0 * resolution / tolerance, "allowed": 5.0}))
    return tuple(notes)


def _check(
    reference: float, tolerance: float, resolution: float | None, chosen: Type1Preset, confidence: float
) -> None:
    if not math.isfinite(reference):
        raise AnalysisError(f"The reference is {reference}.", "Give the calibrated value of the part.")
    for name, value in (
        ("tolerance", tolerance),
        ("resolution", resolution),
        ("share k of the tolerance", chosen.k_percent),
        ("number of standard deviations", chosen.study_sd),
        ("required index", chosen.required),
    ):
        if value is not None:
            bounds.positive(value, name, smallest=1e-75, largest=1e75)
    check_confidence(confidence)
