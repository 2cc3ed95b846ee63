"""Writes the database of the present schema revision as SQL: run once at each release, with the revision's file name.

`python -m tests.workstation.store.release tests/workstation/store/released/0003.sql`; what was released is never
rewritten.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from devices.channels.aggregate import Aggregate
from tests.workstation.store.rows import batch, judgement
from workstation.catalog import gauges, identifications, limits, parts, plans, rollups
from workstation.catalog.plan_file import parse_plan
from workstation.catalog.scanned import IdentificationKind
from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.quality import alarms, nonconformances
from workstation.quality.nonconformances import Report
from workstation.store import MeasurementBatch, RefusedReading, Role, Store

PLAN = {
    "format": 1,
    "plan": {"name": "ring", "revision": 1},
    "part": {"number": "P-1", "name": "Ring"},
    "characteristic": [{"name": "diameter", "unit": "mm", "decimals": 3, "nominal": Decimal("74.000")}],
    "gauge": [{"name": "gauge 7", "profile": "mitutoyo", "port": "COM5",
               "channel": [{"name": "1", "characteristic": "diameter"}]}],
}  # fmt: skip


def fill(store: Store) -> None:
    """Something of every kind."""
    with store.write("setup") as work:
        for name, role in (("anna", Role.ENGINEER), ("ben", Role.SUPERVISOR)):
            accounts.create(work, name, name.title(), role, "correct horse 7", costs=Costs(1, 64, 1))
    with store.write("anna") as work:
        draft = plans.import_plan(work, parse_plan(PLAN, "release"))
    with store.write("ben", reason="reviewed") as work:
        plans.approve_plan(work, draft.id)
    with store.read() as reader:
        number = parts.characteristics(reader)[0].id
        assert gauges.bindings(reader)[0].characteristic_id == number
    for subgroup in (1, 2):
        with store.write("anna") as work:
            refused = (RefusedReading("gauge 7", "1", 5, "an error record", b"911\r"),) if subgroup == 1 else ()
            kept = batch(number, subgroup).measurements
            work.append_measurements(MeasurementBatch(kept, (judgement(number, subgroup),), refused))
    with store.write("anna") as work:
        rollups.keep_minute(work, number, "mm", Aggregate("1", 0, 60 * 10**9).with_value(Decimal("74.001"), 7_000))
        limits.establish(work, number, {"location": {"center": 74.003}}, 1, 2)
    with store.write("anna") as work:
        scan = identifications.Scanned("LOT 4711", "]C0", "reader", work.now, "anna")
        starts = [identifications.Start(number, 2, 3)]
        identifications.keep_identification(work, 1, IdentificationKind.LOT, scan, starts)
    with store.write("anna") as work:
        for began, watch in ((5_000_000, "above the limit"), (9_000_000, "silent")):
            alarms.raise_alarm(work, number, 3, (watch,), None, began, "74.1 is above 74.05")
    with store.write("anna") as work:
        over = alarms.End("74.0 is back within limits", ended_at=7_000_000)
        alarms.end_alarm(work, number, "above the limit", 5_000_000, over)
    with store.write("anna") as work:
        nonconformances.open_nonconformance(work, Report("scratched", 2, work.now, {}, characteristic_id=number))


def main(target: Path) -> None:
    """Fill a station and dump it."""
    with tempfile.TemporaryDirectory() as folder:
        with Store.open(Path(folder), station="released") as store:
            fill(store)
        with closing(sqlite3.connect(Path(folder) / "station.db")) as connection:
            target.write_text("\n".join(connection.iterdump()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
