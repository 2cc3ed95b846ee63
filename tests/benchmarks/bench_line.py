"""How fast the line is: last byte to commit, and durable throughput, each beside a yardstick of the same run.

    python -m tests.benchmarks.bench_line [--readings 2000] [--rate 200] [--window] [--batch 100] [--hold 400]

`--window` runs the latency again with the window attached and drawing. What share of a bare insert's pace the line
reaches depends on how long the disk takes to flush; `--hold` measures the throughput again with every flush held back
so many microseconds, as on a slower disk (Linux, with strace). In memory nothing is durable, and no target is set.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import pty
import random
import select
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tty
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from devices.clock import SYSTEM_CLOCK
from devices.reading import Reading
from devices.session import Session
from workstation.catalog.plan_file import load_plan_file
from workstation.catalog.plans import approve_plan, import_plan
from workstation.line import protocol
from workstation.line.attachment import Attached, Attachment
from workstation.line.health import Health
from workstation.line.keep import MOST_IN_A_BATCH, Keeper
from workstation.line.ledger import Ledger
from workstation.line.life import settle_memory
from workstation.line.ports import library
from workstation.line.reactions import NoReactions
from workstation.line.supervisor import program, surroundings
from workstation.station import Station

TARGET_MEDIAN = 5.0
TARGET_P99 = 25.0
TARGET_SHARE = 0.5
PROFILE = "mitutoyo.digimatic-13"
PLAN = f"""
format = 1
[plan]
name = "bench"
revision = 1
[part]
number = "B-1"
name = "bench part"
[[characteristic]]
name = "diameter"
unit = "mm"
decimals = 3
lower_specification = "73.900"
upper_specification = "74.100"
plausible_low = "70"
plausible_high = "78"
[[gauge]]
name = "caliper"
profile = "{PROFILE}"
port = "{{port}}"
unit = "mm"
[[gauge.channel]]
name = "1"
characteristic = "diameter"
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every figure beside its yardstick; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readings", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=200.0, help="readings a second")
    parser.add_argument("--window", action="store_true", help="measure again with the window attached")
    parser.add_argument("--batch", type=int, default=MOST_IN_A_BATCH, help="readings a transaction for the throughput")
    parser.add_argument("--hold", type=int, default=0, help="measure again with each flush so many us longer")
    parser.add_argument("--throughput-only", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.throughput_only:
        return 0 if throughput(options.throughput_only, options.batch, "slower disk") else 1
    met = True
    with tempfile.TemporaryDirectory(prefix="sinebar-bench-") as folder:
        place = Path(folder)
        bare = bare_latency(place, options.readings, options.rate)
        show("bare pty + sqlite3 commit", bare, "yardstick")
        alone = line_latency(place / "alone", options.readings, options.rate, window=False)
        met &= show("the line", alone, against(bare), check=True)
        if options.window:
            drawn = line_latency(place / "drawn", options.readings, options.rate, window=True)
            met &= show("the line, window drawing", drawn, against(bare), check=True)
        print(f"{'this disk':<28} a flush takes {flush_time(place):.2f} ms (median)")
        met &= throughput(place / "disk", options.batch, "disk")
        if options.hold:
            met &= on_slower_disk(place / "slower", options.batch, options.hold)
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
        with tempfile.TemporaryDirectory(prefix="sinebar-bench-", dir=MEMORY) as folder:
            throughput(Path(folder), options.batch, "memory")
    return 0 if met else 1


def flush_time(place: Path, times: int = 200) -> float:
    """Milliseconds that the disk takes to flush a page written at the end of a file."""
    took: list[float] = []
    with (place / "flushed").open("wb", buffering=0) as file:
        for _ in range(times):
            file.write(bytes(4096))
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took)


def on_slower_disk(place: Path, batch: int, hold: int) -> bool:
    """The throughput in a process of its own, whose flushes come back `hold` microseconds late, the yardstick's too."""
    tracer = shutil.which("strace")
    if tracer is None:
        raise SystemExit("--hold needs strace, which is not installed")
    place.mkdir()
    late = f"inject=fdatasync:delay_exit={hold}"
    trace = [tracer, "-f", "--seccomp-bpf", "-qq", "-o", os.devnull, "-e", "trace=fdatasync", "-e", late]
    again = [sys.executable, __file__, "--throughput-only", str(place), "--batch", str(batch)]
    print(f"{'a slower disk':<28} each flush {hold} us longer")
    return subprocess.run([*trace, *again], check=False).returncode == 0


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def against(bare: Sequence[float]) -> str:
    return f"yardstick {statistics.median(bare):.2f} / {quantile(bare, 0.99):.2f}"


def show(what: str, milliseconds: Sequence[float], beside: str, *, check: bool = False) -> bool:
    median, p99 = statistics.median(milliseconds), quantile(milliseconds, 0.99)
    met = median <= TARGET_MEDIAN and p99 <= TARGET_P99
    verdict = f"  target {TARGET_MEDIAN:g} / {TARGET_P99:g}: {'met' if met else 'MISSED'}" if check else ""
    print(
        f"{what:<28} last byte to commit: median {median:6.2f} ms, p99 {p99:6.2f} ms, n {len(milliseconds)}"
        f"  ({beside}){verdict}"
    )
    return met


# --- latency ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def cable(path: Path) -> Iterator[int]:
    """A pseudo-terminal: gives the instrument's side; `path` leads to the reader's."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    path.symlink_to(os.ttyname(slave))
    yield master
    os.close(slave)
    os.close(master)


def press(master: int, count: int, rate: float) -> None:
    """Send `count` records, one every 1 / `rate` seconds."""
    start = time.perf_counter()
    for number in range(count):
        delay = start + number / rate - time.perf_counter()
        if delay > 0:
            time.sleep(delay)
        os.write(master, record(number))


_process = random.Random(74)
_VALUES = [_process.gauss(74.0, 0.01) for _ in range(10_007)]


def record(number: int) -> bytes:
    """A Mitutoyo record of a process in control around 74.000."""
    return b"01A+%08.3f\r" % _VALUES[number % len(_VALUES)]


def bare_latency(place: Path, count: int, rate: float) -> list[float]:
    """The least that could be: read the record from the same kind of cable and commit one row, with nothing between."""
    database = sqlite3.connect(place / "bare.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE reading (number INTEGER PRIMARY KEY, value TEXT, raw BLOB) WITHOUT ROWID")
    took: list[float] = []
    with cable(place / "bare") as master:
        port = os.open(place / "bare", os.O_RDONLY | os.O_NOCTTY)
        sender = threading.Thread(target=press, args=(master, count, rate))
        sender.start()
        held = b""
        while len(took) < count:
            select.select([port], [], [])
            held += os.read(port, 4096)
            received = time.perf_counter()
            *whole, held = held.split(b"\r")
            for data in whole:
                database.execute("INSERT INTO reading VALUES (?, ?, ?)", (len(took), data[3:].decode(), data))
                took.append((time.perf_counter() - received) * 1000)
        sender.join()
        os.close(port)
    database.close()
    return took


def lay_down(home: Path, port: Path) -> None:
    file = home.parent / f"{home.name}.toml"
    file.write_text(PLAN.format(port=port))
    with Station.open(home, name="bench") as station:
        with station.write("engineer") as work:
            draft = import_plan(work, load_plan_file(file))
        with station.write("supervisor") as work:
            approve_plan(work, draft.id)


def line_latency(home: Path, count: int, rate: float, *, window: bool) -> list[float]:
    """Milliseconds from last byte to commit, as the line itself announces them, in a process of its own."""
    port = home.parent / f"{home.name}-cable"
    lay_down(home, port)
    with cable(port) as master, running(home, window=window) as attachment:
        wake(master, attachment)
        sender = threading.Thread(target=press, args=(master, count, rate))
        sender.start()
        took: list[float] = []
        until = time.monotonic() + count / rate + 30
        while len(took) < count and time.monotonic() < until:
            took += [item.latency / 1000 for item in attachment.drain() if isinstance(item, protocol.Kept)]
            time.sleep(0.01)
        sender.join()
    if len(took) != count:
        raise SystemExit(f"{count} readings were sent and {len(took)} were announced")
    return took


@contextlib.contextmanager
def running(home: Path, *, window: bool) -> Iterator[Attachment]:
    """The line as its users run it, and with `window` a window beside it."""
    line = subprocess.Popen(program("line", "run", "--home", str(home)), stdout=subprocess.DEVNULL, env=surroundings())
    shown = None
    attachment = Attachment(home, "benchmark")
    attachment.start()
    try:
        wait(lambda: isinstance(attachment.state, Attached))
        if window:
            environment = {**surroundings()}
            if not environment.get("DISPLAY"):
                environment["QT_QPA_PLATFORM"] = "offscreen"
            shown = subprocess.Popen([sys.executable, "-m", "ui.app", "--home", str(home)], env=environment)
            time.sleep(5)  # until it has painted and read its history
            if shown.poll() is not None:
                raise SystemExit("the window did not stay open")
        yield attachment
    finally:
        attachment.close()
        for process in (shown, line):
            if process is not None:
                process.terminate()
                process.wait(20)


def wake(master: int, attachment: Attachment) -> None:
    """Send the converter's error record until it is refused: then the port is open and trusted."""

    def heard() -> bool:
        os.write(master, b"911\r")
        time.sleep(0.05)
        return any(isinstance(item, protocol.ReadingRefused) for item in attachment.drain())

    wait(heard)
    time.sleep(0.3)
    attachment.drain()


def wait(condition: object) -> None:
    assert callable(condition)
    until = time.monotonic() + 20
    while not condition():
        if time.monotonic() > until:
            raise SystemExit("the line did not come up")
        time.sleep(0.01)


# --- throughput ------------------------------------------------------------------------------------------------------

MEMORY = Path("/dev/shm")
"""Files in memory: a commit costs next to nothing there, what is left is the processor's work."""
TURNS = 25


@dataclass(frozen=True, slots=True)
class Spent:
    """What so many readings took: seconds on the clock, and of the processor in all threads."""

    clock: float
    processor: float


def spent_since(begun: Spent) -> Spent:
    """What was spent since `begun`, a reading of both clocks."""
    return Spent(time.perf_counter() - begun.clock, time.process_time() - begun.processor)


def both_clocks() -> Spent:
    return Spent(time.perf_counter(), time.process_time())


def throughput(place: Path, batch: int, where: str, batches: int = 200) -> bool:
    """Decode, check, judge and commit in batches, against bare executemany of the same rows, as durably."""
    place.mkdir(exist_ok=True)
    home = place / "throughput"
    lay_down(home, place / "none")
    settle_memory()
    lines: list[Spent] = []
    bares: list[Spent] = []
    with Station.open(home) as station, bare_table(place / "rows.db") as database:
        ledger = Ledger(station.store, NoReactions(), "line")
        session = Session(library(home).load(PROFILE), "caliper")
        session.opened(SYSTEM_CLOCK.monotonic(), SYSTEM_CLOCK.wall(), 0)
        for turn in range(TURNS):  # by turns, so that both meet the same disk; the first turn sets the limits
            first = turn * batch * batches
            line = asyncio.run(pipeline(ledger, session, first, batch, batches))
            bare = bare_batches(database, rows_of_turn(station, first, batch * batches), batch)
            if turn:
                lines.append(line)
                bares.append(bare)
    return compare(lines, bares, batch, batch * batches, where)


def compare(lines: Sequence[Spent], bares: Sequence[Spent], batch: int, count: int, where: str) -> bool:
    """Print both rows for `count` readings a turn; whether the line reaches its share of bare executemany."""
    line, bare = (count / statistics.median(spent.clock for spent in side) for side in (lines, bares))
    shares = sorted(beside.clock / spent.clock for spent, beside in zip(lines, bares, strict=True))
    met = line >= TARGET_SHARE * bare
    print(
        f"{'durable throughput, ' + where:<28} {line:9.0f} readings/s in batches of {batch}"
        f"  (yardstick executemany {bare:.0f} rows/s: {line / bare:.2f}x, by turns {shares[0]:.2f} to {shares[-1]:.2f})"
        + ("" if where == "memory" else f"  target {TARGET_SHARE}x: {'met' if met else 'MISSED'}")
    )
    ours, theirs = (statistics.median(spent.processor for spent in side) / count * 1e6 for side in (lines, bares))
    print(
        f"{'processor, ' + where:<28} {ours:9.2f} us a reading, both threads"
        f"  (yardstick executemany {theirs:.2f} us a row: {theirs / ours:.2f}x)"
    )
    return met


def rows_of_turn(station: Station, first: int, count: int) -> list[tuple[object, ...]]:
    """The very rows that the line wrote of its readings `first` and following, as they lie in its table."""
    with station.store.read() as reader:
        rows = reader.raw.execute(
            "SELECT * FROM measurement WHERE subgroup BETWEEN ? AND ?", (first // 5 + 1, (first + count) // 5)
        ).fetchall()
    if len(rows) != count:
        raise SystemExit(f"{count} readings were kept and {len(rows)} found")
    return rows


def bare_batches(database: sqlite3.Connection, rows: Sequence[tuple[object, ...]], batch: int) -> Spent:
    """The yardstick: ready rows, one executemany and one commit a batch."""
    start = both_clocks()
    for begin in range(0, len(rows), batch):
        with database:
            database.executemany(
                "INSERT INTO reading VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", rows[begin : begin + batch]
            )
    return spent_since(start)


async def pipeline(ledger: Ledger, session: Session, first: int, batch: int, batches: int) -> Spent:
    """From the first byte decoded to the last reading committed, with the line's own keeper between."""
    health = Health()
    kept = asyncio.Event()
    keeper = Keeper(ledger.commit, lambda _: kept.set(), health, lambda _: None, most=batch)
    pieces = [b"".join(map(record, range(n, n + batch))) for n in range(first, first + batch * batches, batch)]
    start = both_clocks()
    keeping = asyncio.create_task(keeper.run())
    for piece in pieces:
        for one in session.received(piece, SYSTEM_CLOCK.monotonic(), SYSTEM_CLOCK.wall()):
            if isinstance(one, Reading):
                keeper.put(one, "anna")
        while keeper.waiting > 4 * batch:  # a port's buffer would hold the rest
            kept.clear()
            await kept.wait()
    keeper.end()
    await keeping
    took = spent_since(start)
    keeper.close()
    if health.kept != batch * batches:
        raise SystemExit(f"{batch * batches} readings were decoded and {health.kept} kept")
    return took


@contextlib.contextmanager
def bare_table(path: Path) -> Iterator[sqlite3.Connection]:
    """A table of the same shape without anything around it."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    columns = ", ".join(f"c{number}" for number in range(15))
    database.execute(f"CREATE TABLE reading ({columns}, PRIMARY KEY (c0, c1, c2, c3)) WITHOUT ROWID")
    yield database
    database.close()


if __name__ == "__main__":
    sys.exit(main())
