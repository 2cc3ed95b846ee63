"""Opens what a sync command needs from a station's home: credentials, address, trust, lock."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workstation import files, settings
from workstation.errors import CallIsWrong, SurroundingsFailed
from workstation.lock import FileLock
from workstation.store import Store
from workstation.store.store import DATABASE
from workstation.sync.client import HubClient, checked_url, trusting
from workstation.sync.engine import Engine
from workstation.sync.enrolment import load_credentials, save_credentials
from workstation.wire.messages import Credentials

AUTHORITY = "hub.authority.pem"
LOCK = "sync.lock"


def open_station(home: Path) -> Store:
    """The store of a station that exists; raises SurroundingsFailed instead of making a new one."""
    if not (home / DATABASE).is_file():
        raise SurroundingsFailed(f"There is no station in {home}.", "Name its folder with --home.")
    return Store.open(home)


def enrol(home: Path, url: str, code: str, authority: Path | None) -> Credentials:
    """Make the station known to the hub at `url` and keep what it answers."""
    url = checked_url(url)
    with open_station(home) as store, HubClient(url, authority=authority) as client:
        credentials = client.enrol(store.station, code)
    save_credentials(home, credentials)
    if authority is not None:
        trust(home, authority)
    settings.change(home, settings.HUB_URL.key, url)
    return credentials


def trust(home: Path, authority: Path) -> None:
    """From now on believe a hub whose certificate this authority signed. Raises SurroundingsFailed when it is none."""
    trusting(authority)
    with files.replacing(home / AUTHORITY, next_step="Check the home's rights.") as fresh:
        shutil.copyfile(authority, fresh)


@contextmanager
def session(home: Path, *, url: str = "") -> Iterator[tuple[Store, Engine]]:
    """The store and the sync engine of an enrolled station; refused while another process syncs the same home."""
    address = url or settings.load(home).get(settings.HUB_URL)
    store = open_station(home)
    lock = FileLock(home / LOCK)
    try:
        credentials = load_credentials(home)
        if not address:
            raise CallIsWrong(
                "This station has no hub on a network.",
                "Carry its journal with `sinebar sync bundle FILE`, or set sync.hub_url.",
            )
        if not lock.acquire():
            raise SurroundingsFailed(f"Another process syncs {home} already.", "Leave it to that one, or end it first.")
        authority = home / AUTHORITY
        with HubClient(address, credentials, authority=authority if authority.is_file() else None) as client:
            yield store, Engine(store, client)
    finally:
        if lock.held:
            lock.release()
        store.close()
