"""Switching between normal, tightened and reduced inspection, with its state."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from analysis.errors import AnalysisError
from analysis.results import Note, Provenance, Result
from analysis.sampling.attributes import aql_place
from analysis.sampling.limits import limit_number
from analysis.sampling.tables import AQLS, Severity

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
    rejections). `last_ten` and `last_sampled` hold the nonconforming items of the last ten lots and the items looked
    at (more lots than ten while table VIII asks for more). Z1.4 holds their sum against `limit_number` where one is
    stated, else against table VIII where an `aql` is; with neither, ten accepted lots in a row are enough.
    `steady` production and `permitted` reduced inspection are the responsible authority's word.
    """

    rules: Rules = "Z1.4"
    severity: Severity = "normal"
    discontinued: bool = False
    recent: tuple[bool, ...] = ()
    run: int = 0
    score: int = 0
    tightened: int = 0
    last_ten: tuple[int, ...] = ()
    last_sampled: tuple[int, ...] = ()
    steady: bool = True
    permitted: bool = False
    limit_number: int | None = None
    aql: str | None = None
    move: Move = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Switching:
        """The state that `to_dict` turned into `data`."""
        listed = {name: tuple(data.get(name, ())) for name in ("recent", "last_ten", "last_sampled")}
        return cls(**{**data, **listed})

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
        return self._fresh("tightened", "")

    def _fresh(self, severity: Severity, move: Move) -> Switching:
        return Switching(
            self.rules,
            severity,
            steady=self.steady,
            permitted=self.permitted,
            limit_number=self.limit_number,
            aql=self.aql,
            move=move,
        )

    def _normal(self, lot: LotResult) -> Switching:
        recent = (*self.recent, lot.accepted)[-5:]
        if recent.count(False) >= 2:
            return self._fresh("tightened", "to tightened")
        run = self.run + 1 if lot.accepted else 0
        counts, sampled = self._counted(lot) if lot.accepted else ((), ())
        score = self._scored(lot)
        state = replace(self, recent=recent, run=run, score=score, last_ten=counts, last_sampled=sampled, move="")
        return self._fresh("reduced", "to reduced") if state._earned() else state

    def _counted(self, lot: LotResult) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Nonconforming and sampled items with one lot more: of ten lots, or as many as table VIII needs."""
        counts, sampled = (*self.last_ten, lot.nonconforming), (*self.last_sampled, lot.sampled)
        kept = 10
        if self._by_table():
            if lot.sampled < 1:
                raise AnalysisError(
                    "The limit numbers of table VIII need the sample size of every lot.", "Give it as sampled."
                )
            while kept < len(counts) and limit_number(sum(sampled[-kept:]), self.aql or "").number is None:
                kept += 1
        return counts[-kept:], sampled[-kept:]

    def _by_table(self) -> bool:
        return self.rules == "Z1.4" and self.limit_number is None and self.aql is not None

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
        if self.run < 10:
            return False
        limit = self.limit_number
        if self._by_table():
            limit = limit_number(sum(self.last_sampled), self.aql or "").number
            if limit is None:
                return False
        return limit is None or sum(self.last_ten) <= limit

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
    nonconforming: Sequence[int] | None = None,
    sampled: Sequence[int] | None = None,
    aql: str | float | None = None,
) -> SwitchingHistory:
    """Apply the switching rules to lots on original inspection, in order: True accepted, False not.

    `permitted`: reduced inspection is allowed; `steady`: production is. `acceptance_number` (of the plan) and
    `one_step_tighter` (one a lot) feed the switching score of ISO 2859-1; items found `nonconforming` and `sampled`
    (one a lot, all samples of it) with the `aql` the limit numbers of Z1.4. After a discontinuation nothing is judged.
    """
    if rules not in ("Z1.4", "ISO 2859-1"):
        raise AnalysisError(f"There are no switching rules '{rules}'.", "Use Z1.4 or ISO 2859-1.")
    if severity not in ("normal", "tightened", "reduced"):
        raise AnalysisError(f"There is no inspection '{severity}'.", "Begin with normal, tightened or reduced.")
    tighter = _one_a_lot(one_step_tighter, accepted, "marks of one step tighter")
    found = _one_a_lot(nonconforming, accepted, "counts of nonconforming items")
    looked = _one_a_lot(sampled, accepted, "sample sizes")
    if aql is not None and (nonconforming is None or sampled is None or min(looked, default=1) < 1):
        raise AnalysisError(
            "The limit numbers of table VIII need the nonconforming items and the sample size of every lot.",
            "Give nonconforming and sampled with the AQL.",
        )
    name = None if aql is None else AQLS[aql_place(aql)]
    state = Switching(rules, severity, steady=steady, permitted=permitted, aql=name)
    severities: list[str] = []
    moves: list[str] = []
    for lot, good in enumerate(accepted):
        severities.append("discontinued" if state.discontinued else state.severity)
        if state.discontinued:
            moves.append("")
            continue
        made = LotResult(
            bool(good), int(found[lot]), int(looked[lot]), acceptance_number, one_step_tighter=bool(tighter[lot])
        )
        state = state.after(made)
        moves.append(state.move)
    notes = (Note("inspection_discontinued", "warning", {}),) if state.discontinued else ()
    made_by = Provenance("sampling.switching.follow", {"rules": rules, "permitted": permitted, "aql": name})
    return SwitchingHistory(tuple(severities), tuple(moves), state, notes, made_by)


def _one_a_lot(given: Sequence[int] | None, accepted: Sequence[bool], what: str) -> list[int]:
    if given is None:
        return [0] * len(accepted)
    if len(given) != len(accepted):
        raise AnalysisError(f"There are {len(accepted)} lots and {len(given)} {what}.", "Give one a lot.")
    if any(not math.isfinite(number) or number < 0 or number != int(number) for number in given):
        raise AnalysisError(f"The {what} are whole numbers of 0 or more.", "Look through them.")
    return [int(number) for number in given]
