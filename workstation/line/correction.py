"""Correct a kept value: a new version beside the first one, with a reason, and what followed from it judged anew."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from analysis.charts import Limits
from analysis.rules import RuleSet
from analysis.stream import LiveChart
from devices.reading import Quality, Trigger
from workstation.catalog.limits import limits, limits_history
from workstation.catalog.parts import characteristic
from workstation.catalog.values import Characteristic, Chart
from workstation.errors import CallIsWrong, Refused
from workstation.line.check import TYPED, in_unit, typed_value
from workstation.line.judge import REMEMBERED, Closed, Series
from workstation.line.reactions import OutOfControl, OutOfTolerance, Reactions
from workstation.store import (
    Measurement,
    MeasurementBatch,
    Reader,
    Right,
    SubgroupJudgement,
    SubgroupWindow,
    UnitOfWork,
)

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Correction:
    """What shall stand in place of a kept value: `text` as a person types it, `unit` empty for the kept one's.

    `seen` is the version that the person looked at, 0 for whichever is the newest.
    """

    characteristic: int
    subgroup: int
    position: int
    text: str
    unit: str = ""
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction did: `before` and `after` with their units, the subgroups that were judged anew.

    `alarms` and `nonconformance` are the records that it opened; `baseline` says that control limits were computed
    from the value as it stood before, and stay so.
    """

    characteristic: int
    name: str
    subgroup: int
    position: int
    version: int
    before: str
    after: str
    judged: tuple[int, ...]
    alarms: tuple[str, ...]
    nonconformance: str | None
    baseline: bool

    def told(self) -> str:
        """What was done, and what followed, in sentences."""
        what = f"{self.name}, subgroup {self.subgroup}, position {self.position}"
        sentences = [f"{what}: {self.before} is corrected to {self.after} (version {self.version})."]
        if len(self.judged) > 1:
            sentences.append(f"Subgroups {', '.join(map(str, self.judged))} are judged anew.")
        if self.alarms:
            sentences.append(f"Alarms raised: {len(self.alarms)}.")
        if self.nonconformance:
            sentences.append("It is out of tolerance: a nonconformance stands for it.")
        if self.baseline:
            sentences.append("The control limits were computed with the first value and stay as they are.")
        return " ".join(sentences)


def correct(work: UnitOfWork, wanted: Correction, reason: str, reactions: Reactions) -> Corrected:
    """Keep the right value as a new version, and judge again what was judged with the first one.

    The first value, its subgroup's first judgement and the records that they opened stay. Frozen control limits stay as
    they are. Raises NotPermitted, CallIsWrong, and Refused when another version was made meanwhile.
    """
    work.require(Right.CORRECT)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise CallIsWrong(
            f"A kept value is corrected only with a reason of at most {LONGEST_REASON} letters.",
            "Say why the first value was wrong.",
        )
    item = characteristic(work, wanted.characteristic)
    kept = _kept(work, item, wanted)
    made = _made(work, item, kept, wanted, reason.strip())
    window = _window(work, item, wanted.subgroup + REMEMBERED)
    values = _values(work, item, window)
    judged = []
    if wanted.subgroup in values:
        right = {**values, wanted.subgroup: list(values[wanted.subgroup])}
        right[wanted.subgroup][wanted.position - 1] = in_unit(made.value, made.unit, item.unit)
        before, after = _replay(work, item, window, values), _replay(work, item, window, right)
        judged = [one for one in after if one.subgroup == wanted.subgroup or _differ(one, before)]
    work.append_measurements(MeasurementBatch((made,), _versions(work, item, window, judged)), reason=reason.strip())
    alarms = _alarms(work, item, window, judged, reactions)
    return Corrected(
        item.id, item.name, wanted.subgroup, wanted.position, made.version, f"{kept.value} {kept.unit}",
        f"{made.value} {made.unit}", tuple(one.subgroup for one in judged), alarms,
        _nonconformance(work, item, kept, made, reactions), _is_baseline(work, item, wanted.subgroup),
    )  # fmt: skip


def _kept(work: UnitOfWork, item: Characteristic, wanted: Correction) -> Measurement:
    place = f"{item.name}: subgroup {wanted.subgroup}, position {wanted.position}"
    found = [
        one for one in work.measurements(item.id, wanted.subgroup, wanted.subgroup) if one.position == wanted.position
    ]
    if not found:
        raise CallIsWrong(f"{place} holds no kept value.", "List the values with 'sinebar records list reading'.")
    if wanted.seen and found[0].version != wanted.seen:
        raise Refused(
            f"{place} was corrected in the meantime: you saw version {wanted.seen}, it is version {found[0].version}.",
            "Look at the value again and repeat the correction.",
        )
    return found[0]


def _made(work: UnitOfWork, item: Characteristic, kept: Measurement, wanted: Correction, reason: str) -> Measurement:
    typed = typed_value(item.id, wanted.text, wanted.unit or kept.unit, 0, 0)
    value, unit = typed.value, typed.unit
    assert value is not None and unit is not None  # noqa: S101 - a typed value has both
    if (value, str(value), unit) == (kept.value, str(kept.value), kept.unit):
        raise Refused(f"{value} {unit} stands there already.", "Give the value that is right.")
    if not item.plausible(in_unit(value, unit, item.unit)):
        raise CallIsWrong(
            f"{value} {unit} is not plausible for {item.name}.", "Look at the digits and the place of the point again."
        )
    return replace(
        kept, value=value, unit=unit, version=kept.version + 1, account=work.account, source=TYPED,
        trigger=str(Trigger.TYPED), quality=str(Quality.GOOD), remark=f"corrected: {reason}",
        raw=wanted.text.encode(),
    )  # fmt: skip


# --- judging anew ----------------------------------------------------------------------------------------------------


def _window(reader: Reader, item: Characteristic, up_to: int) -> SubgroupWindow:
    """Closed subgroups up to so far, with what a chart's rules reach back before them."""
    return reader.last_subgroups(item.id, 3 * REMEMBERED, up_to=up_to)


def _values(reader: Reader, item: Characteristic, window: SubgroupWindow) -> dict[int, list[Decimal]]:
    """The newest values of the window's subgroups in the characteristic's unit, by subgroup."""
    found: dict[int, list[Decimal]] = defaultdict(list)
    if len(window.numbers):
        for one in reader.measurements(item.id, int(window.numbers[0]), int(window.numbers[-1])):
            found[one.subgroup].append(in_unit(one.value, one.unit, item.unit))
    closed = set(map(int, window.numbers))
    return {number: values for number, values in found.items() if number in closed}


def _replay(
    reader: Reader, item: Characteristic, window: SubgroupWindow, values: Mapping[int, Sequence[Decimal]]
) -> list[Closed]:
    """Every subgroup of the window as the line judges it, each by the limits it was judged by."""
    judged = []
    series: Series | None = None
    for number, by in zip(map(int, window.numbers), map(int, window.limits), strict=True):
        subgroup = values.get(number, ())
        if not subgroup:
            continue
        if series is None or (series.limits or 0) != by:
            series = _series(reader, item, by)
        series.subgroup, series.size = number, len(subgroup)
        closed = [series.take(value)[2] for value in subgroup][-1]
        assert closed is not None  # noqa: S101 - the last value closes it
        judged.append(closed)
    return judged


def _series(reader: Reader, item: Characteristic, by: int) -> Series:
    rules = RuleSet.from_text(item.rules)
    if not by:
        return Series(item, rules, 0, [])
    frozen = Limits.from_dict(json.loads(limits(reader, by).limits))
    return Series(replace(item, chart=Chart(frozen.chart)), rules, 0, [], by, LiveChart(frozen, rules))


def _differ(one: Closed, before: Sequence[Closed]) -> bool:
    """Whether a subgroup is judged otherwise than it was: another figure, or another rule broken."""
    was = next(other for other in before if other.subgroup == one.subgroup)
    return _verdict(was) != _verdict(one)


def _verdict(one: Closed) -> tuple[float, float | None, int, int]:
    return one.mean, _spread(one), one.location, one.dispersion


def _spread(one: Closed) -> float | None:
    return one.spread if one.spread == one.spread else None  # nan: there is none


def _versions(
    work: UnitOfWork, item: Characteristic, window: SubgroupWindow, judged: Sequence[Closed]
) -> tuple[SubgroupJudgement, ...]:
    closed_at = dict(zip(map(int, window.numbers), map(int, window.closed_at), strict=True))
    return tuple(
        SubgroupJudgement(
            item.id, one.subgroup, len(one.values), one.mean, _spread(one), one.location, one.dispersion, one.limits,
            closed_at[one.subgroup], work.newest_judgement(item.id, one.subgroup) + 1,
        )
        for one in judged
    )  # fmt: skip


# --- what follows ----------------------------------------------------------------------------------------------------


def _alarms(
    work: UnitOfWork, item: Characteristic, window: SubgroupWindow, judged: Sequence[Closed], reactions: Reactions
) -> tuple[str, ...]:
    """Have an alarm raised for each subgroup that breaks a rule now and broke none before."""
    was = {
        int(number): bool(location or dispersion)
        for number, location, dispersion in zip(window.numbers, window.location, window.dispersion, strict=True)
    }
    closed_at = dict(zip(map(int, window.numbers), map(int, window.closed_at), strict=True))
    rules = RuleSet.from_text(item.rules)
    opened = []
    for one in judged:
        if one.limits is None or was[one.subgroup] or not (one.location or one.dispersion):
            continue
        broken = rules.names(one.location), rules.names(one.dispersion)
        event = OutOfControl(
            item, one.subgroup, one.limits, *broken, one.mean, one.spread, one.values, closed_at[one.subgroup]
        )
        if (alarm := reactions.out_of_control(work, event)) is not None:
            opened.append(alarm.alarm)
    return tuple(opened)


def _nonconformance(
    work: UnitOfWork, item: Characteristic, kept: Measurement, made: Measurement, reactions: Reactions
) -> str | None:
    """Have a nonconformance opened when the right value is out of tolerance and the first one was not."""
    value = in_unit(made.value, made.unit, item.unit)
    if item.in_tolerance(value) is not False or item.in_tolerance(in_unit(kept.value, kept.unit, item.unit)) is False:
        return None
    event = OutOfTolerance(
        item, made.subgroup, made.position, value, made.value, made.unit, made.source, made.observed_at
    )
    return reactions.out_of_tolerance(work, event)


def _is_baseline(reader: Reader, item: Characteristic, subgroup: int) -> bool:
    return any(one.computed_from(subgroup) for one in limits_history(reader, item.id))
