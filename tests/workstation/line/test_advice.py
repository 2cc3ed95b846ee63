"""What a plan asks of its instruments, held against the profiles that came with Sinebar."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.profile.load import load_profile
from resources import ROOT
from workstation.catalog.plan_file import load_plan_file
from workstation.catalog.values import Gauge, GaugeStatus
from workstation.line.advice import ANY, channels, feeds_of_file, remarks, unreadable
from workstation.line.ports import library

PLAN = """
format = 1
[plan]
name = "oven"
revision = 1
[part]
number = "P-1"
name = "Bread"
[[characteristic]]
name = "temperature"
unit = "°C"
decimals = 1
[[gauge]]
name = "oven"
profile = "{profile}"
port = "tcp://127.0.0.1:4001"
{unit}
[[gauge.channel]]
name = "{channel}"
characteristic = "temperature"
"""
E5CN, MITUTOYO, SHT20 = "modbus.omron-e5cn-tenths", "mitutoyo.digimatic-13", "modbus.sht20"


def said(folder: Path, profile: str, channel: str, unit: str = "") -> str:
    file = folder / "plan.toml"
    given = f'unit = "{unit}"' if unit else ""
    file.write_text(PLAN.format(profile=profile, channel=channel, unit=given), encoding="utf-8")
    return " ".join(remarks(feeds_of_file(load_plan_file(file)), library(folder)))


@pytest.mark.parametrize(
    ("profile", "channel", "unit", "expected"),
    [
        (E5CN, "process-value", "°C", ""),
        (E5CN, "process-value", "°F", ""),
        (E5CN, "process-value", "", "sends no unit"),
        (E5CN, "process-value", "kg", "kg measures mass and °C temperature"),
        (E5CN, "output", "°C", "cannot be converted"),
        (E5CN, "proces-value", "°C", "is not one that its profile has (process-value, status,"),
        (SHT20, "temperature", "", ""),
        (MITUTOYO, "1", "", "sends no unit"),
        ("mettler.mt-sics", "1", "", ""),
        ("mettler.mt-siks", "1", "", "There is no profile 'mettler.mt-siks'"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_else(
    tmp_path: Path, profile: str, channel: str, unit: str, expected: str
) -> None:
    told = said(tmp_path, profile, channel, unit)
    assert (expected in told) if expected else not told, told


@pytest.mark.parametrize("file", sorted((ROOT / "profiles").glob("*.toml")), ids=lambda path: path.stem)
def test_what_a_profile_reads_in_its_own_tests_is_among_its_channels(file: Path) -> None:
    profile = load_profile(file)
    known = channels(profile)
    for test in profile.tests:
        for one in test.expect:
            if one.value:
                sent = known[ANY if ANY in known else one.channel or "1"]
                assert sent in ("", None if one.unit == "station" else one.unit), test.name


def test_a_gauge_that_cannot_be_read_is_named_before_the_line_starts(tmp_path: Path) -> None:
    def gauge(number: int, profile: str, port: str, status: GaugeStatus = GaugeStatus.ACTIVE) -> Gauge:
        return Gauge(number, f"u{number}", 1, f"g{number}", "", profile, port, "mm", None, status)

    found = unreadable(
        [
            gauge(1, MITUTOYO, "/dev/ttyUSB0", GaugeStatus.RETIRED),
            gauge(2, MITUTOYO, "/dev/ttyUSB0"),
            gauge(3, MITUTOYO, "/dev/ttyUSB0?poll=1@1"),
            gauge(4, SHT20, "/dev/ttyUSB1"),
            gauge(5, SHT20, "/dev/ttyUSB1?unit=2"),
            gauge(6, SHT20, "/dev/ttyUSB1?unit=2"),
            gauge(7, "opc-ua", "tcp://host:4840"),
            gauge(8, MITUTOYO, "tcp-listen://:4001"),
            gauge(9, MITUTOYO, "tcp-listen://127.0.0.1:4001"),
            gauge(10, MITUTOYO, "tcp://host:4001"),
            gauge(11, MITUTOYO, "tcp://host:4001"),
            gauge(12, "fluke.1504", "COM4"),
            gauge(13, MITUTOYO, "wedge:"),
        ],
        library(tmp_path),
    )
    assert list(found) == ["g3", "g6", "g7", "g9", "g12"]
    told = {name: str(why) for name, why in found.items()}
    assert "It has the same port as gauge g2" in told["g3"]
    assert "It has the same unit 2" in told["g6"] and "as gauge g5" in told["g6"]
    assert "opc.tcp://" in told["g7"]
    assert "It has the same port as gauge g8" in told["g9"]
    assert "?line=9600-8N1" in told["g12"]
