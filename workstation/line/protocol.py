"""Messages between the line process and whoever attaches: msgspec structs in length-prefixed msgpack frames.

Frame: 4 bytes big-endian length, then one msgpack-encoded tagged struct. The server speaks first with `Hello`; the
client answers `Authenticate` with an HMAC-SHA256 of the nonce under the home's secret; then come `Snapshot` and, as
they happen, batches (`Announce`) of announcements. Everything announced is already committed. Times are microseconds
since the epoch, UTC, as in the store.
"""

from __future__ import annotations

import msgspec

PROTOCOL_VERSION = 1
MAXIMUM_FRAME = 8 * 1024 * 1024
VALUES_SHOWN = 20


class Message(msgspec.Struct, frozen=True, tag_field="type"):
    """Base of everything on the wire."""


# --- the server says -------------------------------------------------------------------------------------------------


class Hello(Message, tag="hello", frozen=True):
    version: int
    station: str
    nonce: bytes


class Port(Message, tag="port", frozen=True):
    """State of one instrument's port; `status` is opening, ready, silent or error."""

    source: str
    port: str
    status: str
    since: int
    detail: str
    last_bytes: bytes


class Kept(Message, tag="kept", frozen=True):
    """A reading that is on disk.

    `value` has the decimals that were sent; `latency` is microseconds from last byte to commit.
    """

    characteristic: int
    subgroup: int
    position: int
    value: str
    unit: str
    source: str
    observed_at: int
    in_tolerance: bool | None
    latency: int


class Judged(Message, tag="judged", frozen=True):
    """A closed subgroup and its judgement. `location` and `dispersion` name the rules that fired on each chart.

    `limits` is None while limits are still being collected; `spread` is not-a-number where there is none (the first
    point of an individuals chart).
    """

    characteristic: int
    subgroup: int
    size: int
    mean: float
    spread: float
    location: tuple[str, ...]
    dispersion: tuple[str, ...]
    limits: int | None


class LimitsEstablished(Message, tag="limits", frozen=True):
    characteristic: int
    limits: int


class AlarmRaised(Message, tag="alarm", frozen=True):
    """A judged subgroup broke a rule; `investigation` is the record that was opened with its evidence."""

    alarm: str
    characteristic: int
    subgroup: int
    rules: tuple[str, ...]
    investigation: str | None


class NonconformanceOpened(Message, tag="nonconformance", frozen=True):
    nonconformance: str
    characteristic: int
    subgroup: int
    position: int
    value: str


class ReadingRefused(Message, tag="refused", frozen=True):
    """A record that did not become a value, with the reason in one sentence."""

    source: str
    channel: str
    observed_at: int
    reason: str
    raw: bytes


class KeepFailed(Message, tag="keep_failed", frozen=True):
    """The disk did not take it: the values are shown, nothing half-written, and the next part is blocked.

    `values` holds the newest of what waits in memory, at most `VALUES_SHOWN`; `waiting` counts all of it.
    """

    sentence: str
    next_step: str
    values: tuple[str, ...]
    waiting: int = 0


class KeepRestored(Message, tag="keep_restored", frozen=True):
    kept: int


Announcement = (
    Port
    | Kept
    | Judged
    | LimitsEstablished
    | AlarmRaised
    | NonconformanceOpened
    | ReadingRefused
    | KeepFailed
    | KeepRestored
)


class Snapshot(Message, tag="snapshot", frozen=True):
    """The line's state at the moment of attaching; history is read from the store.

    A second snapshot on the same connection tells a client that fell behind to start afresh: `missed` announcements
    were not sent to it, and what they told is in the store. Counts are of this line process since `started_at`;
    latencies are microseconds from last byte to commit over the latest readings. `supervision` is
    supervised, none (started so), or lost (the parent that would restart this process has died).
    """

    station: str
    operator: str
    plan: str
    ports: tuple[Port, ...]
    kept: int
    refused: int
    judged: int
    failure: KeepFailed | None
    missed: int = 0
    discarded: int = 0
    waiting: int = 0
    latency_median: int | None = None
    latency_p99: int | None = None
    pid: int = 0
    started_at: int = 0
    supervision: str = "none"


class Announce(Message, tag="announce", frozen=True):
    items: tuple[Announcement, ...]


class Answer(Message, tag="answer", frozen=True):
    """Reply to a command: `sentence` is empty when it was done.

    `command` 0 answers no command: the server says why it closes the connection (wrong secret, unknown message).
    """

    command: int
    sentence: str
    next_step: str


# --- the client says -------------------------------------------------------------------------------------------------


class Authenticate(Message, tag="authenticate", frozen=True):
    mac: bytes
    program: str


class SignOn(Message, tag="sign_on", frozen=True):
    """From now on readings are attributed to this account."""

    command: int
    account: str


class EnterValue(Message, tag="enter_value", frozen=True):
    """A typed value, with the decimals as typed."""

    command: int
    characteristic: int
    value: str
    unit: str


class RequestReading(Message, tag="request_reading", frozen=True):
    """Ask an instrument for a reading now."""

    command: int
    source: str
    channel: str


class Reload(Message, tag="reload", frozen=True):
    """Plan, bindings or limits were changed: read them again."""

    command: int


class Refresh(Message, tag="refresh", frozen=True):
    """Send a new snapshot; the answer follows it."""

    command: int


class Stop(Message, tag="stop", frozen=True):
    """End the line process after keeping what is in hand."""

    command: int


ServerMessage = Hello | Snapshot | Announce | Answer
ClientMessage = Authenticate | SignOn | EnterValue | RequestReading | Reload | Refresh | Stop
