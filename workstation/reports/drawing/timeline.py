"""A continuous channel over time on paper: its mean with the band of minimum and maximum, limits, and alarms behind."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from workstation.reports.drawing import palette
from workstation.reports.drawing.axes import (
    Frame,
    Scale,
    draw_empty,
    draw_frame,
    draw_vertical_axis,
    extent,
    left_margin,
    spread_labels,
    ticks,
    written,
)
from workstation.reports.drawing.canvas import Canvas, Point, text_width

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800,
          1209600)  # fmt: skip
_MONTH = 2_629_746
_WIDEST_MARK = 62.0
_MOST_MARKS = 200
_COLUMN = 0.5
"""Points of width within which values are one stroke: no picture tells them apart."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is drawn; times are UTC seconds, values in `unit`, all sequences of one length.

    NaN stands where there is no value, `breaks` is true for an entry that does not follow the one before. `limits` are
    named levels, `alarms` spans of time that are shaded.
    """

    name: str
    unit: str
    decimals: int
    since: float
    until: float
    at: Sequence[float]
    mean: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    breaks: Sequence[bool]
    limits: Sequence[tuple[str, float]] = ()
    alarms: Sequence[tuple[float, float]] = ()
    about: str = ""


def timeline(line: Timeline, *, title: str = "", width: float = 510.0, height: float = 220.0) -> str:
    """Draw a channel as SVG; times along the axis are UTC."""
    top = 22.0 if title else 6.0
    canvas = Canvas(width, top + height, _describe(line, title))
    if title:
        canvas.text((0, 11), title, size=palette.HEADING, weight=600)
    levels = [(name, level) for name, level in line.limits if math.isfinite(level)]
    low, high = extent([*line.low, *line.high, *(level for _, level in levels)], margin=0.1)
    marks, decimals = ticks(low, high, 6)
    texts = [f"{name} {written(level, line.decimals)}" for name, level in levels]
    right = width - max((text_width(text, palette.SMALL) for text in texts), default=0.0) - 10.0
    frame = Frame(left_margin(marks, decimals), top + 15.0, right, top + height - 26.0)
    unit = f" [{line.unit}]" if line.unit else ""
    canvas.text((0, frame.top - 6), f"{line.name}{unit}{'  ' + line.about if line.about else ''}", size=palette.BODY)
    scale, across = frame.upward(low, high), frame.across(line.since, max(line.until, line.since + 1e-3))
    if not len(line.at):
        draw_empty(canvas, frame, "No values in this span")
        return canvas.svg()
    _shade(canvas, frame, across, line.alarms)
    draw_vertical_axis(canvas, frame, scale, marks, decimals)
    draw_frame(canvas, frame)
    _draw_times(canvas, frame, across)
    _draw_values(canvas, line, across, scale)
    places = spread_labels([scale(level) for _, level in levels], palette.SMALL + 1.5, frame.top, frame.bottom)
    for (_, level), text, y in zip(levels, texts, places, strict=True):
        canvas.line(
            (frame.left, scale(level)), (frame.right, scale(level)), stroke=palette.ALARM, width=0.7, dash="4 2"
        )
        canvas.text((frame.right + 4, y + palette.SMALL * 0.36), text, size=palette.SMALL, fill=palette.MUTED)
    return canvas.svg()


def _describe(line: Timeline, title: str) -> str:
    said = [f"{title or line.name}, {len(line.at)} entries from {_iso(line.since)} to {_iso(line.until)}."]
    finite = [value for value in (*line.low, *line.high) if math.isfinite(value)]
    if finite:
        lowest, highest = written(min(finite), line.decimals), written(max(finite), line.decimals)
        said.append(f"Lowest {lowest}, highest {highest} {line.unit}.")
    said.append(f"{len(line.alarms)} alarms." if line.alarms else "No alarms.")
    return " ".join(said)


def _iso(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _shade(canvas: Canvas, frame: Frame, across: Scale, alarms: Sequence[tuple[float, float]]) -> None:
    for began, ended in alarms:
        left = min(max(across(began), frame.left), frame.right)
        right = min(max(across(ended), frame.left), frame.right)
        canvas.rectangle((left, frame.top), max(right - left, 0.8), frame.height, fill=palette.ALARM_SOFT)


def _draw_values(canvas: Canvas, line: Timeline, across: Scale, scale: Scale) -> None:
    for first, last in _runs(line):
        columns = list(_columns(line, across, first, last))
        band = [(x, scale(top)) for x, _, _, top in columns] + [(x, scale(low)) for x, _, low, _ in reversed(columns)]
        if any(low != top for _, _, low, top in columns):
            canvas.polygon(band, fill=palette.ACCENT_SOFT)
        points: list[Point] = [(x, scale(mean)) for x, mean, _, _ in columns]
        if len(points) == 1:
            canvas.circle(points[0], 1.3, fill=palette.ACCENT)
        canvas.polyline(points, stroke=palette.ACCENT, width=0.9)


def _runs(line: Timeline) -> Iterator[tuple[int, int]]:
    """First and last index of each stretch without a gap."""
    first: int | None = None
    for index, value in enumerate(line.mean):
        if first is not None and (line.breaks[index] or not math.isfinite(value)):
            yield first, index - 1
            first = None
        if first is None and math.isfinite(value):
            first = index
    if first is not None:
        yield first, len(line.mean) - 1


def _columns(line: Timeline, across: Scale, first: int, last: int) -> Iterator[tuple[float, float, float, float]]:
    """Place, mean, lowest and highest of what stands within one stroke's width."""
    start = first
    for index in range(first, last + 1):
        is_end = index == last or across(line.at[index + 1]) - across(line.at[start]) > _COLUMN
        if is_end:
            part = slice(start, index + 1)
            mean = sum(line.mean[part]) / (index + 1 - start)
            yield (across(line.at[start]) + across(line.at[index])) / 2, mean, min(line.low[part]), max(line.high[part])
            start = index + 1


def _draw_times(canvas: Canvas, frame: Frame, across: Scale) -> None:
    wanted = (across.high - across.low) / max(frame.width / _WIDEST_MARK, 1.0)
    marks, form = time_marks(across.low, across.high, wanted)
    for moment in marks:
        x = across(moment.timestamp())
        canvas.line((x, frame.bottom), (x, frame.bottom + 2.5), stroke=palette.FRAME, width=0.6)
        canvas.text((x, frame.bottom + 10.5), mark_text(moment, form), size=palette.SMALL, fill=palette.MUTED,
                    anchor="middle")  # fmt: skip
    began, ended = _iso(across.low), _iso(across.high)
    middle = ((frame.left + frame.right) / 2, frame.bottom + 22)
    canvas.text(middle, f"{began} to {ended}", size=palette.SMALL, fill=palette.MUTED, anchor="middle")


def time_marks(low: float, high: float, step: float, zone: tzinfo | None = UTC) -> tuple[list[datetime], str]:
    """Round moments within [low, high] (UTC seconds) at least `step` seconds apart, and the form they are written in.

    They are round in `zone`; None is this computer's local time.
    """
    usual = next((one for one in _STEPS if one >= step), None)
    start = datetime.fromtimestamp(low, zone)
    if usual is None:
        months = max(1, math.ceil(step / _MONTH))
        months = next((one for one in (1, 2, 3, 6) if one >= months), 12 * math.ceil(months / 12))
        return [one for one in _months(start, months) if low <= one.timestamp() <= high], "%Y-%m"
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    if usual > 86_400:  # days are counted from one origin, so that marks stay where they are when one moves along
        midnight -= timedelta(days=midnight.toordinal() % (usual // 86_400))
    first = math.floor((low - midnight.timestamp()) / usual) - 3600 // usual  # an hour may have been put in or out
    last = math.ceil((high - midnight.timestamp()) / usual) + 3600 // usual
    form = "%H:%M:%S" if usual < 60 else "%H:%M" if usual < 86_400 else "%m-%d"
    marks = (midnight + timedelta(seconds=n * usual) for n in range(first, last + 1))
    return [one for one in marks if low <= one.timestamp() <= high], form


def mark_text(moment: datetime, form: str) -> str:
    """A mark as it is written: midnight is its day."""
    return f"{moment:%m-%d}" if form == "%H:%M" and not (moment.hour or moment.minute) else f"{moment:{form}}"


def _months(start: datetime, months: int) -> Iterator[datetime]:
    count = (start.year * 12 + start.month - 1) // months * months
    for _ in range(_MOST_MARKS):
        if not 0 < count // 12 < 9999:
            return
        yield datetime(count // 12, count % 12 + 1, 1, tzinfo=start.tzinfo)
        count += months
