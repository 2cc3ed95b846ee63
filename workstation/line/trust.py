"""Whom the station trusts at servers and brokers: changed by a person with the right, journalled, then kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from devices.errors import DeviceError, PortError
from devices.gateway.address import account_of, parse_opcua
from devices.gateway.credential import NOBODY, Credential, read_fingerprint
from workstation.catalog.gauges import gauges, note_trust
from workstation.errors import CallIsWrong, SurroundingsFailed
from workstation.line.credentials import keep_credential, load_credentials, whom
from workstation.store import Store, UnitOfWork

if TYPE_CHECKING:
    from devices.gateway.opcua_trust import ServerCertificate

OPC_UA = "opc.tcp://"
PATIENCE = 10.0
"""Seconds in which a server that is looked at must have shown its certificate."""
_LONGEST_REASON = 500


async def look(port: str) -> ServerCertificate:
    """The certificate that the OPC UA server of a port shows now; nothing of the station is sent.

    Raises SurroundingsFailed.
    """
    from devices.gateway import opcua_client

    address = ""
    try:
        place = parse_opcua(port)
        address = place.account
        async with asyncio.timeout(PATIENCE):
            return await opcua_client.look(place.url, PATIENCE)
    except DeviceError as error:
        raise SurroundingsFailed(error.sentence, error.next_step) from error
    except TimeoutError as error:
        raise SurroundingsFailed(
            f"{address} did not show a certificate within {PATIENCE:g} s.",
            "Check that the server runs and its address.",
        ) from error


def by_fingerprint(address: str, known: Credential, fingerprint: str) -> Credential:
    """What is kept when one certificate of an OPC UA server is trusted, and no other. Raises CallIsWrong."""
    if not address.startswith(OPC_UA):
        raise CallIsWrong(
            "A broker's certificate is checked by who signed it, not by its fingerprint.",
            "Name that authority's file with --authority.",
        )
    try:
        return replace(known, authority="", trusted=read_fingerprint(fingerprint))
    except PortError as error:
        raise CallIsWrong(error.sentence, error.next_step) from error


def by_authority(known: Credential, file: str) -> Credential:
    """What is kept when whatever the authority of a file vouches for is trusted."""
    return replace(known, authority=file, trusted="")


def by_nobody(address: str, known: Credential) -> Credential:
    """What is kept when trust is taken away: how the station signs in stays. Raises CallIsWrong where there is none."""
    if not (known.trusted or known.authority):
        raise CallIsWrong(f"Nobody is trusted at {address}.", "There is no trust to take away.")
    return replace(known, authority="", trusted="")


def changes_trust(home: Path, address: str, fresh: Credential | None) -> bool:
    """Whether keeping this would change whom the station trusts there, and so needs the right for it."""
    return whom(load_credentials(home).get(address, NOBODY)) != whom(fresh or NOBODY)


def keep(
    home: Path, address: str, fresh: Credential | None, *, store: Store | None, account: str, reason: str = ""
) -> None:
    """Keep how the station signs in at a server and whom it trusts there (None: forget both).

    Another trust needs the right for it, and is in the journal before it is kept, with each gauge that is read there.
    Without a `store` there is nobody yet who could have a right. Raises CallIsWrong, NotPermitted, SurroundingsFailed.
    """
    if fresh is not None:
        _check_fits(address, fresh)
    if store is not None and changes_trust(home, address, fresh):
        before, after = whom(load_credentials(home).get(address, NOBODY)), whom(fresh or NOBODY)
        with store.write(account) as work:
            what = f"Trusted at {address}: {before} -> {after}, asked for. {reason[:_LONGEST_REASON]}"
            note_trust(work, _read_at(work, address), what.strip())
    keep_credential(home, address, fresh)


def trust(home: Path, store: Store, account: str, address: str, fingerprint: str, reason: str) -> None:
    """Trust one certificate of an OPC UA server, in place of whom it trusted there. Raises as `keep`."""
    known = load_credentials(home).get(address, NOBODY)
    keep(home, address, by_fingerprint(address, known, fingerprint), store=store, account=account, reason=reason)


def distrust(home: Path, store: Store, account: str, address: str, reason: str) -> None:
    """Trust nobody at a server any longer; it is not connected to then. Raises as `keep`."""
    known = load_credentials(home).get(address, NOBODY)
    keep(home, address, by_nobody(address, known), store=store, account=account, reason=reason)


def _read_at(work: UnitOfWork, address: str) -> list[int]:
    """The gauges that are read at a server."""
    found = []
    for gauge in gauges(work):
        try:
            if account_of(gauge.port) == address:
                found.append(gauge.id)
        except PortError:  # its port is no server
            continue
    return found


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
