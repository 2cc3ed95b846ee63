"""Every deed asks for its right before anything else, of every role."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import workstation
from workstation.errors import NotPermitted
from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.store import Role, Store
from workstation.store.rights import RIGHTS, Right

DEEDS = {
    "catalog.gauges.bind": Right.EDIT_CATALOG,
    "catalog.gauges.ensure_gauge": Right.EDIT_CATALOG,
    "catalog.gauges.note_setting": Right.SET_INSTRUMENTS,
    "catalog.gauges.note_trust": Right.EDIT_CATALOG,
    "catalog.gauges.record_calibration": Right.EDIT_CATALOG,
    "catalog.gauges.set_gauge_status": Right.EDIT_CATALOG,
    "catalog.gauges.unbind": Right.EDIT_CATALOG,
    "catalog.identifications.clear_identification": Right.MEASURE,
    "catalog.identifications.keep_identification": Right.MEASURE,
    "catalog.limits.establish": Right.SET_LIMITS,
    "catalog.limits.establish_given": Right.SET_LIMITS,
    "catalog.parts.ensure_characteristic": Right.EDIT_CATALOG,
    "catalog.parts.ensure_part": Right.EDIT_CATALOG,
    "catalog.plans.approve_plan": Right.APPROVE_PLAN,
    "catalog.plans.import_plan": Right.EDIT_CATALOG,
    "catalog.rollups.keep_minute": Right.MEASURE,
    "line.correction.correct": Right.CORRECT,
    "line.new_limits.establish_anew": Right.SET_LIMITS,
    "people.accounts.change_role": Right.MANAGE_ACCOUNTS,
    "people.accounts.create": Right.MANAGE_ACCOUNTS,
    "people.accounts.deactivate": Right.MANAGE_ACCOUNTS,
    "people.accounts.reactivate": Right.MANAGE_ACCOUNTS,
    "people.accounts.set_password": Right.MANAGE_ACCOUNTS,
    "people.accounts.unlock": Right.MANAGE_ACCOUNTS,
    "people.signatures.sign": Right.SIGN,
    "quality.alarms.acknowledge": Right.ACKNOWLEDGE,
    "quality.alarms.acknowledge_earlier": Right.ACKNOWLEDGE,
    "quality.alarms.end_alarm": Right.REACT,
    "quality.alarms.raise_alarm": Right.REACT,
    "quality.capa.add_action": Right.CORRECTIVE_ACTION,
    "quality.capa.close": Right.VERIFY,
    "quality.capa.mark_implemented": Right.CORRECTIVE_ACTION,
    "quality.capa.set_cause": Right.CORRECTIVE_ACTION,
    "quality.capa.set_criterion": Right.CORRECTIVE_ACTION,
    "quality.capa.start_from_investigation": Right.CORRECTIVE_ACTION,
    "quality.capa.start_from_nonconformance": Right.CORRECTIVE_ACTION,
    "quality.capa.verify_effectiveness": Right.VERIFY,
    "quality.investigations.begin": Right.INVESTIGATE,
    "quality.investigations.conclude": Right.INVESTIGATE,
    "quality.investigations.open_investigation": Right.REACT,
    "quality.investigations.record_findings": Right.INVESTIGATE,
    "quality.nonconformances.close": Right.VERIFY,
    "quality.nonconformances.contain": Right.REPORT,
    "quality.nonconformances.dispose": Right.DISPOSE,
    "quality.nonconformances.open_nonconformance": Right.REACT,
    "quality.nonconformances.report_nonconformance": Right.REPORT,
    "quality.nonconformances.reverify": Right.VERIFY,
    "quality.nonconformances.void": Right.DISPOSE,
}
PARTS_OF_DEEDS = {
    "catalog.gauges.make_binding", "catalog.parts.define_characteristic", "catalog.parts.define_part",
    "line.identify.keep_scan", "people.accounts.ensure_line_account", "quality.evidence.about",
    "quality.evidence.log_decision", "quality.links.link", "quality.numbers.local_day", "quality.numbers.next_number",
    "quality.reactions.react_to_alarm", "quality.reactions.react_to_channel", "quality.reactions.react_to_channel_end",
    "quality.reactions.react_to_out_of_tolerance",
}  # fmt: skip
"""What a deed does on its way, after it was asked for its right; or what the line does by deeds that ask."""
BY_THEIR_OWNER = {"quality.capa.complete_action"}
"""Deeds that need the right only where somebody else's work is concerned."""
LACKING = [(deed, role) for deed, right in DEEDS.items() for role in Role if right not in RIGHTS[role]]


def in_transactions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every function of the rooms where deeds are that works in somebody's unit of work."""
    for room in ("catalog", "insight", "line", "people", "quality"):
        package = Path(workstation.__file__).parent / room
        for module in pkgutil.iter_modules([str(package)]):
            found = importlib.import_module(f"workstation.{room}.{module.name}")
            for name, one in inspect.getmembers(found, inspect.isfunction):
                own = one.__module__ == found.__name__ and not name.startswith("_")
                if own and next(iter(inspect.signature(one).parameters), "") == "work":
                    yield f"{room}.{module.name}.{name}", one


def test_every_deed_is_known_here() -> None:
    assert {name for name, _ in in_transactions()} == DEEDS.keys() | PARTS_OF_DEEDS | BY_THEIR_OWNER


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A station with an account of each role, named as the role."""
    with Store.open(tmp_path_factory.mktemp("rights"), station="bench 1") as store:
        for role in (Role.ADMINISTRATOR, *(role for role in Role if role is not Role.ADMINISTRATOR)):
            password = None if role is Role.SERVICE else "correct horse battery"
            with store.write("administrator") as work:
                accounts.create(work, str(role), str(role), role, password, costs=Costs(1, 8, 1))
        yield store


@pytest.mark.parametrize(("deed", "role"), LACKING, ids=lambda value: str(value))
def test_who_has_not_the_right_is_turned_away_first(staffed: Store, deed: str, role: Role) -> None:
    """With nothing in hand: whatever else is wrong with the call is nobody's business before."""
    function = dict(in_transactions())[deed]
    with staffed.write(str(role)) as work, pytest.raises(NotPermitted, match=f"may not {DEEDS[deed]}"):
        function(work, **dict.fromkeys(list(inspect.signature(function).parameters)[1:]))
