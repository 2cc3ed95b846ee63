"""The data of a reference case: plain in the case, generated, or from a CSV file beside it."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import AnalysisError

MOST_REPEATS = 10_000_000


def read_arguments(given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The arguments of a case with their data; AnalysisError names a file, column or cell that is wrong."""
    return {name: _argument(value, folder) for name, value in given.items()}


def _argument(value: Any, folder: Path) -> Any:
    if isinstance(value, Mapping) and "csv" in value:
        return _from_csv(value, folder)
    if isinstance(value, Mapping) and "generate" in value:
        return _generated(value["generate"])
    if isinstance(value, Mapping):
        return {key: _argument(item, folder) for key, item in value.items()}
    return value


def _generated(wanted: Any) -> list[float]:
    """{first, pair, repeat}: the first value, then the pair repeated, as NIST describes its generated series."""
    numbers = wanted if isinstance(wanted, Mapping) else {}
    first, pair, repeat = (numbers.get(key) for key in ("first", "pair", "repeat"))
    whole = isinstance(repeat, int) and 0 <= repeat <= MOST_REPEATS
    if not isinstance(first, int | float) or not isinstance(pair, list) or not whole:
        raise AnalysisError(
            "A generated series has a first value, a pair and how often it is repeated.",
            'Write {"generate": {"first": 1.2, "pair": [1.1, 1.3], "repeat": 500}}.',
        )
    return [float(first), *[float(item) for item in pair] * int(repeat or 0)]


def _from_csv(wanted: Mapping[str, Any], folder: Path) -> Any:
    """A column (or columns) of a CSV file beside the case: {csv, column | columns, group_by?, where?}."""
    unknown = sorted(set(wanted) - {"csv", "column", "columns", "group_by", "where"})
    if unknown:
        raise AnalysisError(f"'{unknown[0]}' is no key of a CSV argument.", "Keys: csv, column(s), group_by, where.")
    if ("column" in wanted) == ("columns" in wanted):
        raise AnalysisError("A CSV argument names a column, or several columns.", 'Give "column" or "columns".')
    path = (folder / str(wanted["csv"])).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise AnalysisError(f"The file {wanted['csv']} lies outside the folder of the case.")
    rows = _rows(path, wanted.get("where", {}))
    if "columns" in wanted:
        return np.array([[_number(row, name, path) for name in wanted["columns"]] for row in rows])
    name = str(wanted["column"])
    if "group_by" not in wanted:
        cells = [row.get(name) for row in rows]
        text = any(cell is not None and not _is_number(cell) for cell in cells)
        return cells if text and None not in cells else np.array([_number(row, name, path) for row in rows])
    groups: dict[str, list[float]] = {}
    for row in rows:
        groups.setdefault(str(row.get(wanted["group_by"])), []).append(_number(row, name, path))
    longest = max(map(len, groups.values()))
    return np.array([group + [math.nan] * (longest - len(group)) for group in groups.values()])


class _Row(dict[str, str]):
    """The cells of one row by column, and the line of the file in which it ends."""

    line = 0


def _rows(path: Path, where: Mapping[str, Any]) -> list[_Row]:
    """Rows of a comma-separated file with a header; `where` keeps those whose column lies in [from, to] or equals."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = _table(path, csv.reader(lines, strict=True))
    except OSError as error:
        raise AnalysisError(f"The file {path.name} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise AnalysisError(f"The file {path.name} is not UTF-8 text.", "Save it as CSV in UTF-8.") from error
    except csv.Error as error:
        raise AnalysisError(f"The file {path.name} is no table ({error}).", "Correct its quotes.") from error
    for name, wanted in where.items():
        if rows and name not in rows[0]:
            raise AnalysisError(f"The file {path.name} has no column '{name}'.", f"Columns: {', '.join(rows[0])}.")
        if isinstance(wanted, list):
            if len(wanted) != 2 or not all(isinstance(bound, int | float) for bound in wanted):
                raise AnalysisError(f"'where' of '{name}' is {wanted}.", "Give one value, or two numbers [from, to].")
            rows = [row for row in rows if wanted[0] <= _number(row, name, path) <= wanted[1]]
        else:
            rows = [row for row in rows if row[name] == str(wanted)]
    if not rows:
        raise AnalysisError(f"The file {path.name} has no row that is asked for.")
    return rows


def _table(path: Path, cells: Any) -> list[_Row]:
    """The rows below the header; each must have its columns, and each column a name of its own."""
    names: list[str] = next(cells, [])
    for name in names:
        if names.count(name) > 1:
            raise AnalysisError(f"The file {path.name} has two columns '{name}'.", "Give each a name of its own.")
    rows: list[_Row] = []
    for row in filter(None, cells):
        if len(row) != len(names):
            raise AnalysisError(
                f"The file {path.name} has {len(row)} cells in line {cells.line_num}, and {len(names)} columns.",
                "Leave a cell that is missing empty, and put one that holds a comma in quotes.",
            )
        made = _Row(zip(names, row, strict=True))
        made.line = cells.line_num
        rows.append(made)
    return rows


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text.strip() == ""
    return True


def _number(row: _Row, name: str, path: Path) -> float:
    if name not in row:
        raise AnalysisError(f"The file {path.name} has no column '{name}'.", f"Columns: {', '.join(row)}.")
    text = row[name].strip()
    if not text:
        return math.nan
    try:
        return float(text)
    except ValueError as error:
        raise AnalysisError(
            f"The file {path.name} has '{text}' in column '{name}', line {row.line}, which is no number.",
            "Correct it, or leave it empty where the value is missing.",
        ) from error
