"""ISO 2859-1:1999: its cells against transcriptions, and every double and multiple plan against its single plan."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from analysis import AnalysisError
from analysis.sampling import attributes, curves, plan, tables, tables_1999
from analysis.sampling.tables import Numbers

ISO: attributes.Standard = "ISO 2859-1:1999"
RATES = np.linspace(0.02, 3.0, 40)

# Single plans under reduced inspection, arrows followed, "letter n Ac" from AQL 0.010 to 1000, of some initial letters:
# GB/T 2828.1-2012 table 2-C.
TABLE_2C = {
    "A": "Q 500 0|P 315 0|N 200 0|M 125 0|L 80 0|K 50 0|J 32 0|H 20 0|G 13 0|F 8 0|E 5 0|D 3 0|C 2 0|B 2 0|A 2 0|"
    "D 3 1|C 2 1|A 2 1|A 2 2|A 2 3|A 2 5|A 2 7|A 2 10|A 2 14|A 2 21|A 2 30",
    "B": "Q 500 0|P 315 0|N 200 0|M 125 0|L 80 0|K 50 0|J 32 0|H 20 0|G 13 0|F 8 0|E 5 0|D 3 0|C 2 0|B 2 0|A 2 0|"
    "D 3 1|C 2 1|B 2 1|B 2 2|B 2 3|B 2 5|B 2 7|B 2 10|B 2 14|B 2 21|B 2 30",
    "C": "Q 500 0|P 315 0|N 200 0|M 125 0|L 80 0|K 50 0|J 32 0|H 20 0|G 13 0|F 8 0|E 5 0|D 3 0|C 2 0|B 2 0|E 5 1|"
    "D 3 1|C 2 1|C 2 2|C 2 3|C 2 5|C 2 6|C 2 8|C 2 10|C 2 14|C 2 21|B 2 30",
    "E": "Q 500 0|P 315 0|N 200 0|M 125 0|L 80 0|K 50 0|J 32 0|H 20 0|G 13 0|F 8 0|E 5 0|D 3 0|G 13 1|F 8 1|E 5 1|"
    "E 5 2|E 5 3|E 5 5|E 5 6|E 5 8|E 5 10|E 5 14|E 5 21|D 3 21|C 2 21|B 2 30",
    "K": "Q 500 0|P 315 0|N 200 0|M 125 0|L 80 0|K 50 0|J 32 0|M 125 1|L 80 1|K 50 1|K 50 2|K 50 3|K 50 5|K 50 6|"
    "K 50 8|K 50 10|J 32 10|H 20 10|G 13 10|F 8 10|E 5 10|E 5 14|E 5 21|D 3 21|C 2 21|B 2 30",
    "R": "Q 500 0|P 315 0|N 200 0|R 800 1|R 800 2|R 800 3|R 800 5|R 800 6|R 800 8|R 800 10|Q 500 10|P 315 10|N 200 10|"
    "M 125 10|L 80 10|K 50 10|J 32 10|H 20 10|G 13 10|F 8 10|E 5 10|E 5 14|E 5 21|D 3 21|C 2 21|B 2 30",
}
LOTS = {"A": (2, "I"), "B": (20, "I"), "C": (30, "I"), "E": (60, "II"), "K": (2000, "II"), "R": (600_000, "III")}


@pytest.mark.parametrize("letter", TABLE_2C)
def test_the_single_table_of_reduced_inspection(letter: str) -> None:
    lot, level = LOTS[letter]
    for aql, cell in zip(tables.AQLS, TABLE_2C[letter].split("|"), strict=True):
        found = attributes.plan_for(lot, aql, level=level, severity="reduced", standard=ISO)  # type: ignore[arg-type]
        used, n, ac = cell.split()
        assert (found.letter, found.plan_letter, found.n, found.ac) == (letter, used, int(n), int(ac)), aql
        assert found.re == int(ac) + 1


# Tables 2-A to 2-C of NTE INEN-ISO 2859-1, columns AQL 1.0, 4.0 and 10, from letter A; v and ^ are arrows.
INEN = {
    ("normal", "1.0"): "v v v v 0 ^ v 1 2 3 5 7 10 14 21 ^",
    ("normal", "4.0"): "v 0 ^ v 1 2 3 5 7 10 14 21 ^ ^ ^ ^",
    ("normal", "10"): "v v 1 2 3 5 7 10 14 21 ^ ^ ^ ^ ^ ^",
    ("tightened", "1.0"): "v v v v v 0 v v 1 2 3 5 8 12 18 ^",
    ("tightened", "4.0"): "v v 0 v v 1 2 3 5 8 12 18 ^ ^ ^ ^",
    ("tightened", "10"): "0 v v 1 2 3 5 8 12 18 ^ ^ ^ ^ ^ ^",
    ("reduced", "1.0"): "v v v v 0 ^ v v 1 2 3 5 6 8 10 ^",
    ("reduced", "4.0"): "v 0 ^ v v 1 2 3 5 6 8 10 ^ ^ ^ ^",
    ("reduced", "10"): "v v v 1 2 3 5 6 8 10 ^ ^ ^ ^ ^ ^",
}


@pytest.mark.parametrize(("severity", "aql"), INEN)
def test_the_single_tables_against_a_second_transcription(severity: tables.Severity, aql: str) -> None:
    arrows = {"v": "down", "^": "up"}
    for letter, printed in enumerate(INEN[severity, aql].split()):
        found = tables_1999.single_numbers(letter, tables.AQLS.index(aql), severity)
        wanted = arrows.get(printed) or (int(printed), int(printed) + 1)
        assert found == wanted, tables.LETTERS[letter]


def gap(accept: int, n: int, numbers: Numbers) -> float:
    """Largest difference of the curves of a single plan of 80 items and a staged one of n items a stage (letter J)."""
    rates = RATES * (accept + 1.5) / 80.0
    both = [plan.single(80, accept), plan.staged(n, numbers)]
    pa = [curves.acceptance(each, rates, distribution="poisson") for each in both]
    return float(np.abs(pa[0] - pa[1]).max())


def neighbours(numbers: Numbers) -> Iterator[Numbers]:
    """The plans that differ in one number by one and still are plans."""
    rows = list(numbers)
    for place, (accept, reject) in enumerate(rows):
        if place == len(rows) - 1:
            changed: list[tuple[int | None, int]] = [((accept or 0) + step, reject + step) for step in (-1, 1)]
        else:
            lower = None if accept in (None, 0) else (accept or 0) - 1
            upper = 0 if accept is None else accept + 1
            changed = [(lower, reject), (upper, reject), (accept, reject - 1), (accept, reject + 1)]
        for row in changed:
            made = (*rows[:place], row, *rows[place + 1 :])
            accepts = [a for a, _ in made if a is not None]
            rejects = [r for _, r in made]
            ordered = accepts == sorted(accepts) and rejects == sorted(rejects)
            if row != rows[place] and ordered and all(a is None or a < r for a, r in made):
                yield made


OF_1989 = {**tables._DOUBLE_NORMAL, **tables._DOUBLE_TIGHTENED}


@pytest.mark.parametrize("accept", tables_1999._DOUBLE)
def test_double_plans_are_those_of_1989_or_the_nearest_to_the_single_plan(accept: int) -> None:
    """A number of a changed plan that was transcribed wrongly would leave a better neighbour: the right one."""
    numbers = tables_1999._DOUBLE[accept]
    own = gap(accept, 50, numbers)
    assert own < 0.07
    if OF_1989.get(accept) != numbers:
        assert accept in (3, 6, 7, 8)
        assert min(gap(accept, 50, other) for other in neighbours(numbers)) > own


@pytest.mark.parametrize("accept", tables_1999._MULTIPLE)
def test_multiple_plans_begin_as_in_1989_and_follow_the_single_plan(accept: int) -> None:
    numbers = tables_1999._MULTIPLE[accept]
    assert gap(accept, 20, numbers) < 0.03
    of_1989 = {**tables._MULTIPLE_NORMAL, **tables._MULTIPLE_TIGHTENED}
    if accept != 6:  # a number the edition of 1989 does not have
        assert numbers[:2] == of_1989[accept][:2]
    assert numbers[-1] == tables_1999._DOUBLE[accept][-1]


def test_plans_of_five_stages_with_no_gap_at_the_end() -> None:
    for kind, stages in (("double", 2), ("multiple", 5)):
        for numbers in (tables_1999._DOUBLE if kind == "double" else tables_1999._MULTIPLE).values():
            assert len(numbers) == stages
            accept, reject = numbers[-1]
            assert accept is not None
            assert reject == accept + 1


def test_sample_sizes_of_multiple_reduced_plans_follow_the_curve() -> None:
    """A transcription prints those of normal inspection; they would take twice the items the single plan takes."""
    single = plan.single(50, 3)  # letter K, AQL 1.5
    for n, most in ((13, 0.03), (32, 1.0)):
        rates = RATES * 4.5 / 50.0
        pa = [
            curves.acceptance(each, rates, distribution="poisson")
            for each in (single, plan.staged(n, tables_1999._MULTIPLE[3]))
        ]
        apart = float(np.abs(pa[0] - pa[1]).max())
        assert apart < most
        assert (n == 13) == (apart < 0.1)
    assert attributes.plan_for(2000, "1.5", severity="reduced", kind="multiple", standard=ISO).n == 13


@pytest.mark.parametrize("severity", ["normal", "tightened", "reduced"])
@pytest.mark.parametrize("kind", ["single", "double", "multiple"])
def test_every_question_is_answered_or_refused_by_name(severity: tables.Severity, kind: tables.PlanKind) -> None:
    refused = 0
    for lot in (2, 10, 30, 60, 100, 1000, 10_000, 1_000_000):
        for level in ("S-1", "II", "III"):
            for aql in tables.AQLS:
                alone = attributes.plan_for(lot, aql, level=level, severity=severity, standard=ISO)
                try:
                    found = attributes.plan_for(lot, aql, level=level, severity=severity, kind=kind, standard=ISO)
                except AnalysisError as error:
                    refused += 1
                    assert (severity, alone.ac) == ("reduced", 5) or (kind, alone.ac) == ("multiple", 1)
                    assert f"{alone.n} items, accept up to {alone.ac}" in error.next_step
                    continue
                assert found.plan.stages[-1].reject == found.plan.limit + 1
                assert found.plan_letter == alone.plan_letter
                noted = any(note.code == "one_transcription" for note in found.notes)
                assert noted == (len(found.plan.stages) == 5)
                assert found.plan.largest_n < 2 * alone.plan.n
    assert (refused > 0) == (kind == "multiple" or (severity == "reduced" and kind == "double"))


def test_what_changed_between_the_editions() -> None:
    old = attributes.plan_for(2000, "1.0", severity="reduced")
    new = attributes.plan_for(2000, "1.0", severity="reduced", standard=ISO)
    assert (old.n, old.ac, old.re) == (50, 1, 4)
    assert (new.n, new.ac, new.re) == (50, 2, 3)
    double = attributes.plan_for(2000, "2.5", kind="double", standard=ISO).plan
    assert [(stage.n, stage.accept, stage.reject) for stage in double.stages] == [(80, 3, 6), (80, 9, 10)]
    assert attributes.plan_for(5, "10", severity="tightened", standard=ISO).n == 2


def test_double_plans_take_fewer_items_than_those_of_1989() -> None:
    """The foreword of the edition: changes to the double plans provide a smaller average sample size."""
    for accept in (3, 7):
        at = curves.quality_at(plan.single(80, accept), 0.5, distribution="poisson")
        asn = [
            float(curves.curves(plan.staged(50, book[accept]), [at], distribution="poisson").asn[0])
            for book in (tables._DOUBLE_NORMAL, tables_1999._DOUBLE)
        ]
        assert asn[1] < asn[0]
