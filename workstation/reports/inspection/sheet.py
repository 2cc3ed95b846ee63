"""The facts of an inspection report as an XLSX workbook: figures as numbers, texts never as formulas."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from analysis.rule_words import rule_name
from workstation.catalog.identifications import Named
from workstation.catalog.scanned import shown
from workstation.reports.inspection import figures
from workstation.reports.inspection.facts import InspectionFacts, Reading, Subgroup
from workstation.reports.typesetting import write_whole
from workstation.reports.wording import estimator, moment_here

Workbook = Any  # xlsxwriter carries no types
Worksheet = Any


def inspection_sheet(facts: InspectionFacts, target: Path) -> Path:
    """Write the workbook to `target`; raises SurroundingsFailed when the file cannot be written."""
    import xlsxwriter  # type: ignore[import-untyped]

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties(
            {
                "title": f"Inspection of {facts.characteristic.name}",
                "author": f"Sinebar {facts.program}, station {facts.station}",
                "created": _time(facts.generated_at),
            }
        )
        book.set_size(2400, 1400)
        styles = _Styles(book, facts.characteristic.decimals)
        _summary(book, styles, facts)
        _table(book, styles, "Readings", _READINGS, _readings(facts), _unit(facts))
        _table(book, styles, "Subgroups", _SUBGROUPS, map(_subgroup, facts.subgroups), _unit(facts))
        _table(book, styles, "Alarms", _ALARMS, _alarms(facts), "")
        _table(book, styles, "Nonconformances", _NONCONFORMANCES, _nonconformances(facts), "")
    return write_whole(buffer.getvalue(), target)


class _Styles:
    """Formats of the workbook: as many decimals as the characteristic has, one more for computed figures."""

    def __init__(self, book: Workbook, decimals: int) -> None:
        common = {"font_name": "Arial", "font_size": 10, "valign": "top"}
        self.plain = book.add_format(common)
        self.title = book.add_format({**common, "bold": True, "font_size": 14})
        self.head = book.add_format({**common, "bold": True, "bottom": 1, "text_wrap": True})
        self.label = book.add_format({**common, "font_color": "#5b6770"})
        self.time = book.add_format({**common, "num_format": "yyyy-mm-dd hh:mm:ss"})
        self.value = book.add_format({**common, "num_format": _places(decimals)})
        self.computed = book.add_format({**common, "num_format": _places(decimals + 1)})

    def of(self, value: object) -> Any:
        if isinstance(value, datetime):
            return self.time
        if isinstance(value, Decimal):
            return self.value
        return self.computed if isinstance(value, float) else self.plain


def _places(decimals: int) -> str:
    return "0." + "0" * decimals if decimals else "0"


_READINGS = (
    "Subgroup", "Position", "Value [{unit}]", "In tolerance", "As sent", "Unit sent", "Measured (UTC)", "Gauge",
    "Trigger", "Quality", "Remark", "By", "Corrected from [{unit}]", "Serial number", "Lot",
)  # fmt: skip
_SUBGROUPS = (
    "Subgroup", "Closed (UTC)", "Size", "Mean [{unit}]", "Spread [{unit}]", "Centre", "LCL", "UCL", "Spread centre",
    "Spread LCL", "Spread UCL", "Rules on the mean", "Rules on the spread", "Baseline",
)  # fmt: skip
_ALARMS = (
    "Subgroup", "Raised (UTC)", "Rules", "State", "Reaction", "By", "Ended (UTC)", "Seen until (UTC)", "End",
)  # fmt: skip
_NONCONFORMANCES = (
    "Number", "State", "Nature", "Quantity", "Opened (UTC)", "Containment", "Disposition", "Reason", "Signed by",
    "Signed (UTC)", "Meaning", "Content hash", "Signature valid", "Corrective actions",
)  # fmt: skip


def _unit(facts: InspectionFacts) -> str:
    return facts.characteristic.unit


def _summary(book: Workbook, styles: _Styles, facts: InspectionFacts) -> None:
    sheet = book.add_worksheet("Summary")
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 70)
    sheet.write_string(0, 0, f"Inspection of {facts.characteristic.name}", styles.title)
    for row, (name, value) in enumerate(_summary_rows(facts), 2):
        sheet.write_string(row, 0, name, styles.label)
        _write(sheet, row, 1, value, styles)


def _summary_rows(facts: InspectionFacts) -> list[tuple[str, object]]:
    what, part, plan, study = facts.characteristic, facts.part, facts.plan, facts.capability
    rows: list[tuple[str, object]] = [
        ("Part", f"{part.number} {part.name}"),
        ("Drawing revision", part.drawing_revision),
        ("Plan", "" if plan is None else f"{plan.name}, revision {plan.revision} ({plan.status})"),
        ("Unit", what.unit),
        ("Nominal", what.nominal),
        ("Lower specification", what.lower_specification),
        ("Upper specification", what.upper_specification),
        ("Selection", facts.span),
        ("Subgroups", len(facts.subgroups)),
        ("Readings", len(facts.readings)),
        ("Out of tolerance", len(facts.out_of_tolerance)),
        ("Alarms", len(facts.alarms)),
    ]
    if study is None:
        rows.append(("Capability", facts.capability_reason))
    else:
        for one in figures.indices(study):
            rows.append((one.name, one.value))
            rows.append((f"{one.name}, {study.confidence:.0%} from", one.lower))
            rows.append((f"{one.name}, {study.confidence:.0%} to", one.upper))
        rows += [
            ("Mean", study.mean),
            (f"Sigma within ({estimator(study.within.method)})", study.within.sigma),
            (f"Sigma overall ({estimator(study.overall.method)})", study.overall.sigma),
            ("Method", f"{study.provenance.method}, analysis {study.provenance.version}"),
        ]
    return [
        *rows,
        ("Station", facts.station),
        ("Program", f"Sinebar {facts.program}"),
        ("Written", moment_here(facts.generated_at, facts.local_offset)),
        ("Content hash", facts.content_hash()),
        ("Journal entries", facts.journal_count),
        ("Journal head", facts.journal_hash),
        ("Plan content hash", "" if plan is None else plan.content_hash),
    ]


def _readings(facts: InspectionFacts) -> Iterable[Sequence[object]]:
    return (_reading(one, facts.identified.of(one.subgroup, one.position)) for one in facts.readings)


def _reading(one: Reading, named: Named) -> Sequence[object]:
    tolerance = {True: "yes", False: "no", None: ""}[one.in_tolerance]
    return (
        one.subgroup, one.position, one.value, tolerance, f"{one.sent:f}", one.sent_unit, _time(one.observed_at),
        one.source, one.trigger, one.quality, one.remark, one.account, one.corrected_from,
        shown(named.serial_number), shown(named.lot),
    )  # fmt: skip


def _subgroup(one: Subgroup) -> Sequence[object]:
    return (
        one.number, _time(one.closed_at), len(one.readings), one.mean, one.spread, one.center, one.lower, one.upper,
        one.spread_center, one.spread_lower, one.spread_upper, ", ".join(map(rule_name, one.location_rules)),
        ", ".join(map(rule_name, one.dispersion_rules)), "yes" if one.baseline else "",
    )  # fmt: skip


def _alarms(facts: InspectionFacts) -> Iterable[Sequence[object]]:
    for one in facts.alarms:
        rules = ", ".join(map(rule_name, one.rules))
        ends = (None if at is None else _time(at) for at in (one.ended_at, one.seen_until))
        yield (
            one.subgroup, _time(one.raised_at), rules, str(one.state), one.reaction_step, one.acknowledged_by, *ends,
            one.ended,
        )  # fmt: skip


def _nonconformances(facts: InspectionFacts) -> Iterable[Sequence[object]]:
    for one in facts.nonconformances:
        record, signed = one.record, one.signed
        signature = (None,) * 5 if signed is None else (
            signed.signature.printed_name, _time(signed.signature.signed_at), str(signed.signature.meaning),
            signed.signature.content_hash, "yes" if signed.valid else "no",
        )  # fmt: skip
        yield (
            record.number, str(record.state), record.nature, record.quantity, _time(record.opened_at),
            record.containment, None if record.disposition is None else str(record.disposition),
            record.disposition_reason, *signature, ", ".join(action.record.number for action in one.capas),
        )  # fmt: skip


def _table(
    book: Workbook, styles: _Styles, name: str, head: Sequence[str], rows: Iterable[Sequence[object]], unit: str
) -> None:
    sheet = book.add_worksheet(name)
    for column, title in enumerate(head):
        sheet.write_string(0, column, title.format(unit=unit), styles.head)
        sheet.set_column(column, column, 20 if "UTC" in title else max(12, len(title) + 2))
    count = 0
    for count, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            _write(sheet, count, column, value, styles)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, count, len(head) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _write(sheet: Worksheet, row: int, column: int, value: object, styles: _Styles) -> None:
    """Write a value as what it is; a missing one leaves the cell empty."""
    style = styles.of(value)
    if isinstance(value, datetime):
        sheet.write_datetime(row, column, value, style)
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(row, column, float(value), style)
    elif value is not None and value != "":
        sheet.write_string(row, column, str(value), style)


def _time(microseconds: int) -> datetime:
    """UTC without a zone, as workbooks hold times."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)).replace(tzinfo=None)
