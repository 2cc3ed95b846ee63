"""Pareto: the few causes that make most of the loss, as bars from the largest and their running share."""

from __future__ import annotations

from collections.abc import Sequence

from workstation.reports.drawing import palette
from workstation.reports.drawing.axes import Frame, draw_empty, draw_frame, draw_vertical_axis, ticks, written
from workstation.reports.drawing.canvas import Canvas, text_width


def pareto(
    causes: Sequence[str],
    amounts: Sequence[float],
    cumulative: Sequence[float],
    measure: str,
    *,
    vital: int = 0,
    title: str = "",
    width: float = 510.0,
    height: float = 200.0,
) -> str:
    """Bars in the order given (largest first), `cumulative` shares in percent as a line; `vital` of them are stressed.

    `measure` names what is counted, with its unit: "nonconformances", "cost [EUR]".
    """
    description = ", ".join(f"{c} {a:g}" for c, a in zip(causes, amounts, strict=True))
    canvas = Canvas(width, height, f"Pareto of {measure}: {description}")
    top = 16.0 if title else 4.0
    if title:
        canvas.text((0, 9), title, size=palette.BODY, weight=500)
    if not causes:
        draw_empty(canvas, Frame(0, top, width, height - 4), "Nothing to rank in this selection")
        return canvas.svg()
    total = sum(amounts)
    marks, decimals = ticks(0.0, total or 1.0, 4)
    margin = max(text_width(written(m, decimals), palette.SMALL) for m in marks) + 8
    frame = Frame(margin, top + 14, width - 28.0, height - 24.0)
    upward = frame.upward(0.0, total or 1.0)
    draw_vertical_axis(canvas, frame, upward, marks, decimals)
    canvas.text((0, frame.top - 7), measure, size=palette.SMALL, fill=palette.MUTED)
    canvas.text((width, frame.top - 7), "share [%]", size=palette.SMALL, fill=palette.MUTED, anchor="end")
    slot = frame.width / len(causes)
    for index, (cause, amount) in enumerate(zip(causes, amounts, strict=True)):
        left = frame.left + index * slot + slot * 0.14
        y = upward(amount)
        fill = palette.ACCENT if index < vital or not vital else palette.ACCENT_SOFT
        canvas.rectangle((left, y), slot * 0.72, frame.bottom - y, fill=fill)
        middle = left + slot * 0.36
        canvas.text((middle, frame.bottom + 10.5), _fitted(cause, slot), size=palette.SMALL, anchor="middle")
    points = [(frame.left + (i + 0.5) * slot, upward(total * share / 100)) for i, share in enumerate(cumulative)]
    canvas.polyline(points, stroke=palette.INK, width=0.9)
    for point in points:
        canvas.circle(point, 1.8, fill=palette.PAPER, stroke=palette.INK, width=0.9)
    for share in (0, 20, 40, 60, 80, 100):
        y = upward(total * share / 100)
        canvas.text((frame.right + 4, y + 2.3), str(share), size=palette.SMALL, fill=palette.MUTED)
    draw_frame(canvas, frame)
    return canvas.svg()


def _fitted(text: str, room: float) -> str:
    """Shorten a label to the room it has, with an ellipsis; the full text is in the picture's description."""
    if text_width(text, palette.SMALL) <= room - 2:
        return text
    while text and text_width(text + "…", palette.SMALL) > room - 2:
        text = text[:-1]
    return text.rstrip() + "…"
