"""`sinebar settings`: list every setting with its help, and change one."""

from __future__ import annotations

from typing import Annotated

import typer

from workstation.cli import output

app = typer.Typer(help="List settings and change them.", no_args_is_help=True, add_completion=False)


@app.command("list")
def list_settings(ctx: typer.Context, home: output.HomeOption = None, as_json: output.JsonOption = False) -> None:
    """List every setting: its value here, its default, what it does."""
    from workstation import settings

    current = settings.load(output.home_of(ctx, home))
    data = [
        {
            "key": one.key,
            "value": current.get(one),
            "default": one.default,
            "unit": one.unit,
            "lowest": one.lowest,
            "highest": one.highest,
            "choices": one.choices,
            "help": one.help,
        }
        for one in settings.SETTINGS
    ]
    rows = [
        (
            one.key,
            _text(current.get(one)),
            "" if current.get(one) == one.default else _text(one.default),
            one.unit,
            one.help,
        )
        for one in settings.SETTINGS
    ]
    shown = output.table(("setting", "value", "default", "unit", ""), rows, whole=1)
    output.Printer(ctx, as_json).result({"settings": data}, shown)


@app.command("set")
def set_setting(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(help="The setting, such as line.batch_rows.", show_default=False)],
    value: Annotated[str, typer.Argument(help="Its new value.", show_default=False)],
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Change a setting. Programs that run already read it when they are started again."""
    from workstation import settings

    changed = settings.change(output.home_of(ctx, home), key, value)
    now = changed.get(settings.declared(key))
    output.Printer(ctx, as_json).result({"key": key, "value": now}, f"{key} is now {_text(now) or 'empty'}.")


def _text(value: object) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
