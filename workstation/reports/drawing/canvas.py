"""A drawing surface that writes SVG: the few marks a chart needs, every text escaped, every number finite."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from workstation.reports.drawing import palette

Point = tuple[float, float]

_ALLOWED_CONTROL = {"\t", "\n", "\r"}
_NARROW = set(".,:;'|!iljI ()[]/")
_WIDE = set("mwMW%@")


def text_width(content: str, size: float) -> float:
    """Estimate the width of `content` in points at `size`, erring wide: figures are exact, letters an average."""
    total = 0.0
    for character in content:
        if character in _NARROW:
            total += 0.32
        elif character in _WIDE:
            total += 0.92
        elif character.isdigit() or character in "+−=±":
            total += 0.65
        elif character.isupper():
            total += 0.70
        else:
            total += 0.58
    return total * size


def _clean(content: str) -> str:
    """Drop what XML 1.0 cannot carry, so that a name typed by anyone never makes a broken picture."""
    kept = (
        c
        for c in content
        if (ord(c) >= 0x20 or c in _ALLOWED_CONTROL)
        and not 0xD800 <= ord(c) <= 0xDFFF
        and ord(c) not in (0xFFFE, 0xFFFF)
    )
    return escape("".join(kept), quote=False)


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"a drawing cannot hold the coordinate {value}")
    return f"{value:.2f}".rstrip("0").rstrip(".")


class Canvas:
    """Collects marks; `svg()` gives the picture. Units are points, y runs downwards."""

    def __init__(self, width: float, height: float, description: str) -> None:
        self.width = width
        self.height = height
        self.description = description
        self._parts: list[str] = []

    def line(self, start: Point, end: Point, *, stroke: str, width: float = 0.6, dash: str = "") -> None:
        x1, y1, x2, y2 = (_number(v) for v in (*start, *end))
        self._parts.append(f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"{_pen(stroke, width, dash)}/>')

    def polyline(self, points: Sequence[Point], *, stroke: str, width: float = 0.9, dash: str = "") -> None:
        if len(points) < 2:
            return
        pairs = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        self._parts.append(
            f'<polyline points="{pairs}" fill="none" stroke-linejoin="round"{_pen(stroke, width, dash)}/>'
        )

    def polygon(self, points: Sequence[Point], *, fill: str, stroke: str = "none", width: float = 0.6) -> None:
        pairs = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        self._parts.append(f'<polygon points="{pairs}" fill="{fill}"{_pen(stroke, width, "")}/>')

    def rectangle(
        self, corner: Point, width: float, height: float, *, fill: str, stroke: str = "none", pen: float = 0.6
    ) -> None:
        x, y = (_number(v) for v in corner)
        size = f'width="{_number(max(width, 0.0))}" height="{_number(max(height, 0.0))}"'
        self._parts.append(f'<rect x="{x}" y="{y}" {size} fill="{fill}"{_pen(stroke, pen, "")}/>')

    def circle(self, center: Point, radius: float, *, fill: str, stroke: str = "none", width: float = 0.6) -> None:
        x, y = (_number(v) for v in center)
        self._parts.append(f'<circle cx="{x}" cy="{y}" r="{_number(radius)}" fill="{fill}"{_pen(stroke, width, "")}/>')

    def diamond(self, center: Point, radius: float, *, fill: str, stroke: str = "none", width: float = 0.6) -> None:
        x, y = center
        corners = [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]
        self.polygon(corners, fill=fill, stroke=stroke, width=width)

    def text(
        self,
        at: Point,
        content: str,
        *,
        size: float = palette.BODY,
        fill: str = palette.INK,
        anchor: str = "start",
        weight: int = 400,
        turned: bool = False,
    ) -> None:
        """Write one line of text with its baseline at `at`; `turned` runs it upwards."""
        if not content:
            return
        x, y = (_number(v) for v in at)
        turn = f' transform="rotate(-90 {x} {y})"' if turned else ""
        heavy = f' font-weight="{weight}"' if weight != 400 else ""
        self._parts.append(
            f'<text x="{x}" y="{y}" font-size="{_number(size)}" fill="{fill}" text-anchor="{anchor}"{heavy}{turn}>'
            f"{_clean(content)}</text>"
        )

    def svg(self) -> str:
        """The picture as SVG text, with its description for those who cannot see it."""
        size = f'width="{_number(self.width)}" height="{_number(self.height)}"'
        box = f'viewBox="0 0 {_number(self.width)} {_number(self.height)}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} role="img" font-family="{palette.FAMILY}">'
        body = "\n".join(self._parts)
        return f"{head}\n<desc>{_clean(self.description)}</desc>\n{body}\n</svg>\n"


def _pen(stroke: str, width: float, dash: str) -> str:
    if stroke == "none":
        return ""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f' stroke="{stroke}" stroke-width="{_number(width)}"{dashed}'
