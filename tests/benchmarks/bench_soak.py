"""Gauges with random faults through the whole line, as long as is wished: is every reading accounted for, memory flat?

    python tests/benchmarks/bench_soak.py [--seconds 20] [--rate 1000]

Four simulated gauges in a process of their own send together `--rate` records a second over pseudo-terminals and spoil
some of them: split, glued, garbled, cut short, with lost bits, strange bytes, error texts, identifications, or not sent
at all. The line process reads, judges and commits. Afterwards the store is read: what was sent unspoiled must be there,
every value, once, in its order; error texts must be among the refused readings
with their reason; nothing else may be there. The journal is verified, and the line's memory is watched meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple, TextIO

import psutil

from devices import load_profile
from devices.simulators.faults import Fault
from devices.simulators.gauge import GaugeSimulator, Piece
from devices.simulators.serve import Playing, build_endpoint, stop
from resources import ROOT
from workstation.catalog.plan_file import load_plan_file
from workstation.catalog.plans import approve_plan, import_plan
from workstation.line import protocol
from workstation.line.attachment import Attached, Attachment
from workstation.line.supervisor import program, surroundings
from workstation.station import Station
from workstation.store import Reader

PROFILE = ROOT / "profiles" / "mitutoyo-digimatic-13.toml"
GAUGES = 4
MOST_GROWTH, LEAST_GROWTH = 0.05, 6 * 1024 * 1024
"""The share of its memory by which the line may grow from the second fifth of the run to the last, or these bytes."""
SAMPLE = 0.5
FAULTS = {
    Fault.SPLIT: 0.05, Fault.GLUE: 0.05, Fault.GARBAGE: 0.02, Fault.TRUNCATE: 0.02, Fault.PARITY: 0.02,
    Fault.PREFIX: 0.05, Fault.ERROR: 0.02, Fault.IDENT: 0.02, Fault.DROPOUT: 0.02,
}  # fmt: skip
PLAN = """
format = 1
[plan]
name = "soak"
revision = 1
[part]
number = "S-1"
name = "soak part"
"""
CHARACTERISTIC = """
[[characteristic]]
name = "diameter {number}"
unit = "mm"
decimals = 3
plausible_low = "70"
plausible_high = "78"
[[gauge]]
name = "gauge {number}"
profile = "mitutoyo.digimatic-13"
port = "{port}"
unit = "mm"
[[gauge.channel]]
name = "1"
characteristic = "diameter {number}"
"""


_FORGED = re.compile(rb"01A([+-][0-9]{4}\.[0-9]{3})")
"""A whole record with the three decimals that this gauge has, and a length that the profile asks for."""


def values(seed: int) -> Iterator[Decimal]:
    """Without end, of a process in control."""
    chance = random.Random(seed)
    while True:
        yield Decimal(round(chance.gauss(74_000, 10))).scaleb(-3)


class Expected(NamedTuple):
    """A value that was sent, in thousandths of a millimetre; `forged`: two faults in a row made it."""

    value: int
    forged: bool


class Compared(NamedTuple):
    """What became of the expected values of a gauge."""

    kept: int
    lost: int
    strange: int
    discarded: int


class Counted(GaugeSimulator):
    """A gauge that writes down what it sent unspoiled.

    Two faults in a row can make a record that is whole by every byte: `01A+0074.`, cut short, and `911` four
    milliseconds later. A record without a check cannot tell; such ones are foreseen from the bytes alone, and counted.
    When the computer lets more time pass between the two, the line discards the torn one, as it should.
    """

    def __init__(self, seed: int, sent: TextIO) -> None:
        super().__init__(load_profile(PROFILE), values(seed), seed=seed, faults=FAULTS)
        self._sent = sent
        self._tail = b""

    def _record(self, channel: str, *, asked: bool) -> list[Piece]:
        pieces = super()._record(channel, asked=asked)
        sent = self.log[-1]
        first, *others = (self._tail + sent.wire).split(b"\r")
        if sent.usable:
            self._sent.write(f"{int(sent.value.scaleb(3))}\n")
        elif self._tail and others and (forged := _FORGED.fullmatch(first.strip(b"\0\xff\n"))):
            self._sent.write(f"{int(Decimal(forged[1].decode()).scaleb(3))} forged\n")
            self.counts["forged"] += 1
        self._tail = others[-1] if others else first
        return pieces


def sent_file(folder: Path, number: int) -> Path:
    """Where a gauge writes down what it sent."""
    return folder / f"sent-{number}"


def orchestra(pipe: Connection, folder: str, rate: float, seconds: float) -> None:
    """A process of instruments: plays, then tells what it sent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the run, and this with it
    asyncio.run(_orchestra(pipe, Path(folder), rate, seconds))


async def _orchestra(pipe: Connection, folder: Path, rate: float, seconds: float) -> None:
    files = [sent_file(folder, number).open("w") for number in range(GAUGES)]
    gauges = [Counted(seed, file) for seed, file in enumerate(files)]
    plays = [
        Playing(gauge, build_endpoint(f"pty:{folder / f'gauge-{number}'}"), rate=rate / GAUGES)
        for number, gauge in enumerate(gauges)
    ]
    for play in plays:
        await play.open()
    pipe.send("ready")
    tasks = [asyncio.ensure_future(play.run(stay=True)) for play in plays]
    await asyncio.sleep(seconds)
    for play in plays:
        play.stop_sending()
    for play in plays:
        await play.drained()
    for file in files:
        file.close()
    pipe.send([dict(gauge.counts) for gauge in gauges])
    await asyncio.to_thread(pipe.recv)
    for task, play in zip(tasks, plays, strict=True):
        await stop(task, play)


class Run:
    """The line under watch: what it announces, and its memory."""

    def __init__(self, home: Path) -> None:
        self.kept = self.refused = self.missed = 0
        self.memory: list[int] = []
        self._home = home
        self._line = subprocess.Popen(
            program("line", "run", "--home", str(home)), stdout=subprocess.DEVNULL, env=surroundings()
        )
        self.attachment = Attachment(home, "soak")
        self.attachment.start()
        self._until(lambda: isinstance(self.attachment.state, Attached), 60)
        assert isinstance(self.attachment.state, Attached)
        first = self.attachment.state.snapshot  # what was kept before is in it, and was announced to nobody
        self.kept, self.refused = first.kept, first.refused
        self._worker = psutil.Process(first.pid)
        began = self._worker.cpu_times()
        self._cpu = began.user + began.system
        self._began = time.monotonic()

    def _until(self, condition: object, seconds: float) -> None:
        assert callable(condition)
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise SystemExit("the line did not do what was waited for")
            time.sleep(0.01)

    def look(self) -> None:
        """Take what was announced since, and note the line's memory."""
        self._count(self.attachment.drain())
        self.memory.append(self._worker.memory_info().rss)

    def _count(self, items: Sequence[object]) -> None:
        self.kept += sum(isinstance(item, protocol.Kept) for item in items)
        self.refused += sum(isinstance(item, protocol.ReadingRefused) for item in items)
        self.missed += sum(item.missed for item in items if isinstance(item, protocol.Snapshot))

    def share(self) -> float:
        """Per cent of a core the line took since it began."""
        now = self._worker.cpu_times()
        return 100 * (now.user + now.system - self._cpu) / (time.monotonic() - self._began)

    def end(self) -> protocol.Snapshot:
        """Wait until nothing waits any more, then end the line in order; its last counts."""
        settled: list[tuple[int, int]] = []
        while len(settled) < 4 or len(set(settled[-4:])) > 1:
            snapshot = self._snapshot()
            settled.append((snapshot.kept, snapshot.waiting))
            time.sleep(0.3)
        self.look()
        self.attachment.stop_line()
        self._line.wait(60)
        self.attachment.close()
        return snapshot

    def _snapshot(self) -> protocol.Snapshot:
        number = self.attachment.refresh()
        found: list[protocol.Snapshot] = []

        def answered() -> bool:
            items = self.attachment.drain()
            self._count(items)
            found.extend(item for item in items if isinstance(item, protocol.Snapshot))
            return any(isinstance(item, protocol.Answer) and item.command == number for item in items)

        self._until(answered, 60)
        return found[-1]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether every reading is accounted for, and whether the line's memory stayed as it was."""

    complete: bool
    flat: bool

    @property
    def code(self) -> int:
        """A program's exit code."""
        return 0 if self.complete and self.flat else 1


def soak(seconds: float, rate: float) -> Verdict:
    """Run it and print every figure."""
    with tempfile.TemporaryDirectory(prefix="sinebar-soak-") as name:
        folder = Path(name)
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        gauges = multiprocessing.get_context("spawn").Process(target=orchestra, args=(theirs, name, rate, seconds))
        gauges.start()
        ours.recv()
        home = lay_down(folder)
        run = Run(home)
        report = time.monotonic() + 60
        while not ours.poll(SAMPLE):
            run.look()
            if time.monotonic() > report:
                report += 60
                print(f"  {run.kept:,} kept, {run.refused:,} refused, {run.memory[-1] / 2**20:.1f} MiB", flush=True)
        sent = ours.recv()
        share = run.share()
        told = run.end()
        ours.send("end")
        gauges.join()
        verdict = Verdict(flat=judge_memory(run.memory), complete=judge_readings(folder, sent, run, told))
    print(f"the line took {share:.1f} % of a core")
    return verdict


def lay_down(folder: Path) -> Path:
    """A station with a gauge and a characteristic for each port."""
    home, file = folder / "home", folder / "plan.toml"
    parts = [CHARACTERISTIC.format(number=number, port=folder / f"gauge-{number}") for number in range(GAUGES)]
    file.write_text(PLAN + "".join(parts))
    with Station.open(home, name="soak") as station:
        with station.write("engineer") as work:
            draft = import_plan(work, load_plan_file(file))
        with station.write("supervisor") as work:
            approve_plan(work, draft.id)
    return home


def judge_memory(memory: Sequence[int]) -> bool:
    """Print how the line's memory went; whether it stayed as it was."""
    fifth = len(memory) // 5
    if fifth == 0:
        print(f"{len(memory)} looks at the line's memory are too few to say how it went")
        return False
    before, after = statistics.median(memory[fifth : 2 * fifth]), statistics.median(memory[-fifth:])
    flat = after - before <= max(LEAST_GROWTH, MOST_GROWTH * before)
    hours = 0.7 * len(memory) * SAMPLE / 3600
    print(
        f"memory of the line: {before / 2**20:.1f} MiB in the second fifth, {after / 2**20:.1f} MiB in the last, "
        f"{(after - before) / 2**20 / max(hours, 1e-9):+.1f} MiB an hour at that pace: {'flat' if flat else 'GROWN'}"
    )
    return flat


def judge_readings(folder: Path, sent: list[dict[str, int]], run: Run, told: protocol.Snapshot) -> bool:
    """Compare what was sent with what the store holds; print both."""
    counts = sum((Counter(one) for one in sent), Counter())
    with Station.open(folder / "home", create=False) as station:
        with station.read() as reader:
            found = [compare(expected(folder, number), stored(reader, number + 1)) for number in range(GAUGES)]
            refused = int(reader.raw.execute("SELECT count(*) FROM refused_reading").fetchone()[0])
            reasons = reader.raw.execute(
                "SELECT word, count(*) FROM refused_reading JOIN term ON term.id = reason GROUP BY 1 ORDER BY 2 DESC"
            ).fetchall()
        verified = station.store.verify()
    total, lost, strange, discarded = (sum(column) for column in zip(*found, strict=True))
    errors = counts.get(str(Fault.ERROR), 0)
    agree = total == told.kept and refused == told.refused
    announced = run.missed > 0 or (run.kept, run.refused) == (told.kept, told.refused)
    spoiled = ", ".join(f"{name} {number:,}" for name, number in sorted(counts.items()) if name in set(map(str, Fault)))
    print(f"sent {counts['records']:,}: unspoiled {counts['usable']:,} ({spoiled})")
    if counts["forged"]:
        print(
            f"  {counts['forged']} torn records were followed by what completes them: {counts['forged'] - discarded} "
            f"at once, which no byte tells, and kept; {discarded} after a pause, and discarded"
        )
    whole = not lost and not strange
    how = "each once and in order" if whole else f"{strange:,} NOT as sent"
    print(
        f"kept in the store {total:,}: {how}; refused with reason {refused:,} ({errors:,} error texts were sent); "
        f"discarded {told.discarded:,}; unaccounted for {lost:,}"
    )
    for reason, number in reasons[:5]:
        print(f"  {number:>9,}  {reason}")
    if not (agree and announced):
        print(
            f"  store {total} {refused}, line {told.kept} {told.refused}, client {run.kept} {run.refused} {run.missed}"
        )
    print(
        f"counts of the line, of the store{'' if run.missed else ', of a client'} "
        f"{'agree' if agree and announced else 'DISAGREE'}; journal of {verified.entries:,} entries "
        f"{'intact' if verified.intact else f'NOT INTACT: {verified.findings[0]}'}"
    )
    return whole and agree and announced and verified.intact and not told.waiting


def expected(folder: Path, number: int) -> Iterator[Expected]:
    """What a gauge sent, in its order."""
    with sent_file(folder, number).open() as file:
        for line in file:
            value, _, forged = line.rstrip().partition(" ")
            yield Expected(int(value), bool(forged))


def stored(reader: Reader, characteristic: int, stretch: int = 5000) -> Iterator[int]:
    """Every kept value of a characteristic in its order, read a stretch of subgroups at a time."""
    first = 1
    while found := reader.measurements(characteristic, first, first + stretch - 1):
        yield from (int(one.value.scaleb(3)) for one in found)
        first += stretch


def compare(sent: Iterator[Expected], kept: Iterator[int]) -> Compared:
    """Walk along both: what was sent and is not the next kept value is lost, or was forged and discarded."""
    count = lost = strange = discarded = 0
    for value in kept:
        count += 1
        for one in sent:
            if one.value == value:
                break
            discarded += one.forged
            lost += not one.forged
        else:
            strange += 1
    for one in sent:
        discarded += one.forged
        lost += not one.forged
    return Compared(count, lost, strange, discarded)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=1000.0, help="records a second, of all gauges together")
    options, _ = parser.parse_known_args(arguments)
    print(f"--- the whole line for {options.seconds:g} s at {options.rate:g} records a second with faults", flush=True)
    return soak(options.seconds, options.rate).code


if __name__ == "__main__":
    sys.exit(main())
