"""Limits established anew: computed as the plan's chart does, in force from the next subgroup on, all or nothing."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import numpy as np
import pytest

from workstation.catalog.limits import active_limits, limits_history
from workstation.catalog.values import Chart
from workstation.errors import CallIsWrong, NotPermitted, Refused
from workstation.line import protocol
from workstation.line.correction import Correction, correct
from workstation.line.new_limits import Proposal, Wanted, draft, establish_anew, parse_left_out
from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.store import Role

REASON = "the tool was replaced"


def anew(bench: Any, wanted: Wanted, *, account: str = "engineer", reason: str = REASON, seen: str = "") -> Proposal:
    with bench.store.write(account) as work:
        return establish_anew(work, wanted, reason, seen)


def looked(bench: Any, wanted: Wanted) -> Any:
    with bench.store.read() as reader:
        return draft(reader, wanted)


def judgements(bench: Any, characteristic: int) -> list[tuple[object, ...]]:
    with bench.store.read() as reader:
        window = reader.last_subgroups(characteristic, 1000)
    columns = window.numbers, window.means, window.spreads, window.location, window.dispersion, window.limits
    return [tuple(map(repr, row)) for row in zip(*columns, strict=True)]


def test_the_figures_are_those_of_the_textbook(bench: Any, ring_values: list[str]) -> None:
    """Xbar-R by hand: grand mean, mean range, A2 = 0.577, D4 = 2.114 for subgroups of five (AIAG SPC, appendix E)."""
    made = bench.lay_down()
    bench.keep(*ring_values)
    values = np.array(ring_values, dtype=float).reshape(40, 5)
    used = np.delete(values[30:], [4], axis=0)
    mean, width = used.mean(), np.ptp(used, axis=1).mean()
    found = looked(bench, Wanted(made.id, 31, 40, left_out=((35, "broken tool"),))).proposal
    assert (found.first, found.last, found.subgroups, found.left_out) == (31, 40, 9, {35: "broken tool"})
    assert found.after.location == pytest.approx((mean, mean - 0.577 * width, mean + 0.577 * width), abs=2e-5)
    assert found.after.dispersion == pytest.approx((width, 0, 2.114 * width), abs=1e-4)
    assert found.after.sigma == pytest.approx(width / 2.326, rel=1e-3) and found.after.sigma_method == "r_bar"
    assert found.before is not None and (found.before.first, found.before.last) == (1, 20)
    assert found.before.broken and not found.after.broken, "the process had moved away from the old limits"
    with bench.store.read() as reader:
        assert len(limits_history(reader, made.id)) == 1, "a look changes nothing"


@pytest.mark.parametrize("chart", [Chart.XBAR_R, Chart.XBAR_S, Chart.I_MR])
def test_the_baseline_asked_for_again_gives_the_limits_that_are_in_force(
    bench: Any, ring_values: list[str], chart: Chart
) -> None:
    made = bench.lay_down(chart=chart, subgroup_size=1 if chart is Chart.I_MR else 5)
    bench.keep(*ring_values)
    found = looked(bench, Wanted(made.id, 1, 20)).proposal
    assert found.before is not None
    assert (found.after.location, found.after.dispersion) == (found.before.location, found.before.dispersion)
    with pytest.raises(Refused, match="in force already"):
        anew(bench, Wanted(made.id, 1, 20))


@pytest.mark.parametrize("chart", [Chart.XBAR_R, Chart.XBAR_S, Chart.I_MR])
def test_old_judgements_stay_and_the_next_subgroup_is_judged_by_the_new_limits(
    bench: Any, ring_values: list[str], chart: Chart
) -> None:
    """By a line that runs on, whoever told it or not, and by one that was killed: both alike."""
    size = 1 if chart is Chart.I_MR else 5
    names = ("running", "killed")
    made = {name: bench.lay_down(name, chart=chart, subgroup_size=size) for name in names}
    for name in names:
        bench.keep(*ring_values[:-2], name=name)  # in the middle of a subgroup
    before = {name: judgements(bench, made[name].id) for name in names}
    first = max(1, (len(ring_values) - 2) // size - 9)
    ids = {name: anew(bench, Wanted(made[name].id, first, first + 8)).limits for name in names}
    said = bench.keep(*ring_values[-2:], *ring_values[150:190], name="running").announcements
    assert {one for one in said if isinstance(one, protocol.LimitsEstablished)} == {
        protocol.LimitsEstablished(made[name].id, ids[name]) for name in names
    }
    bench.ledger = bench.new_ledger()
    bench.keep(*ring_values[-2:], *ring_values[150:190], name="killed")
    later = {}
    for name in names:
        found = judgements(bench, made[name].id)
        count = len(before[name])
        assert found[:count] == before[name]
        assert {row[5] for row in found[count:]} == {repr(np.int64(ids[name]))}
        later[name] = [row[:5] for row in found[count:]]
    assert later["running"] == later["killed"] and len(later["killed"]) >= 8
    assert bench.store.verify().intact


def test_limits_can_be_established_before_the_baseline_is_full(bench: Any, ring_values: list[str]) -> None:
    made = bench.lay_down()
    bench.keep(*ring_values[:52])
    done = anew(bench, Wanted(made.id, newest=10))
    assert done.before is None and done.remarks[0] == "The plan takes limits from 20 subgroups; these are 10."
    bench.keep(*ring_values[52:100])
    with bench.store.read() as reader:
        assert [one.id for one in limits_history(reader, made.id)] == [done.limits], "the baseline is not awaited"
        window = reader.last_subgroups(made.id, 100)
    assert list(map(int, window.limits)) == [0] * 10 + [done.limits] * 10


def test_who_when_why_and_what_was_left_out_stand_in_the_records(bench: Any, ring_values: list[str]) -> None:
    made = bench.lay_down()
    bench.keep(*ring_values)
    with bench.store.read() as reader:
        old = active_limits(reader, made.id)
        head = reader.journal_head()[0]
    done = anew(bench, Wanted(made.id, 31, 40, left_out=((35, "broken tool"),)))
    with bench.store.read() as reader:
        entries = reader.journal_after(head)
        now = active_limits(reader, made.id)
        history = limits_history(reader, made.id)
    assert [(one.verb, one.account, one.reason) for one in entries] == [
        ("control_limits.supersede", "engineer", REASON), ("control_limits.establish", "engineer", REASON),
    ]  # fmt: skip
    assert old is not None and now is not None and [one.active for one in history] == [False, True]
    assert history[0].limits == old.limits, "the old figures stay"
    assert (now.id, now.left_out, now.established_by) == (done.limits, {35: "broken tool"}, "engineer")
    assert json.loads(now.limits)["points"] == 9 and now.computed_from(34) and not now.computed_from(35)
    assert "without 35" in done.told() and "31 to 40" in done.told()


def test_a_correction_says_whether_its_value_is_in_the_limits(bench: Any, ring_values: list[str]) -> None:
    made = bench.lay_down()
    bench.keep(*ring_values)
    anew(bench, Wanted(made.id, 31, 40, left_out=((35, "broken tool"),)))
    told = {}
    for subgroup in (25, 34, 35):
        with bench.store.write("engineer") as work:
            done = correct(work, Correction(made.id, subgroup, 1, "74.0007"), "misread", bench.reactions)
        told[subgroup] = done.baseline
    assert told == {25: False, 34: True, 35: False}


def test_what_is_established_is_what_was_looked_at(bench: Any, ring_values: list[str]) -> None:
    made = bench.lay_down()
    bench.keep(*ring_values)
    wanted = Wanted(made.id, 31, 40)
    seen = looked(bench, wanted).mark
    assert looked(bench, Wanted(made.id, newest=10)).mark == seen, "the same subgroups by another name"
    with bench.store.write("engineer") as work:
        correct(work, Correction(made.id, 33, 1, "74.0007"), "misread", bench.reactions)
    with pytest.raises(Refused, match="not as they were when you looked"):
        anew(bench, wanted, seen=seen)
    again = looked(bench, wanted).mark
    anew(bench, Wanted(made.id, 30, 40))  # somebody else was faster
    with pytest.raises(Refused, match="not as they were when you looked"):
        anew(bench, wanted, seen=again)
    assert anew(bench, wanted, seen=looked(bench, wanted).mark).limits == 3


def test_points_out_of_control_by_the_new_limits_are_named(bench: Any, ring_values: list[str]) -> None:
    made = bench.lay_down()
    spoiled = [*ring_values]
    spoiled[160:165] = ["74.0450"] * 3 + ["74.0460", "74.0470"]
    bench.keep(*spoiled)
    found = looked(bench, Wanted(made.id, 21, 40)).proposal
    assert 33 in [one.subgroup for one in found.after.broken]
    assert any("33" in remark and "special cause" in remark for remark in found.remarks)
    without = looked(bench, Wanted(made.id, 21, 40, left_out=((33, ""),))).proposal
    assert 33 not in [one.subgroup for one in without.after.broken]


@pytest.mark.parametrize(
    ("changes", "said", "kind"),
    [
        ({"characteristic": 77}, "There is no characteristic 77", CallIsWrong),
        ({"first": 0, "last": 0}, "not said which subgroups", CallIsWrong),
        ({"newest": 5}, "not said which subgroups", CallIsWrong),
        ({"first": 9, "last": 3}, "9 to 3 are no span", CallIsWrong),
        ({"first": 0}, "0 to 40 are no span", CallIsWrong),
        ({"first": -5}, "-5 to 40 are no span", CallIsWrong),
        ({"last": 41}, "Subgroup 41 of diameter is not closed", CallIsWrong),
        ({"last": 10**15}, "cannot be computed from", CallIsWrong),
        ({"first": 0, "last": 0, "newest": 41}, "has 40 closed subgroups, not 41", CallIsWrong),
        ({"first": 40}, "Limits need at least 2 subgroups", CallIsWrong),
        ({"left_out": ((20, "dropped"),)}, "Subgroup 20 is to be left out of 31 to 40", CallIsWrong),
        ({"left_out": ((35, ""),)}, "Subgroup 35 is left out without a reason", CallIsWrong),
        ({"left_out": ((35, "a\0b"),)}, "cannot be printed", CallIsWrong),
        ({"left_out": ((35, "x" * 501),)}, "too long", CallIsWrong),
        ({"left_out": tuple((n, "dropped") for n in range(31, 41))}, "Limits need at least 2", CallIsWrong),
        ({"first": 1, "last": 20}, "in force already", Refused),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(
    bench: Any, ring_values: list[str], changes: dict[str, Any], said: str, kind: type[Exception]
) -> None:
    made = bench.lay_down()
    bench.keep(*ring_values)
    with pytest.raises(kind, match=said):
        anew(bench, Wanted(**{"characteristic": made.id, "first": 31, "last": 40, **changes}))
    with bench.store.read() as reader:
        assert [one.active for one in limits_history(reader, made.id)] == [True]


def test_values_that_do_not_vary_and_other_sizes_give_no_limits(bench: Any, ring_values: list[str]) -> None:
    made = bench.lay_down()
    bench.keep(*["74.000"] * 50)
    with pytest.raises(CallIsWrong, match="do not vary"):
        anew(bench, Wanted(made.id, newest=10))
    bench.lay_down(subgroup_size=4)
    bench.keep(*ring_values[:40])
    with pytest.raises(CallIsWrong, match="Subgroup 10 of diameter has 5 values, the plan's have 4") as error:
        anew(bench, Wanted(made.id, 1, 20))
    assert error.value.next_step == "Choose subgroups after it."
    assert anew(bench, Wanted(made.id, 11, 20)).subgroups == 10


def test_a_reason_and_the_right_are_needed(bench: Any, ring_values: list[str]) -> None:
    made = bench.lay_down()
    bench.keep(*ring_values)
    with bench.store.write("setup") as work:
        for name, role in (("eva", Role.ENGINEER), ("ida", Role.INSPECTOR), ("sam", Role.SUPERVISOR)):
            accounts.create(work, name, name, role, "correct horse 7", costs=Costs(1, 64, 1))
    wanted = Wanted(made.id, newest=10)
    with pytest.raises(NotPermitted, match="may not establish control limits"):
        anew(bench, wanted, account="ida")
    for reason in ("", " \n", "x" * 501):
        with pytest.raises(CallIsWrong, match="only with a reason"):
            anew(bench, wanted, account="eva", reason=reason)
    assert anew(bench, wanted, account="eva").limits == 2
    assert anew(bench, Wanted(made.id, newest=12), account="sam").limits == 3


def test_limits_of_a_batch_that_failed_are_not_taken_for_others(bench: Any, ring_values: list[str]) -> None:
    """An id that the baseline's limits had in a transaction that was rolled back is given to those of somebody else."""
    made = bench.lay_down()
    bench.keep(*ring_values[:99])
    bench.reactions.error = RuntimeError("no")
    with pytest.raises(RuntimeError):
        bench.keep(ring_values[99], "74.0600")
    bench.reactions.error = None
    done = anew(bench, Wanted(made.id, newest=12))
    assert done.limits == 1 and done.first == 8
    outcome = bench.keep(*ring_values[99:105])
    assert [one.limits for one in outcome.announcements if isinstance(one, protocol.Judged)] == [1, 1]
    with bench.store.read() as reader:
        assert [(one.id, one.first_subgroup) for one in limits_history(reader, made.id)] == [(1, 8)]


def test_what_is_typed_to_leave_out() -> None:
    assert parse_left_out(["15, 12 : broken tool", "3"]) == ((3, ""), (12, "broken tool"), (15, "broken tool"))
    assert parse_left_out([]) == ()
    for wrong in ("", "two", "12;13", "12-15: x", "-3", "1" * 16, "12,: x", ":x"):
        with pytest.raises(CallIsWrong, match="does not name subgroups"):
            parse_left_out([wrong])
    with pytest.raises(CallIsWrong, match="Subgroup 12 is left out twice"):
        parse_left_out(["12: a", "12: b"])


def test_every_figure_is_a_number(bench: Any) -> None:
    """Ten stations of chance: whatever the values are, what is proposed can be drawn."""
    chance = random.Random(9)
    made = bench.lay_down(chart=Chart.I_MR, subgroup_size=1, baseline_subgroups=5)
    bench.keep(*[f"{chance.gauss(74, 0.01):.3f}" for _ in range(60)])
    for _ in range(10):
        count = chance.randrange(3, 60)
        found = looked(bench, Wanted(made.id, newest=count)).proposal
        assert all(map(math.isfinite, (found.after.sigma, *found.after.location, *found.after.dispersion)))
        assert found.subgroups == count
