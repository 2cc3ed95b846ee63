"""Builds what a function's annotations ask for from plain data; what does not fit is refused with place and reason."""

from __future__ import annotations

import collections.abc
import dataclasses
import math
import sys
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.errors import AnalysisError

LARGEST_WHOLE = 2**53
"""Beyond it floating point no longer holds every whole number."""
LARGEST_NUMBER = sys.float_info.max
DEEPEST = 4
SHOWN = 40

_ARRAY = frozenset(typing.get_args(ArrayLike))
_LISTS = (list, tuple, np.ndarray)
_SEQUENCES = (list, collections.abc.Sequence, collections.abc.Iterable)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: the function, the way to the value, and whether its numbers must be finite."""

    function: str
    path: str
    finite: bool = True

    def at(self, step: object) -> Place:
        return dataclasses.replace(self, path=f"{self.path}.{step}")

    def refused(self, value: object, wanted: str) -> AnalysisError:
        shown = repr(value)
        shown = shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"
        return AnalysisError(f"'{self.function}' cannot take {shown} as its '{self.path}'.", f"Give {wanted}.")


def build(hint: Any, value: object, place: Place) -> Any:
    """`value` as `hint` wants it: a dataclass from a dictionary or a name, a tuple from a list, 5 from 5.0.

    AnalysisError names the function, the place within its arguments and what is wanted there.
    """
    options = _options(hint)
    if any(option in (Any, object) for option in options):
        return value
    fitting = [option for option in options if _fits(option, value, options)]
    if not fitting:
        raise place.refused(value, " or ".join(_words(option) for option in options))
    for option in fitting[:-1]:
        try:
            return _made(option, value, place)
        except AnalysisError:
            continue  # the next may take it; what the last one says is told
    return _made(fitting[-1], value, place)


def _options(hint: Any) -> tuple[Any, ...]:
    """The members of a union; numpy's own union of everything that can be an array counts as one."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return (hint,)
    members = typing.get_args(hint)
    if not set(members) >= _ARRAY:
        return members
    return (ArrayLike, *(member for member in members if member not in _ARRAY))


def _fits(option: Any, value: object, options: Sequence[Any]) -> bool:
    """Whether `value` is of the outer kind that `option` asks for."""
    origin = typing.get_origin(option)
    if option is None or option is type(None):
        return value is None
    if option is bool:
        return isinstance(value, bool | np.bool_)
    if option is int or option is float:
        return _is_number(value)
    if option is str:
        return isinstance(value, str)
    if origin is typing.Literal:
        return any(type(value) is type(member) and value == member for member in typing.get_args(option))
    if _is_array(option):
        return isinstance(value, _LISTS) or _is_number(value)
    if origin in (tuple, *_SEQUENCES):
        return isinstance(value, _LISTS)
    if origin is collections.abc.Mapping:
        return isinstance(value, Mapping)
    if dataclasses.is_dataclass(option) and isinstance(option, type):
        named = isinstance(value, str) and hasattr(option, "by_name") and str not in options
        return named or isinstance(value, Mapping | option)
    return isinstance(option, type) and isinstance(value, option)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _is_array(option: Any) -> bool:
    return option is ArrayLike or option is np.ndarray or typing.get_origin(option) is np.ndarray


def _made(option: Any, value: Any, place: Place) -> Any:
    origin = typing.get_origin(option)
    if option is int:
        return _whole(value, place)
    if option is float:
        return _number(value, place)
    if option is bool:
        return bool(value)
    if _is_array(option):
        _look_through(value, place, DEEPEST)
        return value if option is ArrayLike else _numbers(value, place)
    if origin is tuple:
        return _tuple(typing.get_args(option), value, place)
    if origin in _SEQUENCES:
        return _items((typing.get_args(option) or (Any,))[0], value, place)
    if origin is collections.abc.Mapping:
        return _mapping(typing.get_args(option), value, place)
    if dataclasses.is_dataclass(option) and isinstance(option, type) and not isinstance(value, option):
        return _dataclass(option, value, place)
    return value


def _whole(value: Any, place: Place) -> int:
    if not abs(value) <= LARGEST_WHOLE or value != int(value):
        raise place.refused(value, f"a whole number up to {LARGEST_WHOLE:g}")
    return int(value)


def _number(value: Any, place: Place) -> float:
    if isinstance(value, int) and abs(value) <= LARGEST_WHOLE:
        return value
    try:
        number = float(value)
    except OverflowError as error:
        raise place.refused(value, "a number that floating point can hold") from error
    if place.finite and not math.isfinite(number):
        raise place.refused(value, "a finite number")
    return number


def _numbers(value: Any, place: Place) -> Any:
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise place.refused(value, "a list of numbers") from error


def _look_through(value: Any, place: Place, depth: int) -> None:
    """Refuse a list that holds anything but numbers, texts, missing ones and lists of these."""
    if isinstance(value, np.ndarray):
        return
    for index, item in enumerate(value if isinstance(value, list | tuple) else ()):
        if isinstance(item, _LISTS) and depth > 1:
            _look_through(item, place.at(index), depth - 1)
        elif not (item is None or _is_number(item) or isinstance(item, str | bool | np.bool_)):
            raise place.at(index).refused(item, "a number, a text, or null where one is missing")
        elif isinstance(item, int) and abs(item) > LARGEST_NUMBER:
            raise place.at(index).refused(item, "a number that floating point can hold")


def _tuple(members: tuple[Any, ...], value: Any, place: Place) -> tuple[Any, ...]:
    if len(members) == 2 and members[1] is Ellipsis:
        return tuple(_items(members[0], value, place))
    if len(value) != len(members):
        raise place.refused(value, f"a list of {len(members)}")
    pairs = zip(members, _plain(value), strict=True)
    return tuple(build(member, item, place.at(index)) for index, (member, item) in enumerate(pairs))


def _items(member: Any, value: Any, place: Place) -> list[Any]:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        raise place.refused(value.item(), "a list")
    return [build(member, item, place.at(index)) for index, item in enumerate(_plain(value))]


def _plain(value: Any) -> Iterable[Any]:
    plain: Iterable[Any] = value.tolist() if isinstance(value, np.ndarray) else value
    return plain


def _mapping(members: tuple[Any, ...], value: Mapping[Any, Any], place: Place) -> dict[str, Any]:
    for key in value:
        if not isinstance(key, str):
            raise place.refused(key, "a name, which is a text")
    member = members[1] if members else Any
    return {key: build(member, item, place.at(key)) for key, item in value.items()}


def _dataclass(kind: type[Any], value: Any, place: Place) -> Any:
    if isinstance(value, str):
        return kind.by_name(value)
    if hasattr(kind, "from_dict"):
        return kind.from_dict(value)
    fields = {item.name: item for item in dataclasses.fields(kind) if item.init}
    for key in value:
        if key not in fields:
            raise AnalysisError(
                f"'{place.function}' knows no '{key}' in its '{place.path}'.", f"It takes {', '.join(fields)}."
            )
    for name, item in fields.items():
        needed = item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        if needed and name not in value:
            raise AnalysisError(
                f"'{place.function}' needs '{name}' in its '{place.path}'.", f"It takes {', '.join(fields)}."
            )
    hints = typing.get_type_hints(kind)
    return kind(**{key: build(hints[key], item, place.at(key)) for key, item in value.items()})


def _words(option: Any) -> str:
    """What a person should give for this annotation."""
    origin = typing.get_origin(option)
    simple = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", type(None): "null"}
    if option in simple:
        return simple[option]
    if origin is typing.Literal:
        return "one of " + ", ".join(str(member) for member in typing.get_args(option))
    if _is_array(option):
        return "a list of numbers"
    if origin in (tuple, *_SEQUENCES):
        return "a list"
    if dataclasses.is_dataclass(option) and isinstance(option, type):
        names = ", ".join(item.name for item in dataclasses.fields(option) if item.init)
        known = " or the name of one" if hasattr(option, "by_name") else ""
        return f"an object with {names}{known}"
    return "an object with named entries"
