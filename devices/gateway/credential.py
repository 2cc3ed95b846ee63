"""How to sign in at a server or broker: never in a plan, a profile, a log or an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credential:
    """Name and password, and files: our certificate with its private key, and the authority that signed theirs.

    Empty texts leave a thing out. The password is not part of what `repr` shows.
    """

    user: str = ""
    password: str = field(default="", repr=False)
    certificate: str = ""
    private_key: str = ""
    authority: str = ""


NOBODY = Credential()
SignIn = Callable[[], Credential]
"""Asked at each connection, so that a changed password is used at the next one."""


def nobody() -> Credential:
    """Sign in as nobody."""
    return NOBODY
