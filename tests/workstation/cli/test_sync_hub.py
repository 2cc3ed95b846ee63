"""`sinebar sync` and `sinebar hub` as a person and a script call them."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workstation.wire.stations import HubProcess, command, measure, new_station, process
from workstation import settings


def test_from_enrolment_to_equal_counts(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with new_station(home) as store:
        measure(store, 4)
    with HubProcess(tmp_path / "hub") as hub:
        code = command("hub", "enrol", "bench 1", "--data", hub.data).stdout.splitlines()[0]
        done = command("sync", "enrol", hub.address, "--code", code, home=home)
        assert (done.returncode, done.stdout.strip()) == (0, "This station is enrolled.")
        before = json.loads(command("sync", "status", "--json", home=home).stdout)
        assert (before["pending"], before["last_contact"]) == (6, "")
        sent = json.loads(command("sync", "run", "--once", "--json", home=home).stdout)
        assert (sent["sent"], sent["readings"], sent["totals"]["count"]) == (6, 20, 6)
        after = json.loads(command("sync", "status", "--json", home=home).stdout)
        assert (after["pending"], after["acknowledged"], after["readings_acknowledged"]) == (0, 6, 20)
        (known,) = json.loads(command("hub", "stations", "--data", hub.data, "--json").stdout)["stations"]
        assert (known["entries"], known["readings"], known["head"]) == (6, 20, sent["totals"]["hash"])
        assert known["digest"] == sent["totals"]["digest"]
        assert json.loads(command("hub", "verify", "--data", hub.data, "--json").stdout) == {
            "entries": 6,
            "verified": True,
        }
        assert hub.stop() == 0
    away = process("sync", "run", "--once", home=home)
    assert away.returncode == 3
    sentence, next_step = away.stderr.splitlines()
    assert sentence.startswith(f"The hub at {hub.address} cannot be reached (")
    assert next_step == "Everything stays here and is sent when the hub is back."
    assert "cannot be reached" in command("sync", "status", home=home).stdout
    if sys.platform != "win32":
        assert (home / "hub.credentials").stat().st_mode & 0o077 == 0


def test_a_plant_without_a_network(tmp_path: Path) -> None:
    home, data, stick = tmp_path / "home", tmp_path / "hub", tmp_path / "stick"
    stick.mkdir()
    with new_station(home) as store:
        measure(store, 2)
    assert command("hub", "enrol", "bench 1", "--data", data, "--offline", stick / "key").returncode == 0
    assert command("sync", "enrol", "--file", stick / "key", home=home).returncode == 0
    written = json.loads(command("sync", "bundle", stick / "a.zip", "--json", home=home).stdout)
    assert (written["first"], written["last"], written["readings"]) == (1, 4, 10)
    taken = command("hub", "accept", stick / "a.zip", "--data", data, "--acknowledgement", stick / "b.zip", "--json")
    assert json.loads(taken.stdout)["head"]["readings"] == 10
    back = command("sync", "accept", stick / "b.zip", "--json", home=home)
    assert json.loads(back.stdout) == {"acknowledged": 4, "readings": 10}
    again = command("hub", "accept", stick / "a.zip", "--data", data)
    assert (again.returncode, "was taken already" in again.stderr) == (1, True)
    assert "bundle refused" in command("hub", "events", "--data", data).stdout
    networked = command("sync", "run", "--once", home=home)
    assert (networked.returncode, "no hub on a network" in networked.stderr) == (2, True)


def test_sync_runs_on_until_it_is_ended(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with new_station(home) as store:
        measure(store, 1)
        with HubProcess(tmp_path / "hub") as hub:
            code = command("hub", "enrol", "bench 1", "--data", hub.data).stdout.splitlines()[0]
            command("sync", "enrol", hub.address, "--code", code, home=home)
            settings.change(home, settings.SYNC_SECONDS.key, "0.2")
            running = subprocess.Popen(
                [sys.executable, "-m", "workstation.cli", "--home", str(home), "sync", "run", "--json"],
                stdout=subprocess.PIPE,
                text=True,
            )
            with running:
                assert running.stdout is not None
                assert json.loads(running.stdout.readline())["totals"]["count"] == 3
                second = process("sync", "run", "--once", home=home)
                assert (second.returncode, "Another process syncs" in second.stderr) == (3, True)
                measure(store, 1, first=2)
                assert json.loads(running.stdout.readline())["totals"]["count"] == 4
                running.send_signal(signal.SIGTERM)
                assert running.wait(60) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("sync", "run", "--once"), 3, "no station in"),
        (("sync", "status"), 3, "no station in"),
        (("sync", "enrol"), 2, "either the hub's address or a file"),
        (("sync", "enrol", "--file", "nothing"), 3, "cannot be read"),
        (("hub", "stations", "--data", "nowhere"), 2, "no hub in"),
        (("hub", "accept", "nothing.zip", "--data", "nowhere"), 2, "no hub in"),
        (("hub", "enrol", " ", "--data", "hub"), 2, "cannot be the name"),
        (("hub", "enrol", "x", "--data", "hub", "--valid-hours", "0"), 2, "valid for 0 hours"),
        (("hub", "revoke", "x", "--data", "nowhere"), 2, "no hub in"),
        (("hub", "serve"), 2, "--data"),
    ],
)
def test_wrong_calls_get_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = command(*arguments, home=tmp_path / "home")
    assert (answer.returncode, said in answer.stderr) == (code, True), answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "home" / "station.db").exists()


def test_bad_addresses_and_certificates(tmp_path: Path) -> None:
    home = tmp_path / "home"
    new_station(home).close()
    for url in ("quality.example", "ftp://x", "http://", "http://user:pw@x", "http://x:99999"):
        answer = command("sync", "enrol", url, "--code", "x", home=home)
        assert (answer.returncode, "is no address of a hub" in answer.stderr) == (2, True), url
    missing = command("hub", "serve", "--data", tmp_path / "hub", "--certificate", "a.pem", "--key", "b.pem")
    assert (missing.returncode, "not there" in missing.stderr) == (3, True)


def _certificate(certificate: Path, key: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=hub", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip


def test_over_https_with_the_plants_own_authority(tmp_path: Path) -> None:
    certificate, key = tmp_path / "hub.pem", tmp_path / "hub.key"
    _certificate(certificate, key)
    home = tmp_path / "home"
    with new_station(home) as store:
        measure(store, 1)
    hub = HubProcess(tmp_path / "hub", "--certificate", str(certificate), "--key", str(key))
    with hub:
        assert hub.address.startswith("https://")
        code = command("hub", "enrol", "bench 1", "--data", hub.data).stdout.splitlines()[0]
        stranger = command("sync", "enrol", hub.address, "--code", code, home=home)
        assert (stranger.returncode, "CERTIFICATE_VERIFY_FAILED" in stranger.stderr) == (3, True)
        assert "is not trusted here" in stranger.stderr and "--authority" in stranger.stderr
        trusted = command("sync", "enrol", hub.address, "--code", code, "--authority", certificate, home=home)
        assert trusted.returncode == 0, trusted.stderr
        assert json.loads(command("sync", "run", "--once", "--json", home=home).stdout)["sent"] == 3
        hub.stop()
        _certificate(certificate, key)  # renewed
        hub.start()
        doubted = command("sync", "run", "--once", home=home)
        assert (doubted.returncode, "sync enrol --authority" in doubted.stderr) == (3, True), doubted.stderr
        wrong = command("sync", "enrol", "--authority", key, home=home)
        assert (wrong.returncode, "no certificate" in wrong.stderr) == (3, True)
        assert command("sync", "enrol", "--authority", certificate, home=home).returncode == 0
        assert command("sync", "run", "--once", home=home).returncode == 0
