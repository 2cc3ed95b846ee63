"""How fast, how light and how faithful the reading of byte instruments is, beside bare reading in the same run.

python tests/benchmarks/bench_devices.py [--rate READINGS_A_SECOND] [--soak SECONDS]

With --soak nothing else is run: gauges with faults go through the whole line for so long, see bench_soak.py.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import pty
import resource
import select
import statistics
import sys
import tempfile
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

from devices import Link, Profile, load_profile
from devices.reading import Discarded, LinkStatus, Quality, Reading
from devices.session import Session
from devices.simulators.faults import Fault
from devices.simulators.gauge import GaugeSimulator
from devices.simulators.serve import Playing, build_endpoint, stop
from resources import ROOT
from tests.benchmarks.bench_soak import FAULTS, soak

PROFILE = ROOT / "profiles" / "mitutoyo-digimatic-13.toml"
RECORDS = 300_000
PORTS = 16
PACE = 50.0
FAULTY = 10.0


def records(number: int) -> bytes:
    return b"".join(b"01A+00%02d.%03d\r" % (index // 1000 % 100, index % 1000) for index in range(number))


def rate(work: Callable[[], int], rounds: int = 5) -> tuple[float, float]:
    """Things a second: by the clock and by CPU time, the best of some rounds."""
    best_wall = best_cpu = float("inf")
    done = 1
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        done = work()
        best_wall = min(best_wall, time.perf_counter() - wall)
        best_cpu = min(best_cpu, time.process_time() - cpu)
    return done / best_wall, done / best_cpu


def decode_stream(profile: Profile) -> None:
    """Framing and decoding alone, from memory."""
    data = records(RECORDS)
    chunks = [data[at : at + 4096] for at in range(0, len(data), 4096)]

    def ours() -> int:
        session = Session(profile, "gauge")
        session.opened(0, 0, 0)
        return sum(len(session.received(chunk, 1, 1)) for chunk in chunks)

    def bare() -> int:
        rest, number = b"", 0
        for chunk in chunks:
            *lines, rest = (rest + chunk).split(b"\r")
            number += len([Decimal(line[3:].decode()) for line in lines])
        return number

    for name, work in (("framing and decoding to readings", ours), ("yardstick: split and Decimal only", bare)):
        wall, cpu = rate(work)
        print(f"{name:44} {wall:>12,.0f}/s by the clock {cpu:>12,.0f}/s of CPU")
    print("goal 250,000/s")


def pty_stream(profile: Profile) -> None:
    """The same over a pseudo-terminal, beside bare select, read and split."""
    for name, work in (("over a pty, a link", through_link), ("yardstick: select, os.read, split", through_select)):
        results = []
        for _ in range(3):
            cpu = time.thread_time()
            seconds = work(profile)
            results.append((RECORDS / seconds, (time.thread_time() - cpu) / RECORDS * 1e6))
        best, cost = max(results)[0], min(cost for _, cost in results)
        print(f"{name:44} {best:>12,.0f}/s by the clock {cost:>12.2f} us of CPU each")


def write_all(master: int, ready: threading.Event) -> None:
    """A process of its own would be better; a thread that only writes costs little and closes cleanly."""
    ready.wait()
    data = records(RECORDS)
    for at in range(0, len(data), 4000):
        os.write(master, data[at : at + 4000])


def through_select(profile: Profile) -> float:
    del profile
    master, slave = pty.openpty()
    tty.setraw(slave)
    ready = threading.Event()
    writer = threading.Thread(target=write_all, args=(master, ready))
    writer.start()
    ready.set()
    began = time.perf_counter()
    rest, number = b"", 0
    while number < RECORDS:
        select.select([slave], [], [])
        *lines, rest = (rest + os.read(slave, 65536)).split(b"\r")
        number += len(lines)
    seconds = time.perf_counter() - began
    writer.join()
    os.close(master)
    os.close(slave)
    return seconds


def through_link(profile: Profile) -> float:
    return asyncio.run(_through_link(profile))


async def _through_link(profile: Profile) -> float:
    master, slave = pty.openpty()
    tty.setraw(slave)
    ready, done = threading.Event(), asyncio.Event()
    number = 0

    def sink(one: object) -> None:
        nonlocal number
        if isinstance(one, Reading):
            number += 1
            if number == RECORDS:
                done.set()

    link = Link(profile, os.ttyname(slave), source="gauge", sink=sink)
    task = asyncio.ensure_future(link.run())
    await link.wait_ready()
    await asyncio.sleep(0.1)
    writer = threading.Thread(target=write_all, args=(master, ready))
    writer.start()
    began = time.perf_counter()
    ready.set()
    await done.wait()
    seconds = time.perf_counter() - began
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await asyncio.to_thread(writer.join)
    os.close(master)
    os.close(slave)
    return seconds


# --- many ports: the instruments play in a process of their own ---


def numbers(start: int) -> Iterator[Decimal]:
    return (Decimal(number % 9_999_999).scaleb(-3) for number in count(start))


def orchestra(pipe: Connection, ports: int, pace: float, seconds: float, faults: dict[Fault, float]) -> None:
    """A process of instruments: tells its ports, plays, tells what it sent."""
    asyncio.run(_orchestra(pipe, ports, pace, seconds, faults))


async def _orchestra(pipe: Connection, ports: int, pace: float, seconds: float, faults: dict[Fault, float]) -> None:
    profile = load_profile(PROFILE)
    plays = []
    for number in range(ports):
        simulator = GaugeSimulator(profile, numbers(number * 1000), seed=number, faults=faults)
        plays.append(Playing(simulator, build_endpoint("pty"), rate=pace))
    names = [await play.open() for play in plays]
    pipe.send(names)
    tasks = [asyncio.ensure_future(play.run(stay=True)) for play in plays]
    await asyncio.to_thread(pipe.recv)
    await asyncio.sleep(seconds)
    for play in plays:
        play.stop_sending()
    for play in plays:
        await play.drained()
    pipe.send([dict(play.simulator.counts) for play in plays])
    await asyncio.to_thread(pipe.recv)
    for task, play in zip(tasks, plays, strict=True):
        await stop(task, play)


class Tally:
    """Counts what links say."""

    def __init__(self) -> None:
        self.good = self.bad = self.discarded = 0

    def __call__(self, one: object) -> None:
        if isinstance(one, Reading):
            self.good += one.quality is not Quality.BAD
            self.bad += one.quality is Quality.BAD
        elif isinstance(one, Discarded):
            self.discarded += 1


async def listen_to_all(profile: Profile, ports: int, pace: float, seconds: float, faults: dict[Fault, float]) -> int:
    """Read `ports` instruments for `seconds`; 1 when a reading is unaccounted for."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=orchestra, args=(theirs, ports, pace, seconds, faults)
    )
    process.start()
    names = await asyncio.to_thread(ours.recv)
    tallies = [Tally() for _ in names]
    links = [
        Link(profile, name, source=f"gauge {number}", sink=tally)
        for number, (name, tally) in enumerate(zip(names, tallies, strict=True))
    ]
    tasks = [asyncio.ensure_future(link.run()) for link in links]
    for link in links:
        await link.wait_ready()
    await asyncio.sleep(1.0)
    ours.send("begin")
    cpu, wall = time.process_time(), time.perf_counter()
    memory = resident()
    sent = await asyncio.to_thread(ours.recv)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    grown = resident() - memory
    heard = -1
    while heard != sum(link.counts.bytes for link in links):
        heard = sum(link.counts.bytes for link in links)
        await asyncio.sleep(0.3)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    ours.send("end")
    await asyncio.to_thread(process.join)
    return account(sent, tallies, cpu, wall, grown)


def account(sent: list[dict[str, int]], tallies: list[Tally], cpu: float, wall: float, grown: int) -> int:
    records_sent = sum(one.get("records", 0) for one in sent)
    usable = sum(one.get("usable", 0) for one in sent)
    good, bad = sum(one.good for one in tallies), sum(one.bad for one in tallies)
    discarded = sum(one.discarded for one in tallies)
    print(
        f"{len(tallies)} ports, {records_sent / wall:,.0f} records/s for {wall:.0f} s: {100 * cpu / wall:.2f} % of a "
        f"core, {cpu / max(1, good) * 1e6:.0f} us a reading, memory grew {grown / 1024:.0f} KiB"
    )
    print(
        f"sent {records_sent:,}: usable {usable:,}; heard good {good:,}, refused {bad:,}, discarded {discarded:,}; "
        f"unaccounted {usable - good:,}"
    )
    return 0 if usable == good else 1


def resident() -> int:
    """Bytes of memory this process holds now."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


# --- unplugging ---


async def unplugging(profile: Profile, times: int = 10) -> int:
    gone: list[float] = []
    back: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        port = Path(folder) / "gauge"
        tally = Tally()
        link = Link(profile, str(port), source="gauge", sink=tally)
        task = asyncio.ensure_future(link.run())
        for _ in range(times):
            play = Playing(GaugeSimulator(profile, numbers(0)), build_endpoint(f"pty:{port}"), rate=200)
            plugged, before = time.perf_counter(), tally.good
            await play.open()
            playing = asyncio.ensure_future(play.run(stay=True))
            while tally.good == before:
                await asyncio.sleep(0.001)
            back.append(time.perf_counter() - plugged)
            pulled = time.perf_counter()
            await stop(playing, play)
            while link.state.status is not LinkStatus.ERROR:
                await asyncio.sleep(0.001)
            gone.append(time.perf_counter() - pulled)
            await asyncio.sleep(0.5)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    print(f"unplugged shown after {statistics.median(gone) * 1e3:.1f} ms (worst {max(gone) * 1e3:.1f}; goal 500)")
    print(
        f"reading again after {statistics.median(back) * 1e3:.0f} ms (worst {max(back) * 1e3:.0f}; goal 1000; "
        "the simulated gauge itself waits 300 ms after it is plugged in)"
    )
    return 0 if max(gone) < 0.5 and max(back) < 1.0 else 1


def main() -> int:
    """Print every figure; returns 1 when a reading is unaccounted for or a goal of recovery is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--soak", type=float, default=0.0, help="only run the whole line with faults, for so many seconds"
    )
    parser.add_argument("--rate", type=float, default=1000.0, help="records a second with faults, over 4 ports")
    options, _ = parser.parse_known_args()
    if options.soak:
        return soak(options.soak, options.rate).code
    profile = load_profile(PROFILE)
    print("--- a stream of 13-character records")
    decode_stream(profile)
    pty_stream(profile)
    print(f"--- {PORTS} ports at {PACE:.0f} readings a second each (goal: under 5 % of a core, nothing lost)")
    failed = asyncio.run(listen_to_all(profile, PORTS, PACE, 5.0, {}))
    print("--- unplugging")
    failed += asyncio.run(unplugging(profile))
    print(f"--- {FAULTY:.0f} s with faults, links alone (goal: memory flat, everything accounted for)")
    failed += asyncio.run(listen_to_all(profile, 4, options.rate / 4, FAULTY, FAULTS))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
