"""What people do to records, through the window: in order, under their name, refused with a reason that stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout
from shiboken6 import isValid

from ui.dialogs.ask import Ask
from ui.dialogs.sign_on import SignOn
from ui.kit.theme import GLOVE_SCALE, Theme
from ui.pages.record_view import View
from ui.pages.records import RecordsPage
from ui.pages.station.page import Station as StationPage
from ui.widgets.buttons import Button
from ui.widgets.lines import Lines
from ui.window import Window
from workstation.station import Station

PASSWORD = "correct horse 7"
Until = Callable[..., None]
Open = Callable[..., Window]


def settle(window: Window, until: Until) -> None:
    until(lambda: window.page is not None and window.page.is_settled(), what=f"for {window.page}")


def dialog(window: Window, until: Until) -> Ask:
    """The question that is open."""
    until(lambda: any(one.isVisible() for one in window.findChildren(Ask)), what="for a question")
    return next(one for one in window.findChildren(Ask) if one.isVisible())


def sign_on(window: Window, until: Until, account: str, password: str = PASSWORD) -> None:
    """Sign on as a person would."""
    window.commands.run("station.sign-on")
    until(lambda: bool(window.findChildren(SignOn)))
    shown = next(one for one in window.findChildren(SignOn) if one.isVisible())
    until(lambda: shown._names.count() > 0)
    shown._names.setCurrentIndex(shown._names.findData(account))
    shown._password.setText(password)
    shown._prove()
    until(lambda: window.session.account == account)


def page_of(window: Window, name: str) -> RecordsPage[object]:
    page = window.pages[name]
    assert isinstance(page, RecordsPage)
    return page


def view(window: Window, name: str) -> View:
    shown = page_of(window, name)._pane.view
    assert shown is not None
    return shown


def act(window: Window, name: str, start: str) -> None:
    """Press the button that begins with these words."""
    found = [one for one in view(window, name).acts if one.title.startswith(start)]
    assert found, [one.title for one in view(window, name).acts]
    found[0].run()


def answer(window: Window, until: Until, name: str, **answers: str) -> None:
    """Fill in the open question and give it; it must close."""
    asked = dialog(window, until)
    for field, value in answers.items():
        asked.answer(field, value)
    asked.give()
    until(lambda: not isValid(asked) or bool(asked.complaint))
    assert not isValid(asked) or not asked.complaint
    settle(window, until)


def test_signing_on_needs_the_right_password(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured)
    window.commands.run("station.sign-on")
    shown = window.findChildren(SignOn)[0]
    until(lambda: shown._names.count() == 3, what="for the accounts, without the line's own")
    shown._names.setCurrentIndex(shown._names.findData("engineer"))
    shown._password.setText("wrong")
    shown._prove()
    until(lambda: shown._wrong.isVisible())
    assert "do not fit" in shown._wrong.text()
    assert not window.session.is_signed_on
    shown._password.setText(PASSWORD)
    shown._prove()
    until(lambda: window.session.is_signed_on)
    assert window.session.full_name == "E. Author"
    assert window.status["operator"].text() == "E. Author"
    window.commands.run("station.sign-off")
    assert not window.session.is_signed_on


def test_nobody_changes_nothing(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "nonconformances")
    act(window, "nonconformances", "Contain")
    assert not window.findChildren(Ask)
    assert any(isinstance(one, SignOn) for one in window.findChildren(QDialog))
    assert "by somebody" in window.messages.said[-1].sentence
    until(lambda: not window.operations.is_busy)  # type: ignore[union-attr]
    for one in window.findChildren(QDialog):
        one.reject()


def test_a_nonconformance_from_containment_to_closing(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "nonconformances")
    name = "nonconformances"
    sign_on(window, until, "engineer")
    settle(window, until)
    before = view(window, name)
    assert before.state == "open"
    assert [step.done != "" for step in before.steps] == [True, False, False, False]
    assert any(section.title.startswith("Evidence") and section.rows for section in before.sections)

    act(window, name, "Contain")
    asked = dialog(window, until)
    asked.give()
    until(lambda: bool(asked.complaint), what="for the reason of the refusal")
    assert asked.isVisible(), "an empty answer is refused and the dialog stays"
    answer(window, until, name, containment="Red bin 3.")
    assert view(window, name).state == "contained"

    act(window, name, "Decide")
    asked = dialog(window, until)
    asked.answer("disposition", "scrap")
    asked.answer("reason", "Cannot be reworked.")
    asked.answer("password", "wrong")
    asked.give()
    until(lambda: bool(asked.complaint))
    assert "do not fit" in asked.complaint
    answer(window, until, name, password=PASSWORD)
    now = view(window, name)
    assert now.state == "dispositioned"
    handling = next(section for section in now.sections if section.title == "Handling")
    assert "E. Author (engineer)" in handling.fields["Signed"]
    assert handling.fields["Signature"].startswith("valid")

    act(window, name, "Close")
    until(lambda: view(window, name).state == "closed")
    settle(window, until)
    with Station.open(measured) as station, station.read() as reader:
        verbs = {entry.verb for entry in reader.journal_latest(200) if entry.kind == "nonconformance"}
    assert {"nonconformance.contain", "nonconformance.disposition", "nonconformance.close"} <= {
        verb if verb.startswith("nonconformance.") else f"nonconformance.{verb}" for verb in verbs
    }


def test_a_disposition_that_needs_more_than_one_may_is_refused_with_the_reason(
    measured: Path, open_window: Open, until: Until
) -> None:
    window = open_window(measured, "nonconformances")
    sign_on(window, until, "engineer")
    settle(window, until)
    act(window, "nonconformances", "Contain")
    answer(window, until, "nonconformances", containment="Red bin 3.")
    act(window, "nonconformances", "Decide")
    asked = dialog(window, until)
    for field, value in (("disposition", "use as is"), ("reason", "Fits anyway."), ("password", PASSWORD)):
        asked.answer(field, value)
    asked.give()
    until(lambda: bool(asked.complaint))
    assert "may not" in asked.complaint
    assert view(window, "nonconformances").state == "contained"
    asked.reject()


def test_somebody_elses_change_is_not_overwritten(measured: Path, open_window: Open, until: Until) -> None:
    from workstation.quality import nonconformances

    window = open_window(measured, "nonconformances")
    sign_on(window, until, "engineer")
    settle(window, until)
    act(window, "nonconformances", "Contain")
    asked = dialog(window, until)
    with Station.open(measured) as station, station.write("inspector") as work:
        nonconformances.contain(work, view(window, "nonconformances").uid, "Blue bin.")
    asked.answer("containment", "Red bin.")
    asked.give()
    until(lambda: bool(asked.complaint))
    assert "changed in the meantime" in asked.complaint
    asked.reject()
    window.commands.run("view.refresh")
    settle(window, until)
    handling = next(s for s in view(window, "nonconformances").sections if s.title == "Handling")
    assert handling.fields["Containment"] == "Blue bin."


def test_a_capa_from_a_nonconformance_to_its_closing(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "nonconformances")
    sign_on(window, until, "engineer")
    settle(window, until)
    act(window, "nonconformances", "Start CAPA")
    answer(window, until, "nonconformances", owner="engineer")
    name = "capa"
    until(lambda: window.page is not None and window.page.name == name)
    settle(window, until)
    begun = view(window, name)
    assert "outside 73.965 to 74.035 mm" in begun.sections[0].text, "the problem is stated from the data"
    assert begun.next_step == "Next: the root cause is found and entered."

    act(window, name, "Enter the cause")
    answer(window, until, name, method="5 whys", cause="Worn tool.", similar="Rings of 70 mm.")
    act(window, name, "Plan an action")
    answer(window, until, name, what="Count tool life.", owner="inspector", due="2030-01-31")
    assert "1 of 1 actions are open" in view(window, name).next_step
    act(window, name, "Complete an action")
    answer(window, until, name, evidence="Work instruction 12, revision C.")
    assert "lay down by what" in view(window, name).next_step
    act(window, name, "Criterion")
    answer(window, until, name, criterion="No ring above 74.035 mm in 500.", due="2030-02-28")
    act(window, name, "Mark as implemented")
    until(lambda: view(window, name).state == "implemented")
    settle(window, until)
    assert [step.done != "" for step in view(window, name).steps] == [True, True, True, True, False, False]

    act(window, name, "Enter the effectiveness check")
    asked = dialog(window, until)
    asked.answer("result", "0 of 500.")
    asked.give()
    until(lambda: bool(asked.complaint))
    assert "may not verify it" in asked.complaint, "who owns it does not verify it"
    asked.reject()

    sign_on(window, until, "supervisor")
    settle(window, until)
    act(window, name, "Enter the effectiveness check")
    answer(window, until, name, result="0 of 500.", effective="yes")
    act(window, name, "Close and sign")
    answer(window, until, name, password=PASSWORD)
    until(lambda: view(window, name).state == "closed")
    assert all(step.done for step in view(window, name).steps)
    assert view(window, name).acts == ()
    page_of(window, name)._filter.setCurrentIndex(0)
    assert page_of(window, name).detail is not None


def test_all_alarms_of_a_characteristic_are_answered_by_one_step(
    measured: Path, open_window: Open, until: Until
) -> None:
    window = open_window(measured)
    sign_on(window, until, "inspector")
    page = window.pages["station"]
    assert isinstance(page, StationPage) and page._board is not None
    until(lambda: page._banner.isVisible())
    assert sum(page._board.waiting.values()) > 1, "there is only one alarm to answer"
    page._banner._seen.click()
    answer(window, until, "station", which="all", step="Stopped and called the setter.")
    until(lambda: page._board is not None and not page._board.waiting)
    assert not page._banner.isVisible()


def test_an_investigation_from_alarm_to_cause(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured)
    sign_on(window, until, "engineer")
    station_page = window.pages["station"]
    assert isinstance(station_page, StationPage)
    until(lambda: station_page._banner.isVisible())
    waiting = len(station_page._board.alarms)  # type: ignore[union-attr]
    station_page._banner._seen.click()
    answer(window, until, "station", step="Stopped, cleaned the anvil, measured again.")
    until(lambda: len(station_page._board.alarms) == waiting - 1)  # type: ignore[union-attr]
    station_page._banner._investigate.click()
    name = "investigations"
    until(lambda: window.page is not None and window.page.name == name)
    settle(window, until)
    alarms = next(section for section in view(window, name).sections if section.title.startswith("Alarms"))
    assert any(row.cells[2].startswith("Stopped, cleaned") for row in alarms.rows)
    act(window, name, "Take the lead")
    answer(window, until, name)
    act(window, name, "Write findings")
    answer(window, until, name, findings="The anvil was dirty.")
    act(window, name, "Conclude")
    answer(window, until, name, category="measurement", cause="Chips on the anvil.")
    done = view(window, name)
    assert done.state == "concluded"
    found = next(section for section in done.sections if section.title == "Findings and cause")
    assert found.fields["Assignable cause"] == "Chips on the anvil."


def test_joined_records_lead_to_each_other(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "nonconformances")
    joined = next(section for section in view(window, "nonconformances").sections if section.title == "Joined with")
    assert joined.picked is not None
    joined.picked(joined.rows[0].key)
    assert window.page is not None
    assert window.page.name == "investigations"
    settle(window, until)
    assert view(window, "investigations").uid == joined.rows[0].key


def test_evidence_leads_to_the_chart(measured: Path, open_window: Open, until: Until) -> None:
    from ui.pages.control_chart import ControlChart

    window = open_window(measured, "nonconformances")
    evidence = next(s for s in view(window, "nonconformances").sections if s.title.startswith("Evidence"))
    evidence.acts[0].run()
    settle(window, until)
    page = window.pages["control-chart"]
    assert isinstance(page, ControlChart)
    until(lambda: page._subgroup_title.text() == f"Subgroup {evidence.rows[0].cells[1]}")


def test_a_mean_is_told_as_finely_as_its_limits_and_lines_stand_level(
    measured: Path, theme: Theme, open_window: Open, until: Until
) -> None:
    theme.size(GLOVE_SCALE)
    window = open_window(measured, "investigations")
    evidence = next(s for s in view(window, "investigations").sections if s.title.startswith("Evidence"))
    figures = [evidence.fields["Mean"].split()[0], *evidence.fields["Control limits of the mean"].split()[:3:2]]
    assert {len(figure.partition(".")[2]) for figure in figures} == {4}
    settle(window, until)
    shown = [one for one in page_of(window, "investigations").findChildren(Lines) if one.findChildren(Button)]
    assert shown
    for grid in [one.layout() for one in shown]:
        assert isinstance(grid, QGridLayout)
        for row in range(2, grid.rowCount(), 2):
            cells = [cell for column in range(6) if (cell := grid.itemAtPosition(row, column)) is not None]
            middles = [cell.geometry().center().y() for cell in cells]
            assert len(middles) > 2 and max(middles) - min(middles) <= 1


def test_counts_beside_the_pages_follow(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "nonconformances")
    sign_on(window, until, "engineer")
    settle(window, until)
    (item,) = window.navigation.findItems("Nonconformances", Qt.MatchFlag.MatchExactly)
    until(lambda: (item.data(0x0102) or 0) >= 1)
    open_before = item.data(0x0102)
    act(window, "nonconformances", "Void")
    answer(window, until, "nonconformances", reason="Wrong part in the gauge.")
    until(lambda: (item.data(0x0102) or 0) != open_before)
    settle(window, until)
    page = page_of(window, "nonconformances")
    still_open = sum(page.is_open(one) for one in page._records)
    assert (item.data(0x0102) or 0) == still_open == open_before - 1


@pytest.mark.parametrize("page", ["investigations", "nonconformances"])
def test_what_is_done_is_found_under_all(measured: Path, open_window: Open, until: Until, page: str) -> None:
    window = open_window(measured, page)
    shown = page_of(window, page)
    shown._filter.setCurrentIndex(1)
    settle(window, until)
    assert len(shown._list.shown) == len(shown._records)
