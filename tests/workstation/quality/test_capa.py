"""Corrective action: nothing is closed without cause, action, evidence and a check by somebody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workstation.errors import CallIsWrong, NotPermitted, Refused
from workstation.people.accounts import Proof
from workstation.quality import capa, investigations, links
from workstation.quality import nonconformances as nc
from workstation.quality.capa import ActionKind, CapaState
from workstation.quality.investigations import CauseCategory
from workstation.quality.reactions import react_to_alarm, react_to_out_of_tolerance
from workstation.store import Store

Prove = Callable[[str], Proof]


@pytest.fixture
def source(store: Store, out_of_tolerance: Any) -> str:
    with store.write("line") as work:
        return react_to_out_of_tolerance(work, out_of_tolerance)


@pytest.fixture
def started(store: Store, source: str) -> str:
    with store.write("supervisor") as work:
        return capa.start_from_nonconformance(work, source, "engineer").uid


def planned(store: Store, uid: str) -> str:
    with store.write("engineer") as work:
        capa.set_cause(work, uid, "5 whys", "chuck jaw worn", "the second spindle was measured: no wear")
        capa.add_action(work, uid, ActionKind.CORRECTIVE, "replace the jaw", "inspector", "2026-12-01")
        capa.set_criterion(work, uid, "25 subgroups in control", "2026-12-20")
    return uid


def implemented(store: Store, uid: str) -> str:
    planned(store, uid)
    finish(store, uid)
    return uid


def finish(store: Store, uid: str) -> None:
    with store.read() as reader:
        action = next(one for one in capa.capa(reader, uid).actions if one.done_at is None)
    with store.write("inspector") as work:
        capa.complete_action(work, action.uid, "order 4711, picture 12")
    with store.write("engineer") as work:
        capa.mark_implemented(work, uid)


def test_the_problem_is_stated_from_the_data(store: Store, started: str, source: str) -> None:
    with store.read() as reader:
        found = capa.capa(reader, started)
        assert links.linked(reader, started, "nonconformance") == [source]
        assert links.linked(reader, source, "capa") == [started]
    assert found.number == "CAPA-2026-0001"
    assert found.problem.splitlines() == [
        "What: PR-74 Piston ring: inside diameter 74.036 mm is outside 73.965 to 74.035 mm.",
        "Where: station bench 1, gauge bore gauge 1 (19283746).",
        "When: 2026-11-22 13:52:20 UTC, opened as NC-2026-0001.",
        "How much: 1 piece with 74.036 mm.",
        "Limits: specification 73.965 to 74.035 mm.",
        "Evidence: subgroup 39 position 3: 74.036 mm from 19283746.",
    ]


def test_an_investigations_problem_names_values_limits_and_rules(store: Store, out_of_control: Any) -> None:
    with store.write("line") as work:
        uid = react_to_alarm(work, out_of_control).investigation
    with store.write("engineer") as work:
        investigations.begin(work, uid, "engineer")
        investigations.record_findings(work, uid, "jaw has play")
        investigations.conclude(work, uid, CauseCategory.MACHINE, "worn chuck jaw")
    with store.write("supervisor") as work:
        lines = capa.start_from_investigation(work, uid, "engineer").problem.splitlines()
    assert lines[3] == "How much: subgroup 37 with 74.009, 74.010, 74.012, 74.017, 74.030 mm, mean 74.0156 mm."
    assert lines[4] == "Limits: control limits 73.9881 to 74.0143 around 74.0012 mm."
    assert lines[5:] == ["Evidence: rules nelson 1.", "Assignable cause found: worn chuck jaw (machine)."]


def test_the_whole_way(store: Store, started: str, prove: Prove) -> None:
    implemented(store, started)
    with store.write("second") as work:
        assert capa.verify_effectiveness(work, started, "27 in control", effective=True).state is CapaState.VERIFIED
    proof = prove("supervisor")
    with store.write("supervisor") as work:
        closed = capa.close(work, started, proof)
    assert closed.state is CapaState.CLOSED
    with store.read() as reader:
        signature, valid = capa.closing_signature(reader, started) or (None, False)
        *before, entry = reader.history("capa", started)
        (action,) = capa.capa(reader, started).actions
        done = reader.history("capa_action", action.uid)[-1]
        assert [one.uid for one in capa.capas(reader, state=CapaState.CLOSED)] == [started]
        assert capa.capas(reader, state=CapaState.OPEN) == []
    assert valid and signature is not None and signature.printed_name == "Supervisor"
    steps = ["start", "criterion", "implement", "verify"]  # what one unit of work does is one entry, named by its last
    assert [one.verb for one in before] == [f"capa.{step}" for step in steps]
    assert entry.verb == "capa.close" and f'"content_hash":"{signature.content_hash}"' in (entry.signature or "")
    assert (done.verb, done.account) == ("capa_action.complete", "inspector")
    assert store.verify().intact


def test_no_step_can_be_left_out(store: Store, started: str, prove: Prove) -> None:
    proof = prove("supervisor")

    def refused(said: str, step: Callable[[Any], object], by: str = "supervisor") -> None:
        with pytest.raises(Refused, match=said), store.write(by) as work:
            step(work)

    def close(work: Any) -> object:
        return capa.close(work, started, proof)

    def check(work: Any) -> object:
        return capa.verify_effectiveness(work, started, "good", effective=True)

    def implement(work: Any) -> object:
        return capa.mark_implemented(work, started)

    with store.write("engineer") as work:
        held = capa.add_action(work, started, ActionKind.CONTAINMENT, "sort the lot", "inspector", "2026-11-23")
    assert held.state is CapaState.OPEN, "containment waits for no cause"
    with store.write("inspector") as work:
        capa.complete_action(work, held.actions[0].uid, "list 3")
    refused("while it is verified", close)
    refused("while it is implemented", check)
    refused(
        "while it is cause known",
        lambda work: capa.add_action(work, started, ActionKind.CORRECTIVE, "x", "inspector", "2026-12-01"),
    )
    with store.write("engineer") as work:
        capa.set_cause(work, started, "5 whys", "jaw worn", "none")
    refused("while it is actions under way", implement)
    with store.write("engineer") as work:
        capa.add_action(work, started, ActionKind.CORRECTIVE, "replace the jaw", "inspector", "20261201")
    refused("has open actions: replace the jaw", implement)
    with store.read() as reader:
        action = capa.capa(reader, started).actions[1]
    assert action.due == "2026-12-01", "kept in the form in which days compare"
    assert action.overdue("2026-12-02") and not action.overdue("2026-12-01")
    with pytest.raises(CallIsWrong, match="when there is evidence"), store.write("inspector") as work:
        capa.complete_action(work, action.uid, " ")
    with store.write("inspector") as work:
        capa.complete_action(work, action.uid, "picture 12")
    refused("marked this action as done before", lambda work: capa.complete_action(work, action.uid, "again"))
    refused("has no effectiveness criterion", implement)
    with store.write("engineer") as work:
        capa.set_criterion(work, started, "25 in control", "2026-12-20")
        capa.mark_implemented(work, started)
    with pytest.raises(CallIsWrong), store.write("second") as work:
        capa.verify_effectiveness(work, started, " ", effective=True)
    refused("while it is verified", close)


def test_owners_do_not_check_their_own_work(store: Store, started: str, prove: Prove) -> None:
    implemented(store, started)
    with pytest.raises(NotPermitted, match="may not verify"), store.write("engineer") as work:
        capa.verify_effectiveness(work, started, "good", effective=True)
    with pytest.raises(NotPermitted, match="may not verify results"), store.write("inspector") as work:
        capa.verify_effectiveness(work, started, "good", effective=True)
    with store.write("second") as work:
        capa.verify_effectiveness(work, started, "good", effective=True)
    proof = prove("engineer")
    with pytest.raises(NotPermitted, match="may not close"), store.write("engineer") as work:
        capa.close(work, started, proof)


def test_what_did_not_work_needs_a_new_action(store: Store, started: str) -> None:
    implemented(store, started)
    with store.write("second") as work:
        back = capa.verify_effectiveness(work, started, "3 alarms in a week", effective=False)
    assert back.state is CapaState.OPEN
    with store.write("engineer") as work:
        capa.set_cause(work, started, "5 whys", "spindle bearing", "all spindles")
        with pytest.raises(Refused, match="while it is actions under way"):
            capa.mark_implemented(work, started)
    with store.write("engineer") as work:
        capa.add_action(work, started, ActionKind.CONTAINMENT, "sort the stock", "inspector", "2026-12-01")
    finishing = pytest.raises(Refused, match="no new corrective")
    with finishing:
        finish(store, started)
    with store.write("engineer") as work:
        capa.add_action(work, started, ActionKind.CORRECTIVE, "replace the bearing", "inspector", "2026-12-24")
    finish(store, started)
    with store.read() as reader:
        assert capa.capa(reader, started).state is CapaState.IMPLEMENTED


@pytest.mark.parametrize("actor", ["inspector", "auditor", "line"])
def test_who_may_not_lead(store: Store, source: str, actor: str) -> None:
    with pytest.raises(NotPermitted, match="lead corrective actions"), store.write(actor) as work:
        capa.start_from_nonconformance(work, source, "engineer")


def test_owners_and_dates_are_real(store: Store, started: str, source: str) -> None:
    with pytest.raises(CallIsWrong, match="no account 'nobody'"), store.write("engineer") as work:
        capa.start_from_nonconformance(work, source, "nobody")
    with pytest.raises(CallIsWrong, match="is no date"), store.write("engineer") as work:
        capa.set_criterion(work, started, "x", "soon")
    with pytest.raises(CallIsWrong, match="not complete"), store.write("engineer") as work:
        capa.set_cause(work, started, "5 whys", "", "none")


def test_a_voided_nonconformance_starts_nothing(store: Store, source: str) -> None:
    with store.write("engineer") as work:
        nc.void(work, source, "dirty gauge")
    with pytest.raises(Refused, match="is voided"), store.write("engineer") as work:
        capa.start_from_nonconformance(work, source, "engineer")


def test_somebody_who_looked_at_an_older_version_is_told(store: Store, started: str) -> None:
    planned(store, started)
    with pytest.raises(Refused, match="you saw version 1, it is now version"), store.write("second") as work:
        capa.set_criterion(work, started, "other", "2026-12-20", version=1)
