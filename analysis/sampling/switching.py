"""Switching between normal, tightened and reduced inspection, with its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from analysis.errors import AnalysisError
from analysis.results import Note, Provenance, Result
from analysis.sampling.tables import Severity

Rules = Literal["Z1.4", "ISO 2859-1"]
Move = Literal["", "to tightened", "to normal", "to reduced", "discontinue"]


@dataclass(frozen=True, slots=True)
class LotResult(Result):
    """What happened to one lot on original inspection.

    `in_gap`: accepted under reduced inspection with a total between acceptance and rejection number.
    `one_step_tighter`: whether the lot would have been accepted at the next smaller AQL (single plans with acceptance
    number 2 or more), or from the first sample or by the third (double, multiple): the score of ISO 2859-1 counts it.
    """

    accepted: bool
    nonconforming: int = 0
    sampled: int = 0
    acceptance_number: int | None = None
    in_gap: bool = False
    one_step_tighter: bool = False


@dataclass(frozen=True, slots=True)
class Switching(Result):
    """State of the switching rules; `after` gives the next state, so that states can be kept and compared.

    `recent` holds the last acceptances on normal inspection (newest last), `run` the lots accepted in a row, `score`
    the switching score of ISO 2859-1, `tightened` the lots seen on tightened inspection (Z1.4 counts lots, ISO
    rejections), `last_ten` nonconforming items of the last ten lots. `steady` production and `permitted` reduced
    inspection are the responsible authority's word.
    """

    rules: Rules = "Z1.4"
    severity: Severity = "normal"
    discontinued: bool = False
    recent: tuple[bool, ...] = ()
    run: int = 0
    score: int = 0
    tightened: int = 0
    last_ten: tuple[int, ...] = ()
    steady: bool = True
    permitted: bool = False
    limit_number: int | None = None
    move: Move = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Switching:
        """The state that `to_dict` turned into `data`."""
        return cls(**{**data, "recent": tuple(data["recent"]), "last_ten": tuple(data["last_ten"])})

    def after(self, lot: LotResult) -> Switching:
        """The state after one more lot (Z1.4 clause 8.3; ISO 2859-1:1999 clause 9.3)."""
        if self.discontinued:
            raise AnalysisError(
                "Inspection under this plan is discontinued.",
                "Act on the cause, then call resume() to begin tightened.",
            )
        step = {"normal": self._normal, "tightened": self._tightened, "reduced": self._reduced}[self.severity]
        return step(lot)

    def resume(self) -> Switching:
        """Begin again after a discontinuation: on tightened inspection."""
        return replace(Switching(self.rules, "tightened", steady=self.steady, permitted=self.permitted))

    def _fresh(self, severity: Severity, move: Move) -> Switching:
        return Switching(
            self.rules,
            severity,
            steady=self.steady,
            permitted=self.permitted,
            limit_number=self.limit_number,
            move=move,
        )

    def _normal(self, lot: LotResult) -> Switching:
        recent = (*self.recent, lot.accepted)[-5:]
        if recent.count(False) >= 2:
            return self._fresh("tightened", "to tightened")
        run = self.run + 1 if lot.accepted else 0
        counts = (*self.last_ten, lot.nonconforming)[-10:] if lot.accepted else ()
        score = self._scored(lot)
        state = replace(self, recent=recent, run=run, score=score, last_ten=counts, move="")
        return self._fresh("reduced", "to reduced") if state._earned() else state

    def _scored(self, lot: LotResult) -> int:
        """Switching score: +3 or +2 for a good lot, 0 after one that would fail one AQL step tighter."""
        small = lot.acceptance_number is not None and lot.acceptance_number <= 1
        if not lot.accepted:
            return 0
        if small:
            return self.score + 2
        return self.score + 3 if lot.one_step_tighter else 0

    def _earned(self) -> bool:
        if not (self.steady and self.permitted):
            return False
        if self.rules == "ISO 2859-1":
            return self.score >= 30
        enough = self.limit_number is None or sum(self.last_ten) <= self.limit_number
        return self.run >= 10 and enough

    def _tightened(self, lot: LotResult) -> Switching:
        run = self.run + 1 if lot.accepted else 0
        if run >= 5:
            return self._fresh("normal", "to normal")
        counted = self.tightened + (1 if self.rules == "Z1.4" or not lot.accepted else 0)
        over = counted >= (10 if self.rules == "Z1.4" else 5)
        return replace(self, run=run, tightened=counted, discontinued=over, move="discontinue" if over else "")

    def _reduced(self, lot: LotResult) -> Switching:
        if not lot.accepted or lot.in_gap or not self.steady:
            return self._fresh("normal", "to normal")
        return replace(self, run=self.run + 1, move="")


@dataclass(frozen=True, slots=True)
class SwitchingHistory(Result):
    """What the switching rules made of a series of lots.

    `severity`: the inspection each lot was judged under, "discontinued" for lots after a stop; `moves`: what changed
    after each lot (empty text: nothing). `state` is the state after the last lot, ready to go on.
    """

    severity: tuple[str, ...]
    moves: tuple[str, ...]
    state: Switching
    notes: tuple[Note, ...]
    provenance: Provenance


def follow(
    accepted: Sequence[bool],
    *,
    rules: Rules = "Z1.4",
    permitted: bool = False,
    steady: bool = True,
    acceptance_number: int | None = None,
    one_step_tighter: Sequence[bool] | None = None,
    severity: Severity = "normal",
) -> SwitchingHistory:
    """Apply the switching rules to lots on original inspection, in order: True accepted, False not.

    `permitted`: reduced inspection is allowed; `steady`: production is. `acceptance_number` (of the plan) and
    `one_step_tighter` (one a lot) feed the switching score of ISO 2859-1. After a discontinuation nothing is judged.
    """
    if rules not in ("Z1.4", "ISO 2859-1"):
        raise AnalysisError(f"There are no switching rules '{rules}'.", "Use Z1.4 or ISO 2859-1.")
    if severity not in ("normal", "tightened", "reduced"):
        raise AnalysisError(f"There is no inspection '{severity}'.", "Begin with normal, tightened or reduced.")
    tighter = [False] * len(accepted) if one_step_tighter is None else list(one_step_tighter)
    if len(tighter) != len(accepted):
        raise AnalysisError(f"There are {len(accepted)} lots and {len(tighter)} marks of one step tighter.")
    state = Switching(rules, severity, steady=steady, permitted=permitted)
    severities: list[str] = []
    moves: list[str] = []
    for lot, good in enumerate(accepted):
        severities.append("discontinued" if state.discontinued else state.severity)
        if state.discontinued:
            moves.append("")
            continue
        made = LotResult(bool(good), acceptance_number=acceptance_number, one_step_tighter=bool(tighter[lot]))
        state = state.after(made)
        moves.append(state.move)
    notes = (Note("inspection_discontinued", "warning", {}),) if state.discontinued else ()
    made_by = Provenance("sampling.switching.follow", {"rules": rules, "permitted": permitted})
    return SwitchingHistory(tuple(severities), tuple(moves), state, notes, made_by)
