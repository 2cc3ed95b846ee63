"""Correcting a kept value: the first one stays, and everything is judged as if the right one had been kept."""

from __future__ import annotations

import random
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pytest

from workstation.catalog.values import Chart
from workstation.errors import CallIsWrong, NotPermitted, Refused
from workstation.line.correction import Corrected, Correction, correct
from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.store import Role

REASON = "the part was read from the wrong side"


def corrected(bench: Any, wanted: Correction, *, account: str = "engineer", reason: str = REASON) -> Corrected:
    with bench.store.write(account) as work:
        done: Corrected = correct(work, wanted, reason, bench.reactions)
    return done


def stored(bench: Any, characteristic: int) -> list[tuple[object, ...]]:
    """Every closed subgroup in its newest judgement; limits by whether there were any."""
    with bench.store.read() as reader:
        window = reader.last_subgroups(characteristic, 1000)
    rows = zip(window.numbers, window.means, window.spreads, window.location, window.dispersion, window.limits,
               strict=True)  # fmt: skip
    return [tuple(map(repr, (*row[:5], bool(row[5])))) for row in rows]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("chart", [Chart.XBAR_R, Chart.XBAR_S, Chart.I_MR])
def test_what_stands_is_as_if_the_right_value_had_been_kept(
    bench: Any, ring_values: list[str], chart: Chart, seed: int
) -> None:
    size = 1 if chart is Chart.I_MR else 5
    right, wrong = (bench.lay_down(name, chart=chart, subgroup_size=size) for name in ("right", "wrong"))
    place = random.Random(seed).randrange(25 * size, len(ring_values))
    mistaken = [*ring_values]
    mistaken[place] = "74.0491"
    bench.keep(*ring_values, name="right")
    bench.keep(*mistaken, name="wrong")
    assert stored(bench, wrong.id) != stored(bench, right.id)
    done = corrected(bench, Correction(wrong.id, place // size + 1, place % size + 1, ring_values[place]))
    assert stored(bench, wrong.id) == stored(bench, right.id)
    assert (done.version, done.before, done.baseline) == (2, "74.0491 mm", False)
    assert done.subgroup in done.judged and min(done.judged) == done.subgroup
    assert bench.store.verify().intact


def test_the_line_goes_on_from_the_right_value(bench: Any, ring_values: list[str]) -> None:
    right, wrong = (bench.lay_down(name) for name in ("right", "wrong"))
    bench.keep(*ring_values, name="right")
    bench.keep(*ring_values[:152], "74.0491", name="wrong")
    corrected(bench, Correction(wrong.id, 31, 3, ring_values[152]))
    bench.keep(*ring_values[153:], name="wrong")
    assert stored(bench, wrong.id) == stored(bench, right.id)


def test_the_first_value_and_the_reason_stay(bench: Any) -> None:
    made = bench.lay_down()
    bench.keep("74.000", "74.003")
    with bench.store.read() as reader:
        before = reader.journal_head()[0]
    done = corrected(bench, Correction(made.id, 1, 2, "74.010"))
    with bench.store.read() as reader:
        first, second = (one for one in reader.measurements(made.id, versions=True) if one.position == 2)
        (entry,) = reader.journal_after(before)
    assert (str(first.value), first.account, first.version) == ("74.003", "meister", 1)
    assert (str(second.value), second.account, second.version) == ("74.010", "engineer", 2)
    assert (second.source, second.trigger, second.observed_at) == ("typed", "typed", first.observed_at)
    assert second.raw == b"74.010" and second.remark == f"corrected: {REASON}"
    assert (entry.reason, entry.account) == (REASON, "engineer"), "one deed, one entry"
    assert (done.before, done.after) == ("74.003 mm", "74.010 mm")


def test_another_unit_is_kept_as_typed_and_judged_in_the_plans(bench: Any) -> None:
    made = bench.lay_down()
    bench.keep("74.000", "74.0", "74.0", "74.0", "74.0")
    corrected(bench, Correction(made.id, 1, 1, "2.9134", unit="in"))
    with bench.store.read() as reader:
        assert str(reader.measurements(made.id)[0].value) == "2.9134"
        assert reader.last_subgroups(made.id, 1).values[0, 0] == pytest.approx(2.9134 * 25.4)


def test_a_value_of_the_baseline_leaves_the_frozen_limits_and_says_so(bench: Any, ring_values: list[str]) -> None:
    made = bench.lay_down()
    bench.keep(*ring_values)
    done = corrected(bench, Correction(made.id, 7, 2, "74.0123"))
    assert done.baseline and done.judged == (7,)
    with bench.store.read() as reader:
        window = reader.last_subgroups(made.id, 100)
    assert set(map(int, window.limits[:20])) == {0}
    assert len(set(map(int, window.limits[20:]))) == 1


def test_a_right_value_out_of_tolerance_opens_a_nonconformance(bench: Any) -> None:
    made = bench.lay_down()
    bench.keep("74.000")
    done = corrected(bench, Correction(made.id, 1, 1, "74.060"))
    assert done.nonconformance == "nc-1-1"
    (event,) = bench.reactions.tolerances
    assert (event.value, event.subgroup, event.position) == (Decimal("74.060"), 1, 1)
    again = corrected(bench, Correction(made.id, 1, 1, "74.061"))
    assert again.nonconformance is None and again.version == 3


def test_a_subgroup_that_breaks_a_rule_now_raises_its_alarm(bench: Any, ring_values: list[str]) -> None:
    made = bench.lay_down()
    bench.keep(*ring_values[:125])
    raised = len(bench.reactions.controls)
    done = corrected(bench, Correction(made.id, 24, 1, "74.049"))
    assert done.alarms[0] == "alarm-24"
    event = bench.reactions.controls[raised]
    assert event.subgroup == 24 and event.rules and event.values[0] == Decimal("74.049")


@pytest.mark.parametrize(
    ("changes", "said", "kind"),
    [
        ({"position": 9}, "subgroup 1, position 9 holds no kept value", CallIsWrong),
        ({"characteristic": 77}, "There is no characteristic 77", CallIsWrong),
        ({"text": "about 74"}, "is no measured value", CallIsWrong),
        ({"text": "7.4"}, "is not plausible", CallIsWrong),
        ({"text": "74.000"}, "stands there already", Refused),
        ({"unit": "kg"}, "kg", CallIsWrong),
        ({"seen": 2}, "you saw version 2, it is version 1", Refused),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(
    bench: Any, changes: dict[str, Any], said: str, kind: type[Exception]
) -> None:
    made = bench.lay_down()
    bench.keep("74.000")
    wanted = Correction(**{**asdict(Correction(made.id, 1, 1, "74.001")), **changes})
    with pytest.raises(kind, match=said):
        corrected(bench, wanted)
    with bench.store.read() as reader:
        assert len(reader.measurements(made.id, versions=True)) == 1


def test_a_reason_and_the_right_are_needed(bench: Any) -> None:
    made = bench.lay_down()
    bench.keep("74.000")
    with bench.store.write("setup") as work:
        for name, role in (("eva", Role.ENGINEER), ("ida", Role.INSPECTOR)):
            accounts.create(work, name, name, role, "correct horse 7", costs=Costs(1, 64, 1))
    wanted = Correction(made.id, 1, 1, "74.001")
    with pytest.raises(NotPermitted, match="may not correct kept values"):
        corrected(bench, wanted, account="ida")
    for reason in (" ", "x" * 501):
        with pytest.raises(CallIsWrong, match="only with a reason"):
            corrected(bench, wanted, account="eva", reason=reason)
    assert corrected(bench, wanted, account="eva").version == 2


def test_a_correction_reaches_back_over_subgroups_of_another_size(bench: Any) -> None:
    made = bench.lay_down(subgroup_size=3)
    bench.keep("74.000", "74.010", "74.002", "74.003", "74.004", "74.005")
    bench.lay_down(subgroup_size=2)
    bench.keep("74.006", "74.007", "74.008", "74.009")
    done = corrected(bench, Correction(made.id, 1, 2, "74.001"))
    assert done.judged == (1,)
    with bench.store.read() as reader:
        window = reader.last_subgroups(made.id, 9)
    assert window.sizes.tolist() == [3, 3, 2, 2]
    assert window.means.tolist() == pytest.approx([74.001, 74.004, 74.0065, 74.0085])
    assert window.spreads.tolist() == pytest.approx([0.002, 0.002, 0.001, 0.001])
