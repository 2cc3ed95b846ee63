"""Reference cases: run a function of this library on known data and compare each expected field.

A case is plain data (see `Case`), so that a regulated user writes his own without programming. Nothing but the public
functions named in `analysis.catalogue` can be called, and a case reads only files below its own folder.
"""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import json
import math
import typing
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from analysis.calling import call
from analysis.case_data import read_arguments
from analysis.errors import AnalysisError
from analysis.results import Result, plain

KEYS = {
    "id", "title", "source", "function", "arguments", "expect", "expect_error", "relative_tolerance",
    "absolute_tolerance", "tolerances", "published", "note",
}  # fmt: skip
ABSOLUTE = 1e-12


@dataclass(frozen=True, slots=True)
class Case:
    """One reference case; `folder` is where its data files lie, `where` names the file it was read from."""

    id: str
    source: str
    function: str
    arguments: Mapping[str, Any]
    expect: Mapping[str, Any]
    expect_error: str
    relative_tolerance: float
    absolute_tolerance: float
    tolerances: Mapping[str, float]
    folder: Path
    where: str


@dataclass(frozen=True, slots=True)
class Outcome(Result):
    """What became of one case: `worst` is the largest relative error of any field, `field` where it was."""

    id: str
    status: Literal["pass", "fail"]
    worst: float | None
    field: str
    message: str
    source: str
    function: str
    relative_tolerance: float
    fields: int


@dataclass(slots=True)
class _Comparison:
    """Collects the comparison of one case, field by field."""

    case: Case
    worst: float = 0.0
    where: str = ""
    fields: int = 0
    failures: list[str] = field(default_factory=list)

    def tolerance(self, path: str) -> float:
        named = [key for key in self.case.tolerances if path == key or path.startswith(key + ".")]
        return self.case.tolerances[max(named, key=len)] if named else self.case.relative_tolerance


def read_cases(folder: Path) -> list[Case]:
    """Every case of every `*.json` below `folder`, by file name; AnalysisError names the file that is wrong."""
    if not folder.is_dir():
        raise AnalysisError(f"There is no folder {folder}.", "Give the folder that holds the cases.")
    files = sorted(path for path in folder.rglob("*.json"))
    cases = [case for path in files for case in read_file(path)]
    if not cases:
        raise AnalysisError(
            f"The folder {folder} holds no case.", "A case is a .json file; see the page on validation."
        )
    seen: dict[str, str] = {}
    for case in cases:
        if case.id in seen:
            raise AnalysisError(f"The id '{case.id}' stands in {seen[case.id]} and in {case.where}.", "Rename one.")
        seen[case.id] = case.where
    return cases


def run_folder(folder: Path, only: str = "") -> list[Outcome]:
    """Run every case below `folder` whose id holds `only`; what cannot be read as a case is a failure of its own.

    AnalysisError when there is no such folder, or nothing in it that might be a case.
    """
    if not folder.is_dir():
        raise AnalysisError(f"There is no folder {folder}.", "Give the folder that holds the cases.")
    outcomes: list[Outcome] = []
    seen: dict[str, str] = {}
    for path in sorted(folder.rglob("*.json")):
        for name, found in _read_gently(path, folder):
            if only not in name:
                continue
            if isinstance(found, Case) and name in seen:
                found = f"the id '{name}' stands in {seen[name]} and in {found.where}"
            if isinstance(found, Case):
                seen[name] = found.where
                outcomes.append(run_case(found))
            else:
                outcomes.append(Outcome(name, "fail", None, "", f"cannot be run: {found}", str(path), "", 0.0, 0))
    if not outcomes:
        sought = f" has an id that holds '{only}'" if only else " is there"
        raise AnalysisError(f"No case{sought} in {folder}.", "A case is a .json file; see the page on validation.")
    return outcomes


def _read_gently(path: Path, folder: Path) -> list[tuple[str, Case | str]]:
    """The cases of a file by id; an entry that is none by its place, with the reason."""
    place = path.relative_to(folder).as_posix()
    try:
        content = _content(path)
    except AnalysisError as error:
        return [(place, str(error))]
    entries = content if isinstance(content, list) else [content]
    if not entries:
        return [(place, "the file holds an empty list")]
    found: list[tuple[str, Case | str]] = []
    for index, entry in enumerate(entries):
        try:
            case = _case(entry, path, index)
            found.append((case.id, case))
        except AnalysisError as error:
            named = entry.get("id") if isinstance(entry, dict) else None
            label = named if isinstance(named, str) and named else f"{place}, entry {index + 1}"
            found.append((label, str(error)))
    return found


def read_file(path: Path) -> list[Case]:
    """The cases of one file: one object, or a list of them."""
    content = _content(path)
    entries = content if isinstance(content, list) else [content]
    return [_case(entry, path, index) for index, entry in enumerate(entries)]


def _content(path: Path) -> Any:
    """The JSON of a file; AnalysisError says what is wrong with it and where."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_object)
    except AnalysisError as error:
        raise AnalysisError(f"{path}: {error}") from error
    except UnicodeDecodeError as error:
        raise AnalysisError(f"{path} is not UTF-8 text ({error.reason}).", "Save it as UTF-8.") from error
    except json.JSONDecodeError as error:
        raise AnalysisError(f"{path}, line {error.lineno}: {error.msg}.", "Mend the JSON there.") from error
    except (OSError, RecursionError, ValueError) as error:  # ValueError: a whole number of thousands of digits
        raise AnalysisError(f"{path} cannot be read ({error}).", "Check the file.") from error
    return content


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of a case file; AnalysisError for a key that stands twice, of which json would keep the last."""
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise AnalysisError(f"the key '{key}' stands twice in one object.", "Leave one of them.")
        made[key] = value
    return made


def _case(entry: object, path: Path, index: int) -> Case:
    where = f"{path}" if index == 0 else f"{path}, entry {index + 1}"
    if not isinstance(entry, dict):
        raise AnalysisError(f"{where}: a case is an object in braces.")
    unknown = sorted(set(entry) - KEYS)
    if unknown:
        raise AnalysisError(f"{where}: '{unknown[0]}' is no key of a case.", f"Keys: {', '.join(sorted(KEYS))}.")
    for key, kind in (("id", str), ("source", str), ("function", str)):
        if not isinstance(entry.get(key), kind) or not entry[key]:
            raise AnalysisError(f"{where}: '{key}' is missing or no text.")
    expect, error = entry.get("expect", {}), entry.get("expect_error", "")
    if not isinstance(expect, dict) or not isinstance(error, str) or (not expect and not error):
        raise AnalysisError(f"{where}: 'expect' names no field.", "Name at least one field of the result, or an error.")
    arguments = entry.get("arguments", {})
    tolerances = entry.get("tolerances", {})
    if not isinstance(arguments, dict) or not isinstance(tolerances, dict):
        raise AnalysisError(f"{where}: 'arguments' and 'tolerances' are objects in braces.")
    return Case(
        id=entry["id"],
        source=entry["source"],
        function=entry["function"],
        arguments=arguments,
        expect=expect,
        expect_error=error,
        relative_tolerance=_tolerance(entry, "relative_tolerance", 1e-9, where),
        absolute_tolerance=_tolerance(entry, "absolute_tolerance", ABSOLUTE, where),
        tolerances={key: _tolerance(tolerances, key, 0.0, where) for key in tolerances},
        folder=path.parent,
        where=where,
    )


def _tolerance(entry: Mapping[str, Any], key: str, default: float, where: str) -> float:
    value = entry.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise AnalysisError(f"{where}: '{key}' is {value!r}; a tolerance is a number from 0 up to 1.")
    return float(value)


def run_case(case: Case) -> Outcome:
    """Run one case. A case that cannot be run is a failure whose message says why; nothing is raised."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            result = call(case.function, read_arguments(case.arguments, case.folder))
            found = expanded(result) if isinstance(result, Result) else {"result": expanded(result)}
    except AnalysisError as error:
        return _refused(case, error)
    except Exception as error:  # noqa: BLE001 - whatever a case provokes is that case's failure, told in its row
        return _outcome(case, None, "", f"cannot be run: {type(error).__name__}: {error}", 0)
    if case.expect_error:
        return _outcome(case, None, "", "an error was expected, but there is a result", 0)
    comparison = _Comparison(case)
    for path, expected in case.expect.items():
        _compare(comparison, path, expected, _field(found, path))
    message = "; ".join(comparison.failures[:3])
    if len(comparison.failures) > 3:
        message += f"; and {len(comparison.failures) - 3} more"
    return _outcome(case, comparison.worst, comparison.where, message, comparison.fields)


def expanded(value: Any) -> Any:
    """The plain form of a result with its properties: what a result derives is as much its answer as what it stores."""
    if isinstance(value, Result):
        names = [item.name for item in dataclasses.fields(value)]  # type: ignore[arg-type]
        names += [name for name, item in inspect.getmembers(type(value)) if isinstance(item, property)]
        made = {}
        for name in names:
            # Some hold or give working objects of the library: those are no figures that a case could name.
            with contextlib.suppress(TypeError):
                if name[0] != "_":
                    made[name] = expanded(getattr(value, name))
        return made
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {str(key): expanded(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [expanded(item) for item in value]
    return plain(value)


def _refused(case: Case, error: AnalysisError) -> Outcome:
    if case.expect_error and case.expect_error.lower() in str(error).lower():
        return _outcome(case, 0.0, "error", "", 1)
    return _outcome(case, None, "", f"cannot be run: {error}", 0)


def _outcome(case: Case, worst: float | None, where: str, message: str, fields: int) -> Outcome:
    finite = worst if worst is not None and math.isfinite(worst) else None
    return Outcome(
        case.id, "fail" if message else "pass", finite, where, message, case.source, case.function,
        case.relative_tolerance, fields,
    )  # fmt: skip


_ABSENT = object()


def _field(found: object, path: str) -> object:
    """Walk `a.b.0.c`; in a list of named entries (`name`, `term` or `code`) the name may stand for the index."""
    for step in path.split("."):
        if isinstance(found, Mapping) and step in found:
            found = found[step]
        elif isinstance(found, Sequence) and not isinstance(found, str):
            found = _entry(found, step)
        else:
            return _ABSENT
        if found is _ABSENT:
            return _ABSENT
    return found


def _entry(found: Sequence[object], step: str) -> object:
    if step.lstrip("-").isdigit():
        index = int(step)
        return found[index] if -len(found) <= index < len(found) else _ABSENT
    for entry in found:
        if isinstance(entry, Mapping) and step in (entry.get("name"), entry.get("term"), entry.get("code")):
            return entry
    return _ABSENT


def _compare(comparison: _Comparison, path: str, expected: object, got: object) -> None:
    if got is _ABSENT:
        comparison.failures.append(f"the result has no field '{path}'")
    elif isinstance(expected, Mapping):
        for key, value in expected.items():
            _compare(comparison, f"{path}.{key}", value, _field(got, str(key)))
    elif isinstance(expected, list):
        size = len(got) if isinstance(got, Sequence) and not isinstance(got, str) else None
        if size != len(expected):
            comparison.failures.append(f"'{path}' has {size} entries, {len(expected)} expected")
            return
        comparison.fields += not expected  # that a list is empty is an answer too
        for index, value in enumerate(expected):
            _compare(comparison, f"{path}.{index}", value, typing.cast("Sequence[object]", got)[index])
    else:
        _compare_value(comparison, path, expected, got)


def _compare_value(comparison: _Comparison, path: str, expected: object, got: object) -> None:
    comparison.fields += 1
    exact = isinstance(expected, bool | str) or expected is None or isinstance(got, bool | str) or got is None
    if exact or (isinstance(expected, int) and isinstance(got, int)):
        if expected != got:
            comparison.failures.append(f"'{path}' is {got!r}, {expected!r} expected")
            comparison.worst = math.inf
            comparison.where = path
        return
    if not isinstance(expected, int | float) or not isinstance(got, int | float):
        comparison.failures.append(f"'{path}' cannot be compared with {expected!r}")
        return
    error = abs(float(got) - float(expected))
    relative = error / abs(expected) if expected else error
    if not comparison.where or relative > comparison.worst:
        comparison.worst, comparison.where = relative, path
    allowed = max(comparison.case.absolute_tolerance, comparison.tolerance(path) * abs(expected))
    if not error <= allowed:
        comparison.failures.append(f"'{path}' is {got!r}, {expected!r} expected (relative error {relative:.2g})")
