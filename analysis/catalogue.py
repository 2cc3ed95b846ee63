"""Which functions of the library can be called by name: from a reference case or from the command line."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

ROOMS = (
    "constants", "charts", "arl", "capability", "msa", "sampling.attributes", "sampling.curves", "sampling.design",
    "sampling.limits", "sampling.variables", "sampling.plan", "sampling.switching", "tolerance", "descriptive",
    "normality", "comparison", "anova", "regression", "correlation", "trend", "pareto", "design", "screening",
)  # fmt: skip


@cache
def functions() -> dict[str, Callable[..., Any]]:
    """Every public function of `ROOMS` by its dotted name, e.g. 'tolerance.normal', in order of the rooms."""
    found: dict[str, Callable[..., Any]] = {}
    for room in ROOMS:
        if importlib.util.find_spec(f"analysis.{room}") is None:
            continue
        module = importlib.import_module(f"analysis.{room}")
        names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
        for name in names:
            item = getattr(module, name)
            if not callable(item) or isinstance(item, type):
                continue
            # A package offers what it lists in __all__; a module what is defined in it.
            home = str(getattr(item, "__module__", ""))
            own = home.startswith(f"analysis.{room}") or hasattr(module, "__all__")
            if inspect.isfunction(inspect.unwrap(item)) and own and home.startswith("analysis"):
                found[f"{room}.{name}"] = item
    return found
