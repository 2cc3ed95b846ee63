"""What the control chart page reads: the chart as it was judged, and looked at under other rules."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from analysis import charts
from analysis.rules import RuleSet
from tests.ui.conftest import keep
from ui.models.chart_view import AS_JUDGED, read_chart
from ui.models.station_board import read_board
from workstation.catalog.parts import CharacteristicDefinition, characteristics, define_characteristic, parts
from workstation.catalog.values import Chart
from workstation.errors import Refused
from workstation.line.check import typed_value
from workstation.line.given_limits import parse_given
from workstation.line.keep import Waiting
from workstation.line.ledger import Ledger
from workstation.line.new_limits import Wanted, establish_anew
from workstation.people import accounts
from workstation.station import QualityReactions, Station

DIAMETER, TEMPERATURE = 1, 2
TEMPERATURES = ("20.1", "19.9", "20.0", "20.2", "21.9", "20.0")


def type_in(station: Station, *values: str) -> None:
    """Have the line keep temperatures that a person typed."""
    ledger = Ledger(station.store, QualityReactions(), accounts.LINE_ACCOUNT)
    now = time.time_ns()
    ledger.commit(
        [
            Waiting(typed_value(TEMPERATURE, value, "degC", now + at, time.monotonic_ns()), "inspector")
            for at, value in enumerate(values)
        ]
    )


def give(station: Station, characteristic: int, mean: str, sigma: str, unit: str) -> None:
    with station.write("engineer") as work:
        establish_anew(work, Wanted(characteristic, given=parse_given(mean, sigma, unit)), "prescribed")


def test_single_values_are_looked_at_under_other_rules(home: Path) -> None:
    with Station.open(home) as station:
        type_in(station, *TEMPERATURES)
        trial = read_chart(station, TEMPERATURE, 50, "limits_only")
        assert "trial limits computed from these 6 subgroups" in trial.basis
        assert trial.tracks[0].values.tolist() == [float(one) for one in TEMPERATURES]
        give(station, TEMPERATURE, "20.0", "0.3", "°C")
        judged = read_chart(station, TEMPERATURE, 50, AS_JUDGED)
        assert ": mean 20.0 °C, sigma 0.3 °C; rules Nelson." in judged.basis and not judged.tracks[0].signals
        looked = read_chart(station, TEMPERATURE, 50, "limits_only")
    limits = charts.known("i_mr", mean=20.0, sigma=0.3)
    expected = charts.evaluate([float(one) for one in TEMPERATURES], limits, RuleSet.by_name("limits_only"))
    assert list(looked.tracks[0].signals) == [4] == np.flatnonzero(expected.location.signals).tolist()
    assert looked.tracks[0].upper[0] == pytest.approx(20.9)


def test_rules_that_a_plan_writes_out_are_read_by_chart_and_board(home: Path) -> None:
    own = RuleSet("of the house", RuleSet.by_name("nelson_1").rules)
    with Station.open(home) as station:
        with station.write("engineer") as work:
            (part,) = parts(work)
            definition = CharacteristicDefinition(
                characteristics(work)[1].name, "degC", 1, subgroup_size=1, chart=Chart.I_MR,
                rules=json.dumps(own.to_dict()),
            )  # fmt: skip
            define_characteristic(work, part.id, definition)
        give(station, TEMPERATURE, "20.0", "0.3", "°C")
        type_in(station, *TEMPERATURES)
        judged = read_chart(station, TEMPERATURE, 50, AS_JUDGED)
        board = read_board(station)
    assert list(judged.tracks[0].signals) == [4] and "rules of its own" in judged.basis
    assert board.watched[TEMPERATURE].live.last_number == len(TEMPERATURES)
    assert [(one.characteristic, one.subgroup) for one in board.alarms] == [(TEMPERATURE, 5), (TEMPERATURE, 6)]


def test_a_chart_without_a_point_can_be_looked_at_once_its_limits_are_given(home: Path) -> None:
    with Station.open(home) as station:
        for number, mean, sigma, unit in ((DIAMETER, "74", "0.01", "mm"), (TEMPERATURE, "20", "0.3", "°C")):
            with pytest.raises(Refused, match="Choose 'As judged'"):
                read_chart(station, number, 50, "nelson")
            give(station, number, mean, sigma, unit)
            for rules in (AS_JUDGED, "nelson"):
                assert [len(track) for track in read_chart(station, number, 50, rules).tracks] == [0, 0]


def test_subgroups_from_before_the_plan_asked_for_single_values_are_gaps(home: Path) -> None:
    keep(home, ["74.001"] * 10)
    with Station.open(home) as station:
        with station.write("engineer") as work:
            (part,) = parts(work)
            was = characteristics(work)[0]
            define_characteristic(
                work, part.id, CharacteristicDefinition(was.name, "mm", 3, subgroup_size=1, chart=Chart.I_MR)
            )
        give(station, DIAMETER, "74", "0.01", "mm")
        (values, _) = read_chart(station, DIAMETER, 50, "nelson").tracks
    assert len(values) == 2 and np.isnan(values.values).all()
