"""What a person does to values and gauges in the window, and a nonconformance reported by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from tests.ui.test_records import answer, dialog, page_of, settle, sign_on, view
from ui.dialogs.ask import in_days
from ui.models.instruments import Standing
from ui.pages.control_chart import ControlChart
from ui.pages.history import History
from ui.pages.instruments.page import Instruments
from ui.window import Window
from workstation.catalog.values import GaugeStatus
from workstation.line.protocol import Port
from workstation.station import Station

Open = Callable[..., Window]
Until = Callable[..., None]


def chart_page(window: Window) -> ControlChart:
    page = window.pages["control-chart"]
    assert isinstance(page, ControlChart)
    return page


def test_a_value_is_corrected_on_the_control_chart(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "control-chart")
    page = chart_page(window)
    assert not page._correct.isVisible(), "nothing is chosen yet"
    sign_on(window, until, "engineer")
    page.show_record("1:29")
    until(page._correct.isVisible)
    first = page._values.model_of_rows.rows[1].cells[0].split()[0]
    page._values.choose("2")
    page._correct.click()
    answer(window, until, "control-chart", value="74.0005", reason="misread")
    until(lambda: "first" in page._values.model_of_rows.rows[1].cells[0])
    assert page._values.model_of_rows.rows[1].cells[0] == f"74.0005 mm\nfirst {first} mm"
    assert "is corrected to 74.0005 mm (version 2)" in window.messages.said[-1].sentence
    with Station.open(measured, create=False) as station, station.read() as reader:
        both = [one for one in reader.measurements(1, 29, 29, versions=True) if one.position == 2]
    assert [(str(one.value), one.version) for one in both] == [(first, 1), ("74.0005", 2)]
    assert both[1].account == "engineer"
    window.go("history")
    settle(window, until)
    history = window.pages["history"]
    assert isinstance(history, History)
    assert history._list.model_of_rows.rows[0].cells[3] == f"value corrected: {first} mm to 74.0005 mm – misread"
    assert history._changes.model_of_rows.rows[0].cells == (
        "inside diameter\nsubgroup 29\nposition 2", f"{first} mm", "74.0005 mm",
    )  # fmt: skip


def test_a_correction_that_cannot_be_stays_open_with_the_reason(
    measured: Path, open_window: Open, until: Until
) -> None:
    window = open_window(measured, "control-chart")
    page = chart_page(window)
    page.show_record("1:29")
    until(page._correct.isVisible)
    page._correct.click()
    assert window.messages.said[-1].sentence.startswith("A record is changed by somebody")
    sign_on(window, until, "inspector")
    page._correct.click()
    asked = dialog(window, until)
    asked.answer("value", "74.001")
    asked.answer("reason", "misread")
    asked.give()
    until(lambda: bool(asked.complaint))
    assert "may not correct kept values" in asked.complaint
    asked.reject()


def test_a_gauge_is_locked_released_and_retired(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "instruments")
    page = window.pages["instruments"]
    assert isinstance(page, Instruments)
    sign_on(window, until, "engineer")
    name = page._standings[page._looked_at].facts.name

    def status() -> GaugeStatus:
        from workstation.catalog.gauges import named_gauge

        with Station.open(measured, create=False) as station, station.read() as reader:
            return named_gauge(reader, name).status

    assert page._detail.lock.text() == "Lock…"
    page._detail.lock.click()
    answer(window, until, "instruments", reason="dropped")
    until(lambda: page._detail.lock.text() == "Release…")
    assert status() is GaugeStatus.LOCKED
    assert page._table.model_of_rows.rows[0].cells[1] == "locked"
    assert page._detail.sentence.text() == "Its readings are refused until somebody releases it."
    window.commands.run("instruments.lock")
    answer(window, until, "instruments", reason="checked")
    until(lambda: page._detail.lock.text() == "Lock…")
    assert status() is GaugeStatus.ACTIVE
    window.commands.run("instruments.retire")
    answer(window, until, "instruments", reason="worn")
    until(lambda: name not in {one.facts.name for one in page._standings.values()})
    assert status() is GaugeStatus.RETIRED


def test_a_calibration_is_recorded(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "instruments")
    page = window.pages["instruments"]
    assert isinstance(page, Instruments)
    sign_on(window, until, "engineer")
    window.commands.run("instruments.calibrate")
    asked = dialog(window, until)
    asked.answer("due", "2020-01-31")
    asked.answer("reason", "certificate 4711")
    asked.give()
    until(lambda: bool(asked.complaint))
    assert "not due on 2020-01-31" in asked.complaint
    for due, said in ((in_days(1), "in 1 day"), (in_days(30), "in 30 days"), (in_days(31), "")):
        facts = dataclasses.replace(page._standings[page._looked_at].facts, calibration_due=due)
        assert facts.calibration == f"{due}, {said}".removesuffix(", ")
    facts = dataclasses.replace(facts, calibration_due=in_days(-1))
    overdue = Standing(facts, None, None)
    assert (facts.calibration, overdue.sign[2]) == (f"{in_days(-1)}, overdue", "overdue")
    gone = Port("g", "COM1", "error", 0, "The port is not there.", b"")
    assert Standing(facts, gone, None).sign[2] == "not connected", "what is nearer is said first"
    page._detail.show_standing(overdue)
    assert page._detail.sentence.text().startswith(f"Its calibration was due {in_days(-1)}")
    due = in_days(700)
    answer(window, until, "instruments", due=due)
    until(lambda: page._standings[page._looked_at].facts.calibration_due == due)


def test_a_nonconformance_is_reported_by_hand(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "nonconformances")
    sign_on(window, until, "inspector")
    window.commands.run("nonconformances.report")
    asked = dialog(window, until)
    asked.answer("nature", "burr at the edge")
    asked.answer("subject", "characteristic:1")
    for wrong in ("a dozen", "0", "99999999999"):
        asked.answer("quantity", wrong)
        asked.give()
        until(lambda: bool(asked.complaint))
    answer(window, until, "nonconformances", quantity="12", severity="critical")
    until(lambda: view(window, "nonconformances").title == "burr at the edge")
    handling = next(one for one in view(window, "nonconformances").sections if one.title == "Handling")
    assert (handling.fields["Quantity"], handling.fields["Severity"]) == ("12 pcs", "critical")
    assert handling.fields["Opened by"] == "inspector"
    assert view(window, "nonconformances").number in {
        page_of(window, "nonconformances").item(one).number for one in page_of(window, "nonconformances")._records
    }
