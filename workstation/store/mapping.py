"""What a room needs to map its records: the base classes, exact column types, and the words of a query.

A mapped record's table name is its kind in the journal. Mapped records never leave their unit of work.
"""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, Text, UniqueConstraint, func, select, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator

__all__ = [
    "Base",
    "CheckConstraint",
    "DecimalText",
    "ForeignKey",
    "Mapped",
    "Record",
    "Text",
    "UniqueConstraint",
    "func",
    "index_of",
    "mapped_column",
    "only_one",
    "select",
    "value_of",
]

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


V = TypeVar("V")


def value_of(kind: type[V], record: Record, /, **others: Any) -> V:
    """A frozen dataclass of the record's fields of the same names; `others` are given by the caller."""
    names = [field.name for field in fields(kind) if field.name not in others]  # type: ignore[arg-type]
    return kind(**{name: getattr(record, name) for name in names}, **others)


class DecimalText(TypeDecorator[Decimal]):
    """A decimal kept as the text it was written as, so that 74.000 stays 74.000."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(value)


def only_one(name: str, *columns: str, where: str) -> Index:
    """A unique index over `columns` of those rows for which the SQL condition `where` holds."""
    return Index(name, *columns, unique=True, sqlite_where=text(where))


def index_of(name: str, *columns: str, where: str) -> Index:
    """An index over `columns` of those rows for which the SQL condition `where` holds."""
    return Index(name, *columns, sqlite_where=text(where))


class Base(DeclarativeBase):
    """Declarative base of every mapped table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: Text, Decimal: DecimalText}


class Record(Base):
    """A journalled record.

    `id` is this station's short key, `uid` (UUIDv7) its identity everywhere, `version` counts its changes from 1. A
    column with `info={"secret": True}` enters the journal only as its SHA-256.
    """

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-3)
    uid: Mapped[str] = mapped_column(unique=True, sort_order=-2)
    version: Mapped[int] = mapped_column(sort_order=-1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy hands the class
        return {"version_id_col": cls.version, "version_id_generator": False}

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805
        return (*cls.constraints(), {"sqlite_autoincrement": True})

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        """Constraints of the table beyond its columns; a record overrides this."""
        return ()
