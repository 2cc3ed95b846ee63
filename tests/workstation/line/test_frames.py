from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.line import frames, protocol


@given(st.lists(st.binary(max_size=60), max_size=8), st.integers(1, 17))
def test_frames_come_out_whole_however_the_bytes_are_cut(bodies: list[bytes], step: int) -> None:
    stream = b"".join(frames.HEADER.pack(len(body)) + body for body in bodies)
    buffer = frames.FrameBuffer()
    out: list[bytes] = []
    for start in range(0, len(stream), step):
        out += buffer.feed(stream[start : start + step])
    assert out == bodies


def test_a_frame_over_the_bound_is_refused_before_its_body_arrives() -> None:
    buffer = frames.FrameBuffer(maximum=100)
    with pytest.raises(frames.WireError, match="101 bytes"):
        buffer.feed(frames.HEADER.pack(101))


@given(st.binary(max_size=300))
def test_no_bytes_make_decoding_raise_anything_but_a_wire_error(body: bytes) -> None:
    for decode in (frames.decode_from_client, frames.decode_from_server):
        try:
            decode(body)
        except frames.WireError as error:
            assert error.sentence


def test_every_message_survives_the_wire() -> None:
    kept = protocol.Kept(7, 1, 2, "12.3450", "mm", "gauge", 10**18, None, 250)
    failure = protocol.KeepFailed("The disk is full.", "Make room.", ("12.3450",), 3)
    said: list[protocol.ServerMessage] = [
        protocol.Hello(1, "bench", b"\x00" * 32),
        protocol.Announce((kept, failure, protocol.KeepRestored(3))),
        protocol.Answer(4, "", ""),
    ]
    for message in said:
        assert frames.decode_from_server(frames.encode(message)[4:]) == message
    asked = protocol.EnterValue(9, 7, "12.3450", "mm")
    assert frames.decode_from_client(frames.encode(asked)[4:]) == asked


def test_the_proof_depends_on_secret_and_nonce() -> None:
    mac = frames.proof(b"s" * 32, b"n" * 32)
    assert frames.proves(b"s" * 32, b"n" * 32, mac)
    assert not frames.proves(b"S" * 32, b"n" * 32, mac)
    assert not frames.proves(b"s" * 32, b"N" * 32, mac)
