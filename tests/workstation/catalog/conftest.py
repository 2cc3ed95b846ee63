"""A station with an author, an approver and an inspector, and a plan file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.store import Role, Store

CHEAP = Costs(passes=1, memory_kib=64, lanes=1)
PLAN = """\
format = 1

[plan]
name = "piston-ring"
revision = 1

[part]
number = "PR-74"
name = "Piston ring"
drawing_revision = "B"

[[characteristic]]
name = "inside diameter"
unit = "mm"
decimals = 3
nominal = 74.000
lower_specification = 73.965
upper_specification = "74.035"
plausible_low = 73
plausible_high = 75

[[characteristic]]
name = "temperature"
unit = "degC"
decimals = 1
chart = "i_mr"
criticality = "minor"

[[gauge]]
name = "bore gauge 1"
serial_number = "19283746"
profile = "mitutoyo-digimatic-13"
port = "/dev/ttyUSB0"
unit = "millimetre"
calibration_due = 2027-03-31

[[gauge.channel]]
name = "1"
characteristic = "inside diameter"

[[gauge]]
name = "climate"
profile = "modbus-sht20"
port = "tcp://127.0.0.1:5020"

[[gauge.channel]]
name = "temperature"
characteristic = "temperature"
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "home", station="bench 1") as opened:
        with opened.write("setup") as work:
            for name, role in (
                ("author", Role.ENGINEER), ("approver", Role.SUPERVISOR), ("inspector", Role.INSPECTOR),
            ):  # fmt: skip
                accounts.create(work, name, name.title(), role, "correct horse 7", costs=CHEAP)
            accounts.ensure_line_account(work)
        yield opened


@pytest.fixture
def plan_text() -> str:
    return PLAN


@pytest.fixture
def plan_path(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN, encoding="utf-8")
    return path
