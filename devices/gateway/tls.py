"""TLS to a broker: who may have signed its certificate, its name checked, and in words why it was refused."""

from __future__ import annotations

import ssl

from devices.errors import PortError
from devices.gateway.credential import content_of

_WRONG_HOST = (62, 64)
_EXPIRED, _NOT_YET = 10, 9
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and _IP_ADDRESS_MISMATCH, _CERT_HAS_EXPIRED, _CERT_NOT_YET_VALID."""


class _ClosedWhenRefused(ssl.SSLSocket):
    """Closed when the handshake fails: paho leaves it open, and a link that tries for ever would hold more and more."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def context_of(url: str, authority: str, certificate: str, private_key: str) -> ssl.SSLContext:
    """TLS 1.2 or newer with the broker's certificate and host name checked. Raises PortError.

    `authority` is a file of certificates that may have signed it, and then no others; empty: those the system trusts.
    `certificate` and `private_key` are files of ours for brokers that ask for them.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks the certificate and the host name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _ClosedWhenRefused
    if authority:
        _load_authority(context, url, authority)
    else:
        context.load_default_certs()
    if certificate:
        try:
            # a key with a password is refused: without one given here OpenSSL would ask at the terminal, and wait
            context.load_cert_chain(certificate, private_key or None, password="")
        except (OSError, ValueError) as error:
            raise PortError(
                f"The certificate {certificate} or its key cannot be used at {url}: {_reason(error)}.",
                "Give a certificate and its key, without a password, in PEM form.",
            ) from error
    return context


def _load_authority(context: ssl.SSLContext, url: str, authority: str) -> None:
    content = content_of(authority)
    try:
        if b"-----BEGIN" in content:
            context.load_verify_locations(cafile=authority)
        else:
            context.load_verify_locations(cadata=content)
    except (OSError, ValueError) as error:
        raise PortError(
            f"The authority's file {authority} for {url} cannot be used: {_reason(error)}.",
            "Name another with 'sinebar instruments credentials' and --authority, in PEM or DER form.",
        ) from error


def not_secured(url: str, host: str, authority: str, error: ssl.SSLError | ConnectionResetError) -> PortError:
    """Why no secured connection came about, in words."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return PortError(
            f"The broker {url} and the station find no TLS in common: {_reason(error)}.",
            "Check the port, which is mostly 8883 with TLS, and whether the broker asks for a certificate of ours.",
        )
    code, why = error.verify_code, error.verify_message.rstrip(".")
    if code in _WRONG_HOST:
        return PortError(
            f"The certificate of the broker {url} is made for another name than {host}.",
            "Write the address with a name that its certificate has, or have one made for this name.",
        )
    if code in (_EXPIRED, _NOT_YET):
        return PortError(
            f"The certificate of the broker {url} has expired, or its authority's."
            if code == _EXPIRED
            else f"The certificate of the broker {url} holds only from a later time on.",
            "Have it renewed at the broker; check the clocks of both computers.",
        )
    who = f"the authority in {authority}" if authority else "no authority that this computer trusts"
    return PortError(
        f"The certificate of the broker {url} is {'not ' if authority else ''}signed by {who}: {why}.",
        f"Ask who runs the broker for the authority's file: sinebar instruments credentials {url} --authority FILE",
    )


def _reason(error: Exception) -> str:
    """What OpenSSL or the system says, without the place in its source."""
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
