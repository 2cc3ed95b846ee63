"""The inspection report as a file: complete, archivable, the same in PDF and XLSX, and safe from any text in it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader

from tests.workstation.reports.inspected import BORE, published
from workstation.errors import SurroundingsFailed
from workstation.reports import typesetting
from workstation.reports.inspection.content import content_of
from workstation.reports.inspection.facts import InspectionFacts
from workstation.reports.inspection.gather import gather
from workstation.reports.inspection.render import TEMPLATE, inspection_report
from workstation.reports.inspection.sheet import inspection_sheet
from workstation.store import Store

HOSTILE = '#panic("x") <svg> & "q" \\ $1$ *b* _i_ `c` @r [l](m) =1+1 {a} //'


def text_of(path: Path) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def without_spaces(text: str) -> str:
    return text.replace(" ", "")


@pytest.fixture(scope="module")
def pdf(facts: InspectionFacts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return inspection_report(facts, tmp_path_factory.mktemp("pdf") / "report.pdf")


def test_the_report_says_everything_that_must_be_on_paper(pdf: Path, facts: InspectionFacts) -> None:
    text = text_of(pdf)
    for wanted in (
        "Inspection report: inside diameter", "DEMO-PR-74 Piston ring", "demo-piston-ring, revision 1",
        "73.965 to 74.035 mm, nominal 74.000", "mean range / d2", "Ppk", "Anderson-Darling", "SIMULATED-1",
        "NC-2026-0001", "scrap: Beyond rework", "CAPA-2026-0001", "INV-2026-0001",
        "Printed name of the supervisor (supervisor)", "meaning: disposition",
        "The signature belongs to exactly this content.", "bench 1", "Sinebar", "UTC+01:00",
    ):  # fmt: skip
        assert wanted in text, wanted
    for digest in (facts.content_hash(), facts.journal_hash):
        assert digest in without_spaces(text)
    pages = len(PdfReader(pdf).pages)
    assert f"Page 1 of {pages}" in text
    assert f"Page {pages} of {pages}" in text
    shown = text.split()
    for value in published():
        assert str(value) in shown


def test_the_file_is_an_archive_file_with_its_fonts_in_it(pdf: Path) -> None:
    reader = PdfReader(pdf)
    metadata = reader.root_object["/Metadata"].get_object().get_data()
    assert b"<pdfaid:part>2</pdfaid:part>" in metadata
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert reader.root_object["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Inspection report: inside diameter"
    fonts = {}
    for page in reader.pages:
        for name, font in page["/Resources"]["/Font"].items():
            descendant = font["/DescendantFonts"][0].get_object()
            fonts[descendant["/BaseFont"]] = descendant["/FontDescriptor"].get_object()
            assert "/ToUnicode" in font.get_object(), name
    assert fonts
    for name, descriptor in fonts.items():
        assert "SinebarSans" in name or "JetBrainsMono" in name
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)


def test_the_same_facts_give_the_same_file(pdf: Path, facts: InspectionFacts, tmp_path: Path) -> None:
    again = inspection_report(facts, tmp_path / "again.pdf")
    assert again.read_bytes() == pdf.read_bytes()


def test_no_text_can_change_the_document(facts: InspectionFacts, tmp_path: Path) -> None:
    hostile = dataclasses.replace(
        facts,
        station=HOSTILE,
        part=dataclasses.replace(facts.part, name=HOSTILE, number=HOSTILE),
        characteristic=dataclasses.replace(facts.characteristic, name=HOSTILE, unit="<&>"),
    )
    text = text_of(inspection_report(hostile, tmp_path / "hostile.pdf"))
    assert text.count(without_spaces(HOSTILE)) or without_spaces(HOSTILE) in without_spaces(text)
    assert "[<&>]" in without_spaces(text)


@pytest.mark.parametrize("name", ["Kolbenring Ø 74 µm ±", "Поршневое кольцо", "Πνεύμα", "e\u0301clisse", "x\u0304 bar"])
def test_names_in_the_plants_own_script(facts: InspectionFacts, tmp_path: Path, name: str) -> None:
    named = dataclasses.replace(facts, part=dataclasses.replace(facts.part, name=name))
    text = text_of(inspection_report(named, tmp_path / "named.pdf"))
    assert name.replace("e\u0301", "é").split()[-1] in text


@pytest.mark.parametrize("name", ["\x00\x07 bell", "\U000f0000 private", "\ufffe"])
def test_what_no_font_can_show_is_spelled_out(facts: InspectionFacts, tmp_path: Path, name: str) -> None:
    named = dataclasses.replace(facts, part=dataclasses.replace(facts.part, name=name))
    text = text_of(inspection_report(named, tmp_path / "named.pdf"))
    strange = next(c for c in name if ord(c) > 0x300 or ord(c) < 0x20)
    assert f"[U+{ord(strange):04X}]" in text


def test_a_report_without_data(measured: Store, tmp_path: Path) -> None:
    text = text_of(inspection_report(gather(measured, "humidity"), tmp_path / "empty.pdf"))
    for wanted in (
        "No subgroup was closed in this selection.", "No capability: The characteristic has no specification.",
        "No subgroup in this report raised an alarm.", "No nonconformance was opened in this report.",
        "No closed subgroup is in this selection.",
    ):  # fmt: skip
        assert wanted in text


def test_a_long_report_repeats_the_head_of_its_table(facts: InspectionFacts, tmp_path: Path) -> None:
    many = tuple(dataclasses.replace(facts.subgroups[i % 40], number=i + 1) for i in range(200))
    path = inspection_report(dataclasses.replace(facts, subgroups=many), tmp_path / "long.pdf")
    pages = PdfReader(path).pages
    assert len(pages) > 6
    heads = sum("Closed (UTC)" in page.extract_text() for page in pages)
    assert heads >= 4
    assert f"Page {len(pages)} of {len(pages)}" in text_of(path)


def test_an_invalid_signature_is_said_aloud(facts: InspectionFacts, tmp_path: Path) -> None:
    (one,) = facts.nonconformances
    assert one.signed is not None
    broken = dataclasses.replace(one, signed=dataclasses.replace(one.signed, valid=False))
    path = inspection_report(dataclasses.replace(facts, nonconformances=(broken,)), tmp_path / "broken.pdf")
    assert "The content is not what was signed." in text_of(path)


def test_large_subgroups_and_single_values_have_their_own_table(facts: InspectionFacts) -> None:
    wide = tuple(dataclasses.replace(s, readings=s.readings * 3) for s in facts.subgroups)
    table = content_of(dataclasses.replace(facts, subgroups=wide))["subgroups"]
    assert table["head"][2:4] == ["Lowest", "Highest"]
    single = tuple(dataclasses.replace(s, readings=s.readings[:1]) for s in facts.subgroups)
    table = content_of(dataclasses.replace(facts, subgroups=single))["subgroups"]
    assert table["head"] == ["No.", "Closed (UTC)", "Value", "Range", "Rules"]
    assert all(len(row) == len(table["head"]) == len(table["widths"]) == len(table["align"]) for row in table["rows"])


def test_the_preview_shows_the_pages(facts: InspectionFacts) -> None:
    pages = typesetting.pages_as_pictures(TEMPLATE, content_of(facts), dots_per_inch=40)
    assert len(pages) == 4
    assert all(page.startswith(b"\x89PNG") for page in pages)


def test_a_file_that_cannot_be_written(facts: InspectionFacts, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for write in (inspection_report, inspection_sheet):
        with pytest.raises(SurroundingsFailed, match="cannot be written"):
            write(facts, tmp_path / "file" / "report")


def test_a_spoilt_template_is_named(facts: InspectionFacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / TEMPLATE).write_text("#let x = (")
    monkeypatch.setattr(typesetting, "TEMPLATES", tmp_path)
    with pytest.raises(SurroundingsFailed, match=r"inspection\.typ does not work"):
        inspection_report(facts, tmp_path / "report.pdf")
    assert not (tmp_path / "report.pdf").exists()


def test_the_workbook_holds_the_same_figures_as_numbers(facts: InspectionFacts, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(inspection_sheet(facts, tmp_path / "report.xlsx"))
    assert book.sheetnames == ["Summary", "Readings", "Subgroups", "Alarms", "Nonconformances"]
    readings = list(book["Readings"].iter_rows(min_row=2, values_only=True))
    assert [row[4] for row in readings] == [str(value) for value in published()]
    assert [row[2] for row in readings] == [float(value) for value in published()]
    assert [row[3] for row in readings].count("no") == 1
    assert book["Readings"]["C2"].number_format == "0.000"
    subgroups = list(book["Subgroups"].iter_rows(min_row=2, values_only=True))
    assert [row[3] for row in subgroups] == [s.mean for s in facts.subgroups]
    summary = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True)}
    assert facts.capability is not None
    assert summary["Ppk"] == facts.capability.ppk
    assert summary["Content hash"] == facts.content_hash()
    (row,) = book["Nonconformances"].iter_rows(min_row=2, values_only=True)
    assert (row[0], row[8], row[12]) == ("NC-2026-0001", "Printed name of the supervisor", "yes")


def test_no_text_becomes_a_formula_or_a_link(facts: InspectionFacts, tmp_path: Path) -> None:
    for text in ("=1+1", "@SUM(A1)", "+1", "-1", "http://example.invalid", "12"):
        named = dataclasses.replace(facts, part=dataclasses.replace(facts.part, number=text, name=""), station=text)
        book = openpyxl.load_workbook(inspection_sheet(named, tmp_path / "formula.xlsx"))
        cell = next(row[1] for row in book["Summary"].iter_rows() if row[0].value == "Station")
        assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_the_workbook_of_nothing(measured: Store, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(inspection_sheet(gather(measured, "humidity"), tmp_path / "empty.xlsx"))
    assert book["Readings"].max_row == 1
    assert BORE not in str(book["Summary"]["A1"].value)


def test_a_channels_alarm_says_until_when(facts: InspectionFacts, tmp_path: Path) -> None:
    at = 1_795_355_543_000_000
    channel = dataclasses.replace(facts.alarms[0], limits_id=None, rules=("above the limit",), observed_at=at)
    found = dataclasses.replace(facts, alarms=(
        dataclasses.replace(channel, ended_at=at, ended="24.1 is back within limits"),
        dataclasses.replace(channel, seen_until=at, ended="the line ended"),
        dataclasses.replace(channel, ended="it was not noted"),
    ))  # fmt: skip
    said = [row[2] for row in content_of(found)["alarms"]]
    when = "2026-11-22 13:52:23 UTC"
    assert said == [
        f"Above the limit, until {when}", f"Above the limit, at least until {when}", "Above the limit",
    ]  # fmt: skip
    sheet = openpyxl.load_workbook(inspection_sheet(found, tmp_path / "ends.xlsx"))["Alarms"]
    rows = list(sheet.iter_rows(min_row=2, min_col=7, values_only=True))
    assert [(a is not None, b is not None, c) for a, b, c in rows] == [
        (True, False, "24.1 is back within limits"), (False, True, "the line ended"),
        (False, False, "it was not noted"),
    ]  # fmt: skip
