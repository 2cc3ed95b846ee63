"""Calls a public function of the library by its dotted name with plain data: numbers, texts, lists, dictionaries."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

from analysis.errors import AnalysisError


def function_named(name: str) -> Callable[..., Any]:
    """The public function of this dotted name, e.g. 'tolerance.normal'; only those of `analysis.catalogue` count."""
    from analysis.catalogue import functions

    known = functions()
    if name not in known:
        near = [other for other in known if other.split(".")[-1] == name.split(".")[-1]]
        hint = f"Did you mean {near[0]}?" if near else "`sinebar validate --functions` lists them."
        raise AnalysisError(f"'{name}' is no function of the library.", hint)
    return known[name]


def call(name: str, arguments: Mapping[str, Any]) -> Any:
    """Call a function with plain arguments; objects the function wants are built from dictionaries or names."""
    function = function_named(name)
    signature = inspect.signature(function)
    open_ended = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    for given in arguments:
        if given not in signature.parameters and not open_ended:
            known = ", ".join(signature.parameters)
            raise AnalysisError(f"'{name}' takes no argument '{given}'.", f"It takes {known}.")
    for parameter in signature.parameters.values():
        variadic = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.default is parameter.empty and parameter.name not in arguments and not variadic:
            raise AnalysisError(f"'{name}' needs the argument '{parameter.name}'.")
    hints = typing.get_type_hints(function)
    built = {key: _build(hints.get(key), value) for key, value in arguments.items()}
    return function(**built)


def _build(hint: Any, value: Any) -> Any:
    """Turn plain data into what the annotation asks for: a dataclass from a dictionary, a tuple from a list."""
    for option in _options(hint):
        if dataclasses.is_dataclass(option) and isinstance(option, type) and isinstance(value, Mapping):
            maker = getattr(option, "from_dict", None)
            if maker is not None:
                return maker(value)
            hints = typing.get_type_hints(option)
            names = {item.name for item in dataclasses.fields(option)}
            unknown = sorted(set(value) - names)
            if unknown:
                raise AnalysisError(f"{option.__name__} has no field '{unknown[0]}'.", f"Fields: {', '.join(names)}.")
            return option(**{key: _build(hints[key], item) for key, item in value.items()})
        if dataclasses.is_dataclass(option) and isinstance(option, type) and isinstance(value, str):
            named = getattr(option, "by_name", None)
            if named is not None and str not in _options(hint):
                return named(value)
        if typing.get_origin(option) is tuple and isinstance(value, list):
            inner = typing.get_args(option)
            return tuple(_build(inner[0] if inner else None, item) for item in value)
    return value


def _options(hint: Any) -> tuple[Any, ...]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return typing.get_args(hint)
    return (hint,)
