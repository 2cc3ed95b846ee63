"""The transaction of a batch: bind, check, judge, keep, and react; all of it or nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from devices.channels.aggregate import Aggregate
from devices.reading import Quality, Reading
from workstation.catalog.values import Characteristic
from workstation.line import protocol
from workstation.line.check import Overdue, Refusal, Route, route, take
from workstation.line.judge import Closed, Established, Series, resume
from workstation.line.keep import Outcome, Waiting
from workstation.line.plan import LinePlan
from workstation.line.reactions import ChannelTrouble, OutOfControl, OutOfTolerance, Reactions
from workstation.line.sensors import Piece
from workstation.store import (
    Measurement,
    MeasurementBatch,
    RefusedReading,
    Store,
    SubgroupJudgement,
    UnitOfWork,
)

LARGEST_RAW_ANNOUNCED = 1024

_Kept = tuple[Measurement, bool | None, int]
"""A measurement on its way to the disk, whether it is in tolerance, and when its last byte came (monotonic ns)."""


@dataclass(slots=True)
class _Page:
    """What one batch becomes. `said` holds announcements in order; a kept reading's lacks its latency until commit."""

    measurements: list[Measurement] = field(default_factory=list)
    subgroups: list[SubgroupJudgement] = field(default_factory=list)
    refused: list[RefusedReading] = field(default_factory=list)
    said: list[protocol.Announcement | _Kept] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=lambda: [0, 0, 0])

    def write(self, work: UnitOfWork) -> None:
        """Put what stands here into the store, still inside the transaction, so that a reaction sees it as evidence."""
        rows: tuple[list[Any], ...] = (self.measurements, self.subgroups, self.refused)
        if any(rows):
            work.append_measurements(
                MeasurementBatch(tuple(self.measurements), tuple(self.subgroups), tuple(self.refused))
            )
        for index, kind in enumerate(rows):
            self.counts[index] += len(kind)
            kind.clear()


@dataclass(frozen=True, slots=True)
class _Lane:
    """A channel's route and the series it ends in."""

    route: Route
    series: Series


class _Place(NamedTuple):
    """A value that may be kept and where: `sent` in `unit`, `value` in the plan's, and whether it is in tolerance."""

    series: Series
    reading: Reading
    sent: Decimal
    value: Decimal
    unit: str
    fits: bool | None


class Ledger:
    """Judges and keeps batches; used by one thread. `account` is the service account the line writes as.

    The state of every characteristic is what the store holds: when a transaction fails, all of it is forgotten and read
    again, so that a judgement never rests on a value that was not kept.
    """

    def __init__(
        self, store: Store, plan: LinePlan, reactions: Reactions, account: str, overdue: Overdue = Overdue.REFUSE
    ) -> None:
        self._store = store
        self._plan = plan
        self._reactions = reactions
        self._account = account
        self._overdue = overdue
        self._series: dict[int, Series] = {}
        self._lanes: dict[tuple[str, str], _Lane | None] = {}
        self._day = ""

    def follow(self, plan: LinePlan) -> None:
        """Work by another plan from the next batch on."""
        self._plan = plan
        self._forget()

    def _forget(self) -> None:
        self._series.clear()
        self._lanes.clear()

    def commit(self, batch: Sequence[Waiting]) -> Outcome:
        """Keep a batch in one transaction. What it raises means that nothing of it was kept."""
        page = _Page()
        today = datetime.now().astimezone().date().isoformat()
        if today != self._day:  # a calibration may have become overdue
            self._day = today
            self._lanes.clear()
        try:
            with self._store.write(self._account) as work:
                for item in batch:
                    if item.piece is None or item.rejected:
                        self._enter(work, item, today, page)
                    else:
                        self._keep_piece(work, item.piece, page)
                page.write(work)
        except BaseException:
            self._forget()
            raise
        return _outcome(page, time.monotonic_ns())

    def _enter(self, work: UnitOfWork, item: Waiting, today: str, page: _Page) -> None:
        reading = item.reading
        key = reading.source, reading.channel
        try:
            lane = self._lanes[key]
        except KeyError:
            lane = self._lanes[key] = self._lane(work, key, today)
        if lane is not None and not item.rejected and lane.route.passes(reading):
            value = reading.value
            assert value is not None  # noqa: S101 - no reading without a value passes
            route = lane.route
            fits = route.fits_from <= value <= route.fits_to if route.specified else None
            place = _Place(lane.series, reading, value, value, route.unit, fits)
            self._keep(work, place, Quality.GOOD, None, item.account, page)
            return
        taken = Refusal(reading, item.rejected) if item.rejected else take(self._plan, reading, today, self._overdue)
        if isinstance(taken, Refusal):
            self._refuse(taken, page)
            return
        fits = taken.characteristic.in_tolerance(taken.value)
        assert reading.value is not None  # noqa: S101 - the check refused it otherwise
        series = self._series_of(work, taken.characteristic)
        place = _Place(series, reading, reading.value, taken.value, taken.unit, fits)
        self._keep(work, place, taken.quality, taken.remark or None, item.account, page)

    def _keep_piece(self, work: UnitOfWork, piece: Piece, page: _Page) -> None:
        """What a continuous channel told: a minute is kept, an alarm raised."""
        from workstation.catalog.rollups import keep_minute

        page.reasons.append("")
        what, told = piece.characteristic, piece.what
        if isinstance(told, Aggregate):
            keep_minute(work, what.id, piece.unit, told)
            return
        subgroup = self._series_of(work, what).subgroup
        at = told.observed_at // 1000
        event = ChannelTrouble(what, subgroup, told.channel, str(told.watch), told.sentence, told.value, at)
        page.write(work)
        opened = self._reactions.channel_trouble(work, event)
        if opened is not None:
            page.said.append(
                protocol.AlarmRaised(opened.alarm, what.id, subgroup, (event.watch,), opened.investigation)
            )

    def _lane(self, work: UnitOfWork, key: tuple[str, str], today: str) -> _Lane | None:
        found = route(self._plan, *key, today)
        return None if found is None else _Lane(found, self._series_of(work, found.characteristic))

    def _series_of(self, work: UnitOfWork, characteristic: Characteristic) -> Series:
        series = self._series.get(characteristic.id)
        if series is None:
            series = self._series[characteristic.id] = resume(work, characteristic)
        return series

    def _refuse(self, refusal: Refusal, page: _Page) -> None:
        reading, observed = refusal.reading, refusal.reading.observed_at // 1000
        page.refused.append(RefusedReading(reading.source, reading.channel, observed, refusal.reason, reading.raw))
        page.reasons.append(refusal.reason)
        page.said.append(
            protocol.ReadingRefused(
                reading.source, reading.channel, observed, refusal.reason, reading.raw[:LARGEST_RAW_ANNOUNCED]
            )
        )

    def _keep(
        self, work: UnitOfWork, place: _Place, quality: Quality, remark: str | None, account: str, page: _Page
    ) -> None:
        reading, characteristic = place.reading, place.series.characteristic
        subgroup, position, closed = place.series.take(place.value)
        kept = Measurement(
            characteristic.id, subgroup, position, place.sent, place.unit,
            reading.observed_at // 1000, reading.source, reading.trigger, quality, account or self._account,
            reading.raw, remark,
        )  # fmt: skip
        page.measurements.append(kept)
        page.reasons.append("")
        page.said.append((kept, place.fits, reading.received))
        if place.fits is False:
            self._react_to_value(work, characteristic, kept, place.value, page)
        if closed is not None:
            self._close(work, place.series, closed, kept.observed_at, page)

    def _react_to_value(
        self, work: UnitOfWork, characteristic: Characteristic, kept: Measurement, value: Decimal, page: _Page
    ) -> None:
        event = OutOfTolerance(
            characteristic, kept.subgroup, kept.position, value, kept.value, kept.unit, kept.source, kept.observed_at
        )
        page.write(work)
        opened = self._reactions.out_of_tolerance(work, event)
        if opened is not None:
            page.said.append(
                protocol.NonconformanceOpened(
                    opened, kept.characteristic, kept.subgroup, kept.position, str(kept.value)
                )
            )

    def _close(self, work: UnitOfWork, series: Series, closed: Closed, observed_at: int, page: _Page) -> None:
        characteristic, rules = series.characteristic, series.rules
        spread = None if closed.spread != closed.spread else closed.spread
        page.subgroups.append(
            SubgroupJudgement(
                characteristic.id,
                closed.subgroup,
                len(closed.values),
                closed.mean,
                spread,
                closed.location,
                closed.dispersion,
                closed.limits,
                observed_at,
            )
        )
        location = rules.names(closed.location) if closed.location else ()
        dispersion = rules.names(closed.dispersion) if closed.dispersion else ()
        page.said.append(
            protocol.Judged(
                characteristic.id,
                closed.subgroup,
                len(closed.values),
                closed.mean,
                closed.spread,
                location,
                dispersion,
                closed.limits,
            )
        )
        if closed.limits is not None and (location or dispersion):
            self._react_to_subgroup(work, series, closed, observed_at, page)
        established = series.settle(work)
        if isinstance(established, Established):
            page.said.append(protocol.LimitsEstablished(characteristic.id, established.limits))

    def _react_to_subgroup(
        self, work: UnitOfWork, series: Series, closed: Closed, observed_at: int, page: _Page
    ) -> None:
        assert closed.limits is not None  # noqa: S101 - asked by the caller
        event = OutOfControl(
            series.characteristic, closed.subgroup, closed.limits, series.rules.names(closed.location),
            series.rules.names(closed.dispersion), closed.mean, closed.spread, closed.values, observed_at,
        )  # fmt: skip
        page.write(work)
        opened = self._reactions.out_of_control(work, event)
        if opened is not None:
            page.said.append(
                protocol.AlarmRaised(
                    opened.alarm, series.characteristic.id, closed.subgroup, event.rules, opened.investigation
                )
            )


def _outcome(page: _Page, committed: int) -> Outcome:
    """The announcements of a batch that was on the disk at `committed` (monotonic ns)."""
    said: list[protocol.Announcement] = []
    latencies: list[int] = []
    for item in page.said:
        if not isinstance(item, tuple):
            said.append(item)
            continue
        kept, fits, received = item
        latency = max(0, (committed - received) // 1000)
        latencies.append(latency)
        said.append(
            protocol.Kept(
                kept.characteristic,
                kept.subgroup,
                kept.position,
                str(kept.value),
                kept.unit,
                kept.source,
                kept.observed_at,
                fits,
                latency,
            )
        )
    measured, judged, refused = page.counts
    return Outcome(tuple(said), tuple(latencies), measured, refused, judged, tuple(page.reasons))
