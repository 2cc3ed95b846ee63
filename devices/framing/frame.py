"""What a framer gives and what every framer can do."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Frame(NamedTuple):
    """One frame, or bytes that make none.

    `data` is what the decoder reads, `raw` all bytes of the frame as they came; `first` and `last` are the monotonic
    times (ns) of its first and last byte. A `fault` says why the bytes are no frame; then `data` is empty.
    """

    data: bytes
    raw: bytes
    first: int
    last: int
    fault: str = ""


class Framer(Protocol):
    """Cuts a stream of bytes into frames, whatever the pieces it comes in. Holds no clock and does no I/O.

    It keeps at most a frame's length of bytes, and after anything it cannot use it finds the next frame by itself.
    """

    def feed(self, data: bytes, now: int) -> list[Frame]:
        """Take bytes that arrived at `now` (monotonic ns), give the frames that they complete."""
        ...

    def tick(self, now: int) -> list[Frame]:
        """Give what silence until `now` completes or spoils."""
        ...

    def deadline(self) -> int | None:
        """When `tick` should be called next, if no byte arrives before."""
        ...

    def flush(self, now: int) -> list[Frame]:
        """Throw away what is unfinished (the port was lost, a quarantine ended): at most one frame with a fault."""
        ...

    def encode(self, payload: bytes) -> bytes:
        """The bytes on the wire of a frame with this payload."""
        ...
