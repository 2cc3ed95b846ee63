"""What was asked for: the table, the columns by their role, and the options; the one place that reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.errors import CallIsWrong
from workstation.exchange.csv_table import Table

Floats = NDArray[np.float64]


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
        taken = {name for others in self.roles.values() for name in others}
        free = [name for name in self.rows.names if name not in taken and self.rows.is_numeric(name)]
        if len(free) != 1:
            listed = ", ".join(self.rows.names)
            raise CallIsWrong("Which column holds the values is not clear.", f"Name it with --column: {listed}.")
        self.said.append(f"Values: column '{free[0]}', the only numeric one that has no other role.")
        return free[0]

    def numbers(self, role: str) -> Floats:
        return self.rows.numbers(self.name(role))

    def labels(self, role: str) -> list[str]:
        return list(self.rows.text(self.name(role)))

    def optional_numbers(self, role: str) -> Floats | None:
        return self.numbers(role) if self.has(role) else None

    def optional_labels(self, role: str) -> list[str] | None:
        return self.labels(role) if self.has(role) else None

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
        values = self.numbers("values")
        by = self.options.get("subgroup")
        if by is None:
            raise CallIsWrong(
                f"The analysis '{self.kind}' needs subgroups.",
                "Give --subgroup COLUMN, --subgroup 5 for a fixed size, or name several value columns.",
            )
        if str(by) in self.rows.names:
            return self._by_label(values, self.rows.text(str(by)))
        if not str(by).isdigit() or int(by) < 1:
            raise CallIsWrong(f"'{by}' is neither a column nor a size.", f"Columns: {', '.join(self.rows.names)}.")
        return self._by_size(values, int(by))

    def _by_label(self, values: Floats, labels: Sequence[str]) -> Floats:
        """Consecutive rows of one label are a subgroup; a label that comes again later is refused."""
        groups: list[list[float]] = []
        seen: set[str] = set()
        last: str | None = None
        for value, label, line in zip(values.tolist(), labels, self.rows.lines, strict=True):
            if label != last:
                if label in seen:
                    raise CallIsWrong(
                        f"{self.rows.path}, line {line}: subgroup '{label}' comes again.", "Sort the file by subgroup."
                    )
                seen.add(label)
                groups.append([])
                last = label
            groups[-1].append(value)
        made = np.full((len(groups), max(map(len, groups))), np.nan)
        for row, group in enumerate(groups):
            made[row, : len(group)] = group
        return made

    def _by_size(self, values: Floats, size: int) -> Floats:
        left = len(values) % size
        if left:
            self.said.append(f"The last {left} values are no whole subgroup of {size} and stand in a smaller one.")
        padded = np.concatenate([values, np.full((size - left) % size, np.nan)])
        return padded.reshape(-1, size)

    def given(self, *names: str) -> dict[str, Any]:
        """Those of the named options that were given, as keyword arguments; and everything from --set."""
        found = {name: self.options[name] for name in names if self.options.get(name) is not None}
        return {**found, **self.options.get("set", {})}


@dataclass(frozen=True, slots=True)
class Analysis:
    """One kind of analysis: what it takes from the table, what it makes, how its picture is drawn."""

    name: str
    help: str
    takes: str
    run: Callable[[Request], Any]
    draw: Callable[[Request, Any], str] | None = None


def parse_settings(pairs: Sequence[str]) -> dict[str, Any]:
    """`--set key=value`: the value is JSON where it can be, else text."""
    made: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key.isidentifier():
            raise CallIsWrong(f"'{pair}' is no setting.", "Write --set name=value.")
        try:
            made[key] = json.loads(text)
        except ValueError:
            made[key] = text
    return made
