"""Inspection plans from draft to obsolete."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from workstation.catalog import gauges, limits, parts, plans
from workstation.catalog.plan_file import load_plan_file
from workstation.catalog.values import PlanStatus
from workstation.errors import NotPermitted, Refused
from workstation.store import Measurement, MeasurementBatch, Store


def imported(store: Store, path: Path) -> int:
    with store.write("author") as work:
        return plans.import_plan(work, load_plan_file(path)).id


def effective(store: Store, path: Path) -> int:
    number = imported(store, path)
    with store.write("approver") as work:
        plans.approve_plan(work, number)
    return number


def test_a_draft_binds_nothing_until_somebody_else_approves_it(store: Store, plan_path: Path) -> None:
    number = imported(store, plan_path)
    with store.read() as reader:
        assert plans.plan(reader, number).status is PlanStatus.DRAFT
        assert plans.effective_plan(reader) is None
        assert parts.characteristics(reader) == [] and gauges.bindings(reader) == []
        assert [gauge.source for gauge in gauges.gauges(reader)] == ["19283746", "climate"]
    with pytest.raises(NotPermitted, match="drafted plan"), store.write("author") as work:
        plans.approve_plan(work, number)
    with store.write("approver") as work:
        approved = plans.approve_plan(work, number)
    assert (approved.status, approved.approved_by) == (PlanStatus.EFFECTIVE, "approver")
    with store.read() as reader:
        assert plans.effective_plan(reader) == approved
        diameter, temperature = (parts.characteristic(reader, n) for n in approved.characteristics)
        assert (str(diameter.upper_specification), temperature.unit) == ("74.035", "°C")
        assert [b.characteristic_id for b in gauges.bindings(reader)] == [diameter.id, temperature.id]


def test_importing_again_changes_nothing(store: Store, plan_path: Path) -> None:
    effective(store, plan_path)
    with store.write("author") as work:
        plans.import_plan(work, load_plan_file(plan_path))
    assert work.entries == ()


def test_a_moved_port_needs_no_new_revision(store: Store, plan_path: Path, plan_text: str) -> None:
    effective(store, plan_path)
    plan_path.write_text(plan_text.replace("/dev/ttyUSB0", "COM7"))
    imported(store, plan_path)
    with store.read() as reader:
        assert gauges.gauges(reader)[0].port == "COM7"


def test_other_content_under_an_effective_revision_is_refused(store: Store, plan_path: Path, plan_text: str) -> None:
    effective(store, plan_path)
    plan_path.write_text(plan_text.replace("73.965", "73.900"))
    with pytest.raises(Refused, match="Raise the revision in the file to 2"):
        imported(store, plan_path)


def test_a_changed_draft_must_be_reviewed_again(store: Store, plan_path: Path, plan_text: str) -> None:
    number = imported(store, plan_path)
    plan_path.write_text(plan_text.replace("73.965", "73.900"))
    assert imported(store, plan_path) == number
    with pytest.raises(Refused, match="you saw version 1, it is now version 2"), store.write("approver") as work:
        plans.approve_plan(work, number, version=1)


def test_the_next_revision_makes_the_last_obsolete_and_ends_what_it_left_out(
    store: Store, plan_path: Path, plan_text: str
) -> None:
    first = effective(store, plan_path)
    plan_path.write_text(
        plan_text.replace("revision = 1", "revision = 2", 1)
        .replace("73.965", "73.900")
        .split('[[gauge]]\nname = "climate"')[0]
    )
    second = effective(store, plan_path)
    with store.read() as reader:
        assert plans.plan(reader, first).status is PlanStatus.OBSOLETE
        diameter = parts.characteristic(reader, plans.plan(reader, second).characteristics[0])
        assert (diameter.lower_specification, diameter.version) == (Decimal("73.900"), 2)
        assert [b.channel for b in gauges.bindings(reader)] == ["1"]
        assert '"lower_specification":"73.965"' in plans.plan_content(reader, first)


def test_an_older_draft_cannot_overtake(store: Store, plan_path: Path, plan_text: str) -> None:
    old = imported(store, plan_path)
    plan_path.write_text(plan_text.replace("revision = 1", "revision = 2", 1))
    effective(store, plan_path)
    with pytest.raises(Refused, match="revision 2 came after"), store.write("approver") as work:
        plans.approve_plan(work, old)


def test_a_held_characteristic_changes_only_by_its_plan(store: Store, plan_path: Path) -> None:
    effective(store, plan_path)
    with store.read() as reader:
        diameter = parts.characteristics(reader)[0]
    with pytest.raises(Refused, match="held by inspection plan piston-ring"), store.write("author") as work:
        parts.ensure_characteristic(work, diameter.part_id, parts.CharacteristicDefinition("inside diameter", "mm", 4))


def test_a_unit_with_values_stays(store: Store, plan_path: Path, plan_text: str) -> None:
    effective(store, plan_path)
    with store.write("line") as work:
        one = Measurement(1, 1, 1, Decimal("74.001"), "mm", 1, "19283746", "button", "good", "line")
        work.append_measurements(MeasurementBatch((one,)))
    plan_path.write_text(plan_text.replace("revision = 1", "revision = 2", 1).replace('unit = "mm"', 'unit = "in"'))
    with pytest.raises(Refused, match="cannot become in"):
        effective(store, plan_path)


def test_another_subgroup_size_ends_the_limits(store: Store, plan_path: Path, plan_text: str) -> None:
    effective(store, plan_path)
    with store.write("line") as work:
        limits.establish(work, 1, {"location": {"center": 74.0012}}, 1, 25)
    plan_path.write_text(
        plan_text.replace("revision = 1", "revision = 2", 1).replace("decimals = 3", "decimals = 3\nsubgroup_size = 4")
    )
    effective(store, plan_path)
    with store.read() as reader:
        assert limits.active_limits(reader, 1) is None
        assert len(limits.limits_history(reader, 1)) == 1


@pytest.mark.parametrize("actor", ["inspector", "line"])
def test_inspectors_and_the_line_change_no_plan(store: Store, plan_path: Path, actor: str) -> None:
    number = imported(store, plan_path)
    with pytest.raises(NotPermitted), store.write(actor) as work:
        plans.import_plan(work, load_plan_file(plan_path))
    with pytest.raises(NotPermitted), store.write(actor) as work:
        plans.approve_plan(work, number)
