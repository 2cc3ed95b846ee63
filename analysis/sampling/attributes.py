"""Plans of ANSI/ASQ Z1.4 and ISO 2859-1 for a lot: letter, sample size, acceptance and rejection numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from analysis.errors import AnalysisError
from analysis.results import Note, Provenance, Result
from analysis.sampling import tables
from analysis.sampling.plan import Plan, single, staged
from analysis.sampling.tables import AQLS, LETTERS, LEVELS, PlanKind, Severity

Level = Literal["S-1", "S-2", "S-3", "S-4", "I", "II", "III"]
Standard = Literal["Z1.4", "ISO 2859-1:1989", "ISO 2859-1:1999"]
STANDARDS = get_args(Standard)


@dataclass(frozen=True, slots=True)
class AttributePlan(Result):
    """The plan to use for a lot.

    `letter` is the code letter of the lot size, `plan_letter` that of the plan used (they differ where the table has an
    arrow). `n`, `ac`, `re` are those of the first sample; all stages stand in `plan`. `inspect_all`: the sample would
    be as large as the lot, so every item is inspected against the acceptance number.
    """

    lot: int
    level: Level
    aql: str
    severity: Severity
    kind: PlanKind
    letter: str
    plan_letter: str
    n: int
    ac: int | None
    re: int
    plan: Plan
    inspect_all: bool
    provenance: Provenance
    notes: tuple[Note, ...]


def aql_place(aql: str | float) -> int:
    """Place of an AQL among the preferred ones; AnalysisError names those there are."""
    try:
        wanted = float(aql)
    except (TypeError, ValueError) as error:
        raise AnalysisError(f"The AQL '{aql}' is no number.", f"Preferred AQLs: {', '.join(AQLS)}.") from error
    for place, preferred in enumerate(AQLS):
        if math.isclose(float(preferred), wanted, rel_tol=1e-9):
            return place
    raise AnalysisError(f"The AQL {aql} is not a preferred one.", f"Preferred AQLs: {', '.join(AQLS)}.")


def plan_for(
    lot: int,
    aql: str | float,
    *,
    level: Level = "II",
    severity: Severity = "normal",
    kind: PlanKind = "single",
    standard: Standard = "Z1.4",
) -> AttributePlan:
    """The plan of ANSI/ASQ Z1.4 (the same tables as ISO 2859-1:1989) for a lot of `lot` items.

    AQL in percent nonconforming (up to 10) or nonconformities per hundred items. Arrows are followed; where the double
    or multiple table refers to the single plan, that is given with a note (Z1.4 clauses 9.2 to 9.4).
    Of ISO 2859-1:1999 single plans under normal and tightened inspection are the same; its reduced, double and multiple
    plans were changed and are refused, since their figures could not be verified. So are the limit numbers of table
    VIII (Z1.4): `Switching` takes the one your procedure states.
    """
    if standard not in STANDARDS:
        raise AnalysisError(f"There are no tables of '{standard}'.", f"Standards: {', '.join(STANDARDS)}.")
    if lot < 2:
        raise AnalysisError(f"The lot has {lot} items; the tables begin at 2.", "Inspect the item itself.")
    if level not in LEVELS:
        raise AnalysisError(f"There is no inspection level '{level}'.", f"Levels: {', '.join(LEVELS)}.")
    if severity not in ("normal", "tightened", "reduced") or kind not in ("single", "double", "multiple"):
        raise AnalysisError(
            f"'{severity}, {kind}' is no inspection.", "normal|tightened|reduced, single|double|multiple."
        )
    if standard == "ISO 2859-1:1999" and (severity == "reduced" or kind != "single"):
        raise AnalysisError(
            f"The {kind} plans of ISO 2859-1:1999 under {severity} inspection are not among the tables.",
            "Use single plans under normal or tightened inspection, or the tables of Z1.4.",
        )
    column = aql_place(aql)
    start = LETTERS.index(tables.code_letter(lot, level))
    letter, numbers = _follow(start, column, severity)
    plan, notes = _plan(letter, numbers, severity, kind)
    if letter != start:
        notes = (Note("arrow_followed", "info", {"from": LETTERS[start], "to": LETTERS[letter]}), *notes)
    inspect_all = plan.n >= lot
    if inspect_all:
        notes = (*notes, Note("inspect_all", "info", {"n": plan.n, "lot": lot}))
    first = plan.stages[0]
    return AttributePlan(
        lot=lot,
        level=level,
        aql=AQLS[column],
        severity=severity,
        kind=kind,
        letter=LETTERS[start],
        plan_letter=LETTERS[letter],
        n=first.n,
        ac=first.accept,
        re=first.reject,
        plan=plan,
        inspect_all=inspect_all,
        provenance=Provenance("sampling.attributes.plan_for", {"standard": standard, "tables": "generated"}),
        notes=notes,
    )


def _follow(letter: int, column: int, severity: Severity) -> tuple[int, tuple[int, int]]:
    """Follow the arrows of a column until there are numbers."""
    last = len(LETTERS) - (1 if severity == "tightened" else 2)
    letter = min(letter, last)
    direction = 0
    while True:
        cell = tables.single_numbers(letter, column, severity)
        if not isinstance(cell, str):
            return letter, cell
        step = 1 if cell == "down" else -1
        # At the foot of the table an arrow down has nothing below it: the column's last plan above is the one to use.
        if direction == 0 or not 0 <= letter + step <= last:
            direction = step if 0 <= letter + step <= last else -step
        letter += direction


def _plan(letter: int, numbers: tuple[int, int], severity: Severity, kind: PlanKind) -> tuple[Plan, tuple[Note, ...]]:
    alone = single(tables.sample_size(letter, severity, "single"), *numbers)
    if kind == "single":
        return alone, ()
    for wanted in (kind, "double"):
        rows = tables.staged_numbers(numbers, severity, wanted)
        n = tables.sample_size(letter, severity, wanted)
        if rows is not None and n:
            notes = () if wanted == kind else (Note("double_in_place_of_multiple", "info", {}),)
            return staged(n, rows), notes
    return alone, (Note("single_in_place", "info", {"kind": kind}),)
