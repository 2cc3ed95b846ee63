"""Records that gauges type into the window: each goes to the one gauge on `wedge:` whose record it is."""

from __future__ import annotations

from devices import Link, Profile
from devices.errors import DeviceError
from devices.reading import Scan
from devices.wedge import decode_typed, record_of
from workstation.errors import CallIsWrong, SurroundingsFailed
from workstation.line import protocol
from workstation.line.ports import Ports

LONGEST_TEXT = 512
"""Characters of the longest record that is looked at, as long as the window's own bound."""


def take_typed(command: protocol.TypeRecord, ports: Ports) -> protocol.Answer:
    """Hand a typed text to the gauge whose record it is, as if it had come over a cable.

    Its reading is then bound, checked, kept or refused like any other. Raises CallIsWrong when two gauges could have
    typed it, SurroundingsFailed while it cannot be taken.
    """
    if len(command.text) > LONGEST_TEXT:
        raise CallIsWrong(f"{len(command.text)} characters were typed at once: that is no record.", "Scan again.")
    found = [
        (wire.link, record, kind)
        for wire in ports.typing()
        if isinstance(wire.link, Link)
        for record, kind in _record(wire.link.profile, command.text)
    ]
    if len(found) > 1:
        names = " or ".join(sorted(link.source for link, _, _ in found))
        raise CallIsWrong(f"This may be a record of {names}.", "Give only one gauge of a kind the port wedge:.")
    for link, record, kind in found:
        try:
            link.typed(record)
        except DeviceError as error:
            raise SurroundingsFailed(error.sentence, error.next_step) from error
        return protocol.Answer(command.command, "", "", {"source": link.source, "kind": kind})
    return protocol.Answer(command.command, "", "")


def _record(profile: Profile, text: str) -> list[tuple[bytes, str]]:
    """The record that a text is under this profile with what it holds, a reading or a scan; nothing if it is none."""
    record = record_of(profile, text)
    decoded = decode_typed(profile, "typed", record)
    if not decoded:
        return []
    return [(record, "scan" if all(isinstance(one, Scan) for one in decoded) else "reading")]
