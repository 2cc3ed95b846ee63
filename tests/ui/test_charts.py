"""Charts: draw exactly what they are given, mark signals by shape, tell themselves in words, follow mouse and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from analysis import charts
from analysis.rules import SETS
from ui.charts.control import ControlChart
from ui.charts.frames import Frames
from ui.charts.trace import _steps, _thinned, mark
from ui.charts.track import Sign, Signal, Track
from ui.charts.tracks import Frozen, LiveTracks, Scale, Subgroup, tracks_of_result
from ui.charts.wording import RuleBook
from ui.kit.theme import Theme
from workstation.errors import SurroundingsFailed

Until = Callable[..., None]


def track(count: int = 30, quantity: str = "Mean", signals: dict[int, Signal] | None = None) -> Track:
    values = np.random.default_rng(3).normal(74.0, 0.004, count)
    lines = [np.full(count, level) for level in (74.0, 73.988, 74.012)]
    return Track(quantity, "mm", 4, np.arange(1, count + 1), values, *lines, signals or {})


@pytest.fixture
def chart(theme: Theme, qtbot: QtBot) -> Iterator[ControlChart]:
    holder = QWidget()
    frames = Frames(holder)
    made = ControlChart(theme, frames)
    made.resize(900, 460)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    yield made
    frames._timer.stop()
    holder.deleteLater()


def shown(chart: ControlChart, location: Track, dispersion: Track) -> QImage:
    chart.show_tracks(location, dispersion)
    chart._frames.draw_now()
    return chart.grab().toImage()


def test_signals_are_drawn_where_they_are(chart: ControlChart, theme: Theme) -> None:
    signal = {9: Signal(("Nelson 1: one point beyond a control limit",), Sign.BEYOND)}
    location = track(signals=signal)
    image = shown(chart, location, track(quantity="Range"))
    place = chart.location.vb.mapViewToScene(QPointF(10.0, float(location.values[9])))
    at = chart.mapFromScene(place)
    ratio = image.devicePixelRatio()
    assert image.pixelColor(int(at.x() * ratio), int(at.y() * ratio)) == QColor(theme.colours.alarm)
    without = shown(chart, track(), track(quantity="Range"))
    assert without.pixelColor(int(at.x() * ratio), int(at.y() * ratio)) != QColor(theme.colours.alarm)


@pytest.mark.parametrize(("height", "labels"), [(150, ["UCL", "LCL"]), (460, ["UCL", "CL", "LCL"])])
def test_marks_are_whole_and_labels_apart_however_low_the_chart_is(
    chart: ControlChart, height: int, labels: list[str]
) -> None:
    highest = int(np.argmax(track().values))
    chart.resize(600, height)
    shown(chart, track(signals={highest: Signal(("Nelson 1",), Sign.BEYOND)}), track(quantity="Range"))
    shown(chart, track(signals={highest: Signal(("Nelson 1",), Sign.BEYOND)}), track(quantity="Range"))
    view = chart.location.vb
    top = view.mapViewToScene(QPointF(1.0, view.viewRange()[1][1])).y()
    assert view.mapViewToScene(QPointF(1.0, float(track().values[highest]))).y() - top >= 8
    (ticks,) = chart.location.getAxis("right")._tickLevels
    assert [text.split()[0] for _, text in ticks] == labels


@pytest.mark.parametrize("scale", [1.0, 1.2, 2.0])
@pytest.mark.parametrize("height", [150, 190, 260, 460, 900])
def test_figures_of_the_axes_stand_apart(chart: ControlChart, theme: Theme, height: int, scale: float) -> None:
    theme.size(scale)
    chart.resize(600, height)
    for spread in (1.0, 3.1, 7.3):
        values = track()
        values = replace(values, values=values.center + spread * (values.values - values.center))
        shown(chart, values, values)
        low, high = chart.location.vb.viewRange()[1]
        size = chart.location.vb.height()
        axis = chart.location.getAxis("left")
        levels = [level for _, step in axis.tickValues(low, high, size) for level in step]
        apart = np.diff(sorted(levels)) * size / (high - low)
        line = QFontMetrics(axis.style["tickFont"]).height()
        assert apart.min(initial=np.inf) >= line, f"figures of {line} pixels stand {apart.min()} apart"
        assert len(levels) >= 2 or size < 4 * line


def test_the_title_of_a_pane_has_the_room_its_text_needs_whatever_size_it_was_made_in(
    chart: ControlChart, theme: Theme
) -> None:
    heights = []
    for scale in (1.0, 2.0, 1.0):
        theme.size(scale)
        shown(chart, track(), track(quantity="Range"))
        QCoreApplication.processEvents()  # only then the items have their places
        heights.append(chart.location.titleLabel.geometry().height())
        assert heights[-1] >= QFontMetrics(theme.font(13)).height()
    assert heights[0] == heights[2]


def test_labels_of_limits_stand_apart_however_far_the_process_has_moved(chart: ControlChart, theme: Theme) -> None:
    far = track()
    far.values[-1] += 50 * (far.upper[-1] - far.lower[-1])
    shown(chart, far, track(quantity="Range"))
    (ticks,) = chart.location.getAxis("right")._tickLevels
    low, high = chart.location.vb.viewRange()[1]
    apart = np.diff(sorted(level for level, _ in ticks)) * chart.location.vb.height() / (high - low)
    assert apart.min() >= QFontMetrics(theme.font(12)).ascent()


def test_shapes_differ() -> None:
    assert mark(Sign.BEYOND, QPointF(0, 0)).toList() != mark(Sign.PATTERN, QPointF(0, 0)).toList()


def test_limits_that_do_not_exist_are_not_drawn() -> None:
    assert _steps(np.array([np.nan, np.nan, 1.0, 1.0, 2.0])) == [(2, 3, 1.0), (4, 4, 2.0)]
    assert _steps(np.array([])) == []


def test_thinning_keeps_every_extreme() -> None:
    x = np.linspace(0, 500, 100_000)
    y = np.random.default_rng(1).normal(size=100_000)
    thin_x, thin_y = _thinned(x, y)
    assert len(thin_x) < 2500
    assert (thin_y.min(), thin_y.max()) == (y.min(), y.max())
    few = np.arange(50.0)
    assert _thinned(few, y[:50])[1] is not None
    assert len(_thinned(few, y[:50])[1]) == 50


def test_empty_and_single_point_charts_draw(chart: ControlChart) -> None:
    for count in (0, 1, 2):
        shown(chart, track(count), track(count, "Range"))
    assert "2 subgroups" in chart.summary()
    assert Track("Mean", "mm", 4, *[np.array([], dtype=float)] * 5).summary() == "Mean: no subgroups yet."


def test_a_flat_chart_and_one_without_limits_draw(chart: ControlChart) -> None:
    count = 10
    nothing = np.full(count, np.nan)
    flat = Track("Mean", "mm", 3, np.arange(1, count + 1), np.full(count, 5.0), nothing, nothing, nothing)
    shown(chart, flat, flat)
    low, high = chart.location.vb.viewRange()[1]
    assert low < 5.0 < high
    assert "limits not set yet" in chart.summary()


def test_words_name_figures_units_and_rules(chart: ControlChart) -> None:
    signal = {4: Signal(("Rule 2: 9 points in a row on one side of the center line",), Sign.PATTERN)}
    location = track(signals=signal)
    shown(chart, location, track(quantity="Range"))
    assert "signals at subgroup 5 (Rule 2" in chart.accessibleDescription()
    told = chart.tell(4)
    assert f"{location.values[4]:.4f} mm" in told
    assert "Rule 2" in told


def test_arrow_keys_walk_the_subgroups(chart: ControlChart, qtbot: QtBot) -> None:
    shown(chart, track(), track(quantity="Range"))
    picked: list[int] = []
    chart.chosen.connect(picked.append)
    for key in (Qt.Key.Key_End, Qt.Key.Key_Left, Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left):
        qtbot.keyClick(chart, key)
    assert picked == [30, 29, 1, 2, 1, 1]
    assert "Subgroup 1\n" in chart.accessibleDescription() + "\n"


def test_a_click_picks_the_nearest_point(chart: ControlChart, qtbot: QtBot) -> None:
    location = track()
    shown(chart, location, track(quantity="Range"))
    picked: list[int] = []
    chart.chosen.connect(picked.append)
    place = chart.mapFromScene(chart.location.vb.mapViewToScene(QPointF(12.0, float(location.values[11]))))
    qtbot.mouseClick(chart.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(int(place.x()), int(place.y())))
    assert picked == [12]


def test_only_dirty_charts_are_drawn_and_together(theme: Theme, qtbot: QtBot, until: Until) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)

    class Counted(QWidget):
        def __init__(self) -> None:
            super().__init__(holder)
            self.drawn = 0

        def draw(self) -> None:
            self.drawn += 1

    frames, busy, idle = Frames(holder), Counted(), Counted()
    frames.draw_now()
    for _ in range(1000):
        frames.mark(busy)
    assert not frames.is_clean
    until(lambda: frames.is_clean)
    assert (busy.drawn, idle.drawn) == (1, 0)


def test_the_view_follows_until_somebody_looks_elsewhere(chart: ControlChart) -> None:
    chart.show_last(10)
    shown(chart, track(30), track(30, "Range"))
    assert chart.location.vb.viewRange()[0] == pytest.approx([20, 31])
    shown(chart, track(31), track(31, "Range"))
    assert chart.location.vb.viewRange()[0] == pytest.approx([21, 32])
    chart.location.vb.sigRangeChangedManually.emit([True, False])
    shown(chart, track(40), track(40, "Range"))
    assert chart.location.vb.viewRange()[0] == pytest.approx([21, 32])
    chart.show_all()
    shown(chart, track(40), track(40, "Range"))
    assert chart.location.vb.viewRange()[0] == pytest.approx([0, 41])


def test_a_picture_is_written_or_the_reason_said(chart: ControlChart, tmp_path: Path) -> None:
    shown(chart, track(), track(quantity="Range"))
    chart.export(tmp_path / "chart.png")
    written = QImage(str(tmp_path / "chart.png"))
    assert written.width() == 1800
    with pytest.raises(SurroundingsFailed, match="cannot be written"):
        chart.export(tmp_path / "missing" / "chart.png")


def test_a_theme_change_redraws_in_its_inks(chart: ControlChart, theme: Theme) -> None:
    from ui.kit.theme import Scheme

    light = shown(chart, track(), track(quantity="Range"))
    theme.choose(Scheme.DARK)
    dark = chart.grab().toImage()
    assert light.pixelColor(2, 2) != dark.pixelColor(2, 2)


def test_unknown_codes_are_shown_as_they_are() -> None:
    book = RuleBook(SETS["nelson"])
    assert book.say("nelson_1") == "Nelson 1: one point beyond a control limit"
    assert book.say("house_rule") == "House rule"
    assert book.sign(("nelson_1", "nelson_2")) is Sign.BEYOND
    assert book.sign(("nelson_2",)) is Sign.PATTERN


def test_a_judged_chart_is_drawn_as_analysis_judged_it() -> None:
    values = np.random.default_rng(5).normal(10, 1, (40, 5))
    values[35:] += 4
    result = charts.evaluate(values[25:], charts.fit("xbar_r", values[:25]), SETS["nelson"])
    location, dispersion = tracks_of_result(result, np.arange(26, 41), Scale("xbar_r", "mm", 3))
    assert location.values == pytest.approx(result.location.statistic)
    assert sorted(location.signals) == np.flatnonzero(result.location.signals).tolist()
    assert location.signals
    assert dispersion.quantity == "Range"
    assert float(location.upper[0]) == pytest.approx(float(np.broadcast_to(result.location.ucl, 15)[0]))


def test_live_tracks_grow_and_forget() -> None:
    limits = charts.fit("xbar_r", np.random.default_rng(5).normal(10, 1, (25, 5)))
    live = LiveTracks(Scale("xbar_r", "mm", 3), SETS["nelson"], {7: Frozen(limits, 1, 25)}, most=50)
    live.extend([Subgroup(number, 10.0, 2.0, (), (), 0) for number in range(1, 26)])
    live.extend([Subgroup(26, 14.0, 2.0, ("nelson_1",), (), 7), Subgroup(26, 0.0, 0.0, (), (), 7)])
    location, _ = live.tracks()
    assert len(location) == 26
    assert location.divisions == (25,)
    assert list(location.signals) == [25]
    assert limits.location is not None
    assert location.upper == pytest.approx(np.full(26, limits.location.ucl)), "the baseline shows the limits made of it"
    live.extend([Subgroup(number, 10.0, 2.0, (), (), 7) for number in range(27, 127)])
    assert len(live.tracks()[0]) == 50
    assert live.last_number == 126
    assert live.knows(7)
    assert live.knows(0)
    assert not live.knows(8)
