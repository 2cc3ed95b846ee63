"""Cut a stream of bytes into frames: line ends, fixed length, marks, length field, silence, nibbles; with checksums."""

from __future__ import annotations

from devices.framing.checksum import Check
from devices.framing.frame import Frame, Framer
from devices.framing.line import LineFramer
from devices.profile.model import Framing

__all__ = ["Check", "Frame", "Framer", "LineFramer", "build_framer"]


def build_framer(framing: Framing) -> Framer:
    """The framer that a profile declares."""
    check = Check(framing.checksum) if framing.checksum is not None else None
    gap = framing.gap_ms * 1_000_000
    return LineFramer(framing.end, framing.most, framing.strip, check, gap)
