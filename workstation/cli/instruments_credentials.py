"""What `sinebar instruments credentials` does: keep, show, forget how the station signs in at servers and brokers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from devices.errors import PortError
from devices.gateway.address import account_of
from devices.gateway.credential import Credential
from workstation.cli.identity import ask, read_password
from workstation.errors import CallIsWrong
from workstation.line.credentials import keep_credential, load_credentials

GIVE_PASSWORD = "Pipe it in, with --password-stdin."  # noqa: S105 - a sentence about one


def address_of(text: str) -> str:
    """What a server's credentials are kept under. Raises CallIsWrong."""
    try:
        return account_of(text)
    except PortError as error:
        raise CallIsWrong(error.sentence, error.next_step) from error


def keep(home: Path, address: str, user: str, password_stdin: bool, files: Mapping[str, Path | None]) -> None:
    """Keep name, password and files for a server. Raises CallIsWrong, SurroundingsFailed."""
    if (files["certificate"] is None) != (files["private_key"] is None):
        raise CallIsWrong("A certificate and its private key go together.", "Give --certificate and --private-key.")
    paths = {name: "" if path is None else _readable(path) for name, path in files.items()}
    password = ""
    if user:
        password = read_password() if password_stdin else ask(f"Password of {user} at {address}", instead=GIVE_PASSWORD)
    elif password_stdin:
        raise CallIsWrong("A password belongs to a name.", "Give --user too.")
    keep_credential(home, address, Credential(user, password, **paths))


def forget(home: Path, address: str) -> None:
    """Sign in there as nobody from now on."""
    keep_credential(home, address, None)


def shown(home: Path, address: str) -> dict[str, object]:
    """What is kept for a server; of a password only that there is one."""
    found = load_credentials(home).get(address, Credential())
    return {
        "address": address,
        "user": found.user,
        "password": bool(found.password),
        "certificate": found.certificate,
        "private_key": found.private_key,
        "authority": found.authority,
    }


def sentence(facts: Mapping[str, object]) -> str:
    """The same for a person."""
    what = [f"name {facts['user']}"] if facts["user"] else []
    what += ["a password"] if facts["password"] else []
    names = (("certificate", "certificate"), ("private_key", "private key"), ("authority", "authority"))
    what += [f"{word} {facts[name]}" for name, word in names if facts[name]]
    return f"{facts['address']}: {', '.join(what) if what else 'nothing is kept; the station signs in as nobody'}."


def _readable(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise CallIsWrong(f"{path} cannot be read: {error.strerror}.", "Name a file in PEM or DER form.") from error
    return str(path.absolute())
