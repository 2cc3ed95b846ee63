"""Limits from a known mean and standard deviation: the textbook's lines, judged by from the very first subgroup on."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import Any

import pytest

from analysis import charts
from analysis.rules import RuleSet
from tests.workstation.line.test_new_limits import anew, judgements, looked
from workstation.catalog.limits import active_limits, limits_history
from workstation.catalog.values import Chart, Given
from workstation.errors import CallIsWrong, NotPermitted, Refused
from workstation.line import protocol
from workstation.line.correction import Correction, correct
from workstation.line.given_limits import parse_given
from workstation.line.new_limits import LOOKED_AT, Wanted
from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.store import Role

A, D1, D2, A2, D3, D4 = 1.342, 0.0, 4.918, 0.577, 0.0, 2.114
A3, B3, B4, B5, B6 = 1.427, 0.0, 2.089, 0.0, 1.964
FACTOR_D2, FACTOR_C4 = 2.326, 0.9400
"""Of subgroups of five: Montgomery, Introduction to Statistical Quality Control, appendix VI."""
FIGURES = ("74.0000", "0.010")


def given(item: Any, mean: str = FIGURES[0], sigma: str = FIGURES[1]) -> Wanted:
    return Wanted(item.id, given=parse_given(mean, sigma, item.unit))


def test_lines_of_means_and_ranges_are_the_textbooks(bench: Any) -> None:
    made = bench.lay_down()
    found = looked(bench, given(made)).proposal.after
    sigma, r_bar = 0.010, FACTOR_D2 * 0.010
    assert found.location == pytest.approx((74, 74 - A * sigma, 74 + A * sigma), abs=1e-5)
    assert found.location == pytest.approx((74, 74 - A2 * r_bar, 74 + A2 * r_bar), abs=1e-5)
    assert found.dispersion == pytest.approx((r_bar, D1 * sigma, D2 * sigma), abs=1e-5)
    assert found.dispersion == pytest.approx((r_bar, D3 * r_bar, D4 * r_bar), rel=5e-4)
    assert (found.sigma, found.sigma_method) == (sigma, "known")


def test_lines_of_means_and_deviations_are_the_textbooks(bench: Any) -> None:
    made = bench.lay_down(chart=Chart.XBAR_S)
    found = looked(bench, given(made)).proposal.after
    sigma, s_bar = 0.010, FACTOR_C4 * 0.010
    assert found.location == pytest.approx((74, 74 - A * sigma, 74 + A * sigma), abs=1e-5)
    assert found.location == pytest.approx((74, 74 - A3 * s_bar, 74 + A3 * s_bar), abs=1e-5)
    assert found.dispersion == pytest.approx((s_bar, B5 * sigma, B6 * sigma), abs=1e-5)
    assert found.dispersion == pytest.approx((s_bar, B3 * s_bar, B4 * s_bar), rel=5e-4)


def test_lines_of_single_values_are_the_textbooks(bench: Any) -> None:
    """Moving ranges of two: d2 = 1.128, D2 = 3.686."""
    made = bench.lay_down(chart=Chart.I_MR, subgroup_size=1)
    found = looked(bench, given(made)).proposal.after
    assert found.location == pytest.approx((74, 73.97, 74.03), abs=1e-12)
    assert found.dispersion == pytest.approx((0.01128, 0, 0.03686), abs=1e-5)


@pytest.mark.parametrize("chart", [Chart.XBAR_R, Chart.XBAR_S, Chart.I_MR])
def test_the_line_judges_from_the_first_subgroup_on(bench: Any, ring_values: list[str], chart: Chart) -> None:
    """By a line that runs on and by one that is killed after every third value: both as the batch judges."""
    size = 1 if chart is Chart.I_MR else 5
    names = ("running", "killed")
    made = {name: bench.lay_down(name, chart=chart, subgroup_size=size) for name in names}
    for name in names:
        anew(bench, given(made[name], "74.000", "0.008"))
    bench.keep(*ring_values, name="running")
    for start in range(0, len(ring_values), 3):
        bench.ledger = bench.new_ledger()
        bench.keep(*ring_values[start : start + 3], name="killed")
    rows = {name: judgements(bench, made[name].id) for name in names}
    assert [row[:5] for row in rows["running"]] == [row[:5] for row in rows["killed"]]
    with bench.store.read() as reader:
        histories = [limits_history(reader, made[name].id) for name in names]
        window = reader.last_subgroups(made["running"].id, 1000)
    assert [len(one) for one in histories] == [1, 1], "the plan's baseline is awaited no more"
    assert set(map(int, window.limits)) == {histories[0][0].id} and window.numbers[0] == 1
    values = [float(one) for one in ring_values]
    table = values if size == 1 else [values[at : at + 5] for at in range(0, len(values), 5)]
    limits = charts.known(str(chart), mean=74.0, sigma=0.008, size=size)
    judged = charts.evaluate(table, limits, RuleSet.from_text(made["running"].rules))
    assert window.location.tolist() == judged.location.signals.tolist()
    assert judged.dispersion is not None and window.dispersion.tolist() == judged.dispersion.signals.tolist()
    assert window.location.any(), "the process moves up after the 30th subgroup"
    assert bench.store.verify().intact


def test_the_first_subgroup_can_be_out_of_control(bench: Any) -> None:
    made = bench.lay_down()
    anew(bench, given(made))
    said = bench.keep(*["74.020"] * 5).announcements
    (judged,) = [one for one in said if isinstance(one, protocol.Judged)]
    assert (judged.subgroup, judged.limits) == (1, 1) and judged.location
    assert [event.subgroup for event in bench.reactions.controls] == [1]


def test_a_baseline_that_is_being_collected_ends(bench: Any, ring_values: list[str]) -> None:
    made = bench.lay_down()
    bench.keep(*ring_values[:52])
    done = anew(bench, given(made))
    assert (done.judged, done.before) == (10, None)
    said = bench.keep(*ring_values[52:]).announcements
    assert [one for one in said if isinstance(one, protocol.LimitsEstablished)] == [
        protocol.LimitsEstablished(made.id, done.limits)
    ]
    with bench.store.read() as reader:
        window = reader.last_subgroups(made.id, 100)
    assert list(map(int, window.limits)) == [0] * 10 + [done.limits] * 30


def test_figures_stand_in_the_records_as_they_were_typed(bench: Any, ring_values: list[str]) -> None:
    made = bench.lay_down()
    bench.keep(*ring_values)
    with bench.store.read() as reader:
        head = reader.journal_head()[0]
    done = anew(bench, given(made, "74.0000", "0.010"))
    with bench.store.read() as reader:
        entries = reader.journal_after(head)
        now = active_limits(reader, made.id)
        history = limits_history(reader, made.id)
    assert [(one.verb, one.account, one.reason) for one in entries] == [
        ("control_limits.supersede", "engineer", "the tool was replaced"),
        ("control_limits.establish", "engineer", "the tool was replaced"),
    ]
    assert now is not None and now.given == Given(Decimal("74.0000"), Decimal("0.010"), "mm")
    assert str(now.given) == "mean 74.0000 mm, sigma 0.010 mm"
    assert (now.id, now.first_subgroup, now.last_subgroup, json.loads(now.limits)["points"]) == (done.limits, 0, 0, 0)
    assert [one.active for one in history] == [False, True] and history[0].given is None
    assert "limits 2 are in force, given: mean 74.0000 mm, sigma 0.010 mm." in done.told()
    with bench.store.write("engineer") as work:
        corrected = correct(work, Correction(made.id, 30, 1, "74.0007"), "misread", bench.reactions)
    assert not corrected.baseline, "no value of this station is in them"


def test_given_limits_follow_computed_ones_and_the_other_way_round(bench: Any, ring_values: list[str]) -> None:
    made = bench.lay_down()
    bench.keep(*ring_values)
    for wanted in (given(made), Wanted(made.id, 31, 40), given(made)):
        anew(bench, wanted)
    with pytest.raises(Refused, match="in force already"):
        anew(bench, given(made, "74", "0.01"))
    with bench.store.read() as reader:
        history = limits_history(reader, made.id)
    assert [one.given is not None for one in history] == [False, True, False, True]
    found = looked(bench, Wanted(made.id, 31, 40)).proposal
    assert found.before is not None and found.before.given == history[-1].given


def test_a_look_holds_the_newest_subgroups_against_them(bench: Any, ring_values: list[str]) -> None:
    made = bench.lay_down()
    first = looked(bench, given(made))
    assert (first.proposal.judged, len(first.numbers), first.proposal.remarks) == (0, 0, ())
    bench.keep(*ring_values)
    found = looked(bench, given(made, "74.015", "0.010"))
    assert (found.proposal.judged, list(found.numbers)) == (40, list(range(1, 41)))
    broken = {one.subgroup for one in found.proposal.after.broken}
    assert broken and any("look whether this process is the one" in remark for remark in found.proposal.remarks)
    bench.keep(*ring_values)
    later = looked(bench, given(made, "74.015", "0.010"))
    assert list(later.numbers) == list(range(81 - LOOKED_AT, 81))
    assert later.mark == found.mark, "what would be put in force is the same, however the line runs on"
    assert later.mark not in (first.mark, looked(bench, given(made, "74.015", "0.011")).mark)
    with bench.store.read() as reader:
        assert len(limits_history(reader, made.id)) == 1, "a look changes nothing"


def test_subgroups_of_another_size_are_not_looked_at(bench: Any, ring_values: list[str]) -> None:
    bench.lay_down()
    bench.keep(*ring_values[:50])
    made = bench.lay_down(subgroup_size=4)
    bench.ledger = bench.new_ledger()
    bench.keep(*ring_values[:12])
    found = looked(bench, given(made))
    assert list(found.numbers) == [11, 12, 13]
    single = bench.lay_down(subgroup_size=1, chart=Chart.I_MR)
    assert looked(bench, given(single)).proposal.judged == 0


def test_what_an_engineer_should_think_of_is_remarked_and_not_refused(bench: Any) -> None:
    made = bench.lay_down()  # 73.950 to 74.050
    assert looked(bench, given(made, "74.050", "0.01")).proposal.remarks == ()
    assert looked(bench, given(made, "74.051", "0.0167")).proposal.remarks == (
        "The mean of 74.051 mm lies outside the specification.",
        "The natural spread of 6 sigma, 0.1002 mm, is wider than the tolerance of 0.100 mm.",
    )
    assert anew(bench, given(made, "74.051", "0.0167")).limits == 1
    open_above = bench.lay_down("height", upper_specification=None)
    assert looked(bench, given(open_above, "77", "1")).proposal.remarks == ()


@pytest.mark.parametrize(
    ("mean", "sigma", "said"),
    [
        ("", "0.01", "The mean is missing"),
        ("74", " ", "The standard deviation is missing"),
        ("ten", "0.01", "'ten' is no mean"),
        ("74,002", "0.01", "'74,002' is no mean"),
        ("nan", "0.01", "'nan' is no mean"),
        ("74", "inf", "'inf' is no standard deviation"),
        ("74", "1e-3", "'1e-3' is no standard deviation"),
        ("٧٤", "0.01", "is no mean"),
        ("9" * 400, "0.01", "is no mean"),
        ("74", "0." + "0" * 400 + "1", "is no standard deviation"),
        ("74", "0", "A standard deviation of 0 mm cannot be"),
        ("74", "-0.01", "A standard deviation of -0.01 mm cannot be"),
        ("74", "\N{MINUS SIGN}0.01", "A standard deviation of -0.01 mm cannot be"),
        ("74", "8.1", "wider than the plausible range of diameter, 70 to 78 mm"),
        ("74", "9" * 15, "wider than the plausible range"),
        ("69.9", "0.01", "A mean of 69.9 mm is not plausible for diameter"),
        ("9" * 15, "0.01", "is not plausible for diameter"),
        ("74", "0." + "0" * 14 + "1", "is as good as none"),
    ],
)
def test_figures_that_cannot_be_are_refused_and_nothing_is_changed(
    bench: Any, mean: str, sigma: str, said: str
) -> None:
    made = bench.lay_down()
    with pytest.raises(CallIsWrong, match=said) as refused:
        anew(bench, given(made, mean, sigma))
    assert len(str(refused.value)) < 300 and refused.value.next_step
    with bench.store.read() as reader:
        assert limits_history(reader, made.id) == []


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "1e15", "-1e400"])
def test_a_caller_that_does_not_parse_is_refused_too(bench: Any, text: str) -> None:
    made = bench.lay_down(plausible_low=None, plausible_high=None)
    for mean, sigma in ((text, "0.01"), ("74", text)):
        with pytest.raises(CallIsWrong):
            looked(bench, Wanted(made.id, given=Given(Decimal(mean), Decimal(sigma), "mm")))
    with pytest.raises(CallIsWrong, match="measured in mm, not in in"):
        looked(bench, Wanted(made.id, given=Given(Decimal(3), Decimal("0.001"), "in")))


@pytest.mark.parametrize("more", [{"first": 1, "last": 5}, {"newest": 3}, {"left_out": ((2, "dropped"),)}])
def test_subgroups_and_figures_exclude_each_other(bench: Any, ring_values: list[str], more: dict[str, Any]) -> None:
    made = bench.lay_down()
    bench.keep(*ring_values[:50])
    with pytest.raises(CallIsWrong, match="but not both"):
        looked(bench, Wanted(made.id, **more, given=parse_given("74", "0.01", "mm")))


def test_an_engineer_may_with_a_reason_and_an_inspector_may_not(bench: Any) -> None:
    made = bench.lay_down()
    with bench.store.write("set-up") as work:
        for name, role in (("eva", Role.ENGINEER), ("ida", Role.INSPECTOR)):
            accounts.create(work, name, name, role, "correct horse 7", costs=Costs(1, 64, 1))
    with pytest.raises(NotPermitted, match="may not establish control limits"):
        anew(bench, given(made), account="ida")
    with pytest.raises(CallIsWrong, match="only with a reason"):
        anew(bench, given(made), account="eva", reason=" ")
    assert anew(bench, given(made), account="eva").limits == 1


def test_limits_that_somebody_else_set_meanwhile_are_looked_at_again(bench: Any) -> None:
    made = bench.lay_down()
    seen = looked(bench, given(made)).mark
    anew(bench, given(made, "74.001"))
    with pytest.raises(Refused, match="not as they were when you looked"):
        anew(bench, given(made), seen=seen)
    assert anew(bench, given(made), seen=looked(bench, given(made)).mark).limits == 2


def test_another_chart_size_or_unit_ends_them(bench: Any) -> None:
    made = bench.lay_down()
    for changes in ({"subgroup_size": 4}, {"chart": Chart.XBAR_S}, {"unit": "cm"}):
        anew(bench, given(made))
        made = bench.lay_down(**changes)
        with bench.store.read() as reader:
            assert active_limits(reader, made.id) is None, changes
        made = bench.lay_down()


def test_any_figures_that_are_taken_give_lines_in_order(bench: Any) -> None:
    chance = random.Random(7)
    made = [
        bench.lay_down(f"{chart} of {size}", chart=chart, subgroup_size=size, plausible_low=None, plausible_high=None)
        for chart, size in ((Chart.XBAR_R, 2), (Chart.XBAR_R, 10), (Chart.XBAR_S, 25), (Chart.I_MR, 1))
    ]
    for _ in range(50):
        size = chance.randrange(-3, 14)
        sigma = f"{chance.uniform(0.1, 1) * 10.0**size:.9f}"
        mean = f"{chance.uniform(-1, 1) * 10.0 ** min(size + 9, 14):.9f}"
        for item in made:
            found = looked(bench, given(item, mean, sigma)).proposal.after
            for center, lower, upper in (found.location, found.dispersion):
                assert lower < center < upper
