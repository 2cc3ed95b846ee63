"""A station that has measured the published piston rings, judged them, and disposed of what was out of tolerance."""

from __future__ import annotations

import csv
import tomllib
from decimal import Decimal
from pathlib import Path

from analysis.rules import RuleSet
from resources import ROOT
from workstation.catalog import parts, plans
from workstation.catalog.plan_file import parse_plan
from workstation.catalog.values import Characteristic
from workstation.line.judge import Closed, resume
from workstation.line.reactions import OutOfControl, OutOfTolerance
from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.quality import capa, nonconformances
from workstation.quality.reactions import react_to_alarm, react_to_out_of_tolerance
from workstation.store import Measurement, MeasurementBatch, Role, Store, SubgroupJudgement

QUICK = Costs(passes=1, memory_kib=64, lanes=1)
PASSWORD = "correct horse battery"
BORE = "inside diameter"
START = 1_795_355_543_000_000
MINUTE = 60_000_000


class SlowClock:
    """Goes on by a second at each look."""

    def __init__(self, start: int = START) -> None:
        self.now = start

    def microseconds(self) -> int:
        self.now += 1_000_000
        return self.now

    def offset_minutes(self) -> int:
        return 60


def published() -> list[Decimal]:
    with (ROOT / "demo" / "piston-rings.csv").open(encoding="utf-8") as file:
        return [Decimal(row["diameter"]).quantize(Decimal("0.001")) for row in csv.DictReader(file)]


def planned_station(home: Path, plan: Path = ROOT / "demo" / "plan.toml") -> Store:
    """A station with people and an effective plan, and no reading."""
    store = Store.open(home, station="bench 1", clock=SlowClock())
    with store.write("admin") as work:
        for name, role in (("engineer", Role.ENGINEER), ("supervisor", Role.SUPERVISOR), ("inspector", Role.INSPECTOR)):
            accounts.create(work, name, f"Printed name of the {role}", role, PASSWORD, costs=QUICK)
        accounts.ensure_line_account(work)
    tables = tomllib.loads(plan.read_text(encoding="utf-8"), parse_float=Decimal)
    with store.write("engineer") as work:
        drafted = plans.import_plan(work, parse_plan(tables, str(plan)))
    with store.write("supervisor") as work:
        plans.approve_plan(work, drafted.id)
    return store


def bore_of(store: Store) -> Characteristic:
    with store.read() as reader:
        return next(one for one in parts.characteristics(reader) if one.name == BORE)


def measure(store: Store, values: list[Decimal]) -> None:
    """What the line does, without its ports: judge each subgroup, keep it, react."""
    what = bore_of(store)
    with store.read() as reader:
        series = resume(reader, what)
    for start in range(0, len(values), what.subgroup_size):
        group = values[start : start + what.subgroup_size]
        closed: Closed | None = None
        for value in group:
            _, _, closed = series.take(value)
        if closed is not None:
            keep(store, what, closed)
            with store.write("line") as work:
                series.settle(work)


def keep(store: Store, what: Characteristic, closed: Closed) -> None:
    number = closed.subgroup
    at = START + number * MINUTE
    rows = tuple(
        Measurement(what.id, number, place, value, "mm", at + place * 1_000_000, "SIMULATED-1", "button", "good",
                    "inspector", b"01A+0074.001\r")
        for place, value in enumerate(closed.values, 1)
    )  # fmt: skip
    judged = SubgroupJudgement(
        what.id, number, len(rows), closed.mean, closed.spread, closed.location, closed.dispersion, closed.limits,
        at + 6_000_000,
    )  # fmt: skip
    names = RuleSet.from_text(what.rules).names
    with store.write("line") as work:
        work.append_measurements(MeasurementBatch(rows, (judged,)))
        for row in rows:
            if not what.in_tolerance(row.value):
                react_to_out_of_tolerance(
                    work,
                    OutOfTolerance(what, number, row.position, row.value, row.value, "mm", row.source, row.observed_at),
                )
        if closed.location or closed.dispersion:
            assert closed.limits is not None
            react_to_alarm(
                work,
                OutOfControl(what, number, closed.limits, names(closed.location), names(closed.dispersion), closed.mean,
                             closed.spread, closed.values, at),
            )  # fmt: skip


def dispose(store: Store) -> str:
    """Contain, dispose of under signature, and start a CAPA; returns the nonconformance's identity."""
    with store.read() as reader:
        (found,) = nonconformances.nonconformances(reader)
    with store.write("inspector") as work:
        nonconformances.contain(work, found.uid, "The ring is marked red and lies in the blocked cage.")
    proof = accounts.authenticate(store, "supervisor", PASSWORD)
    with store.write("supervisor") as work:
        nonconformances.dispose(
            work, found.uid, nonconformances.Disposition.SCRAP, "Beyond rework: the bore is too large.", proof
        )
    with store.write("supervisor") as work:
        capa.start_from_nonconformance(work, found.uid, "engineer")
    return found.uid
