"""Tables in CSV files as plants write them: usual delimiters, decimal point or comma, errors that name the line."""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workstation.errors import CallIsWrong, SurroundingsFailed

LARGEST_FILE = 512 * 1024 * 1024
LONGEST_CELL = 131_072
"""Characters; a cell beyond is a quote that is never closed, or no table."""
DELIMITERS = (";", "\t", ",", "|")
MISSING = frozenset({"", "na", "nan", "n/a", "null", "-", "*"})
_COMMA_NUMBER = re.compile(r"[+-]?\d{1,3}(\.\d{3})*,\d+([eE][+-]?\d+)?|[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?", re.ASCII)
_POINT_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_POINT_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?([eE][+-]?\d+)?", re.ASCII)
_EITHER_COMMA = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
"""1,234: a decimal comma, or thousands."""
_EITHER_POINT = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)
"""1.234 where the comma is the decimal mark: thousands, or a figure of another hand."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the file was read, to be said to the person: what was found, not what was assumed."""

    delimiter: str
    decimal: Literal[".", ","]
    encoding: str
    header: bool
    rows: int

    def sentence(self) -> str:
        """One line for a person."""
        names = {";": "semicolon", "\t": "tab", ",": "comma", "|": "bar"}
        mark = "decimal comma" if self.decimal == "," else "decimal point"
        head = "names in line 1" if self.header else "no names: columns are 1, 2, 3 ..."
        return f"Read {self.rows} rows: {names[self.delimiter]} between columns, {mark}, {head}, {self.encoding}."


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text cells by column name; `lines` are the lines of the file that the rows came from.

    `told` says that the caller named the decimal mark, and with it what 1,234 is.
    """

    path: Path
    columns: Mapping[str, tuple[str, ...]]
    lines: tuple[int, ...]
    reading: Reading
    told: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.columns)

    def text(self, name: str) -> tuple[str, ...]:
        """The cells of a column as written; CallIsWrong when there is no such column."""
        found = self.columns.get(name)
        if found is None:
            raise CallIsWrong(f"{self.path} has no column '{name}'.", f"It has: {', '.join(self.columns)}.")
        return found

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A column as numbers, missing cells as nan; CallIsWrong names the line of a cell that is no number."""
        cells = self.text(name)
        self._refuse_either(name)
        made = np.empty(len(cells))
        for row, cell in enumerate(cells):
            value = self._number(cell)
            if value is None:
                raise self._no_number(name, row, "Correct the cell, or leave it empty where the value is missing.")
            made[row] = value
        return made

    def is_numeric(self, name: str) -> bool:
        """Whether every cell of the column is a number or missing, and at least one a number."""
        values = [self._number(cell) for cell in self.text(name)]
        return None not in values and any(value is not None and not math.isnan(value) for value in values)

    def decimals(self, name: str) -> list[Decimal]:
        """A column's numbers exactly as written; CallIsWrong names the line of a cell that is missing or no number."""
        cells = self.text(name)
        self._refuse_either(name)
        made = []
        for row, cell in enumerate(cells):
            text = _plain(cell, self.reading.decimal)
            if text is None:
                raise self._no_number(name, row, "Correct the cell.")
            made.append(Decimal(text))
        return made

    def _no_number(self, name: str, row: int, remedy: str) -> CallIsWrong:
        cell = self.columns[name][row]
        return CallIsWrong(f"{self.path}, line {self.lines[row]}: '{cell}' in column '{name}' is no number.", remedy)

    def _refuse_either(self, name: str) -> None:
        """CallIsWrong names the first cell of a column that may be thousands or decimals: 1,234 or 1.234."""
        cells = [cell.strip() for cell in self.columns[name]]
        if self.reading.decimal == ",":
            either, remedy = _EITHER_POINT, "Write it without the point, or with a decimal comma."
        elif self.told or any(("." in cell or cell.count(",") > 1) and _plain(cell, ".") for cell in cells):
            return
        else:
            either, remedy = (
                _EITHER_COMMA,
                "Write it without the comma, or tell sinebar analyze the decimal mark with --decimal.",
            )
        for cell, line in zip(cells, self.lines, strict=True):
            if either.fullmatch(cell):
                bare = cell.replace(",", "").replace(".", "")
                raise CallIsWrong(
                    f"{self.path}, line {line}: '{cell}' in column '{name}' may be {bare}, or a number with decimals.",
                    remedy,
                )

    def _number(self, cell: str) -> float | None:
        if cell.strip().lower() in MISSING:
            return math.nan
        text = _plain(cell, self.reading.decimal)
        value = math.inf if text is None else float(text)
        return value if math.isfinite(value) else None


def read_table(path: Path, *, delimiter: str | None = None, decimal: Literal[".", ","] | None = None) -> Table:
    """Read a whole CSV file. What is not told is found out from the file and stands in `reading`.

    Raises SurroundingsFailed when the file cannot be read, CallIsWrong when it is no table (the line is named).
    """
    text, encoding = _text(path)
    chosen = delimiter or _delimiter(text)
    if chosen not in DELIMITERS:
        raise CallIsWrong(f"'{chosen}' is no delimiter.", "Give one of ; , | or a tab.")
    rows, lines = _rows(path, text, chosen)
    if not rows:
        raise CallIsWrong(f"{path} has no rows.", "Give a file with values.")
    mark = decimal or _decimal(path, rows, lines, chosen)
    header = not any(_plain(cell, mark) is not None for cell in rows[0])
    names = [cell.strip() for cell in rows[0]] if header else [str(i + 1) for i in range(len(rows[0]))]
    _check_names(path, names)
    body, body_lines = (rows[1:], lines[1:]) if header else (rows, lines)
    if not body:
        raise CallIsWrong(f"{path} has column names and no values below them.", "Give a file with values.")
    for row, line in zip(body, body_lines, strict=True):
        if len(row) != len(names):
            raise CallIsWrong(
                f"{path}, line {line}: its number of cells is {len(row)}, that of the first line {len(names)}.",
                "Give every line the same number of cells; quote text that holds the delimiter.",
            )
    columns = {name: tuple(row[i] for row in body) for i, name in enumerate(names)}
    return Table(
        path, columns, tuple(body_lines), Reading(chosen, mark, encoding, header, len(body)), decimal is not None
    )


def _text(path: Path) -> tuple[str, str]:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:  # a device or pipe tells no size, and may never end
            data = file.read(LARGEST_FILE + 1) if size <= LARGEST_FILE else b""
    except OSError as error:
        raise SurroundingsFailed(f"{path} cannot be read: {error.strerror}.", "Check the path.") from error
    if max(size, len(data)) > LARGEST_FILE:
        raise CallIsWrong(f"{path} is larger than {LARGEST_FILE // 2**20} MiB.", "Split it.")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise CallIsWrong(f"{path} is text in UTF-16.", "Save the sheet as CSV in UTF-8.")
    if b"\x00" in data:
        raise CallIsWrong(f"{path} is no text file.", "Save the sheet as CSV.")
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace"), "Windows-1252"


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into the same number of cells, at least two; else the comma."""
    head = [line for line in islice(io.StringIO(text, newline=""), 50) if line.strip()]
    best, most = ",", 1
    for candidate in DELIMITERS:
        try:
            counts = {len(row) for row in csv.reader(head, delimiter=candidate)}
        except csv.Error:  # a cell beyond any use; the reading of the whole file says where
            continue
        if len(counts) == 1 and (cells := counts.pop()) > most:
            best, most = candidate, cells
    return best


def _rows(path: Path, text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    written = list(io.StringIO(text, newline=""))  # lines as editors count them: str.splitlines() knows more ends
    reader = csv.reader(written, delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    before = 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row) or len(row) > 1:
                rows.append(row)
                lines.append(reader.line_num)
            before = reader.line_num
    except csv.Error as error:
        if reader.line_num > before + 1:
            problem = "a quote is opened and never closed"
        elif any(len(cell) > LONGEST_CELL for cell in written[before].split(delimiter)):
            problem = f"a cell has more than {LONGEST_CELL} characters"
        else:
            problem = str(error)
        raise CallIsWrong(f"{path}, line {before + 1}: {problem}.", "Correct the quotes of that line.") from error
    return rows, lines


def _decimal(path: Path, rows: Sequence[Sequence[str]], lines: Sequence[int], delimiter: str) -> Literal[".", ","]:
    """A decimal comma where more cells such as 12,5 stand than such as 12.5; CallIsWrong where nothing but 1,234 does.

    Where semicolons stand between columns the comma was kept free for decimals, and 1,234 is 1.234.
    """
    commas = points = 0
    either: tuple[int, str] | None = None
    for row, line in zip(rows, lines, strict=True):
        for cell in map(str.strip, row):
            if "," in cell:
                if _EITHER_COMMA.fullmatch(cell):
                    either = either or (line, cell)
                elif _POINT_GROUPED.fullmatch(cell):
                    points += 1
                elif _COMMA_NUMBER.fullmatch(cell):
                    commas += 1
            elif "." in cell and _POINT_NUMBER.fullmatch(cell):
                points += 1
    if either is None or commas != points:
        return "," if commas > points else "."
    if delimiter == ";":
        return ","
    line, cell = either
    point, bare = cell.replace(",", "."), cell.replace(",", "")
    raise CallIsWrong(
        f"{path}, line {line}: '{cell}' may be {point} or {bare}; no other number says which.",
        f"Write {point} or {bare} there, or tell sinebar analyze with --decimal , or --decimal . which it is.",
    )


def _plain(cell: str, mark: Literal[".", ","]) -> str | None:
    """A cell that is a number, written with a decimal point and without thousands; None for any other."""
    text = cell.strip()
    if mark == "," and _COMMA_NUMBER.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    if mark == "." and _POINT_GROUPED.fullmatch(text):
        return text.replace(",", "")
    return text if _POINT_NUMBER.fullmatch(text) else None


def _check_names(path: Path, names: Sequence[str]) -> None:
    for index, name in enumerate(names):
        if not name:
            raise CallIsWrong(f"{path}, line 1: column {index + 1} has no name.", "Name every column.")
        if name in names[:index]:
            raise CallIsWrong(f"{path}, line 1: the name '{name}' stands twice.", "Name each column once.")
