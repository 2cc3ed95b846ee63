"""Build the records of a profile and check that each can do what it says."""

from __future__ import annotations

from collections.abc import Sequence

from devices.errors import ProfileError
from devices.profile.fields import Complaint, Values
from devices.profile.model import Record, RecordKind
from devices.profile.patterns import PatternError, compile_pattern
from devices.reading import Trigger

GROUPS = frozenset({"value", "lead", "sign", "decimals", "unit", "channel", "status", "code", "items", "text"})
_NEEDED = {RecordKind.READING: "value", RecordKind.SCAN: "text", RecordKind.LIST: "items"}


def build(tables: Sequence[Values], complaint: Complaint) -> tuple[Record, ...]:
    """All records in order. Raises ProfileError where one cannot work."""
    if not tables:
        raise complaint.error((), "the table [[record]] is missing: it says what a frame means.")
    built = tuple(_record(values) for values in tables)
    frames = [record for record in built if not record.item]
    items = [record for record in built if record.item]
    if any(record.kind is RecordKind.LIST for record in items):
        raise complaint.error(("record",), "an item of a list cannot be a list.")
    if any(record.kind is RecordKind.LIST for record in frames) != bool(items):
        raise complaint.error(
            ("record",), "a record of kind 'list' needs records with 'item = true', and they need it."
        )
    _check_order(built, tables)
    return built


def _check_order(built: Sequence[Record], tables: Sequence[Values]) -> None:
    """Errors are tried before readings, so that no text that means trouble is ever taken for a number."""
    for want_item in (False, True):
        seen_reading = False
        for record, values in zip(built, tables, strict=True):
            if record.item is not want_item:
                continue
            if record.kind is RecordKind.ERROR and seen_reading:
                raise values.error("kind", "error records must stand before the readings.", "Move it up.")
            seen_reading = seen_reading or record.kind in (RecordKind.READING, RecordKind.SCAN)


def _record(values: Values) -> Record:
    kind = RecordKind(values.text("kind"))
    try:
        pattern = compile_pattern(values.text("match"))
    except PatternError as error:
        raise values.error("match", f"the pattern cannot be used: {error}.") from error
    unknown = pattern.groups - GROUPS
    if unknown:
        raise values.error(
            "match", f"the pattern has a group '{min(unknown)}'.", f"Groups are: {', '.join(sorted(GROUPS))}."
        )
    needed = _NEEDED.get(kind)
    if needed and needed not in pattern.groups:
        raise values.error("match", f"a record of kind '{kind}' needs a group (?P<{needed}>...).")
    for group, table in (("sign", "signs"), ("status", "statuses"), ("unit", "units")):
        if table in values and group not in pattern.groups:
            raise values.error(table, f"'{table}' needs a group (?P<{group}>...) in the pattern.")
    if kind is RecordKind.READING:
        _check_reading(values, pattern.groups)
    if kind is RecordKind.LIST and not values.text("separator"):
        raise values.error("", "a record of kind 'list' needs 'separator'.")
    trigger = values.text("trigger")
    return Record(
        kind=kind,
        pattern=pattern,
        channel=values.text("channel"),
        channels=values.mapping("channels"),
        unit=None if values.text("unit") in ("", "station") else values.text("unit"),
        units=values.mapping("units"),
        signs=values.mapping("signs"),
        statuses=values.mapping("statuses"),
        sentinels=values.mapping("sentinels"),
        reason=values.text("reason"),
        reasons=values.mapping("reasons"),
        decimal_mark=values.text("decimal_mark", "."),
        blanks=values.flag("blanks"),
        decimals=values.integer("decimals") if "decimals" in values else None,
        scale=values.decimal("scale"),
        offset=values.decimal("offset"),
        places=values.integer("places") if "places" in values else None,
        trigger=Trigger(trigger) if trigger else None,
        wraps_at=values.decimal("wraps_at"),
        separator=values.text("separator"),
        first_channel=values.integer("first_channel") if "first_channel" in values else None,
        items_per_channel=values.integer("items_per_channel", 1),
        item=values.flag("item"),
        name=values.text("name"),
    )


def _check_reading(values: Values, groups: frozenset[str]) -> None:
    if "unit" not in values and "unit" not in groups:
        raise values.error("", "a reading needs 'unit' (or 'station'), or a group (?P<unit>...) with 'units'.")
    if "unit" in groups and "units" not in values:
        raise values.error("", "a captured unit needs 'units', the table from what is sent to the unit.")
    if "status" in groups and "statuses" not in values:
        raise values.error("", "a captured status needs 'statuses'.")
    for sent, mapped in values.mapping("signs").items():
        if mapped not in ("+", "-"):
            raise values.error("signs", f"the sign '{sent}' must become '+' or '-', not '{mapped}'.")
    for sent, mapped in values.mapping("statuses").items():
        _check_status(values, sent, mapped)


def _check_status(values: Values, sent: str, mapped: str) -> None:
    if mapped == "good":
        return
    quality, colon, why = mapped.partition(":")
    if quality not in ("uncertain", "bad") or not colon or not why.strip():
        raise _status_error(values, sent)


def _status_error(values: Values, sent: str) -> ProfileError:
    return values.error("statuses", f"the status '{sent}' must become 'good', 'uncertain: why' or 'bad: why'.")
