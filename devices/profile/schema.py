"""The published JSON schema of profiles, made from the same declarations that the loader checks by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from devices.profile.fields import LONGEST_TEXT, MOST_ITEMS, Key, Kind, Table
from devices.profile.tables import BYTE_TABLES, COMMANDS_HELP

_DECIMAL = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"


def build_schema() -> dict[str, Any]:
    """The schema as JSON-ready values; `resources/profiles/profile.schema.json` holds it."""
    from devices.gateway.profile import SERVER_TABLES
    from devices.modbus.tables import MODBUS_TABLES

    tables = (*BYTE_TABLES, *MODBUS_TABLES, *SERVER_TABLES)
    properties = {table.name: _table(table) for table in tables}
    properties["commands"] = {
        "type": "object",
        "description": COMMANDS_HELP,
        "additionalProperties": {"type": "string", "minLength": 1},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sinebar instrument profile",
        "type": "object",
        "additionalProperties": False,
        "required": [table.name for table in tables if table.required and table.name != "test"],
        "oneOf": [
            {"required": ["framing", "record", "test"]},
            {"required": ["modbus", "test"]},
            {"required": ["server"]},
        ],
        "properties": properties,
    }


def _table(table: Table) -> dict[str, Any]:
    one = _object(table.keys)
    if not table.many:
        return {"description": table.help, **one}
    return {"description": table.help, "type": "array", "items": one}


def _object(keys: Sequence[Key]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {key.name: {"description": key.help, **_key(key)} for key in keys},
    }
    required = [key.name for key in keys if key.required]
    return result | ({"required": required} if required else {})


def _key(key: Key) -> dict[str, Any]:
    if key.kind is Kind.TEXT:
        return _text(key)
    if key.kind is Kind.INTEGER:
        return _integer(key)
    if key.kind is Kind.FLAG:
        return {"type": "boolean"}
    if key.kind is Kind.DECIMAL:
        return {"type": "string", "pattern": _DECIMAL}
    if key.kind is Kind.MAP:
        return {"type": "object", "additionalProperties": {"type": "string"}}
    if key.kind is Kind.TABLE:
        return _object(key.keys)
    items = {Kind.TEXTS: _text, Kind.INTEGERS: _integer}.get(key.kind, lambda one: _object(one.keys))(key)
    return {"type": "array", "maxItems": MOST_ITEMS, "items": items}


def _text(key: Key) -> dict[str, Any]:
    if key.choices:
        return {"enum": list(key.choices)}
    if key.pattern:
        return {"type": "string", "pattern": f"^({key.pattern})$"}
    return {"type": "string", "maxLength": LONGEST_TEXT}


def _integer(key: Key) -> dict[str, Any]:
    result: dict[str, Any] = {"type": "integer"}
    if key.minimum is not None:
        result["minimum"] = key.minimum
    if key.maximum is not None:
        result["maximum"] = key.maximum
    return result
