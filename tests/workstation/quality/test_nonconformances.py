"""Nonconformances: the order of steps, who may take them, and the signature under a disposition."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from workstation.catalog.values import Characteristic, Criticality
from workstation.errors import CallIsWrong, NotPermitted, Refused
from workstation.people.accounts import Proof
from workstation.quality import nonconformances as nc
from workstation.quality.evidence import decisions
from workstation.quality.nonconformances import Disposition, NonconformanceState, Report, Sighting
from workstation.quality.problem import of_nonconformance
from workstation.quality.reactions import react_to_out_of_tolerance
from workstation.store import Store

Prove = Callable[[str], Proof]


@pytest.fixture
def opened(store: Store, out_of_tolerance: Any) -> str:
    with store.write("line") as work:
        return react_to_out_of_tolerance(work, out_of_tolerance)


def contained(store: Store, uid: str) -> str:
    with store.write("inspector") as work:
        nc.contain(work, uid, "set aside in the red box, marked NC-2026-0001")
    return uid


def disposed(store: Store, prove: Prove, uid: str, what: Disposition = Disposition.SCRAP, by: str = "engineer") -> str:
    contained(store, uid)
    proof = prove(by)
    with store.write(by) as work:
        nc.dispose(work, uid, what, "cannot be brought into tolerance", proof, concession="C-17")
    return uid


def test_the_whole_way_to_scrap(store: Store, opened: str, prove: Prove) -> None:
    disposed(store, prove, opened)
    with store.write("second") as work:
        closed = nc.close(work, opened)
    assert closed.state is NonconformanceState.CLOSED
    with store.read() as reader:
        verbs = [entry.verb.split(".")[1] for entry in reader.history("nonconformance", opened)]
        entry = reader.history("nonconformance", opened)[2]
        signature, valid = nc.disposition_signature(reader, opened) or (None, False)
        (decision,) = decisions(reader, record_id=opened)
    assert verbs == ["open", "contain", "disposition", "close"]
    assert valid and signature is not None
    assert signature.shown().startswith("Engineer (engineer), 2026-11-2") and signature.shown().endswith("disposition")
    assert f'"content_hash":"{signature.content_hash}"' in (entry.signature or "")
    assert (entry.version, signature.record_version) == (3, 3)
    assert decision.decision == "scrap" and decision.evidence == (opened,)
    assert 3 <= decision.evidence_age_seconds < 60


def test_rework_is_verified_again_and_failing_goes_back(store: Store, opened: str, prove: Prove) -> None:
    disposed(store, prove, opened, Disposition.REWORK)
    with pytest.raises(Refused, match="when it is reverified"), store.write("second") as work:
        nc.close(work, opened)
    with pytest.raises(CallIsWrong, match="needs its result"), store.write("second") as work:
        nc.reverify(work, opened, " ", conforms=True)
    with store.write("second") as work:
        back = nc.reverify(work, opened, "74.037 mm", conforms=False)
    assert back.state is NonconformanceState.CONTAINED
    proof = prove("engineer")
    with store.write("engineer") as work:
        nc.dispose(work, opened, Disposition.REWORK, "once more", proof)
    with store.write("second") as work:
        nc.reverify(work, opened, "74.030 mm", conforms=True)
        assert nc.close(work, opened).state is NonconformanceState.CLOSED


def test_steps_out_of_order_are_refused(store: Store, opened: str, prove: Prove) -> None:
    proof = prove("engineer")
    with pytest.raises(Refused, match="is open; this is done when it is contained"), store.write("engineer") as work:
        nc.dispose(work, opened, Disposition.SCRAP, "why", proof)
    with pytest.raises(Refused), store.write("engineer") as work:
        nc.close(work, opened)
    with pytest.raises(Refused), store.write("engineer") as work:
        nc.reverify(work, opened, "good", conforms=True)
    disposed(store, prove, opened)
    with pytest.raises(Refused, match="is not verified again"), store.write("second") as work:
        nc.reverify(work, opened, "good", conforms=True)
    with pytest.raises(Refused), store.write("engineer") as work:
        nc.void(work, opened, "not so bad")


def test_every_step_says_what_it_needs(store: Store, opened: str, prove: Prove) -> None:
    with pytest.raises(CallIsWrong, match="containment"), store.write("inspector") as work:
        nc.contain(work, opened, " ")
    contained(store, opened)
    proof = prove("supervisor")
    with pytest.raises(CallIsWrong, match="needs its reason"), store.write("supervisor") as work:
        nc.dispose(work, opened, Disposition.SCRAP, "", proof)
    with pytest.raises(CallIsWrong, match="needs a concession"), store.write("supervisor") as work:
        nc.dispose(work, opened, Disposition.USE_AS_IS, "no effect on function", proof)
    with pytest.raises(CallIsWrong, match="only with a reason"), store.write("supervisor") as work:
        nc.void(work, opened, "")


def test_who_may_do_what(store: Store, opened: str, prove: Prove) -> None:
    contained(store, opened)
    for actor, what, said in (
        ("inspector", Disposition.SCRAP, "decide the disposition"),
        ("auditor", Disposition.SCRAP, "decide the disposition"),
        ("engineer", Disposition.USE_AS_IS, "release nonconforming product"),
        ("engineer", Disposition.REPAIR, "release nonconforming product"),
    ):
        proof = prove(actor)
        with pytest.raises(NotPermitted, match=said), store.write(actor) as work:
            nc.dispose(work, opened, what, "why", proof, concession="C-1")
    proof = prove("supervisor")
    with store.write("supervisor") as work:
        nc.dispose(work, opened, Disposition.USE_AS_IS, "no effect on function", proof, concession="C-1")
    with pytest.raises(NotPermitted), store.write("inspector") as work:
        nc.close(work, opened)


def test_a_disposition_without_proof_leaves_nothing(store: Store, opened: str, prove: Prove) -> None:
    contained(store, opened)
    proof = prove("inspector")
    with pytest.raises(NotPermitted, match="nothing was signed"), store.write("engineer") as work:
        nc.dispose(work, opened, Disposition.SCRAP, "why", proof)
    with store.read() as reader:
        assert nc.nonconformance(reader, opened).state is NonconformanceState.CONTAINED
        assert nc.disposition_signature(reader, opened) is None


def test_the_signature_is_invalid_after_the_content_was_changed_behind_our_back(
    store: Store, opened: str, prove: Prove
) -> None:
    disposed(store, prove, opened)
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("UPDATE nonconformance SET disposition = 'rework'")
        connection.commit()
    with store.read() as reader:
        _, valid = nc.disposition_signature(reader, opened) or (None, True)
    assert not valid
    assert not store.verify().intact


def test_a_voided_one_keeps_its_reason(store: Store, opened: str) -> None:
    with store.write("engineer") as work:
        nc.void(work, opened, "the gauge was dirty")
    with store.read() as reader:
        assert reader.history("nonconformance", opened)[-1].reason == "the gauge was dirty"
        (found,) = nc.nonconformances(reader, state=NonconformanceState.VOIDED)
        assert found.uid == opened and found.characteristic_id is not None
        assert nc.nonconformances(reader, state=NonconformanceState.OPEN) == []
        assert nc.nonconformances(reader, characteristic_id=found.characteristic_id) == [found]
        assert nc.nonconformances(reader, characteristic_id=found.characteristic_id + 1) == []


def test_one_by_hand_counts_on(store: Store, opened: str) -> None:
    with store.write("inspector") as work:
        by_hand = nc.open_nonconformance(work, Report("scratched in transport", 12, work.now, {}))
    assert (by_hand.number, by_hand.quantity, by_hand.part_id) == ("NC-2026-0002", 12, None)
    with pytest.raises(CallIsWrong), store.write("inspector") as work:
        nc.open_nonconformance(work, Report(" ", 1, 1, {}))
    with pytest.raises(CallIsWrong), store.write("inspector") as work:
        nc.open_nonconformance(work, Report("x", 0, 1, {}))


def test_what_somebody_saw_is_reported_with_what_is_known_of_the_part(store: Store, diameter: Characteristic) -> None:
    with store.write("inspector") as work:
        seen = nc.report_nonconformance(work, Sighting("burr", 3, characteristic_id=diameter.id))
        part = nc.report_nonconformance(work, Sighting("scratch", 1, diameter.part_id, None, Criticality.CRITICAL))
    facts = seen.evidence_facts()
    assert (facts["characteristic"], facts["account"], facts["station"]) == (diameter.name, "inspector", "bench 1")
    assert (seen.severity, part.severity) == (str(diameter.criticality), "critical")
    assert (seen.part_id, part.part_id, part.characteristic_id) == (diameter.part_id, diameter.part_id, None)
    assert (seen.subgroup, seen.quantity, seen.opened_by) == (None, 3, "inspector")
    with store.read() as reader:
        assert [one.reason for one in reader.history("nonconformance", seen.uid)] == ["reported by hand"]
    stated = of_nonconformance(seen).splitlines()
    assert stated[0] == f"What: {facts['part']} {facts['part_name']}: burr." and "How bad: major." in stated
    with store.write("inspector") as work:
        assert nc.contain(work, seen.uid, "Red bin, tag 7.").state is NonconformanceState.CONTAINED


@pytest.mark.parametrize(
    ("sighting", "said"),
    [
        (Sighting("burr", 1), "Name the part"),
        (Sighting("burr", 1, 77), "77"),
        (Sighting("burr", 1, 77, 1), "no characteristic of this part"),
        (Sighting(" ", 1, 1), "needs its nature"),
        (Sighting("x" * 501, 1, 1), "501 letters"),
        (Sighting("burr", 0, 1), "quantity of 0"),
    ],
)
def test_a_report_that_cannot_be_is_refused(
    store: Store, diameter: Characteristic, sighting: Sighting, said: str
) -> None:
    with pytest.raises(CallIsWrong, match=said), store.write("inspector") as work:
        nc.report_nonconformance(work, sighting)
    with store.read() as reader:
        assert nc.nonconformances(reader) == []


def test_an_auditor_reports_none(store: Store, diameter: Characteristic) -> None:
    with pytest.raises(NotPermitted, match="report and contain"), store.write("auditor") as work:
        nc.report_nonconformance(work, Sighting("burr", 1, diameter.part_id))


def test_numbers_start_again_with_the_local_year(store: Store, clock: Any) -> None:
    clock.now = 1_798_758_000_000_000  # 2026-12-31 23:00 UTC, which is 2027 at the station
    with store.write("inspector") as work:
        assert nc.open_nonconformance(work, Report("x", 1, 1, {})).number == "NC-2027-0001"
