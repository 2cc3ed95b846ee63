"""Control limits set anew in the window: what would be is seen while one chooses, and that is what is put in force."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shiboken6 import isValid

from tests.ui.conftest import diameters, keep
from tests.ui.test_records import sign_on
from ui.dialogs.set_limits import SetLimits
from ui.pages.control_chart import ControlChart
from ui.pages.history import History
from ui.widgets.buttons import Button
from ui.window import Window
from workstation.catalog.limits import limits_history
from workstation.station import Station

Open = Callable[..., Window]
Until = Callable[..., None]


def opened(window: Window, until: Until, account: str = "engineer") -> SetLimits:
    """The dialog, with its first proposal in view."""
    sign_on(window, until, account)
    window.commands.run("chart.limits")
    until(lambda: any(one.isVisible() for one in window.findChildren(SetLimits)), what="for the dialog")
    shown = next(one for one in window.findChildren(SetLimits) if one.isVisible())
    until(lambda: shown.is_ready, what="for the first proposal")
    return shown


def opened_on_figures(window: Window, until: Until) -> SetLimits:
    """The dialog of a characteristic without a subgroup."""
    sign_on(window, until, "engineer")
    page = chart_page(window)
    (button,) = [one for one in page.findChildren(Button) if one.text() == "Set limits…" and one.isVisible()]
    assert button.isEnabled()
    button.click()
    until(lambda: any(one.isVisible() for one in window.findChildren(SetLimits)), what="for the dialog")
    return next(one for one in window.findChildren(SetLimits) if one.isVisible())


def chart_page(window: Window) -> ControlChart:
    page = window.pages["control-chart"]
    assert isinstance(page, ControlChart)
    return page


def cells(asked: SetLimits) -> dict[str, tuple[str, ...]]:
    return {row.key: row.cells for row in asked._table.model_of_rows.rows}


def test_limits_are_set_anew_and_the_chart_shows_both_stages(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "control-chart")
    page = chart_page(window)
    asked = opened(window, until)
    assert (asked._first.text(), asked._last.text()) == ("11", "30"), "as many of the newest as the plan's baseline has"
    asked.answer("first", "23")
    assert not asked.is_ready, "what is in view is not of what is filled in"
    asked.answer("left_out", "27: broken tool\n")
    asked.answer("reason", "the tool was replaced")
    until(lambda: asked.is_ready)
    found = cells(asked)
    assert (found["In force"][1], found["Proposed"][1]) == ("1 to 20", "23 to 30")
    assert found["In force"][-1] == "7: 23 to 26, 28 to 30" and found["Proposed"][-1] == "none of 7"
    assert "these are 7" in asked._remarks.text() and asked._remarks.isVisible()
    until(lambda: asked._chart.tracks is not None and len(asked._chart.tracks[0]) == 8)
    asked.give()
    until(lambda: not isValid(asked), what="for the deed")
    assert "limits 2 are in force, computed from 7 subgroups (23 to 30, without 27)" in (
        window.messages.said[-1].sentence
    )
    keep(measured, [f"{float(value) + 0.03:.3f}" for value in diameters(6, seed=9)])
    page.renew()
    until(lambda: page.is_settled() and page._chart.tracks is not None and len(page._chart.tracks[0]) == 36)
    assert page._chart.tracks is not None
    location = page._chart.tracks[0]
    assert location.divisions == (20, 30) and len(set(location.upper[:30])) == 1
    assert f"{location.upper[30]:.4f}" == found["Proposed"][3].rpartition(" ")[2]
    assert np.all(location.upper[30:] == location.upper[30]) and location.upper[30] > location.upper[29]
    assert "Limits 2 of this chart" in page._basis.text() and "23 to 30 without 27" in page._basis.text()
    with Station.open(measured, create=False) as station, station.read() as reader:
        old, new = limits_history(reader, 1)
        assert [int(one) for one in reader.last_subgroups(1, 100).limits] == [0] * 20 + [old.id] * 10 + [new.id] * 6
    assert (new.established_by, new.left_out) == ("engineer", {27: "broken tool"})


def test_known_figures_are_set_before_anything_is_measured(home: Path, open_window: Open, until: Until) -> None:
    window = open_window(home, "control-chart")
    page = chart_page(window)
    assert "Limits are not set yet" in page._no_points.accessibleName()
    asked = opened_on_figures(window, until)
    assert (
        not asked._basis._buttons["subgroups"].isEnabled() and asked._mean.isVisible() and not asked._first.isVisible()
    )
    asked.answer("mean", "74.0000")
    until(lambda: not asked._soon.isActive())
    assert not asked.is_ready and not asked.complaint and "follow from both figures" in asked._hint.text()
    asked.answer("sigma", "0.006")
    until(lambda: asked.is_ready, what="for the proposal")
    assert "the first one is judged by these limits" in asked._hint.text() and asked._hint.isVisible()
    (row,) = cells(asked).values()
    assert row[:4] == ("Proposed", "none: given", "74.0000", "73.9920 to 74.0080") and row[-1] == "–"
    asked.answer("reason", "prescribed by the customer")
    asked.give()
    until(lambda: not isValid(asked), what="for the deed")
    assert "given: mean 74.0000 mm, sigma 0.006 mm" in window.messages.said[-1].sentence
    until(lambda: "given on" in page._no_points.accessibleName(), what="for the page to say so")
    assert page._body.currentWidget() is page._no_points
    keep(home, diameters(3))
    page.renew()
    until(lambda: page.is_settled() and page._chart.tracks is not None and len(page._chart.tracks[0]) == 3)
    assert page._chart.tracks is not None and page._body.currentWidget() is page._filled
    location, dispersion = page._chart.tracks
    assert location.upper == pytest.approx(74 + 3 * 0.006 / 5**0.5) and location.divisions == ()
    assert dispersion.center == pytest.approx(2.326 * 0.006, abs=1e-5)
    assert ": mean 74.0000 mm, sigma 0.006 mm; rules" in page._basis.text() and "subgroups 0" not in page._basis.text()
    with Station.open(home, create=False) as station, station.read() as reader:
        (only,) = limits_history(reader, 1)
        assert [int(one) for one in reader.last_subgroups(1, 100).limits] == [only.id] * 3


def test_known_figures_take_the_place_of_limits_that_were_computed(
    measured: Path, open_window: Open, until: Until
) -> None:
    window = open_window(measured, "control-chart")
    page = chart_page(window)
    asked = opened(window, until)
    asked.answer("basis", "given")
    assert not asked.is_ready and not asked._table.isVisible() and asked._hint.isVisible(), (
        "the other proposal is out of view"
    )
    asked.answer("mean", "74.030")
    for wrong, said in (
        ("0,006", "'0,006' is no standard deviation."),
        ("nan", "'nan' is no standard deviation."),
        ("0", "A standard deviation of 0 mm cannot be."),
        ("-0.006", "A standard deviation of -0.006 mm cannot be."),
        ("9" * 400, "is no standard deviation."),
    ):
        asked.answer("sigma", wrong)
        until(lambda said=said: said in asked.complaint, what=f"for {said}")
        assert not asked.is_ready
    asked.answer("sigma", "0.0120")
    until(lambda: asked.is_ready and not asked.complaint)
    found = cells(asked)
    assert (found["In force"][1], found["Proposed"][1]) == ("1 to 20", "none: given")
    assert found["Proposed"][-1] == "30: 1 to 30" and asked._chart.isVisible()
    assert "0.0720 mm, is wider than the tolerance of 0.070 mm" in asked._remarks.text()
    until(lambda: asked._chart.tracks is not None and len(asked._chart.tracks[0]) == 30)
    asked.answer("basis", "subgroups")
    until(lambda: asked.is_ready)
    assert cells(asked)["Proposed"][1] == "11 to 30"
    asked.answer("basis", "given")
    until(lambda: asked.is_ready)
    asked.answer("reason", "prescribed by the customer")
    asked.give()
    until(lambda: not isValid(asked), what="for the deed")
    until(lambda: "Limits 2 of this chart, given on" in page._basis.text())
    window.go("history")
    history = window.pages["history"]
    assert isinstance(history, History)
    until(lambda: history.is_settled() and bool(history._list.model_of_rows.rows))
    changes = {row.cells[0]: row.cells[2] for row in history._changes.model_of_rows.rows}
    assert history._entry_title.text() == "Control limits: establish"
    assert changes["given"] == "mean 74.030 mm, sigma 0.0120 mm" and "first subgroup" not in changes


def test_what_cannot_be_is_said_in_the_dialog(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "control-chart")
    asked = opened(window, until)
    for name, wrong, right, said in (
        ("last", "31", "30", "Subgroup 31 of inside diameter is not closed. The last closed one is 30."),
        ("first", "a few", "11", "'a few' is no subgroup's number."),
        ("left_out", "the last", "", "'the last' does not name subgroups to leave out."),
        ("left_out", "3: dropped", "", "Subgroup 3 is to be left out of 11 to 30."),
    ):
        asked.answer(name, wrong)
        until(lambda said=said: asked.complaint.startswith(said), what=f"for {said}")
        assert not asked.is_ready
        asked.answer(name, right)
        until(lambda: asked.is_ready and not asked.complaint)
    asked.answer("left_out", "27")
    until(lambda: asked.is_ready)
    asked.answer("reason", "the tool was replaced")
    asked.give()
    until(lambda: bool(asked.complaint))
    assert asked.complaint.startswith("Subgroup 27 is left out without a reason.")
    asked.answer("left_out", "27: broken tool")
    until(lambda: asked.is_ready)
    asked.answer("reason", "")
    asked.give()
    until(lambda: "only with a reason" in asked.complaint)
    asked.reject()
    with Station.open(measured, create=False) as station, station.read() as reader:
        assert len(limits_history(reader, 1)) == 1


def test_values_that_changed_since_they_were_seen_are_looked_at_again(
    measured: Path, open_window: Open, until: Until
) -> None:
    from workstation.line.correction import Correction

    window = open_window(measured, "control-chart")
    asked = opened(window, until)
    asked.answer("reason", "the tool was replaced")
    with Station.open(measured, create=False) as station:
        station.correct("engineer", Correction(1, 28, 1, "74.0313"), "misread")
    asked.give()
    until(lambda: "not as they were when you looked" in asked.complaint)
    until(lambda: asked.is_ready, what="for the proposal of now")
    assert "not as they were" in asked.complaint, "it stays in view until something is done"
    asked.give()
    until(lambda: not isValid(asked), what="for the deed")


def test_an_inspector_may_look_and_not_set(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "control-chart")
    asked = opened(window, until, "inspector")
    asked.answer("reason", "the tool was replaced")
    asked.give()
    until(lambda: "may not establish control limits" in asked.complaint)
    asked.reject()
    with Station.open(measured, create=False) as station, station.read() as reader:
        assert [one.active for one in limits_history(reader, 1)] == [True], "the first limits are the only ones"
