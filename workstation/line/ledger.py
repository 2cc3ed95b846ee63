"""The transaction of a batch: bind, check, judge, keep, and react; all of it or nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workstation.line import protocol
from workstation.line.check import Accepted, Overdue, Refusal, take
from workstation.line.judge import Closed, Established, Series, resume
from workstation.line.keep import Outcome, Waiting
from workstation.line.plan import LinePlan
from workstation.line.reactions import OutOfControl, OutOfTolerance, Reactions
from workstation.store import (
    Measurement,
    MeasurementBatch,
    RefusedReading,
    Store,
    SubgroupJudgement,
    UnitOfWork,
)

LARGEST_RAW_ANNOUNCED = 1024


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
class _Kept:
    """A measurement on its way to the disk: what will be announced of it."""

    measurement: Measurement
    in_tolerance: bool | None
    received: int


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

    def follow(self, plan: LinePlan) -> None:
        """Work by another plan from the next batch on."""
        self._plan = plan
        self._series.clear()

    def commit(self, batch: Sequence[Waiting]) -> Outcome:
        """Keep a batch in one transaction. What it raises means that nothing of it was kept."""
        page = _Page()
        today = datetime.now().astimezone().date().isoformat()
        try:
            with self._store.write(self._account) as work:
                for item in batch:
                    self._enter(work, item, today, page)
                page.write(work)
        except BaseException:
            self._series.clear()
            raise
        return _outcome(page, time.monotonic_ns())

    def _enter(self, work: UnitOfWork, item: Waiting, today: str, page: _Page) -> None:
        reading = item.reading
        taken = Refusal(reading, item.rejected) if item.rejected else take(self._plan, reading, today, self._overdue)
        if isinstance(taken, Refusal):
            self._refuse(taken, page)
        else:
            self._keep(work, taken, item.account, page)

    def _refuse(self, refusal: Refusal, page: _Page) -> None:
        reading, observed = refusal.reading, refusal.reading.observed_at // 1000
        page.refused.append(RefusedReading(reading.source, reading.channel, observed, refusal.reason, reading.raw))
        page.reasons.append(refusal.reason)
        page.said.append(
            protocol.ReadingRefused(
                reading.source, reading.channel, observed, refusal.reason, reading.raw[:LARGEST_RAW_ANNOUNCED]
            )
        )

    def _keep(self, work: UnitOfWork, taken: Accepted, account: str, page: _Page) -> None:
        characteristic, reading = taken.characteristic, taken.reading
        series = self._series.get(characteristic.id)
        if series is None:
            series = self._series[characteristic.id] = resume(work, characteristic)
        subgroup, position, closed = series.take(taken.value)
        assert reading.value is not None  # noqa: S101 - the check refused it otherwise
        measurement = Measurement(
            characteristic.id,
            subgroup,
            position,
            reading.value,
            taken.unit,
            reading.observed_at // 1000,
            reading.source,
            reading.trigger,
            taken.quality,
            account or self._account,
            reading.raw,
            taken.remark or None,
        )
        fits = characteristic.in_tolerance(taken.value)
        page.measurements.append(measurement)
        page.reasons.append("")
        page.said.append(_Kept(measurement, fits, reading.received))
        if fits is False:
            self._react_to_value(work, taken, measurement, page)
        if closed is not None:
            self._close(work, series, closed, measurement.observed_at, page)

    def _react_to_value(self, work: UnitOfWork, taken: Accepted, kept: Measurement, page: _Page) -> None:
        event = OutOfTolerance(
            taken.characteristic, kept.subgroup, kept.position, taken.value, kept.value, kept.unit, kept.source,
            kept.observed_at,
        )  # fmt: skip
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
        location, dispersion = rules.names(closed.location), rules.names(closed.dispersion)
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
        if not isinstance(item, _Kept):
            said.append(item)
            continue
        kept, latency = item.measurement, max(0, (committed - item.received) // 1000)
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
                item.in_tolerance,
                latency,
            )
        )
    measured, judged, refused = page.counts
    return Outcome(tuple(said), tuple(latencies), measured, refused, judged, tuple(page.reasons))
