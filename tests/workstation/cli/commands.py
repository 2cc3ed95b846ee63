"""Every command of the real command line, found by walking it, with one call of each that does its work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workstation.cli import lazy

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Leaf:
    """One command: the words that call it, and what it takes."""

    path: tuple[str, ...]
    params: tuple[Any, ...]

    @property
    def name(self) -> str:
        return " ".join(self.path)

    @property
    def shown(self) -> list[Any]:
        """What its help shows; an option for ourselves is hidden."""
        return [param for param in self.params if not getattr(param, "hidden", False)]

    def takes(self, option: str) -> bool:
        return any(option in param.opts for param in self.params)


def leaves() -> list[Leaf]:
    """Every command, in the order of the overview."""
    return [
        leaf
        for name, announced in lazy.COMMANDS.items()
        if announced.is_here()
        for leaf in _below(announced.load(name), (name,))
    ]


def _below(command: Any, path: tuple[str, ...]) -> Iterator[Leaf]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield Leaf(path, tuple(command.params))
    else:
        for name, one in inner.items():
            yield from _below(one, (*path, name))


def kind_of(param: Any) -> type:
    """Path, int, float, bool or str: what a parameter's text becomes."""
    return next((kind for kind in (Path, bool, int, float) if _is(param, kind)), str)


def _is(param: Any, kind: type) -> bool:
    annotation = param.type_descriptor.annotation
    return annotation is kind or f"{kind.__module__}.{kind.__qualname__}" in str(annotation)


SIGNED = {"account": "chief", "password_stdin": True}

ENDLESS = ("demo", "line run", "instruments simulate", "hub serve")
"""Commands that go on until they are told to end: a call that is not refused must not be made here."""

WITHOUT_STATION = ("demo", "line status", "line stop", "instruments", "settings", "restore", "doctor")
"""Commands with a home that do not open the station in it."""

CALLS: dict[str, dict[str, Any]] = {
    "demo": {},
    "line run": {"supervise": False},
    "line status": {},
    "line stop": {},
    "instruments ports": {},
    "instruments list": {},
    "instruments check": {"profile": "mitutoyo.digimatic-13"},
    "instruments probe": {"port": "tcp://127.0.0.1:{free}", "seconds": "0.1"},
    "instruments simulate": {
        "profile": "mitutoyo.digimatic-13", "port": "tcp://127.0.0.1:0", "count": "1", "rate": "5000",
    },
    "instruments listen": {"profile": "mitutoyo.digimatic-13", "port": "replay:{garbage}", "seconds": "0.1"},
    "instruments credentials": {"address": "mqtt://127.0.0.1:{free}"},
    "instruments settings": {"instrument": "caliper"},
    "instruments write": {
        "instrument": "caliper", "signal": "set-point", "value": "21.5", "yes": True, **SIGNED,
    },
    "sensors list": {},
    "sensors history": {"channel": "diameter"},
    "sensors alarms": {},
    "analyze": {"kind": "i-mr", "file": "{table}", "column": "value"},
    "validate": {"only": "no such case"},
    "records list": {"kind": "part"},
    "records show": {"record_id": "caliper"},
    "records history": {"record_id": "caliper"},
    "records correct": {
        "characteristic": "width", "subgroup": "1", "position": "1", "value": "9.002", "reason": "misread", **SIGNED,
        "account": "erna",
    },
    "records report-nonconformance": {
        "description": "burr at the edge", "part": "R-9", "quantity": "3", **SIGNED, "account": "erna",
    },
    "records clear-scan": {"text": "SN-1", "reason": "wrong box", **SIGNED, "account": "erna"},
    "trace": {"text": "SN-1"},
    "gauges lock": {"name": "caliper", "reason": "dropped", **SIGNED, "account": "erna"},
    "gauges release": {"name": "caliper", "reason": "checked", **SIGNED, "account": "erna"},
    "gauges calibrate": {
        "name": "caliper", "due": "2027-11-22", "reason": "certificate 4711", **SIGNED, "account": "erna",
    },
    "gauges retire": {"name": "caliper", "reason": "worn", **SIGNED, "account": "erna"},
    "gauges unbind": {"name": "caliper", "channel": "1", "reason": "sent away", **SIGNED, "account": "erna"},
    "limits show": {"characteristic": "width"},
    "limits establish": {
        "characteristic": "width", "newest": "3", "leave_out": "2: dropped", "reason": "new tool", **SIGNED,
        "account": "erna",
    },
    "report inspection": {"characteristic": "diameter", "out": "{folder}/report.xlsx"},
    "export readings": {"out": "{folder}/readings.csv"},
    "export records": {"kind": "gauge", "out": "{folder}/gauges.csv"},
    "export journal": {"out": "{folder}/journal.jsonl"},
    "import plan": {"file": "{plan}", **SIGNED},
    "import approve": {"name": "ring", **SIGNED, "account": "erna"},
    "sync enrol": {"url": "http://127.0.0.1:{free}", "code": "ABCD-EFGH"},
    "sync run": {"once": True, "hub": "http://127.0.0.1:{free}"},
    "sync status": {},
    "sync bundle": {"file": "{folder}/bundle.zip"},
    "sync accept": {"file": "{garbage}"},
    "hub serve": {"data": "{hub}", "port": "{taken}"},
    "hub enrol": {"name": "bench 2", "data": "{hub}"},
    "hub renew": {"name": "bench 1", "data": "{hub}", "file": "{folder}/key.json"},
    "hub revoke": {"name": "bench 1", "data": "{hub}"},
    "hub stations": {"data": "{hub}"},
    "hub events": {"data": "{hub}"},
    "hub accept": {"file": "{garbage}", "data": "{hub}"},
    "hub acknowledge": {"name": "bench 1", "file": "{folder}/answer.zip", "data": "{hub}"},
    "hub verify": {"data": "{hub}"},
    "accounts list": {},
    "accounts add": {"name": "anna", "role": "inspector", "display_name": "Anna", **SIGNED},
    "accounts set-password": {"name": "chief", **SIGNED},
    "accounts deactivate": {"name": "egon", "reason": "left", **SIGNED},
    "accounts unlock": {"name": "egon", "reason": "knows it again", **SIGNED},
    "settings list": {},
    "settings set": {"key": "line.batch_rows", "value": "50"},
    "verify": {},
    "backup": {"file": "{folder}/copy.db"},
    "restore": {"file": "{garbage}"},
    "doctor": {},
}  # fmt: skip
"""A parameter's text by its name; `{...}` is a place that the test makes."""


def arguments(leaf: Leaf, values: dict[str, Any], home: Path | None = None) -> list[str]:
    """The command line that gives a command these values."""
    words = list(leaf.path)
    after: list[str] = []
    for param in leaf.params:
        if param.name == "home" and home is not None:
            words += ["--home", str(home)]
        if param.name not in values:
            continue
        value = values[param.name]
        if param.param_type_name == "argument":
            after.append(value)
        elif isinstance(value, bool):
            words.append(param.opts[0] if value else param.secondary_opts[0])
        else:
            words.append(f"{param.opts[0]}={value}")
    return [*words, "--", *after] if after else words
