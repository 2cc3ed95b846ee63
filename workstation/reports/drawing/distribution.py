"""How values are spread: histogram with specification and fitted curves, and the probability plot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Curve:
    """A density over the values' axis: `density` integrates to one; drawn scaled to the bars."""

    name: str
    x: Sequence[float]
    density: Sequence[float]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Specification:
    """Limits and target of a characteristic; None where there is none."""

    lower: float | None = None
    upper: float | None = None
    target: float | None = None
    decimals: int = 3

    def marks(self) -> list[tuple[str, float]]:
        named = (("LSL", self.lower), ("Target", self.target), ("USL", self.upper))
        return [(name, value) for name, value in named if value is not None]

    def allows(self, low: float, high: float) -> bool:
        """Whether a bar from `low` to `high` reaches into the tolerance."""
        return (self.lower is None or high > self.lower) and (self.upper is None or low < self.upper)

    def outside(self, edges: Sequence[float], counts: Sequence[int]) -> list[int]:
        """How many of each bar lie outside, as far as the bars alone can tell."""
        pairs = zip(edges, edges[1:], counts, strict=False)
        return [0 if self.allows(low, high) else count for low, high, count in pairs]


def histogram(
    edges: Sequence[float],
    counts: Sequence[int],
    unit: str,
    specification: Specification,
    *,
    outside: Sequence[int] | None = None,
    curves: Sequence[Curve] = (),
    title: str = "",
    width: float = 510.0,
    height: float = 190.0,
) -> str:
    """Draw binned values (`edges` has one more entry than `counts`) with the specification and fitted densities.

    `outside` says how many of each bin do not conform; without it, bins wholly outside the limits count as such.
    """
    if outside is None:
        outside = specification.outside(edges, counts)
    canvas = Canvas(width, height, _describe(edges, counts, unit, specification))
    top = 16.0 if title else 4.0
    if title:
        canvas.text((0, 9), title, size=palette.BODY, weight=500)
    if not counts:
        draw_empty(canvas, Frame(0, top, width, height - 4), "No values in this selection")
        return canvas.svg()
    total = sum(counts)
    binwidth = edges[1] - edges[0]
    peak = max([*counts, *(d * total * binwidth for c in curves for d in c.density)])
    marks, decimals = ticks(0.0, peak * 1.08, 4, whole=True)
    frame = Frame(left_margin(marks, decimals), top + 16, width - 6, height - 26.0)
    upward = frame.upward(0.0, peak * 1.08)
    across = frame.across(*extent([edges[0], edges[-1], *(v for _, v in specification.marks())], margin=0.05))
    draw_vertical_axis(canvas, frame, upward, marks, decimals)
    _draw_bars(canvas, edges, (counts, outside), across, upward)
    for curve in curves:
        inside = [(x, d) for x, d in zip(curve.x, curve.density, strict=True) if across.holds(x)]
        points = [(across(x), upward(d * total * binwidth)) for x, d in inside]
        canvas.polyline(points, stroke=palette.INK, width=0.9, dash="3 2" if curve.dashed else "")
    draw_frame(canvas, frame)
    draw_horizontal_axis(canvas, frame, across, *ticks(across.low, across.high, 7))
    _draw_specification(canvas, frame, specification, across)
    _caption(canvas, frame, unit, curves, total)
    return canvas.svg()


def _describe(edges: Sequence[float], counts: Sequence[int], unit: str, specification: Specification) -> str:
    if not counts:
        return "Histogram without values."
    limits = ", ".join(f"{name} {value:g}" for name, value in specification.marks())
    return f"Histogram of {sum(counts)} values from {edges[0]:g} to {edges[-1]:g} {unit}. {limits}"


def _draw_bars(
    canvas: Canvas,
    edges: Sequence[float],
    counts: tuple[Sequence[int], Sequence[int]],
    across: Scale,
    upward: Scale,
) -> None:
    """Bars of all values, the nonconforming part of each on top, marked by a diamond as well as by colour."""
    for low, high, count, out in zip(edges, edges[1:], *counts, strict=False):
        left, width = across(low) + 0.3, across(high) - across(low) - 0.6
        parts = ((0, count - out, palette.ACCENT_SOFT, palette.ACCENT), (count - out, count, *_OUTSIDE))
        for base, top, fill, edge in parts:
            if top > base:
                corner = (left, upward(top))
                canvas.rectangle(corner, width, upward(base) - upward(top), fill=fill, stroke=edge, pen=0.5)
        if out:
            canvas.diamond((left + width / 2, upward(count) - 5), 2.6, fill=palette.ALARM)


_OUTSIDE = (palette.ALARM_SOFT, palette.ALARM)


def _draw_specification(canvas: Canvas, frame: Frame, specification: Specification, across: Scale) -> None:
    for name, value in specification.marks():
        x = across(value)
        target = name == "Target"
        stroke = palette.MUTED if target else palette.ALARM
        canvas.line((x, frame.top - 4), (x, frame.bottom), stroke=stroke, width=0.8, dash="1 2" if target else "")
        label = f"{name} {written(value, specification.decimals)}"
        half = text_width(label, palette.SMALL) / 2
        middle = min(max(x, half), canvas.width - half)
        canvas.text((middle, frame.top - 7), label, size=palette.SMALL, fill=stroke, anchor="middle", weight=500)


def _caption(canvas: Canvas, frame: Frame, unit: str, curves: Sequence[Curve], total: int) -> None:
    y = frame.bottom + 22
    canvas.text((frame.left, y), f"n = {total}", size=palette.SMALL, fill=palette.MUTED)
    canvas.text(((frame.left + frame.right) / 2, y), unit, size=palette.SMALL, fill=palette.MUTED, anchor="middle")
    x = frame.right
    for curve in reversed(curves):
        canvas.text((x, y), curve.name, size=palette.SMALL, fill=palette.MUTED, anchor="end")
        x -= text_width(curve.name, palette.SMALL) + 3
        dash = "3 2" if curve.dashed else ""
        canvas.line((x - 14, y - 2.3), (x, y - 2.3), stroke=palette.INK, width=0.9, dash=dash)
        x -= 24


@dataclass(frozen=True, slots=True)
class ProbabilityLine:
    """The fitted distribution and its band over the same quantiles as the points; bands None when not computed."""

    value: Sequence[float]
    lower: Sequence[float] | None = None
    upper: Sequence[float] | None = None


def probability_plot(
    values: Sequence[float],
    quantiles: Sequence[float],
    unit: str,
    *,
    percent_ticks: Sequence[tuple[float, float]],
    line: ProbabilityLine | None = None,
    title: str = "",
    caption: str = "",
    width: float = 250.0,
    height: float = 210.0,
) -> str:
    """Sorted `values` across against the fitted distribution's `quantiles` upward.

    `percent_ticks` gives (percent, quantile) for the labels of the vertical axis. `caption` names the fit and its test.
    """
    canvas = Canvas(width, height, f"Probability plot of {len(values)} values. {caption}")
    top = 16.0 if title else 4.0
    if title:
        canvas.text((0, 9), title, size=palette.BODY, weight=500)
    if not len(values):
        draw_empty(canvas, Frame(0, top, width, height - 4), "No values in this selection")
        return canvas.svg()
    frame = Frame(26.0, top + 14, width - 8, height - 36.0)
    spread = [*values, *(line.value if line else ())]
    across = frame.across(*extent(spread, margin=0.05))
    upward = frame.upward(*extent(quantiles, margin=0.06))
    for percent, quantile in percent_ticks:
        if upward.holds(quantile):
            y = upward(quantile)
            canvas.line((frame.left, y), (frame.right, y), stroke=palette.GRID, width=0.5)
            canvas.text((frame.left - 4, y + 2.3), f"{percent:g}", size=palette.SMALL, fill=palette.MUTED, anchor="end")
    draw_frame(canvas, frame)
    draw_horizontal_axis(canvas, frame, across, *ticks(across.low, across.high, 4))
    if line is not None:
        _draw_line(canvas, line, quantiles, across, upward)
    for value, quantile in zip(values, quantiles, strict=True):
        if math.isfinite(value) and math.isfinite(quantile):
            canvas.circle((across(value), upward(quantile)), 1.3, fill=palette.ACCENT)
    middle = (frame.left + frame.right) / 2
    canvas.text((middle, frame.bottom + 21), unit, size=palette.SMALL, fill=palette.MUTED, anchor="middle")
    canvas.text((frame.left, frame.bottom + 32), caption, size=palette.SMALL, fill=palette.MUTED)
    canvas.text((0, frame.top - 7), "share below [%]", size=palette.SMALL, fill=palette.MUTED)
    return canvas.svg()


def _draw_line(canvas: Canvas, line: ProbabilityLine, quantiles: Sequence[float], across: Scale, upward: Scale) -> None:
    for series, stroke, dash in (
        (line.lower, palette.FAINT, "2 2"),
        (line.upper, palette.FAINT, "2 2"),
        (line.value, palette.INK, ""),
    ):
        if series is not None:
            pairs = zip(series, quantiles, strict=True)
            inside = [(across(v), upward(q)) for v, q in pairs if across.holds(v) and math.isfinite(q)]
            canvas.polyline(inside, stroke=stroke, width=0.8, dash=dash)
