from __future__ import annotations

import dataclasses
import json
import math
import random
import time
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from analysis.charts import Limits, evaluate, fit
from analysis.rules import RuleSet
from workstation.catalog.limits import active_limits, establish
from workstation.catalog.values import Chart
from workstation.errors import SurroundingsFailed
from workstation.line import protocol
from workstation.line.check import route
from workstation.line.judge import REMEMBERED
from workstation.line.keep import Outcome, Waiting


def of_kind(outcome: Outcome, kind: type[Any]) -> list[Any]:
    return [item for item in outcome.announcements if isinstance(item, kind)]


def judgements(said: list[protocol.Announcement]) -> list[tuple[Any, ...]]:
    return [
        (item.subgroup, item.mean, item.spread, item.location, item.dispersion, item.limits)
        for item in said
        if isinstance(item, protocol.Judged)
    ]


def test_readings_fill_subgroups_in_order_and_keep_what_was_sent(bench: Any) -> None:
    made = bench.lay_down()
    outcome = bench.keep("74.0000", "74.010", "73.99", "74.0010", "74.02", "74.0300", "74.0")
    places = [(k.subgroup, k.position, k.value, k.in_tolerance) for k in of_kind(outcome, protocol.Kept)]
    assert places[4:] == [(1, 5, "74.02", True), (2, 1, "74.0300", True), (2, 2, "74.0", True)]
    assert [type(item).__name__ for item in outcome.announcements[4:6]] == ["Kept", "Judged"]
    (judged,) = of_kind(outcome, protocol.Judged)
    assert judged.mean == pytest.approx(74.0042) and judged.spread == pytest.approx(0.03)
    assert judged.limits is None
    with bench.store.read() as reader:
        kept = reader.measurements(made.id, 1, 2)
        assert [str(m.value) for m in kept] == ["74.0000", "74.010", "73.99", "74.0010", "74.02", "74.0300", "74.0"]
        assert {(m.account, m.raw is not None, m.observed_at) for m in kept} == {("meister", True, 10**15)}
    assert (outcome.kept, outcome.refused, outcome.judged, len(outcome.latencies)) == (7, 0, 1, 7)


def test_the_baseline_freezes_limits_by_which_the_rest_is_judged(bench: Any, ring_values: list[str]) -> None:
    made = bench.lay_down()
    said: list[protocol.Announcement] = []
    for start in range(0, len(ring_values), 7):
        said += bench.keep(*ring_values[start : start + 7]).announcements
    matrix = np.array([float(value) for value in ring_values]).reshape(40, 5)
    limits = fit("xbar_r", matrix[:20])
    chart = evaluate(matrix[20:], limits, RuleSet.by_name("nelson"))
    with bench.store.read() as reader:
        record = active_limits(reader, made.id)
    assert record is not None
    assert (record.first_subgroup, record.last_subgroup, record.established_by) == (1, 20, "line")
    assert Limits.from_dict(json.loads(record.limits)) == Limits.from_dict(limits.to_dict())
    (established,) = [item for item in said if isinstance(item, protocol.LimitsEstablished)]
    assert established.limits == record.id
    judged = [item for item in said if isinstance(item, protocol.Judged)]
    assert [item.limits for item in judged] == [None] * 20 + [record.id] * 20
    assert chart.dispersion is not None
    names = RuleSet.by_name("nelson").names
    assert [item.location for item in judged[20:]] == [names(int(mask)) for mask in chart.location.signals]
    assert [item.dispersion for item in judged[20:]] == [names(int(mask)) for mask in chart.dispersion.signals]
    alarmed = [item.subgroup for item in said if isinstance(item, protocol.AlarmRaised)]
    assert alarmed == [21 + int(i) for i in np.flatnonzero(chart.signals)]
    assert alarmed and [event.subgroup for event in bench.reactions.controls] == alarmed
    event = bench.reactions.controls[0]
    assert event.limits == record.id and len(event.values) == 5 and event.rules


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("chart", [Chart.XBAR_R, Chart.XBAR_S, Chart.I_MR])
def test_a_line_killed_at_any_reading_goes_on_with_the_same_judgements(
    bench: Any, ring_values: list[str], chart: Chart, seed: int
) -> None:
    size = 1 if chart is Chart.I_MR else 5
    whole = bench.lay_down("whole", chart=chart, subgroup_size=size)
    cut = bench.lay_down("cut", chart=chart, subgroup_size=size)
    straight = bench.keep(*ring_values, name="whole").announcements
    chance = random.Random(seed)
    broken: list[protocol.Announcement] = []
    start = 0
    while start < len(ring_values):
        stop = start + chance.randint(1, 23)
        broken += bench.keep(*ring_values[start:stop], name="cut").announcements
        start = stop
        bench.ledger = bench.new_ledger()
    with bench.store.read() as reader:
        ids = {whole.id: active_limits(reader, whole.id), cut.id: active_limits(reader, cut.id)}
        assert reader.resume_point(whole.id).subgroup == reader.resume_point(cut.id).subgroup

    def comparable(said: list[protocol.Announcement]) -> list[tuple[str, ...]]:
        return [tuple(map(repr, (*row[:5], row[5] is None))) for row in judgements(said)]

    assert comparable(broken) == comparable(list(straight))
    assert ids[whole.id].limits == ids[cut.id].limits
    assert any(row[3] for row in judgements(broken))


def test_an_individuals_first_range_is_missing_not_invented(bench: Any) -> None:
    made = bench.lay_down(chart=Chart.I_MR, subgroup_size=1)
    said = bench.keep("74.00", "74.01").announcements
    first, second = judgements(list(said))
    assert math.isnan(first[2]) and second[2] == pytest.approx(0.01)
    with bench.store.read() as reader:
        spreads = reader.last_subgroups(made.id, 5).spreads
    assert math.isnan(spreads[0]) and spreads[1] == pytest.approx(0.01)


def test_a_value_out_of_tolerance_calls_for_its_reaction_in_the_same_transaction(bench: Any) -> None:
    made = bench.lay_down()
    outcome = bench.keep("74.000", "74.051")
    (opened,) = of_kind(outcome, protocol.NonconformanceOpened)
    assert (opened.nonconformance, opened.subgroup, opened.position, opened.value) == ("nc-1-2", 1, 2, "74.051")
    (event,) = bench.reactions.tolerances
    assert (event.value, event.source) == (Decimal("74.051"), "g")
    assert [k.in_tolerance for k in of_kind(outcome, protocol.Kept)] == [True, False]
    bench.reactions.error = SurroundingsFailed("The disk is full.")
    with pytest.raises(SurroundingsFailed):
        bench.keep("74.000", "74.052")
    with bench.store.read() as reader:
        assert [str(m.value) for m in reader.measurements(made.id, 1, 9)] == ["74.000", "74.051"]


def test_a_failed_transaction_leaves_the_judgement_where_the_store_is(bench: Any, ring_values: list[str]) -> None:
    bench.lay_down("whole")
    bench.lay_down("cut")
    straight = bench.keep(*ring_values, name="whole").announcements
    said: list[protocol.Announcement] = []
    for start in range(0, len(ring_values), 11):
        part = ring_values[start : start + 11]
        bench.reactions.error = SurroundingsFailed("The disk is full.")
        with pytest.raises(SurroundingsFailed):
            bench.keep(*part, "77.000", name="cut")  # the last one is out of tolerance: its reaction fails
        bench.reactions.error = None
        said += bench.keep(*part, name="cut").announcements
    assert [row[:5] for row in judgements(said)] == [row[:5] for row in judgements(list(straight))]


def test_what_is_refused_is_kept_with_its_reason_and_raw_bytes(bench: Any) -> None:
    bench.lay_down()
    outcome = bench.keep("84.000", "74.000")
    (refused,) = of_kind(outcome, protocol.ReadingRefused)
    assert "not plausible" in refused.reason and refused.raw == b"84.000"
    assert outcome.reasons == {0: refused.reason}
    (kept,) = of_kind(outcome, protocol.Kept)
    assert kept.position == 1
    with bench.store.read() as reader:
        entry = reader.journal_latest(1)[0]
        rows = reader.batch_rows(entry)
        assert rows.refused[0][4] == refused.reason and len(rows.measurements) == 1


def test_a_reading_found_impossible_to_keep_is_refused_with_that_reason(bench: Any) -> None:
    bench.lay_down()
    given = bench.keep("74.000")  # opens the series
    assert given.kept == 1
    reading = Waiting(_reading("74.001"), "meister", None, "It has too many digits.")
    outcome = bench.ledger.commit([reading])()
    assert outcome.reasons == {0: "It has too many digits."} and outcome.kept == 0


def _reading(value: str) -> Any:
    from devices.reading import Quality, Reading, Trigger

    return Reading("g", "diameter", Decimal(value), "mm", 0, 0, 0, Trigger.BUTTON, Quality.GOOD, "", b"")


def test_other_units_are_judged_in_the_plans_and_kept_as_sent(bench: Any) -> None:
    made = bench.lay_down()
    bench.keep("2.913386", unit="in")
    with bench.store.read() as reader:
        (kept,) = reader.measurements(made.id, 1, 1)
        assert (str(kept.value), kept.unit) == ("2.913386", "in")
    bench.ledger = bench.new_ledger()
    said = bench.keep("74", "74", "74", "74").announcements
    ((_, mean, spread, *_),) = judgements(list(said))
    assert mean == pytest.approx((74 * 4 + 2.913386 * 25.4) / 5) and spread == pytest.approx(4.4e-06, rel=1e-3)


def test_limits_wait_while_the_baseline_has_no_spread(bench: Any) -> None:
    bench.lay_down(baseline_subgroups=2)
    flat = bench.keep(*["74.000"] * 15)
    varied = bench.keep("74.001", "74.002", "74.000", "73.999", "74.003", *["74.001"] * 5)
    assert not of_kind(flat, protocol.LimitsEstablished)
    assert [type(item).__name__ for item in varied.announcements].index(
        "LimitsEstablished"
    ) == 6  # right after the first


def test_a_gauge_that_always_says_the_same_is_logged_once_and_fills_no_memory(
    bench: Any, caplog: pytest.LogCaptureFixture
) -> None:
    made = bench.lay_down(baseline_subgroups=2)
    for _ in range(3):
        bench.keep(*["74.000"] * 500)
    assert [record.message for record in caplog.records].count("no limits yet") == 1
    series = bench.ledger._series[made.id]
    assert len(series.baseline) == REMEMBERED < series.subgroup
    (established,) = of_kind(
        bench.keep(*["74.001", "74.002", "74.000", "73.999", "74.003"]), protocol.LimitsEstablished
    )
    with bench.store.read() as reader:
        limits = active_limits(reader, made.id)
    assert limits is not None and limits.id == established.limits
    assert (limits.first_subgroup, limits.last_subgroup) == (301 - REMEMBERED + 1, 301)


def test_a_reaction_finds_its_batch_in_the_store_and_is_announced_in_its_place(bench: Any) -> None:
    made = bench.lay_down()
    seen: list[tuple[int, int]] = []

    def look(work: Any, _event: Any) -> str:
        kept = work.measurements(made.id, 1, 99)
        seen.append((len(kept), len(work.last_subgroups(made.id, 99).numbers)))
        return "nc"

    bench.reactions.out_of_tolerance = look
    outcome = bench.keep(*["74.000"] * 12, "74.060", "74.000", "74.061", "74.000")
    assert seen == [(16, 3), (16, 3)]
    assert (outcome.kept, outcome.judged) == (16, 3)
    said = [item for item in outcome.announcements if not isinstance(item, protocol.Judged)]
    opened = [index for index, item in enumerate(said) if isinstance(item, protocol.NonconformanceOpened)]
    assert opened == [13, 16]
    for index in opened:
        value, record = said[index - 1], said[index]
        assert (value.subgroup, value.position, value.value) == (record.subgroup, record.position, record.value)
    with bench.store.read() as reader:
        assert [entry.verb for entry in reader.journal_latest(2)] == ["measurement.append", "characteristic.create"]


def test_a_zero_keeps_its_decimals_in_any_unit(bench: Any) -> None:
    made = bench.lay_down(lower_specification=None, upper_specification=None, plausible_low=None, plausible_high=None)
    outcome = bench.keep("0.00", unit="in")
    assert [(k.value, k.unit, k.in_tolerance) for k in of_kind(outcome, protocol.Kept)] == [("0.00", "in", None)]
    bench.keep("0.000", "-0.000")
    with bench.store.read() as reader:
        assert [str(m.value) for m in reader.measurements(made.id, 1, 1)][:2] == ["0.00", "0.000"]


def test_a_gauge_in_use_takes_the_short_way_to_the_same_end(bench: Any, ring_values: list[str]) -> None:
    """A channel whose plain readings pass at once gives the same rows as one that is looked at closely."""
    bench.lay_down("long")
    bench.lay_down("short")
    short = bench.keep(*ring_values, "84.0", "74.06", name="short")
    assert route(bench.plan(), "g", "short", "2026-11-22") is not None
    bench.gauges = {}
    assert route(bench.plan(), "g", "long", "2026-11-22") is None
    bench.ledger = bench.new_ledger()
    long = bench.keep(*ring_values, "84.0", "74.06", name="long")
    for kind, names in (
        (protocol.Kept, ("subgroup", "position", "value", "unit", "in_tolerance")),
        (protocol.Judged, ("subgroup", "mean", "spread", "location", "dispersion")),
        (protocol.ReadingRefused, ("reason",)),
        (protocol.NonconformanceOpened, ("value",)),
        (protocol.AlarmRaised, ("subgroup", "rules")),
    ):
        pair = [
            [tuple(repr(getattr(item, name)) for name in names) for item in of_kind(o, kind)] for o in (long, short)
        ]
        assert pair[0] == pair[1] and pair[0], kind


def test_a_calibration_that_was_due_yesterday_counts_from_midnight_on(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.lay_down()
    bench.gauges = {"g": dataclasses.replace(bench.gauges["g"], calibration_due="2026-11-22")}
    today = [2026, 11, 22]
    clock = SimpleNamespace(localtime=lambda: tuple(today), monotonic_ns=time.monotonic_ns)
    monkeypatch.setattr("workstation.line.ledger.time", clock)
    assert bench.keep("74.000", "74.001").kept == 2
    today[2] = 23
    outcome = bench.keep("74.002")
    assert outcome.kept == 0 and "was due 2026-11-22" in outcome.reasons[0]


def test_what_was_found_impossible_to_keep_is_refused_on_the_short_way_too(bench: Any) -> None:
    bench.lay_down()
    bench.keep("74.000")
    refused = Waiting(_reading("74.001"), "meister", rejected="It has too many digits.")
    outcome = bench.ledger.commit([refused])()
    assert (outcome.kept, outcome.reasons) == (0, {0: "It has too many digits."})


def test_limits_that_somebody_else_established_hold_from_the_next_reading_on(
    bench: Any, ring_values: list[str]
) -> None:
    made = bench.lay_down()
    bench.keep(*ring_values[:100])
    wide = fit("xbar_r", [[70.0, 78.0, 71.0, 77.0, 74.0]] * 20).to_dict()
    with bench.store.write("engineer") as work:
        number = establish(work, made.id, wide, 1, 20, reason="trial").id
    outcome = bench.keep("74.030", "74.031", "74.032", "74.033", "74.034")
    assert [said.limits for said in of_kind(outcome, protocol.LimitsEstablished)] == [number]
    assert [(j.limits, j.location) for j in of_kind(outcome, protocol.Judged)] == [(number, ())]


@pytest.mark.parametrize("begun", [2, 3])
def test_a_subgroup_begun_under_larger_ones_is_left_open(bench: Any, begun: int) -> None:
    made = bench.lay_down()
    bench.keep(*["74.000", "74.001", "74.002"][:begun])
    bench.lay_down(subgroup_size=2)
    outcome = bench.keep("74.003", "74.004", "74.005")
    assert [(k.subgroup, k.position) for k in of_kind(outcome, protocol.Kept)] == [(2, 1), (2, 2), (3, 1)]
    assert [(j.subgroup, j.size) for j in of_kind(outcome, protocol.Judged)] == [(2, 2)]
    with bench.store.read() as reader:
        assert reader.last_subgroups(made.id, 9).numbers.tolist() == [2]


def test_a_baseline_is_made_of_subgroups_of_one_size_after_a_stop_too(bench: Any) -> None:
    bench.lay_down(subgroup_size=3, baseline_subgroups=3)
    bench.keep("74.000", "74.003", "74.001", "74.002", "74.000", "74.004")  # two subgroups of three
    bench.lay_down(subgroup_size=2, baseline_subgroups=3)
    bench.keep("74.001", "74.003", "74.000", "74.002")
    bench.ledger = bench.new_ledger()
    outcome = bench.keep("74.002", "74.003")
    (established,) = of_kind(outcome, protocol.LimitsEstablished)
    with bench.store.read() as reader:
        limits = active_limits(reader, bench.characteristics["diameter"].id)
    assert limits is not None and limits.id == established.limits
    assert (limits.first_subgroup, limits.last_subgroup) == (3, 5)


def test_a_plan_is_read_again_when_one_of_its_records_changed() -> None:
    """The kinds of records that `load_plan` reads are named by the journal as their tables are."""
    from workstation.catalog import records
    from workstation.line.plan import READ_FROM

    tables = {record.__tablename__ for record in vars(records).values() if hasattr(record, "__tablename__")}
    assert tables - {"channel_rollup", "control_limits", "identification", "identification_start"} == READ_FROM
