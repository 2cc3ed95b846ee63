"""Limit numbers of ANSI/ASQ Z1.4 table VIII (MIL-STD-105E table VIII): how few nonconforming earn reduced inspection.

The table has a rule: with m the number of nonconforming items expected at the AQL in the smallest number of items of
the row, the limit number is the whole part of m - 1.28 sqrt(m), the lower tenth of a Poisson count by its normal
approximation; where that is negative the table prints an asterisk. The rule was found from, and compared with, a text
copy of ANSI/ASQ Z1.4-2003 table VIII: its 120 asterisks are the rule's, and so is every number but two, which are
kept as printed (`PRINTED`), and one (row 1250, AQL 4.0: 49 in the copy, 40 by the rule), a slip of the copy, since 49
would be hardly below the 50 expected. The copy lost the grouping of the zeros; they are the rule's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from analysis.errors import AnalysisError
from analysis.results import Provenance, Result
from analysis.sampling.attributes import aql_place
from analysis.sampling.tables import AQLS

ROWS = (20, 30, 50, 80, 130, 200, 320, 500, 800, 1250, 2000, 3150, 5000, 8000, 12_500, 20_000, 31_500)
# Rows each column of the table fills, from AQL 0.010 on; below them it is blank, for no plan takes so many items.
FILLED = (17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 6, 6, 5, 3, 2)
PRINTED = {(130, "10"): 7, (30, "650"): 178}
LOWER_TENTH = 1.2816


@dataclass(frozen=True, slots=True)
class LimitNumber(Result):
    """Limit number for the items of the last ten lots.

    `number` None: the items are too few; more lots of the same run may be added (the table's asterisk). `row` is the
    range of the table's row, open at the last one.
    """

    number: int | None
    sampled: int
    aql: str
    row: tuple[int, int | None] | None
    provenance: Provenance


def limit_number(sampled: int, aql: str | float) -> LimitNumber:
    """Most nonconforming items in `sampled` items of the last ten lots (or more) that still permit reduced inspection.

    For double and multiple plans all samples count, not the first alone. AnalysisError beyond the table's foot.
    """
    if sampled < 1:
        raise AnalysisError(f"The last lots had {sampled} items in their samples.", "Give a number of 1 or more.")
    column = aql_place(aql)
    name = AQLS[column]
    made = Provenance("sampling.limits.limit_number", {"table": "Z1.4 table VIII", "cells": "generated"})
    row = sum(sampled >= low for low in ROWS) - 1
    if row < 0:
        return LimitNumber(None, sampled, name, None, made)
    if row >= FILLED[column]:
        raise AnalysisError(
            f"Table VIII has no limit number for {sampled} items at AQL {name}; it ends with the row from "
            f"{ROWS[FILLED[column] - 1]}.",
            "State the limit number that your procedure gives.",
        )
    ends = dict(pairwise(ROWS))
    low = ROWS[row]
    high = ends[low] - 1 if low in ends else None
    return LimitNumber(_cell(low, name), sampled, name, (low, high), made)


def _cell(low: int, aql: str) -> int | None:
    if (low, aql) in PRINTED:
        return PRINTED[low, aql]
    expected = low * float(aql) / 100.0
    number = math.floor(expected - LOWER_TENTH * math.sqrt(expected))
    return number if number >= 0 else None
