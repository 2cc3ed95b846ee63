"""Frames of the local socket: four bytes of length, then one msgpack message; bounded against garbage."""

from __future__ import annotations

import hashlib
import hmac
import struct

import msgspec

from workstation.errors import SurroundingsFailed
from workstation.line import protocol

HEADER = struct.Struct(">I")
GREETING_FRAME = 4096
"""The longest frame taken from a client that has not yet shown that it knows the secret, in bytes."""

_PURPOSE = b"sinebar line attach v1\x00"
_encoder = msgspec.msgpack.Encoder()
_server_messages: msgspec.msgpack.Decoder[protocol.ServerMessage] = msgspec.msgpack.Decoder(protocol.ServerMessage)
_client_messages: msgspec.msgpack.Decoder[protocol.ClientMessage] = msgspec.msgpack.Decoder(protocol.ClientMessage)


class WireError(SurroundingsFailed):
    """What came over the local socket is not this protocol."""


def encode(message: protocol.Message) -> bytes:
    """One whole frame; a message longer than `MAXIMUM_FRAME` raises `WireError`."""
    body = _encoder.encode(message)
    if len(body) > protocol.MAXIMUM_FRAME:
        raise WireError(f"A message of {len(body)} bytes is longer than the local socket's frame.")
    return HEADER.pack(len(body)) + body


def decode_from_server(body: bytes) -> protocol.ServerMessage:
    """A message of the line process; anything else raises `WireError`."""
    try:
        return _server_messages.decode(body)
    except msgspec.MsgspecError as error:
        raise WireError(
            f"The line process sent a message this program does not know: {error}.",
            "Use the same version of Sinebar for the window and the line.",
        ) from error


def decode_from_client(body: bytes) -> protocol.ClientMessage:
    """A command or the proof of the secret; anything else raises `WireError`."""
    try:
        return _client_messages.decode(body)
    except msgspec.MsgspecError as error:
        raise WireError(
            f"This message is none that the line knows: {error}.",
            "Use the same version of Sinebar for the window and the line.",
        ) from error


def proof(secret: bytes, nonce: bytes) -> bytes:
    """What shows knowledge of the secret without sending it: HMAC-SHA256 of the nonce."""
    return hmac.new(secret, _PURPOSE + nonce, hashlib.sha256).digest()


def proves(secret: bytes, nonce: bytes, mac: bytes) -> bool:
    """Whether `mac` was made with the secret, compared in constant time."""
    return hmac.compare_digest(proof(secret, nonce), mac)


class FrameBuffer:
    """Bytes in, whole frames out, however the bytes were cut; `maximum` bounds a frame's body in bytes."""

    def __init__(self, maximum: int = protocol.MAXIMUM_FRAME) -> None:
        self.maximum = maximum
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies that are complete now; a length over the bound raises `WireError`."""
        self._bytes += data
        bodies: list[bytes] = []
        start = 0
        while len(self._bytes) - start >= HEADER.size:
            (length,) = HEADER.unpack_from(self._bytes, start)
            if length > self.maximum:
                raise WireError(f"A frame of {length} bytes is announced where at most {self.maximum} are taken.")
            end = start + HEADER.size + length
            if len(self._bytes) < end:
                break
            bodies.append(bytes(self._bytes[start + HEADER.size : end]))
            start = end
        del self._bytes[:start]
        return bodies
