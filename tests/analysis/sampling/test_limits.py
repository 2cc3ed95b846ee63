"""Limit numbers of Z1.4 table VIII, and the switching rule that reads them."""

from __future__ import annotations

import itertools

import pytest

from analysis import AnalysisError
from analysis.sampling import tables
from analysis.sampling.limits import FILLED, ROWS, limit_number
from analysis.sampling.switching import LotResult, Switching, follow

# Columns of ANSI/ASQ Z1.4-2003 table VIII as a text copy prints them: their numbers above 0, from the top.
PRINTED = {
    "0.015": [1], "0.025": [2, 4], "0.040": [2, 4, 8], "0.065": [2, 4, 8, 14], "0.10": [2, 4, 7, 14, 24],
    "0.15": [1, 3, 7, 13, 22, 38], "0.25": [2, 4, 7, 14, 24, 40, 67], "0.40": [2, 4, 8, 14, 24, 40, 68, 111],
    "0.65": [2, 4, 8, 14, 25, 42, 69, 115, 186], "1.0": [2, 4, 7, 14, 24, 40, 68, 110, 181],
    "1.5": [1, 3, 7, 13, 22, 38, 63, 105, 169], "2.5": [2, 4, 7, 14, 24, 40, 67, 110, 181],
    "6.5": [2, 4, 8, 14, 25, 42, 69, 115, 186], "10": [2, 4, 7, 14, 24, 40, 68, 110, 181],
    "15": [1, 3, 7, 13, 22, 39, 63, 105, 169], "25": [2, 3, 7, 14, 25, 40, 68, 110, 181],
    "40": [4, 7, 14, 24, 42, 68, 113, 181], "65": [8, 13, 25, 42, 72, 115, 189], "100": [14, 22, 40, 68, 115, 181],
    "150": [22, 36, 63, 105, 177, 277], "250": [40, 63, 110, 181, 301, 471], "400": [68, 105, 181, 297, 490],
    "650": [115, 178, 301], "1000": [181, 277],
}  # fmt: skip


def column(aql: str) -> list[int | None]:
    return [limit_number(low, aql).number for low in ROWS[: FILLED[tables.AQLS.index(aql)]]]


@pytest.mark.parametrize("aql", PRINTED)
def test_columns_of_the_table(aql: str) -> None:
    assert [number for number in column(aql) if number] == PRINTED[aql]


def test_the_table_has_120_asterisks_and_they_come_first() -> None:
    columns = [column(aql) for aql in tables.AQLS]
    assert sum(cells.count(None) for cells in columns) == 120
    for cells in columns:
        numbers = list(itertools.dropwhile(lambda cell: cell is None, cells))
        assert None not in numbers
        assert numbers == sorted(numbers)  # type: ignore[type-var]


def test_a_row_holds_to_its_end() -> None:
    found = limit_number(1249, "1.0")
    assert (found.number, found.row) == (4, (800, 1249))
    assert limit_number(1250, 1.0).number == 7
    assert limit_number(40_000, "0.010").row == (31_500, None)
    assert limit_number(19, "10").number is None
    for sampled, aql in ((0, "1.0"), (50_000, "1.0"), (100, "0.3")):
        with pytest.raises(AnalysisError) as refused:
            limit_number(sampled, aql)
        assert refused.value.next_step


def test_few_enough_nonconforming_items_earn_reduced_inspection() -> None:
    """Ten lots of 80 items at AQL 1.0: 800 items, at most 4 nonconforming in them (Z1.4 clause 8.3.3)."""
    given = {"permitted": True, "sampled": [80] * 12, "aql": "1.0"}
    earned = follow([True] * 12, nonconforming=[1, 1, 1, 1, *[0] * 8], **given)  # type: ignore[arg-type]
    assert earned.moves[9] == "to reduced"
    later = follow([True] * 12, nonconforming=[2, 1, 1, 1, *[0] * 8], **given)  # type: ignore[arg-type]
    assert later.moves[9] == ""
    assert later.moves[10] == "to reduced"  # the first lot no longer counts
    without = follow([True] * 12, permitted=True)
    assert without.moves[9] == "to reduced"


def test_more_than_ten_lots_count_where_ten_are_too_few() -> None:
    """Lots of 13 items at AQL 1.0: 130 items are too few (asterisk), 200 are not."""
    found = follow([True] * 20, permitted=True, nonconforming=[0] * 20, sampled=[13] * 20, aql=1.0)
    first = next(lot for lot, move in enumerate(found.moves) if move)
    assert limit_number(13 * first, "1.0").number is None
    assert limit_number(13 * (first + 1), "1.0").number == 0
    assert found.moves[first] == "to reduced"


def test_a_stated_limit_number_comes_before_the_table() -> None:
    state = Switching(permitted=True, aql="1.0", limit_number=0)
    for _ in range(10):
        state = state.after(LotResult(True, nonconforming=1, sampled=80))
    assert state.severity == "normal"
    kept = Switching.from_dict(state.to_dict())
    assert kept == state
    assert Switching(aql="1.0", limit_number=3, severity="tightened", discontinued=True).resume().limit_number == 3


def test_states_kept_by_an_earlier_version_go_on() -> None:
    old = Switching(permitted=True, last_ten=(0, 1)).to_dict()
    del old["last_sampled"], old["aql"]
    assert Switching.from_dict(old).last_ten == (0, 1)


def test_what_the_table_needs_is_asked_for() -> None:
    with pytest.raises(AnalysisError, match="table VIII need"):
        follow([True] * 3, aql="1.0", nonconforming=[0] * 3)
    with pytest.raises(AnalysisError, match="table VIII need"):
        Switching(aql="1.0").after(LotResult(True))
    with pytest.raises(AnalysisError, match="3 lots and 2 sample sizes"):
        follow([True] * 3, sampled=[1, 2])
    unfit: list[list[float]] = [[0, -1, 0], [0, 0.5, 0], [0, float("nan"), 0]]
    for wrong in unfit:
        with pytest.raises(AnalysisError, match="whole numbers"):
            follow([True] * 3, nonconforming=wrong)  # type: ignore[arg-type]
