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
    """State of one instrument's port; `status` is opening, ready, silent or error.

    `channels` are those that can be asked for a reading, none where the instrument sends only by itself.
    """

    source: str
    port: str
    status: str
    since: int
    detail: str
    last_bytes: bytes
    channels: tuple[str, ...] = ()


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


class Signalled(Message, tag="signalled", frozen=True):
    """Something happened at an instrument that carries no value; `trigger` is foot switch or button, or empty."""

    source: str
    channel: str
    what: str
    trigger: str
    observed_at: int


class Scanned(Message, tag="scanned", frozen=True):
    """A code that names what is measured is on disk; never a measured value.

    `kind` is serial number or lot, `starts` has characteristic, subgroup and position from where on it holds. With a
    `reason` it names nothing here: it is on disk as a refused record.
    """

    source: str
    text: str
    observed_at: int
    identification: str = ""
    kind: str = ""
    part: int = 0
    starts: tuple[tuple[int, int, int], ...] = ()
    reason: str = ""


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
    | Signalled
    | Scanned
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


class Instrument(Message, tag="instrument", frozen=True):
    """A gauge of the line and its counts since the line started; `missed` are poll cycles that could not begin in time.

    `last_value` is the newest kept value as it was sent, empty before the first; `last_at` 0 then.
    `last_bytes` are those of the newest record, whatever became of it.
    """

    source: str
    name: str
    serial_number: str
    profile: str
    kept: int
    refused: int
    discarded: int
    missed: int
    last_value: str
    last_unit: str
    last_at: int
    last_bytes: bytes


class Instruments(Message, tag="instruments", frozen=True):
    """Every gauge of the line, twice a second, to who subscribed to the empty source."""

    items: tuple[Instrument, ...]


class Piece(msgspec.Struct, frozen=True):
    """One line of a port's terminal; times in nanoseconds, as in the recording.

    `kind` is in, out or event for what the recording holds, else what a record was decoded to: reading, refused,
    discarded, signal or scan.
    """

    source: str
    kind: str
    wall: int
    monotonic: int
    note: str
    data: bytes


class Traffic(Message, tag="traffic", frozen=True):
    """What went over the port of `source`, to who subscribed to it; `missed` pieces were too many to be shown."""

    source: str
    pieces: tuple[Piece, ...]
    missed: int = 0


class Setting(msgspec.Struct, frozen=True):
    """A setting that an instrument's profile lets be written, and what it is now.

    `value`, `minimum` and `maximum` are decimals as written, in `unit`. `value` is empty where it could not be read;
    `why` says why.
    """

    name: str
    unit: str
    minimum: str
    maximum: str
    value: str
    why: str = ""


class Answer(Message, tag="answer", frozen=True):
    """Reply to a command: `sentence` is empty when it was done.

    `command` 0 answers no command: the server says why it closes the connection (wrong secret, unknown message).
    `facts` is what a command found or did, where that is more than that it was done; `settings` what `ReadSettings`
    found.
    """

    command: int
    sentence: str
    next_step: str
    facts: dict[str, str] = {}
    settings: tuple[Setting, ...] = ()


# --- the client says -------------------------------------------------------------------------------------------------


class Authenticate(Message, tag="authenticate", frozen=True):
    mac: bytes
    program: str


class SignOn(Message, tag="sign_on", frozen=True):
    """From now on readings are attributed to this account."""

    command: int
    account: str


class EnterValue(Message, tag="enter_value", frozen=True):
    """A typed value, with the decimals as typed; `raw` is the whole record where a gauge typed it as a keyboard."""

    command: int
    characteristic: int
    value: str
    unit: str
    raw: bytes = b""


class RequestReading(Message, tag="request_reading", frozen=True):
    """Ask an instrument for a reading now."""

    command: int
    source: str
    channel: str


class TypeRecord(Message, tag="type_record", frozen=True):
    """A text that came as fast keystrokes, without its end key: a record of a gauge on `wedge:`, or a code.

    The answer's facts are `source`, the gauge whose record it was, and `kind`, reading or scan; there are none when it
    was nobody's.
    """

    command: int
    text: str


class KeepScan(Message, tag="keep_scan", frozen=True):
    """Keep a code that a reader typed: the answer comes after the commit, or with the reason for refusing it."""

    command: int
    text: str


class ClearScan(Message, tag="clear_scan", frozen=True):
    """A scan was a mistake: it never held. `reason` may be empty while no value was kept under it.

    Who is signed on does it; `identification` is the identity that `Scanned` told. Every client is sent a new snapshot.
    """

    command: int
    identification: str
    reason: str = ""


class ReadSettings(Message, tag="read_settings", frozen=True):
    """Read what an instrument's settings are now, for who asks alone; `instrument` is a gauge's name or source."""

    command: int
    instrument: str


class WriteSignal(Message, tag="write_signal", frozen=True):
    """Set a signal that the instrument's profile lets be written, on behalf of `account`; a `reason` may be given.

    `instrument` is a gauge's name or source, `value` a decimal as written. The answer's facts are instrument, signal,
    old, new (as it reads back) and unit.
    """

    command: int
    account: str
    instrument: str
    signal: str
    value: str
    reason: str = ""


class Prefer(Message, tag="prefer", frozen=True):
    """Pre-request: the next foot switch reads the gauge of this characteristic, where a multiplexer lets one choose."""

    command: int
    characteristic: int


class Subscribe(Message, tag="subscribe", frozen=True):
    """Send this connection the traffic of a source's port; the empty source stands for the counts of every gauge."""

    command: int
    source: str


class Unsubscribe(Message, tag="unsubscribe", frozen=True):
    """Send it no longer."""

    command: int
    source: str


class Reload(Message, tag="reload", frozen=True):
    """Plan, gauges, limits or kept values were changed: read them again. Every client is sent a new snapshot."""

    command: int


class Refresh(Message, tag="refresh", frozen=True):
    """Send a new snapshot; the answer follows it."""

    command: int


class Stop(Message, tag="stop", frozen=True):
    """End the line process after keeping what is in hand."""

    command: int


ServerMessage = Hello | Snapshot | Announce | Instruments | Traffic | Answer
Command = (
    SignOn
    | EnterValue
    | RequestReading
    | TypeRecord
    | KeepScan
    | ClearScan
    | ReadSettings
    | WriteSignal
    | Prefer
    | Subscribe
    | Unsubscribe
    | Reload
    | Refresh
    | Stop
)
ClientMessage = Authenticate | Command
