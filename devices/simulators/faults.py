"""The ways in which real instruments misbehave, by name: each was met in a manual or in the field."""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """What a simulated instrument does wrong now and then."""

    NOISE = "noise"
    DRIFT = "drift"
    DROPOUT = "dropout"
    SLOW = "slow"
    LATE = "late"
    SPLIT = "split"
    GLUE = "glue"
    PREFIX = "prefix"
    GARBAGE = "garbage"
    TRUNCATE = "truncate"
    PARITY = "parity"
    ERROR = "error"
    OVERLOAD = "overload"
    IDENT = "ident"
    UNIT = "unit"
    EVENT = "event"
    BUTTON = "button"
    MENU = "menu"


HELP: dict[Fault, str] = {
    Fault.NOISE: "every value scatters more than it should",
    Fault.DRIFT: "every value creeps away",
    Fault.DROPOUT: "some records are never sent",
    Fault.SLOW: "answers take most of the time-out",
    Fault.LATE: "some answers come after the time-out",
    Fault.SPLIT: "records come in pieces, cut at any byte",
    Fault.GLUE: "two records come at once",
    Fault.PREFIX: "a 00 or FF byte comes before the record",
    Fault.GARBAGE: "random bytes come instead of a record",
    Fault.TRUNCATE: "a record stops short of its end",
    Fault.PARITY: "a character of the record is lost to a wrong parity bit",
    Fault.ERROR: "the instrument's error record comes instead of a value",
    Fault.OVERLOAD: "the instrument's overload text comes instead of a value",
    Fault.IDENT: "the instrument identifies itself as if just switched on",
    Fault.UNIT: "somebody changed the unit at the instrument",
    Fault.EVENT: "a foot switch or key reports without a value",
    Fault.BUTTON: "the data button is pressed while an answer is awaited: two records",
    Fault.MENU: "the instrument's menu is open: no answer at all",
}

ALWAYS = frozenset({Fault.NOISE, Fault.DRIFT, Fault.SLOW, Fault.MENU})
"""Faults that strike every record unless a rate is given; the others strike one in ten."""

NEEDS_TEXT = frozenset({Fault.ERROR, Fault.OVERLOAD, Fault.IDENT, Fault.EVENT})
"""Faults whose text the profile must give under [simulate] faults."""
