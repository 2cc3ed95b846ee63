"""Read a profile: TOML to frozen values, refusing with file, line and what was expected."""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from devices.errors import ProfileError
from devices.profile import records
from devices.profile.fields import Complaint, Table, Values, read_table
from devices.profile.locate import Locator
from devices.profile.model import (
    Certainty,
    Checksum,
    Expected,
    Framing,
    LineSettings,
    Profile,
    ProfileTest,
    Pulse,
    Request,
    SerialPort,
    Simulation,
    Stream,
)
from devices.profile.tables import BYTE_TABLES, COMMANDS_HELP
from devices.profile.templates import TemplateError, check_template
from devices.reading import Trigger

LARGEST_FILE = 256 * 1024
_LATIN = "write bytes above 7F as \\u0080 to \\u00FF"


def load_profile(path_or_text: Path | str) -> Profile:
    """The profile in a file, or in a text (a str with a line end is a text). Raises ProfileError."""
    if isinstance(path_or_text, str) and "\n" in path_or_text:
        return _load_text(path_or_text, "profile")
    path = Path(path_or_text)
    try:
        status = path.stat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):  # a pipe may keep its reader for ever
            raise ProfileError(f"The profile {path} is no plain file.", "Give the path of a profile.")
        if status.st_size > LARGEST_FILE:
            raise ProfileError(f"{path} is larger than {LARGEST_FILE // 1024} KiB.", "Give an instrument profile.")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ProfileError(
            f"The profile {path} cannot be read: {error.strerror}.", "Give the path of a profile."
        ) from error
    except UnicodeDecodeError as error:
        raise ProfileError(f"The profile {path} is not UTF-8 text.", "Save it as UTF-8.") from error
    return _load_text(text, str(path))


def parse_line_settings(text: str) -> LineSettings:
    """`9600 8N1` as settings. Raises ProfileError."""
    found = re.fullmatch(r"(\d{2,7}) ?([5678])([NEOMS])(1|1\.5|2)", text.strip().upper())
    if found is None:
        raise ProfileError(
            f"'{text}' are no line settings.", "Give baud rate, data bits, parity and stop bits like '9600 8N1'."
        )
    return LineSettings(int(found[1]), int(found[2]), found[3], found[4])


def _load_text(text: str, file: str) -> Profile:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        line = found[1] if found else str(text.count("\n") + 1)
        why = re.sub(r" \(at .*\)$", "", str(error))
        raise ProfileError(f"{file}, line {line}: this is not TOML: {why}.", "Correct that line.") from error
    except RecursionError as error:
        raise ProfileError(f"{file}, line 1: the profile is nested too deeply.", "Give a profile.") from error
    except ValueError as error:  # what Python says of whole numbers with thousands of digits
        raise ProfileError(f"{file} holds a number of thousands of digits.", "Write numbers such as 9600.") from error
    complaint = Complaint(file, Locator(text))
    tables = _read_tables(document, complaint)
    return _build(tables, document, file, complaint)


def _read_tables(document: Mapping[str, Any], complaint: Complaint) -> dict[str, tuple[Values, ...]]:
    """Every declared table of the document, checked; a table that is not there is an empty tuple."""
    declared: dict[str, Table] = {table.name: table for table in BYTE_TABLES}
    if "modbus" in document:
        from devices.modbus.tables import MODBUS_TABLES

        declared |= {table.name: table for table in MODBUS_TABLES}
    if "server" in document:
        from devices.gateway.profile import SERVER_TABLES

        declared |= {table.name: table for table in SERVER_TABLES}
    for name in document:
        if name not in declared and name != "commands":
            raise complaint.error(
                (name,), f"a profile has no table [{name}].", f"It may have: {', '.join(sorted(declared))}, commands."
            )
    result: dict[str, tuple[Values, ...]] = {}
    for table in declared.values():
        raw = document.get(table.name)
        if raw is None:
            if table.required and not ("server" in document and table.name == "test"):
                raise complaint.error((), f"the table [{table.name}] is missing: {table.help}")
            result[table.name] = ()
        elif table.many:
            if not isinstance(raw, list):
                raise complaint.error((table.name,), f"[{table.name}] must be written [[{table.name}]].")
            result[table.name] = tuple(
                read_table(table.keys, one, (table.name, index), complaint) for index, one in enumerate(raw)
            )
        else:
            result[table.name] = (read_table(table.keys, raw, (table.name,), complaint),)
    return result


def _one(tables: Mapping[str, tuple[Values, ...]], name: str) -> Values | None:
    found = tables[name]
    return found[0] if found else None


def _build(
    tables: Mapping[str, tuple[Values, ...]], document: Mapping[str, Any], file: str, complaint: Complaint
) -> Profile:
    head = tables["profile"][0]
    framing, registers, server = _one(tables, "framing"), None, None
    if "server" in document:
        from devices.gateway.profile import read_server

        if framing is not None or "modbus" in document:
            raise tables["server"][0].error("", "a profile has only one of [framing], [modbus] and [server].")
        server = read_server(tables)
    elif "modbus" in document:
        from devices.modbus.tables import read_registers

        if framing is not None:
            raise framing.error("", "a profile has either [framing] or [modbus], not both.")
        registers = read_registers(tables)
    elif framing is None:
        raise complaint.error((), "the table [framing] is missing: it says how bytes become frames.")
    request = _one(tables, "request")
    stream = _one(tables, "stream")
    simulate = _one(tables, "simulate")
    serial = _one(tables, "serial")
    profile = Profile(
        id=head.text("id"),
        version=head.integer("version"),
        title=head.text("title"),
        maker=head.text("maker"),
        family=head.text("family"),
        source=head.text("source"),
        certainty=Certainty(head.text("certainty")),
        notes=head.text("notes"),
        file=file,
        serial=_serial(serial) if serial is not None else None,
        framing=_framing(framing) if framing is not None else None,
        request=_request(request) if request is not None else None,
        stream=_stream(stream) if stream is not None else None,
        unsolicited=_unsolicited(head),
        commands=_commands(document, complaint),
        records=records.build(tables["record"], complaint) if framing is not None else (),
        tests=tuple(_test(one) for one in tables["test"]),
        simulate=_simulate(simulate) if simulate is not None else None,
        registers=registers,
        server=server,
    )
    if framing is not None:
        _check_coverage(profile, complaint)
    return profile


def _check_coverage(profile: Profile, complaint: Complaint) -> None:
    has_value = any(one.value or one.text for test in profile.tests for one in test.expect)
    has_error = any(one.error for test in profile.tests for one in test.expect)
    has_garbage = any(not test.expect for test in profile.tests)
    missing = [
        what
        for what, there in (("a value", has_value), ("an error", has_error), ("garbage (expect = [])", has_garbage))
        if not there
    ]
    if missing:
        raise complaint.error(
            ("test",), f"a profile needs at least one [[test]] with {' and one with '.join(missing)}."
        )


def _unsolicited(head: Values) -> Trigger | None:
    word = head.text("unsolicited", "button")
    return None if word == "never" else Trigger(word)


def _commands(document: Mapping[str, Any], complaint: Complaint) -> Mapping[str, str]:
    raw = document.get("commands", {})
    if not isinstance(raw, Mapping) or not all(isinstance(text, str) and text for text in raw.values()):
        raise complaint.error(("commands",), f"[commands] must be a table of texts. {COMMANDS_HELP}")
    for name, text in raw.items():
        _latin(text, lambda why, name=name: complaint.error(("commands", name), f"'{name}' {why}"))
    return dict(raw)


def _latin(text: str, error: Any) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as cause:
        raise error(f"holds a character that is not one byte: {_LATIN}.") from cause


def _bytes(values: Values, name: str, default: bytes = b"") -> bytes:
    if name not in values:
        return default
    return _latin(values.text(name), lambda why: values.error(name, f"'{name}' {why}"))


def _level(text: str) -> bool | None:
    return {"on": True, "off": False}.get(text)


def _serial(values: Values) -> SerialPort:
    line = values.text("line")
    levels = {name: level for name in ("dtr", "rts", "break") if (level := _level(values.text(name))) is not None}
    return SerialPort(
        line=None if line == "ask" else parse_line_settings(line),
        candidates=tuple(parse_line_settings(one) for one in values.texts("candidates") if one != "ask"),
        levels=levels,
        flow=values.text("flow", "none"),
        open_delay_ms=values.integer("open_delay_ms"),
    )


TORN_MS = 300
"""Silence within a line after which its rest was lost, where the profile does not say another time: longer than any
converter holds bytes back, shorter than a person takes between two presses."""
_NEEDS = {
    "line": ("end", "max"),
    "fixed": ("size",),
    "marks": ("start", "end", "max"),
    "length": ("length_at", "length_bytes", "max"),
    "gap": ("gap_ms", "max"),
    "nibbles": ("start", "size", "packing"),
}


def _framing(values: Values) -> Framing:
    kind = values.text("kind")
    for name in _NEEDS[kind]:
        if name not in values or values.text(name, "x") == "":
            raise values.error("", f"framing of kind '{kind}' needs '{name}'.")
    if kind == "nibbles" and re.fullmatch(r"[0-9A-F]{1,8}", values.text("start")) is None:
        raise values.error("start", "'start' of nibbles must be hexadecimal digits like FFFF.")
    end = b"any" if kind == "line" and values.text("end") == "any" else _bytes(values, "end")
    size = values.integer("size")
    return Framing(
        kind=kind,
        start=_bytes(values, "start"),
        end=end,
        most=values.integer("max", size or 256),
        size=size,
        strip=_bytes(values, "strip"),
        gap_ms=values.integer("gap_ms", TORN_MS if kind == "line" else 0),
        length_at=values.integer("length_at"),
        length_bytes=values.integer("length_bytes", 1),
        length_order=values.text("length_order", "big"),
        length_adds=values.integer("length_adds"),
        packing=values.text("packing"),
        checksum=_checksum(values.table("checksum")),
    )


def _checksum(values: Values | None) -> Checksum | None:
    if values is None:
        return None
    return Checksum(values.text("kind"), values.text("form"), values.integer("from"))


def _request(values: Values) -> Request:
    read, pulse = values.text("read"), values.table("pulse")
    if bool(read) == (pulse is not None):
        raise values.error("", "[request] needs either 'read' or 'pulse'.")
    _bytes(values, "read")
    stray = re.sub(r"\{channel\}", "", read)
    if "{" in stray or "}" in stray:
        raise values.error("read", "'read' may hold {channel} and no other braces.")
    channels = values.texts("channels") or ("1",)
    if len(channels) > 1 and "{channel}" not in read:
        raise values.error("read", "several channels need {channel} in 'read'.")
    return Request(
        read=read,
        pulse=Pulse(pulse.text("line"), pulse.text("level") == "on", pulse.integer("ms")) if pulse else None,
        channels=channels,
        timeout_ms=values.integer("timeout_ms"),
        late_window_ms=values.integer("late_window_ms"),
        gap_ms=values.integer("min_gap_ms"),
        safe=values.flag("safe"),
    )


def _stream(values: Values) -> Stream:
    _bytes(values, "start")
    _bytes(values, "stop")
    return Stream(
        start=values.text("start"),
        stop=values.text("stop"),
        stop_on_open=values.flag("stop_on_open"),
        silent_after_ms=values.integer("silent_after_ms"),
    )


def _test(values: Values) -> ProfileTest:
    if ("bytes" in values) == ("hex" in values):
        raise values.error("", "a test needs either 'bytes' or 'hex'.")
    wire = _bytes(values, "bytes") if "bytes" in values else bytes.fromhex(values.text("hex"))
    return ProfileTest(
        name=values.text("name"),
        wire=wire,
        asked=values.text("asked"),
        expect=tuple(_expected(one) for one in values.tables("expect")),
    )


def _expected(values: Values) -> Expected:
    if sum(name in values for name in ("value", "error", "text")) != 1:
        raise values.error("", "each expectation needs exactly one of 'value', 'error' and 'text'.")
    unit = values.text("unit")
    return Expected(
        channel=values.text("channel"),
        value=values.text("value"),
        unit=unit or None,
        error=values.text("error"),
        quality=values.text("quality"),
        trigger=values.text("trigger"),
        text=values.text("text"),
    )


def _simulate(values: Values) -> Simulation:
    for place, template in (("reply", values.text("reply")), *values.mapping("faults").items()):
        try:
            check_template(template, Decimal("12.345"))
        except TemplateError as error:
            raise values.error("reply" if place == "reply" else "faults", f"the template '{place}' {error}.") from error
    delays = values.integers("delay_ms") or (20, 60)
    if len(delays) != 2 or delays[0] > delays[1]:
        raise values.error("delay_ms", "'delay_ms' must be two numbers, the shortest and the longest time.")
    return Simulation(
        reply=values.text("reply"),
        unit=values.text("unit"),
        other_unit=values.text("other_unit"),
        delay_ms=(delays[0], delays[1]),
        faults=values.mapping("faults"),
        echo=values.flag("echo"),
    )
