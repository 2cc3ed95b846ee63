"""Who may speak to the hub: enrolment by a one-time code, tokens, revocation, and the record of what looked wrong."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.engine import RowMapping

from workstation.errors import CallIsWrong, NotPermitted, Refused
from workstation.hub import schema, tokens
from workstation.hub.database import Database
from workstation.store.clock import Clock
from workstation.store.identity import uuid7
from workstation.wire.messages import Credentials
from workstation.wire.totals import Totals

LOG = logging.getLogger("sinebar.hub")
STATION = "station"
READER = "reader"


@dataclass(frozen=True, slots=True)
class Station:
    """An enrolled station as the hub knows it; `totals` is the state of its journal here."""

    id: str
    name: str
    role: str
    seal: str
    totals: Totals
    enrolled_at: int
    last_contact_at: int | None
    revoked_at: int | None
    last_bundle: str


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """Something that an honest station does not do."""

    at: int
    station: str
    kind: str
    detail: str


class Stations:
    """The register of stations in the hub's database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def offer(self, name: str, *, role: str = STATION, valid_hours: float = 24.0) -> str:
        """A one-time code with which the station `name` enrols itself; it is shown once and kept as its hash."""
        _check_name(name)
        if not 0 < valid_hours <= 24 * 30:
            raise CallIsWrong(f"A code cannot be valid for {valid_hours:g} hours.", "Give 1 to 720 hours.")
        code, now = tokens.new_code(), self._clock.microseconds()
        with self._database.writing() as connection:
            self._refuse_known(connection, name)
            connection.execute(
                insert(schema.ENROLMENT).values(
                    code_hash=tokens.hashed(code),
                    station=name,
                    role=role,
                    created_at=now,
                    expires_at=now + int(valid_hours * 3600e6),
                )
            )
        return code

    def enrol(self, name: str, code: str) -> Credentials:
        """Turn a valid code into a token and spend it. Raises NotPermitted without saying which part was wrong."""
        now = self._clock.microseconds()
        spent = tokens.hashed(tokens.canonical_code(code))
        codes = schema.ENROLMENT
        with self._database.writing() as connection:
            found = connection.execute(
                select(codes).where(codes.c.code_hash == spent, codes.c.used_at.is_(None), codes.c.expires_at > now)
            ).one_or_none()
            if found is not None and found.station == name:
                connection.execute(update(codes).where(codes.c.code_hash == spent).values(used_at=now))
                self._refuse_known(connection, name)
                return self._register(connection, name, found.role, now)
            note_security_event(
                connection, now, name, "enrolment refused", "wrong, used or expired code, or another name"
            )
        raise NotPermitted(
            "The hub does not accept this code for this station.",
            "Ask for a new one: `sinebar hub enrol NAME --data DIR` on the hub, with this station's exact name.",
        )

    def enrol_by_hand(self, name: str) -> Credentials:
        """Enrol a station that has no network: its credentials are carried to it."""
        _check_name(name)
        with self._database.writing() as connection:
            self._refuse_known(connection, name)
            return self._register(connection, name, STATION, self._clock.microseconds())

    def _refuse_known(self, connection: Connection, name: str) -> None:
        if connection.execute(select(schema.STATION.c.id).where(schema.STATION.c.name == name)).first() is not None:
            raise Refused(
                f"A station named {name!r} is enrolled already.",
                "Give the new station another name, or renew the token with `sinebar hub renew NAME`.",
            )

    def _register(self, connection: Connection, name: str, role: str, now: int) -> Credentials:
        token, seal, start, identity = tokens.new_token(), tokens.new_seal(), Totals(), uuid7(now)
        connection.execute(
            insert(schema.STATION).values(
                id=identity,
                name=name,
                role=role,
                token_hash=tokens.hashed(token),
                seal=seal,
                enrolled_at=now,
                count=start.count,
                hash=start.hash,
                readings=start.readings,
                digest=start.digest,
                last_bundle="",
            )
        )
        LOG.info("station enrolled", extra={"station": name})
        return self._credentials(connection, identity, token, seal)

    def _credentials(self, connection: Connection, identity: str, token: str, seal: str) -> Credentials:
        hub = connection.execute(select(schema.IDENTITY)).one()
        return Credentials(station=identity, hub=hub.hub, token=token, seal=seal, epoch=hub.epoch)

    def renew(self, name: str) -> Credentials:
        """New token and seal for an enrolled station (lost, leaked or revoked ones); the old ones end at once."""
        token, seal = tokens.new_token(), tokens.new_seal()
        with self._database.writing() as connection:
            station = self._row(connection, name)
            connection.execute(
                update(schema.STATION)
                .where(schema.STATION.c.id == station["id"])
                .values(token_hash=tokens.hashed(token), seal=seal, revoked_at=None)
            )
            return self._credentials(connection, station["id"], token, seal)

    def revoke(self, name: str) -> None:
        """From now on this station's token opens nothing; what it sent stays."""
        with self._database.writing() as connection:
            station = self._row(connection, name)
            connection.execute(
                update(schema.STATION)
                .where(schema.STATION.c.id == station["id"])
                .values(revoked_at=self._clock.microseconds())
            )

    def _row(self, connection: Connection, name: str) -> RowMapping:
        _check_name(name)
        found = connection.execute(select(schema.STATION).where(schema.STATION.c.name == name)).mappings().one_or_none()
        if found is None:
            raise CallIsWrong(f"No station named {name!r} is enrolled.", "See `sinebar hub stations`.")
        return found

    def by_token(self, token: str) -> Station | None:
        """The station this token belongs to, revoked or not; None when it belongs to nobody."""
        with self._database.reading() as connection:
            found = connection.execute(
                select(schema.STATION).where(schema.STATION.c.token_hash == tokens.hashed(token))
            ).mappings()
            row = found.one_or_none()
        return None if row is None else station_of(row)

    def by_name(self, name: str) -> Station:
        with self._database.reading() as connection:
            return station_of(self._row(connection, name))

    def all(self) -> list[Station]:
        with self._database.reading() as connection:
            rows = connection.execute(select(schema.STATION).order_by(schema.STATION.c.name)).mappings().all()
        return [station_of(row) for row in rows]

    def security_events(self, limit: int = 100) -> list[SecurityEvent]:
        """The latest first."""
        table = schema.SECURITY_EVENT
        with self._database.reading() as connection:
            rows = connection.execute(select(table).order_by(table.c.id.desc()).limit(limit)).all()
        return [SecurityEvent(row.at, row.station, row.kind, row.detail) for row in rows]


def station_of(row: RowMapping) -> Station:
    return Station(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        seal=row["seal"],
        totals=Totals(row["count"], row["hash"], row["readings"], row["digest"]),
        enrolled_at=row["enrolled_at"],
        last_contact_at=row["last_contact_at"],
        revoked_at=row["revoked_at"],
        last_bundle=row["last_bundle"],
    )


def note_security_event(connection: Connection, at: int, station: str, kind: str, detail: str) -> None:
    """Record it for good, and say it in the log without any secret."""
    LOG.warning("security event: %s", kind, extra={"station": station[:200], "detail": detail})
    connection.execute(
        insert(schema.SECURITY_EVENT).values(at=at, station=station[:200], kind=kind, detail=detail[:2000])
    )


def _check_name(name: str) -> None:
    unwritable = any(c < " " or "\ud800" <= c <= "\udfff" for c in name)  # halves of pairs are in no UTF-8
    if not 0 < len(name) <= 200 or name != name.strip() or unwritable:
        raise CallIsWrong(f"{name!r} cannot be the name of a station.", "Give 1 to 200 printable characters.")
