"""A scanned code on its way to the disk: which part it names, and from which value of each characteristic on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from devices.reading import Quality, Reading, Scan, Trigger
from workstation.catalog.scanned import IdentificationKind, shown, unfit
from workstation.catalog.values import Characteristic
from workstation.line import protocol
from workstation.line.plan import LinePlan
from workstation.store import UnitOfWork

TYPED = "keyboard"
"""The source of a code that a reader typed into the window."""
Place = Callable[[Characteristic], tuple[int, int]]
"""Subgroup and position of a characteristic's next value."""


def carrier(scan: Scan) -> Reading:
    """A reading without a value: the place and time of a scan in the order of readings."""
    return Reading(
        scan.source, scan.channel, None, None, scan.observed_at, scan.monotonic, scan.received, Trigger.BUTTON,
        Quality.BAD, "", scan.raw,
    )  # fmt: skip


def typed_scan(text: str, wall: int, monotonic: int) -> Scan:
    """A code that a reader typed, at these times in nanoseconds."""
    return Scan(TYPED, "1", text, "", wall, monotonic, monotonic, text.encode(errors="replace"))


def named_by(plan: LinePlan, text: str) -> dict[int, IdentificationKind] | str:
    """The parts of the plan that a code names, with what it names of each; or why it names none."""
    if why := unfit(text):
        return why
    parts = {item.part_id for item in plan.characteristics.values()}
    if not parts:
        return "No inspection plan is in force: nothing is measured that the code could name."
    kinds = {part: plan.scans[part].kind_of(text) if part in plan.scans else _PLAIN for part in sorted(parts)}
    found = {part: kind for part, kind in kinds.items() if kind is not None}
    if not found:
        return f"The code {shown(text)[:80]} fits neither the serial numbers nor the lots of the inspection plan."
    return found


_PLAIN = IdentificationKind.SERIAL_NUMBER


def keep_scan(
    work: UnitOfWork, plan: LinePlan, scan: Scan, named: dict[int, IdentificationKind], account: str, place: Place
) -> Sequence[protocol.Scanned]:
    """Keep a code for every part that it names, and say so."""
    from workstation.catalog.identifications import Scanned, Start, keep_identification

    at, said = scan.observed_at // 1000, []
    for part, kind in named.items():
        of_part = [item for item in plan.characteristics.values() if item.part_id == part]
        starts = [Start(item.id, *place(item)) for item in of_part]
        came = Scanned(scan.text, scan.symbology, scan.source, at, account)
        kept = keep_identification(work, part, kind, came, starts)
        places = tuple((start.characteristic_id, start.subgroup, start.position) for start in starts)
        said.append(protocol.Scanned(scan.source, scan.text, at, kept.uid, str(kind), part, places))
    return said
