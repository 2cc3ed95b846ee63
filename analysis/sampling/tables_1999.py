"""The master tables of ISO 2859-1:1999 as the rule that generates them, where they differ from those of 1989.

The second edition closed the gap between acceptance and rejection number under reduced inspection, gave double plans
a smaller sample on average, and cut multiple plans from seven stages to five. Code letters, sample sizes, arrows and
the single plans under normal and tightened inspection stayed, but for letter A at AQL 10 tightened, which has a plan.

Sources. Single plans: GB/T 2828.1-2012 (identical to ISO 2859-1:1999) tables 2-A to 2-C, all 26 columns, as an
open-source quality program holds them, transcribed cell by cell from the printed standard; the columns of AQL 1.0,
4.0 and 10 also in a transcription of NTE INEN-ISO 2859-1. The two agree in every cell they share.
Double and multiple plans: tables 3-A to 4-C in one transcription (the spreadsheet add-in EGTools). Its slips were
found by the structure: a last rejection number not one above the acceptance number (two cells), and sample sizes of
multiple reduced plans copied from the normal table. What else confirms it (`tests/analysis/sampling/test_tables_1999`):
every double plan is that of 1989, which two transcriptions print, or, where changed (3, 6, 7, 8), no plan that differs
in one number comes nearer to the curve of the single plan. Multiple plans begin with the first two stages of 1989, end
with the last number of the double plan and follow the single plan's curve within 0.03; the third and fourth stage rest
on the one transcription, so plans that use them carry a note.

Not here. The multiple plan for acceptance number 1: the transcription accepts at the second stage, where that of 1989
cannot, and both follow the curve equally well. Double and multiple plans for 5 under reduced inspection: that
transcription prints 4 for the single plan, and plans that match 4.
"""

from __future__ import annotations

from typing import Literal

from analysis.sampling import tables
from analysis.sampling.tables import Numbers, PlanKind, Severity

# Place (letter + AQL) -> acceptance number of the single plan under reduced inspection.
_REDUCED = {14: 0, 18: 1, 19: 2, 20: 3, 21: 5, 22: 6, 23: 8, 24: 10, 25: 14, 26: 21}
# Letters A and B take two items, as does C: their numbers are those of normal inspection with two items.
_REDUCED_A = {14: 0, 17: 1, 18: 2, 19: 3, 20: 5, 21: 7, 22: 10, 23: 14, 24: 21, 25: 30}
_REDUCED_B = {14: 0, 18: 1, 19: 2, 20: 3, 21: 5, 22: 7, 23: 10, 24: 14, 25: 21, 26: 30}

# Numbers of the double and multiple plans by the acceptance number of the single plan they match, at any severity.
_DOUBLE: dict[int, Numbers] = {
    1: ((0, 2), (1, 2)), 2: ((0, 3), (3, 4)), 3: ((1, 3), (4, 5)), 5: ((2, 5), (6, 7)), 6: ((3, 6), (7, 8)),
    7: ((3, 6), (9, 10)), 8: ((4, 7), (10, 11)), 10: ((5, 9), (12, 13)), 12: ((6, 10), (15, 16)),
    14: ((7, 11), (18, 19)), 18: ((9, 14), (23, 24)), 21: ((11, 16), (26, 27)), 27: ((15, 20), (34, 35)),
    30: ((17, 22), (37, 38)), 41: ((23, 29), (52, 53)), 44: ((25, 31), (56, 57)),
}  # fmt: skip
_N = None  # the tables print #: acceptance is not permitted at this sample
_MULTIPLE: dict[int, Numbers] = {
    2: ((_N, 2), (0, 3), (0, 3), (1, 3), (3, 4)),
    3: ((_N, 3), (0, 3), (1, 4), (2, 5), (4, 5)),
    5: ((_N, 4), (1, 5), (2, 6), (4, 7), (6, 7)),
    6: ((0, 4), (1, 6), (2, 7), (4, 8), (7, 8)),
    7: ((0, 4), (1, 6), (3, 8), (5, 9), (9, 10)),
    8: ((0, 4), (2, 7), (4, 9), (6, 11), (10, 11)),
    10: ((0, 5), (3, 8), (6, 10), (9, 12), (12, 13)),
    12: ((0, 6), (3, 9), (7, 12), (11, 15), (15, 16)),
    14: ((1, 7), (4, 10), (8, 13), (12, 17), (18, 19)),
    18: ((1, 8), (6, 12), (11, 17), (16, 22), (23, 24)),
    21: ((2, 9), (7, 14), (13, 19), (20, 25), (26, 27)),
    27: ((3, 10), (10, 17), (17, 24), (25, 31), (34, 35)),
    30: ((4, 12), (11, 19), (19, 27), (28, 34), (37, 38)),
    41: ((6, 15), (16, 25), (26, 35), (38, 45), (52, 53)),
    44: ((6, 16), (17, 27), (29, 38), (40, 48), (56, 57)),
}
sample_size = tables.sample_size


def single_numbers(letter: int, aql: int, severity: Severity) -> tuple[int, int] | Literal["up", "down"]:
    """Acceptance and rejection number of one cell, or the arrow printed there; letter and AQL by place."""
    place = letter + aql
    if severity == "tightened" and letter == 0 and place == 15:
        return 0, 1
    if severity != "reduced":
        return tables.single_numbers(letter, aql, severity)
    cap = 26 if letter < 5 else 24
    accept = {0: _REDUCED_A, 1: _REDUCED_B}.get(letter, _REDUCED).get(place) if place <= cap else None
    if accept is not None:
        return accept, accept + 1
    return "up" if place > cap or (place == 15 and letter > 0) else "down"


def staged_numbers(single: tuple[int, int], severity: Severity, kind: PlanKind) -> Numbers | None:
    """Numbers of the double or multiple plan that matches a single one; None where there is none."""
    if unconfirmed(single[0], severity, kind):
        return None
    return (_DOUBLE if kind == "double" else _MULTIPLE).get(single[0])


def unconfirmed(accept: int, severity: Severity, kind: PlanKind) -> bool:
    """Whether the standard has this staged plan but no source at hand confirms its numbers."""
    return (severity == "reduced" and accept == 5) or (kind == "multiple" and accept == 1)
