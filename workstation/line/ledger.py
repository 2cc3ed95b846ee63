"""The transaction of a batch: bind, check, judge, keep, and react; all of it or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from devices.channels.aggregate import Aggregate
from devices.reading import Quality, Scan
from workstation.catalog.limits import limits_after
from workstation.catalog.scanned import LONGEST_TEXT
from workstation.catalog.values import Characteristic
from workstation.line import protocol
from workstation.line.check import Accepted, Overdue, Refusal, Route, route, take
from workstation.line.identify import keep_scan, named_by
from workstation.line.judge import Closed, Established, Series, resume
from workstation.line.keep import Outcome, Waiting
from workstation.line.plan import READ_FROM, LinePlan, load_plan
from workstation.line.reactions import ChannelTrouble, OutOfControl, OutOfTolerance, Reactions, TroubleEnded
from workstation.line.sensors import Piece
from workstation.store import Reader, Store, UnitOfWork
from workstation.store.measurements import BATCH_KIND, BatchRows, parts_as_written

LARGEST_RAW_ANNOUNCED = 1024
Event = OutOfTolerance | OutOfControl | ChannelTrouble | TroubleEnded

_Kept = tuple[int, int, int, str, str, str, int, bool | None, int]
"""What `protocol.Kept` says of a measurement that is not on the disk yet; last, in place of its latency, when its last
byte came (monotonic ns)."""


@dataclass(slots=True)
class _Page:
    """What one batch becomes: rows for the store, announcements in order, and events to react to once the rows stand.

    An event's announcement, if there is one, takes the place in `said` that its number names.
    """

    rows: BatchRows = field(default_factory=lambda: BatchRows([], [], []))
    said: list[protocol.Announcement | _Kept | None] = field(default_factory=list)
    events: list[tuple[int, Event]] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)

    def call_for(self, event: Event) -> None:
        """Have an event reacted to, and its announcement stand here."""
        self.events.append((len(self.said), event))
        self.said.append(None)


@dataclass(frozen=True, slots=True)
class _Lane:
    """A channel's route and the series it ends in."""

    route: Route
    series: Series


class Ledger:
    """Judges and keeps batches; used by one thread. `account` is the service account the line writes as.

    It judges by plan, limits and values as the store holds them when the transaction begins: what others changed since
    the last one stands in the journal, and is read again. So the order of the journal decides, whether or not anybody
    told the line. When a transaction fails, every state is forgotten and read again, so that a judgement never rests
    on a value that was not kept.
    """

    def __init__(
        self,
        store: Store,
        reactions: Reactions,
        account: str,
        overdue: Overdue = Overdue.REFUSE,
        read_plan: Callable[[Reader], LinePlan] = load_plan,
    ) -> None:
        self._store = store
        self._reactions = reactions
        self._account = account
        self._overdue = overdue
        self._read_plan = read_plan
        self._plan = LinePlan()
        self._series: dict[int, Series] = {}
        self._lanes: dict[tuple[str, str], _Lane | None] = {}
        self._read_up_to = 0
        self._limits_seen = 0
        self._day: tuple[int, ...] = ()
        self._today = ""

    def _forget(self) -> None:
        self._series.clear()
        self._lanes.clear()

    def _follow_journal(self, work: UnitOfWork, page: _Page) -> None:
        """Take in what anybody else changed since the last batch."""
        head = work.journal_head()[0]
        if head == self._read_up_to:
            return
        changed = work.kinds_after(self._read_up_to) if self._read_up_to else READ_FROM
        self._follow_limits(work, page)
        if changed & READ_FROM:
            self._plan = self._read_plan(work)
        if changed & READ_FROM or BATCH_KIND in changed:  # a corrected value: the charts remember the wrong one
            self._forget()
        self._read_up_to = head

    def _follow_limits(self, work: UnitOfWork, page: _Page) -> None:
        """Read the charts again that somebody established limits for."""
        for characteristic, number in limits_after(work, self._limits_seen).items():
            self._limits_seen = max(self._limits_seen, number)
            series = self._series.get(characteristic)
            if series is not None and series.limits != number:
                del self._series[characteristic]
                self._lanes.clear()
                page.said.append(protocol.LimitsEstablished(characteristic, number))

    def commit(self, batch: Sequence[Waiting], at_commit: Callable[[], None] | None = None) -> Callable[[], Outcome]:
        """Keep a batch in one transaction; `at_commit` as in `Store.write`. Raising means that nothing was kept.

        What is returned says what was done; any thread may ask it.
        """
        page = _Page()
        self._follow_day(time.localtime()[:3])
        try:
            with self._store.write(self._account, at_commit=at_commit) as work:
                self._follow_journal(work, page)
                self._enter(work, batch, page)
                work.append_rows(page.rows)
                for place, event in page.events:  # with the rows in the store, where a reaction finds its evidence
                    page.said[place] = self._react(work, event)
        except BaseException:
            self._forget()
            raise
        if work.entries:
            self._read_up_to = work.entries[-1].seq
        return partial(_outcome, page, time.monotonic_ns())

    def _follow_day(self, day: tuple[int, ...]) -> None:
        """A calibration may have become overdue overnight."""
        if day != self._day:
            self._day, self._today = day, "{:04}-{:02}-{:02}".format(*day)
            self._lanes.clear()

    def _enter(self, work: UnitOfWork, batch: Sequence[Waiting], page: _Page) -> None:
        """Enter what came, each at its place: what is plain here and now, all else after a closer look.

        `value` is in the plan's unit; the row keeps what was sent, in its `unit`.
        """
        lanes, service, good = self._lanes, self._account, Quality.GOOD
        keep, say = page.rows.measurements.append, page.said.append
        remark: str | None
        for place, item in enumerate(batch):  # one loop, for calls would cost more than what it does
            reading = item.reading
            source, account, value = reading.source, item.account or service, reading.value
            lane = lanes.get((source, reading.channel))
            if (
                lane is not None
                and value is not None
                and item.piece is None
                and not item.rejected
                and lane.route.passes(reading, value)
            ):
                series, unit, fits, quality, remark = lane.series, lane.route.unit, lane.route.fits, good, None
            else:
                taken = self._look_closer(work, place, item, page)
                if taken is None:
                    continue
                series, value, unit = self._series_of(work, taken.characteristic), taken.value, taken.unit
                fits, quality, remark = taken.characteristic.in_tolerance(value), taken.quality, taken.remark or None
            subgroup, position, closed = series.take(value)
            number, sent, observed = series.characteristic.id, str(reading.value), reading.observed_at // 1000
            mantissa, decimals = parts_as_written(sent)
            keep(
                (number, subgroup, position, 1, mantissa, decimals, unit, observed, source, reading.trigger, quality,
                 remark, account, reading.raw)
            )  # fmt: skip
            say((number, subgroup, position, sent, unit, source, observed, fits, reading.received))
            if fits is False:
                what = series.characteristic
                page.call_for(OutOfTolerance(what, subgroup, position, value, Decimal(sent), unit, source, observed))
            if closed is not None:
                self._close(work, series, closed, observed, page)

    def _look_closer(self, work: UnitOfWork, place: int, item: Waiting, page: _Page) -> Accepted | None:
        """Make every check; None for what is refused or is no measured value, which is entered here."""
        reading = item.reading
        if item.rejected:
            self._refuse(Refusal(reading, item.rejected), place, page)
        elif isinstance(item.piece, Scan):
            self._keep_scan(work, place, item, item.piece, page)
        elif item.piece is not None:
            self._keep_piece(work, item.piece, page)
        else:
            taken = take(self._plan, reading, self._today, self._overdue)
            if isinstance(taken, Accepted):
                self._open_lane(work, (reading.source, reading.channel))
                return taken
            self._refuse(taken, place, page)
        return None

    def _keep_piece(self, work: UnitOfWork, piece: Piece, page: _Page) -> None:
        """What a continuous channel told: a minute is kept, an alarm raised, or its end noted."""
        from workstation.catalog.rollups import keep_minute

        what, told = piece.characteristic, piece.what
        if isinstance(told, Aggregate):
            keep_minute(work, what.id, piece.unit, told)
            return
        if isinstance(told, TroubleEnded):
            page.call_for(told)
            return
        subgroup, at = self._series_of(work, what).subgroup, told.observed_at // 1000
        page.call_for(ChannelTrouble(what, subgroup, told.channel, str(told.watch), told.sentence, told.value, at))

    def _keep_scan(self, work: UnitOfWork, place: int, item: Waiting, scan: Scan, page: _Page) -> None:
        """A code belongs to what is measured next: it is kept with the place of every characteristic of its part."""
        named = named_by(self._plan, scan.text)
        if isinstance(named, str):
            self._refuse(Refusal(item.reading, named), place, page)
            at = scan.observed_at // 1000
            page.said.append(protocol.Scanned(scan.source, scan.text[:LONGEST_TEXT], at, reason=named))
            return

        def next_of(characteristic: Characteristic) -> tuple[int, int]:
            series = self._series_of(work, characteristic)
            return series.subgroup, len(series.values) + 1

        page.said.extend(keep_scan(work, self._plan, scan, named, item.account or self._account, next_of))

    def _open_lane(self, work: UnitOfWork, key: tuple[str, str]) -> None:
        if key not in self._lanes:
            found = route(self._plan, *key, self._today)
            self._lanes[key] = None if found is None else _Lane(found, self._series_of(work, found.characteristic))

    def _series_of(self, work: UnitOfWork, characteristic: Characteristic) -> Series:
        series = self._series.get(characteristic.id)
        if series is None:
            series = self._series[characteristic.id] = resume(work, characteristic)
        return series

    def _refuse(self, refusal: Refusal, place: int, page: _Page) -> None:
        reading, observed = refusal.reading, refusal.reading.observed_at // 1000
        number = len(page.rows.refused) + 1
        page.rows.refused.append((number, reading.source, reading.channel, observed, refusal.reason, reading.raw))
        page.reasons[place] = refusal.reason
        page.said.append(
            protocol.ReadingRefused(
                reading.source, reading.channel, observed, refusal.reason, reading.raw[:LARGEST_RAW_ANNOUNCED]
            )
        )

    def _close(self, work: UnitOfWork, series: Series, closed: Closed, observed: int, page: _Page) -> None:
        characteristic, size, rules = series.characteristic.id, len(closed.values), series.rules
        spread = closed.spread if closed.spread == closed.spread else None  # nan: there is none
        page.rows.subgroups.append(
            (characteristic, closed.subgroup, 1, size, closed.mean, spread, closed.location, closed.dispersion,
             closed.limits, observed)
        )  # fmt: skip
        location = rules.names(closed.location) if closed.location else ()
        dispersion = rules.names(closed.dispersion) if closed.dispersion else ()
        page.said.append(
            protocol.Judged(
                characteristic, closed.subgroup, size, closed.mean, closed.spread, location, dispersion, closed.limits
            )
        )
        if closed.limits is not None and (location or dispersion):
            page.call_for(
                OutOfControl(
                    series.characteristic, closed.subgroup, closed.limits, location, dispersion, closed.mean,
                    closed.spread, closed.values, observed,
                )
            )  # fmt: skip
        established = series.settle(work)
        if isinstance(established, Established):
            page.said.append(protocol.LimitsEstablished(characteristic, established.limits))

    def _react(self, work: UnitOfWork, event: Event) -> protocol.Announcement | None:
        if isinstance(event, TroubleEnded):
            self._reactions.trouble_ended(work, event)
            return None
        characteristic = event.characteristic.id
        if isinstance(event, OutOfTolerance):
            nonconformance = self._reactions.out_of_tolerance(work, event)
            if nonconformance is None:
                return None
            return protocol.NonconformanceOpened(
                nonconformance, characteristic, event.subgroup, event.position, str(event.sent)
            )
        rules: tuple[str, ...]
        if isinstance(event, ChannelTrouble):
            opened, rules = self._reactions.channel_trouble(work, event), (event.watch,)
        else:
            opened, rules = self._reactions.out_of_control(work, event), event.rules
        if opened is None:
            return None
        return protocol.AlarmRaised(opened.alarm, characteristic, event.subgroup, rules, opened.investigation)


def _outcome(page: _Page, committed: int) -> Outcome:
    """The announcements of a batch that was on the disk at `committed` (monotonic ns)."""
    said: list[protocol.Announcement] = []
    latencies: list[int] = []
    for item in page.said:
        if isinstance(item, tuple):
            characteristic, subgroup, position, value, unit, source, observed, fits, received = item
            latency = (committed - received) // 1000 if committed > received else 0
            latencies.append(latency)
            said.append(protocol.Kept(characteristic, subgroup, position, value, unit, source, observed, fits, latency))
        elif item is not None:
            said.append(item)
    rows = page.rows
    return Outcome(
        tuple(said), tuple(latencies), len(rows.measurements), len(rows.refused), len(rows.subgroups),
        page.reasons,
    )  # fmt: skip
