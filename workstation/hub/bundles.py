"""Takes a bundle from a station without a network, by the same way a push goes, and writes the acknowledgement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import insert, select, update

from workstation.errors import Refused
from workstation.hub import schema
from workstation.hub.hub import Hub
from workstation.hub.intake import APPLIED, CONFLICT, DUPLICATE, REJECTED
from workstation.hub.stations import Station, note_security_event
from workstation.wire.bundle import (
    ACKNOWLEDGEMENT,
    ENTRIES,
    FORMAT,
    VERSION,
    Bundle,
    Manifest,
    open_bundle,
    write_bundle,
)
from workstation.wire.messages import PROTOCOL, Entry, Head, Push

GROUP = 200


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a bundle: entries that are new here, entries that were here, and the head after it."""

    station: str
    first: int
    last: int
    applied: int
    duplicates: int
    head: Head


def accept_bundle(hub: Hub, path: Path, acknowledgement: Path | None = None) -> Accepted:
    """Take the entries of the bundle at `path`; write an acknowledgement to carry back when a path for it is given.

    Raises Refused for a damaged, foreign or replayed bundle (recorded as a security event) and for a gap, naming the
    missing entries. Entries before a refused one stay taken, as with a push.
    """
    with open_bundle(path) as bundle:
        station = hub.stations.by_name(bundle.manifest.station)
        try:
            _check(hub, bundle, station)
        except Refused as error:
            with hub.database.writing() as connection:
                now = hub.clock.microseconds()
                note_security_event(connection, now, station.name, "bundle refused", error.sentence)
            raise
        if bundle.manifest.first > station.totals.count + 1:
            raise _gap(station, bundle.manifest)
        applied, duplicates = _take(hub, bundle, station)
        _remember(hub, bundle.manifest, station)
        head = hub.queries.head(station)
        accepted = Accepted(station.name, bundle.manifest.first, bundle.manifest.last, applied, duplicates, head)
    if acknowledgement is not None:
        write_acknowledgement(hub, station.name, acknowledgement)
    return accepted


def write_acknowledgement(hub: Hub, name: str, target: Path) -> Head:
    """Write how far the hub has a station's journal, for `sinebar sync accept` at that station."""
    station = hub.stations.by_name(name)
    head = hub.queries.head(station)
    manifest = Manifest(FORMAT, VERSION, ACKNOWLEDGEMENT, station.name, hub.clock.microseconds(), head=head)
    write_bundle(target, manifest, (), station.seal)
    return head


def _check(hub: Hub, bundle: Bundle, station: Station) -> None:
    if bundle.manifest.kind != ENTRIES:
        raise Refused(
            f"{bundle.path} is an acknowledgement of this hub, no bundle of entries.",
            "Take it to the station: `sinebar sync accept`.",
        )
    if station.revoked_at is not None:
        raise Refused(f"Station {station.name} was revoked.", "Renew it first: `sinebar hub renew`.")
    bundle.verify(station.seal)
    known = schema.BUNDLE
    with hub.database.reading() as connection:
        before = connection.execute(
            select(known.c.accepted_at).where(
                known.c.station_id == station.id, known.c.seal == bundle.manifest.identity()
            )
        ).scalar_one_or_none()
    if before is not None:
        when = datetime.fromtimestamp(before / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        raise Refused(
            f"The bundle {bundle.path} was taken already on {when}; nothing of it is new.",
            f"The acknowledgement can be written again: `sinebar hub acknowledge {station.name} FILE`.",
        )


def _gap(station: Station, manifest: Manifest) -> Refused:
    missing = f"{station.totals.count + 1} to {manifest.first - 1}"
    return Refused(
        f"Entries {missing} of station {station.name} are missing before this bundle ({manifest.first} to "
        f"{manifest.last}); nothing of it was taken.",
        "Bring the bundles in between first, or write one at the station from "
        f"entry {station.totals.count + 1}: `sinebar sync bundle FILE --after {station.totals.count}`.",
    )


def _take(hub: Hub, bundle: Bundle, station: Station) -> tuple[int, int]:
    applied = duplicates = 0
    for group in _groups(bundle.entries()):
        reply = hub.intake.push(station, Push(PROTOCOL, station.name, group))
        outcomes = [result.outcome for result in reply.results]
        applied += outcomes.count(APPLIED)
        duplicates += outcomes.count(DUPLICATE)
        for result in reply.results:
            if result.outcome in (CONFLICT, REJECTED):
                raise Refused(
                    f"Entry {result.seq} of station {station.name} is refused: {result.reason}. The {applied} before "
                    "it are taken.",
                    "Look at the station: `sinebar verify`.",
                )
    return applied, duplicates


def _groups(entries: Iterator[Entry]) -> Iterator[tuple[Entry, ...]]:
    while group := tuple(islice(entries, GROUP)):
        yield group


def _remember(hub: Hub, manifest: Manifest, station: Station) -> None:
    identity = manifest.identity()
    with hub.database.writing() as connection:
        connection.execute(
            insert(schema.BUNDLE).values(
                station_id=station.id,
                seal=identity,
                first=manifest.first,
                last=manifest.last,
                accepted_at=hub.clock.microseconds(),
            )
        )
        connection.execute(update(schema.STATION).where(schema.STATION.c.id == station.id).values(last_bundle=identity))
