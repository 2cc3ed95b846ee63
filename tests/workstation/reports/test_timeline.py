"""A channel over time on paper: complete, gaps left open, times at round places."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.reports.drawing.timeline import Timeline, mark_text, time_marks, timeline

SVG = "{http://www.w3.org/2000/svg}"
BEGIN = datetime(2026, 11, 22, 6, 0, tzinfo=UTC).timestamp()


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own drawing


def line(count: int = 100, **changes: object) -> Timeline:
    at = [BEGIN + 36 * n for n in range(count)]
    mean = [20 + math.sin(n / 10) for n in range(count)]
    given: dict[str, object] = {
        "name": "temperature", "unit": "°C", "decimals": 1, "since": BEGIN, "until": BEGIN + 3600, "at": at,
        "mean": mean, "low": [v - 0.5 for v in mean], "high": [v + 0.5 for v in mean], "breaks": [False] * count,
        **changes,
    }  # fmt: skip
    return Timeline(**given)  # type: ignore[arg-type]


def strokes(svg: str) -> list[ElementTree.Element]:
    return list(parsed(svg).iter(f"{SVG}polyline"))


def test_mean_band_limits_and_alarms_are_drawn_and_described() -> None:
    svg = timeline(line(limits=[("high", 21.0)], alarms=[(BEGIN + 600, BEGIN + 1200)]), title="Room")
    root = parsed(svg)
    assert len(strokes(svg)) == 1 and len(list(root.iter(f"{SVG}polygon"))) == 1
    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert "high 21.0" in texts and "06:30" in texts and any("2026-11-22 06:00:00 UTC" in (t or "") for t in texts)
    (shade,) = root.iter(f"{SVG}rect")
    frame = float(root.attrib["width"])
    assert 0.1 * frame < float(shade.attrib["width"]) < 0.2 * frame
    described = root.find(f"{SVG}desc")
    assert described is not None and described.text is not None
    assert "100 entries" in described.text and "Lowest 18.5, highest 21.5 °C. 1 alarms." in described.text


def test_a_gap_and_an_unusable_reading_interrupt_the_line() -> None:
    breaks = [n == 50 for n in range(100)]
    assert len(strokes(timeline(line(breaks=breaks)))) == 2
    mean = [math.nan if n in (20, 21, 99) else 20.0 + n % 2 for n in range(100)]
    assert len(strokes(timeline(line(breaks=breaks, mean=mean, low=mean, high=mean)))) == 3


def test_a_lone_value_is_a_point_and_none_is_said() -> None:
    lone = timeline(line(1))
    assert len(list(parsed(lone).iter(f"{SVG}circle"))) == 1
    assert "No values in this span" in timeline(line(0))


def test_dense_values_are_thinned_to_their_extremes() -> None:
    count = 20_000
    at = np.linspace(BEGIN, BEGIN + 3600, count).tolist()
    values = [20.0] * count
    values[12_345] = 25.0
    svg = timeline(line(count, at=at, mean=values, low=values, high=values, breaks=[False] * count))
    assert len(svg) < 120_000
    (band,) = parsed(svg).iter(f"{SVG}polygon")
    heights = [float(pair.split(",")[1]) for pair in band.attrib["points"].split()]
    assert min(heights) < 60 < max(heights)


@given(begin=st.integers(0, 4_000_000_000), span=st.integers(10, 20 * 366 * 86_400), room=st.floats(0.02, 0.5))
def test_marks_are_round_inside_and_far_enough_apart(begin: int, span: int, room: float) -> None:
    marks, form = time_marks(begin, begin + span, span * room)
    times = [one.timestamp() for one in marks]
    assert all(begin <= time <= begin + span for time in times) and len(times) <= 1 / room + 2
    assert times == sorted(times)
    if form != "%Y-%m":
        assert all(later - before >= span * room * 0.999 for before, later in pairwise(times))


def test_marks_are_round_in_another_zone() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    marks, form = time_marks(BEGIN, BEGIN + 6 * 3600, 3600, zone)
    assert form == "%H:%M" and {one.minute for one in marks} == {0} and len(marks) == 6
    midnight, _ = time_marks(BEGIN, BEGIN + 86_400, 3600, UTC)
    assert [mark_text(one, "%H:%M") for one in midnight if one.hour == 0] == ["11-23"]


@pytest.mark.parametrize(("days", "form"), [(400, "%Y-%m"), (4000, "%Y-%m"), (10, "%m-%d")])
def test_long_spans_have_days_and_months(days: int, form: str) -> None:
    marks, found = time_marks(BEGIN, BEGIN + days * 86_400, days * 86_400 / 8)
    assert found == form and 2 < len(marks) < 10 and {one.hour for one in marks} == {0}
