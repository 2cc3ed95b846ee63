"""The hub's tables: stations, their journals in the order the hub took them, their readings, and what looked wrong."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION = 1

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# One row. `last` is the highest hub_seq given out: raised inside the commit that uses it, so that numbers have no gaps.
IDENTITY = Table(
    "hub_identity",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("hub", String(36), nullable=False),
    Column("epoch", String(36), nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# Totals (count to digest) are those of workstation.wire.totals, moved in the transaction that takes the entries.
STATION = Table(
    "station",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("seal", String(64), nullable=False),
    Column("enrolled_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("last_contact_at", BigInteger),
    Column("count", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("readings", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("last_bundle", String(64), nullable=False),
)

ENROLMENT = Table(
    "enrolment_code",
    METADATA,
    Column("code_hash", String(64), primary_key=True),
    Column("station", String(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

JOURNAL = Table(
    "journal",
    METADATA,
    Column("hub_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("station_id", String(36), ForeignKey("station.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("entry_id", String(36), nullable=False, unique=True),
    Column("recorded_at", BigInteger, nullable=False),
    Column("local_offset", BigInteger, nullable=False),
    Column("station", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("base_version", BigInteger),
    Column("version", BigInteger),
    Column("changes", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("signature", Text),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    UniqueConstraint("station_id", "seq"),
)

MEASUREMENT = Table(
    "measurement",
    METADATA,
    Column("station_id", String(36), ForeignKey("station.id"), nullable=False),
    Column("characteristic", BigInteger, nullable=False),
    Column("subgroup", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("mantissa", BigInteger, nullable=False),
    Column("decimals", BigInteger, nullable=False),
    Column("unit", Text, nullable=False),
    Column("observed_at", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("quality", Text, nullable=False),
    Column("remark", Text),
    Column("account", Text, nullable=False),
    Column("raw", LargeBinary),
    Column("entry", BigInteger, nullable=False, index=True),
    PrimaryKeyConstraint("station_id", "characteristic", "subgroup", "position", "version"),
)

SUBGROUP = Table(
    "subgroup",
    METADATA,
    Column("station_id", String(36), ForeignKey("station.id"), nullable=False),
    Column("characteristic", BigInteger, nullable=False),
    Column("subgroup", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mean", Float, nullable=False),
    Column("spread", Float),
    Column("location", BigInteger, nullable=False),
    Column("dispersion", BigInteger, nullable=False),
    Column("limits", BigInteger),
    Column("closed_at", BigInteger, nullable=False),
    Column("entry", BigInteger, nullable=False, index=True),
    PrimaryKeyConstraint("station_id", "characteristic", "subgroup", "version"),
)

REFUSED = Table(
    "refused_reading",
    METADATA,
    Column("entry", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("observed_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    PrimaryKeyConstraint("entry", "number"),
)

SECURITY_EVENT = Table(
    "security_event",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("station", String(200), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("detail", Text, nullable=False),
)

BUNDLE = Table(
    "bundle",
    METADATA,
    Column("station_id", String(36), ForeignKey("station.id"), nullable=False),
    Column("seal", String(64), nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("accepted_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("station_id", "seal"),
)

KEPT_FOR_GOOD = (JOURNAL, MEASUREMENT, SUBGROUP, REFUSED, SECURITY_EVENT)
"""Tables whose rows are never changed or deleted: triggers refuse it."""
