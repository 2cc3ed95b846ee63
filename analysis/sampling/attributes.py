"""Plans of ANSI/ASQ Z1.4 and ISO 2859-1 for a lot: letter, sample size, acceptance and rejection numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from analysis.errors import AnalysisError
from analysis.results import Note, Provenance, Result
from analysis.sampling import tables, tables_1999
from analysis.sampling.plan import Plan, single, staged
from analysis.sampling.tables import AQLS, LETTERS, LEVELS, Numbers, PlanKind, Severity

Level = Literal["S-1", "S-2", "S-3", "S-4", "I", "II", "III"]
Standard = Literal["Z1.4", "ISO 2859-1:1989", "ISO 2859-1:1999"]
STANDARDS = get_args(Standard)


class Tables(Protocol):
    """The master tables of one edition; letter and AQL are places."""

    def single_numbers(self, letter: int, aql: int, severity: Severity) -> tuple[int, int] | Literal["up", "down"]:
        """Acceptance and rejection number of a cell, or its arrow."""

    def staged_numbers(self, single: tuple[int, int], severity: Severity, kind: PlanKind) -> Numbers | None:
        """Numbers of the double or multiple plan for a single one."""

    def sample_size(self, letter: int, severity: Severity, kind: PlanKind) -> int:
        """Size of each sample; 0 where there is no such plan."""


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
    """The plan of ANSI/ASQ Z1.4 (the same tables as ISO 2859-1:1989) or ISO 2859-1:1999 for a lot of `lot` items.

    AQL in percent nonconforming (up to 10) or nonconformities per hundred items. Arrows are followed; where the double
    or multiple table refers to the single plan, that is given with a note (Z1.4 clauses 9.2 to 9.4).
    Multiple plans of ISO 2859-1:1999 carry the note "one_transcription": their third and fourth stages come from one
    source. A few of its staged plans are refused, for they could not be confirmed (`tables_1999`).
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
    column = aql_place(aql)
    book: Tables = tables_1999 if standard == "ISO 2859-1:1999" else tables
    start = LETTERS.index(tables.code_letter(lot, level))
    letter, numbers = _follow(book, start, column, severity)
    plan, notes = _plan(book, letter, numbers, severity, kind)
    if book is tables_1999 and len(plan.stages) > 2:
        notes = (*notes, Note("one_transcription", "info", {"standard": standard, "kind": kind}))
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


def _follow(book: Tables, letter: int, column: int, severity: Severity) -> tuple[int, tuple[int, int]]:
    """Follow the arrows of a column until there are numbers."""
    last = len(LETTERS) - (1 if severity == "tightened" else 2)
    letter = min(letter, last)
    direction = 0
    while True:
        cell = book.single_numbers(letter, column, severity)
        if not isinstance(cell, str):
            return letter, cell
        step = 1 if cell == "down" else -1
        # At the foot of the table an arrow down has nothing below it: the column's last plan above is the one to use.
        if direction == 0 or not 0 <= letter + step <= last:
            direction = step if 0 <= letter + step <= last else -step
        letter += direction


def _plan(
    book: Tables, letter: int, numbers: tuple[int, int], severity: Severity, kind: PlanKind
) -> tuple[Plan, tuple[Note, ...]]:
    alone = single(book.sample_size(letter, severity, "single"), *numbers)
    if kind == "single":
        return alone, ()
    for wanted in (kind, "double"):
        rows = book.staged_numbers(numbers, severity, wanted)
        n = book.sample_size(letter, severity, wanted)
        if n and book is tables_1999 and tables_1999.unconfirmed(numbers[0], severity, wanted):
            raise AnalysisError(
                f"The {wanted} plan of ISO 2859-1:1999 for letter {LETTERS[letter]}, {severity} inspection, where the "
                f"single plan accepts up to {numbers[0]}, could not be confirmed.",
                f"Use the single plan: {alone.n} items, accept up to {numbers[0]}.",
            )
        if rows is not None and n:
            notes = () if wanted == kind else (Note("double_in_place_of_multiple", "info", {}),)
            return staged(n, rows), notes
    return alone, (Note("single_in_place", "info", {"kind": kind}),)
