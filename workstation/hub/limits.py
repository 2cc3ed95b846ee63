"""How much the hub takes at once: bodies that stay small when unpacked, callers that do not come too often."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import AsyncIterator, Callable

from workstation.wire.messages import MAXIMUM_BODY, MAXIMUM_UNPACKED


class TooLarge(Exception):  # noqa: N818
    """A body is larger than the hub takes."""


class BadEncoding(Exception):  # noqa: N818
    """A body is not the gzip stream it says it is."""


async def read_body(chunks: AsyncIterator[bytes], encoding: str) -> bytes:
    """The body, unpacked when `encoding` is gzip; raises TooLarge before more than the limit is held in memory."""
    if encoding not in ("", "identity", "gzip"):
        raise BadEncoding(f"the hub does not know the encoding {encoding[:40]!r}")
    unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    received, body = 0, bytearray()
    async for chunk in chunks:
        received += len(chunk)
        if received > MAXIMUM_BODY:
            raise TooLarge
        if unpack is None:
            body += chunk
            continue
        try:
            body += unpack.decompress(chunk, MAXIMUM_UNPACKED + 1 - len(body))
        except zlib.error as error:
            raise BadEncoding("the body is no whole gzip stream") from error
        if len(body) > MAXIMUM_UNPACKED:
            raise TooLarge
    if unpack is not None and not unpack.eof:
        raise BadEncoding("the body ends in the middle of its gzip stream")
    return bytes(body)


class Throttle:
    """A bucket of attempts a caller: `burst` at once, then one every `seconds`. Holds at most `callers` buckets."""

    def __init__(
        self, burst: int, seconds: float, *, callers: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._seconds = seconds
        self._callers = callers
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def wait(self, caller: str) -> float:
        """Take one attempt: 0 when allowed, else the seconds to wait before the next is."""
        with self._lock:
            now = self._clock()
            left, since = self._buckets.pop(caller, (float(self._burst), now))
            left = min(self._burst, left + (now - since) / self._seconds)
            allowed = left >= 1.0
            self._buckets[caller] = (left - 1.0 if allowed else left, now)
            while len(self._buckets) > self._callers:
                self._buckets.pop(next(iter(self._buckets)))
            return 0.0 if allowed else (1.0 - left) * self._seconds
