"""Pictures that only analyses need: curves over a scale, points in groups, bars with intervals, several in one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from workstation.reports.drawing import palette
from workstation.reports.drawing.axes import (
    Frame,
    Scale,
    draw_empty,
    draw_frame,
    draw_horizontal_axis,
    draw_vertical_axis,
    extent,
    left_margin,
    ticks,
    written,
)
from workstation.reports.drawing.canvas import Canvas, text_width

WIDTH = 510.0
MOST_BARS = 40


@dataclass(frozen=True, slots=True)
class Series:
    """Points of a plot; drawn as dots, or as a line where `line` is true."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    line: bool = False
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """One labelled figure, with an interval where there is one."""

    label: str
    value: float
    lower: float | None = None
    upper: float | None = None
    marked: bool = False


def plot(
    series: Sequence[Series],
    across_name: str,
    upward_name: str,
    *,
    title: str = "",
    lines: Mapping[str, float] | None = None,
    width: float = WIDTH,
    height: float = 230.0,
) -> str:
    """Dots and curves over two scales; `lines` are horizontal references by name."""
    points = [(x, y) for one in series for x, y in zip(one.x, one.y, strict=True) if _finite(x, y)]
    canvas = Canvas(width, height, f"{title or upward_name}: {len(points)} points over {across_name}.")
    top = 22.0 if title else 6.0
    if title:
        canvas.text((0, 11), title, size=palette.HEADING, weight=600)
    if not points:
        draw_empty(canvas, Frame(0, top, width, height - 4), "Nothing to draw in this result")
        return canvas.svg()
    levels = list((lines or {}).values())
    low, high = extent([y for _, y in points] + levels)
    marks, decimals = ticks(low, high)
    frame = Frame(left_margin(marks, decimals), top + 14.0, width - 12.0, height - 30.0)
    across, upward = frame.across(*extent([x for x, _ in points], margin=0.04)), frame.upward(low, high)
    draw_vertical_axis(canvas, frame, upward, marks, decimals)
    draw_horizontal_axis(canvas, frame, across, *ticks(across.low, across.high, 7))
    for name, level in (lines or {}).items():
        y = upward(level)
        canvas.line((frame.left, y), (frame.right, y), stroke=palette.MUTED, width=0.7, dash="3 2")
        canvas.text((frame.right, y - 2.5), name, size=palette.SMALL, fill=palette.MUTED, anchor="end")
    for one in series:
        _draw_series(canvas, one, across, upward)
    draw_frame(canvas, frame)
    canvas.text((0, frame.top - 6), upward_name, size=palette.SMALL, fill=palette.MUTED)
    middle = ((frame.left + frame.right) / 2, frame.bottom + 22)
    canvas.text(middle, across_name, size=palette.SMALL, fill=palette.MUTED, anchor="middle")
    _legend(canvas, frame, [one for one in series if one.name])
    return canvas.svg()


def _finite(x: float, y: float) -> bool:
    return math.isfinite(x) and math.isfinite(y)


def _draw_series(canvas: Canvas, one: Series, across: Scale, upward: Scale) -> None:
    places = [(across(x), upward(y)) for x, y in zip(one.x, one.y, strict=True) if _finite(x, y)]
    if one.line:
        stroke = palette.MUTED if one.dashed else palette.ACCENT
        canvas.polyline(places, stroke=stroke, width=1.0, dash="3 2" if one.dashed else "")
        return
    for place in places:
        canvas.circle(place, 1.6 if len(places) < 400 else 0.9, fill=palette.ACCENT)


def _legend(canvas: Canvas, frame: Frame, named: Sequence[Series]) -> None:
    x = frame.right
    for one in reversed(named if len(named) > 1 else []):
        canvas.text((x, frame.top - 6), one.name, size=palette.SMALL, fill=palette.MUTED, anchor="end")
        x -= text_width(one.name, palette.SMALL) + 3
        y = frame.top - 8.3
        if one.line:
            stroke = palette.MUTED if one.dashed else palette.ACCENT
            canvas.line((x - 12, y), (x, y), stroke=stroke, width=1.0, dash="3 2" if one.dashed else "")
        else:
            canvas.circle((x - 6, y), 1.8, fill=palette.ACCENT)
        x -= 20


def groups(values: Mapping[str, ArrayLike], name: str, *, title: str = "", height: float = 210.0) -> str:
    """The values of each group as dots above its name, their means joined."""
    arrays = {label: np.asarray(found, dtype=np.float64).ravel() for label, found in values.items()}
    arrays = {label: found[np.isfinite(found)] for label, found in arrays.items()}
    everything = [float(v) for found in arrays.values() for v in found]
    canvas = Canvas(WIDTH, height, f"{title or name}: {len(everything)} values in {len(arrays)} groups.")
    top = 22.0 if title else 6.0
    if title:
        canvas.text((0, 11), title, size=palette.HEADING, weight=600)
    if not everything:
        draw_empty(canvas, Frame(0, top, WIDTH, height - 4), "Nothing to draw in this result")
        return canvas.svg()
    low, high = extent(everything)
    marks, decimals = ticks(low, high)
    frame = Frame(left_margin(marks, decimals), top + 14.0, WIDTH - 8.0, height - 22.0)
    upward = frame.upward(low, high)
    draw_vertical_axis(canvas, frame, upward, marks, decimals)
    slot = frame.width / len(arrays)
    means = []
    for index, (label, found) in enumerate(arrays.items()):
        x = frame.left + (index + 0.5) * slot
        for number, value in enumerate(found.tolist()):
            aside = (number % 5 - 2) * min(slot * 0.08, 2.6)
            canvas.circle((x + aside, upward(value)), 1.5, fill=palette.ACCENT_SOFT, stroke=palette.ACCENT, width=0.4)
        if found.size:
            means.append((x, upward(float(found.mean()))))
        room = text_width(label, palette.SMALL) + 4
        if room < slot or index % math.ceil(room / slot) == 0:
            canvas.text((x, frame.bottom + 10.5), label, size=palette.SMALL, anchor="middle", fill=palette.MUTED)
    canvas.polyline(means, stroke=palette.INK, width=0.8)
    for place in means:
        canvas.diamond(place, 2.6, fill=palette.INK)
    draw_frame(canvas, frame)
    canvas.text((0, frame.top - 6), f"{name}, means as diamonds", size=palette.SMALL, fill=palette.MUTED)
    return canvas.svg()


def bars(
    entries: Sequence[Bar],
    measure: str,
    *,
    title: str = "",
    lines: Mapping[str, float] | None = None,
    row: float = 16.0,
) -> str:
    """Horizontal bars from zero, one a row; `lines` are vertical references by name. At most 40 are drawn."""
    shown = [entry for entry in entries if math.isfinite(entry.value)][:MOST_BARS]
    top = 22.0 if title else 6.0
    height = top + 14.0 + row * max(len(shown), 1) + 26.0
    said = ", ".join(f"{entry.label} {entry.value:g}" for entry in shown)
    canvas = Canvas(WIDTH, height, f"{title or measure}: {said}")
    if title:
        canvas.text((0, 11), title, size=palette.HEADING, weight=600)
    if not shown:
        draw_empty(canvas, Frame(0, top, WIDTH, height - 4), "Nothing to draw in this result")
        return canvas.svg()
    room = min(max(text_width(entry.label, palette.SMALL) for entry in shown) + 8.0, WIDTH / 2)
    frame = Frame(room, top + 14.0, WIDTH - 44.0, height - 24.0)
    reach = [
        v for entry in shown for v in (entry.value, entry.lower, entry.upper) if v is not None and math.isfinite(v)
    ]
    reach += (lines or {}).values()
    low, high = extent([0.0, *reach], margin=0.04)
    across = frame.across(min(low, 0.0) if min(reach) < 0 else 0.0, high)
    marks, decimals = ticks(across.low, across.high, 6)
    for mark in marks:
        canvas.line((across(mark), frame.top), (across(mark), frame.bottom), stroke=palette.GRID, width=0.5)
    draw_horizontal_axis(canvas, frame, across, marks, decimals)
    for number, entry in enumerate(shown):
        _draw_bar(canvas, entry, frame.top + row * (number + 0.5), across, row, room)
    for name, level in (lines or {}).items():
        x = across(level)
        canvas.line((x, frame.top - 3), (x, frame.bottom), stroke=palette.INK, width=0.8, dash="3 2")
        canvas.text((x, frame.top - 6), name, size=palette.SMALL, fill=palette.MUTED, anchor="middle")
    canvas.text((frame.left, height - 2), measure, size=palette.SMALL, fill=palette.MUTED)
    return canvas.svg()


def _draw_bar(canvas: Canvas, entry: Bar, y: float, across: Scale, row: float, room: float) -> None:
    base, end = across(0.0), across(entry.value)
    fill = palette.ALARM_SOFT if entry.marked else palette.ACCENT_SOFT
    stroke = palette.ALARM if entry.marked else palette.ACCENT
    corner = (min(base, end), y - row * 0.3)
    canvas.rectangle(corner, abs(end - base), row * 0.6, fill=fill, stroke=stroke, pen=0.5)
    furthest = max(end, base)
    if entry.lower is not None and entry.upper is not None and _finite(entry.lower, entry.upper):
        left, right = across(entry.lower), across(entry.upper)
        canvas.line((left, y), (right, y), stroke=palette.INK, width=0.9)
        for x in (left, right):
            canvas.line((x, y - 2.5), (x, y + 2.5), stroke=palette.INK, width=0.9)
        furthest = max(furthest, right)
    canvas.text((room - 5, y + 2.3), _fitted(entry.label, room - 6), size=palette.SMALL, anchor="end")
    text = written(entry.value, _decimals(entry.value))
    canvas.text((furthest + 4, y + 2.3), text, size=palette.SMALL, fill=palette.MUTED)


def _decimals(value: float) -> int:
    return 2 if value == 0 else min(max(2 - math.floor(math.log10(abs(value))), 0), 9)


def _fitted(text: str, room: float) -> str:
    if text_width(text, palette.SMALL) <= room:
        return text
    while text and text_width(text + "…", palette.SMALL) > room:
        text = text[:-1]
    return text.rstrip() + "…"


_SIZE = re.compile(r'<svg xmlns="[^"]*" width="([\d.]+)" height="([\d.]+)"')


def together(rows: Sequence[Sequence[str]], *, title: str = "", gap: float = 12.0) -> str:
    """Several pictures in one: rows from above, each with its pictures side by side."""
    placed, top, width = [], 20.0 if title else 0.0, 0.0
    for row in rows:
        left = height = 0.0
        for picture in row:
            size = _size(picture)
            placed.append(picture.replace("<svg ", f'<svg x="{left:g}" y="{top:g}" ', 1))
            left += size[0] + gap
            height = max(height, size[1])
        width = max(width, left - gap)
        top += height + gap
    canvas = Canvas(max(width, 1.0), max(top - gap, 1.0), title or "Several pictures in one")
    if title:
        canvas.text((0, 11), title, size=palette.HEADING, weight=600)
    return canvas.svg().replace("</svg>", "\n".join(placed) + "\n</svg>")


def _size(picture: str) -> tuple[float, float]:
    found = _SIZE.search(picture)
    return (float(found[1]), float(found[2])) if found else (WIDTH, 200.0)
