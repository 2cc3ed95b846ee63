"""Parts and their characteristics."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from workstation.catalog.records import (
    CharacteristicRecord,
    ControlLimitsRecord,
    PartRecord,
    PlanItemRecord,
    PlanRecord,
)
from workstation.catalog.values import Characteristic, Chart, Criticality, Part
from workstation.errors import CallIsWrong, Refused
from workstation.store import Reader, Right, UnitOfWork
from workstation.store.mapping import select, value_of
from workstation.units import symbol

T = TypeVar("T")
_SUBGROUP_SIZES = {Chart.XBAR_R: range(2, 26), Chart.XBAR_S: range(2, 101), Chart.I_MR: range(1, 2)}


@dataclass(frozen=True, slots=True)
class CharacteristicDefinition:
    """What an engineer lays down about a characteristic; `unit` in any spelling, limits in that unit."""

    name: str
    unit: str
    decimals: int
    nominal: Decimal | None = None
    lower_specification: Decimal | None = None
    upper_specification: Decimal | None = None
    plausible_low: Decimal | None = None
    plausible_high: Decimal | None = None
    subgroup_size: int = 5
    chart: Chart = Chart.XBAR_R
    rules: str = "nelson"
    baseline_subgroups: int = 25
    criticality: Criticality = Criticality.MAJOR


def check(definition: CharacteristicDefinition) -> None:
    """Raise CallIsWrong for the first thing that contradicts itself."""
    name = definition.name
    if not name.strip():
        raise CallIsWrong("A characteristic needs a name.", "Give it the name that stands on the drawing.")
    symbol(definition.unit)
    if not 0 <= definition.decimals <= 12:
        raise CallIsWrong(f"{name}: {definition.decimals} decimals cannot be.", "Use 0 to 12.")
    sizes = _SUBGROUP_SIZES[definition.chart]
    if definition.subgroup_size not in sizes:
        raise CallIsWrong(
            f"{name}: a subgroup of {definition.subgroup_size} does not fit chart {definition.chart}.",
            f"Use {sizes.start} to {sizes.stop - 1}, or another chart.",
        )
    if definition.baseline_subgroups < 2:
        raise CallIsWrong(f"{name}: limits need at least 2 subgroups.", "25 are usual.")
    _check_rules(name, definition.rules)
    _ascending(
        name, "specification", definition.lower_specification, definition.nominal, definition.upper_specification
    )
    _ascending(name, "plausible range", definition.plausible_low, None, definition.plausible_high)
    _ascending(
        name, "plausible range and specification", definition.plausible_low, definition.lower_specification, None
    )
    _ascending(
        name, "specification and plausible range", None, definition.upper_specification, definition.plausible_high
    )


def _check_rules(name: str, rules: str) -> None:
    """Refuse a set of run rules that the line could not judge by."""
    from analysis.errors import AnalysisError
    from analysis.rules import RuleSet

    try:
        RuleSet.from_text(rules)
    except AnalysisError as error:
        raise CallIsWrong(f"{name}: {error.sentence}", error.next_step) from error


def _ascending(name: str, what: str, *values: Decimal | None) -> None:
    known = [value for value in values if value is not None]
    if any(not value.is_finite() for value in known) or known != sorted(known):
        raise CallIsWrong(
            f"{name}: the {what} is not in ascending order ({', '.join(map(str, known))}).", "Correct the numbers."
        )


def ensure_part(work: UnitOfWork, number: str, name: str, drawing_revision: str = "") -> Part:
    """The part with this number, created or brought to this name and drawing revision."""
    work.require(Right.EDIT_CATALOG)
    return define_part(work, number, name, drawing_revision)


def define_part(work: UnitOfWork, number: str, name: str, drawing_revision: str) -> Part:
    """As `ensure_part`, for whoever has checked rights."""
    if not number.strip():
        raise CallIsWrong("A part needs a number.", "Give it the number that stands on the drawing.")
    record = work.one(select(PartRecord).where(PartRecord.number == number))
    if record is None:
        record = work.add(PartRecord(number=number, name=name, drawing_revision=drawing_revision))
    else:
        record.name, record.drawing_revision = name, drawing_revision
        work.flush()
    return value_of(Part, record)


def parts(reader: Reader) -> list[Part]:
    """Every part, by number."""
    return [value_of(Part, record) for record in reader.all(select(PartRecord).order_by(PartRecord.number))]


def part(reader: Reader, number: int) -> Part:
    """The part with this id."""
    return value_of(Part, reader.get(PartRecord, number))


def named_part(reader: Reader, number: str) -> Part:
    """The part of this number, as it stands on the drawing. Raises CallIsWrong, which names those there are."""
    known = parts(reader)
    return _the_one(f"part {number!r}", [one for one in known if one.number == number], [one.number for one in known])


def named_characteristic(reader: Reader, wanted: str, part: str = "") -> Characteristic:
    """The characteristic of this name or id, of one part where its number is given. Raises CallIsWrong."""
    of = named_part(reader, part).id if part else None
    known = [one for one in characteristics(reader) if of in (None, one.part_id)]
    found = [one for one in known if wanted == str(one.id)] or [one for one in known if wanted == one.name]
    return _the_one(f"characteristic {wanted!r}", found, [f"{one.name} ({one.id})" for one in known])


def _the_one(what: str, found: list[T], known: list[str]) -> T:
    there = f"There are: {', '.join(known[:8])}." if known else "Import an inspection plan first."
    if not found:
        raise CallIsWrong(f"There is no {what}.", there)
    if len(found) > 1:
        raise CallIsWrong(f"There are several of the name: {what}.", f"Name it by its number. {there}")
    return found[0]


def ensure_characteristic(work: UnitOfWork, part_id: int, definition: CharacteristicDefinition) -> Characteristic:
    """The part's characteristic of this name, created or brought to this definition, as `define_characteristic`.

    One that an effective inspection plan holds is refused: it changes by that plan's next revision.
    """
    work.require(Right.EDIT_CATALOG)
    work.get(PartRecord, part_id)
    record = _named(work, part_id, definition.name)
    holding = (
        select(PlanRecord)
        .join(PlanItemRecord, PlanItemRecord.plan_id == PlanRecord.id)
        .where(PlanItemRecord.characteristic_id == (record.id if record else 0), PlanRecord.status == "effective")
    )
    if (plan := work.one(holding)) is not None:
        raise Refused(
            f"{definition.name} is held by inspection plan {plan.name} revision {plan.revision}.",
            "Change it by a new revision of that plan.",
        )
    return define_characteristic(work, part_id, definition)


def define_characteristic(work: UnitOfWork, part_id: int, definition: CharacteristicDefinition) -> Characteristic:
    """Create a characteristic or bring it to this definition; for whoever has checked rights and plan.

    A unit cannot change once there are values. Another chart, subgroup size or unit ends the active control limits.
    """
    check(definition)
    record = _named(work, part_id, definition.name)
    if record is None:
        record = CharacteristicRecord(part_id=part_id, name=definition.name)
        _apply(record, definition)
        work.add(record)
    else:
        unit = symbol(definition.unit)
        _refuse_other_unit(work, record, unit)
        if (record.chart, record.subgroup_size, record.unit) != (definition.chart, definition.subgroup_size, unit):
            _end_limits(work, record.id)
        _apply(record, definition)
        work.flush()
    return _characteristic(record)


def _named(reader: Reader, part_id: int, name: str) -> CharacteristicRecord | None:
    return reader.one(
        select(CharacteristicRecord).where(CharacteristicRecord.part_id == part_id, CharacteristicRecord.name == name)
    )


def _apply(record: CharacteristicRecord, definition: CharacteristicDefinition) -> None:
    record.unit = symbol(definition.unit)
    record.chart = str(definition.chart)
    record.criticality = str(definition.criticality)
    for name in ("decimals", "nominal", "lower_specification", "upper_specification", "plausible_low", "plausible_high",
                 "subgroup_size", "rules", "baseline_subgroups"):  # fmt: skip
        setattr(record, name, getattr(definition, name))


def _refuse_other_unit(work: UnitOfWork, record: CharacteristicRecord, unit: str) -> None:
    if record.unit != unit and work.measurements(record.id, 1, 1):
        raise Refused(
            f"{record.name} has values in {record.unit}: its unit cannot become {unit}.",
            "Lay down a new characteristic with the new unit.",
        )


def _end_limits(work: UnitOfWork, characteristic: int) -> None:
    active = select(ControlLimitsRecord).where(
        ControlLimitsRecord.characteristic_id == characteristic, ControlLimitsRecord.active
    )
    for limits in work.all(active):
        limits.active = False
        work.note(limits, "supersede", reason="chart, subgroup size or unit changed")


def characteristics(reader: Reader, part_id: int | None = None) -> list[Characteristic]:
    """Every characteristic, or those of one part, in the order they were laid down."""
    statement = select(CharacteristicRecord).order_by(CharacteristicRecord.id)
    if part_id is not None:
        statement = statement.where(CharacteristicRecord.part_id == part_id)
    return [_characteristic(record) for record in reader.all(statement)]


def characteristic(reader: Reader, number: int) -> Characteristic:
    """The characteristic with this id."""
    return _characteristic(reader.get(CharacteristicRecord, number))


def _characteristic(record: CharacteristicRecord) -> Characteristic:
    return value_of(Characteristic, record, chart=Chart(record.chart), criticality=Criticality(record.criticality))
