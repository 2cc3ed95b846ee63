"""Whatever bytes come, in whatever pieces: framers give the same frames, lose no byte, keep little, and never raise."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.framing import (
    Check,
    FixedFramer,
    Frame,
    Framer,
    GapFramer,
    LengthFramer,
    LineFramer,
    MarksFramer,
    NibblesFramer,
)
from devices.profile.model import Checksum

MOST = 20
XOR = Check(Checksum("xor", "binary", 0))
SUM = Check(Checksum("sum8", "hex", 0))

FRAMERS: dict[str, Callable[[], Framer]] = {
    "cr": lambda: LineFramer(b"\r", MOST),
    "crlf": lambda: LineFramer(b"\r\n", MOST),
    "any": lambda: LineFramer(b"any", MOST),
    "stripped": lambda: LineFramer(b"\r", MOST, b"\0\n "),
    "checked line": lambda: LineFramer(b"\n", MOST, b"", SUM),
    "fixed": lambda: FixedFramer(6),
    "fixed with mark": lambda: FixedFramer(6, b"AB"),
    "fixed with check": lambda: FixedFramer(5, b"A", XOR),
    "marks": lambda: MarksFramer(b"\x02", b"\r\n", MOST),
    "long marks": lambda: MarksFramer(b"AB", b"CAB", MOST),
    "marks with check": lambda: MarksFramer(b"\x02", b"\x03", MOST, b"", SUM),
    "length": lambda: LengthFramer(b"A", 1, 1, MOST, adds=2),
    "length with check": lambda: LengthFramer(b"AB", 2, 2, MOST, little=True, check=XOR),
    "gap": lambda: GapFramer(1_000_000, MOST),
    "nibbles": lambda: NibblesFramer("FFFF", 13, "single"),
    "nibbles in pairs": lambda: NibblesFramer("FFFF", 13, "low-first"),
    "nibbles high first": lambda: NibblesFramer("FFFF", 13, "high-first"),
}

# bytes that matter to the framers above come often
BYTES = st.lists(
    st.one_of(
        st.sampled_from(
            [b"\r", b"\n", b"\r\n", b"\x02", b"\x03", b"A", b"AB", b"CAB", b"\0", b"\x0f" * 4, b"\xff\xff"]
        ),
        st.binary(min_size=1, max_size=30),
        st.binary(min_size=13, max_size=13).map(lambda data: bytes(byte & 15 for byte in data)),
    ),
    max_size=12,
).map(b"".join)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


def run(framer: Framer, chunks: list[bytes], now: int = 1000) -> list[Frame]:
    frames = [frame for chunk in chunks for frame in framer.feed(chunk, now)]
    frames += framer.tick(now + 1_000_000_000)
    return frames + framer.flush(now + 1_000_000_000)


@pytest.mark.parametrize("name", FRAMERS)
@given(data=BYTES, cuts=st.lists(st.integers(0, 400), max_size=12))
@settings(max_examples=120)
def test_the_same_frames_however_the_stream_is_cut(name: str, data: bytes, cuts: list[int]) -> None:
    whole = run(FRAMERS[name](), [data])
    assert run(FRAMERS[name](), pieces(data, cuts)) == whole
    assert run(FRAMERS[name](), [data[at : at + 1] for at in range(len(data))]) == whole


@pytest.mark.parametrize("name", FRAMERS)
@given(data=BYTES)
@settings(max_examples=60)
def test_no_byte_is_lost_or_invented(name: str, data: bytes) -> None:
    heard = b"".join(frame.raw for frame in run(FRAMERS[name](), [data]))
    if name in ("any", "cr", "crlf", "checked line", "stripped"):  # blank lines are passed over
        blank = b"\r\n\0 "
        assert heard.translate(None, blank) == data.translate(None, blank)
    else:
        assert heard == data


@pytest.mark.parametrize("name", FRAMERS)
@given(payload=st.binary(min_size=1, max_size=16), junk=st.binary(max_size=60))
@settings(max_examples=60)
def test_a_good_frame_is_found_again_after_any_junk(name: str, payload: bytes, junk: bytes) -> None:
    framer = FRAMERS[name]()
    if name == "gap":
        framer.feed(junk, 0)
        framer.tick(10_000_000)
        framer.feed(payload, 20_000_000)
        assert framer.tick(30_000_000)[-1].data == payload
        return
    if name == "fixed":
        return  # nothing but silence can bring it back in step: see the test below
    good = good_payload(name, payload)
    wire = framer.encode(good)
    frames = run(framer, [junk, wire * 6])
    assert sum(1 for frame in frames if frame.data == framer_data(name, framer, good, wire)) >= 2


def good_payload(name: str, payload: bytes) -> bytes:
    if name.startswith("nibbles"):
        return b"FFFF" + "".join(str(byte % 10) for byte in payload.ljust(9, b"\0")[:9]).encode()
    if name == "fixed with mark":
        return bytes(97 + byte % 26 for byte in payload.ljust(4, b"\0")[:4])
    if name == "fixed with check":
        return bytes(97 + byte % 26 for byte in payload.ljust(3, b"\0")[:3])
    if name.startswith("length"):
        start = b"A" if name == "length" else b"AB"
        field = 1 if name == "length" else 2
        return start + bytes(field) + bytes(97 + byte % 26 for byte in payload[:8])
    return bytes(97 + byte % 26 for byte in payload)


def framer_data(name: str, framer: Framer, good: bytes, wire: bytes) -> bytes:
    if name in ("fixed with mark", "length"):
        return wire
    if name in ("fixed with check", "length with check"):
        return wire[:-1]
    return good


@pytest.mark.parametrize("name", FRAMERS)
def test_memory_stays_bounded(name: str) -> None:
    framer = FRAMERS[name]()
    for byte in (b"x", b"A", b"\x0f", b"\xff", b"\x02"):
        for _ in range(50):
            framer.feed(byte * 1000, 5)
        held = b"".join(frame.raw for frame in framer.flush(6))
        assert len(held) <= 64 + 4 * MOST


def test_silence_brings_fixed_frames_back_in_step() -> None:
    framer = FixedFramer(6, gap=1_000_000)
    assert framer.feed(b"tail", 0) == []
    frames = framer.feed(b"abcdef", 5_000_000)
    assert [(frame.data, bool(frame.fault)) for frame in frames] == [(b"", True), (b"abcdef", False)]


def test_a_frame_knows_when_its_first_and_last_byte_came() -> None:
    for framer, wire in (
        (LineFramer(b"\r", MOST), b"12345\r"),
        (MarksFramer(b"\x02", b"\r", MOST), b"\x02123\r"),
        (FixedFramer(6), b"123456"),
    ):
        assert framer.feed(wire[:2], 100) == []
        assert framer.feed(wire[2:4], 200) == []
        (frame, *_rest) = framer.feed(wire[4:] + wire[:1], 300)
        assert (frame.first, frame.last) == (100, 300)
        (frame,) = framer.feed(wire[1:], 400)
        assert (frame.first, frame.last) == (300, 400)
