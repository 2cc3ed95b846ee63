"""What an enrolled station holds: its credentials, readable by this user only."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from workstation import files
from workstation.errors import CallIsWrong, SurroundingsFailed
from workstation.wire.messages import Credentials, Unreadable, packed, unpacked

FILE = "hub.credentials"


def load_credentials(home: Path) -> Credentials:
    """The station's credentials; raises CallIsWrong when it is not enrolled."""
    path = home / FILE
    try:
        return unpacked(path.read_bytes(), Credentials)
    except FileNotFoundError as error:
        raise CallIsWrong(
            "This station is not enrolled at a hub.",
            "Get a code there with `sinebar hub enrol NAME --data DIR`, then run `sinebar sync enrol URL` here.",
        ) from error
    except OSError as error:
        raise SurroundingsFailed(f"{path} cannot be read: {error.strerror}.", "Check who may read it.") from error
    except Unreadable as error:
        raise SurroundingsFailed(
            f"{path} is damaged.", "Have the station renewed at the hub: `sinebar hub renew NAME`."
        ) from error


def save_credentials(home: Path, credentials: Credentials) -> None:
    """Keep the credentials in the home, for this user's eyes only."""
    files.replace(home / FILE, packed(credentials), private=True, next_step="Check the home's rights.")


def set_aside_credentials(home: Path) -> None:
    """Another station stands in the home from now on, for which they are not: keep them in `backups`."""
    with suppress(FileNotFoundError):
        (home / FILE).replace(home / "backups" / FILE)


def read_carried(path: Path) -> Credentials:
    """Credentials that were carried here in a file (`sinebar hub enrol NAME --data DIR --offline FILE`)."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SurroundingsFailed(
            f"{path} cannot be read: {error.strerror}.", "Check the name, and the stick."
        ) from error
    try:
        json.loads(content)
        return unpacked(content, Credentials)
    except (Unreadable, ValueError, RecursionError) as error:
        raise CallIsWrong(
            f"{path} holds no credentials for a station.",
            "Write it at the hub: `sinebar hub enrol NAME --data DIR --offline FILE`.",
        ) from error
