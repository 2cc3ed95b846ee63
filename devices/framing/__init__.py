"""Cut a stream of bytes into frames: line ends, fixed length, marks, length field, silence, nibbles; with checksums."""

from __future__ import annotations

from devices.framing.checksum import Check
from devices.framing.frame import Frame, Framer
from devices.framing.gap import GapFramer
from devices.framing.line import LineFramer
from devices.framing.marked import FixedFramer, LengthFramer, MarksFramer
from devices.framing.nibbles import NibblesFramer
from devices.profile.model import Framing

__all__ = [
    "Check",
    "FixedFramer",
    "Frame",
    "Framer",
    "GapFramer",
    "LengthFramer",
    "LineFramer",
    "MarksFramer",
    "NibblesFramer",
    "build_framer",
]


def build_framer(framing: Framing) -> Framer:
    """The framer that a profile declares."""
    check = Check(framing.checksum) if framing.checksum is not None else None
    gap = framing.gap_ms * 1_000_000
    if framing.kind == "fixed":
        return FixedFramer(framing.size, framing.start, check, gap)
    if framing.kind == "marks":
        return MarksFramer(framing.start, framing.end, framing.most, framing.strip, check, gap)
    if framing.kind == "length":
        little = framing.length_order == "little"
        return LengthFramer(
            framing.start,
            framing.length_at,
            framing.length_bytes,
            framing.most,
            little=little,
            adds=framing.length_adds,
            check=check,
            gap=gap,
        )
    if framing.kind == "gap":
        return GapFramer(gap, framing.most, framing.strip, check)
    if framing.kind == "nibbles":
        return NibblesFramer(framing.start.decode("ascii"), framing.size, framing.packing, gap)
    return LineFramer(framing.end, framing.most, framing.strip, check, gap)
