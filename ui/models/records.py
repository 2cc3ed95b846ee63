"""What the record pages read: lists, one record with everything joined to it, and the people one can name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from workstation.people.signatures import Signature
    from workstation.quality.alarms import Alarm
    from workstation.quality.capa import Capa
    from workstation.quality.evidence import Decision
    from workstation.quality.investigations import Investigation
    from workstation.quality.nonconformances import Nonconformance
    from workstation.station import Station
    from workstation.store import Reader

R = TypeVar("R")
MOST_ALARMS = 100
"""Alarms that an investigation lists: a drift that nobody stops raises thousands."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A record joined to another: its page, its identity, and what to call it."""

    kind: str
    uid: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Person:
    """An account that can own something."""

    name: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Detail(Generic[R]):
    """One record with what stands around it; `signature` comes with whether it is still valid.

    `alarms` are the newest that an investigation answers, `answered` counts them all.
    """

    record: R
    linked: tuple[Linked, ...]
    people: tuple[Person, ...]
    decisions: tuple[Decision, ...]
    signature: tuple[Signature, bool] | None = None
    alarms: tuple[Alarm, ...] = ()
    answered: int = 0


def moment(microseconds: int | None) -> str:
    """A time as it stands in records: local, to the second, with its offset where that is not zero."""
    if microseconds is None:
        return ""
    at = datetime.fromtimestamp(microseconds / 1e6).astimezone()
    return f"{at:%Y-%m-%d %H:%M:%S}{'' if not at.utcoffset() else f' {at:%z}'}"


def read_subjects(station: Station) -> list[tuple[str, str]]:
    """What a nonconformance can be one of, as `part:ID` or `characteristic:ID` with its wording."""
    from workstation.catalog import parts

    with station.read() as reader:
        found: list[tuple[str, str]] = []
        for part in parts.parts(reader):
            found.append((f"part:{part.id}", f"{part.number}  {part.name}".strip()))
            for item in parts.characteristics(reader, part.id):
                found.append((f"characteristic:{item.id}", f"{part.number}: {item.name}"))
        return found


def read_investigations(station: Station) -> list[Investigation]:
    """All of them, newest first."""
    from workstation.quality.investigations import investigations

    with station.read() as reader:
        return investigations(reader)


def read_nonconformances(station: Station) -> list[Nonconformance]:
    """All of them, newest first."""
    from workstation.quality.nonconformances import nonconformances

    with station.read() as reader:
        return nonconformances(reader)


def read_capas(station: Station) -> list[Capa]:
    """All of them, newest first."""
    from workstation.quality.capa import capas

    with station.read() as reader:
        return capas(reader)


def read_investigation(station: Station, uid: str) -> Detail[Investigation]:
    """One investigation with the newest of the alarms it answers."""
    from workstation.quality import alarms, links
    from workstation.quality.investigations import investigation

    with station.read() as reader:
        answered = links.linked(reader, uid, "alarm")
        newest = tuple(alarms.alarm(reader, alarm) for alarm in answered[-MOST_ALARMS:])
        return _detail(reader, uid, investigation(reader, uid), alarms=newest, answered=len(answered))


def read_nonconformance(station: Station, uid: str) -> Detail[Nonconformance]:
    """One nonconformance with its signature."""
    from workstation.quality.nonconformances import disposition_signature, nonconformance

    with station.read() as reader:
        return _detail(reader, uid, nonconformance(reader, uid), signature=disposition_signature(reader, uid))


def read_capa(station: Station, uid: str) -> Detail[Capa]:
    """One CAPA with its signature."""
    from workstation.quality.capa import capa, closing_signature

    with station.read() as reader:
        return _detail(reader, uid, capa(reader, uid), signature=closing_signature(reader, uid))


def _detail(
    reader: Reader,
    uid: str,
    record: R,
    *,
    signature: tuple[Signature, bool] | None = None,
    alarms: tuple[Alarm, ...] = (),
    answered: int = 0,
) -> Detail[R]:
    from workstation.people.accounts import accounts
    from workstation.quality.evidence import decisions
    from workstation.store import Role

    people = tuple(
        Person(one.name, one.display_name) for one in accounts(reader) if one.active and one.role is not Role.SERVICE
    )
    made = tuple(decisions(reader, record_id=uid))
    return Detail(record, _linked(reader, uid), people, made, signature, alarms, answered)


def _linked(reader: Reader, uid: str) -> tuple[Linked, ...]:
    from workstation.quality import capa, investigations, links, nonconformances

    find: dict[str, Callable[[Reader, str], Investigation | Nonconformance | Capa]] = {
        "investigation": investigations.investigation,
        "nonconformance": nonconformances.nonconformance,
        "capa": capa.capa,
    }
    found: dict[str, Linked] = {}
    for link in links.links_of(reader, uid):
        kind, other = (link.to_kind, link.to_id) if link.from_id == uid else (link.from_kind, link.from_id)
        if kind in find and other not in found:
            record = find[kind](reader, other)
            title = record.nature if kind == "nonconformance" else record.title  # type: ignore[union-attr]
            found[other] = Linked(kind, other, f"{record.number}  {title}", str(record.state))
    return tuple(found.values())
