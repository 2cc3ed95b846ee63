"""Readers and gauges that type like a keyboard: timing tells them from a person. Does no I/O and holds no clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from devices.errors import PortError
from devices.reading import Reading, Scan, Trigger

if TYPE_CHECKING:
    from devices.decode import Decoded
    from devices.profile.model import Profile

MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Typed:
    """Keys that a person pressed: hand them on as if nothing had been between."""

    text: str


@dataclass(frozen=True, slots=True)
class Wedged:
    """A text that a reader typed, without its end key; `first` and `last` are the times of its keys (monotonic ns)."""

    text: str
    first: int
    last: int


class WedgeDecoder:
    """Takes key by key, gives back what was typed and what was scanned, in order.

    A reader's keys follow each other within `most_gap` ns and end with one of `ends`; at least `least` characters make
    a scan. With a `prefix` (a character the reader was set to send first) nothing without it is a scan. What a person
    types is held back for `most_gap` at most: call `tick` by `deadline`.
    """

    def __init__(
        self,
        *,
        most_gap: int = 35 * MILLISECOND,
        least: int = 4,
        most: int = 512,
        ends: tuple[str, ...] = ("\r", "\n", "\t"),
        prefix: str = "",
    ) -> None:
        self._most_gap = most_gap
        self._least = least
        self._most = most
        self._ends = ends
        self._prefix = prefix
        self._held = ""
        self._first = 0
        self._last = 0

    def key(self, text: str, now: int) -> list[Typed | Wedged]:
        """A key that gives `text` (usually one character) was pressed at `now`."""
        results = self.tick(now)
        if text in self._ends:
            return results + self._end(text, now)
        if not self._held:
            self._first = now
        self._held += text
        self._last = now
        if len(self._held) > self._most:
            results += self._release()
        return results

    def tick(self, now: int) -> list[Typed | Wedged]:
        """Give back what only a person can have typed, once `now` is too late for a reader's next key."""
        return self._release() if self._held and now - self._last > self._most_gap else []

    def deadline(self) -> int | None:
        """When to call `tick` if no key comes before."""
        return self._last + self._most_gap + 1 if self._held else None

    def _end(self, end: str, now: int) -> list[Typed | Wedged]:
        held = self._held
        body = held[len(self._prefix) :] if self._prefix else held
        if held and held.startswith(self._prefix) and len(body) >= self._least:
            self._held = ""
            return [Wedged(body, self._first, now)]
        return [*self._release(), Typed(end)]

    def _release(self) -> list[Typed | Wedged]:
        held, self._held = self._held, ""
        return [Typed(held)] if held else []


def typing_profile(profile: Profile) -> Profile:
    """The profile of an instrument that types: it sends when its button is pressed, and cannot be asked.

    Raises PortError for one that does not speak in records.
    """
    if profile.framing is None:
        raise PortError(f"{profile.title} does not speak in records: it cannot type.", "Give the port of its wire.")
    unsolicited = profile.unsolicited or Trigger.BUTTON
    return replace(profile, serial=None, request=None, stream=None, unsolicited=unsolicited)


def record_of(profile: Profile, text: str) -> bytes:
    """A typed text as the profile's instrument would have sent it, with its marks; empty where it cannot be one."""
    framing = profile.framing
    if framing is None:
        return b""
    try:
        return framing.start + text.encode("latin-1") + (framing.end or b"\r\n")
    except UnicodeEncodeError:
        return b""


def decode_typed(profile: Profile, source: str, record: bytes) -> list[Decoded]:
    """What a typed record says; nothing unless it is exactly one whole record that the profile knows."""
    from devices.decode import Decoder
    from devices.framing import build_framer

    if profile.framing is None or not record:
        return []
    frames = list(build_framer(profile.framing).feed(record, 0))
    if len(frames) != 1 or frames[0].fault:
        return []
    decoded = Decoder(profile, source).decode(frames[0], 0, Trigger.TYPED)
    return list(decoded) if all(isinstance(one, Reading | Scan) for one in decoded) else []
