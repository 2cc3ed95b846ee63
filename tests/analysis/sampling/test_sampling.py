"""Sampling plans against the standards' tables, their own definitions, and each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import AnalysisError
from analysis.sampling import attributes, curves, design, plan, tables, variables
from analysis.sampling.switching import LotResult, Switching, follow


@pytest.mark.parametrize(
    ("lot", "level", "aql", "severity", "letter", "n", "ac"),
    [
        (120, "II", "1.0", "normal", "F", 13, 0),
        (1000, "II", "0.65", "normal", "J", 80, 1),
        (2000, "II", "0.25", "normal", "K", 200, 1),
        (2000, "II", "0.10", "normal", "K", 125, 0),
        (5000, "III", "1.0", "normal", "M", 315, 7),
        (5000, "S-3", "4.0", "normal", "F", 20, 2),
        (1000, "II", "1.0", "tightened", "J", 80, 1),
        (1000, "II", "1.0", "reduced", "J", 32, 1),
        (100, "I", "6.5", "normal", "D", 8, 1),
    ],
)
def test_cells_of_the_single_tables(
    lot: int, level: attributes.Level, aql: str, severity: tables.Severity, letter: str, n: int, ac: int
) -> None:
    """MIL-STD-105E tables I and II."""
    found = attributes.plan_for(lot, aql, level=level, severity=severity)
    assert (found.letter, found.n, found.ac) == (letter, n, ac)


def test_the_multiple_plans_printed_in_46_cfr_160() -> None:
    """46 CFR 160.066-12 prints the multiple plans of letters G to L at AQL 6.5 in full."""
    printed = {
        150: (8, [(None, 4), (1, 5), (2, 6), (3, 7), (5, 8), (7, 9), (9, 10)]),
        400: (13, [(0, 4), (1, 6), (3, 8), (5, 10), (7, 11), (10, 12), (13, 14)]),
        1000: (20, [(0, 5), (3, 8), (6, 10), (8, 13), (11, 15), (14, 17), (18, 19)]),
        3000: (32, [(1, 7), (4, 10), (8, 13), (12, 17), (17, 20), (21, 23), (25, 26)]),
        9000: (50, [(2, 9), (7, 14), (13, 19), (19, 25), (25, 29), (31, 33), (37, 38)]),
    }
    for lot, (n, numbers) in printed.items():
        found = attributes.plan_for(280 if lot == 150 else lot, "6.5", kind="multiple").plan
        assert [(stage.n, stage.accept, stage.reject) for stage in found.stages] == [(n, *pair) for pair in numbers]


def every_cell(severity: tables.Severity) -> list[tuple[int, tuple[int, int]]]:
    letters = range(len(tables.LETTERS) - (0 if severity == "tightened" else 1))
    cells = [(i, tables.single_numbers(i, j, severity)) for i in letters for j in range(len(tables.AQLS))]
    return [(letter, cell) for letter, cell in cells if not isinstance(cell, str)]


@pytest.mark.parametrize(("severity", "apart"), [("normal", 0.035), ("tightened", 0.035), ("reduced", 0.075)])
@pytest.mark.parametrize("kind", ["double", "multiple"])
def test_double_and_multiple_plans_follow_the_single_curve(
    severity: tables.Severity, kind: tables.PlanKind, apart: float
) -> None:
    """The standard matched the curves of each cell's three plans: a number remembered wrongly would part them.

    Sample sizes are rounded to preferred numbers, so each set of numbers is held to the letter that rounds it least.
    """
    nearest: dict[tuple[int, int], float] = {}
    for letter, cell in every_cell(severity):
        size, numbers = tables.sample_size(letter, severity, kind), tables.staged_numbers(cell, severity, kind)
        if not size or numbers is None:
            continue
        alone = plan.single(tables.sample_size(letter, severity, "single"), *cell)
        rates = np.linspace(0.05, 2.5, 12) * (cell[0] + 1.5) / alone.n
        both = [curves.acceptance(p, rates, distribution="poisson") for p in (alone, plan.staged(size, numbers))]
        nearest[cell] = min(nearest.get(cell, 1.0), float(np.abs(both[0] - both[1]).max()))
    assert len(nearest) >= 8
    assert {cell: gap for cell, gap in nearest.items() if gap > apart} == {}


@pytest.mark.parametrize("severity", ["normal", "tightened", "reduced"])
@pytest.mark.parametrize("kind", ["single", "double", "multiple"])
def test_every_question_has_an_answer(severity: tables.Severity, kind: tables.PlanKind) -> None:
    for level in tables.LEVELS:
        for lot in (2, 10, 100, 1000, 10_000, 1_000_000):
            for aql in tables.AQLS:
                found = attributes.plan_for(lot, aql, level=level, severity=severity, kind=kind)  # type: ignore[arg-type]
                assert found.re > (found.ac if found.ac is not None else 0)


@settings(max_examples=60)
@given(st.integers(2, 600_000), st.integers(0, 24))
def test_tightened_is_never_easier(lot: int, column: int) -> None:
    p = np.array([float(tables.AQLS[column]) / 100.0])
    normal, tight = (
        attributes.plan_for(lot, tables.AQLS[column], severity=severity).plan for severity in ("normal", "tightened")
    )
    pa = [float(curves.acceptance(x, p, distribution="poisson")[0]) for x in (normal, tight)]
    assert pa[1] <= pa[0] + 1e-12


def test_curves_of_the_nist_example() -> None:
    """NIST/SEMATECH e-Handbook 6.2.3.2: N = 10000, n = 52, c = 3."""
    found = curves.curves(plan.single(52, 3), [0.01, 0.05, 0.12], lot=10_000)
    assert found.pa == pytest.approx([0.998, 0.738, 0.115], abs=5e-4)
    assert found.aoq_simple == pytest.approx([0.0100, 0.0369, 0.0138], abs=5e-5)
    assert found.ati is not None
    assert found.ati == pytest.approx([70.373307, 2655.218397, 8854.006158], rel=1e-8)
    assert found.aoql == pytest.approx(0.0374, abs=5e-5)


@settings(max_examples=40)
@given(st.integers(5, 60), st.integers(0, 4), st.floats(0.001, 0.3))
def test_hypergeometric_nears_binomial_in_a_large_lot(n: int, c: int, p: float) -> None:
    lot = 2_000_000
    both = [
        float(curves.acceptance(plan.single(n, c), [p], distribution=kind, lot=lot)[0])  # type: ignore[arg-type]
        for kind in ("binomial", "hypergeometric")
    ]
    assert both[0] == pytest.approx(both[1], abs=1e-4)


def test_a_double_plan_by_hand() -> None:
    """n = 2 + 2, accept 0, reject 2, then 1/2, at p = 0.5: 1/4 at once, 2/4 go on and half of 1/4... = 1/8 later."""
    two = plan.staged(2, [(0, 2), (1, 2)])
    found = curves.curves(two, [0.5])
    assert found.pa[0] == pytest.approx(0.25 + 0.5 * 0.25)
    assert found.asn[0] == pytest.approx(2 + 2 * 0.5)


@settings(max_examples=30)
@given(st.floats(0.001, 0.05), st.floats(2.5, 12.0), st.floats(0.01, 0.2), st.floats(0.01, 0.2))
def test_designed_plans_meet_their_two_points(p1: float, ratio: float, alpha: float, beta: float) -> None:
    found = design.from_two_points(p1, p1 * ratio, producer_risk=alpha, consumer_risk=beta)
    pa = curves.acceptance(found.plan, [p1, p1 * ratio])
    assert pa[0] >= 1 - alpha
    assert pa[1] <= beta
    smaller = curves.acceptance(plan.single(found.n - 1, found.ac), [p1 * ratio]) if found.n > found.ac + 1 else [1.0]
    assert smaller[0] > beta


@pytest.mark.parametrize("known", [False, True])
def test_designed_variables_plans_meet_their_two_points(known: bool) -> None:
    """Montgomery 16.2: p1 = 0.01, p2 = 0.06 needs about 40 items with sigma unknown."""
    found = variables.from_two_points(0.01, 0.06, sigma_known=known)
    assert found.accepted_at_producer >= 0.95
    assert found.accepted_at_consumer == pytest.approx(0.10)
    assert found.n == (15 if known else 42)


def test_zero_acceptance_and_success_run() -> None:
    assert design.zero_acceptance(0.05).n == 45
    assert design.attributes_sample_for_reliability(0.95, 0.95) == 59
    assert design.attributes_sample_for_reliability(0.90, 0.90) == 22
    assert design.attributes_sample_for_reliability(0.95, 0.95, failures=1) == 93


def test_skip_lot_lets_more_through_and_inspects_less() -> None:
    found = design.skip_lot(plan.single(20, 1), [0.001, 0.05, 0.3], clearance=8, fraction=0.2)
    alone = curves.acceptance(plan.single(20, 1), [0.001, 0.05, 0.3])
    assert (found.pa >= alone - 1e-12).all()
    assert found.inspected[0] < 0.21
    assert found.inspected[2] == pytest.approx(1.0, abs=1e-3)


def test_variables_plan_and_its_judgement() -> None:
    """Z1.9: lot 120, AQL 1.0, level II: letter F, n 10, k 1.72."""
    found = variables.plan_for(120, 1.0)
    assert (found.letter, found.n, found.k) == ("F", 10, 1.72)
    good = variables.judge([9.9, 10.0, 10.1] * 4, m=found.m, lower=9.0, upper=11.0)
    assert good.accepted
    assert not variables.judge([9.9, 10.0, 10.1] * 4, m=found.m, lower=9.95).accepted


def test_switching_after_z14() -> None:
    """Z1.4 clause 8.3: two of five rejected tighten, five accepted in a row return, ten lots on tightened stop."""
    state = Switching(permitted=True)
    for accepted in (True, False, True, True, False):
        state = state.after(LotResult(accepted))
    assert (state.severity, state.move) == ("tightened", "to tightened")
    for _ in range(5):
        state = state.after(LotResult(True))
    assert (state.severity, state.move) == ("normal", "to normal")
    for _ in range(10):
        state = state.after(LotResult(True))
    assert state.severity == "reduced"
    assert state.after(LotResult(True, in_gap=True)).severity == "normal"
    stopped = Switching(severity="tightened")
    for lot in range(10):
        stopped = stopped.after(LotResult(lot % 2 == 0))
    assert stopped.discontinued
    with pytest.raises(AnalysisError, match="discontinued"):
        stopped.after(LotResult(True))
    assert stopped.resume().severity == "tightened"


def test_switching_score_of_iso() -> None:
    """ISO 2859-1:1999 clause 9.3.3.2: 3 points a lot good one step tighter; 30 points earn reduced inspection."""
    state = Switching(rules="ISO 2859-1", permitted=True)
    for lot in range(10):
        assert state.severity == "normal", lot
        state = state.after(LotResult(True, acceptance_number=3, one_step_tighter=True))
    assert state.severity == "reduced"
    spoiled = Switching(rules="ISO 2859-1", permitted=True, score=27).after(LotResult(True, acceptance_number=3))
    assert spoiled.score == 0


@settings(max_examples=40)
@given(st.lists(st.booleans(), max_size=40))
def test_a_kept_state_goes_on_alike(lots: list[bool]) -> None:
    state = Switching(permitted=True)
    for accepted in lots:
        if state.discontinued:
            state = state.resume()
        kept = Switching.from_dict(state.to_dict())
        state = state.after(LotResult(accepted))
        assert kept.after(LotResult(accepted)) == state


def test_what_cannot_be_is_named() -> None:
    with pytest.raises(AnalysisError, match="preferred"):
        attributes.plan_for(100, "0.3")
    with pytest.raises(AnalysisError, match="level 'IV'"):
        attributes.plan_for(100, "1.0", level="IV")  # type: ignore[arg-type]
    with pytest.raises(AnalysisError, match="begin at 2"):
        attributes.plan_for(1, "1.0")
    with pytest.raises(AnalysisError, match="percentages"):
        curves.acceptance(plan.single(10, 0), [5.0])
    with pytest.raises(AnalysisError, match="lot size"):
        curves.acceptance(plan.single(10, 0), [0.1], distribution="hypergeometric")
    with pytest.raises(AnalysisError, match="accepts at 3 and rejects at 2"):
        plan.single(10, 3, 2)


def test_reduced_multiple_plans_accept_no_sooner_than_normal_ones() -> None:
    """Z1.4 tables IV-A and IV-C share their acceptance numbers wherever the single plans share theirs."""
    for single, numbers in tables._MULTIPLE_REDUCED.items():
        normal = tables._MULTIPLE_NORMAL.get(single[0])
        if normal is not None and single[0] >= 2:
            assert [accept for accept, _ in numbers] == [accept for accept, _ in normal]


def test_what_the_standards_do_not_share_is_refused() -> None:
    same = attributes.plan_for(1000, "0.65", standard="ISO 2859-1:1999")
    assert (same.n, same.ac) == (80, 1)
    with pytest.raises(AnalysisError, match="could not be confirmed") as refused:
        attributes.plan_for(1000, "4.0", severity="reduced", kind="double", standard="ISO 2859-1:1999")
    assert "32 items, accept up to 5" in refused.value.next_step
    with pytest.raises(AnalysisError, match="no tables of 'ISO 3951'"):
        attributes.plan_for(1000, "0.65", standard="ISO 3951")  # type: ignore[arg-type]
    tightened_a = attributes.plan_for(8, "10", severity="tightened")
    assert (tightened_a.letter, tightened_a.plan_letter, tightened_a.n, tightened_a.ac) == ("A", "D", 8, 1)


def test_a_series_of_lots_as_the_rules_see_it() -> None:
    """Two of five rejected tighten, five accepted return, ten accepted in a row reduce, one rejected ends that."""
    lots = [True, False, True, False, *[True] * 15, False, True]
    found = follow(lots, permitted=True)
    assert found.severity == ("normal",) * 4 + ("tightened",) * 5 + ("normal",) * 10 + ("reduced",) + ("normal",)
    assert [(lot, move) for lot, move in enumerate(found.moves) if move] == [
        (3, "to tightened"), (8, "to normal"), (18, "to reduced"), (19, "to normal"),
    ]  # fmt: skip
    stopped = follow([False] * 14)
    assert stopped.severity[-1] == "discontinued"
    assert stopped.state.discontinued
    assert stopped.notes[0].code == "inspection_discontinued"
    scored = follow([True] * 12, rules="ISO 2859-1", permitted=True, acceptance_number=3, one_step_tighter=[True] * 12)
    assert scored.moves[9] == "to reduced"
    for wrong in ({"rules": "ours"}, {"severity": "loose"}, {"one_step_tighter": [True]}):
        with pytest.raises(AnalysisError):
            follow([True, True], **wrong)  # type: ignore[arg-type]
