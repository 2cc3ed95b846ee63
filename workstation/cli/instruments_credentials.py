"""What `sinebar instruments credentials` does: keep, show, forget how the station signs in at servers and brokers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from devices.errors import PortError
from devices.gateway.address import account_of
from devices.gateway.credential import NOBODY, Credential
from workstation.cli.identity import act_as, ask, read_password
from workstation.errors import CallIsWrong
from workstation.line import trust
from workstation.line.credentials import load_credentials
from workstation.line.trust import OPC_UA
from workstation.station import Station

GIVE_PASSWORD = "Pipe it in, with --password-stdin."  # noqa: S105 - a sentence about one


@dataclass(frozen=True, slots=True)
class Given:
    """What a call names: how to sign in, and whom to trust; empty where it does not."""

    user: str = ""
    password_stdin: bool = False
    certificate: Path | None = None
    private_key: Path | None = None
    authority: Path | None = None
    trust: str = ""
    distrust: bool = False
    forget: bool = False

    @property
    def signs_in(self) -> bool:
        """Whether it says anything but whom to trust."""
        return self != Given(authority=self.authority, trust=self.trust, distrust=self.distrust)

    @property
    def is_empty(self) -> bool:
        return self == Given()


def address_of(text: str) -> str:
    """What a server's credentials are kept under. Raises CallIsWrong."""
    try:
        return account_of(text)
    except PortError as error:
        raise CallIsWrong(error.sentence, error.next_step) from error


@dataclass(frozen=True, slots=True)
class Actor:
    """Who says whom to trust, and why; the account is asked for when it is left out."""

    account: str = ""
    password_stdin: bool = False
    reason: str = ""


def keep(home: Path, address: str, given: Given, actor: Actor) -> None:
    """Keep how to sign in at a server, whom to trust there, or both; each in place of the same that was kept.

    On a station with accounts whom to trust is said by one that has the right for it. Raises Expected.
    """
    fresh = None if given.forget else _fresh(home, address, given)
    if not ((home / "station.db").is_file() and trust.changes_trust(home, address, fresh)):
        trust.keep(home, address, fresh, store=None, account="")
        return
    with Station.open(home, create=False) as station:
        if given.user and given.password_stdin and _has_accounts(station):
            raise CallIsWrong(
                "Standard input holds one password: the server's, or yours.",
                "Say whom to trust in a call of its own.",
            )
        account, _ = act_as(station, actor.account, actor.password_stdin)
        trust.keep(home, address, fresh, store=station.store, account=account, reason=actor.reason)


def _has_accounts(station: Station) -> bool:
    from workstation.people.accounts import accounts

    with station.read() as reader:
        return bool(accounts(reader))


def _fresh(home: Path, address: str, given: Given) -> Credential:
    """What is to be kept of what was kept and what is given. Raises CallIsWrong."""
    fresh = known = load_credentials(home).get(address, NOBODY)
    if sum((given.authority is not None, bool(given.trust), given.distrust)) > 1:
        raise CallIsWrong("A server is trusted by its fingerprint or by who signed it.", "Give one of them.")
    if given.signs_in:
        fresh = replace(_sign_in(address, given), authority=known.authority, trusted=known.trusted)
    if given.authority is not None:
        return trust.by_authority(fresh, _readable(given.authority))
    if given.trust:
        return trust.by_fingerprint(address, fresh, given.trust)
    return trust.by_nobody(address, fresh) if given.distrust else fresh


def _sign_in(address: str, given: Given) -> Credential:
    if (given.certificate is None) != (given.private_key is None):
        raise CallIsWrong("A certificate and its private key go together.", "Give --certificate and --private-key.")
    certificate, key = ("" if path is None else _readable(path) for path in (given.certificate, given.private_key))
    password, user = "", given.user
    if user:
        stdin = given.password_stdin
        password = read_password() if stdin else ask(f"Password of {user} at {address}", instead=GIVE_PASSWORD)
    elif given.password_stdin:
        raise CallIsWrong("A password belongs to a name.", "Give --user too.")
    return Credential(user, password, certificate, key)


def shown(home: Path, address: str) -> dict[str, object]:
    """What is kept for a server; of a password only that there is one."""
    found = load_credentials(home).get(address, NOBODY)
    return {
        "address": address,
        "user": found.user,
        "password": bool(found.password),
        "certificate": found.certificate,
        "private_key": found.private_key,
        "authority": found.authority,
        "trusted": found.trusted,
    }


def sentence(facts: Mapping[str, object]) -> str:
    """The same for a person."""
    what = [f"name {facts['user']}"] if facts["user"] else []
    what += ["a password"] if facts["password"] else []
    names = {
        "certificate": "certificate", "private_key": "private key", "authority": "authority",
        "trusted": "trusted fingerprint",
    }  # fmt: skip
    what += [f"{word} {facts[name]}" for name, word in names.items() if facts[name]]
    told = f"{facts['address']}: {', '.join(what) if what else 'nothing is kept; the station signs in as nobody'}."
    if (
        str(facts["address"]).startswith(OPC_UA)
        and facts["certificate"]
        and not (facts["trusted"] or facts["authority"])
    ):
        told += " Nobody has said yet whom it trusts there: see --look and --trust."
    return told


def look(text: str) -> dict[str, object]:
    """The certificate that an OPC UA server shows now. Raises CallIsWrong, SurroundingsFailed."""
    if not text.strip().startswith(OPC_UA):
        raise CallIsWrong("Only an OPC UA server's certificate can be looked at.", f"Give an address {OPC_UA}...")
    return asdict(asyncio.run(trust.look(text.strip())))


def look_in_words(facts: Mapping[str, object], seen: Mapping[str, object]) -> str:
    """What a server shows, for a person who compares it."""
    signed = "itself" if seen["issuer"] == seen["subject"] else f"'{seen['issuer']}'"
    application = f" for the application {seen['application']}" if seen["application"] else ""
    told = (
        f"{facts['address']} shows the certificate '{seen['subject']}', signed by {signed}, made{application} for"
        f" {seen['valid_from']:%Y-%m-%d} to {seen['valid_until']:%Y-%m-%d}.\nSHA-256 {seen['fingerprint']}\n"
    )
    if facts["trusted"] == seen["fingerprint"]:
        return f"{told}It is the one that is trusted."
    trust = f'sinebar instruments credentials {facts["address"]} --trust "{seen["fingerprint"]}"'
    return f"{told}Compare it with what the server itself shows. If both are the same:\n{trust}"


def _readable(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise CallIsWrong(f"{path} cannot be read: {error.strerror}.", "Name a file in PEM or DER form.") from error
    return str(path.absolute())
