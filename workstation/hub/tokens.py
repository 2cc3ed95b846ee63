"""Secrets of the hub: one-time codes that a person types, tokens that stations hold; kept only as their hashes."""

from __future__ import annotations

import hashlib
import secrets

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0, 1, I and O, which are mistaken for one another
_GROUPS = 3
_GROUP = 5


def new_code() -> str:
    """A one-time code of 75 random bits: `K7QF3-MZD49-XWPT8`."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_GROUPS * _GROUP))
    return "-".join(letters[i : i + _GROUP] for i in range(0, len(letters), _GROUP))


def canonical_code(typed: str) -> str:
    """The code as it was made, however it was typed: small letters, spaces and dashes do not matter."""
    letters = "".join(c for c in typed.upper() if c.isalnum())
    return "-".join(letters[i : i + _GROUP] for i in range(0, len(letters), _GROUP))


def new_token() -> str:
    """256 random bits: no dictionary attack is possible, so its plain SHA-256 may be stored."""
    return secrets.token_urlsafe(32)


def new_seal() -> str:
    """A key for the HMAC that seals bundles, as hexadecimal digits."""
    return secrets.token_hex(32)


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
