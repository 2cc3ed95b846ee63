"""Calls a public function of the library by its dotted name with plain data: numbers, texts, lists, dictionaries."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any

from analysis.building import Place, build
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
    function, built = prepared(name, arguments)
    return function(**built)


def prepared(
    name: str, arguments: Mapping[str, Any], *, finite: bool = True
) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The function of that name and its arguments as its annotations want them (see `analysis.building`).

    AnalysisError names an argument that is unknown, missing or of another kind. `finite` False lets single numbers be
    infinite or not a number, as a program that calls the function itself could give them.
    """
    function = function_named(name)
    parameters = inspect.signature(function).parameters
    open_ended = any(item.kind is item.VAR_KEYWORD for item in parameters.values())
    named = [item for item in parameters.values() if item.kind not in (item.VAR_POSITIONAL, item.VAR_KEYWORD)]
    known = ", ".join(item.name for item in named)
    for given in arguments:
        if given not in {item.name for item in named} and not open_ended:
            raise AnalysisError(f"'{name}' takes no argument '{given}'.", f"It takes {known}.")
    for item in named:
        if item.default is item.empty and item.name not in arguments:
            raise AnalysisError(f"'{name}' needs the argument '{item.name}'.", f"It takes {known}.")
    hints = typing.get_type_hints(function)
    return function, {
        key: build(hints.get(key, Any), value, Place(name, key, finite)) for key, value in arguments.items()
    }
