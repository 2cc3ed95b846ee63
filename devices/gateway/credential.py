"""How to sign in at a server or broker, and whom to trust there: never in a plan, a profile, a log or an error."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from devices.errors import PortError

_SHA256_DIGITS = 64
_SHA1_DIGITS = 40


@dataclass(frozen=True, slots=True)
class Credential:
    """Name and password, and files: our certificate with its private key, and the authority that signed theirs.

    `trusted` is the fingerprint of their certificate that a person entered, as `read_fingerprint` gives it. Empty texts
    leave a thing out. The password is not part of what `repr` shows.
    """

    user: str = ""
    password: str = field(default="", repr=False)
    certificate: str = ""
    private_key: str = ""
    authority: str = ""
    trusted: str = ""


NOBODY = Credential()
SignIn = Callable[[], Credential]
"""Asked at each connection, so that a changed password is used at the next one."""


def nobody() -> Credential:
    """Sign in as nobody."""
    return NOBODY


def content_of(path: str) -> bytes:
    """What is in a file that a credential names. Raises PortError."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise PortError(
            f"{path} cannot be read: {error.strerror}.",
            "Put it back, or name another with 'sinebar instruments credentials'.",
        ) from error


def read_fingerprint(text: str) -> str:
    """A SHA-256 fingerprint as a person types it, in the form it is kept and shown. Raises PortError.

    That is AB CD ...: pairs like most programs show, with blanks, at which a narrow pane can wrap.
    """
    digits = re.sub(r"[\s:]", "", text).upper()
    if re.fullmatch(r"[0-9A-F]*", digits) is None or len(digits) != _SHA256_DIGITS:
        what = "is a SHA-1 thumbprint" if len(digits) == _SHA1_DIGITS else "is no SHA-256 fingerprint"
        raise PortError(
            f"'{text[:100]}' {what}.", f"Give the certificate's SHA-256 fingerprint: {_SHA256_DIGITS} digits 0-9, A-F."
        )
    return " ".join(digits[start : start + 2] for start in range(0, len(digits), 2))
