"""A drawing as a file: SVG, PNG or PDF by the name's ending, with the engine and the fonts that set the reports."""

from __future__ import annotations

from pathlib import Path

from workstation.errors import CallIsWrong
from workstation.reports.typesetting import picture, write_whole


def write_picture(svg: str, target: Path) -> Path:
    """Write the drawing to `target` as its ending says; raises CallIsWrong for another ending than svg, png and pdf."""
    kind = target.suffix.lower()
    if kind == ".svg":
        return write_whole(svg.encode(), target)
    if kind == ".png":
        return write_whole(picture(svg, "png"), target)
    if kind == ".pdf":
        return write_whole(picture(svg, "pdf"), target)
    raise CallIsWrong(f"A picture cannot be written as {target.name}.", "Give a name that ends in .png, .svg or .pdf.")
