"""Reads an inspection plan from a TOML file: part, characteristics, gauges and what feeds what, in one place."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from devices.channels.grouping import Grouping
from workstation.catalog import gauges as gauge_rules
from workstation.catalog import parts as part_rules
from workstation.catalog.continuous import ContinuousRule, rule_from_json, wrong_key
from workstation.catalog.gauges import GaugeDefinition
from workstation.catalog.parts import CharacteristicDefinition
from workstation.catalog.scanned import NO_PATTERNS, ScanRule
from workstation.catalog.values import Chart, Criticality
from workstation.errors import CallIsWrong, SurroundingsFailed
from workstation.store.journal import canonical_json

LARGEST_FILE = 4 * 1024 * 1024
FORMAT = 1
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_MOST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class BindingDefinition:
    """A gauge's channel, by names, the characteristic that it feeds, and its rule where it is read all day."""

    gauge: str
    channel: str
    characteristic: str
    continuous: ContinuousRule | None = None

    def plain(self) -> list[str]:
        """Its place in a plan's content; the rule stands there only where there is one."""
        names = [self.gauge, self.channel, self.characteristic]
        return names if self.continuous is None else [*names, self.continuous.to_json()]


@dataclass(frozen=True, slots=True)
class PlanFile:
    """An inspection plan as its file lays it down."""

    name: str
    revision: int
    title: str
    part_number: str
    part_name: str
    drawing_revision: str
    characteristics: tuple[CharacteristicDefinition, ...]
    gauges: tuple[GaugeDefinition, ...]
    bindings: tuple[BindingDefinition, ...]
    scan: ScanRule = NO_PATTERNS

    def content(self) -> str:
        """Canonical JSON of what an approval covers: all but the gauges' own particulars, which change with them."""
        scan = {"scan": self.scan.plain()} if self.scan.plain() else {}
        return canonical_json(
            {
                **scan,
                "name": self.name,
                "revision": self.revision,
                "title": self.title,
                "part": [self.part_number, self.part_name, self.drawing_revision],
                "characteristics": [_plain(item) for item in self.characteristics],
                "bindings": sorted(item.plain() for item in self.bindings),
            }
        )

    def content_hash(self) -> str:
        """SHA-256 of `content`."""
        return hashlib.sha256(self.content().encode()).hexdigest()


def _plain(item: CharacteristicDefinition) -> dict[str, Any]:
    found = {field.name: getattr(item, field.name) for field in fields(item)}
    return {name: str(value) if isinstance(value, Decimal | StrEnum) else value for name, value in found.items()}


def definitions_of(content: str) -> tuple[list[str], list[CharacteristicDefinition], list[BindingDefinition]]:
    """Part, characteristics and bindings of a content that `PlanFile.content` wrote."""
    import json

    whole = json.loads(content)
    decimals = ("nominal", "lower_specification", "upper_specification", "plausible_low", "plausible_high")
    characteristics = []
    for item in whole["characteristics"]:
        item.update({name: None if item[name] is None else Decimal(item[name]) for name in decimals})
        item.update(chart=Chart(item["chart"]), criticality=Criticality(item["criticality"]))
        characteristics.append(CharacteristicDefinition(**item))
    bindings = [BindingDefinition(*item[:3], *map(rule_from_json, item[3:])) for item in whole["bindings"]]
    return whole["part"], characteristics, bindings


def load_plan_file(path: Path) -> PlanFile:
    """The plan of a file.

    Raises SurroundingsFailed when the file cannot be read, CallIsWrong naming file, line or key, and remedy, for
    anything in it that cannot be.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise CallIsWrong(f"{path} is larger than {LARGEST_FILE} bytes: it is no plan.", "Name a plan's TOML file.")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise SurroundingsFailed(f"There is no file {path}.", "Check the path.") from error
    except OSError as error:
        raise SurroundingsFailed(
            f"{path} cannot be read: {error.strerror}.", "Check the path and its rights."
        ) from error
    try:
        tables = tomllib.loads(data.decode(), parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise CallIsWrong(f"{path} is not UTF-8 text (byte {error.start + 1}).", "Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise CallIsWrong(f"{path} is not valid TOML: {error}.", "Correct that line.") from error
    except RecursionError as error:
        raise CallIsWrong(f"{path} is nested too deeply: it is no plan.", "Name a plan's TOML file.") from error
    except ValueError as error:  # what Python says of whole numbers with thousands of digits
        raise CallIsWrong(f"{path} holds a number of thousands of digits.", "Write numbers such as 74.035.") from error
    return parse_plan(tables, str(path))


def parse_plan(tables: Mapping[str, Any], where: str) -> PlanFile:
    """The plan of parsed TOML; `where` names its source in errors."""
    whole = _Table(tables, where, "")
    if whole.integer("format") != FORMAT:
        raise whole.wrong("format", f"is {tables['format']!r}; this Sinebar reads format {FORMAT}", "Write format = 1.")
    plan, part = whole.table("plan"), whole.table("part")
    characteristics = tuple(_characteristic(item) for item in whole.tables("characteristic"))
    gauge_tables = list(whole.tables("gauge", optional=True))
    gauges = tuple(_gauge(item) for item in gauge_tables)
    names = [item.name for item in characteristics]
    _unique(whole, "characteristic", names)
    bindings = tuple(
        binding
        for table, gauge in zip(gauge_tables, gauges, strict=True)
        for binding in _bindings(table, gauge.name, names)
    )
    scan = next((_scan(table) for table in whole.optional_table("scan")), NO_PATTERNS)
    found = PlanFile(
        plan.text("name"), plan.integer("revision"), plan.text("title", ""), part.text("number"), part.text("name"),
        part.text("drawing_revision", ""), characteristics, gauges, bindings, scan,
    )  # fmt: skip
    for table in (plan, part, whole):
        table.finish()
    if found.revision < 1:
        raise plan.wrong("revision", f"is {found.revision}", "Count revisions from 1.")
    if not characteristics:
        raise whole.wrong("characteristic", "is missing", "Lay down at least one [[characteristic]].")
    _unique(whole, "gauge", [gauge.name for gauge in gauges])
    return found


def _characteristic(table: _Table) -> CharacteristicDefinition:
    chart = table.choice("chart", Chart, Chart.XBAR_R)
    definition = CharacteristicDefinition(
        name=table.text("name"),
        unit=table.text("unit"),
        decimals=table.integer("decimals"),
        nominal=table.decimal("nominal"),
        lower_specification=table.decimal("lower_specification"),
        upper_specification=table.decimal("upper_specification"),
        plausible_low=table.decimal("plausible_low"),
        plausible_high=table.decimal("plausible_high"),
        subgroup_size=table.integer("subgroup_size", 1 if chart is Chart.I_MR else 5),
        chart=chart,
        rules=table.text("rules", "nelson"),
        baseline_subgroups=table.integer("baseline_subgroups", 25),
        criticality=table.choice("criticality", Criticality, Criticality.MAJOR),
    )
    table.finish()
    table.checked(lambda: part_rules.check(definition))
    return definition


def _gauge(table: _Table) -> GaugeDefinition:
    due = table.take("calibration_due", None)
    definition = GaugeDefinition(
        name=table.text("name"),
        profile=table.text("profile"),
        port=table.text("port"),
        serial_number=table.text("serial_number", ""),
        unit=table.text("unit", "") or None,
        calibration_due=due.isoformat() if type(due) is date else due,
    )
    if due is not None and not isinstance(definition.calibration_due, str):
        raise table.wrong("calibration_due", f"is {_short(due)}", "Write a date such as 2027-03-31.")
    table.checked(lambda: gauge_rules.check(definition))
    return definition


def _bindings(table: _Table, gauge: str, characteristics: list[str]) -> Iterable[BindingDefinition]:
    channels = []
    for item in table.tables("channel", optional=True):
        continuous = [_continuous(table) for table in item.optional_table("continuous")]
        binding = BindingDefinition(gauge, item.text("name"), item.text("characteristic"), *continuous)
        if binding.characteristic not in characteristics:
            raise item.wrong(
                "characteristic", f"names {binding.characteristic!r}, which this plan does not have",
                f"Use one of: {', '.join(characteristics)}.",
            )  # fmt: skip
        item.finish()
        channels.append(binding.channel)
        yield binding
    _unique(table, "channel", channels)
    table.finish()


def _continuous(table: _Table) -> ContinuousRule:
    plain = ContinuousRule(Grouping.COUNT, 1)
    times = ("sample", "keep_raw", "hysteresis", "delay", "rate_window")
    watches = ("every", "low", "high", "rate", "stuck", "silent")
    numbers = {name: table.decimal(name) for name in (*times, *watches)}
    given = {name: getattr(plain, name) if value is None else value for name, value in numbers.items()}
    trigger = table.text("trigger", "") or None
    size = table.integer("size", 1)
    rule = ContinuousRule(table.choice("group", Grouping, Grouping.COUNT), size, trigger=trigger, **given)
    table.finish()
    wrong = wrong_key(rule)
    if wrong is not None:
        raise table.wrong(*wrong)
    return rule


def _scan(table: _Table) -> ScanRule:
    rule = ScanRule(table.text("serial_number", ""), table.text("lot", ""))
    table.finish()
    wrong = rule.wrong_key()
    if wrong is not None:
        raise table.wrong(*wrong)
    return rule


def _unique(table: _Table, what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise table.wrong(what, f"{name!r} stands there twice", "Give each its own name.")


_MISSING = object()


class _Table:
    """One TOML table with its place in the file; what is not taken is reported as unknown."""

    def __init__(self, entries: Mapping[str, Any], where: str, place: str) -> None:
        self._entries = entries
        self._where = where
        self._place = place
        self._taken: set[str] = set()

    def wrong(self, key: str, problem: str, remedy: str) -> CallIsWrong:
        place = f"{self._place}.{key}" if self._place else key
        return CallIsWrong(f"{self._where}: {place} {problem}.", remedy)

    def checked(self, rule: Callable[[], None]) -> None:
        try:
            rule()
        except CallIsWrong as error:
            raise CallIsWrong(f"{self._where}: {self._place}: {error.sentence}", error.next_step) from error

    def take(self, key: str, default: Any = _MISSING) -> Any:
        self._taken.add(key)
        value = self._entries.get(key, default)
        if value is _MISSING:
            raise self.wrong(key, "is missing", "Add it; the help page on plan files lists every key.")
        return value

    def text(self, key: str, default: Any = _MISSING) -> str:
        value = self.take(key, default)
        if not isinstance(value, str) or len(value) > 1000 or (default is _MISSING and not value.strip()):
            raise self.wrong(key, f"is {_short(value)}", "Write a short text in quotes.")
        return value

    def integer(self, key: str, default: Any = _MISSING) -> int:
        value = self.take(key, default)
        if type(value) is not int or not -(2**31) < value < 2**31:
            raise self.wrong(key, f"is {_short(value)}", "Write a whole number.")
        return value

    def decimal(self, key: str) -> Decimal | None:
        """A number, with its decimals as written; also in quotes."""
        value = self.take(key, None)
        if value is None:
            return None
        is_number = isinstance(value, Decimal) or type(value) is int
        is_written = isinstance(value, str) and _NUMBER.fullmatch(value) is not None
        number = Decimal(value if is_number or is_written else "NaN")
        if not number.is_finite():
            raise self.wrong(key, f"is {_short(value)}", "Write a number such as 74.035.")
        if number.adjusted() >= _MOST_DIGITS or -int(number.as_tuple().exponent) > _MOST_DIGITS:
            raise self.wrong(
                key, f"is {_short(value)}", f"Write at most {_MOST_DIGITS} digits, then a point and as many decimals."
            )
        return number

    def choice(self, key: str, kind: type[StrEnum], default: StrEnum) -> Any:
        value = self.take(key, str(default))
        if value not in [str(one) for one in kind]:
            raise self.wrong(key, f"is {_short(value)}", f"Use one of: {', '.join(kind)}.")
        return kind(value)

    def table(self, key: str) -> _Table:
        value = self.take(key)
        if not isinstance(value, dict):
            raise self.wrong(key, "is no table", f"Write [{key}] and its keys below.")
        return _Table(value, self._where, key)

    def optional_table(self, key: str) -> list[_Table]:
        """The table of this key, or nothing."""
        value = self.take(key, None)
        if value is None:
            return []
        if not isinstance(value, dict):
            raise self.wrong(key, "is no table", f"Write [{_unnumbered(self._place)}{key}] and its keys below.")
        return [_Table(value, self._where, f"{self._place}.{key}" if self._place else key)]

    def tables(self, key: str, *, optional: bool = False) -> Iterable[_Table]:
        value = self.take(key, [] if optional else _MISSING)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, "is no list of tables", f"Write [[{key}]] above each.")
        place = f"{self._place}.{key}" if self._place else key
        return [_Table(item, self._where, f"{place}[{number}]") for number, item in enumerate(value, 1)]

    def finish(self) -> None:
        """Refuse what nobody took: a misspelt key must not pass unnoticed."""
        import difflib

        for key in self._entries:
            if key not in self._taken:
                near = difflib.get_close_matches(key, sorted(self._taken), 1)
                remedy = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(sorted(self._taken))}."
                raise self.wrong(key, "is no key of a plan file", remedy)


def _unnumbered(place: str) -> str:
    """A place as its table's name is written: gauge[1].channel[2] is gauge.channel."""
    return "".join(f"{part.partition('[')[0]}." for part in place.split(".") if part)


def _short(value: object) -> str:
    """A value as it may stand in the file."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = text if isinstance(value, bool | int | Decimal | date) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
