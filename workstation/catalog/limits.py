"""Control limits: frozen when they are established, superseded but never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workstation.catalog.records import CharacteristicRecord, ControlLimitsRecord
from workstation.catalog.values import GIVEN, LEFT_OUT, ControlLimits, Given
from workstation.errors import CallIsWrong
from workstation.store import Reader, Right, UnitOfWork
from workstation.store.journal import canonical_json
from workstation.store.mapping import select, value_of


def establish(
    work: UnitOfWork,
    characteristic_id: int,
    limits: Mapping[str, Any],
    first_subgroup: int,
    last_subgroup: int,
    *,
    reason: str = "",
    left_out: Mapping[int, str] | None = None,
) -> ControlLimits:
    """Freeze limits (the analysis result's `to_dict()`) computed from these subgroups, superseding the active ones.

    `left_out` has the subgroups of the span that were not computed with, each with its reason; it is kept with them.
    """
    work.require(Right.SET_LIMITS)
    if first_subgroup < 1 or last_subgroup < first_subgroup:
        raise CallIsWrong(f"Subgroups {first_subgroup} to {last_subgroup} are no span.", "Name the first and the last.")
    without = {LEFT_OUT: {str(number): why for number, why in sorted(left_out.items())}} if left_out else {}
    return _supersede(work, characteristic_id, {**limits, **without}, (first_subgroup, last_subgroup), reason)


def establish_given(
    work: UnitOfWork, characteristic_id: int, limits: Mapping[str, Any], given: Given, *, reason: str
) -> ControlLimits:
    """Freeze limits (as for `establish`) that follow from these figures and no subgroup; both are kept with them."""
    work.require(Right.SET_LIMITS)
    figures = {"mean": f"{given.mean:f}", "sigma": f"{given.sigma:f}", "unit": given.unit}
    return _supersede(work, characteristic_id, {**limits, GIVEN: figures}, (0, 0), reason)


def _supersede(
    work: UnitOfWork, characteristic_id: int, facts: Mapping[str, Any], span: tuple[int, int], reason: str
) -> ControlLimits:
    """Put limits in force in the place of the active ones."""
    work.get(CharacteristicRecord, characteristic_id)
    try:
        text = canonical_json(json.loads(json.dumps(facts, allow_nan=False)))
    except ValueError as error:
        raise CallIsWrong("These limits are not finite numbers.", "Compute them from subgroups that vary.") from error
    for record in work.all(_active(characteristic_id)):
        record.active = False
        work.note(record, "supersede", reason=reason)
    work.flush()
    record = ControlLimitsRecord(
        characteristic_id=characteristic_id, limits=text, established_by=work.account, established_at=work.now,
        first_subgroup=span[0], last_subgroup=span[1], active=True,
    )  # fmt: skip
    return value_of(ControlLimits, work.add(record, "establish", reason=reason))


def active_limits(reader: Reader, characteristic_id: int) -> ControlLimits | None:
    """The limits in force, or None while they are still being collected."""
    record = reader.one(_active(characteristic_id))
    return None if record is None else value_of(ControlLimits, record)


def limits(reader: Reader, number: int) -> ControlLimits:
    """The control limits with this id, in force or superseded."""
    return value_of(ControlLimits, reader.get(ControlLimitsRecord, number))


def limits_history(reader: Reader, characteristic_id: int) -> list[ControlLimits]:
    """All limits a characteristic ever had, oldest first."""
    statement = select(ControlLimitsRecord).where(ControlLimitsRecord.characteristic_id == characteristic_id)
    return [value_of(ControlLimits, record) for record in reader.all(statement.order_by(ControlLimitsRecord.id))]


def limits_after(reader: Reader, number: int) -> dict[int, int]:
    """The newest limits of each characteristic that got any after those with the id `number`: ids by characteristic.

    Without the mapper: whoever judges asks it in every transaction.
    """
    rows = reader.raw.execute("SELECT characteristic_id, id FROM control_limits WHERE id > ? ORDER BY id", (number,))
    return dict(rows.fetchall())


def _active(characteristic_id: int) -> Any:
    return select(ControlLimitsRecord).where(
        ControlLimitsRecord.characteristic_id == characteristic_id, ControlLimitsRecord.active
    )
