"""The line as it was last told: emptied from the attachment at most thirty times a second, one signal a drain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal

from ui.kit.operations import Change

if TYPE_CHECKING:
    from workstation.line.attachment import Arrival, Attachment
    from workstation.line.protocol import Answer, Instrument, KeepFailed, Kept, Port, Snapshot, Traffic

DRAIN_MILLISECONDS = 33
PROGRAM = "window"


class Line(QObject):
    """What the window knows of the line process. Nothing is shown as kept that the line has not announced."""

    arrived = Signal(object)
    """Carries the list of announcements of one drain, in order."""
    state_changed = Signal()
    """Attached or detached, a port, the operator, or whether values can be kept changed."""
    resynchronised = Signal()
    """A snapshot came: what was drawn before must be read again from the store."""
    recorded = Signal(object)
    """Carries a tuple of Change: the line wrote records besides readings."""
    counted = Signal()
    """The counts of the gauges came; only while they are looked at."""
    traffic = Signal(object)
    """Carries the list of Traffic of one drain; only while a port is looked at."""
    _stirred = Signal()
    """From the attachment's thread: something has arrived."""

    def __init__(self, parent: QObject | None = None, drain_milliseconds: int = DRAIN_MILLISECONDS) -> None:
        super().__init__(parent)
        self._attachment: Attachment | None = None
        self._answers: dict[int, Callable[[Answer], None]] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(drain_milliseconds)
        self._timer.timeout.connect(self._drain)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._drain)
        self._since = QElapsedTimer()
        self._stirred.connect(self._drain_soon, Qt.ConnectionType.QueuedConnection)
        self.is_attached = False
        self.was_looked_for = False
        self.sentence = "The line has not been looked for yet."
        self.next_step = ""
        self.snapshot: Snapshot | None = None
        self.ports: dict[tuple[str, str], Port] = {}
        self.operator = ""
        self.failure: KeepFailed | None = None
        self.last_kept: dict[int, Kept] = {}
        self.instruments: tuple[Instrument, ...] = ()
        self._looked_at: set[str] = set()
        self._preferred: int | None = None

    def start(self, home: Path) -> None:
        """Look for the line of this home, now and after every loss, until `close`."""
        from workstation.line.attachment import Attachment

        self._attachment = Attachment(home, PROGRAM)
        self._attachment.stirred = self._stirred.emit
        self._attachment.start()
        self._timer.start()

    def close(self) -> None:
        """Detach; the line goes on."""
        self._timer.stop()
        self._soon.stop()
        if self._attachment is not None:
            self._attachment.close()
            self._attachment = None

    def sign_on(self, account: str, answered: Callable[[Answer], None]) -> None:
        """Attribute readings to this account from now on."""
        if self._attachment is not None:
            self._answers[self._attachment.sign_on(account)] = answered

    def enter_value(
        self, characteristic: int, value: str, unit: str, answered: Callable[[Answer], None], raw: bytes = b""
    ) -> None:
        """Have a typed value kept; the answer comes after the commit, or with why it was refused."""
        if self._attachment is not None:
            self._answers[self._attachment.enter_value(characteristic, value, unit, raw)] = answered

    def request_reading(self, source: str, channel: str, answered: Callable[[Answer], None]) -> None:
        """Ask an instrument for a reading now."""
        if self._attachment is not None:
            self._answers[self._attachment.request_reading(source, channel)] = answered

    def read_settings(self, source: str, answered: Callable[[Answer], None]) -> None:
        """Read what an instrument's settings are now; nothing of it is kept."""
        if self._attachment is not None:
            self._answers[self._attachment.read_settings(source)] = answered

    def write_setting(
        self, account: str, source: str, name: str, value: str, reason: str, answered: Callable[[Answer], None]
    ) -> None:
        """Have a setting of an instrument changed; the answer comes with what it reads back, or why it was refused."""
        if self._attachment is not None:
            self._answers[self._attachment.write_setting(account, source, name, value, reason)] = answered

    @property
    def hears_keys(self) -> bool:
        """Whether a gauge of the line types into this window."""
        return self.is_attached and any(port.port == "wedge:" for port in self.ports.values())

    def type_record(self, text: str, answered: Callable[[Answer], None]) -> None:
        """Hand on what was typed as fast as no hand can; the answer says whose record it was, if anybody's."""
        if self._attachment is not None:
            self._answers[self._attachment.type_record(text)] = answered

    def keep_scan(self, text: str, answered: Callable[[Answer], None]) -> None:
        """Have a code kept that a reader typed; the answer comes after the commit, or with why it was refused."""
        if self._attachment is not None:
            self._answers[self._attachment.keep_scan(text)] = answered

    def clear_scan(self, identification: str, reason: str, answered: Callable[[Answer], None]) -> None:
        """Say that a scan was a mistake; the answer comes after the commit, or with why it was refused."""
        if self._attachment is not None:
            self._answers[self._attachment.clear_scan(identification, reason)] = answered

    def prefer(self, characteristic: int | None) -> None:
        """Have the next foot switch read the gauge of this characteristic, now and after every new attachment."""
        if characteristic != self._preferred:
            self._preferred = characteristic
            if self._attachment is not None and self.is_attached:
                self._attachment.prefer(characteristic or 0)

    def look_at(self, source: str) -> None:
        """Have the traffic of a source's port told, or with an empty source the counts of every gauge."""
        if source not in self._looked_at:
            self._looked_at.add(source)
            if self._attachment is not None and self.is_attached:
                self._attachment.subscribe(source)

    def look_away(self, source: str) -> None:
        """Have it told no longer."""
        if source in self._looked_at:
            self._looked_at.discard(source)
            if self._attachment is not None and self.is_attached:
                self._attachment.unsubscribe(source)

    def _tell_wishes(self) -> None:
        """A new connection knows nothing of what this window looks at."""
        if self._attachment is None:
            return
        for source in self._looked_at:
            self._attachment.subscribe(source)
        if self._preferred is not None:
            self._attachment.prefer(self._preferred)

    def reload(self, answered: Callable[[Answer], None]) -> None:
        """Have the line read plans, bindings and limits again."""
        if self._attachment is not None:
            self._answers[self._attachment.reload()] = answered

    def _drain_soon(self) -> None:
        """What comes after a pause is drawn at once; otherwise when the last drawing is a frame ago."""
        passed = self._since.elapsed() if self._since.isValid() else self._timer.interval()
        if not self._soon.isActive() and self._attachment is not None:
            self._soon.start(max(0, self._timer.interval() - int(passed)))

    def _drain(self) -> None:
        if self._attachment is None:
            return
        arrivals = self._attachment.drain()
        if not arrivals:
            return
        self._since.start()
        self.was_looked_for = True
        intake = _Intake(self)
        for arrival in arrivals:
            intake.take(arrival)
        if intake.is_new:
            self._tell_wishes()
        if intake.resynchronised:
            self.resynchronised.emit()
        if intake.state_changed:
            self.state_changed.emit()
        if intake.announced:
            self.arrived.emit(intake.announced)
        if intake.counted:
            self.counted.emit()
        if intake.traffic:
            self.traffic.emit(intake.traffic)
        if intake.changes:
            self.recorded.emit(tuple(dict.fromkeys(intake.changes)))
        for answer in intake.answers:
            if (answered := self._answers.pop(answer.command, None)) is not None:
                answered(answer)


class _Intake:
    """One drain: puts each arrival where it belongs and notes what the pages must be told, once."""

    def __init__(self, line: Line) -> None:
        from workstation.line import attachment, protocol

        self._line = line
        self._protocol = protocol
        self._attached = attachment.Attached
        self._detached = attachment.Detached
        self.state_changed = False
        self.resynchronised = False
        self.is_new = False
        self.counted = False
        self.traffic: list[Traffic] = []
        self.announced: list[Arrival] = []
        self.changes: list[Change] = []
        self.answers: list[Answer] = []

    def take(self, arrival: Arrival) -> None:
        """Note one arrival."""
        if isinstance(arrival, self._attached):
            self._start_afresh(arrival.snapshot)
            self.is_new = True
        elif isinstance(arrival, self._protocol.Traffic):
            self.traffic.append(arrival)
        elif isinstance(arrival, self._protocol.Instruments):
            self._line.instruments = arrival.items
            self.counted = True
        elif isinstance(arrival, self._protocol.Snapshot):
            self._start_afresh(arrival)
        elif isinstance(arrival, self._detached):
            self._line.is_attached = False
            self._line.sentence, self._line.next_step = arrival.sentence, arrival.next_step
            self.state_changed = True
        elif isinstance(arrival, self._protocol.Answer):
            self.answers.append(arrival)
        else:
            self._announcement(arrival)
            self.announced.append(arrival)

    def _start_afresh(self, snapshot: Snapshot) -> None:
        line = self._line
        line.is_attached = True
        line.sentence, line.next_step = "The line is attached.", ""
        line.snapshot = snapshot
        line.ports = {(port.source, port.port): port for port in snapshot.ports}
        line.operator = snapshot.operator
        line.failure = snapshot.failure
        self.state_changed = self.resynchronised = True

    def _announcement(self, arrival: Arrival) -> None:
        line, wire = self._line, self._protocol
        if isinstance(arrival, wire.Kept):
            line.last_kept[arrival.characteristic] = arrival
        elif isinstance(arrival, wire.Port):
            line.ports[(arrival.source, arrival.port)] = arrival
            self.state_changed = True
        elif isinstance(arrival, wire.KeepFailed):
            line.failure = arrival
            self.state_changed = True
        elif isinstance(arrival, wire.KeepRestored):
            line.failure = None
            self.state_changed = True
        elif isinstance(arrival, wire.AlarmRaised) and arrival.investigation:
            self.changes.append(Change("investigation", arrival.investigation))
        elif isinstance(arrival, wire.NonconformanceOpened):
            self.changes.append(Change("nonconformance", arrival.nonconformance))
        elif isinstance(arrival, wire.LimitsEstablished):
            self.changes.append(Change("limits", str(arrival.limits)))
