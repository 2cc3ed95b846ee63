"""The demo's story, step by step; each step uses the same commands and services a plant would use."""

from __future__ import annotations

import contextlib
import secrets
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from resources import ROOT
from workstation.catalog import parts, plans
from workstation.catalog.plan_file import PlanFile, parse_plan
from workstation.demonstration.players import Player, ask
from workstation.demonstration.watching import BORE, Watch
from workstation.errors import CallIsWrong, Refused, SurroundingsFailed
from workstation.line.supervisor import program, surroundings
from workstation.people import accounts
from workstation.station import Station
from workstation.store import Role

FOLDER = ROOT / "demo"
PACE = 10.0
"""Readings a second at speed 1: a brisk inspector with a data button."""
PUBLISHED = 200
SUBGROUP = 5
MORE = 10
GAUGE_PROFILE = "mitutoyo.digimatic-13"
CLIMATE_PROFILE = "modbus.sht20"
INSPECTOR, ENGINEER, SUPERVISOR = "demo.inspector", "demo.engineer", "demo.supervisor"
CONTAINMENT = "Piece separated in the red bin of the demonstration and marked with the number of this record."
DISPOSITION_REASON = "One ring above the upper tolerance limit; it cannot be brought back by machining."

Say = Callable[[str], None]
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Facts:
    """What the steps found out; the summary is made of it."""

    sent: int = 0
    hub_first: dict[str, Any] = field(default_factory=dict)
    hub_away: dict[str, Any] = field(default_factory=dict)
    hub_again: dict[str, Any] = field(default_factory=dict)
    hub_holds: dict[str, Any] = field(default_factory=dict)
    hub_verifies: bool = False
    pending_while_away: int = 0
    nonconformance: str = ""
    capa: str = ""
    written: list[Path] = field(default_factory=list)


class Story:
    """One run of the demo in one home. `speed` multiplies the gauge's pace."""

    def __init__(self, home: Path, *, speed: float, say: Say, progress: Progress) -> None:
        self.home = home
        self.speed = speed
        self.say = say
        self.progress = progress
        self.facts = Facts()
        self._passwords = {name: secrets.token_urlsafe(18) for name in (INSPECTOR, ENGINEER, SUPERVISOR)}

    # --- 1: a station with a plan, people and instruments ---------------------------------------------------------

    def set_up(self, station: Station) -> int:
        """Accounts, the plan drafted by one and approved by another; returns the bore's characteristic."""
        with station.write(SUPERVISOR, reason="first accounts of the demonstration") as work:
            for name, role in ((INSPECTOR, Role.INSPECTOR), (ENGINEER, Role.ENGINEER), (SUPERVISOR, Role.SUPERVISOR)):
                accounts.create(work, name, f"Demonstration {role}", role, self._passwords[name])
            accounts.ensure_line_account(work)
        with station.write(ENGINEER) as work:
            drafted = plans.import_plan(work, self._plan())
        with station.write(SUPERVISOR) as work:
            plans.approve_plan(work, drafted.id)
        with station.read() as reader:
            return next(item.id for item in parts.characteristics(reader) if item.name == BORE)

    def _plan(self) -> PlanFile:
        """The shipped plan with the ports of this run."""
        path = FOLDER / "plan.toml"
        tables = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        bore, climate = tables["gauge"]
        bore["port"] = self.gauge_port
        climate["port"] = self.climate_port
        return parse_plan(tables, str(path))

    def choose_ports(self) -> None:
        """A pseudo-terminal for the gauge (TCP on Windows, which has none) and a free TCP port for the sensor."""
        if sys.platform == "win32":
            self.gauge_address = self.gauge_port = f"tcp://127.0.0.1:{_free_port()}"
        else:
            folder = self.home / "ports"
            folder.mkdir(parents=True, exist_ok=True)
            self.gauge_port = str(folder / "gauge")
            self.gauge_address = f"pty:{self.gauge_port}"
        self.climate_port = f"tcp://127.0.0.1:{_free_port()}"

    def play_climate(self) -> Player:
        """The temperature and humidity sensor: a Modbus TCP server in a process of its own."""
        player = Player("climate", self.home / "logs", "instruments", "simulate", CLIMATE_PROFILE, self.climate_port)
        player.hear()
        return player

    def play_gauge(self, name: str, count: int) -> Player:
        """The gauge: a process that sends the first `count` published diameters and then stays plugged in."""
        player = Player(
            name, self.home / "logs", "instruments", "simulate", GAUGE_PROFILE, self.gauge_address,
            "--values", str(FOLDER / "piston-rings.csv"), "--column", "diameter",
            "--count", str(count), "--rate", f"{PACE * self.speed:g}", "--stay",
        )  # fmt: skip
        player.hear()
        return player

    # --- 2: the line ----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def measuring(self, watch: Watch, count: int, name: str) -> Iterator[None]:
        """Let the gauge send `count` readings and wait until each is kept and each subgroup judged.

        It stays plugged in while the block runs, and is unplugged at its end.
        """
        with self.play_gauge(name, count) as gauge:
            self._wait(watch, count)
            yield
            gauge.stop()
            self.facts.sent += int(gauge.hear()["records"])

    def _wait(self, watch: Watch, count: int) -> None:
        kept, judged, refused = watch.kept, watch.judged, watch.refused

        def done() -> bool:
            self.progress(watch.kept - kept, count)
            if watch.refused > refused:
                raise Refused(f"The line refused a reading: {watch.last_refusal}", "Look at the home's logs.")
            return watch.kept - kept >= count and watch.judged - judged >= count // SUBGROUP

        watch.until(done, f"Of {count} readings not all were kept.", 45 + 2 * count / (PACE * self.speed))

    def sign_on(self, watch: Watch) -> None:
        """The inspector signs on, so that readings carry an account that a person stands for."""
        answer = watch.answer(watch.attachment.sign_on(INSPECTOR))
        if answer.sentence:
            raise SurroundingsFailed(answer.sentence, answer.next_step)

    # --- 3: from the reading to the corrective action -------------------------------------------------------------

    def decide(self, station: Station) -> None:
        """Contain and dispose of the nonconformance with a signature, and start the corrective action from it."""
        from workstation.quality import capa, nonconformances

        with station.read() as reader:
            found = nonconformances.nonconformances(reader)
        if len(found) != 1:
            raise Refused(f"{len(found)} nonconformances were opened; the data hold exactly one.", "Report this run.")
        uid = found[0].uid
        self.facts.nonconformance = found[0].number
        with station.write(INSPECTOR) as work:
            nonconformances.contain(work, uid, CONTAINMENT)
        proof = accounts.authenticate(station.store, ENGINEER, self._passwords[ENGINEER])
        with station.write(ENGINEER) as work:
            nonconformances.dispose(work, uid, nonconformances.Disposition.SCRAP, DISPOSITION_REASON, proof)
        with station.write(ENGINEER) as work:
            self.facts.capa = capa.start_from_nonconformance(work, uid, ENGINEER).number

    # --- 4: reports and pictures ----------------------------------------------------------------------------------

    def report(self) -> None:
        """The PDF inspection report, and pictures of the window in both schemes, each by a process of its own."""
        target, folder = self.home / "reports" / "inspection-report.pdf", self.home / "reports" / "window"
        report = ["report", "inspection", "--characteristic", BORE, "--out", str(target), "--home", str(self.home)]
        jobs = {"inspection report": program(*report)}
        for scheme in ("light", "dark"):
            jobs[f"{scheme} picture of the window"] = [
                sys.executable, "-m", "ui.pictures", "--home", str(self.home), "--out", str(folder),
                "--scheme", scheme, "--size", "1280x800",
            ]  # fmt: skip
        running = {
            name: subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=surroundings())
            for name, command in jobs.items()
        }
        for name, process in running.items():
            _, said = process.communicate(timeout=120)
            if process.returncode:
                lines = said.decode("utf-8", "replace").strip().splitlines() or ["it said nothing."]
                raise SurroundingsFailed(f"The {name} was not made: {lines[-1]}", "Run `sinebar doctor`.")
        self.facts.written = [target, *sorted(folder.glob("*.png"))]

    # --- 5: the hub -----------------------------------------------------------------------------------------------

    def start_hub(self, port: int) -> Player:
        """The hub in a process of its own; returns when it takes connections."""
        data = self.home / "demo-hub"
        hub = Player("hub", self.home / "logs", "hub", "serve", "--data", str(data), "--port", str(port), "--json")
        hub.hear()
        return hub

    def enrol(self, station: Station, port: int) -> None:
        """Make the station known to the hub with a one-time code."""
        code, said = ask("hub", "enrol", station.name, "--data", str(self.home / "demo-hub"))
        if code:
            raise SurroundingsFailed(f"The hub gave no code: {said.get('error')}", "Try again.")
        code, said = ask("sync", "enrol", f"http://127.0.0.1:{port}", "--code", said["code"], "--home", str(self.home))
        if code:
            raise SurroundingsFailed(f"The station could not enrol: {said.get('error')}", "Try again.")

    def push(self) -> tuple[int, dict[str, Any]]:
        """One round of the sync command."""
        return ask("sync", "run", "--once", "--home", str(self.home))

    def share(self, station: Station, watch: Watch, line: Player) -> None:
        """Push; stop the hub; measure ten more; find the hub away; bring it back; push only those."""
        port = _free_port()
        with self.start_hub(port):
            self.enrol(station, port)
            code, self.facts.hub_first = self.push()
            self._require(code == 0, "The journal did not reach the hub", self.facts.hub_first)
        self.say(f"the hub is stopped, {MORE} more readings arrive")
        with self.measuring(watch, MORE, "gauge-again"):
            pass
        line.stop()  # the climate sensor would go on for ever, and the counts below are to be exact
        watch.look()
        code, self.facts.hub_away = self.push()
        self._require(code == 3, "The absent hub was not noticed", self.facts.hub_away)
        _, status = ask("sync", "status", "--home", str(self.home))
        self.facts.pending_while_away = int(status["pending"])
        with self.start_hub(port):
            self.say("the hub is back, only what is new is sent")
            code, self.facts.hub_again = self.push()
            self._require(code == 0, "The journal did not reach the hub again", self.facts.hub_again)
        _, listed = ask("hub", "stations", "--data", str(self.home / "demo-hub"))
        rows = listed["value"] if "value" in listed else listed["stations"]
        self.facts.hub_holds = next(row for row in rows if row["name"] == station.name)
        self.facts.hub_verifies = ask("hub", "verify", "--data", str(self.home / "demo-hub"))[0] == 0

    def _require(self, holds: bool, sentence: str, said: dict[str, Any]) -> None:
        if not holds:
            raise Refused(f"{sentence}: {said.get('error', said)}", "Run the demo again with --home and look there.")


def line_process(home: Path) -> Player:
    """The line, as `sinebar line run`, beside the demo."""
    return Player("line", home / "logs", "line", "run", "--home", str(home), "--json")


def ready_home(home: Path) -> None:
    """Refuse a home that already has a station: the demo writes its own."""
    if (home / "station.db").exists():
        raise CallIsWrong(f"{home} has a station already.", "Give an empty folder, or leave --home out.")
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SurroundingsFailed(
            f"{home} cannot be made: {error.strerror}.", "Give a folder you may write to."
        ) from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
