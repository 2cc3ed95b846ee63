"""Capability indices as points with their confidence intervals against the value asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workstation.reports.drawing import palette
from workstation.reports.drawing.axes import Frame, Scale, draw_empty, draw_horizontal_axis, ticks, written
from workstation.reports.drawing.canvas import Canvas, text_width


@dataclass(frozen=True, slots=True)
class Index:
    """One capability index with its two-sided confidence interval, None where the study gives none."""

    name: str
    value: float
    lower: float | None = None
    upper: float | None = None


def capability_panel(
    indices: Sequence[Index],
    *,
    required: float | None = None,
    title: str = "",
    width: float = 250.0,
    row: float = 20.0,
) -> str:
    """Draw one row an index; one whose interval reaches below `required` is marked by shape and colour."""
    top = 16.0 if title else 4.0
    height = top + 12 + row * max(len(indices), 1) + 22
    canvas = Canvas(width, height, _describe(indices, required))
    if title:
        canvas.text((0, 9), title, size=palette.BODY, weight=500)
    usable = [i for i in indices if math.isfinite(i.value)]
    frame = Frame(34.0, top + 12, width - 40.0, height - 18.0)
    if not usable:
        draw_empty(canvas, Frame(0, top, width, height - 4), "No capability for this selection")
        return canvas.svg()
    spread = [v for i in usable for v in (i.value, i.lower, i.upper) if v is not None and math.isfinite(v)]
    low, high = min(0.0, *spread), max([*spread, required or 0.0]) * 1.08 + 0.05
    across = frame.across(low, high)
    for mark in ticks(low, high, 4)[0]:
        canvas.line((across(mark), frame.top), (across(mark), frame.bottom), stroke=palette.GRID, width=0.5)
    draw_horizontal_axis(canvas, frame, across, *ticks(low, high, 4))
    if required is not None:
        x = across(required)
        canvas.line((x, frame.top - 3), (x, frame.bottom), stroke=palette.INK, width=0.8, dash="3 2")
        label = f"required {written(required, 2)}"
        half = text_width(label, palette.SMALL) / 2
        place = min(max(x, half), width - half)
        canvas.text((place, frame.top - 6), label, size=palette.SMALL, fill=palette.MUTED, anchor="middle")
    for number, index in enumerate(usable):
        _draw_index(canvas, index, frame.top + row * (number + 0.5), across, required)
    return canvas.svg()


def _describe(indices: Sequence[Index], required: float | None) -> str:
    said = ", ".join(f"{i.name} {i.value:.2f}" for i in indices)
    return f"Capability: {said or 'none'}" + (f"; required {required:.2f}." if required is not None else ".")


def _draw_index(canvas: Canvas, index: Index, y: float, across: Scale, required: float | None) -> None:
    worst = index.value if index.lower is None or not math.isfinite(index.lower) else index.lower
    short = required is not None and worst < required
    colour = palette.ALARM if short else palette.ACCENT
    canvas.text((0, y + 2.6), index.name, size=palette.BODY, weight=500)
    ends = [v for v in (index.lower, index.upper) if v is not None and math.isfinite(v)]
    if ends:
        left, right = across(min(*ends, index.value)), across(max(*ends, index.value))
        canvas.line((left, y), (right, y), stroke=colour, width=1.2)
        for x in (left, right):
            canvas.line((x, y - 3), (x, y + 3), stroke=colour, width=1.0)
    at = (across(index.value), y)
    if short:
        canvas.diamond(at, 3.6, fill=palette.PAPER, stroke=colour, width=1.2)
    else:
        canvas.circle(at, 2.8, fill=colour)
    canvas.text(
        (canvas.width, y + 2.6), written(index.value, 2), size=palette.BODY, weight=600, anchor="end", fill=palette.INK
    )
