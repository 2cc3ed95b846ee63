"""Calls a function of the library with settings a person typed: what does not fit is said before it is called."""

from __future__ import annotations

import inspect
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.rules import RuleSet
from workstation.errors import CallIsWrong


def ask(
    kind: str,
    function: Callable[..., Any],
    given: Sequence[Any],
    named: Mapping[str, Any],
    settings: Mapping[str, Any],
    kinds: Mapping[str, Any] | None = None,
) -> Any:
    """Call `function(*given, **named, **settings)`; CallIsWrong names a setting that is unknown, missing or unfit.

    `kinds` gives the annotations of settings that the function hands on (its **keywords).
    """
    parameters, hints = _shape(function)
    hints = {**hints, **(kinds or {})}
    open_ended = any(item.kind is item.VAR_KEYWORD for item in parameters.values())
    usual = [item for item in parameters.values() if item.kind not in (item.VAR_KEYWORD, item.VAR_POSITIONAL)]
    taken = {item.name for item in usual[: len(given)]} | set(named)
    free = [item.name for item in usual if item.name not in taken]
    for name in settings:
        if name in taken:
            raise CallIsWrong(f"'{name}' comes from the file or an option of its own.", f"Leave out --set {name}=...")
        if name not in free and not open_ended:
            raise CallIsWrong(f"'{kind}' has no setting '{name}'.", f"It has {', '.join(free) or 'none'}.")
    missing = [item.name for item in usual if item.default is item.empty and item.name in free]
    missing = [name for name in missing if name not in settings]
    if missing:
        listed = " ".join(f"--set {name}=..." for name in missing)
        raise CallIsWrong(f"'{kind}' needs {' and '.join(missing)}.", f"Give {listed}")
    fitted = {name: fit(name, value, hints.get(name, Any)) for name, value in settings.items()}
    return function(*given, **{**named, **fitted})


@cache
def _shape(function: Callable[..., Any]) -> tuple[Mapping[str, inspect.Parameter], Mapping[str, Any]]:
    return inspect.signature(function).parameters, typing.get_type_hints(function)


def fit(name: str, value: Any, hint: Any) -> Any:
    """`value` as the annotation wants it; CallIsWrong when it is of another kind."""
    if _not_finite(value):
        raise CallIsWrong(f"'{name}' is {value}.", "Give a finite number.")
    options = typing.get_args(hint) if _is_union(hint) else (hint,)
    if set(options) >= _ARRAY:
        if value is None and type(None) in options:
            return None
        return _numbers(name, value)
    for option in options:
        found, made = _as(option, value)
        if found:
            return made
    kinds = " or ".join(dict.fromkeys(_spoken(option) for option in options if option is not type(None)))
    raise CallIsWrong(f"'{name}' is {value!r}; {kinds} is needed.", f"Write --set {name}=...")


_ARRAY = frozenset(typing.get_args(ArrayLike))


def _numbers(name: str, value: Any) -> Any:
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(item, int | float) and not isinstance(item, bool) for item in listed):
        raise CallIsWrong(f"'{name}' is {value!r}; numbers are needed.", f"Write --set {name}=1.5 or {name}=[1,2]")
    return np.asarray(listed, dtype=np.float64) if isinstance(value, list) else float(value)


def _not_finite(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, list) and any(_not_finite(item) for item in value)


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _as(option: Any, value: Any) -> tuple[bool, Any]:
    """Whether `value` is of the kind `option`, and its form."""
    if option is type(None):
        return value is None, None
    if option is Any:
        return True, value
    if typing.get_origin(option) is Literal:
        found = [item for item in typing.get_args(option) if str(item) == str(value)]
        return bool(found), found[0] if found else None
    if option is bool:
        return isinstance(value, bool), value
    if option is RuleSet:
        return isinstance(value, str), RuleSet.by_name(value) if isinstance(value, str) else None
    if option in (int, float, str):
        return _as_scalar(option, value)
    return _as_collection(option, value)


def _as_scalar(option: type, value: Any) -> tuple[bool, Any]:
    if option is str:
        plain = isinstance(value, str | int | float) and not isinstance(value, bool)
        return plain, str(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False, None
    if option is float:
        return True, float(value)
    return float(value).is_integer(), int(value)


def _as_collection(option: Any, value: Any) -> tuple[bool, Any]:
    """Lists and objects: a sequence (a single entry may stand alone), a mapping, or an array of numbers."""
    origin = typing.get_origin(option) or option
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, dict), value
    inner = typing.get_args(option)
    listed = value if isinstance(value, list) else [value]
    if isinstance(origin, type) and issubclass(origin, Iterable) and not issubclass(origin, np.ndarray):
        return _as_sequence(inner[0] if inner else Any, listed, origin is tuple)
    return origin is object, value


def _as_sequence(inner: Any, listed: list[Any], as_tuple: bool) -> tuple[bool, Any]:
    made = [_as(inner, item) for item in listed]
    if not all(found for found, _ in made):
        return False, None
    entries = [item for _, item in made]
    return True, tuple(entries) if as_tuple else entries


def _spoken(option: Any) -> str:
    if typing.get_origin(option) is Literal:
        return "one of " + ", ".join(str(item) for item in typing.get_args(option))
    names = {int: "a whole number", float: "a number", str: "a text", bool: "true or false", RuleSet: "a rule set"}
    if option in names:
        return names[option]
    origin = typing.get_origin(option) or option
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "an object in braces"
    return "a list of numbers" if not isinstance(origin, type) else "a list"
