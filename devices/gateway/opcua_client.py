"""The door to asyncua: a connection that is signed in, what is monitored, a node's unit. Foreign errors end here."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from devices.errors import PortError, system_words
from devices.gateway.credential import Credential, content_of
from devices.gateway.needs import require
from devices.gateway.opcua_trust import ServerCertificate, check_server, described_by, offered
from devices.gateway.opcua_values import explain, nanoseconds
from devices.gateway.profile import ServerPoint

if TYPE_CHECKING:
    from asyncua.client.client import Client

LONGEST_UNIT = 40
WARNED = timedelta(days=30)
"""How long before a server's certificate expires the port says so."""
_handles = itertools.count(1)


async def connect(url: str, credential: Credential, timeout: float) -> tuple[Client, str]:
    """A client that is connected and signed in, and in words how the connection is secured.

    Raises PortError, whose sentence never holds a password. With a certificate of ours the server's is checked before
    anything of ours is sent; without one, a server that is to be checked is not connected to.
    """
    require("OPC UA")
    from asyncua.client.client import Client
    from asyncua.ua.uaerrors import UaError

    client, secured = Client(url, timeout=timeout), "not secured"
    try:
        if credential.certificate:
            secured = await _secure(client, url, credential)
        elif credential.trusted or credential.authority:
            raise PortError(
                f"{url} is to show a certificate, and for that the station needs one of its own.",
                "Give --certificate and --private-key with 'sinebar instruments credentials', or --forget.",
            )
        if credential.user:
            client.set_user(credential.user)
            client.set_password(credential.password)
        await client.connect()
    except (OSError, TimeoutError, UaError, ValueError) as error:
        with suppress(OSError, TimeoutError, UaError, AttributeError):
            client.disconnect_socket()
        raise _unreached(url, error) from error
    return client, secured


async def look(url: str, timeout: float) -> ServerCertificate:
    """The certificate that a server shows for secured connections, checked by nobody yet. Raises PortError."""
    require("OPC UA")
    from asyncua.client.client import Client
    from asyncua.ua.uaerrors import UaError

    try:
        return described_by(await offered(Client(url, timeout=timeout), url), url)
    except (OSError, TimeoutError, UaError, ValueError) as error:
        raise _unreached(url, error) from error


def _unreached(url: str, error: Exception) -> PortError:
    if "No matching endpoints" in str(error):
        return PortError(
            f"{url} offers no connection that is not signed and encrypted, and the station has no certificate.",
            "Give --certificate and --private-key with 'sinebar instruments credentials'.",
        )
    why = system_words(error) if isinstance(error, OSError) else explain(error)
    return PortError(f"{url} cannot be reached: {why}.", _remedy(error))


def _remedy(error: BaseException) -> str:
    if any(word in explain(error) for word in ("IdentityToken", "UserAccessDenied", "Security", "Certificate")):
        return "Give name and password, or a certificate, with 'sinebar instruments credentials'."
    return "Check that the server runs and its address."


async def _secure(client: Client, url: str, credential: Credential) -> str:
    """Sign and encrypt with our certificate, when theirs is trusted; our application's name is the one in ours."""
    from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
    from asyncua.crypto.uacrypto import CertProperties, load_certificate
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import ExtensionNotFound, SubjectAlternativeName, UniformResourceIdentifier

    ours, key = (
        CertProperties(content, "pem" if b"-----BEGIN" in content else "der")
        for content in map(content_of, (credential.certificate, credential.private_key))
    )
    offer = await offered(client, url)
    check = partial(check_server, url=url, credential=credential, chain=offer.chain)
    await check(offer.certificate, offer.application)
    client.certificate_validator = check  # again in the session, where the server says by signature who it is
    theirs = CertProperties(offer.certificate.public_bytes(Encoding.DER), "der")
    try:
        certificate = await load_certificate(ours.path_or_content, ours.extension)
        with suppress(ExtensionNotFound):
            names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
            for uri in names.get_values_for_type(UniformResourceIdentifier)[:1]:
                client.application_uri = uri
        await client.set_security(SecurityPolicyBasic256Sha256, ours, key, server_certificate=theirs)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PortError(
            f"The certificate {credential.certificate} or its key cannot be used: {explain(error)[:200]}",
            "Give an RSA certificate and its key, without a password, in PEM or DER form.",
        ) from error
    return f"signed and encrypted{_ends_soon(offer.certificate.not_valid_after_utc)}"


def _ends_soon(end: datetime) -> str:
    return f"; the server's certificate expires on {end:%Y-%m-%d}" if end - datetime.now(UTC) < WARNED else ""


def monitored_items(
    client: Client, channels: Sequence[ServerPoint], interval: int, queue: int, by_timestamp: bool
) -> tuple[list[tuple[ServerPoint, Any]], dict[str, str]]:
    """What to have monitored, by channel; and, by name, why a channel cannot be asked for at all."""
    from asyncua import ua
    from asyncua.ua.attribute_ids import AttributeIds
    from asyncua.ua.uaerrors import UaError

    items: list[tuple[ServerPoint, Any]] = []
    wrong: dict[str, str] = {}
    trigger = ua.DataChangeTrigger.StatusValueTimestamp if by_timestamp else ua.DataChangeTrigger.StatusValue
    for channel in channels:
        try:
            node = client.get_node(channel.node).nodeid
        except (UaError, ValueError) as error:
            wrong[channel.name] = explain(error)
            continue
        wanted = ua.ReadValueId(NodeId=node, AttributeId=AttributeIds.Value)
        how = ua.MonitoringParameters(
            ClientHandle=next(_handles) & 0xFFFF_FFFF,
            SamplingInterval=float(interval),
            Filter=ua.DataChangeFilter(Trigger=trigger),
            QueueSize=queue,
            DiscardOldest=True,
        )
        items.append((channel, ua.MonitoredItemCreateRequest(wanted, ua.MonitoringMode.Reporting, how)))
    return items, wrong


async def started_at(client: Client) -> int | None:
    """When the server says that it was started, in nanoseconds since the epoch (OPC UA Part 5, 12.10); None if not."""
    from asyncua.ua.object_ids import ObjectIds
    from asyncua.ua.uaerrors import UaError

    try:
        status = await client.get_node(f"i={ObjectIds.Server_ServerStatus}").read_value()
    except (UaError, ValueError):
        return None
    started = getattr(status, "StartTime", None)
    return nanoseconds(started) if isinstance(started, datetime) else None


async def unit_of(client: Client, node: str) -> str | None:
    """The unit that a node's property EngineeringUnits shows (OPC UA Part 8, 5.6.3); None where it has none."""
    from asyncua.ua.uaerrors import UaError

    try:
        found = await (await client.get_node(node).get_child("0:EngineeringUnits")).read_value()
    except (UaError, ValueError):
        return None
    text = getattr(getattr(found, "DisplayName", None), "Text", None)
    return text.strip()[:LONGEST_UNIT] or None if isinstance(text, str) else None
