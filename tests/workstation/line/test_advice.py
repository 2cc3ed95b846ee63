"""What a plan asks of its instruments, held against the profiles that came with Sinebar."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.profile.load import load_profile
from resources import ROOT
from workstation.catalog.plan_file import load_plan_file
from workstation.line.advice import ANY, channels, feeds_of_file, remarks
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
