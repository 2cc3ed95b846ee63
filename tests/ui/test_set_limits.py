"""Control limits set anew in the window: what would be is seen while one chooses, and that is what is put in force."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from shiboken6 import isValid

from tests.ui.conftest import diameters, keep
from tests.ui.test_records import sign_on
from ui.dialogs.set_limits import SetLimits
from ui.pages.control_chart import ControlChart
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
    assert found["In force"][1] == "1 to 20" and found["Proposed"][1] == "23 to 30"
    assert found["In force"][-1].startswith("7: 23, 24, 25, 26, 28") and found["Proposed"][-1] == "none of these"
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
