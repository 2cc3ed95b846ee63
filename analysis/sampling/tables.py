"""The master tables of ANSI/ASQ Z1.4 (MIL-STD-105E) and ISO 2859-1 as the rule that generates them.

Code letters and AQLs are preferred numbers in steps of 10^(1/5), so the numbers of a plan depend on one figure only:
the place of the letter plus the place of the AQL. Down a column the acceptance numbers are 0, two arrows, 1, 2, 3, 5.
Sources: MIL-STD-105E tables I to IV; ANSI/ASQ Z1.4-2003 and ISO 2859-1:1989 carry the same tables. All cells, arrows
followed, were compared with a second transcription of the tables (R package AQLSchemes).
"""

from __future__ import annotations

from typing import Literal

Severity = Literal["normal", "tightened", "reduced"]
PlanKind = Literal["single", "double", "multiple"]
Numbers = tuple[tuple[int | None, int], ...]

LETTERS = "ABCDEFGHJKLMNPQRS"
AQLS = (
    "0.010", "0.015", "0.025", "0.040", "0.065", "0.10", "0.15", "0.25", "0.40", "0.65", "1.0", "1.5", "2.5", "4.0",
    "6.5", "10", "15", "25", "40", "65", "100", "150", "250", "400", "650", "1000",
)  # fmt: skip
LOT_LIMITS = (8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000)
LEVELS = {
    "S-1": "AAAABBBBCCCCDDD",
    "S-2": "AAABBBCCCDDDEEE",
    "S-3": "AABBCCDDEEFFGGH",
    "S-4": "AABCCDEEFGGHJJK",
    "I": "AABCCDEFGHJKLMN",
    "II": "ABCDEFGHJKLMNPQ",
    "III": "BCDEFGHJKLMNPQR",
}

_SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150)
_REDUCED_SIZES = (2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800)
# First sample of a double plan and samples of a multiple plan; none for the smallest letters.
_DOUBLE = {"normal": (0, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000),
           "reduced": (0, 0, 0, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500)}  # fmt: skip
_MULTIPLE = {"normal": (0, 0, 0, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800),
             "reduced": (0, 0, 0, 0, 0, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200)}  # fmt: skip

# Place (letter + AQL) -> numbers of the single plan. The place before the first numbers is an arrow down.
_NORMAL = {14: 0, 17: 1, 18: 2, 19: 3, 20: 5, 21: 7, 22: 10, 23: 14, 24: 21, 25: 30, 26: 44}
_TIGHTENED = {15: 0, 18: 1, 19: 2, 20: 3, 21: 5, 22: 8, 23: 12, 24: 18, 25: 27, 26: 41}
_REDUCED = {14: (0, 1), 17: (0, 2), 18: (1, 3), 19: (1, 4), 20: (2, 5), 21: (3, 6), 22: (5, 8), 23: (7, 10),
            24: (10, 13), 25: (14, 17), 26: (21, 24)}  # fmt: skip
# Letters A and B under reduced inspection take two items whatever the place, so their numbers go by AQL alone.
_REDUCED_A = {14: (0, 1), 17: (1, 2), 18: (2, 3), 19: (3, 4), 20: (5, 6), 21: (7, 8), 22: (10, 11), 23: (14, 15),
              24: (21, 22), 25: (30, 31)}  # fmt: skip
_REDUCED_B = {14: (0, 1), 17: (0, 2), 18: (1, 3), 19: (2, 4), 20: (3, 5), 21: (5, 6), 22: (7, 8), 23: (10, 11),
              24: (14, 15), 25: (21, 22), 26: (30, 31)}  # fmt: skip

# Numbers of the double plan by the acceptance number of the single plan it matches.
_DOUBLE_NORMAL: dict[int, Numbers] = {
    1: ((0, 2), (1, 2)), 2: ((0, 3), (3, 4)), 3: ((1, 4), (4, 5)), 5: ((2, 5), (6, 7)), 7: ((3, 7), (8, 9)),
    10: ((5, 9), (12, 13)), 14: ((7, 11), (18, 19)), 21: ((11, 16), (26, 27)), 30: ((17, 22), (37, 38)),
    44: ((25, 31), (56, 57)),
}  # fmt: skip
_DOUBLE_TIGHTENED: dict[int, Numbers] = {
    1: ((0, 2), (1, 2)), 2: ((0, 3), (3, 4)), 3: ((1, 4), (4, 5)), 5: ((2, 5), (6, 7)), 8: ((3, 7), (11, 12)),
    12: ((6, 10), (15, 16)), 18: ((9, 14), (23, 24)), 27: ((15, 20), (34, 35)), 41: ((23, 29), (52, 53)),
}  # fmt: skip
_DOUBLE_REDUCED: dict[tuple[int, int], Numbers] = {
    (0, 2): ((0, 2), (0, 2)), (1, 3): ((0, 3), (0, 4)), (1, 4): ((0, 4), (1, 5)), (2, 5): ((0, 4), (3, 6)),
    (3, 6): ((1, 5), (4, 7)), (5, 8): ((2, 7), (6, 9)), (7, 10): ((3, 8), (8, 12)), (10, 13): ((5, 10), (12, 16)),
    (14, 17): ((7, 12), (18, 22)), (21, 24): ((11, 17), (26, 30)),
}  # fmt: skip
_N = None  # the tables print #: acceptance is not permitted at this sample
_MULTIPLE_NORMAL: dict[int, Numbers] = {
    1: ((_N, 2), (_N, 2), (0, 2), (0, 3), (1, 3), (1, 3), (2, 3)),
    2: ((_N, 2), (0, 3), (0, 3), (1, 4), (2, 4), (3, 5), (4, 5)),
    3: ((_N, 3), (0, 3), (1, 4), (2, 5), (3, 6), (4, 6), (6, 7)),
    5: ((_N, 4), (1, 5), (2, 6), (3, 7), (5, 8), (7, 9), (9, 10)),
    7: ((0, 4), (1, 6), (3, 8), (5, 10), (7, 11), (10, 12), (13, 14)),
    10: ((0, 5), (3, 8), (6, 10), (8, 13), (11, 15), (14, 17), (18, 19)),
    14: ((1, 7), (4, 10), (8, 13), (12, 17), (17, 20), (21, 23), (25, 26)),
    21: ((2, 9), (7, 14), (13, 19), (19, 25), (25, 29), (31, 33), (37, 38)),
    30: ((4, 12), (11, 19), (19, 27), (27, 34), (36, 40), (45, 47), (53, 54)),
    44: ((6, 16), (17, 27), (29, 39), (40, 49), (53, 58), (65, 68), (77, 78)),
}
_MULTIPLE_TIGHTENED: dict[int, Numbers] = {
    **{accept: _MULTIPLE_NORMAL[accept] for accept in (1, 2, 3, 5)},
    8: ((0, 4), (2, 7), (4, 9), (6, 11), (9, 12), (12, 14), (14, 15)),
    12: ((0, 6), (3, 9), (7, 12), (10, 15), (14, 17), (18, 20), (21, 22)),
    18: ((1, 8), (6, 12), (11, 17), (16, 22), (22, 25), (27, 29), (32, 33)),
    27: ((3, 10), (10, 17), (17, 24), (24, 31), (32, 37), (40, 43), (48, 49)),
    41: ((6, 15), (16, 25), (26, 36), (37, 46), (49, 55), (61, 64), (72, 73)),
}
_MULTIPLE_REDUCED: dict[tuple[int, int], Numbers] = {
    (0, 2): ((_N, 2), (_N, 2), (0, 2), (0, 3), (0, 3), (0, 3), (1, 3)),
    (1, 3): ((_N, 2), (_N, 3), (0, 3), (0, 4), (0, 4), (1, 5), (1, 5)),
    (1, 4): ((_N, 3), (_N, 3), (0, 4), (0, 5), (1, 6), (1, 6), (2, 7)),
    (2, 5): ((_N, 3), (0, 4), (0, 5), (1, 6), (2, 7), (3, 7), (4, 8)),
    (3, 6): ((_N, 4), (0, 5), (1, 6), (2, 7), (3, 8), (4, 9), (6, 10)),
    (5, 8): ((_N, 4), (1, 6), (2, 8), (3, 10), (5, 11), (7, 12), (9, 14)),
    (7, 10): ((0, 5), (1, 7), (3, 9), (5, 12), (7, 13), (10, 15), (13, 17)),
    (10, 13): ((0, 6), (3, 9), (6, 12), (8, 15), (11, 17), (14, 20), (18, 22)),
}


def code_letter(lot: int, level: str) -> str:
    """Table I: code letter of a lot size (2 or more) at an inspection level."""
    row = sum(lot > limit for limit in LOT_LIMITS)
    return LEVELS[level][row]


def single_numbers(letter: int, aql: int, severity: Severity) -> tuple[int, int] | Literal["up", "down"]:
    """Acceptance and rejection number of one cell, or the arrow printed there; letter and AQL by place."""
    place = letter + aql
    if severity == "tightened" and letter == 0 and place == 15:
        return "down"  # table II-B begins with letter B; letter A has no plan with acceptance number 0
    if severity == "reduced":
        table = {0: _REDUCED_A, 1: _REDUCED_B}.get(letter, _REDUCED)
        cap = 26 if letter < 5 else 24
        found = table.get(place) if place <= cap else None
        first = 14
    else:
        plain = _NORMAL if severity == "normal" else _TIGHTENED
        cap = 26 if letter < 5 else 24
        accept = plain.get(place) if place <= cap else None
        found = None if accept is None else (accept, accept + 1)
        first = min(plain)
    if found is not None:
        return found
    if place < first:
        return "down"
    if place > cap:
        return "up"
    return "up" if place == first + 1 and severity != "tightened" and letter > 0 else "down"


def sample_size(letter: int, severity: Severity, kind: PlanKind) -> int:
    """Size of each sample of the plan of a letter; 0 where the table has none."""
    if kind == "single":
        return _REDUCED_SIZES[letter] if severity == "reduced" else _SIZES[letter]
    table = _DOUBLE if kind == "double" else _MULTIPLE
    return table["reduced" if severity == "reduced" else "normal"][letter]


def staged_numbers(single: tuple[int, int], severity: Severity, kind: PlanKind) -> Numbers | None:
    """Numbers of the double or multiple plan that matches a single one; None where the table refers to the single."""
    if severity == "reduced":
        return (_DOUBLE_REDUCED if kind == "double" else _MULTIPLE_REDUCED).get(single)
    tables = {
        ("normal", "double"): _DOUBLE_NORMAL,
        ("tightened", "double"): _DOUBLE_TIGHTENED,
        ("normal", "multiple"): _MULTIPLE_NORMAL,
        ("tightened", "multiple"): _MULTIPLE_TIGHTENED,
    }
    return tables[severity, kind].get(single[0])
