"""What somebody looks at: the traffic of a port and the counts of every gauge, made only while it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from devices import RawJournal
from devices.reading import Discarded, LinkState, Quality, Reading, Scan
from devices.record import Direction, Entry
from workstation.line import protocol
from workstation.line.ports import Event

EVERY_GAUGE = ""
"""The source to subscribe to for the counts of every gauge."""
FLUSH = 1 / 30
"""Seconds between two frames of traffic: as often as a screen draws it."""
COUNT = 0.5
"""Seconds between two tellings of the counts."""
MOST_PIECES = 400
MOST_BYTES = 256 * 1024
"""Pieces and bytes of one port in one frame; what is more is counted as missed. The recording has all of it."""
_WORDS = {Direction.IN: "in", Direction.OUT: "out", Direction.EVENT: "event"}

Tell = Callable[[str, protocol.Traffic | protocol.Instruments], None]


@dataclass(slots=True)
class Tally:
    """What became of one gauge's readings since the line started."""

    kept: int = 0
    refused: int = 0
    discarded: int = 0
    last: protocol.Kept | None = None
    heard: bytes = b""
    """The bytes of the newest record."""


class Tallies:
    """The counts of every source, moved on by what is announced."""

    def __init__(self) -> None:
        self._of: dict[str, Tally] = {}

    def __getitem__(self, source: str) -> Tally:
        return self._of.setdefault(source, Tally())

    def count(self, items: Sequence[protocol.Announcement]) -> None:
        """Note what was kept and what was refused."""
        for item in items:
            if isinstance(item, protocol.Kept):
                tally = self[item.source]
                tally.kept += 1
                tally.last = item
            elif isinstance(item, protocol.ReadingRefused):
                self[item.source].refused += 1


@dataclass(slots=True)
class _Look:
    names: frozenset[str]
    pieces: list[protocol.Piece] = field(default_factory=list)
    size: int = 0
    missed: int = 0


class Watch:
    """Gathers traffic for those who look and hands it on thirty times a second; costs nothing while nobody does.

    `tell` sends to the subscribers of a source and never waits; `counts` gives the counts of every gauge.
    """

    def __init__(self, raw: RawJournal, tell: Tell, counts: Callable[[], protocol.Instruments]) -> None:
        self._raw = raw
        self._tell = tell
        self._counts = counts
        self._looks: dict[str, _Look] = {}
        self._end_listening: Callable[[], None] | None = None
        self._flushing: asyncio.TimerHandle | None = None
        self._counting: asyncio.TimerHandle | None = None

    def follow(self, wanted: Mapping[str, frozenset[str]], *, counts: bool) -> None:
        """Look at these and no others: by subscribed source, every source its port's bytes and records may carry."""
        self._looks = {source: self._looks.get(source) or _Look(names) for source, names in wanted.items()}
        for source, names in wanted.items():
            self._looks[source].names = names
        if self._looks and self._end_listening is None:
            self._end_listening = self._raw.listen(self._listen)
        elif not self._looks and self._end_listening is not None:
            self._end_listening()
            self._end_listening = None
        if self._counting is not None:
            self._counting.cancel()
            self._counting = None
        if counts:
            self._tell_counts()

    def close(self) -> None:
        """Look at nothing any more."""
        self.follow({}, counts=False)
        if self._flushing is not None:
            self._flushing.cancel()

    def heard(self, event: Event) -> None:
        """Show what a record was decoded to."""
        if not self._looks or isinstance(event, LinkState):
            return
        if isinstance(event, Reading):
            if event.quality is Quality.BAD:
                return  # refused in a moment, and shown then
            kind, note = (
                "reading",
                f"{event.value:f} {event.unit or '(no unit sent)'}, channel {event.channel}, {event.trigger}",
            )
            if event.reason:
                note += f", {event.quality}: {event.reason}"
        elif isinstance(event, Discarded):
            kind, note = "discarded", event.reason
        elif isinstance(event, Scan):
            kind, note = "scan", event.text
        else:
            kind, note = "signal", event.what
        self._add(protocol.Piece(event.source, kind, event.observed_at, 0, note, event.raw))

    def said(self, items: Sequence[protocol.Announcement]) -> None:
        """Show what was refused, with its reason."""
        if self._looks:
            for item in items:
                if isinstance(item, protocol.ReadingRefused):
                    at = item.observed_at * 1000
                    self._add(protocol.Piece(item.source, "refused", at, 0, item.reason, item.raw))

    def _listen(self, source: str, entry: Entry) -> None:
        kind = _WORDS[entry.direction]
        self._add(protocol.Piece(source, kind, entry.wall, entry.monotonic, entry.note, entry.data))

    def _add(self, piece: protocol.Piece) -> None:
        for look in self._looks.values():
            if piece.source not in look.names:
                continue
            if len(look.pieces) >= MOST_PIECES or look.size + len(piece.data) > MOST_BYTES:
                look.missed += 1
                continue
            look.pieces.append(piece)
            look.size += len(piece.data)
            if self._flushing is None:
                self._flushing = asyncio.get_running_loop().call_later(FLUSH, self._flush)

    def _flush(self) -> None:
        self._flushing = None
        for source, look in self._looks.items():
            if look.pieces or look.missed:
                self._tell(source, protocol.Traffic(source, tuple(look.pieces), look.missed))
                look.pieces, look.size, look.missed = [], 0, 0

    def _tell_counts(self) -> None:
        self._counting = asyncio.get_running_loop().call_later(COUNT, self._tell_counts)
        self._tell(EVERY_GAUGE, self._counts())
