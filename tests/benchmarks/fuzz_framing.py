"""Millions of random and mutated bytes through every framing: no exception, no hang, no growing memory, no byte lost.

python tests/benchmarks/fuzz_framing.py [--bytes 10000000] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator

from devices.framing import (
    Check,
    FixedFramer,
    Framer,
    GapFramer,
    LengthFramer,
    LineFramer,
    MarksFramer,
    NibblesFramer,
)
from devices.profile.model import Checksum

CRC = Check(Checksum("crc16-modbus", "binary-swapped", 0))
MOST_HELD = 64_000
"""Bytes of memory that a framer, the chunk in hand and the fuzzer itself may hold after a tenth of the run."""
HEX = Check(Checksum("sum8", "hex", 0))

FRAMINGS: dict[str, tuple[Callable[[], Framer], bytes]] = {
    "line CR": (lambda: LineFramer(b"\r", 32, b"\0\n"), b"01A+0000.123"),
    "line CR LF": (lambda: LineFramer(b"\r\n", 64), b"S S     100.00 g"),
    "line any": (lambda: LineFramer(b"any", 64), b"+12.345"),
    "line with checksum": (lambda: LineFramer(b"\r\n", 64, b"", HEX), b"01,+12.345,"),
    "fixed with mark and CRC": (lambda: FixedFramer(12, b"\xaaU", CRC), b"\xaaU12345678"),
    "fixed by silence": (lambda: FixedFramer(8, gap=5), b"12345678"),
    "marks": (lambda: MarksFramer(b"\x02", b"\r\n", 64), b" 15.0mil NONFE"),
    "marks with checksum": (lambda: MarksFramer(b"\x02", b"\x03", 64, b"", HEX), b"+12.345"),
    "length field": (lambda: LengthFramer(b"\x7e", 1, 2, 64, adds=2, check=CRC), b"\x7e\0\0payload"),
    "silence": (lambda: GapFramer(5, 64), b"12.345"),
    "nibbles": (lambda: NibblesFramer("FFFF", 13, "single"), b"FFFF801234530"),
    "nibbles in pairs": (lambda: NibblesFramer("FFFF", 13, "low-first"), b"FFFF801234530"),
}


def stream(source: random.Random, good: bytes, size: int) -> Iterator[bytes]:
    """Chunks of random bytes, of records, and of records with bytes changed, lost, doubled or cut, `size` in all."""
    while size > 0:
        kind = source.random()
        if kind < 0.3:
            chunk = source.randbytes(source.randrange(1, 400))
        else:
            chunk = bytearray(good * source.randrange(1, 12))
            if kind > 0.6:
                for _ in range(source.randrange(1, 6)):
                    at = source.randrange(len(chunk))
                    chunk[at : at + source.randrange(3)] = source.randbytes(source.randrange(3))
                    if not chunk:
                        break
            chunk = bytes(chunk[: source.randrange(1, len(chunk) + 2)])
        yield chunk
        size -= len(chunk) or 1


def fuzz(make: Callable[[], Framer], payload: bytes, size: int, seed: int) -> dict[str, float]:
    """Feed one framing; raises AssertionError when a byte is lost or memory grows."""
    source = random.Random(seed)
    framer = make()
    good = framer.encode(payload)
    fed = told = frames = faults = slowest = 0
    now = 0
    for chunk in stream(source, good, size):
        now += source.choice((0, 0, 0, 1, 7))
        began = time.perf_counter_ns()
        for frame in framer.feed(chunk, now):
            told += len(frame.raw)
            frames += not frame.fault
            faults += bool(frame.fault)
        slowest = max(slowest, time.perf_counter_ns() - began)
        fed += len(chunk)
    held = tracemalloc.get_traced_memory()[0] if tracemalloc.is_tracing() else 0
    for frame in (*framer.tick(now + 10), *framer.flush(now + 10)):
        told += len(frame.raw)
    blank_lines = isinstance(framer, LineFramer)
    if not (told == fed or (blank_lines and told <= fed)):
        raise AssertionError(f"{fed} bytes went in, {told} came out")
    return {"bytes": fed, "frames": frames, "faults": faults, "slowest_ms": slowest / 1e6, "held": held}


def main(arguments: list[str] | None = None) -> int:
    """Fuzz every framing and print what it did; returns 1 when one fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=10_000_000, help="bytes for each framing")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    failed = 0
    for name, (make, payload) in FRAMINGS.items():
        tracemalloc.start()
        began = time.perf_counter()
        try:
            result = fuzz(make, payload, options.bytes // 10, options.seed)
            held = int(result["held"])
            tracemalloc.stop()
            result = fuzz(make, payload, options.bytes, options.seed + 1)
        except Exception as error:  # noqa: BLE001 - whatever it is, is what this run looks for
            print(f"{name}: FAILED: {error!r}")
            failed += 1
            continue
        seconds = time.perf_counter() - began
        print(
            f"{name:24} {result['bytes']:>11,} bytes {result['frames']:>9,} frames {result['faults']:>9,} faults "
            f"{result['bytes'] / seconds / 1e6:6.1f} MB/s  slowest chunk {result['slowest_ms']:.2f} ms  held {held:,} B"
        )
        failed += held > MOST_HELD
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
