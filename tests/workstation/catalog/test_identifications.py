"""Which kept values a scanned serial number or lot holds for, and what may be scanned at all."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.catalog import plans
from workstation.catalog.identifications import (
    Identification,
    Named,
    Scanned,
    Start,
    clear_identification,
    identification,
    identifications,
    identifications_named,
    identified,
    keep_identification,
    newest_scan,
    standing_identification,
)
from workstation.catalog.parts import CharacteristicDefinition, ensure_characteristic, ensure_part
from workstation.catalog.plan_file import load_plan_file
from workstation.catalog.scanned import LONGEST_TEXT, IdentificationKind, ScanRule, meant, rule_of, shown, unfit
from workstation.errors import CallIsWrong, NotPermitted, Refused
from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.store import Measurement, MeasurementBatch, Role, Store

FRESH = itertools.count()
SERIAL, LOT = IdentificationKind.SERIAL_NUMBER, IdentificationKind.LOT


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "home", station="bench 1") as store:
        lay_down(store, "diameter")
        yield store


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """For a property: each example lays down a characteristic of its own."""
    with Store.open(tmp_path_factory.mktemp("shared"), station="bench 1") as store:
        yield store


def lay_down(store: Store, name: str) -> int:
    with store.write("a") as work:
        part = ensure_part(work, "R-1", "ring")
        return ensure_characteristic(work, part.id, CharacteristicDefinition(name, "mm", 3)).id


def scan(
    store: Store, kind: IdentificationKind, text: str, subgroup: int, position: int = 1, of: int = 1
) -> Identification:
    with store.write("a") as work:
        came = Scanned(text, "]C0", "reader", work.now, "anna")
        return keep_identification(work, 1, kind, came, [Start(of, subgroup, position)])


def measure(store: Store, subgroup: int, position: int) -> None:
    with store.write("a") as work:
        value = Measurement(
            1, subgroup, position, Decimal("74.001"), "mm", work.now, "gauge", "button", "good", "anna", None
        )
        work.append_measurements(MeasurementBatch((value,)))


def named(store: Store, subgroup: int, position: int, first: int = 1, last: int = 99) -> tuple[str, str]:
    with store.read() as reader:
        one = identified(reader, 1, first, last).of(subgroup, position)
    return one.serial_number, one.lot


def test_a_serial_number_holds_for_its_subgroup_and_no_longer(ring: Store) -> None:
    scan(ring, SERIAL, "SN-1", 3)
    assert named(ring, 2, 5) == ("", "")
    assert {named(ring, 3, position)[0] for position in (1, 3, 5)} == {"SN-1"}
    assert named(ring, 4, 1) == ("", "")


def test_a_scan_while_a_subgroup_is_open_belongs_to_the_open_one(ring: Store) -> None:
    scan(ring, SERIAL, "SN-1", 3, 4)
    scan(ring, LOT, "L1", 3, 4)
    assert named(ring, 3, 1) == ("SN-1", "L1"), "also to what was measured of it before"
    assert named(ring, 2, 5) == ("", "")


def test_each_piece_of_a_subgroup_may_have_its_serial_number(ring: Store) -> None:
    for position in (1, 2, 4):
        scan(ring, SERIAL, f"SN-{position}", 3, position)
    assert [named(ring, 3, position)[0] for position in range(1, 6)] == ["SN-1", "SN-2", "SN-2", "SN-4", "SN-4"]
    with ring.read() as reader:
        assert identified(reader, 1, 3, 3).of_subgroup(3).serial_numbers == ("SN-1", "SN-2", "SN-4")


def test_of_two_scans_before_a_value_the_later_one_holds(ring: Store) -> None:
    scan(ring, SERIAL, "SN-1", 3)
    scan(ring, SERIAL, "SN-2", 3)
    assert named(ring, 3, 1)[0] == "SN-2"
    with ring.read() as reader:
        assert identified(reader, 1).of_subgroup(3) == Named(("SN-2",))


def test_a_lot_holds_until_the_next_wherever_one_looks_from(ring: Store) -> None:
    scan(ring, LOT, "L1", 2)
    scan(ring, LOT, "L2", 5, 3)
    for first in (1, 2, 4, 5):
        assert [named(ring, *place, first=first)[1] for place in ((5, 1), (5, 2), (5, 3), (8, 1))] == [
            "L1", "L1", "L2", "L2",
        ]  # fmt: skip
    assert named(ring, 1, 5)[1] == ""
    with ring.read() as reader:
        assert identified(reader, 1, 5, 5).of_subgroup(5).lots == ("L1", "L2")
        assert newest_scan(reader, 1, LOT) is not None and newest_scan(reader, 1, SERIAL) is None


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), max_size=6))
def test_a_span_says_the_same_as_the_whole(shared: Store, places: list[tuple[int, int]]) -> None:
    number = lay_down(shared, f"c{next(FRESH)}")
    for index, place in enumerate(sorted(places)):
        scan(shared, LOT if index % 2 else SERIAL, f"C{index}", *place, of=number)
    with shared.read() as reader:
        whole = identified(reader, number)
        for subgroup in range(1, 6):
            span = identified(reader, number, subgroup, subgroup)
            assert whole.of_subgroup(subgroup) == span.of_subgroup(subgroup)
            for position in (1, 2, 3):
                assert whole.of(subgroup, position) == span.of(subgroup, position)


def test_a_cleared_scan_never_held_and_what_held_before_holds_again(ring: Store) -> None:
    scan(ring, LOT, "L1", 2)
    wrong = scan(ring, LOT, "L2", 4)
    with ring.write("anna") as work:
        cleared = clear_identification(work, wrong.uid)
    assert (cleared.cleared_by, cleared.starts) == ("anna", wrong.starts)
    assert named(ring, 4, 1)[1] == "L1"
    with ring.read() as reader:
        assert identification(reader, wrong.uid).cleared_at is not None
        assert [one.text for one in identifications(reader)] == ["L1", "L2"], "it stays in the records"
        assert [one.text for one in identifications(reader, limit=1)] == ["L2"]
        history = reader.history("identification", wrong.uid)
        assert [one.verb for one in history] == ["identification.scan", "identification.clear"]
        assert history[-1].reason == "mis-scan"
    with pytest.raises(Refused, match="cleared by anna already"), ring.write("anna") as work:
        clear_identification(work, wrong.uid)
    assert ring.verify().intact


@pytest.mark.parametrize(("kind", "at"), [(SERIAL, (3, 2)), (SERIAL, (3, 1)), (LOT, (3, 2)), (LOT, (4, 1))])
def test_a_scan_with_values_is_cleared_by_who_may_correct_and_with_a_reason(
    ring: Store, kind: IdentificationKind, at: tuple[int, int]
) -> None:
    kept = scan(ring, kind, "X-1", 3, 1)
    measure(ring, *at)
    with ring.write("set-up") as work:
        for name, role in (("ida", Role.INSPECTOR), ("egon", Role.ENGINEER)):
            accounts.create(work, name, name, role, "correct horse 7", costs=Costs(1, 64, 1))
    with pytest.raises(CallIsWrong, match="Values were kept under this"), ring.write("egon") as work:
        clear_identification(work, kept.uid, "  ")
    with pytest.raises(NotPermitted, match="may not correct kept values"), ring.write("ida") as work:
        clear_identification(work, kept.uid, "wrong box")
    assert named(ring, *at)[kind is LOT] == "X-1"
    with ring.write("egon") as work:
        clear_identification(work, kept.uid, "wrong box")
    assert named(ring, *at) == ("", "")


def test_a_scan_that_another_took_the_place_of_is_cleared_without_a_reason(ring: Store) -> None:
    first = scan(ring, SERIAL, "SN-1", 3)
    scan(ring, SERIAL, "SN-2", 3)
    measure(ring, 3, 1)
    with ring.write("a") as work:
        clear_identification(work, first.uid)
    assert named(ring, 3, 1)[0] == "SN-2"


def test_the_one_scan_that_stands_is_found_by_its_code_and_each_by_its_identity(ring: Store) -> None:
    first, second = scan(ring, SERIAL, "SN-1", 2), scan(ring, SERIAL, "SN-1", 4)
    with ring.read() as reader:
        with pytest.raises(CallIsWrong, match="'SN-1' was scanned 2 times") as several:
            standing_identification(reader, "SN-1")
        assert first.uid in several.value.next_step and second.uid in several.value.next_step
        assert standing_identification(reader, second.uid).uid == second.uid
        with pytest.raises(CallIsWrong, match="No scan of 'SN-2' stands"):
            standing_identification(reader, "SN-2")
    with ring.write("a") as work:
        clear_identification(work, first.uid)
    with ring.read() as reader:
        assert standing_identification(reader, "SN-1").uid == second.uid


def test_texts_are_kept_exactly_and_found_by_them(ring: Store) -> None:
    odd = "01\x1d21<b>' OR 1=1 --\N{SNOWMAN}"
    scan(ring, LOT, odd, 1)
    with ring.read() as reader:
        assert [one.text for one in identifications_named(reader, odd)] == [odd]
        assert identifications_named(reader, "01") == []
    assert shown(odd) == "01\N{SYMBOL FOR GROUP SEPARATOR}21<b>' OR 1=1 --\N{SNOWMAN}"


@given(st.text(max_size=600))
def test_any_text_is_shown_harmlessly_or_refused(text: str) -> None:
    assert shown(text).isprintable() and len(shown(text)) == len(text)
    if not unfit(text):
        assert "\0" not in text and 0 < len(text) <= LONGEST_TEXT
        text.encode()


@given(st.text(st.characters(max_codepoint=0x7F), max_size=50))
def test_what_is_shown_leads_back_to_what_was_scanned(text: str) -> None:
    assert meant(shown(text)) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "empty"), (" \r\n", "empty"), ("x" * 513, "513 characters"), ("a\0b", "NUL"), ("a\ud800", "no text")],
)
def test_what_cannot_be_kept_is_refused_with_the_reason(ring: Store, text: str, why: str) -> None:
    assert why in unfit(text)
    with pytest.raises(CallIsWrong, match=why), ring.write("a") as work:
        keep_identification(work, 1, LOT, Scanned(text, "", "reader", 1, "a"), [Start(1, 1, 1)])


def test_a_plan_tells_lots_from_serial_numbers() -> None:
    assert ScanRule().kind_of("anything") is SERIAL
    lots = ScanRule(lot="L[0-9]+")
    assert (lots.kind_of("L12"), lots.kind_of("L12x"), lots.kind_of("SN-1")) == (LOT, SERIAL, SERIAL)
    both = ScanRule(serial_number="SN-[0-9]{3}", lot="L[0-9]+")
    assert (both.kind_of("L1"), both.kind_of("SN-001"), both.kind_of("SN-1")) == (LOT, SERIAL, None)


SCANS = """
[scan]
serial_number = 'SN-[0-9]{3}'
lot = 'L[0-9]+'
"""


def test_the_patterns_stand_in_the_plan_and_in_what_is_approved(tmp_path: Path) -> None:
    from tests.workstation.catalog.conftest import PLAN

    (tmp_path / "plain.toml").write_text(PLAN)
    (tmp_path / "plan.toml").write_text(PLAN + SCANS)
    plain, plan = load_plan_file(tmp_path / "plain.toml"), load_plan_file(tmp_path / "plan.toml")
    assert plan.scan == ScanRule("SN-[0-9]{3}", "L[0-9]+")
    assert "scan" not in plain.content(), "a plan without patterns keeps the hash it always had"
    assert plan.content_hash() != plain.content_hash()
    with Store.open(tmp_path / "home", station="bench 1") as store, store.write("a") as work:
        draft = plans.import_plan(work, plan)
        assert rule_of(plans.plan_content(work, draft.id)) == plan.scan


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("[scan]\nlot = 'L['", "scan.lot is no pattern that is safe to use"),
        ("[scan]\nlot = '(a+)+b'", "scan.lot is no pattern that is safe to use"),
        ("[scan]\nserial_number = 'a*'", "scan.serial_number fits an empty text"),
        ("[scan]\nserial = 'a'", "scan.serial is no key of a plan file"),
        ("[scan]\nlot = 7", "scan.lot is 7"),
        ("[[scan]]\nlot = 'L'", "scan is no table"),
    ],
)
def test_a_wrong_pattern_is_named(tmp_path: Path, wrong: str, said: str) -> None:
    from tests.workstation.catalog.conftest import PLAN

    (tmp_path / "plan.toml").write_text(f"{PLAN}\n{wrong}\n")
    with pytest.raises(CallIsWrong) as caught:
        load_plan_file(tmp_path / "plan.toml")
    assert said in caught.value.sentence and caught.value.next_step
