"""How the tables and keys of a profile are declared, checked and read: one declaration serves loader and schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from devices.errors import ProfileError
from devices.profile.locate import Locator, Place

LONGEST_TEXT = 4096
MOST_ITEMS = 1024
_CORRECT = "Correct the profile there."


class Kind(StrEnum):
    """What a key holds."""

    TEXT = "a text"
    INTEGER = "a whole number"
    FLAG = "true or false"
    DECIMAL = "a decimal number written as a text"
    TEXTS = "a list of texts"
    INTEGERS = "a list of whole numbers"
    MAP = "a table of texts"
    TABLE = "a table"
    TABLES = "a list of tables"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table: what it holds, whether it must be there, what it may be."""

    name: str
    kind: Kind
    help: str
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    pattern: str = ""
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One table (`[name]`) or list of tables (`[[name]]`) of a profile."""

    name: str
    help: str
    keys: tuple[Key, ...]
    many: bool = False
    required: bool = False


class Complaint:
    """Says what is wrong, with file and line; every refusal of a profile goes through here."""

    def __init__(self, file: str, locator: Locator) -> None:
        self._file = file
        self._locator = locator

    def error(self, place: Place, sentence: str, next_step: str = "") -> ProfileError:
        """A ProfileError that names the file and the line of `place`."""
        return ProfileError(f"{self._file}, line {self._locator.line(place)}: {sentence}", next_step or _CORRECT)


class Values:
    """A table that was checked against its declaration; the getters give each key its type.

    A key that is absent gives the getter's default.
    """

    def __init__(self, values: Mapping[str, Any], place: Place, complaint: Complaint) -> None:
        self._values = values
        self.place = place
        self._complaint = complaint

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def error(self, name: str, sentence: str, next_step: str = "") -> ProfileError:
        """A ProfileError at the key `name` (empty: at the table)."""
        return self._complaint.error((*self.place, name) if name else self.place, sentence, next_step)

    def text(self, name: str, default: str = "") -> str:
        value: str = self._values.get(name, default)
        return value

    def integer(self, name: str, default: int = 0) -> int:
        value: int = self._values.get(name, default)
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value: bool = self._values.get(name, default)
        return value

    def decimal(self, name: str) -> Decimal | None:
        return Decimal(self._values[name]) if name in self._values else None

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(self._values.get(name, ()))

    def integers(self, name: str) -> tuple[int, ...]:
        return tuple(self._values.get(name, ()))

    def mapping(self, name: str) -> dict[str, str]:
        return dict(self._values.get(name, {}))

    def table(self, name: str) -> Values | None:
        if name not in self._values:
            return None
        return Values(self._values[name], (*self.place, name), self._complaint)

    def tables(self, name: str) -> tuple[Values, ...]:
        found: Sequence[Mapping[str, Any]] = self._values.get(name, ())
        return tuple(Values(one, (*self.place, name, index), self._complaint) for index, one in enumerate(found))


def read_table(keys: Sequence[Key], raw: object, place: Place, complaint: Complaint) -> Values:
    """Check a table against its keys. Raises ProfileError at the first thing that is not as declared."""
    title = _title(place)
    if not isinstance(raw, dict):
        raise complaint.error(place, f"{title} must be a table.")
    declared = {key.name: key for key in keys}
    for name in raw:
        if name not in declared:
            raise complaint.error(
                (*place, name), f"{title} has no key '{name}'.", f"It may have: {', '.join(sorted(declared))}."
            )
    for key in keys:
        if key.name in raw:
            _check(key, raw[key.name], (*place, key.name), complaint)
        elif key.required:
            raise complaint.error(place, f"{title} needs '{key.name}': {key.help}")
    return Values(raw, place, complaint)


def _title(place: Place) -> str:
    names = [str(part) for part in place if isinstance(part, str)]
    if not names:
        return "the profile"
    counted = len(place) > 1 and isinstance(place[1], int)
    return f"[[{names[0]}]]" if counted and len(names) == 1 else f"[{'.'.join(names)}]"


def _check(key: Key, value: object, place: Place, complaint: Complaint) -> None:
    if not _is_kind(key.kind, value):
        raise complaint.error(place, f"'{key.name}' must be {key.kind.value}, not {_short(value)}.", key.help)
    if isinstance(value, str):
        _check_text(key, value, place, complaint)
    elif isinstance(value, int) and not isinstance(value, bool):
        _check_range(key, value, place, complaint)
    elif isinstance(value, list):
        if len(value) > MOST_ITEMS:
            raise complaint.error(place, f"'{key.name}' has {len(value)} entries; at most {MOST_ITEMS} are allowed.")
        for index, item in enumerate(value):
            if isinstance(item, dict):
                read_table(key.keys, item, (*place, index), complaint)
            elif isinstance(item, str):
                _check_text(key, item, place, complaint)
            else:
                _check_range(key, item, place, complaint)
    elif isinstance(value, dict) and key.kind is Kind.TABLE:
        read_table(key.keys, value, place, complaint)


def _check_text(key: Key, value: str, place: Place, complaint: Complaint) -> None:
    import re

    if len(value) > LONGEST_TEXT:
        raise complaint.error(place, f"'{key.name}' is longer than {LONGEST_TEXT} characters.")
    if key.choices and value not in key.choices:
        raise complaint.error(place, f"'{key.name}' must be one of {', '.join(key.choices)}, not '{value}'.", key.help)
    if key.pattern and re.fullmatch(key.pattern, value) is None:
        raise complaint.error(place, f"'{key.name}' cannot be {_short(value)}.", key.help)


def _check_range(key: Key, value: int, place: Place, complaint: Complaint) -> None:
    low, high = key.minimum, key.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        span = f"between {low} and {high}" if low is not None and high is not None else f"at least {low}"
        raise complaint.error(place, f"'{key.name}' must be {span}, not {value}.", key.help)


def _is_kind(kind: Kind, value: object) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if kind is Kind.TEXT:
        return isinstance(value, str)
    if kind is Kind.INTEGER:
        return whole
    if kind is Kind.FLAG:
        return isinstance(value, bool)
    if kind is Kind.DECIMAL:
        return isinstance(value, str) and _is_decimal(value)
    if kind is Kind.MAP:
        return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
    if kind is Kind.TABLE:
        return isinstance(value, dict)
    if not isinstance(value, list):
        return False
    if kind is Kind.TEXTS:
        return all(isinstance(item, str) for item in value)
    if kind is Kind.INTEGERS:
        return all(isinstance(item, int) and not isinstance(item, bool) for item in value)
    return all(isinstance(item, dict) for item in value)


def _is_decimal(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
