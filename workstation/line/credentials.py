"""How the station signs in at servers and brokers: a file of the home, for the owner alone."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path

from devices.errors import PortError
from devices.gateway.credential import NOBODY, Credential, SignIn
from workstation import files
from workstation.errors import SurroundingsFailed

FILE = "gateway.credentials"
_KEYS = {field.name for field in fields(Credential)}


def load_credentials(home: Path) -> dict[str, Credential]:
    """The credentials of each server by its address; none when nothing was kept. Raises SurroundingsFailed."""
    path = home / FILE
    try:
        found = json.loads(path.read_bytes())
        if not isinstance(found, dict):
            raise TypeError
        return {address: _credential(given) for address, given in found.items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SurroundingsFailed(f"{path} cannot be read: {error.strerror}.", "Check who may read it.") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise SurroundingsFailed(
            f"{path} is damaged.", "Delete it, and give the credentials anew with 'sinebar instruments credentials'."
        ) from error


def _credential(given: object) -> Credential:
    if not isinstance(given, dict) or set(given) - _KEYS or not all(isinstance(one, str) for one in given.values()):
        raise TypeError
    return Credential(**given)


def keep_credential(home: Path, address: str, credential: Credential | None) -> None:
    """Keep how to sign in at a server (None: forget it), for this user's eyes only. Raises SurroundingsFailed."""
    next_step = "Check the home's rights."
    with files.changing(home / FILE, next_step=next_step, make_folder=True):
        known = load_credentials(home)
        known.pop(address, None)
        if credential is not None:
            known[address] = credential
        content = json.dumps({name: asdict(one) for name, one in sorted(known.items())})
        files.replace(home / FILE, content, private=True, next_step=next_step)


def whom(credential: Credential) -> str:
    """Whom the station trusts by a credential, in words."""
    if credential.trusted:
        return f"the certificate {credential.trusted}"
    return f"what {credential.authority} vouches for" if credential.authority else "nobody"


def sign_in_at(home: Path, address: str) -> SignIn:
    """What a link asks at each connection; it raises PortError when the file cannot be used."""

    def sign_in() -> Credential:
        try:
            return load_credentials(home).get(address, NOBODY)
        except SurroundingsFailed as error:
            raise PortError(error.sentence, error.next_step) from error

    return sign_in
