"""Machine capability Cm, Cmk: one machine, one run, everything else held still (ISO 22514-3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from numpy.typing import ArrayLike

from analysis import bounds
from analysis.capability.distributions.goodness import AndersonDarling
from analysis.capability.intervals import Interval
from analysis.capability.presets import Preset
from analysis.capability.result import ReferenceInterval
from analysis.capability.specification import Specification
from analysis.capability.study import MODELS, study
from analysis.errors import AnalysisError
from analysis.results import Note, Provenance, Result

# Pieces a study should hold: ISO 22514-3 clause 5 asks for 100 in general, company rules accept 50.
ADVISED, LEAST = 100, 50
# Cm and Cmk below 1.67 do not pass in the VDA 4 / Bosch booklet 9 reading.
REQUIRED = 1.67


@dataclass(frozen=True, slots=True)
class MachineCapability(Result):
    """Cm (from the spread), Cmk (and the place); `intervals` of cm, cml, cmu, cmk. `capable` compares with `required`.

    `capable` uses Cm and Cmk, with one limit Cmk alone; None when they could not be computed.
    """

    model: str
    specification: Specification
    n: int
    missing: int
    mean: float | None
    sigma: float | None
    cm: float | None
    cml: float | None
    cmu: float | None
    cmk: float | None
    required: float
    capable: bool | None
    confidence: float
    intervals: Mapping[str, Interval]
    reference: ReferenceInterval | None
    anderson_darling: AndersonDarling | None
    notes: tuple[Note, ...]
    provenance: Provenance


def machine(
    values: ArrayLike,
    specification: Specification,
    *,
    model: str = "normal",
    required: float = REQUIRED,
    confidence: float = 0.95,
    preset: str | Preset = "aiag_vda",
    non_normal: str | None = None,
) -> MachineCapability:
    """Cm = (U - L) / (6 s), Cmk = min(U - mean, mean - L) / (3 s) of consecutive pieces; s of all values together.

    `model`: normal, empirical or a family (then by quantiles, ISO 22514-3 clause 7); transformations do not belong
    here. Fewer than 100 pieces are told in a note, fewer than 50 in a warning.
    """
    allowed = [name for name in MODELS if name not in ("box_cox", "johnson")]
    if model not in allowed:
        raise AnalysisError(f"'{model}' is no model of machine capability.", f"Choose one of {', '.join(allowed)}.")
    bounds.positive(required, "required index")
    made = study(
        values,
        specification,
        model=model,
        confidence=confidence,
        preset=preset,
        non_normal=non_normal,
        overall="overall",
        anderson_darling=True,
    )
    names = {"pp": "cm", "ppl": "cml", "ppu": "cmu", "ppk": "cmk"}
    kept = tuple(note for note in made.notes if note.code not in ("small_sample", *_WITHIN_NOTES))
    needed = [value for value in (made.pp, made.ppk) if value is not None]
    return MachineCapability(
        model=model,
        specification=specification,
        n=made.n or 0,
        missing=made.missing,
        mean=made.mean,
        sigma=made.overall.sigma,
        cm=made.pp,
        cml=made.ppl,
        cmu=made.ppu,
        cmk=made.ppk,
        required=required,
        capable=all(value >= required for value in needed) if made.ppk is not None else None,
        confidence=confidence,
        intervals={names[name]: item for name, item in made.intervals.items() if name in names},
        reference=made.reference,
        anderson_darling=None if made.fit is None else made.fit.anderson_darling,
        notes=(*kept, *_size_notes(made.n or 0)),
        provenance=Provenance("capability.machine", {"model": model, "required": required}, made.provenance.preset),
    )


# The spread from piece to piece plays no part in a machine study.
_WITHIN_NOTES = ("no_within_for_model", "no_within_spread", "no_variation_within", "overall_exceeds_within")


def _size_notes(n: int) -> tuple[Note, ...]:
    if n >= ADVISED:
        return ()
    return (Note("few_pieces", "warning" if n < LEAST else "info", {"n": n, "advised": ADVISED, "least": LEAST}),)
