"""Judge each subgroup as it closes; rebuilt from the store after a stop, so that no judgement differs for it."""

from __future__ import annotations

import json
import logging
import math
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from analysis.charts import Limits, fit
from analysis.errors import AnalysisError
from analysis.rules import RuleSet
from analysis.stream import LiveChart
from analysis.subgroups import live_statistics
from workstation.catalog.limits import active_limits, establish
from workstation.catalog.values import Characteristic, Chart
from workstation.line.check import in_unit
from workstation.store import Reader, SubgroupWindow, UnitOfWork

log = logging.getLogger(__name__)

REMEMBERED = 256
"""Subgroups replayed after a stop: more than the longest pattern of any rule reaches back."""


class Closed(msgspec.Struct, frozen=True):
    """A closed subgroup: `mean` and `spread` in the plan's unit (`spread` nan where there is none), masks of rules.

    `limits` is what it was judged by, None while limits are being collected. `values` are in the plan's unit.
    """

    subgroup: int
    values: tuple[Decimal, ...]
    mean: float
    spread: float
    location: int
    dispersion: int
    limits: int | None


@dataclass(frozen=True, slots=True)
class Established:
    """Limits that a full baseline gave."""

    limits: int
    first: int
    last: int


@dataclass(slots=True)
class Series:
    """One characteristic on its way: the open subgroup, and the chart or the baseline that waits for one."""

    characteristic: Characteristic
    rules: RuleSet
    subgroup: int
    values: list[Decimal]
    size: int = field(init=False)
    limits: int | None = None
    chart: LiveChart | None = None
    baseline: list[list[float]] = field(default_factory=list)
    no_limits: str = ""
    """Why a full baseline gave no limits, as it was logged."""

    def __post_init__(self) -> None:
        self.size = self.characteristic.subgroup_size

    def take(self, value: Decimal) -> tuple[int, int, Closed | None]:
        """Put a value (in the plan's unit) where it belongs: subgroup, position, and the subgroup if this closes it."""
        self.values.append(value)
        subgroup, position = self.subgroup, len(self.values)
        if position < self.size:
            return subgroup, position, None
        values, self.values = tuple(self.values), []
        self.subgroup += 1
        return subgroup, position, self._close(subgroup, values)

    def _close(self, subgroup: int, values: tuple[Decimal, ...]) -> Closed:
        numbers = list(map(float, values))
        if self.chart is None:
            mean, spread = _plain_statistics(self.characteristic.chart, numbers, self.baseline)
            self.baseline.append(numbers)
            del self.baseline[: -_baseline_kept(self.characteristic)]
            return Closed(subgroup, values, mean, spread, 0, 0, None)
        judged = self.chart.push(_observation(self.characteristic.chart, numbers))
        return Closed(
            subgroup, values, judged.mean, judged.spread, judged.location_mask, judged.dispersion_mask, self.limits
        )

    def settle(self, work: UnitOfWork) -> Established | None:
        """Freeze limits once the baseline is full; None while it is not, or when its values give no limits."""
        if self.chart is not None or len(self.baseline) < self.characteristic.baseline_subgroups:
            return None
        try:
            kind = self.characteristic.chart
            limits = fit(str(kind), [_observation(kind, numbers) for numbers in self.baseline])
        except AnalysisError as error:
            self._say_no_limits(str(error))
            return None
        if not limits.sigma > 0:  # all values alike, as from a gauge too coarse: every later one would be an alarm
            self._say_no_limits("the values do not vary")
            return None
        count = len(self.baseline)
        first, last = self.subgroup - count, self.subgroup - 1
        record = establish(
            work, self.characteristic.id, limits.to_dict(), first, last,
            reason=f"baseline of {count} subgroups reached, as the plan orders",
        )  # fmt: skip
        self.limits, self.chart, self.baseline = record.id, LiveChart(limits, self.rules), []
        return Established(record.id, first, last)

    def _say_no_limits(self, reason: str) -> None:
        if reason != self.no_limits:
            self.no_limits = reason
            log.warning("no limits yet", extra={"characteristic": self.characteristic.name, "reason": reason})


def resume(reader: Reader, characteristic: Characteristic) -> Series:
    """A characteristic as the store left it: its open subgroup, and its chart moved through the last subgroups."""
    point = reader.resume_point(characteristic.id)
    rules = RuleSet.from_text(characteristic.rules)
    values = [in_unit(value.value, value.unit, characteristic.unit) for value in point.values]
    series = Series(characteristic, rules, point.subgroup, values)
    if len(values) >= characteristic.subgroup_size:  # begun under another plan, with larger subgroups: it stays open
        series.subgroup, series.values = point.subgroup + 1, []
    record = active_limits(reader, characteristic.id)
    if record is None:
        window = reader.last_subgroups(characteristic.id, _baseline_kept(characteristic))
        series.baseline = _baseline(window, characteristic.subgroup_size)
        return series
    series.limits = record.id
    series.chart = LiveChart(Limits.from_dict(json.loads(record.limits)), rules)
    window = reader.last_subgroups(characteristic.id, REMEMBERED)
    for index in range(len(window.numbers)):
        if window.limits[index] == record.id:
            series.chart.push(_observation(characteristic.chart, _row(window, index)))
    return series


def _baseline_kept(characteristic: Characteristic) -> int:
    """Subgroups that are held of a baseline that gives no limits: a gauge that always says the same fills no memory."""
    return max(REMEMBERED, characteristic.baseline_subgroups)


def _observation(chart: Chart, numbers: list[float]) -> float | list[float]:
    """One point as its chart takes it: a number for individuals, else the subgroup's values."""
    return numbers[0] if chart is Chart.I_MR else numbers


def _plain_statistics(chart: Chart, numbers: list[float], before: list[list[float]]) -> tuple[float, float]:
    """Mean and spread of a subgroup that no limits judge yet."""
    if chart is Chart.I_MR:
        return numbers[0], abs(numbers[0] - before[-1][0]) if before else math.nan
    _, mean, spread = live_statistics(numbers, "range" if chart is Chart.XBAR_R else "deviation")
    return mean, spread


def _baseline(window: SubgroupWindow, size: int) -> list[list[float]]:
    """The latest subgroups in a row that no limits judged and that have the plan's size."""
    baseline: list[list[float]] = []
    for index in range(len(window.numbers) - 1, -1, -1):
        if window.limits[index] or window.sizes[index] != size:
            break
        baseline.insert(0, _row(window, index))
    return baseline


def _row(window: SubgroupWindow, index: int) -> list[float]:
    return [float(number) for number in window.values[index, : window.sizes[index]]]
