"""Plans, accounts, settings, records, verify, backup, restore and doctor on a real station."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from workstation.catalog.gauges import GaugeDefinition, ensure_gauge, named_gauge, set_gauge_status
from workstation.catalog.values import GaugeStatus
from workstation.station import Station

PASSWORD = "correct horse battery"
OTHER = "another long password"


@pytest.fixture
def station(call: Any, home: Path, plan_file: Path) -> Path:
    """A station without accounts that has an effective plan."""
    assert call("import", "plan", plan_file, "--home", home, "--account", "anna").code == 0
    assert call("import", "approve", "ring", "--home", home, "--account", "otto").code == 0
    return home


def test_a_plan_is_imported_and_approved_by_somebody_else(call: Any, home: Path, plan_file: Path) -> None:
    drafted = call("import", "plan", plan_file, "--home", home, "--account", "anna", "--json")
    assert drafted.json["status"] == "draft"
    own = call("import", "approve", "ring", "--home", home, "--account", "anna")
    assert own.code == 2 and "may not approve it" in own.err
    assert (
        call("import", "approve", "ring", "--home", home, "--account", "otto", "--json").json["status"] == "effective"
    )
    again = call("import", "approve", "ring", "--home", home, "--account", "otto")
    assert again.code == 2 and "no draft of plan 'ring'" in again.err


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("format = 1\nplan = [,\n", "line 2"),
        ("format = 1\n[plan]\nname = 'x'\n", "part is missing"),
        ("format = 99\n", "format"),
        ("\udcff".encode("utf-8", "surrogateescape"), "UTF-8"),
    ],
)
def test_a_malformed_plan_names_file_place_and_remedy(
    call: Any, home: Path, plan_file: Path, text: str | bytes, complaint: str
) -> None:
    plan_file.write_bytes(text if isinstance(text, bytes) else text.encode())
    said = call("import", "plan", plan_file, "--home", home)
    assert said.code == 2 and complaint in said.err and str(plan_file) in said.err
    assert not home.exists()


def test_a_missing_plan_file_is_said(call: Any, home: Path) -> None:
    said = call("import", "plan", "nosuch.toml", "--home", home)
    assert said.code in (2, 3) and "nosuch.toml" in said.err


def test_the_first_account_is_an_administrator_who_adds_the_others(call: Any, station: Path) -> None:
    home = ("--home", station)
    first = call("accounts", "add", "anna", "--role", "inspector", "--name", "Anna", *home, stdin=f"{PASSWORD}\n")
    assert first.code == 2 and "must be an administrator" in first.err
    add = ("accounts", "add", "--password-stdin", *home)
    assert call(*add, "chief", "--role", "administrator", "--name", "Chief", stdin=f"{PASSWORD}\n").code == 0
    wrong = call(*add, "anna", "--role", "inspector", "--name", "Anna", "--account", "chief", stdin=f"guess\n{OTHER}\n")
    assert wrong.code == 2 and "do not fit" in wrong.err
    both = f"{PASSWORD}\n{OTHER}\n"
    made = call(*add, "anna", "--role", "inspector", "--name", "Anna", "--account", "chief", "--json", stdin=both)
    assert made.json["role"] == "inspector"
    listed = call("accounts", "list", *home, "--json").json["accounts"]
    assert [one["name"] for one in listed] == ["anna", "chief", "line"]
    assert "verifier" not in str(listed)
    changed = call("accounts", "set-password", "anna", *home, "--password-stdin", stdin=f"{OTHER}\n{PASSWORD}\n")
    assert changed.code == 0
    cannot = call("accounts", "deactivate", "chief", "--reason", "x", "--account", "anna", *home,
                  "--password-stdin", stdin=f"{PASSWORD}\n")  # fmt: skip
    assert cannot.code == 2 and "may not manage accounts" in cannot.err
    gone = call("accounts", "deactivate", "anna", "--reason", "left", "--account", "chief", *home,
                "--password-stdin", stdin=f"{PASSWORD}\n")  # fmt: skip
    assert "anna is deactivated" in gone.out


def test_an_approval_on_a_station_with_accounts_is_signed(call: Any, home: Path, plan_file: Path) -> None:
    at = ("--home", home, "--password-stdin")
    call("accounts", "add", "chief", "--role", "administrator", "--name", "Chief", *at, stdin=f"{PASSWORD}\n")
    both = f"{PASSWORD}\n{PASSWORD}\n"
    for name in ("erna", "egon"):
        made = call("accounts", "add", name, "--role", "engineer", "--name", name.title(), "--account", "chief", *at,
                    stdin=both)  # fmt: skip
        assert made.code == 0, made.err
    unproven = call("import", "plan", plan_file, "--account", "erna", *at, stdin="wrong password\n")
    assert unproven.code == 2
    assert call("import", "plan", plan_file, "--account", "erna", *at, stdin=f"{PASSWORD}\n").code == 0
    approved = call("import", "approve", "ring", "--account", "egon", *at, stdin=f"{PASSWORD}\n")
    assert approved.code == 0, approved.err
    entries = call("records", "history", "ring", "--home", home, "--json").json["entries"]
    assert [one["account"] for one in entries] == ["erna", "egon"]
    assert '"meaning":"approve"' in entries[-1]["signature"] and "Egon" in entries[-1]["signature"]
    assert call("verify", "--home", home).code == 0


def test_without_a_terminal_nothing_is_asked(call: Any, station: Path) -> None:
    said = call("accounts", "add", "chief", "--role", "administrator", "--name", "Chief", "--home", station)
    assert said.code == 2 and "no terminal" in said.err


def test_settings_are_listed_and_changed(call: Any, home: Path) -> None:
    assert call("settings", "set", "line.batch_rows", "250", "--home", home).code == 0
    listed = {one["key"]: one for one in call("settings", "list", "--home", home, "--json").json["settings"]}
    assert listed["line.batch_rows"]["value"] == 250
    assert "sync.interval_seconds " in call("settings", "list", "--home", home).out  # a key that can be copied whole
    assert call("settings", "set", "publish.group", "", "--home", home).out == "publish.group is now empty.\n"
    below = call("settings", "set", "sync.interval_seconds", "-5", "--home", home)
    assert below.code == 2 and "Write -- before a value" in below.err
    behind = call("settings", "set", "--home", home, "--", "sync.interval_seconds", "-5")
    assert behind.code == 2 and "from 0.2 to 86400 s, not -5" in behind.err
    wrong = call("settings", "set", "line.batch_rows", "0", "--home", home)
    assert wrong.code == 2 and "from 1 to 10000" in wrong.err
    (home / "settings.toml").write_text("[line]\nbatch_rows = 'many'\n")
    broken = call("settings", "list", "--home", home)
    assert broken.code == 3 and "settings.toml, line 2" in broken.err


def test_records_are_listed_shown_and_their_history_told(call: Any, station: Path) -> None:
    at = ("--home", station)
    (gauge,) = call("records", "list", "gauge", *at, "--json").json["records"]
    assert gauge["name"] == "caliper"
    assert "caliper" in call("records", "list", "gauge", *at).out
    shown = call("records", "show", gauge["uid"], *at, "--json").json
    assert shown["kind"] == "gauge" and shown["record"] == gauge
    assert call("records", "show", "CALIPER", *at).code == 0
    history = call("records", "history", "ring", *at, "--json").json["entries"]
    assert [one["verb"] for one in history] == ["inspection_plan.draft", "inspection_plan.approve"]
    assert "approve" in call("records", "history", "ring", *at).out
    assert call("records", "list", "reading", *at).out == "Nothing of the kind reading is here yet.\n"
    for bad in (
        ("list", "bogus"),
        ("show", "bogus"),
        ("history", "bogus"),
        ("list", "reading", "--characteristic", "9"),
    ):
        assert call("records", *bad, *at).code == 2


def test_the_newest_records_are_listed_the_oldest_of_them_first(call: Any, station: Path) -> None:
    at = ("--home", station)
    for burr in ("first", "second", "third"):
        assert call("records", "report-nonconformance", burr, "--part", "R-74", "--account", "otto", *at).code == 0
    found = call("records", "list", "nonconformance", "--limit", "2", *at, "--json").json["records"]
    assert [one["nature"] for one in found] == ["second", "third"]
    told = call("records", "history", found[0]["number"], *at).out
    assert "second" in told and "concession" not in told  # what was empty and stays so is no change


@pytest.mark.parametrize(
    "command", [("records", "list", "part"), ("verify",), ("backup",), ("accounts", "list"), ("import", "approve", "x")]
)
def test_a_mistyped_home_makes_no_station(call: Any, home: Path, command: tuple[str, ...]) -> None:
    said = call(*command, "--home", home)
    assert said.code == 3 and "There is no station in" in said.err
    assert not home.exists()


def test_verify_names_what_was_tampered_with(call: Any, station: Path) -> None:
    whole = call("verify", "--home", station, "--json")
    assert whole.code == 0 and whole.json["intact"] and whole.json["entries"] > 0
    with sqlite3.connect(station / "station.db") as connection:
        connection.execute("UPDATE gauge SET port = '/dev/other'")
    connection.close()
    broken = call("verify", "--home", station)
    assert broken.code == 1 and "port is '/dev/other'" in broken.out


def test_a_backup_put_back_is_the_station_of_that_time(call: Any, station: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    made = call("backup", copy, "--home", station, "--json").json
    assert Path(made["path"]) == copy and len(made["sha256"]) == 64
    assert call("backup", copy, "--home", station).code == 2  # never overwritten
    assert call("import", "plan", _second(tmp_path), "--home", station).code == 0
    assert len(call("records", "list", "plan", "--home", station, "--json").json["records"]) == 2
    assert call("restore", copy, "--home", station).code == 0
    assert len(call("records", "list", "plan", "--home", station, "--json").json["records"]) == 1
    assert list((station / "backups").glob("replaced-*.db"))
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"no database at all" * 100)
    said = call("restore", garbage, "--home", station)
    assert said.code == 3 and str(garbage) in said.err
    assert call("verify", "--home", station).code == 0


def test_a_copy_that_is_older_than_what_the_hub_has_is_called_so(call: Any, station: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    made = call("backup", copy, "--home", station, "--json").json
    state = '{"hub": "https://hub.example", "acknowledged": {"count": %d, "hash": "%s"}}'
    (station / "sync.json").write_text(state % (made["entries"], made["head"]))
    assert call("restore", copy, "--home", station, "--json").json["hint"] == ""
    (station / "sync.json").write_text(state % (made["entries"] + 2, made["head"]))
    said = call("restore", copy, "--home", station)
    assert said.code == 0 and "put back from an older copy. Put back a copy that has them all" in said.out


def test_a_copy_of_another_station_takes_nothing_of_the_one_that_stood_there(
    call: Any, station: Path, tmp_path: Path
) -> None:
    """Least of all what the hub acknowledged of it and its key to the hub."""
    from workstation.station import Station

    copy, other = tmp_path / "copy.db", tmp_path / "other"
    call("backup", copy, "--home", station)
    Station.open(other, name="bench 9").close()
    (other / "sync.json").write_text('{"hub": "https://h.example", "acknowledged": {"count": 7, "hash": "x"}}')
    (other / "hub.credentials").write_text("those of bench 9")
    said = call("restore", copy, "--home", other)
    assert said.code == 0 and "Station bench 9, which stood there, is kept in" in said.out
    assert call("verify", "--home", other).code == 0
    assert "not enrolled" in call("sync", "run", "--once", "--home", other).err
    assert (other / "backups" / "hub.credentials").read_text() == "those of bench 9"


def _second(folder: Path) -> Path:
    path = folder / "second.toml"
    path.write_text((folder / "plan.toml").read_text().replace("revision = 1", "revision = 2"))
    return path


def test_restore_waits_for_no_line_to_be_running(call: Any, station: Path, tmp_path: Path) -> None:
    from workstation.line.lock import LineLock

    copy = tmp_path / "copy.db"
    call("backup", copy, "--home", station)
    lock = LineLock.acquire(station)
    said = call("restore", copy, "--home", station)
    lock.release()
    assert said.code == 3 and "is already running" in said.err


def test_the_doctor_says_what_is_good_and_what_is_not(call: Any, station: Path, home: Path) -> None:
    healthy = call("doctor", "--home", station, "--json")
    states = {one["what"]: one["state"] for one in healthy.json["findings"]}
    assert healthy.code == 0 and states["database"] == "good" and states["gauge caliper"] == "warning"
    (station / "settings.toml").write_text("nonsense = [")
    wrong = call("doctor", "--home", station, "--json")
    assert wrong.code == 3
    assert {one["what"] for one in wrong.json["findings"] if one["state"] == "wrong"} >= {"settings"}
    assert call("doctor", "--home", station / "nowhere").code == 3


def test_the_doctor_says_which_gauges_give_nothing(call: Any, station: Path) -> None:
    """One is locked and overdue, and its unit measures something else."""
    with Station.open(station) as opened, opened.store.write("chief") as work:
        one = named_gauge(work, "caliper")
        ensure_gauge(work, GaugeDefinition(one.name, one.profile, one.port, one.serial_number, "kg", "2020-01-31"))
        set_gauge_status(work, one.id, GaugeStatus.LOCKED, "dropped")
    told = call("doctor", "--home", station, "--json")
    said = [one["sentence"] for one in told.json["findings"] if one["what"] == "gauge caliper"]
    assert told.code == 0 and all(one["state"] != "good" for one in told.json["findings"] if "gauge" in one["what"])
    for words in ("kg measures mass", "Its calibration was due 2020-01-31.", "It is locked."):
        assert any(words in sentence for sentence in said), (words, said)


def test_the_doctor_warns_of_a_low_disk_and_names_what_is_damaged(
    call: Any, station: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    low = shutil.disk_usage(station)._replace(free=5 * 1024**2)
    monkeypatch.setattr("workstation.cli.doctor.shutil.disk_usage", lambda _: low)
    with sqlite3.connect(station / "station.db") as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("UPDATE binding SET gauge_id = 99")
    connection.close()
    said = call("doctor", "--home", station, "--json")
    found = {one["what"]: one for one in said.json["findings"]}
    assert said.code == 3 and found["disk"]["state"] == "warning"
    assert "binding row 1 refers to a missing gauge" in found["database"]["sentence"]


def test_verify_holds_the_journal_against_what_the_hub_has(call: Any, station: Path) -> None:
    whole = call("verify", "--home", station, "--json").json
    state = '{"hub": "https://hub.example", "acknowledged": {"count": %d, "hash": "%s"}}'
    for entries, code, said in (
        (whole["entries"], 0, "All is as it was written"),
        (whole["entries"] + 1, 1, "but hub https://hub.example has"),
        (1, 1, "is not the one that hub https://hub.example has acknowledged"),
    ):
        (station / "sync.json").write_text(state % (entries, whole["head"]))
        found = call("verify", "--home", station)
        assert (found.code, said in found.out) == (code, True), found
