"""The sensors page on real homes: what was kept, at every distance, by mouse and keyboard; live with a real line."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.workstation.insight.conftest import START, measured
from ui.charts.stretch import Shade, Stretch
from ui.kit.theme import Scheme, Theme
from ui.models.sensors import (
    SPANS,
    alarm_sentence,
    alarm_texts,
    duration,
    facts_of,
    joined,
    limits_of,
    read_channels,
    read_news,
    read_text,
    read_view,
    span_of,
    standing,
    stretch_of,
    value_text,
)
from ui.pages.investigations import Investigations
from ui.pages.sensors.page import Sensors
from ui.window import Window
from workstation.insight.sensors import OpenWatch, Resolution, SensorAlarm
from workstation.line.recovery import recover
from workstation.line.samples import RawSample, SampleBuffer
from workstation.quality.alarms import AlarmState, raise_alarm
from workstation.station import QualityReactions, Station

Until = Callable[..., None]
Open = Callable[..., Window]
BEGIN = START / 1e9
LATE = BEGIN + 5 * 3600
END = LATE + 1799


@pytest.fixture(scope="session")
def measured_climate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("ui-room") / "home"
    measured(home)
    return home


@pytest.fixture
def room(measured_climate: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(measured_climate, tmp_path / "room"))


@pytest.fixture
def page(room: Path, open_window: Open, until: Until) -> Sensors:
    window = open_window(room, "sensors")
    shown = window.pages["sensors"]
    assert isinstance(shown, Sensors)
    until(shown.is_settled, what="for the page")
    return shown


def cells(page: Sensors) -> dict[str, tuple[str, ...]]:
    return {row.cells[0]: row.cells for row in page._table.model_of_rows.rows}


def stretch(page: Sensors) -> Stretch:
    found = page._chart.stretch
    assert found is not None
    return found


def press(page: Sensors, text: str) -> None:
    button = next(one for one in page._spans if one.text() == text)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_channels_stand_with_their_newest_value_and_the_first_is_drawn(page: Sensors) -> None:
    rows = cells(page)
    assert list(rows) == ["temperature", "humidity"]
    _, newest, at, state, quality, mean, extremes = rows["humidity"]
    assert (state, quality) == ("line not attached", "good") and newest.endswith(" %RH")
    assert at == f"{datetime.fromtimestamp(BEGIN + 7190).astimezone():%Y-%m-%d %H:%M}"
    assert mean.endswith(" %RH") and " to " in extremes
    assert page._detail._name.text() == "temperature" and page._detail.value.text() == rows["temperature"][1]
    assert page._detail.age.text() == "", "nothing is read now"
    shown = stretch(page)
    assert shown.quantity == "temperature" and shown.slot == "" and len(shown) == 1800
    assert page._chart.span == pytest.approx((END - 3600, END), abs=1)
    assert "is not running" in page._told._whole
    assert page._chart.accessibleDescription().startswith("temperature: 1795 values")


def test_the_span_chooses_readings_minutes_or_hours(page: Sensors, until: Until) -> None:
    press(page, "8 h")
    until(lambda: stretch(page).slot == "minute")
    assert page._chart.span == pytest.approx((BEGIN, END), abs=1), "not from before the first reading"
    assert stretch(page).breaks.sum() == 1 and "mean of each minute" in page._legend.text()
    page._chart.look_at(END - 40 * 86_400, END)
    until(lambda: stretch(page).slot == "hour")
    assert list(stretch(page).counts) == [360, 360, 1795] and stretch(page).running == 1
    assert not any(button.isChecked() for button in page._spans) and page._newest.isEnabled()
    press(page, "15 min")
    until(lambda: stretch(page).slot == "")
    assert page._chart.span == pytest.approx((END - 900, END), abs=1)
    QTest.mouseClick(page._newest, Qt.MouseButton.LeftButton)
    until(lambda: not page._newest.isEnabled())


def test_the_minute_that_is_not_kept_yet_is_a_ring_and_then_a_point_like_all(
    page: Sensors, theme: Theme, until: Until
) -> None:
    press(page, "8 h")
    until(lambda: stretch(page).slot == "minute" and page.is_settled())
    before = stretch(page)
    assert before.running == 1 and before.counts[-1] == 60 and before.at[-1] == LATE + 1770
    assert before.tell(len(before) - 1).startswith("Minute about ") and ", so far\n" in before.tell(len(before) - 1)
    assert ", so far" not in before.tell(len(before) - 2) and "Ring: not kept yet." in page._legend.text()
    assert ring(page) == (theme.colours.surface, theme.colours.series, theme.colours.series), (
        "whole, though at the edge"
    )
    with Station.open(page.window().home) as station:  # type: ignore[attr-defined]
        recover(station.store, station.home, "line", START, QualityReactions())
    page.renew()
    until(lambda: page.is_settled() and not stretch(page).running)
    after = stretch(page)
    assert np.array_equal(before.at, after.at) and np.array_equal(before.mean, after.mean, equal_nan=True)
    assert ring(page)[0] != theme.colours.surface and "Ring" not in page._legend.text()


def ring(page: Sensors) -> tuple[str, ...]:
    """The colours at the newest entry's mean, and to the left and right of it where a ring is drawn."""
    chart, shown = page._chart, stretch(page)
    scene = chart._plot.vb.mapViewToScene(QPointF(float(shown.at[-1]), float(shown.mean[-1])))
    place = chart.viewport().mapTo(page, chart.mapFromScene(scene))
    image = page.grab().toImage()
    return tuple(image.pixelColor(place + QPoint(aside, 0)).name() for aside in (0, -5, 4))


def test_another_channel_is_chosen_in_the_table_and_by_its_number(page: Sensors, until: Until) -> None:
    QTest.keyClick(page._table, Qt.Key.Key_Down)
    until(lambda: stretch(page).quantity == "humidity")
    assert page._detail._none.isVisibleTo(page) and limits_of(page._channels[1]) == ()  # type: ignore[index]
    page.show_record("1")
    until(lambda: stretch(page).quantity == "temperature")
    assert page._table.chosen == "1"


def test_alarms_are_shaded_listed_and_lead_to_their_investigation(page: Sensors, until: Until) -> None:
    shades = stretch(page).shades
    assert shades and all("is above 23.5" in shade.text for shade in shades)
    rows = page._detail.table.model_of_rows.rows
    assert len(rows) == len(shades) and {row.cells[1] for row in rows} == {"too high"}
    assert "Not acknowledged yet" in page._detail._seen.text()
    longest = max(shades, key=lambda shade: shade.ended - shade.began)
    index = int(np.searchsorted(stretch(page).at, (longest.began + longest.ended) / 2))
    assert "above the limit" in page._chart.tell(index)
    page._chart.look_at(BEGIN, BEGIN + 3600)
    until(lambda: not page._detail.table.isVisibleTo(page))
    page.follow()
    until(lambda: page._detail._open.isVisibleTo(page) and page._detail._open.isEnabled())
    QTest.mouseClick(page._detail._open, Qt.MouseButton.LeftButton)
    window = page.window()
    assert isinstance(window, Window)
    until(lambda: window.page is window.pages.get("investigations"))
    shown = window.pages["investigations"]
    assert isinstance(shown, Investigations)
    until(lambda: shown.is_settled() and shown._pane.view is not None)
    sections = {section.title: section for section in shown._pane.view.sections}  # type: ignore[union-attr]
    fields = sections["Evidence, as it was then"].fields
    assert fields["Alarm"] == "Above the limit" and fields["Seen"].endswith("is above 23.5") and "Mean" not in fields
    answered = sections[f"Alarms it answers ({len(rows)})"]
    assert [column.title for column in answered.columns] == ["Subgroup", "Rules", "Began", "Lasted", "Reaction"]
    assert {row.cells[3] for row in answered.rows} == {row.cells[2] for row in rows}


def test_the_chart_by_keyboard(page: Sensors, until: Until) -> None:
    chart = page._chart
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_Left)
    assert chart._index == 1799 and chart.accessibleDescription().endswith("°C")
    QTest.keyClick(chart, Qt.Key.Key_Left)
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart._index == 1799
    QTest.keyClick(chart, Qt.Key.Key_Escape)
    assert chart._index is None
    before = chart.span
    QTest.keyClick(chart, "+")
    assert chart.span[1] - chart.span[0] == pytest.approx((before[1] - before[0]) / 2)
    QTest.keyClick(chart, "-")
    QTest.keyClick(chart, Qt.Key.Key_PageUp)
    assert chart.span[0] == pytest.approx(before[0] - 1800, abs=1)
    QTest.keyClick(chart, Qt.Key.Key_PageDown)
    until(lambda: page.is_settled() and not page._soon.isActive())
    page.desk.commands.run("sensors.newest")
    until(lambda: not page._newest.isEnabled())


def test_every_command_of_the_page_works(page: Sensors, until: Until) -> None:
    commands = [one for one in page.desk.commands.available() if one.id.startswith("sensors.")]
    assert len(commands) == len(SPANS) + 3
    for command in commands:
        page.desk.commands.run(command.id)
        until(lambda: page.is_settled() and not page._soon.isActive())
    assert not page.desk.messages.said
    assert page._chart.span == pytest.approx((BEGIN, END), abs=1), "half a view back and half a view on again"


def test_the_chart_by_mouse(page: Sensors, until: Until) -> None:
    chart = page._chart
    before = chart.span
    middle = QPointF(chart.viewport().rect().center())
    wheel = QWheelEvent(
        middle, chart.viewport().mapToGlobal(middle), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(chart.viewport(), wheel)
    assert chart.span[1] - chart.span[0] < before[1] - before[0]
    until(lambda: page._newest.isEnabled() and page.is_settled() and not page._soon.isActive())
    assert chart._nearest(middle) is not None and chart._nearest(QPointF(2, 2)) is None


def ink(image: QImage, name: str) -> int:
    """How many pixels of the middle of the picture have exactly this colour."""
    wanted = int(name[1:], 16)
    places = ((x, y) for x in range(300, 900, 2) for y in range(280, 700, 2))
    return sum(image.pixel(x, y) & 0xFFFFFF == wanted for x, y in places)


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_line_and_shade_are_drawn_in_the_inks_of_the_scheme(
    page: Sensors, theme: Theme, until: Until, scheme: Scheme
) -> None:
    theme.choose(scheme)
    press(page, "15 min")
    until(lambda: page.is_settled() and page._chart.span[1] - page._chart.span[0] < 1000)
    image = page.window().grab().toImage()
    assert ink(image, theme.colours.alarm_ground) > 200
    assert ink(image, theme.colours.series) > 20
    assert ink(image, theme.colours.limit) > 20


def test_a_small_window_and_large_text_keep_everything_in_place(page: Sensors, theme: Theme, until: Until) -> None:
    window = page.window()
    for width, height, steps in ((1000, 700, 0), (1920, 1080, 3)):
        theme.enlarge(steps)
        window.resize(width, height)
        until(page.is_settled)
        assert window.width() == width
        assert page._detail.geometry().right() <= page.width() and page._chart.width() > 300
    theme.enlarge(0)


def test_a_station_without_such_channels_says_what_to_do(home: Path, open_window: Open, until: Until) -> None:
    window = open_window(home, "sensors")
    shown = window.pages["sensors"]
    assert isinstance(shown, Sensors)
    until(shown.is_settled)
    assert shown._layers.currentWidget() is shown._empty


# --- the models ------------------------------------------------------------------------------------------------------


def test_how_a_channel_is_said_to_be(measured_climate: Path) -> None:
    with Station.open(measured_climate, create=False) as station:
        temperature, humidity = read_channels(station)
    newest = temperature.newest
    assert newest is not None
    now = newest.observed_at / 1e9 + 1
    assert standing(temperature, None).words == "line not attached"
    assert standing(temperature, now).words == "nothing wrong"
    assert standing(temperature, now + 200).words == "no reading for 3 min"
    assert standing(temperature, now, "error").words == "instrument not reached"
    assert standing(temperature, now, "silent").ink == "warn"
    wrong = OpenWatch("stuck", 0, "it is 21 for 5 s")
    assert standing(replace(temperature, open_watches=(wrong,)), now).words == "stuck"
    unusable = RawSample(1, newest.observed_at, None, "°C", "bad", 0)
    assert standing(replace(temperature, newest=unusable), now).words == "reading unusable"
    assert value_text(replace(temperature, newest=unusable)) == "– °C"
    assert standing(replace(temperature, newest=None), now).words == "no reading yet"
    assert standing(replace(temperature, rule=None), now).words == "read no longer"
    assert facts_of(temperature)["Watched for"] == "19.5 to 23.5 °C"
    assert facts_of(humidity)["Watched for"] == "no limit" and "Raw since" not in facts_of(humidity, brief=True)


def test_how_an_alarm_is_said_to_have_ended() -> None:
    began = int(BEGIN * 1e6)
    lasts = SensorAlarm(
        "a", "temperature", "stuck", began, None, None, True, "it is 21 for 5 s", "", AlarmState.RAISED, None, None
    )
    over = replace(lasts, is_open=False, ended="it moves again", ended_at=began + 90_000_000)
    unseen = replace(lasts, is_open=False, ended="the line ended", seen_until=began + 86_400_000_000)
    lost = replace(lasts, is_open=False, ended="it was not noted")
    assert [alarm_texts(one, runs=True)[2] for one in (lasts, over, unseen, lost)] == ["still", "90 s", "≥ 24 h", "?"]
    assert alarm_texts(lasts, runs=False)[2] == "?"
    end = datetime.fromtimestamp(BEGIN + 86_400).astimezone()
    assert "Over at" in alarm_sentence(over) and "it moves again." in alarm_sentence(over)
    assert f"On at least until {end:%Y-%m-%d %H:%M:%S}: the line ended." in alarm_sentence(unseen)
    assert "Its end is not known: it was not noted." in alarm_sentence(lost) and "end" not in alarm_sentence(lasts)


def test_the_newest_span_begins_where_there_is_something(measured_climate: Path) -> None:
    with Station.open(measured_climate, create=False) as station:
        temperature, humidity = read_channels(station)
    assert span_of(temperature, 900, None) == (END - 900, END)
    assert span_of(temperature, 365 * 86_400, None) == (BEGIN, END)
    assert span_of(temperature, 900, END + 10) == (END - 890, END + 10)
    assert span_of(replace(temperature, rule=None), 900, END + 10) == (END - 900, END)
    fresh = replace(humidity, raw_since=int(END * 1e6), minutes_since=None)
    assert span_of(fresh, 900, END + 5) == (END - 55, END + 5)
    assert span_of(replace(fresh, newest=None, minute=None), 900, None) == (0.0, 60.0)


def test_what_came_since_is_joined_and_what_has_left_goes(room: Path) -> None:
    with Station.open(room, create=False) as station:
        temperature, _ = read_channels(station)
        view = replace(read_view(station, temperature, END - 600, END), until=time.time() + 60)
        buffer = SampleBuffer(room)
        later = [RawSample(1, int((END + n) * 1e9), Decimal("21.5"), "°C", "good", 2**62) for n in (1, 2, 60)]
        buffer.put(later, 0)
        buffer.close()
        with station.write("line") as work:
            raise_alarm(work, 1, 7, ("stuck",), None, int((END + 60) * 1e6), "it is 21.5 for 5 s")
        news = read_news(station, view)
        assert read_news(station, replace(view, until=END)).later is None, "the present is not in view"
        assert read_news(station, None).alarms == ()
    both = joined(view, news, None)
    assert len(both.series) == len(view.series) + 3 and both.series.breaks[-1]
    assert both.channel.open_watches[0].watch == "stuck" and both.channel.newest == later[-1]
    shown = stretch_of(both, None)
    assert shown.at[-1] == END + 60 and shown.shades[-1].ended <= END + 60
    width = view.until - view.since
    moved = joined(view, news, view.until)
    assert moved.until - moved.since == pytest.approx(width) and moved.since > view.since
    assert len(moved.series) == len(later), "what was read at first has left the view"


def test_minutes_are_joined_as_they_come_and_the_one_that_runs_moves(room: Path) -> None:
    buffer = SampleBuffer(room)
    with Station.open(room) as station:
        temperature, _ = read_channels(station)
        view = read_view(station, temperature, END - 5 * 3600, END)
        assert (view.series.resolution, view.series.running) == (Resolution.MINUTE, 1)
        buffer.put([RawSample(1, int((END + 11) * 1e9), Decimal("30.0"), "°C", "good", 2**62)], 0)
        both = joined(view, read_news(station, view), None)
        assert both.series.running == 2 and len(both.series) == len(view.series) + 1
        assert both.series.mean[-1] == 30.0 and stretch_of(both, None).running == 2
        recover(station.store, room, "line", START, QualityReactions())
        kept = joined(both, read_news(station, both), None)
        assert kept.series.running == 0 and np.array_equal(kept.series.mean, both.series.mean, equal_nan=True)
        assert read_news(station, replace(view, until=END)).later is None, "what runs is not in view"
        past = read_view(station, temperature, BEGIN - 3 * 3600, BEGIN)
        assert past.series.resolution is Resolution.MINUTE and past.series.running == 0
    buffer.close()


def test_a_stretch_tells_its_runs_extent_and_entries() -> None:
    at = np.arange(6, dtype=np.float64) * 60
    mean = np.array([1.0, 2.0, np.nan, 4.0, 5.0, 6.0])
    one = Stretch(
        "flow", "l/min", 1, "minute", at, mean, mean - 1, mean + 1, np.array([3, 3, 0, 3, 3, 1]),
        np.array([0, 0, 2, 0, 1, 0]), np.array([False, False, False, False, False, True]), (("high", 9.0),),
        (Shade(60, 120, "too high"),),
    )  # fmt: skip
    assert one.runs(slice(0, 6)) == [(0, 2), (3, 5), (5, 6)]
    assert one.runs(slice(2, 3)) == [] and one.part(60, 120) == slice(0, 4)
    assert one.extent(0, 300) == (0.0, 9.0)
    assert "3 values, 1 unusable" in one.tell(4) and "mean 5.00 l/min" in one.tell(4)
    assert one.summary() == (
        "flow: 13 values, lowest 0.0 l/min, highest 7.0 l/min, latest 6.0 l/min, high 9.0 l/min, 1 alarms."
    )
    none = replace(one, mean=mean * np.nan, low=mean * np.nan, high=mean * np.nan, limits=())
    assert none.summary() == "flow: nothing was kept in this span." and none.extent(0, 300) == (0.0, 1.0)
    calm = replace(one, low=np.full(6, 2.0), high=np.full(6, 2.0), limits=())
    assert calm.extent(0, 300) == pytest.approx((1.8, 2.2))


def test_how_long_ago_the_newest_reading_came(measured_climate: Path) -> None:
    with Station.open(measured_climate, create=False) as station:
        temperature, _ = read_channels(station)
    newest = temperature.newest
    assert newest is not None
    told = [read_text(temperature, END + age) for age in (0.4, 1.9, 3.0, 90.0, 7200.0)]
    assert told == ["just now", "just now", "3 s ago", "90 s ago", "2 h ago"]
    day = f"{datetime.fromtimestamp(END).astimezone():%Y-%m-%d %H:%M}"
    assert read_text(temperature, None) == read_text(replace(temperature, rule=None), END + 3) == day
    today = replace(newest, observed_at=time.time_ns())
    assert len(read_text(replace(temperature, newest=today), None)) == len("12:34:56")
    assert read_text(replace(temperature, newest=None), END) == "–"


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7300, "2 h"), (604_800, "7 days")]
)
def test_durations(seconds: float, told: str) -> None:
    assert duration(seconds) == told
    assert [span for _, span in SPANS] == sorted(span for _, span in SPANS)


# --- live ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def oven_home(tmp_path: Path, start_line: Callable[[Path], object]) -> Iterator[Path]:
    """A home whose line reads an oven every 50 ms, all three of them processes of their own."""
    if sys.platform == "win32":
        pytest.skip("the integration tests' station is laid down with pseudo-terminals")
    from tests.integration.conftest import lay_down
    from tests.integration.test_line_sensors import PLAN, PROFILE, Oven

    profile, home = tmp_path / "oven.toml", tmp_path / "oven"
    profile.write_text(PROFILE, encoding="utf-8")
    (home / "profiles").mkdir(parents=True)
    (home / "profiles" / "test-oven.toml").write_text(PROFILE, encoding="utf-8")
    oven = Oven(profile)
    lay_down(home, oven.port, PLAN)
    start_line(home)
    yield home
    oven.die()


def test_the_page_follows_a_line_that_runs(oven_home: Path, open_window: Open, until: Until) -> None:
    window = open_window(oven_home, "sensors")
    shown = window.pages["sensors"]
    assert isinstance(shown, Sensors)
    until(lambda: window.line is not None and window.line.is_attached, 45)
    until(lambda: shown._chart.stretch is not None and len(shown._chart.stretch) > 20, 45, "for readings")
    count, last = len(stretch(shown)), stretch(shown).at[-1]
    until(lambda: len(stretch(shown)) > count + 20, 45, "for more readings")
    assert stretch(shown).at[-1] > last and shown._chart.span[1] > last
    until(lambda: cells(shown)["temperature"][3] == "above the limit", 45, "for the alarm")
    assert cells(shown)["temperature"][2] == shown._detail.age.text() == "just now"
    assert shown._detail.word.property("role") == "alarm" and "live" in shown._about._whole
    until(lambda: bool(stretch(shown).shades) and shown._detail.table.model_of_rows.rowCount() > 0, 45)
    assert stretch(shown).shades[0].ended >= stretch(shown).at[-1] - 5, "an open alarm reaches to the present"
    shown._chart.look_at(last - 3 * 3600, last + 600)
    until(lambda: stretch(shown).slot == "minute" and stretch(shown).running > 0, 45, "for the minute that runs")
    running = stretch(shown)
    until(lambda: stretch(shown).counts.sum() > running.counts.sum() + 20, 45, "for it to grow")
    assert np.isfinite(stretch(shown).mean[-1]) and stretch(shown).low[-1] < stretch(shown).high[-1]
    window.go("help")
    assert shown.isHidden() and "" not in window.line._looked_at  # type: ignore[union-attr]
