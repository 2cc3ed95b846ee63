"""What was asked for: the table, the columns by their role, and the options; the one place that reads them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.capability import Specification
from workstation.cli.analyses.asking import ask
from workstation.errors import CallIsWrong
from workstation.exchange.csv_table import Table

Floats = NDArray[np.float64]


_WINDOW = re.compile(r"(\d+(?:\.\d+)?)(s|min|h|d)")
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}


def seconds_of(text: str) -> float | None:
    """The length of a window of time such as 90s, 15min, 1h or 1d; None for any other text."""
    found = _WINDOW.fullmatch(text)
    length = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    return length if length > 0.0 else None


def times_of(table: Table, name: str) -> Floats:
    """A column of times in seconds: numbers as they are, else dates and times as ISO 8601 writes them."""
    if table.is_numeric(name):
        moments = table.numbers(name)
        if np.isnan(moments).any():
            line = table.lines[int(np.argmax(np.isnan(moments)))]
            raise CallIsWrong(f"{table.path}, line {line}: the time is missing.", "Give every row a time.")
        return moments
    made = []
    for cell, line in zip(table.text(name), table.lines, strict=True):
        try:
            moment = datetime.fromisoformat(cell.strip())
        except ValueError as error:
            raise CallIsWrong(
                f"{table.path}, line {line}: '{cell}' is no time.", "Write 2026-03-02 14:05:00, or seconds."
            ) from error
        # without a time zone all times are taken to be of one clock; its zone does not matter for differences
        made.append((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    return np.array(made)


@dataclass(frozen=True, slots=True)
class Request:
    """One call of `sinebar analyze`. `roles` maps a role (values, subgroup, x, part ...) to column names."""

    kind: str
    table: Table | None
    roles: Mapping[str, tuple[str, ...]]
    options: Mapping[str, Any]
    said: list[str] = field(default_factory=list)

    @property
    def rows(self) -> Table:
        """The table; CallIsWrong when no file was given."""
        if self.table is None:
            raise CallIsWrong(f"The analysis '{self.kind}' needs a file.", "Give a CSV file after its name.")
        return self.table

    def has(self, role: str) -> bool:
        return bool(self.roles.get(role))

    def name(self, role: str) -> str:
        """The one column of a role. For `values` the only numeric column is taken when none was named, and said."""
        names = self.roles.get(role, ())
        if len(names) > 1:
            raise CallIsWrong(f"{len(names)} columns were named for {role}; '{self.kind}' takes one.", "Name one.")
        if names:
            return names[0]
        if role != "values":
            raise CallIsWrong(f"The analysis '{self.kind}' needs --{role}.", "Name the column with it.")
        taken = {name for others in self.roles.values() for name in others} | {str(self.options.get("subgroup"))}
        free = [name for name in self.rows.names if name not in taken and self.rows.is_numeric(name)]
        if len(free) != 1:
            listed = ", ".join(self.rows.names)
            raise CallIsWrong("Which column holds the values is not clear.", f"Name it with --column: {listed}.")
        self.say(f"Values: column '{free[0]}', the only numeric one that has no other role.")
        return free[0]

    def say(self, sentence: str) -> None:
        """Tell the person what was found out or assumed, once."""
        if sentence not in self.said:
            self.said.append(sentence)

    def numbers(self, role: str) -> Floats:
        return self.rows.numbers(self.name(role))

    def number(self, role: str) -> float:
        """The one number of an option that may also name a column, such as --reference."""
        text = self.name(role)
        try:
            value = float(text)
        except ValueError as error:
            raise CallIsWrong(f"'--{role} {text}' is no number.", f"'{self.kind}' takes one number for it.") from error
        if not math.isfinite(value):
            raise CallIsWrong(f"'--{role} {text}' is no finite number.", "Give the value itself.")
        return value

    def specification(self) -> Specification:
        """Limits and target as given; which of them nature sets may stand after --set."""
        given = self.options
        boundaries = [self.settings.get(f"{side}_is_boundary", False) for side in ("lower", "upper")]
        if not all(isinstance(value, bool) for value in boundaries):
            raise CallIsWrong("Whether a limit is a boundary is true or false.", "Write --set lower_is_boundary=true.")
        return Specification(given.get("lower"), given.get("upper"), given.get("target"), *boundaries)

    @property
    def settings(self) -> Mapping[str, Any]:
        """What stood after --set."""
        found: Mapping[str, Any] = self.options.get("set", {})
        return found

    def with_settings(self, settings: Mapping[str, Any]) -> Request:
        """The same request with other settings."""
        return replace(self, options={**self.options, "set": dict(settings)})

    def grouping(self) -> Any:
        """Subgroups as the capability and gauge functions take them: None, a size, or one label a value."""
        by = self.options.get("subgroup")
        if by is None:
            return None
        labels = self._group_labels(str(by))
        return self._size(str(by)) if labels is None else labels

    def _group_labels(self, by: str) -> list[str] | None:
        """One label a row: of the column --subgroup names, or of windows of time; None for a fixed size."""
        if by in self.rows.names:
            return list(self.rows.text(by))
        window = seconds_of(by)
        if window is None:
            return None
        if not self.has("x"):
            raise CallIsWrong(f"Subgroups of {by} need times.", "Name the column of times with --x.")
        moments = times_of(self.rows, self.name("x"))
        if (np.diff(moments) < 0).any():
            line = self.rows.lines[int(np.argmax(np.diff(moments) < 0)) + 1]
            raise CallIsWrong(f"{self.rows.path}, line {line}: this time is before the one above.", "Sort by time.")
        return [str(int(number)) for number in np.floor((moments - moments[:1]) / window)]

    def _size(self, text: str) -> int:
        """The size of subgroups from --subgroup."""
        if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:
            raise CallIsWrong(f"'{text}' is neither a column nor a size.", f"Columns: {', '.join(self.rows.names)}.")
        return int(text)

    def values_and_groups(self) -> tuple[Floats, Any]:
        """Values in file order with their grouping; several value columns make one subgroup of each row."""
        if len(self.roles.get("values", ())) > 1:
            return np.column_stack(list(self.several("values").values())), None
        return self.numbers("values"), self.grouping()

    def ask(self, function: Callable[..., Any], *given: Any, take: Sequence[str] = (), **named: Any) -> Any:
        """Call a function of the library with what the columns gave, the options named in `take`, and --set.

        What does not fit the function is refused in a sentence before it is called.
        """
        options = {name: self.options[name] for name in take if self.options.get(name) is not None}
        boundary = ("lower_is_boundary", "upper_is_boundary")
        settings = {name: value for name, value in self.settings.items() if name not in boundary}
        return ask(self.kind, function, given, {**named, **options}, settings)

    def largest(self) -> float:
        """The largest absolute value among the columns of values; 0 without any."""
        if self.table is None:
            return 0.0
        columns = [self.rows.numbers(name) for name in self.roles.get("values", ()) if self.rows.is_numeric(name)]
        present = [np.abs(column[~np.isnan(column)]).max(initial=0.0) for column in columns]
        return float(max(present, default=0.0))

    def labels(self, role: str) -> list[str]:
        return list(self.rows.text(self.name(role)))

    def optional_numbers(self, role: str) -> Floats | None:
        return self.numbers(role) if self.has(role) else None

    def optional_labels(self, role: str) -> list[str] | None:
        return self.labels(role) if self.has(role) else None

    def sizes(self) -> Floats | float | None:
        """How many were inspected: a column, or one number for all; None when not given."""
        if not self.has("sizes"):
            return None
        name = self.name("sizes")
        return self.rows.numbers(name) if name in self.rows.names else self.number("sizes")

    def several(self, role: str, at_least: int = 1) -> dict[str, Floats]:
        """Numeric columns of a role by name."""
        names = self.roles.get(role, ())
        if len(names) < at_least:
            raise CallIsWrong(f"'{self.kind}' needs at least {at_least} columns for --{role}.", "Repeat the option.")
        return {name: self.rows.numbers(name) for name in names}

    def subgroups(self) -> Floats:
        """The values as a matrix, one row a subgroup: by a label column, a fixed size, or the columns."""
        columns = self.roles.get("values", ())
        if len(columns) > 1:
            return np.column_stack([self.rows.numbers(name) for name in columns])
        return self.grouped(self.numbers("values"))

    def grouped(self, values: Floats) -> Floats:
        """A column as a matrix by --subgroup, one row a subgroup, short ones filled with nan."""
        bounds = self._bounds(len(values))
        made = np.full((len(bounds), max(stop - start for start, stop in bounds)), np.nan)
        for row, (start, stop) in enumerate(bounds):
            made[row, : stop - start] = values[start:stop]
        return made

    def label_of_groups(self, labels: Sequence[str]) -> list[str]:
        """One label a subgroup from labels of rows; refused where a subgroup has two."""
        made = []
        for start, stop in self._bounds(len(labels)):
            if len(set(labels[start:stop])) > 1:
                line = self.rows.lines[start]
                raise CallIsWrong(
                    f"{self.rows.path}, line {line}: this subgroup has the labels {', '.join(labels[start:stop])}.",
                    "Give all rows of a subgroup the same part and stage.",
                )
            made.append(labels[start])
        return made

    def _bounds(self, count: int) -> list[tuple[int, int]]:
        """First row and the row after the last of each subgroup."""
        by = self.options.get("subgroup")
        if by is None:
            raise CallIsWrong(
                f"The analysis '{self.kind}' needs subgroups.",
                "Give --subgroup COLUMN, --subgroup 5 (a size), --subgroup 1h (with --x TIME), or several columns.",
            )
        labels = self._group_labels(str(by))
        if labels is not None:
            return self._bounds_of_labels(labels)
        size = self._size(str(by))
        left = count % size
        if left:
            self.say(f"The last {left} values are no whole subgroup of {size} and stand in a smaller one.")
        return [(start, min(start + size, count)) for start in range(0, count, size)]

    def _bounds_of_labels(self, labels: Sequence[str]) -> list[tuple[int, int]]:
        """Consecutive rows of one label are a subgroup; a label that comes again later is refused."""
        starts: list[int] = []
        seen: set[str] = set()
        for row, label in enumerate(labels):
            if row and label == labels[row - 1]:
                continue
            if label in seen:
                raise CallIsWrong(
                    f"{self.rows.path}, line {self.rows.lines[row]}: subgroup '{label}' comes again.",
                    "Sort the file by subgroup.",
                )
            seen.add(label)
            starts.append(row)
        return list(zip(starts, [*starts[1:], len(labels)], strict=True))


@dataclass(frozen=True, slots=True)
class Analysis:
    """One kind of analysis: what it takes from the table, what it makes, how its picture is drawn.

    `file`: whether it works on a file; the others are answered from their settings alone.
    """

    name: str
    help: str
    takes: str
    run: Callable[[Request], Any]
    draw: Callable[[Request, Any], str] | None = None
    file: bool = True


def parse_settings(pairs: Sequence[str]) -> dict[str, Any]:
    """`--set key=value`: JSON where the value begins like it, else text. CallIsWrong for what only looks like JSON."""
    made: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key.isidentifier():
            raise CallIsWrong(f"'{pair}' is no setting.", "Write --set name=value.")
        if key in made:
            raise CallIsWrong(f"--set {key} is given twice.", "Leave one of them.")
        made[key] = _json_or_text(key, text.strip())
    return made


def _json_or_text(key: str, text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        if not text.startswith(("[", "{", '"')):
            return text
        why = f"{error.msg} at character {error.pos + 1}"
    except RecursionError:
        why = "it is nested too deeply"
    except ValueError as error:
        why = "it holds a number of thousands of digits" if "digits" in str(error) else str(error)
    raise CallIsWrong(f"--set {key} is no JSON: {why}.", f"Write {key}=1.5, {key}=[1,2] or {key}='{{\"a\": 1}}'.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = [name for place, (name, _) in enumerate(pairs) if name in dict(pairs[:place])]
    if twice:
        raise ValueError(f"the key '{twice[0]}' stands twice in one object")
    return dict(pairs)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number in it")
