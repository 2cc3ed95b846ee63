"""Settings of an instrument changed through a running line: another maker's server, the command line, the journal."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import Line, _end_orphan, lay_down
from workstation.line.supervisor import program, surroundings
from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.station import Station
from workstation.store import Role
from workstation.store.verify import verify

PASSWORD = "correct horse battery"
PROFILE = """
[profile]
id = "test.oven"
version = 1
title = "Oven controller"
maker = "none"
family = "temperature"
source = "this test"
certainty = "code"
[serial]
line = "9600 8N1"
[modbus]
unit = 1
table = "holding"
timeout_ms = 500
late_window_ms = 500
[[group]]
name = "all"
interval_ms = 200
[[point]]
name = "temperature"
at = 0
type = "i16"
scale = "0.1"
unit = "°C"
group = "all"
[[point]]
name = "set-point"
at = 10
type = "i16"
scale = "0.1"
unit = "°C"
group = "all"
write = { minimum = "20", maximum = "250" }
[[point]]
name = "stuck"
at = 11
group = "all"
write = { minimum = "0", maximum = "9" }
[[point]]
name = "missing"
at = 300
group = "all"
write = { minimum = "0", maximum = "9" }
[[test]]
name = "180.0 degrees"
hex = "01 03 02 07 08 BB B2"
asked = "holding 0"
expect = [{ channel = "temperature", value = "180.0", unit = "°C" }]
"""
PLAN = """
format = 1
[plan]
name = "oven"
revision = 1
[part]
number = "B-1"
name = "Bread"
[[characteristic]]
name = "temperature"
unit = "°C"
decimals = 1
chart = "xbar_r"
subgroup_size = 3
[[gauge]]
name = "oven"
serial_number = "SN 7"
profile = "test.oven"
port = "{port}"
[[gauge.channel]]
name = "temperature"
characteristic = "temperature"
[gauge.channel.continuous]
group = "count"
size = 4
"""


class Controller:
    """An oven controller served by pyModbusTCP: one register is stuck, and there are only a hundred."""

    def __init__(self) -> None:
        from pyModbusTCP.server import DataBank, ModbusServer

        class Bank(DataBank):  # type: ignore[misc]
            def on_holding_registers_change(self, address: int, _old: int, _new: int, srv_info: object) -> None:
                if address == 11 and srv_info:
                    self.set_holding_registers(11, [3])

        self.bank = Bank(h_regs_size=100)
        self.bank.set_holding_registers(0, [1801])
        self.bank.set_holding_registers(10, [1800, 3])
        for port in range(15020, 15080):
            self.server = ModbusServer("127.0.0.1", port, no_block=True, data_bank=self.bank)
            try:
                self.server.start()
            except ModbusServer.NetworkError:
                continue
            self.port = f"tcp://127.0.0.1:{port}"
            break

    def holds(self, address: int) -> int:
        (value,) = self.bank.get_holding_registers(address, 1)
        return int(value)


@pytest.fixture
def controller() -> Iterator[Controller]:
    pytest.importorskip("pyModbusTCP")
    made = Controller()
    yield made
    made.server.stop()


@pytest.fixture
def line(tmp_path: Path, controller: Controller) -> Iterator[Line]:
    home = tmp_path / "home"
    (home / "profiles").mkdir(parents=True)
    (home / "profiles" / "test-oven.toml").write_text(PROFILE, encoding="utf-8")
    lay_down(home, controller.port, PLAN)
    with Station.open(home) as station, station.write("set-up") as work:
        for name, role in (("chief", Role.ADMINISTRATOR), ("erna", Role.ENGINEER), ("ivo", Role.INSPECTOR)):
            accounts.create(work, name, name.title(), role, PASSWORD, costs=Costs(1, 64, 1))
        accounts.ensure_line_account(work)
    made = Line(home)
    try:
        made.start()
        made.wait(lambda: made.window.state is not None and made._status.get("SN 7") == "ready", "the oven answers")
        yield made
    finally:
        made.close()
        _end_orphan(home)


def write(home: Path, *words: str, account: str = "erna", yes: bool = True) -> subprocess.CompletedProcess[str]:
    agreed = ("--yes",) if yes else ()
    return subprocess.run(
        program(
            "instruments", "write", *words, *agreed, "--json", "--account", account, "--password-stdin",
            "--home", str(home),
        ),
        input=f"{PASSWORD}\n", capture_output=True, text=True, env=surroundings(), timeout=60, check=False,
    )  # fmt: skip


def entries(home: Path) -> list[tuple[str, str, str]]:
    """Who did what with which words, of everything in the journal that concerns an instrument's settings."""
    with Station.open(home, create=False) as station, station.read() as reader:
        found = [one for one in reader.journal_latest(500, kind="gauge") if one.verb.startswith("gauge.set")]
        assert verify(reader.raw).intact
    return sorted((one.account, one.verb, one.reason) for one in found)


def test_a_declared_setting_is_changed_read_back_and_journalled(line: Line, controller: Controller) -> None:
    done = write(line.home, "oven", "set-point", "200.5", "--reason", "darker crust")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "instrument": "oven", "signal": "set-point", "old": "180.0", "new": "200.5", "unit": "°C",
    }  # fmt: skip
    assert controller.holds(10) == 2005
    change = "set-point: 180.0 °C -> 200.5 °C"
    assert entries(line.home) == [
        ("erna", "gauge.set", f"{change}, asked for. darker crust"),
        ("erna", "gauge.set_result", f"{change}: confirmed, and the instrument reads back 200.5 °C."),
    ]
    stuck = write(line.home, "SN 7", "stuck", "4")
    assert stuck.returncode == 1
    assert json.loads(stuck.stderr)["error"] == "oven confirmed 4 and reads back 3."
    assert entries(line.home)[-1][2] == "stuck: 3 -> 4: confirmed, and the instrument reads back 3."
    again = line.snapshot()
    assert again is not None and line._status["SN 7"] == "ready", "its port was never closed for that"


def settings(home: Path, instrument: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        program("instruments", "settings", instrument, "--json", "--home", str(home)),
        capture_output=True, text=True, env=surroundings(), timeout=60, check=False,
    )  # fmt: skip


def test_settings_are_read_as_the_instrument_holds_them_and_kept_nowhere(line: Line, controller: Controller) -> None:
    found = settings(line.home, "oven")
    assert found.returncode == 3, "one of them cannot be read"
    held, stuck, missing = json.loads(found.stdout)["settings"]
    assert held == {
        "name": "set-point", "unit": "°C", "minimum": "20", "maximum": "250", "value": "180.0", "why": "",
    }  # fmt: skip
    assert (stuck["value"], missing["value"]) == ("3", "") and "cannot be read" in missing["why"]
    controller.bank.set_holding_registers(10, [1234])
    assert json.loads(settings(line.home, "SN 7").stdout)["settings"][0]["value"] == "123.4"
    assert entries(line.home) == [] and "has no instrument" in settings(line.home, "kiln").stderr
    controller.server.stop()
    line.wait(lambda: line.status("SN 7") != "ready", "the oven is away")
    gone = settings(line.home, "oven")
    assert gone.returncode == 3
    assert [one["value"] for one in json.loads(gone.stdout)["settings"]] == [""] * 3


REFUSED = [
    (("oven", "set-point", "251"), "erna", "251 is outside what set-point may be set to."),
    (("oven", "set-point", "200.55"), "erna", "200.55 is finer than set-point can hold."),
    (("oven", "set-point", "hot"), "erna", "'hot' is no number."),
    (("oven", "temperature", "200"), "erna", "temperature of SN 7 is not writable."),
    (("kiln", "set-point", "200"), "erna", "The line has no instrument 'kiln'."),
    (("oven", "set-point", "200"), "ivo", "ivo (inspector) may not change settings of instruments."),
    (("oven", "missing", "4"), "erna", "missing of oven cannot be read: "),
]


def test_what_may_not_be_is_refused_with_a_sentence_and_never_sent(line: Line, controller: Controller) -> None:
    for words, account, sentence in REFUSED:
        said = write(line.home, *words, account=account)
        told = json.loads(said.stderr)
        assert (said.returncode, said.stdout) == (1, ""), said
        assert told["error"].startswith(sentence) and told["next_step"] is not None
    unasked = write(line.home, "oven", "set-point", "200", yes=False)
    assert unasked.returncode == 2 and "--yes" in json.loads(unasked.stderr)["next_step"]
    assert line.end() == 0
    gone = write(line.home, "oven", "set-point", "200")
    assert gone.returncode == 1 and "is not running" in json.loads(gone.stderr)["error"]
    assert controller.holds(10) == 1800
    assert entries(line.home) == []
