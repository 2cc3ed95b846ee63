"""Control charts on paper: one or two traces over the same subgroups, limits as steps, signals marked by shape."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workstation.reports.drawing import palette
from workstation.reports.drawing.axes import (
    Frame,
    Scale,
    draw_empty,
    draw_frame,
    draw_positions,
    draw_vertical_axis,
    extent,
    left_margin,
    spread_labels,
    ticks,
    written,
)
from workstation.reports.drawing.canvas import Canvas, Point, text_width

MARKERS_UP_TO = 120
"""With more points than this only signals get a marker: separate dots would merge into a band."""

LABELS_UP_TO = 40
"""With more signals than this on a chart they stand as plain diamonds, without ring and rule numbers."""


@dataclass(frozen=True, slots=True)
class ControlTrace:
    """One chart of a pair, a value a subgroup; NaN where a subgroup has none.

    `center`, `lower` and `upper` have one value a subgroup (limits step with its size) or are None while limits are
    being collected; `lower` alone is None where the chart has no lower limit. `signals` maps the position of a
    subgroup to the numbers of the rules it broke. `decimals` are those of the limits' labels; `from_zero`
    starts the axis at zero, as ranges and counts want it.
    """

    name: str
    unit: str
    values: Sequence[float]
    center: Sequence[float] | None = None
    lower: Sequence[float] | None = None
    upper: Sequence[float] | None = None
    signals: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    decimals: int = 4
    from_zero: bool = False
    center_name: str = "CL"


def control_chart(
    traces: Sequence[ControlTrace],
    labels: Sequence[str],
    *,
    title: str = "",
    zones: bool = False,
    watched_from: int | None = None,
    across: str = "Subgroup",
    width: float = 510.0,
    height: float = 165.0,
) -> str:
    """Draw `traces` one above the other as SVG, `height` points each.

    `labels` names the subgroups, `across` what they are. `watched_from` is the position from which subgroups are judged
    against limits set from those before it; a line separates the two. `zones` draws the one and two sigma lines. Where
    limits step, their labels are those of the last subgroup.
    """
    top = 22.0 if title else 6.0
    canvas = Canvas(width, top + height * len(traces) + 14.0, _describe(traces, labels, title))
    if title:
        canvas.text((0, 11), title, size=palette.HEADING, weight=600)
    right = width - _right_margin(traces)
    prepared = [_vertical(trace) for trace in traces]
    left = max((left_margin(marks, decimals) for _, _, marks, decimals in prepared), default=20.0)
    for row, (trace, (low, high, marks, decimals)) in enumerate(zip(traces, prepared, strict=True)):
        frame = Frame(left, top + row * height + 15.0, right, top + (row + 1) * height - 13.0)
        _draw_trace(canvas, frame, trace, (low, high), (marks, decimals), zones, watched_from, row == 0)
        if row == len(traces) - 1 and len(trace.values):
            draw_positions(canvas, frame, _across(frame, len(trace.values)), labels)
            canvas.text(
                ((frame.left + frame.right) / 2, frame.bottom + 22),
                across,
                size=palette.SMALL,
                fill=palette.MUTED,
                anchor="middle",
            )
    return canvas.svg()


def _describe(traces: Sequence[ControlTrace], labels: Sequence[str], title: str) -> str:
    said = [f"{title or 'Control chart'}, {len(labels)} subgroups."]
    for trace in traces:
        places = ", ".join(labels[i] for i in sorted(trace.signals) if i < len(labels))
        said.append(f"{trace.name}: " + (f"signals at {places}." if places else "no signals."))
    return " ".join(said)


def _limit_texts(trace: ControlTrace) -> list[tuple[str, float]]:
    texts = []
    for name, series in (("UCL", trace.upper), (trace.center_name, trace.center), ("LCL", trace.lower)):
        if series is not None and len(series) and math.isfinite(series[-1]):
            texts.append((f"{name} {written(series[-1], trace.decimals)}", float(series[-1])))
    return texts


def _right_margin(traces: Sequence[ControlTrace]) -> float:
    widths = [text_width(text, palette.SMALL) for trace in traces for text, _ in _limit_texts(trace)]
    return max(widths, default=0.0) + 8.0


def _vertical(trace: ControlTrace) -> tuple[float, float, list[float], int]:
    series: list[float] = list(trace.values)
    for limits in (trace.center, trace.lower, trace.upper):
        series.extend(limits if limits is not None else ())
    low, high = extent(series, margin=0.12)
    if trace.from_zero and low < high * 0.5:
        low = min([0.0, *(v for v in series if math.isfinite(v))])
    marks, decimals = ticks(low, high, 5)
    return low, high, marks, decimals


def _across(frame: Frame, count: int) -> Scale:
    return Scale(-0.7, max(count - 1, 0) + 0.7, frame.left, frame.right)


def _draw_trace(
    canvas: Canvas,
    frame: Frame,
    trace: ControlTrace,
    span: tuple[float, float],
    axis: tuple[list[float], int],
    zones: bool,
    watched_from: int | None,
    first: bool,
) -> None:
    unit = f" [{trace.unit}]" if trace.unit else ""
    canvas.text((0, frame.top - 6), trace.name + unit, size=palette.BODY, weight=500)
    if not len(trace.values):
        draw_empty(canvas, frame, "No subgroups in this selection")
        return
    scale = frame.upward(*span)
    across = _across(frame, len(trace.values))
    draw_vertical_axis(canvas, frame, scale, *axis)
    draw_frame(canvas, frame)
    if watched_from is not None and 0 < watched_from < len(trace.values):
        _draw_phases(canvas, frame, across(watched_from - 0.5), first)
    _draw_limits(canvas, frame, trace, scale, across, zones)
    _draw_points(canvas, trace, scale, across)


def _draw_phases(canvas: Canvas, frame: Frame, x: float, first: bool) -> None:
    canvas.line((x, frame.top - 3), (x, frame.bottom), stroke=palette.MUTED, width=0.6, dash="1 2")
    if first:
        y = frame.top - 5
        canvas.text((x - 4, y), "limits set", size=palette.SMALL, fill=palette.MUTED, anchor="end")
        canvas.text((x + 4, y), "watched", size=palette.SMALL, fill=palette.MUTED)


def _steps(series: Sequence[float], across: Scale, scale: Scale) -> list[list[Point]]:
    """Stairs half a subgroup to either side of each, broken where a limit is missing."""
    runs: list[list[Point]] = [[]]
    for index, value in enumerate(series):
        if not math.isfinite(value):
            runs.append([])
            continue
        y = scale(value)
        runs[-1] += [(across(index - 0.5), y), (across(index + 0.5), y)]
    return [_thinned_stairs(run) for run in runs if run]


def _thinned_stairs(run: list[Point]) -> list[Point]:
    """Drop the inner points of level stretches."""
    kept = [run[0]]
    for before, here, after in zip(run, run[1:], run[2:], strict=False):
        if not before[1] == here[1] == after[1]:
            kept.append(here)
    kept.append(run[-1])
    return kept


def _draw_limits(canvas: Canvas, frame: Frame, trace: ControlTrace, scale: Scale, across: Scale, zones: bool) -> None:
    if zones:
        _draw_zones(canvas, trace, scale, across)
    for series, stroke, dash in (
        (trace.upper, palette.ALARM, "4 2"),
        (trace.lower, palette.ALARM, "4 2"),
        (trace.center, palette.MUTED, ""),
    ):
        if series is not None:
            for run in _steps(series, across, scale):
                canvas.polyline(run, stroke=stroke, width=0.7, dash=dash)
    texts = _limit_texts(trace)
    places = spread_labels([scale(value) for _, value in texts], palette.SMALL + 1.5, frame.top, frame.bottom)
    for (text, _), y in zip(texts, places, strict=True):
        canvas.text((frame.right + 4, y + palette.SMALL * 0.36), text, size=palette.SMALL, fill=palette.MUTED)


def _draw_zones(canvas: Canvas, trace: ControlTrace, scale: Scale, across: Scale) -> None:
    if trace.center is None:
        return
    for limit in (trace.upper, trace.lower):
        if limit is None:
            continue
        for third in (1 / 3, 2 / 3):
            series = [c + (v - c) * third for c, v in zip(trace.center, limit, strict=True)]
            for run in _steps(series, across, scale):
                canvas.polyline(run, stroke=palette.FAINT, width=0.4, dash="1 2")


def _draw_points(canvas: Canvas, trace: ControlTrace, scale: Scale, across: Scale) -> None:
    for run in _runs(trace.values, across, scale):
        canvas.polyline(_thinned(run), stroke=palette.ACCENT, width=0.9)
    if len(trace.values) <= MARKERS_UP_TO:
        for index, value in enumerate(trace.values):
            if math.isfinite(value) and index not in trace.signals:
                canvas.circle((across(index), scale(value)), 1.6, fill=palette.ACCENT)
    _draw_signals(canvas, trace, scale, across)


def _draw_signals(canvas: Canvas, trace: ControlTrace, scale: Scale, across: Scale) -> None:
    """A ringed diamond and the rule numbers; a label that would touch its neighbour is raised, then left out."""
    labelled = len(trace.signals) <= LABELS_UP_TO
    neighbour = (-math.inf, math.inf)  # right edge and baseline of the label before
    for index in sorted(trace.signals):
        if index >= len(trace.values) or not math.isfinite(trace.values[index]):
            continue
        x, y = across(index), scale(trace.values[index])
        if not labelled:
            canvas.diamond((x, y), 1.8, fill=palette.ALARM)
            continue
        canvas.diamond((x, y), 3.4, fill=palette.PAPER, stroke=palette.ALARM, width=1.1)
        canvas.diamond((x, y), 1.3, fill=palette.ALARM)
        rules = ",".join(trace.signals[index])
        half = text_width(rules, palette.SMALL) / 2 + 1
        for baseline in (y - 6, y - 6 - palette.SMALL):
            if x - half > neighbour[0] or abs(baseline - neighbour[1]) >= palette.SMALL:
                canvas.text((x, baseline), rules, size=palette.SMALL, fill=palette.ALARM, anchor="middle", weight=600)
                neighbour = (x + half, baseline)
                break


def _runs(values: Sequence[float], across: Scale, scale: Scale) -> list[list[Point]]:
    runs: list[list[Point]] = [[]]
    for index, value in enumerate(values):
        if math.isfinite(value):
            runs[-1].append((across(index), scale(value)))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _thinned(run: list[Point]) -> list[Point]:
    """Keep lowest and highest of each half point of width: the same picture from a long series."""
    if len(run) <= 1500:
        return run
    kept: list[Point] = []
    column: list[Point] = []
    place = math.floor(run[0][0] * 2)
    for point in run:
        here = math.floor(point[0] * 2)
        if here != place:
            kept += _low_high(column)
            column, place = [], here
        column.append(point)
    return kept + _low_high(column)


def _low_high(column: list[Point]) -> list[Point]:
    low, high = min(column, key=lambda p: p[1]), max(column, key=lambda p: p[1])
    return sorted({low, high})
