"""How fast a backlog reaches the hub, beside bare SQLite on the hub's side: run by hand, prints its own yardsticks."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.workstation.hub.conftest import Sender
from tests.workstation.wire.stations import HubProcess, enrolled, measure, new_station
from workstation.hub.hub import Hub
from workstation.store import Store
from workstation.store.journal import recomputed_hash
from workstation.sync.engine import Engine
from workstation.sync.outbox import Outbox
from workstation.wire.messages import Push, packed, unpacked
from workstation.wire.totals import Totals

ENTRIES = 4000


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def main() -> int:
    """Print entries a second end to end, at the hub alone, and what recomputing costs; 1 when the hub is under a tenth
    of bare executemany of the same rows with the same durability."""
    with tempfile.TemporaryDirectory() as folder, new_station(Path(folder) / "home") as store:
        measure(store, ENTRIES, together=500)
        end_to_end = _end_to_end(Path(folder), store)
        hub, checking = _hub_alone(Path(folder), store)
        bare = _bare(Path(folder), store)
    print(f"entries (5 readings and a subgroup each)   {ENTRIES}")
    print(f"station -> hub process, end to end         {ENTRIES / end_to_end:8.0f} entries/s")
    print(f"hub intake alone                           {ENTRIES / hub:8.0f} entries/s")
    print(f"  of which recomputing hashes and digests  {checking / hub:8.0%}")
    print(f"yardstick: bare sqlite3.executemany        {ENTRIES / bare:8.0f} entries/s")
    print(f"intake / yardstick                         {bare / hub:8.2f}")
    return 0 if bare / hub > 0.1 else 1


def _end_to_end(folder: Path, store: Store) -> float:
    with HubProcess(folder / "served") as process:
        credentials = enrolled(process.data, "bench 1")
        with process.client(credentials) as client:
            return timed(Engine(store, client).round)


def _parcels(store: Store) -> list[Push]:
    outbox, totals, found = Outbox(store), Totals(), []
    while (parcel := outbox.next_parcel(totals)) is not None:
        found.append(unpacked(parcel.body, Push))
        totals = parcel.totals
    return found


def _hub_alone(folder: Path, store: Store) -> tuple[float, float]:
    parcels = _parcels(store)
    with Hub.open(folder / "alone") as hub:
        sender = Sender(hub, store, hub.stations.enrol("bench 1", hub.stations.offer("bench 1")))
        whole = timed(lambda: [hub.intake.push(sender.station, parcel) for parcel in parcels])

    def check() -> None:
        for parcel in parcels:
            for entry in parcel.entries:
                recomputed_hash(entry.journal_entry())
                if entry.rows is not None:
                    entry.rows.batch().digest()

    return whole, timed(check)


def _bare(folder: Path, store: Store) -> float:
    """The same rows, the same transactions, the same durability, and nothing else."""
    parcels = _parcels(store)
    raw = sqlite3.connect(folder / "bare.db", isolation_level=None)
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=FULL")
    raw.execute("CREATE TABLE journal (seq INTEGER PRIMARY KEY, entry_id TEXT UNIQUE, body TEXT)")
    columns = ", ".join(f"c{i}" for i in range(14))
    raw.execute(f"CREATE TABLE measurement ({columns}, PRIMARY KEY (c0, c1, c2, c3))")
    raw.execute("CREATE TABLE subgroup (c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, PRIMARY KEY (c0, c1, c2))")

    def write() -> None:
        for parcel in parcels:
            raw.execute("BEGIN IMMEDIATE")
            journal = [(e.seq, e.entry_id, packed(e)) for e in parcel.entries]
            raw.executemany("INSERT INTO journal VALUES (?,?,?)", journal)
            rows = [row for e in parcel.entries if e.rows for row in e.rows.measurements]
            raw.executemany(f"INSERT INTO measurement VALUES ({','.join('?' * 14)})", rows)  # noqa: S608
            groups = [row for e in parcel.entries if e.rows for row in e.rows.subgroups]
            raw.executemany(f"INSERT INTO subgroup VALUES ({','.join('?' * 10)})", groups)  # noqa: S608
            raw.execute("COMMIT")

    spent = timed(write)
    raw.close()
    return spent


if __name__ == "__main__":
    sys.exit(main())
