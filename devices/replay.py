"""Plays a recording as if its port were open: the same bytes and requests at the same times, so the same readings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from devices.decode import Decoded, as_discarded
from devices.link import LOST, OPENED, QUEUED, STREAMING, SignalSink, Sink
from devices.playback import Playback
from devices.profile.model import Profile
from devices.reading import Discarded, LinkStatus, Reading, Trigger
from devices.record import Direction, Entry
from devices.session import Counts, Session


class ReplayLink(Playback):
    """The recording of a byte instrument."""

    def __init__(
        self,
        profile: Profile,
        port: str,
        path: Path,
        speed: float,
        *,
        source: str,
        sink: Sink,
        signals: SignalSink | None = None,
    ) -> None:
        super().__init__(profile, port, path, speed, source=source, sink=sink, signals=signals)
        self._session = Session(profile, source)

    @property
    def counts(self) -> Counts:
        """What became of everything in the recording so far."""
        return self._session.counts

    def _entry(self, entry: Entry) -> None:
        session, now = self._session, entry.monotonic
        if entry.direction is Direction.IN:
            self._deliver(session.received(entry.data, now, entry.wall))
            return
        word, _, rest = entry.note.partition(" ")
        if entry.direction is Direction.EVENT and word == OPENED and rest.isdigit():
            session.opened(now, entry.wall, int(rest))
            self._set(LinkStatus.READY, "the port was open", entry.wall)
        elif entry.direction is Direction.EVENT and entry.note == LOST:
            self._deliver(session.lost(now))
            self._set(LinkStatus.ERROR, "the port was lost", entry.wall)
        elif entry.direction is Direction.EVENT and entry.note == STREAMING:
            session.streaming(True)
        elif word == QUEUED and (asked := _asked(rest)):
            session.ask(*asked)
        elif _asked(entry.note):
            self._deliver(session.tick(now))
            session.sent(entry.note, now)

    def _deliver(self, decoded: Sequence[Decoded]) -> None:
        for one in decoded:
            if isinstance(one, Reading | Discarded):
                self._sink(one)
            elif self._signals is not None:
                self._signals(one)
            else:
                self._sink(as_discarded(one))


def _asked(note: str) -> tuple[str, Trigger] | None:
    """Channel and trigger of a request's note, or None when the note is of something else."""
    word, _, channel = note.rpartition(" ")
    try:
        return channel, Trigger(word)
    except ValueError:
        return None
