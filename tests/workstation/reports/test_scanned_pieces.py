"""The inspection report names the pieces and lots that were scanned, and is the report it always was without them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from tests.workstation.reports.inspected import BORE, bore_of, measure, planned_station, published
from workstation.catalog.identifications import Identified, Scanned, Start, keep_identification
from workstation.catalog.scanned import IdentificationKind
from workstation.reports.inspection.content import content_of
from workstation.reports.inspection.gather import gather
from workstation.reports.inspection.render import inspection_report
from workstation.reports.inspection.sheet import inspection_sheet
from workstation.store import Store

LONG = "SN-" + "7" * 200


@pytest.fixture
def rings(tmp_path: Path) -> Iterator[Store]:
    """A station of its own: what is scanned here is in no other report."""
    with planned_station(tmp_path / "home") as store:
        measure(store, published()[:30])
        yield store


def scan(store: Store, kind: IdentificationKind, text: str, subgroup: int, position: int = 1) -> None:
    what = bore_of(store)
    with store.write("line") as work:
        came = Scanned(text, "", "reader", work.now, "inspector")
        keep_identification(work, what.part_id, kind, came, [Start(what.id, subgroup, position)])


def test_pieces_and_lots_stand_in_the_tables_of_both_files(rings: Store, tmp_path: Path) -> None:
    before = gather(rings, BORE)
    assert "Piece, lot" not in content_of(before)["subgroups"]["head"]
    scan(rings, IdentificationKind.LOT, "=L1\x1d", 2)
    scan(rings, IdentificationKind.SERIAL_NUMBER, "SN-A", 3)
    scan(rings, IdentificationKind.SERIAL_NUMBER, "SN-B", 3, 4)
    scan(rings, IdentificationKind.SERIAL_NUMBER, LONG, 5)
    facts = gather(rings, BORE)
    table = content_of(facts)["subgroups"]
    assert table["head"][-2:] == ["Piece, lot", "Rules"]
    assert all(len(row) == len(table["head"]) == len(table["widths"]) == len(table["align"]) for row in table["rows"])
    told = [row[-2] for row in table["rows"]]
    assert told[:4] == ["", "lot =L1␝", "SN-A, SN-B, lot =L1␝", "lot =L1␝"]
    assert told[4] == "SN-777777777…77777777, lot =L1␝"

    written = PdfReader(inspection_report(facts, tmp_path / "report.pdf"))
    paper = " ".join(page.extract_text() for page in written.pages)
    assert "SN-A" in paper and "Piece, lot" in paper
    words = set(paper.split())
    assert all(str(reading.value) in words for reading in facts.readings), "no figure is hidden by a code"

    sheet = load_workbook(inspection_sheet(facts, tmp_path / "report.xlsx"))["Readings"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][-2:] == ["Serial number", "Lot"]
    by_place = {(row[0], row[1]): row[-2:] for row in rows[1:]}
    assert by_place[1, 1] == [None, None]
    assert by_place[3, 3] == ["SN-A", "=L1␝"] and by_place[3, 4] == ["SN-B", "=L1␝"]
    assert by_place[5, 1] == [LONG, "=L1␝"]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_the_hash_of_a_report_changes_with_what_was_scanned_and_only_with_it(rings: Store) -> None:
    plain = gather(rings, BORE)
    scan(rings, IdentificationKind.LOT, "L1", 2)
    named = gather(rings, BORE)
    assert named.content_hash() != plain.content_hash()
    assert replace(named, identified=Identified()).content_hash() == plain.content_hash()
