"""A result told to a person: its figures, a table for each list of like things, and what is worth knowing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.charts import ChartResult, Limits
from analysis.results import plain
from analysis.sampling.switching import SwitchingHistory
from analysis.screening import Screening
from analysis.validation import expanded
from workstation.cli.analyses.remarks import sentence

LONGEST_LIST = 12
MOST_ROWS = 60
_LEVELS = {"info": "", "warning": "Take care: ", "refusal": "Not computed: "}


@dataclass(slots=True)
class Section:
    """A table with its heading; the first one of a result holds single figures and has no heading."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)


def told(result: Any) -> tuple[list[Section], list[str]]:
    """The sections of a result, and its remarks as sentences."""
    if isinstance(result, ChartResult):
        return _chart(result), _remarks([plain(note) for note in result.notes])
    if isinstance(result, Screening):
        return _screening(result)
    if isinstance(result, SwitchingHistory):
        return _switching(result)
    found = expanded(result)
    found = dict(found) if isinstance(found, Mapping) else {"result": found}
    charts = {name: found.pop(name) and getattr(result, name) for name in list(found) if _is_chart(result, name)}
    sections = _sections("", found)
    for chart in charts.values():
        sections[1:1] = _chart(chart)
    remarks = _remarks(found.get("notes") or ())
    return [section for section in sections if section.rows], [*remarks, *_method(found.get("provenance"))]


def _is_chart(result: Any, name: str) -> bool:
    return isinstance(getattr(result, name, None), ChartResult)


def text(section: Section) -> str:
    """A section as lines: columns as wide as their longest cell, numbers to the right, nothing broken in two."""
    rows = [row + ("",) * (len(section.columns) - len(row)) for row in section.rows]
    heads = [section.columns] if any(section.columns) else []
    widths = [max(len(row[place]) for row in [*heads, *rows]) for place in range(len(section.columns))]
    right = [place > 0 and all(_NUMBER.fullmatch(row[place]) for row in rows) for place in range(len(widths))]
    made = [f"{section.title[:1].upper()}{section.title[1:]}"] if section.title else []
    for row in [*heads, *rows]:
        cells = [cell.rjust(width) if to_right else cell.ljust(width)
                 for cell, width, to_right in zip(row, widths, right, strict=True)]  # fmt: skip
        made.append("  ".join(cells).rstrip())
    return "\n".join(made)


_NUMBER = re.compile(r"[-+]?[\d.]+(e[-+]?\d+)?|—|")


def _sections(title: str, found: Mapping[str, Any]) -> list[Section]:
    """An object: its single figures in a first section, then a section for each list of like things in it."""
    first = Section(title, ("", ""))
    sections = [first]
    for name, value in found.items():
        if name not in ("notes", "provenance"):
            _add(first, sections, name, value)
    return sections


def _add(first: Section, sections: list[Section], name: str, value: Any) -> None:
    label = spoken(name)
    heading = f"{first.title}: {label}" if first.title else label
    if isinstance(value, Mapping) and _brief(value) is None:
        _add_mapping(first, sections, name, heading, value)
    elif _is_list(value) and value and all(isinstance(item, Mapping) for item in value):
        sections.append(_table(heading, {_name_of(item, index): item for index, item in enumerate(value)}))
    elif _is_list(value) and value and all(_is_list(item) for item in value):
        sections.append(_grid(heading, value))
    else:
        first.rows.append((label, figure(value)))


def _add_mapping(first: Section, sections: list[Section], name: str, heading: str, value: Mapping[str, Any]) -> None:
    """Like objects make a table; an object of its own a section; a small one a few rows."""
    if _alike(list(value.values())):
        sections.append(_table(heading, {spoken(str(key)): item for key, item in value.items()}))
        return
    inner = {key: item for key, item in value.items() if key not in ("notes", "provenance")}
    if "provenance" in value or len(inner) > 6:
        sections.extend(_sections(heading, inner))
        return
    for key, item in inner.items():
        _add(first, sections, f"{name}: {spoken(str(key))}", item)


def _brief(value: Mapping[str, Any]) -> str | None:
    """An object that one line says: an interval, a share, a kappa; None for any other."""
    if {"lower", "upper", "confidence"} <= set(value):
        return _interval(value)
    if {"lower", "upper", "target"} <= set(value):
        target = "" if value["target"] is None else f", target {figure(value['target'])}"
        return f"{figure(value['lower'])} to {figure(value['upper'])}{target}"
    if {"matched", "inspected", "share"} <= set(value):
        return f"{value['matched']} of {value['inspected']}, {100 * value['share']:.1f} %"
    return None


def _alike(items: Sequence[Any]) -> bool:
    """Whether objects have the same fields, so that a table can hold one a row."""
    if not items or not all(isinstance(item, Mapping) for item in items):
        return False
    fields = {frozenset(item) for item in items}
    nested = [item for entry in items for item in entry.values() if isinstance(item, Mapping)]
    return len(fields) == 1 and all(_brief(item) is not None for item in nested)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _name_of(item: Mapping[str, Any], index: int) -> str:
    for key in ("name", "source", "term", "family", "code", "appraiser", "reference"):
        if item.get(key) is not None:
            return figure(item[key])
    return str(index + 1)


_NAMING = ("name", "source", "term", "family", "code", "appraiser", "reference")


def _table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Section:
    """Objects as rows, their fields as columns; a field that is nowhere filled is left out."""
    naming = next((key for key in _NAMING if key in next(iter(rows.values()))), None)
    flat = {name: _flat({key: item for key, item in row.items() if key != naming}) for name, row in rows.items()}
    keys = dict.fromkeys(key for row in flat.values() for key, item in row.items() if item not in (None, [], {}))
    made = [(name, *(_cell(row.get(key)) for key in keys)) for name, row in list(flat.items())[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        made.append((f"… and {len(rows) - MOST_ROWS} more", *("" for _ in keys)))
    return Section(title, ("", *(spoken(key) for key in keys)), made)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """An object's fields, those of an object in it beside its own (a candidate's fit)."""
    made: dict[str, Any] = {}
    for key, item in row.items():
        own = isinstance(item, Mapping) and len(item) > 3 and _brief(item) is None and _figure_of(item) is None
        made |= {inner: value for inner, value in item.items() if inner != "family"} if own else {key: item}
    return made


def _figure_of(item: Mapping[str, Any]) -> Any:
    """The figure an object stands for, where it has one."""
    return next((item[key] for key in ("kappa", "overall", "statistic", "value", "total") if item.get(key)), None)


def _grid(title: str, rows: Sequence[Sequence[Any]]) -> Section:
    width = max(len(row) for row in rows)
    made = [(str(number), *(figure(item) for item in row)) for number, row in enumerate(rows[:MOST_ROWS], 1)]
    if len(rows) > MOST_ROWS:
        made.append((f"… and {len(rows) - MOST_ROWS} more",))
    return Section(title, ("", *(str(number) for number in range(1, width + 1))), made)


def _cell(value: Any) -> str:
    """A cell of a table: of an object in it the figure it stands for."""
    if isinstance(value, Mapping) and _brief(value) is None:
        if _figure_of(value) is not None:
            return _cell(_figure_of(value))
        shown = [f"{spoken(str(key))} {figure(item)}" for key, item in value.items() if not isinstance(item, Mapping)]
        return ", ".join(shown[:4])
    return f"{value:.6g}" if isinstance(value, float) else figure(value)


def _interval(value: Mapping[str, Any]) -> str:
    share = value.get("confidence")
    at = f" ({100 * share:g} %)" if isinstance(share, float) else ""
    return f"{figure(value['lower'])} to {figure(value['upper'])}{at}"


def listed(value: Sequence[Any]) -> str:
    """A list in a line; a long one by its ends."""
    if len(value) > LONGEST_LIST:
        return f"{len(value)} entries: {figure(value[0])} … {figure(value[-1])}"
    return ", ".join(figure(item) for item in value) or "none"


def spoken(name: str) -> str:
    """A field's name as it is read."""
    return name.replace("_", " ").strip()


def figure(value: Any) -> str:
    """A number with seven significant digits, nothing as a dash."""
    if value is None or value == {}:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.7g}"
    if isinstance(value, Mapping):
        return _brief(value) or _cell(value)
    return listed(value) if _is_list(value) else str(value)


def _method(provenance: Mapping[str, Any] | None) -> list[str]:
    if not provenance:
        return []
    choices = ", ".join(f"{spoken(key)} {figure(value)}" for key, value in provenance.get("choices", {}).items())
    preset = f", preset {provenance['preset']}" if provenance.get("preset") else ""
    return [f"Method: {provenance['method']}{preset}{' (' + choices + ')' if choices else ''}."]


def _remarks(notes: Sequence[Mapping[str, Any]]) -> list[str]:
    return [_LEVELS.get(note["level"], "") + sentence(note["code"], note["values"]) for note in notes]


# --- charts and screenings ------------------------------------------------------------------------------------------


def _chart(result: ChartResult) -> list[Section]:
    limits = Section(f"limits of the {result.chart} chart", ("", "LCL", "centre", "UCL", "sigma"))
    for stage, one in enumerate(result.limits, 1):
        prefix = f"stage {stage}: " if len(result.limits) > 1 else ""
        limits.rows += [(prefix + name, *cells) for name, *cells in _limit_rows(one)]
    signals = Section(f"signals by {result.rules.name}", ("panel", "point", "value", "rules"))
    for panel in result.panels:
        for index in np.flatnonzero(panel.signals)[:MOST_ROWS]:
            codes = ", ".join(result.rules.names(int(panel.signals[index])))
            signals.rows.append((panel.name, str(int(index) + 1), figure(float(panel.statistic[index])), codes))
    if not signals.rows:
        signals.rows.append(("none", "", "", ""))
    return [limits, signals]


def _limit_rows(limits: Limits) -> list[tuple[str, ...]]:
    made = []
    for name in ("location", "dispersion", "between"):
        lines = getattr(limits, name)
        if lines is not None:
            sigma = f"{figure(plain(limits.sigma))} ({limits.sigma_method})" if name == "location" else ""
            made.append((name, *(figure(plain(v)) for v in (lines.lcl, lines.center, lines.ucl)), sigma))
    return made


def _screening(result: Screening) -> tuple[list[Section], list[str]]:
    """The characteristics in most need first."""
    keys = ("count", "mean", "sigma_within", "sigma_overall", "cp", "cpk", "pp", "ppk", "expected_ppm", "signals")
    section = Section("those in most need first", ("", *(spoken(key) for key in keys), "remarks"))
    for index in result.order[:MOST_ROWS].tolist():
        name = result.names[index]
        cells = [figure(plain(getattr(result, key)[index])) for key in keys]
        remarks = " ".join(_remarks([plain(note) for note in result.notes.get(name, ())]))
        section.rows.append((name, *cells, remarks))
    hidden = len(result.names) - MOST_ROWS
    more = [f"{hidden} more characteristics stand in --json."] if hidden > 0 else []
    return [section], [*more, *_method(plain(result.provenance))]


def _switching(result: SwitchingHistory) -> tuple[list[Section], list[str]]:
    """Where the inspection changed, and how it goes on."""
    first = Section("", ("", ""))
    first.rows = [("lots", str(len(result.severity))), ("next lot", result.state.severity)]
    changes = Section("changes", ("after lot", "inspected", "then"))
    for lot, (severity, move) in enumerate(zip(result.severity, result.moves, strict=True), 1):
        if move:
            changes.rows.append((str(lot), severity, move))
    return [first, *([changes] if changes.rows else [])], [
        *_remarks([plain(note) for note in result.notes]),
        *_method(plain(result.provenance)),
    ]
