"""Scales, round tick values and the frame they are drawn on."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workstation.reports.drawing import palette
from workstation.reports.drawing.canvas import Canvas, text_width


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps a value between `low` and `high` to a place between `start` and `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Frame:
    """The rectangle that data are drawn in."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def across(self, low: float, high: float) -> Scale:
        return Scale(low, high, self.left, self.right)

    def upward(self, low: float, high: float) -> Scale:
        return Scale(low, high, self.bottom, self.top)


def extent(values: Iterable[float], *, margin: float = 0.08) -> tuple[float, float]:
    """Lowest and highest finite value with `margin` of the range added on both sides; (0, 1) when there is none."""
    finite = [float(v) for v in values if math.isfinite(v)]
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    # A range at the resolution of a float draws noise: widen it to something that can be labelled.
    smallest = max(abs(low), abs(high)) * 1e-9
    if high - low <= smallest:
        half = max(abs(low) * 1e-3, smallest) or 0.5
        return low - half, high + half
    pad = (high - low) * margin
    return low - pad, high + pad


def ticks(low: float, high: float, wanted: int = 5, *, whole: bool = False) -> tuple[list[float], int]:
    """Round values inside [low, high], about `wanted` of them, and the decimals that write them without loss.

    `whole` is for counts: a step is then at least one, and never 2.5.
    """
    raw = (high - low) / max(wanted, 1)
    if whole:
        raw = max(raw, 1.0)
    power = 10.0 ** math.floor(math.log10(raw))
    steps = (1.0, 2.0, 5.0, 10.0) if whole else (1.0, 2.0, 2.5, 5.0, 10.0)
    step = next(m * power for m in steps if m * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if round(step, decimals) != round(step, decimals + 1):
        decimals += 1
    return [round(i * step, decimals) for i in range(first, last + 1)], decimals


def written(value: float, decimals: int) -> str:
    """A figure for a label, with a real minus sign and no negative zero."""
    text = f"{value:.{decimals}f}"
    if float(text) == 0.0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def left_margin(values: Sequence[float], decimals: int, size: float = palette.SMALL) -> float:
    """Space the labels of a vertical axis need."""
    return max((text_width(written(v, decimals), size) for v in values), default=0.0) + 8.0


def draw_frame(canvas: Canvas, frame: Frame) -> None:
    canvas.line((frame.left, frame.bottom), (frame.right, frame.bottom), stroke=palette.FRAME, width=0.7)
    canvas.line((frame.left, frame.top), (frame.left, frame.bottom), stroke=palette.FRAME, width=0.7)


def draw_vertical_axis(canvas: Canvas, frame: Frame, scale: Scale, marks: Sequence[float], decimals: int) -> None:
    """Grid lines and figures of the vertical axis."""
    for mark in marks:
        y = scale(mark)
        canvas.line((frame.left, y), (frame.right, y), stroke=palette.GRID, width=0.5)
        canvas.text(
            (frame.left - 5, y + palette.SMALL * 0.36),
            written(mark, decimals),
            size=palette.SMALL,
            fill=palette.MUTED,
            anchor="end",
        )


def draw_horizontal_axis(canvas: Canvas, frame: Frame, scale: Scale, marks: Sequence[float], decimals: int) -> None:
    """Small strokes and figures of the horizontal axis."""
    for mark in marks:
        x = scale(mark)
        canvas.line((x, frame.bottom), (x, frame.bottom + 2.5), stroke=palette.FRAME, width=0.6)
        canvas.text(
            (x, frame.bottom + 10.5), written(mark, decimals), size=palette.SMALL, fill=palette.MUTED, anchor="middle"
        )


def draw_positions(canvas: Canvas, frame: Frame, scale: Scale, labels: Sequence[str]) -> None:
    """Labels of numbered positions (subgroups): as many as fit without touching, the last always among them."""
    if not labels:
        return
    widest = max(text_width(label, palette.SMALL) for label in labels) + 8.0
    per_position = frame.width / max(len(labels), 1)
    step = round_step(math.ceil(widest / per_position))
    shown = list(range(step - 1, len(labels), step)) if step > 1 else list(range(len(labels)))
    if step > 1 and shown and (shown[0] + 1) > 1 and scale(shown[0]) - scale(0) > widest:
        shown.insert(0, 0)
    for index in shown:
        x = scale(index)
        canvas.line((x, frame.bottom), (x, frame.bottom + 2.5), stroke=palette.FRAME, width=0.6)
        canvas.text((x, frame.bottom + 10.5), labels[index], size=palette.SMALL, fill=palette.MUTED, anchor="middle")


def round_step(at_least: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 ... that is not below `at_least`."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power >= at_least:
                return factor * power
        power *= 10


def spread_labels(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move vertical label places apart until neighbours stand `gap` away, keeping order and staying in [low, high]."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = [float(p) for p in places]
    for before, here in itertools.pairwise(order):
        moved[here] = max(moved[here], moved[before] + gap)
    if order and moved[order[-1]] > high:
        moved[order[-1]] = high
        for after, here in zip(reversed(order), list(reversed(order))[1:], strict=False):
            moved[here] = min(moved[here], moved[after] - gap)
    return [max(low, m) for m in moved]


def draw_empty(canvas: Canvas, frame: Frame, sentence: str) -> None:
    """What stands where data would be."""
    canvas.rectangle((frame.left, frame.top), frame.width, frame.height, fill="#f6f8f9")
    middle = ((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2 + 3)
    canvas.text(middle, sentence, fill=palette.MUTED, anchor="middle")
