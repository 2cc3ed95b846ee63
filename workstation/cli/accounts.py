"""`sinebar accounts`: add accounts, list them, set passwords, take them out of use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from workstation.cli import output
from workstation.cli.identity import AccountOption, PasswordOption, act_as, ask, read_password

if TYPE_CHECKING:
    from workstation.store import Role

app = typer.Typer(help="Add accounts, list them, set passwords.", no_args_is_help=True, add_completion=False)

NameArgument = Annotated[str, typer.Argument(help="The account's name.", show_default=False)]


@app.command("list")
def list_accounts(ctx: typer.Context, home: output.HomeOption = None, as_json: output.JsonOption = False) -> None:
    """List every account with its role and standing."""
    from workstation.cli.reading import station_to_read
    from workstation.people.accounts import accounts

    with station_to_read(ctx, home) as station, station.read() as reader:
        found = accounts(reader)
    rows = [(one.name, one.display_name, one.role, _standing(one.active, one.locked)) for one in found]
    shown = output.table(("name", "printed name", "role", "standing"), rows) if rows else "There are no accounts yet."
    output.Printer(ctx, as_json).result({"accounts": found}, shown)


def _standing(active: bool, locked: bool) -> str:
    return "deactivated" if not active else "locked" if locked else "active"


@app.command()
def add(
    ctx: typer.Context,
    name: NameArgument,
    role: Annotated[str, typer.Option(help="inspector, engineer, supervisor, auditor or administrator.")],
    display_name: Annotated[str, typer.Option("--name", help="Printed name, as it stands in signatures.")],
    account: AccountOption = "",
    password_stdin: PasswordOption = False,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Add an account. With --password-stdin: your own password first (if you act as an account), then the new one.

    The first account of a station must be an administrator; the live line gets its service account with it.
    """
    from workstation import settings
    from workstation.errors import CallIsWrong
    from workstation.people import accounts
    from workstation.station import Station
    from workstation.store import Role

    wanted = _role(role)
    with Station.open(output.home_of(ctx, home), create=wanted is Role.ADMINISTRATOR) as station:
        actor, proof = act_as(station, account, password_stdin)
        if proof is None and wanted is not Role.ADMINISTRATOR:
            raise CallIsWrong(
                "The first account of a station must be an administrator, or nobody could add the next one.",
                "Add the administrator first: --role administrator.",
            )
        password = read_password() if password_stdin else ask(f"New password of {name}", twice=True)
        shortest = station.settings.get(settings.PASSWORD_LENGTH)
        with station.write(actor if proof else name, reason="" if proof else "first account of the station") as work:
            made = accounts.create(work, name, display_name, wanted, password, shortest=shortest)
            if proof is None:
                accounts.ensure_line_account(work)
    output.Printer(ctx, as_json).result(made, f"{made.name} is now {made.role} of this station.")


@app.command("set-password")
def set_password(
    ctx: typer.Context,
    name: NameArgument,
    account: AccountOption = "",
    password_stdin: PasswordOption = False,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Set a password, your own or, managing accounts, another's. With --password-stdin: yours, then the new one."""
    from workstation import settings
    from workstation.people import accounts
    from workstation.station import Station

    with Station.open(output.home_of(ctx, home), create=False) as station:
        actor, _ = act_as(station, account or name, password_stdin)
        password = read_password() if password_stdin else ask(f"New password of {name}", twice=True)
        shortest = station.settings.get(settings.PASSWORD_LENGTH)
        with station.write(actor) as work:
            changed = accounts.set_password(work, name, password, shortest=shortest)
    output.Printer(ctx, as_json).result({"account": changed.name}, f"The password of {changed.name} is set.")


_SENTENCES = {
    "deactivate": "Take an account out of use; its name and history stay.",
    "unlock": "Let an account sign on again that was locked after wrong passwords.",
}


def _changing(verb: str) -> Callable[..., None]:
    """The command of this name, which changes an account's standing."""

    def change(
        ctx: typer.Context,
        name: NameArgument,
        reason: Annotated[str, typer.Option(help="Why; it stands in the journal.")],
        account: AccountOption = "",
        password_stdin: PasswordOption = False,
        home: output.HomeOption = None,
        as_json: output.JsonOption = False,
    ) -> None:
        from workstation.people import accounts
        from workstation.station import Station

        do = {"deactivate": accounts.deactivate, "unlock": accounts.unlock}[verb]
        with Station.open(output.home_of(ctx, home), create=False) as station:
            actor, _ = act_as(station, account, password_stdin)
            with station.write(actor) as work:
                changed = do(work, name, reason)
        output.Printer(ctx, as_json).result(changed, f"{changed.name} is {_standing(changed.active, changed.locked)}.")

    return change


for _verb, _sentence in _SENTENCES.items():
    app.command(_verb, help=_sentence)(_changing(_verb))


def _role(text: str) -> Role:
    from workstation.errors import CallIsWrong
    from workstation.store import Role

    roles = [role for role in Role if role is not Role.SERVICE]
    if text.lower() not in {str(role) for role in roles}:
        raise CallIsWrong(f"There is no role {text!r}.", f"The roles are {', '.join(map(str, roles))}.")
    return Role(text.lower())
