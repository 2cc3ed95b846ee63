"""Whether an OPC UA server's certificate is trusted: its fingerprint was entered, or who signed it was named.

What asyncua's own validator asks for (time, application, use) is asked for as well, whoever is trusted.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from devices.errors import PortError
from devices.gateway.address import OpcUaAddress, parse_opcua
from devices.gateway.credential import Credential, content_of, read_fingerprint

if TYPE_CHECKING:
    from asyncua.client.client import Client
    from cryptography.x509 import Certificate

LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """What a certificate says: whose it is, who signed it, from when to when (UTC), its SHA-256 fingerprint.

    `application` is the OPC UA application URI that it is made for, empty where it names none.
    """

    subject: str
    issuer: str
    application: str
    valid_from: datetime
    valid_until: datetime
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server shows before a connection is secured: its certificate, those behind it, who it says it is."""

    certificate: Certificate
    chain: tuple[Certificate, ...]
    application: Any


async def offered(client: Client, url: str) -> Offer:
    """Ask a server, unsecured, for the certificate of its signed and encrypted connections. Raises PortError."""
    from asyncua import ua
    from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256

    wanted = ua.MessageSecurityMode.SignAndEncrypt, SecurityPolicyBasic256Sha256.URI
    for endpoint in await client.connect_and_get_server_endpoints():
        is_ours = (endpoint.EndpointUrl or "").startswith(ua.OPC_TCP_SCHEME)  # a server may list those over HTTPS too
        if is_ours and (endpoint.SecurityMode, endpoint.SecurityPolicyUri) == wanted:
            first, *chain = _certificates(endpoint.ServerCertificate or b"", url)
            return Offer(first, tuple(chain), endpoint.Server)
    raise PortError(
        f"{url} offers no connection that is signed and encrypted with Basic256Sha256.",
        "Switch it on at the server; the station falls back to no weaker one.",
    )


def _certificates(data: bytes, url: str) -> list[Certificate]:
    """The certificates that stand one behind the other in DER form, at least one."""
    from cryptography.x509 import load_der_x509_certificate

    found: list[Certificate] = []
    try:
        while data or not found:
            size_of_length = data[1] & 0x7F  # a certificate is too long for the short form (X.690, 8.1.3)
            end = 2 + size_of_length + int.from_bytes(data[2 : 2 + size_of_length], "big")
            found.append(load_der_x509_certificate(data[:end]))
            data = data[end:]
    except _broken() as error:
        raise PortError(
            f"{url} shows no certificate that can be read.", "Have the server's certificate made anew."
        ) from error
    return found


def _broken() -> tuple[type[Exception], ...]:
    """What cryptography raises for certificates that are not as they must be, some of it only when they are used."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import DuplicateExtension, InvalidVersion, UnsupportedGeneralNameType

    unreadable = ValueError, TypeError, IndexError
    return *unreadable, UnsupportedAlgorithm, DuplicateExtension, InvalidVersion, UnsupportedGeneralNameType


def _unfit(url: str, error: Exception) -> PortError:
    return PortError(
        f"The certificate of {url} is not as it must be: {str(error)[:200]}.",
        "Have the server's certificate made anew.",
    )


def described_by(offer: Offer, url: str) -> ServerCertificate:
    """What the certificate of an offer says, in texts that can be shown; checked by nobody yet. Raises PortError."""
    try:
        return described(offer.certificate)
    except _broken() as error:
        raise _unfit(url, error) from error


def described(certificate: Certificate) -> ServerCertificate:
    """What a certificate says, in texts that can be shown. Raises what `_broken` names when it is broken."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return ServerCertificate(
        _shown(certificate.subject.rfc4514_string()),
        _shown(certificate.issuer.rfc4514_string()),
        _application(certificate),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        read_fingerprint(hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()),
    )


def _application(certificate: Certificate) -> str:
    from cryptography.x509 import ExtensionNotFound, SubjectAlternativeName, UniformResourceIdentifier

    try:
        names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound:
        return ""
    return next((_shown(uri) for uri in names.get_values_for_type(UniformResourceIdentifier)), "")


def _shown(text: str) -> str:
    """A text of a certificate as it may be shown: whoever made it chose it."""
    whole = "".join(one if one.isprintable() else "?" for one in text) or "no name"
    return whole if len(whole) <= LONGEST_NAME else f"{whole[: LONGEST_NAME - 3]}..."


async def check_server(
    certificate: Certificate, application: Any, *, url: str, credential: Credential, chain: Sequence[Certificate]
) -> None:
    """Return when a server's certificate is trusted, for `application`, which it says it is. Raises PortError.

    With a fingerprint only that certificate is; else one that the credential's authority signed for this host.
    """
    by_authority = bool(credential.authority) and not credential.trusted
    try:
        shown = described(certificate)
        if not by_authority and shown.fingerprint != credential.trusted:
            raise _not_trusted(shown, parse_opcua(url), credential)
        await _check_the_rest(certificate, shown, application, url, is_strict=by_authority)
        if by_authority:
            _check_signed(certificate, shown, chain, url, credential.authority)
    except _broken() as error:
        raise _unfit(url, error) from error


def _not_trusted(shown: ServerCertificate, address: OpcUaAddress, credential: Credential) -> PortError:
    trust = _command(shown, address)
    if not credential.trusted:
        return PortError(
            f"{address.url} shows the certificate '{shown.subject}', and nobody has said yet that it is to be trusted.",
            f"If the server itself shows the same SHA-256 fingerprint: {trust}",
        )
    return PortError(
        f"{address.url} shows another certificate than the trusted one: '{shown.subject}', made for"
        f" {shown.valid_from:%Y-%m-%d} to {shown.valid_until:%Y-%m-%d}. Trusted is {credential.trusted}.",
        f"Ask who runs the server whether it was renewed. If so, and it shows the same SHA-256 fingerprint: {trust}",
    )


def _command(shown: ServerCertificate, address: OpcUaAddress) -> str:
    """What a person types to trust a certificate."""
    return f'sinebar instruments credentials {address.account} --trust "{shown.fingerprint}"'


async def _check_the_rest(
    certificate: Certificate, shown: ServerCertificate, application: Any, url: str, *, is_strict: bool
) -> None:
    """What asyncua's validator asks for; `is_strict` also what the certificate's key may be used for."""
    from asyncua.common.utils import ServiceError
    from asyncua.crypto.validator import CertificateValidator
    from asyncua.crypto.validator import CertificateValidatorOptions as Options
    from asyncua.ua.status_codes import StatusCodes, get_name_and_doc

    asked = Options.EXT_VALIDATION if is_strict else Options.BASIC_VALIDATION
    try:
        await CertificateValidator(asked | Options.PEER_SERVER)(certificate, application)
    except ServiceError as error:
        who = f"The certificate '{shown.subject}' of {url}"
        if error.code != StatusCodes.BadCertificateTimeInvalid:
            raise PortError(
                f"{who} is not made as OPC UA asks for: {get_name_and_doc(error.code)[1]}",
                "Have it made anew for the server's application URI, and to be used by a server.",
            ) from error
        is_over = shown.valid_until < datetime.now(UTC)
        when = f"expired on {shown.valid_until:%Y-%m-%d}" if is_over else f"holds only from {shown.valid_from:%Y-%m-%d}"
        raise PortError(
            f"{who} {when}.", "Have it renewed at the server; check the clocks of both computers."
        ) from error


def _check_signed(
    certificate: Certificate, shown: ServerCertificate, chain: Sequence[Certificate], url: str, authority: str
) -> None:
    """Raise PortError unless `authority` signed the certificate, for the host that was asked; or is the same one."""
    from asyncua.crypto.truststore import TrustStore
    from cryptography.x509.verification import Store, VerificationError

    named = _authorities(authority)
    if certificate in named:
        return
    address = parse_opcua(url)
    try:
        rules = TrustStore([], []).policy_builder.store(Store(named))
        rules.build_client_verifier().verify(certificate, list(chain))
    except VerificationError as error:
        raise PortError(
            f"The certificate '{shown.subject}' of {url}, signed by '{shown.issuer}', is not one that {authority}"
            f" vouches for ({str(error).removeprefix('validation failed: ')[:200]}).",
            f"Name the file of who signed it with --authority, or trust it alone: {_command(shown, address)}",
        ) from error
    hosts = _hosts(certificate)
    if _plain_host(address.host) not in hosts:
        raise PortError(
            f"The certificate '{shown.subject}' of {url} is made for {_shown(', '.join(sorted(hosts)))}, not for"
            f" {address.host}.",
            "Write the address with a name that its certificate has, or have one made for this name.",
        )


def _authorities(path: str) -> list[Certificate]:
    from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificates

    content = content_of(path)
    try:
        if b"-----BEGIN" in content:
            return load_pem_x509_certificates(content)
        return [load_der_x509_certificate(content)]
    except ValueError as error:
        raise PortError(
            f"{path} holds no certificate.", "Name the authority's certificate, in PEM or DER form."
        ) from error


def _hosts(certificate: Certificate) -> set[str]:
    """The hosts that a certificate is made for; the strict check has seen that it names them."""
    from cryptography.x509 import DNSName, IPAddress, SubjectAlternativeName

    names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    return {
        *(_plain_host(name) for name in names.get_values_for_type(DNSName)),
        *(str(address) for address in names.get_values_for_type(IPAddress)),
    }


def _plain_host(name: str) -> str:
    """A host in the form in which two spellings of it are equal."""
    name = name.strip("[]").rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name
