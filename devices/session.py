"""The talk with one instrument without its port: who asked, what answers, what is too late. No clock, no I/O.

Given the same bytes, requests and times it gives the same results, which is what makes a recording replay exactly.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from devices.decode import Decoded, Decoder
from devices.errors import ProtocolError
from devices.framing import Frame, build_framer
from devices.profile.model import Profile, Pulse
from devices.reading import Discarded, Quality, Reading, Signal, Trigger

MILLISECOND = 1_000_000
MOST_WAITING = 64


@dataclass(frozen=True, slots=True)
class Transmit:
    """What to send now: bytes or a pulse. `note` says why, in the words that `Session.sent` takes back."""

    data: bytes
    pulse: Pulse | None
    note: str


@dataclass(frozen=True, slots=True)
class _Asked:
    channel: str
    trigger: Trigger
    deadline: int


@dataclass(slots=True)
class Counts:
    """What became of everything that was heard and asked since the link was made."""

    bytes: int = 0
    frames: int = 0
    readings: int = 0
    bad: int = 0
    discarded: int = 0
    signals: int = 0
    requests: int = 0
    answers: int = 0
    time_outs: int = 0


class Session:
    """One instrument's conversation.

    After a time-out the line is quarantined for the profile's late window: every frame that begins in it is discarded,
    because nobody can know whose answer it is.
    """

    def __init__(self, profile: Profile, source: str) -> None:
        if profile.framing is None:
            raise ProtocolError(f"{profile.title} speaks Modbus, not in records.", "Open it with open_link.")
        self._profile = profile
        self._source = source
        self._framer = build_framer(profile.framing)
        self._decoder = Decoder(profile, source)
        self._request = profile.request
        self._timeout = self._request.timeout_ms * MILLISECOND if self._request is not None else 0
        self._late_window = self._request.late_window_ms * MILLISECOND if self._request is not None else 0
        self._gap = self._request.gap_ms * MILLISECOND if self._request is not None else 0
        self._one_for_all = self._request is not None and "{channel}" not in self._request.read
        self._unsolicited = profile.unsolicited
        self._waiting: deque[tuple[str, Trigger]] = deque()
        self._asked: _Asked | None = None
        self._quiet_until = 0
        self._suspect_until = 0
        self._suspect_why = ""
        self._shift = 0
        self._streaming = False
        self.silent_requests = 0
        self.counts = Counts()

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited, or late ones are being waited out."""
        return self._asked is not None

    def is_waiting(self, channel: str) -> bool:
        """Whether a request for the channel is queued or under way."""
        return (self._asked is not None and self._asked.channel == channel) or any(
            waiting == channel for waiting, _ in self._waiting
        )

    # --- what the host wants ---

    def ask(self, channel: str, trigger: Trigger) -> None:
        """Queue a request; a person's goes before polls. Raises ProtocolError when the instrument cannot be asked."""
        if self._request is None:
            raise ProtocolError(f"{self._profile.title} cannot be asked.", "Press its data button instead.")
        if channel not in self._request.channels:
            raise ProtocolError(
                f"{self._profile.title} has no channel '{channel}'.", f"It has {', '.join(self._request.channels)}."
            )
        if len(self._waiting) >= MOST_WAITING:
            raise ProtocolError(f"{MOST_WAITING} requests are waiting already.", "Wait for the instrument's answers.")
        if trigger is Trigger.POLL:
            self._waiting.append((channel, trigger))
            return
        place = sum(1 for _, waiting in self._waiting if waiting is not Trigger.POLL)
        self._waiting.insert(place, (channel, trigger))

    def next(self, now: int) -> Transmit | None:
        """What to send at `now`; the caller tells with `sent` that it went out."""
        request = self._request
        if request is None or not self._waiting or self._asked is not None:
            return None
        if now < self._quiet_until or now < self._suspect_until:
            return None
        channel, trigger = self._waiting[0]
        data = request.read.replace("{channel}", channel).encode("latin-1")
        return Transmit(data, request.pulse, f"{trigger.value} {channel}")

    def sent(self, note: str, now: int) -> None:
        """A request went out at `now`; `note` is the one `next` gave."""
        word, _, channel = note.rpartition(" ")
        trigger = Trigger(word)
        if self._request is None:
            return
        if (channel, trigger) in self._waiting:
            self._waiting.remove((channel, trigger))
        self._asked = _Asked(channel, trigger, now + self._timeout)
        self.counts.requests += 1

    # --- what the port says ---

    def opened(self, now: int, wall: int, settle: int) -> None:
        """The port was opened: a frame that begins within `settle` ns is the tail of one already under way."""
        self._shift = wall - now
        self._asked = None
        self._framer.flush(now)
        self._suspect_until = now + settle
        self._suspect_why = "the record was under way when the port was opened"
        self.silent_requests = 0

    def lost(self, now: int) -> list[Decoded]:
        """The port was lost: what was half heard is discarded, what was asked has no answer."""
        results: list[Decoded] = [self._discard(frame, frame.fault) for frame in self._framer.flush(now)]
        if self._asked is not None:
            results.append(self._no_answer(self._asked, now, "the port was lost before the answer came"))
            self._asked = None
        while self._waiting:
            channel, trigger = self._waiting.popleft()
            if trigger is not Trigger.POLL:
                asked = _Asked(channel, trigger, now)
                results.append(self._no_answer(asked, now, "the port was lost before it could be asked"))
        return results

    def streaming(self, on: bool) -> None:
        """Tell whether continuous output was switched on: then what comes unasked is a stream."""
        self._streaming = on

    def received(self, data: bytes, monotonic: int, wall: int) -> list[Decoded]:
        """Bytes arrived at `monotonic` (UTC: `wall`), both in ns."""
        results = self.tick(monotonic)  # what came before these bytes is stamped by the clocks as they stood then
        self._shift = wall - monotonic
        self.counts.bytes += len(data)
        frames = self._framer.feed(data, monotonic)
        if len(frames) > 1 and self._asked is None and frames[0].first >= self._suspect_until:
            results.extend(self._unasked(frames))
        else:
            for frame in frames:
                results.extend(self._frame(frame))
        return results

    def tick(self, now: int) -> list[Decoded]:
        """What silence until `now` brings: time-outs, and frames that a gap ends."""
        results: list[Decoded] = []
        asked = self._asked
        if asked is not None and now >= asked.deadline:
            self._asked = None
            self._suspect_until = asked.deadline + self._late_window
            self._suspect_why = f"it came after the time-out of a request for channel {asked.channel}"
            self.counts.time_outs += 1
            self.silent_requests += 1
            results.append(self._no_answer(asked, asked.deadline, f"no answer within {self._timeout / 1e9:g} s"))
        for frame in self._framer.tick(now):
            results.extend(self._frame(frame))
        return results

    def deadline(self) -> int | None:
        """When `tick` or `next` has something to do if no byte arrives before (monotonic ns)."""
        times = [time for time in (self._framer.deadline(),) if time is not None]
        if self._asked is not None:
            times.append(self._asked.deadline)
        elif self._waiting:
            times.append(max(self._quiet_until, self._suspect_until))
        return min(times, default=None)

    # --- frames ---

    def _frame(self, frame: Frame) -> Sequence[Decoded]:
        if frame.first < self._suspect_until:
            self.counts.frames += 1
            return (self._suspect(frame),)
        if self._asked is None:
            return self._unasked((frame,))
        self.counts.frames += 1
        decoded = self._answer(self._asked, frame)
        self._count(decoded)
        return decoded

    def _unasked(self, frames: Sequence[Frame]) -> Sequence[Decoded]:
        """Frames that came while no answer was awaited."""
        self.counts.frames += len(frames)
        trigger = Trigger.STREAM if self._streaming else self._unsolicited
        decoded, plain = self._decoder.decode_unasked(frames, self._shift, trigger or Trigger.REQUEST)
        if trigger is None:
            decoded = [self._nobodys(one) for one in decoded]
        elif plain == len(decoded):
            self.counts.readings += plain
            self.silent_requests = 0
            return decoded
        self._count(decoded)
        return decoded

    def _suspect(self, frame: Frame) -> Discarded:
        """A frame that cannot be trusted; after the one under way at opening the line is clean again."""
        if self._suspect_why.startswith("the record was under way"):
            self._suspect_until = 0
        self.counts.discarded += 1
        return self._discard(frame, self._suspect_why)

    def _answer(self, asked: _Asked, frame: Frame) -> Sequence[Decoded]:
        decoded = self._decoder.decode(frame, self._shift, asked.trigger, asked.channel)
        answers = any(
            isinstance(one, Reading)
            and one.trigger is asked.trigger
            and (self._one_for_all or one.channel == asked.channel)
            for one in decoded
        )
        if not answers:
            return [self._unsought(one, asked) for one in decoded]
        self._asked = None
        self._quiet_until = frame.last + self._gap
        self.silent_requests = 0
        self.counts.answers += 1
        return decoded

    def _unsought(self, one: Decoded, asked: _Asked) -> Decoded:
        """Something else came while an answer was awaited: a button, or another channel's answer."""
        if not isinstance(one, Reading) or one.trigger is not asked.trigger:
            return one
        if self._unsolicited is None and not self._streaming:
            return Discarded(self._source, one.observed_at, f"channel {asked.channel} was asked, not this one", one.raw)
        trigger = self._unsolicited if self._unsolicited is not None and not self._streaming else Trigger.STREAM
        return replace(one, trigger=trigger)

    def _nobodys(self, one: Decoded) -> Decoded:
        if isinstance(one, Reading):
            return Discarded(self._source, one.observed_at, "nobody asked for it", one.raw)
        return one

    def _count(self, decoded: Sequence[Decoded]) -> None:
        counts = self.counts
        for one in decoded:
            if isinstance(one, Reading):
                counts.readings += 1
                if one.quality is Quality.BAD:
                    counts.bad += 1
                self.silent_requests = 0
            elif isinstance(one, Discarded):
                counts.discarded += 1
            elif isinstance(one, Signal):
                counts.signals += 1

    def _discard(self, frame: Frame, reason: str) -> Discarded:
        return Discarded(self._source, frame.first + self._shift, reason, frame.raw)

    def _no_answer(self, asked: _Asked, now: int, reason: str) -> Reading:
        return Reading(
            source=self._source,
            channel=asked.channel,
            value=None,
            unit=None,
            observed_at=now + self._shift,
            monotonic=now,
            received=now,
            trigger=asked.trigger,
            quality=Quality.BAD,
            reason=reason,
            raw=b"",
        )
