"""Who a command acts for: an account of the station, proven by its password."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from workstation.errors import CallIsWrong

if TYPE_CHECKING:
    from workstation.people.accounts import Proof
    from workstation.station import Station
    from workstation.store import Reader, UnitOfWork

F = TypeVar("F")
D = TypeVar("D")
AccountOption = Annotated[
    str, typer.Option("--account", help="The account you act as; asked for when left out.", envvar="SINEBAR_ACCOUNT")
]
PasswordOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it.")
]
SET_UP = "set-up"
"""Who writes on a station that has no accounts yet."""


def act_as(station: Station, account: str, password_stdin: bool) -> tuple[str, Proof | None]:
    """The account to write as and its proof; on a station without accounts everything is set-up and needs none.

    Raises NotPermitted when name and password do not fit, CallIsWrong when there is nobody to ask.
    """
    from workstation import settings
    from workstation.people.accounts import accounts, authenticate

    with station.read() as reader:
        known = accounts(reader)
    if not known:
        return account or SET_UP, None
    if not account:
        account = ask("Account", hidden=False)
    password = read_password() if password_stdin else ask(f"Password of {account}")
    failures = station.settings.get(settings.FAILURES_BEFORE_LOCK)
    return account, authenticate(station.store, account, password, failures_before_lock=failures)


def act_on(
    home: Path, account: str, password_stdin: bool, find: Callable[[Reader], F], do: Callable[[UnitOfWork, F], D]
) -> tuple[D, str]:
    """Find something at a station, do something to it as somebody, and tell a running line; second, what that said.

    What is not there is said before a password is asked for. Raises Expected.
    """
    from workstation.station import Station

    with Station.open(home, create=False) as station:
        with station.read() as reader:
            found = find(reader)
        actor, _ = act_as(station, account, password_stdin)
        with station.write(actor) as work:
            done = do(work, found)
        return done, station.tell_line()


GIVE_ACCOUNT = "Give --account, and the password with --password-stdin."


def ask(what: str, *, hidden: bool = True, twice: bool = False, instead: str = GIVE_ACCOUNT) -> str:
    """Ask the person at the terminal; raises CallIsWrong, which says what to do `instead`, where nobody sits at one."""
    if not sys.stdin.isatty():
        raise CallIsWrong(f"{what} is needed, and there is no terminal to ask at.", instead)
    return str(typer.prompt(what, hide_input=hidden, confirmation_prompt=twice, err=True))


def read_password() -> str:
    """The first line of standard input."""
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CallIsWrong("Standard input holds no password.", "Pipe it in, followed by the end of the line.")
    return password
