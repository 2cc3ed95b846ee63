"""A station with an administrator, an engineer and an inspector; verifiers are cheap here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.store import Role, Store

CHEAP = Costs(passes=1, memory_kib=64, lanes=1)
PASSWORD = "correct horse 7"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path, station="bench 1") as opened:
        with opened.write("setup") as work:
            for name, printed, role in (
                ("admin", "Administrator", Role.ADMINISTRATOR),
                ("engineer", "Process Engineer", Role.ENGINEER),
                ("inspector", "Line Inspector", Role.INSPECTOR),
            ):
                accounts.create(work, name, printed, role, PASSWORD, costs=CHEAP)
            accounts.ensure_line_account(work)
        yield opened


@pytest.fixture
def password() -> str:
    return PASSWORD


@pytest.fixture
def cheap() -> Costs:
    return CHEAP
