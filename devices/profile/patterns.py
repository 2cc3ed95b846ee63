"""The patterns a profile may use: a bounded part of regular expressions, proved cheap before it is compiled.

Allowed: literals, escapes, classes, `.`, `(?:...)`, `(?P<name>...)`, `|`, `?`, `*`, `+`, `{n}`, `{n,m}`. Not allowed:
look-around, back-references, lazy or possessive repeats, flags. A pattern describes a whole frame, so anchors say
nothing and are dropped. Bytes are matched as Latin-1 characters.

The proof: a repeat or a choice is free when the next character alone decides it (the sets of characters that continue
and that follow have nothing in common). Each one that is not free multiplies the work by its number of choices; a
pattern whose product passes `MOST_WORK` is refused, so no frame of any bytes can make matching explode.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_PATTERN = 500
MOST_WORK = 2000
UNBOUNDED = 4096

ANY = (1 << 256) - 1


def mask(characters: str) -> int:
    """The set of `characters` (Latin-1) as a 256-bit number."""
    result = 0
    for character in characters:
        result |= 1 << ord(character)
    return result


_DIGITS = mask("0123456789")
_WORD = _DIGITS | mask("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_SPACE = mask(" \t\n\r\f\v")
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": _SPACE, "D": ANY ^ _DIGITS, "W": ANY ^ _WORD, "S": ANY ^ _SPACE}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}


class PatternError(ValueError):
    """A pattern is not allowed; the text says why and where."""


@dataclass(frozen=True, slots=True)
class Characters:
    allowed: int


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    part: Node
    low: int
    high: int


Node = Characters | Sequence | Choice | Repeat


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern.

    `first` holds the characters a match may begin with, `groups` its named groups; `bits` is how much the pattern
    demands of a text at least (a fixed character counts 8, a digit 4.7); `masks` holds the characters
    that each group may hold.
    """

    text: str
    compiled: re.Pattern[str]
    first: int
    nullable: bool
    groups: frozenset[str]
    bits: float
    masks: Mapping[str, int]

    def may_begin(self, byte: int) -> bool:
        """Whether a match can begin with this byte."""
        return self.nullable or bool(self.first >> byte & 1)


def compile_pattern(text: str) -> Pattern:
    """Check and compile. Raises PatternError when the pattern is outside the allowed part or could be slow."""
    if len(text) > LONGEST_PATTERN:
        raise PatternError(f"the pattern is longer than {LONGEST_PATTERN} characters")
    body = text.removeprefix("^")
    if body.endswith("$") and not body.endswith("\\$"):
        body = body[:-1]
    parser = _Parser(body)
    tree = parser.parse()
    work = _work(tree, 0)
    if work > MOST_WORK:
        raise PatternError(
            "parts of the pattern that can match the same characters stand side by side, so it may be slow"
        )
    try:
        compiled = re.compile(body, re.ASCII | re.DOTALL)
    except re.error as error:
        raise PatternError(str(error)) from error
    return Pattern(
        text, compiled, _first(tree), _nullable(tree), frozenset(compiled.groupindex), _bits(tree), parser.masks
    )


class _Parser:
    """Recursive descent over the allowed part of the syntax."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self.masks: dict[str, int] = {}

    def parse(self) -> Node:
        tree = self._choice()
        if self._at < len(self._text):
            raise self._error("there is a ')' too many")
        return tree

    def _error(self, why: str) -> PatternError:
        return PatternError(f"{why} (character {self._at + 1})")

    def _peek(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def _take(self) -> str:
        character = self._peek()
        if not character:
            raise self._error("the pattern ends too early")
        self._at += 1
        return character

    def _choice(self) -> Node:
        options = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeat(self._atom()))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _repeat(self, part: Node) -> Node:
        character = self._peek()
        if character not in ("?", "*", "+", "{") or not character:
            return part
        low, high = self._bounds()
        if self._peek() in ("?", "+", "*") and self._peek():
            raise self._error("lazy, possessive and double repeats are not allowed")
        if _nullable(part):
            raise self._error("what is repeated may be empty")
        return Repeat(part, low, high)

    def _bounds(self) -> tuple[int, int]:
        character = self._take()
        if character != "{":
            return {"?": (0, 1), "*": (0, UNBOUNDED), "+": (1, UNBOUNDED)}[character]
        found = re.compile(r"(\d{1,4})(,(\d{0,4}))?\}").match(self._text, self._at)
        if found is None:
            raise self._error("a '{' must be a repeat like {3} or {1,8}; write \\{ for the character")
        self._at = found.end()
        low = int(found[1])
        high = low if found[2] is None else int(found[3] or UNBOUNDED)
        if high < low or high > UNBOUNDED:
            raise self._error(f"the repeat {{{low},{high}}} cannot be")
        return low, high

    def _atom(self) -> Node:
        character = self._take()
        if character == "(":
            return self._group()
        if character == "[":
            return Characters(self._class())
        if character == ".":
            return Characters(ANY)
        if character == "\\":
            return Characters(self._escape())
        if character in "^$":
            raise self._error("a pattern describes the whole record: '^' and '$' stand only at its ends")
        if character in "?*+{":
            raise self._error("there is nothing to repeat")
        return Characters(self._single(character))

    def _group(self) -> Node:
        self._depth += 1
        if self._depth > 20:
            raise self._error("groups are nested too deeply")
        opening = re.compile(r"\?:|\?P<[a-z]+>").match(self._text, self._at)
        if opening is None:
            raise self._error("a group is (?:...) or (?P<name>...)")
        self._at = opening.end()
        tree = self._choice()
        if opening[0] != "?:":
            self.masks[opening[0][3:-1]] = _all(tree)
        if self._peek() != ")":
            raise self._error("a ')' is missing")
        self._at += 1
        self._depth -= 1
        return tree

    def _single(self, character: str) -> int:
        if ord(character) > 255:
            raise self._error(f"'{character}' is not one byte; write \\xHH")
        return 1 << ord(character)

    def _escape(self) -> int:
        character = self._take()
        if character in _CLASSES:
            return _CLASSES[character]
        if character in _CONTROLS:
            return mask(_CONTROLS[character])
        if character == "x":
            found = re.compile(r"[0-9A-Fa-f]{2}").match(self._text, self._at)
            if found is None:
                raise self._error("\\x needs two hexadecimal digits")
            self._at = found.end()
            return 1 << int(found[0], 16)
        if character.isalnum():
            raise self._error(f"'\\{character}' is not allowed")
        return self._single(character)

    def _class(self) -> int:
        negated = self._peek() == "^"
        if negated:
            self._at += 1
        allowed = 0
        while True:
            character = self._take()
            if character == "]":
                break
            if character == "[":
                raise self._error("write \\[ inside a class")
            low = self._escape() if character == "\\" else self._single(character)
            if self._peek() == "-" and self._text[self._at + 1 : self._at + 2] not in ("]", ""):
                self._at += 1
                low = self._span(low)
            allowed |= low
        if not allowed:
            raise self._error("an empty class matches nothing")
        return ANY ^ allowed if negated else allowed

    def _span(self, low: int) -> int:
        character = self._take()
        high = self._escape() if character == "\\" else self._single(character)
        if low.bit_count() != 1 or high.bit_count() != 1 or high < low:
            raise self._error("a span in a class runs from one character up to another")
        return (high << 1) - low


def _nullable(node: Node) -> bool:
    if isinstance(node, Characters):
        return False
    if isinstance(node, Sequence):
        return all(_nullable(part) for part in node.parts)
    if isinstance(node, Choice):
        return any(_nullable(option) for option in node.options)
    return node.low == 0


def _first(node: Node) -> int:
    if isinstance(node, Characters):
        return node.allowed
    if isinstance(node, Repeat):
        return _first(node.part) if node.high else 0
    result = 0
    if isinstance(node, Choice):
        for option in node.options:
            result |= _first(option)
        return result
    for part in node.parts:
        result |= _first(part)
        if not _nullable(part):
            break
    return result


def _work(node: Node, follow: int) -> int:
    """Upper bound of the number of ways the matcher may try, given the characters that may follow `node`."""
    if isinstance(node, Characters):
        return 1
    if isinstance(node, Sequence):
        return _sequence_work(node, follow)
    if isinstance(node, Choice):
        return _choice_work(node, follow)
    again = _first(node.part) if node.high > 1 else 0
    inner = _work(node.part, follow | again)
    choices = node.high - node.low + 1 if node.high > node.low and _first(node.part) & follow else 1
    if inner == 1:
        return _bounded(choices)
    total = choices
    for _ in range(node.high):
        total *= inner
        if total > MOST_WORK:
            break
    return _bounded(total)


def _sequence_work(node: Sequence, follow: int) -> int:
    total = 1
    for part in reversed(node.parts):
        total = _bounded(total * _work(part, follow))
        follow = _first(part) | follow if _nullable(part) else _first(part)
    return total


def _choice_work(node: Choice, follow: int) -> int:
    overlapping = 1
    seen = 0
    inner = 1
    for option in node.options:
        begin = _first(option) | (follow if _nullable(option) else 0)
        if begin & seen:
            overlapping += 1
        seen |= begin
        inner = max(inner, _work(option, follow))
    return _bounded(overlapping * inner)


def _all(node: Node) -> int:
    """Every character that may occur in a match."""
    if isinstance(node, Characters):
        return node.allowed
    if isinstance(node, Repeat):
        return _all(node.part)
    result = 0
    for part in node.parts if isinstance(node, Sequence) else node.options:
        result |= _all(part)
    return result


def _bits(node: Node) -> float:
    if isinstance(node, Characters):
        return 8 - math.log2(node.allowed.bit_count())
    if isinstance(node, Sequence):
        return sum(_bits(part) for part in node.parts)
    if isinstance(node, Choice):
        return min(_bits(option) for option in node.options)
    return node.low * _bits(node.part)


def _bounded(work: int) -> int:
    return min(work, MOST_WORK + 1)
