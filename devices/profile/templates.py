"""Templates of what a simulated instrument sends: a few named fields, formats for numbers, and nothing else."""

from __future__ import annotations

import re
import string
from decimal import Decimal

_FORMAT = re.compile(r"(.?[<>^=])?[+ -]?0?\d{0,2}(\.\d{1,2}f|d)?")
_PARSER = string.Formatter()
FIELDS = frozenset({"v", "a", "s", "m", "i", "ch", "u", "n"})


class TemplateError(ValueError):
    """A template cannot be used; the text reads after 'the template'."""


def check_template(template: str, sample: Decimal) -> None:
    """Raise TemplateError when `fill` could not fill the template, or it asks for anything but the known fields."""
    fill(template, sample, channel="1", unit="mm", number=1)


def fill(template: str, value: Decimal, *, channel: str, unit: str, number: int) -> str:
    """The template filled in.

    Fields: v value, a its amount, s its sign, m minus or a blank, i its digits without the point, ch channel, u unit,
    n count of records.
    """
    fields: dict[str, Decimal | int | str] = {
        "v": value,
        "a": abs(value),
        "s": "-" if value < 0 else "+",
        "m": "-" if value < 0 else " ",
        "i": int("".join(str(digit) for digit in value.as_tuple().digits)),
        "ch": channel,
        "u": unit,
        "n": number,
    }
    parts: list[str] = []
    try:
        for literal, name, form, conversion in _PARSER.parse(template):
            parts.append(literal)
            if name is None:
                continue
            if name not in FIELDS or conversion:
                raise TemplateError(f"has a field '{name}'; fields are {', '.join(sorted(FIELDS))}")
            if form and _FORMAT.fullmatch(form) is None:
                raise TemplateError(f"has the format '{form}'; formats are like +09.3f, >10.2f, 03d or <5")
            parts.append(format(fields[name], form or ""))
    except ValueError as error:
        if isinstance(error, TemplateError):
            raise
        raise TemplateError(f"cannot be filled: {error}") from error
    text = "".join(parts)
    if not text.isascii() and any(ord(character) > 255 for character in text):
        raise TemplateError("holds a character that is not one byte")
    return text
