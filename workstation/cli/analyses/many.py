"""Screening of all numeric columns of a file: which characteristics need attention first."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from analysis.rules import RuleSet
from analysis.screening import Screening, screen
from workstation.cli.analyses.plots import Bar, bars
from workstation.cli.analyses.request import Analysis, Request
from workstation.errors import CallIsWrong
from workstation.exchange.csv_table import read_table


def _screen(request: Request) -> Screening:
    names = request.roles.get("values", ()) or tuple(
        name for name in request.rows.names if request.rows.is_numeric(name)
    )
    if not names:
        raise CallIsWrong(f"{request.rows.path} has no numeric column.", "Name columns of numbers with --column.")
    table = np.column_stack([request.rows.numbers(name) for name in names])
    rest = dict(request.settings)
    limits = _limits(request, names, rest.pop("limits", None))
    rules = RuleSet.by_name(request.options.get("rules") or "nelson")
    found: Screening = request.with_settings(rest).ask(screen, table, names=names, rules=rules, **limits)
    return found


def _limits(request: Request, names: tuple[str, ...], given: Any) -> dict[str, Any]:
    """One specification for all by --lower, --upper, --target; or one a column from a file after --set limits=."""
    common = {key: request.options.get(key) for key in ("lower", "upper", "target")}
    if given is None:
        return {key: value for key, value in common.items() if value is not None}
    found = _from_file(Path(str(given))) if not isinstance(given, dict) else _from_object(given)
    if not set(found) & set(names):
        raise CallIsWrong(f"No limits are given for any of the {len(names)} columns.", "Name them as in the file.")
    strange = [name for name in found if name not in request.rows.names]
    if strange:
        request.say(f"Limits without a column: {', '.join(strange)}.")
    return {
        key: [found.get(name, {}).get(key, math.nan if common[key] is None else common[key]) for name in names]
        for key in common
    }


def _from_file(path: Path) -> dict[str, dict[str, float]]:
    """A CSV file with the columns name, lower, upper and target; an empty cell is no limit."""
    table = read_table(path)
    if "name" not in table.names:
        raise CallIsWrong(f"{path} has no column 'name'.", "Give the columns name, lower, upper and target.")
    columns = {key: table.numbers(key) for key in ("lower", "upper", "target") if key in table.names}
    return {
        name.strip(): {key: float(values[row]) for key, values in columns.items()}
        for row, name in enumerate(table.text("name"))
    }


def _from_object(given: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    made: dict[str, dict[str, float]] = {}
    for name, limits in given.items():
        good = isinstance(limits, dict) and set(limits) <= {"lower", "upper", "target"}
        if not good or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in limits.values()):
            shown = json.dumps(limits)
            raise CallIsWrong(f"The limits of '{name}' are {shown}.", 'Write {"column": {"lower": 1, "upper": 2}}.')
        made[name] = {key: float(value) for key, value in limits.items()}
    return made


def _draw(_request: Request, result: Screening) -> str:
    """Ppk of the characteristics in most need; signals where there is no specification."""
    worst = [int(index) for index in result.order[:30]]
    if np.isnan(result.ppk).all():
        ordered = np.argsort(-result.signals, kind="stable")[:30].tolist()
        counts = [Bar(result.names[index], float(result.signals[index])) for index in ordered]
        return bars(counts, "points with a signal", title="Screening: most signals")
    made = [Bar(result.names[i], float(result.ppk[i]), marked=result.ppk[i] < 1.33) for i in worst]
    return bars(made, "Ppk", title="Screening: smallest Ppk", lines={"1.33": 1.33})


def analyses() -> list[Analysis]:
    """The one analysis of whole files."""
    return [
        Analysis("screening", "Limits, eight rules and capability of every numeric column, those in most need first.",
                 "[--column A ...] [--lower LSL --upper USL | --set limits=limits.csv]", _screen, _draw)
    ]  # fmt: skip
