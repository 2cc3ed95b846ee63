"""The qualification report of an installation: what is installed, what was calculated, what deviates, who signs."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from workstation.reports.typesetting import typeset
from workstation.reports.wording import NOTHING, moment, moment_here, program_version

TEMPLATE = "validation.typ"
PACKAGES = ("numpy", "scipy", "statsmodels", "sqlalchemy", "pandas", "PySide6-Essentials", "pyqtgraph", "pymodbus",
            "pyserial", "typst")  # fmt: skip
"""Packages whose version the report states: those that calculate, keep, measure, show or print."""


def write_validation_report(target: Path, cases: Path, outcomes: Sequence[Mapping[str, Any]]) -> Path:
    """Write the qualification of this installation to `target` as PDF/A.

    `outcomes` are plain dictionaries with id, status (pass or fail), worst (largest relative error or None), field,
    message, source, function and relative_tolerance (or tolerance), in the order they ran; `cases` is the folder they
    were read from. Raises SurroundingsFailed when the file cannot be written.
    """
    now = time.time_ns() // 1000
    return typeset(TEMPLATE, validation_content(cases, outcomes, now), target, at=now)


def validation_content(cases: Path, outcomes: Sequence[Mapping[str, Any]], now: int) -> dict[str, Any]:
    """Everything the template shows."""
    failed = [one for one in outcomes if one.get("status") != "pass"]
    offset = datetime.now().astimezone().utcoffset()
    minutes = 0 if offset is None else round(offset.total_seconds() / 60)
    program = program_version()
    sources = _sources(outcomes)
    return {
        "title": "Qualification of the installation",
        "subtitle": f"Sinebar {program} on {platform.node() or 'this computer'}",
        "author": f"Sinebar {program}",
        "description": f"{len(outcomes)} reference cases, {len(failed)} deviations",
        "language": "en",
        "header": {"left": "Qualification of the installation", "right": f"Sinebar {program}"},
        "footer": {"left": f"{platform.node()} · {moment(now)}"},
        "tiles": _tiles(outcomes, failed),
        "installation": _installation(cases, now, minutes),
        "packages": [[name, _installed(name)] for name in PACKAGES],
        "rows": [_row(one, sources) for one in outcomes],
        "sources": [[number, source] for source, number in sources.items()],
        "deviations": [_deviation(one) for one in failed],
        "conclusion": _conclusion(len(outcomes), len(failed)),
        "roles": ["Carried out by", "Reviewed by", "Approved by"],
        "hash": results_hash(outcomes),
    }


def results_hash(outcomes: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 of the canonical JSON of all outcomes: binds the signed paper to exactly these results."""
    text = json.dumps([dict(one) for one in outcomes], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _tiles(outcomes: Sequence[Mapping[str, Any]], failed: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    errors = [float(one["worst"]) for one in outcomes if one.get("worst") is not None]
    return [
        {"label": "Reference cases", "value": str(len(outcomes)), "note": "calculated here", "state": ""},
        {"label": "As published", "value": str(len(outcomes) - len(failed)), "note": "within tolerance", "state": ""},
        {
            "label": "Deviations",
            "value": str(len(failed)),
            "note": "each listed below" if failed else "none",
            "state": "alarm" if failed else "",
        },
        {
            "label": "Largest relative error",
            "value": _error(max(errors)) if errors else NOTHING,
            "note": "over all fields",
            "state": "",
        },
    ]


def _installation(cases: Path, now: int, minutes: int) -> list[list[str]]:
    return [
        ["Computer", platform.node() or NOTHING],
        ["Operating system", f"{platform.system()} {platform.release()}"],
        ["Processor", platform.machine() or NOTHING],
        ["Python", f"{platform.python_version()} ({platform.python_implementation()}, {sys.byteorder} endian)"],
        ["Installed in", str(Path(__file__).resolve().parents[2])],
        ["Cases from", str(cases)],
        ["Carried out", moment_here(now, minutes)],
        ["Time zone", datetime.fromtimestamp(now / 1e6, UTC).astimezone().tzname() or NOTHING],
    ]


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _sources(outcomes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """A number for each publication that cases come from, in the order they are first used."""
    named = dict.fromkeys(str(one["source"]) for one in outcomes if one.get("source"))
    return {source: str(number) for number, source in enumerate(named, 1)}


def _row(one: Mapping[str, Any], sources: Mapping[str, str]) -> list[Any]:
    passed = one.get("status") == "pass"
    verdict: Any = "as published" if passed else {"kind": "alarm", "text": "▲ deviates"}
    return [
        str(one.get("id", "")),
        str(one.get("function") or NOTHING),
        _error(one.get("worst")),
        _error(one.get("relative_tolerance", one.get("tolerance"))),
        verdict,
        sources.get(str(one.get("source")), NOTHING),
    ]


def _error(value: Any) -> str:
    """A relative error or tolerance: 0, or a power of ten."""
    if value is None:
        return NOTHING
    return "0" if value == 0 else f"{float(value):.1e}".replace("e-0", "e−").replace("e-", "e−").replace("e+0", "e")


def _deviation(one: Mapping[str, Any]) -> dict[str, str]:
    return {
        "id": str(one.get("id", "")),
        "where": str(one.get("field") or "the whole case"),
        "message": str(one.get("message") or "no message"),
        "source": str(one.get("source") or NOTHING),
    }


def _conclusion(total: int, failed: int) -> str:
    if not total:
        return "No case was run: nothing is said about this installation."
    if failed:
        return (
            f"{failed} of {total} cases deviate. The statistics named there must not be used on this installation "
            "until the deviation is explained and resolved."
        )
    return f"All {total} cases came out as published, each within its tolerance."
