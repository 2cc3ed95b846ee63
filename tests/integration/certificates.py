"""Certificates of the tests' own: an authority with those it signs, and those that sign themselves."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("cryptography", reason="cryptography is not installed")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from devices.gateway.credential import read_fingerprint

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Made:
    """A certificate in a PEM file, and its key in another."""

    file: Path
    key_file: Path
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def fingerprint(self) -> str:
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        return read_fingerprint(hashlib.sha256(der).hexdigest())


def make(
    folder: Path,
    name: str,
    *,
    hosts: Sequence[str] = (),
    application: str = "",
    signed_by: Made | None = None,
    lasts: timedelta = 365 * DAY,
    is_authority: bool = False,
    may: x509.ObjectIdentifier = x509.ExtendedKeyUsageOID.SERVER_AUTH,
    key_password: bytes = b"",
) -> Made:
    """A certificate for `hosts` and the OPC UA `application`, that began two days ago and has `lasts` to go."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names: list[x509.GeneralName] = [_host(host) for host in hosts]
    names += [x509.UniformResourceIdentifier(application)] if application else []
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signed_by.certificate.subject if signed_by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * DAY)
        .not_valid_after(now + lasts)
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(_key_usage(is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if not is_authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([may]), critical=False)
    if signed_by is not None:
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_by.key.public_key())
        builder = builder.add_extension(signer, critical=False)
    made = builder.sign(signed_by.key if signed_by else key, hashes.SHA256())
    folder.mkdir(exist_ok=True)
    files = folder / f"{name}.pem", folder / f"{name}.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    closed = serialization.BestAvailableEncryption(key_password) if key_password else serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, closed))
    return Made(*files, made, key)


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_usage(is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=not is_authority,
        key_encipherment=not is_authority,
        data_encipherment=not is_authority,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
