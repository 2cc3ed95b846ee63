"""What `sinebar instruments credentials` does: keep, show, forget how the station signs in at servers and brokers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from devices.errors import DeviceError, PortError
from devices.gateway.address import account_of, parse_opcua
from devices.gateway.credential import NOBODY, Credential, read_fingerprint
from workstation.cli.identity import ask, read_password
from workstation.errors import CallIsWrong, SurroundingsFailed
from workstation.line.credentials import keep_credential, load_credentials

GIVE_PASSWORD = "Pipe it in, with --password-stdin."  # noqa: S105 - a sentence about one
OPC_UA = "opc.tcp://"
PATIENCE = 10.0
"""Seconds in which a server that is looked at must answer."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a call names: how to sign in, and whom to trust; empty where it does not."""

    user: str = ""
    password_stdin: bool = False
    certificate: Path | None = None
    private_key: Path | None = None
    authority: Path | None = None
    trust: str = ""

    @property
    def signs_in(self) -> bool:
        """Whether it says anything but whom to trust."""
        return self != Given(authority=self.authority, trust=self.trust)

    @property
    def is_empty(self) -> bool:
        return self == Given()


def address_of(text: str) -> str:
    """What a server's credentials are kept under. Raises CallIsWrong."""
    try:
        return account_of(text)
    except PortError as error:
        raise CallIsWrong(error.sentence, error.next_step) from error


def keep(home: Path, address: str, given: Given) -> None:
    """Keep how to sign in at a server, whom to trust there, or both; each in place of the same that was kept.

    Raises CallIsWrong, SurroundingsFailed.
    """
    fresh = known = load_credentials(home).get(address, NOBODY)
    if given.signs_in:
        fresh = replace(_sign_in(address, given), authority=known.authority, trusted=known.trusted)
    if given.authority is not None and given.trust:
        raise CallIsWrong("A server is trusted by its fingerprint or by who signed it.", "Give one of them.")
    if given.authority is not None:
        fresh = replace(fresh, authority=_readable(given.authority), trusted="")
    elif given.trust:
        fresh = replace(fresh, authority="", trusted=_fingerprint(address, given.trust))
    _check_fits(address, fresh)
    keep_credential(home, address, fresh)


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


def _fingerprint(address: str, text: str) -> str:
    if not address.startswith(OPC_UA):
        raise CallIsWrong(
            "A broker's certificate is checked by who signed it, not by its fingerprint.",
            "Name that authority's file with --authority.",
        )
    try:
        return read_fingerprint(text)
    except PortError as error:
        raise CallIsWrong(error.sentence, error.next_step) from error


def _check_fits(address: str, credential: Credential) -> None:
    """Refuse what would look secured and would not be."""
    if address.startswith("mqtt://") and (credential.certificate or credential.authority):
        raise CallIsWrong("Certificates have no use at mqtt://, which is not encrypted.", "Write mqtts://.")
    checks = credential.trusted or credential.authority
    if address.startswith(OPC_UA) and checks and not credential.certificate:
        raise CallIsWrong(
            "A server's certificate is checked only where the station has a certificate of its own.",
            "Give --certificate and --private-key; to go on unsecured, --forget what is kept first.",
        )


def forget(home: Path, address: str) -> None:
    """Sign in there as nobody from now on."""
    keep_credential(home, address, None)


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
    from devices.gateway import opcua_client

    if not text.strip().startswith(OPC_UA):
        raise CallIsWrong("Only an OPC UA server's certificate can be looked at.", f"Give an address {OPC_UA}...")
    try:
        found = asyncio.run(opcua_client.look(parse_opcua(text).url, PATIENCE))
    except DeviceError as error:
        raise SurroundingsFailed(error.sentence, error.next_step) from error
    return {
        "subject": found.subject,
        "issuer": found.issuer,
        "valid_from": found.valid_from,
        "valid_until": found.valid_until,
        "fingerprint": found.fingerprint,
    }


def look_in_words(facts: Mapping[str, object], seen: Mapping[str, object]) -> str:
    """What a server shows, for a person who compares it."""
    signed = "itself" if seen["issuer"] == seen["subject"] else f"'{seen['issuer']}'"
    told = (
        f"{facts['address']} shows the certificate '{seen['subject']}', signed by {signed}, made for"
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
