"""The Tab key: navigation, page, foot, in the order of reading; where it stands is seen at arm's length."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QScrollArea, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.test_dialogs import asked
from tests.workstation.insight.conftest import measured as measure_climate
from ui.dialogs.sign_on import SignOn
from ui.kit.colours import contrast
from ui.kit.order import bring_into_view, tab_stops
from ui.kit.palette import CommandPalette
from ui.kit.theme import Scheme, Theme
from ui.pages.directory import ENTRIES
from ui.widgets.navigation import Navigation
from ui.window import Window

Open = Callable[[Path], Window]
Until = Callable[..., None]
PAGES = tuple(entry.name for entry in ENTRIES)
MOST_STOPS = 80
LEAST_CONTRAST = 3.0
RING_BREADTH = 2
"""Pixels about the whole of what has the focus that must change by three to one (WCAG 2.2, 2.4.13)."""
ROUNDED = 0.85
"""Share of them that is left where corners are round and smooth."""


@pytest.fixture(scope="session")
def climate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A room whose temperature rose and came back: something on every page."""
    made = tmp_path_factory.mktemp("tab") / "climate"
    measure_climate(made)
    return made


@pytest.fixture
def window(climate: Path, measured: Path, tmp_path: Path, request: pytest.FixtureRequest, open_window: Open) -> Window:
    """A window on the station that the test asks for by name."""
    home = measured if request.param == "measured" else Path(shutil.copytree(climate, tmp_path / "climate"))
    made = open_window(home)
    made.activateWindow()
    return made


both = pytest.mark.parametrize("window", ["measured", "climate"], indirect=True)


def visit(window: Window, name: str, until: Until) -> None:
    window.go(name)
    page = window.page
    assert page is not None
    until(page.is_settled, what=f"for {name}")
    QCoreApplication.processEvents()


def walk(root: QWidget, *, back: bool = False) -> list[QWidget]:
    """Press Tab until it comes round; where it went, the first stop once."""
    first, seen = root.focusWidget(), []
    for _ in range(MOST_STOPS):
        present = root.focusWidget()
        QTest.keyClick(present, Qt.Key.Key_Backtab if back else Qt.Key.Key_Tab)
        seen.append(root.focusWidget())
        if seen[-1] is first:
            went = [first, *seen[:-1]]
            return [one for at, one in enumerate(went) if at == 0 or one is not went[at - 1]]  # a date has three parts
    raise AssertionError(f"Tab does not come round: {[told(one) for one in seen[-5:]]}")


def told(one: QWidget) -> str:
    return f"{type(one).__name__} '{one.accessibleName()}'"


def place(one: QWidget) -> QRect:
    return QRect(one.mapTo(one.window(), QPoint()), one.size())


def out_of_order(stops: list[QWidget]) -> Iterator[str]:
    """Two that follow one another, of which the second lies wholly above, or wholly left on the same height.

    A group is read to its end before the next one: what begins a group to the right may lie higher.
    """
    for one, other in pairwise(stops):
        if one.isAncestorOf(other):
            continue
        here, there = place(one), place(other)
        overlaps_in_height = here.top() <= there.bottom() and there.top() <= here.bottom()
        if there.bottom() < here.top() and there.left() <= here.right():
            yield f"{told(other)} lies above {told(one)}"
        elif overlaps_in_height and there.right() < here.left():
            yield f"{told(other)} lies left of {told(one)}"


@both
def test_tab_goes_through_navigation_page_and_foot_in_reading_order(window: Window, until: Until) -> None:
    found = []
    for name in PAGES:
        visit(window, name, until)
        window.navigation.setFocus()
        stops = walk(window)
        page = window.page
        assert page is not None
        where = [
            "page" if page.isAncestorOf(one) else "foot" if window.status.isAncestorOf(one) else "" for one in stops
        ]
        assert stops[0] is window.navigation
        assert where[1:] == ["page"] * where.count("page") + ["foot"] * where.count("foot"), name
        assert where.count("foot") == 4, name
        found += [f"{name}: {fault}" for fault in out_of_order(stops[1:])]
        window.navigation.setFocus()
        assert walk(window, back=True) == [stops[0], *reversed(stops[1:])], name
    assert not found, "\n" + "\n".join(found)


@both
def test_all_that_can_be_worked_on_a_page_is_reached_by_tab(window: Window, until: Until) -> None:
    """Whatever Qt would give the focus to by Tab is among the stops: none is lost by the order of layouts."""
    for name in PAGES:
        visit(window, name, until)
        stops = tab_stops(window)
        taking = [
            one
            for one in window.findChildren(QWidget)
            if one.isVisible() and one.isEnabled() and one.window() is window and one.focusProxy() is None
            and one.focusPolicy() & Qt.FocusPolicy.TabFocus
            and not any(stop.isAncestorOf(one) for stop in stops if not isinstance(stop, QScrollArea))
        ]  # fmt: skip
        assert [told(one) for one in taking if one not in stops] == [], name


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
@both
def test_the_focus_is_seen_at_arms_length(window: Window, scheme: Scheme, theme: Theme, until: Until) -> None:
    theme.choose(scheme)
    found = []
    for name in PAGES:
        visit(window, name, until)
        for stop in tab_stops(window):
            found += [f"{name}: {fault}" for fault in ring_faults(stop)]
    assert not found, "\n" + "\n".join(sorted(set(found)))


def ring_faults(stop: QWidget) -> Iterator[str]:
    """Says where too few pixels change by three to one when it gets the focus."""
    bring_into_view(stop)
    stop.clearFocus()
    before = picture(stop)
    stop.setFocus(Qt.FocusReason.TabFocusReason)
    after = picture(stop)
    marked = marked_part(stop)
    wanted = RING_BREADTH * ROUNDED * 2 * (marked.width() + marked.height())
    if changed(before, after) < wanted:
        yield f"{told(stop)}: {changed(before, after)} of {wanted:.0f} pixels"


def picture(stop: QWidget) -> QImage:
    """How it is seen, on the ground it stands on."""
    QApplication.processEvents()
    return stop.window().grab(place(stop)).toImage()


def marked_part(stop: QWidget) -> QSize:
    """What the ring goes about: of the navigation and of tabs the chosen one."""
    if isinstance(stop, Navigation):
        return stop.visualItemRect(stop.currentItem()).size()
    return stop.tabRect(stop.currentIndex()).size() if isinstance(stop, QTabBar) else stop.size()


def changed(before: QImage, after: QImage) -> int:
    """Pixels whose two colors stand at three to one or more."""
    height, width = min(before.height(), after.height()), min(before.width(), after.width())
    one, other = (colors(image)[:height, :width] for image in (before, after))
    differ = one != other
    pairs, counts = np.unique(np.stack((one[differ], other[differ])), axis=1, return_counts=True)
    return sum(
        int(count)
        for here, there, count in zip(*pairs.tolist(), counts, strict=True)
        if contrast(f"#{here:06x}", f"#{there:06x}") >= LEAST_CONTRAST
    )


def colors(image: QImage) -> npt.NDArray[np.int64]:
    """Rows and columns of 0xRRGGBB."""
    flat = image.convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(flat.bits(), np.uint32).reshape(flat.height(), flat.width())
    return rows.astype(np.int64) & 0xFFFFFF


def test_a_ring_that_cannot_be_seen_is_found(qtbot: QtBot, theme: Theme) -> None:
    made = QWidget()
    qtbot.addWidget(made)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.resize(100, 40)
    made.show()
    assert list(ring_faults(made))


@pytest.fixture(params=["question", "sign-on", "commands"])
def dialog(request: pytest.FixtureRequest, window: Window) -> Iterator[QDialog]:
    kind = request.param
    if kind == "question":
        made: QDialog = asked(window.theme, window)
        made.open()
    else:
        window.commands.run({"sign-on": "station.sign-on", "commands": "help.commands"}[kind])
        made = next(iter(window.findChildren(SignOn if kind == "sign-on" else CommandPalette)))
    yield made
    made.reject()


@pytest.mark.parametrize("window", ["measured"], indirect=True)
def test_tab_goes_through_a_dialog_from_its_top_to_its_buttons(dialog: QDialog, until: Until) -> None:
    until(dialog.isVisible)
    QCoreApplication.processEvents()
    stops = tab_stops(dialog)
    assert len(stops) >= 2
    stops[0].setFocus()
    assert walk(dialog) == stops
    assert list(out_of_order(stops)) == []
    assert [fault for stop in stops for fault in ring_faults(stop)] == []
