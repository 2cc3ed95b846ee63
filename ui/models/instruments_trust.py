"""OPC UA servers as the window knows them: whom the station trusts at each, and what each shows when it is asked."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from ui.kit.operations import Change, Done, Operation
from ui.models.instruments import opc_ua_server
from workstation.errors import Expected

if TYPE_CHECKING:
    from devices.gateway.opcua_trust import ServerCertificate
    from workstation.station import Station
    from workstation.store import Store

_log = logging.getLogger(__name__)
_POLL_MILLISECONDS = 50


@dataclass(frozen=True, slots=True)
class Server:
    """An OPC UA server that gauges are read at, or whom the station trusts: `url` is how it is asked.

    `trusted` is a fingerprint, `authority` a file; `is_checked` says whether the station has a certificate of its own
    there, without which nothing is checked.
    """

    address: str
    url: str
    gauges: tuple[str, ...]
    trusted: str
    authority: str
    is_checked: bool
    trusts: str
    """Whom the station trusts there, in words."""


def read_servers(station: Station) -> list[Server]:
    """The OPC UA servers of the station, by address."""
    from devices.gateway.credential import NOBODY
    from workstation.catalog.gauges import gauges
    from workstation.catalog.values import GaugeStatus
    from workstation.line.credentials import load_credentials, whom

    kept = load_credentials(station.home)
    urls: dict[str, str] = {}
    names: dict[str, list[str]] = {}
    with station.read() as reader:
        for gauge in gauges(reader):
            if gauge.status is not GaugeStatus.RETIRED and (address := opc_ua_server(gauge.port)):
                urls.setdefault(address, gauge.port)
                names.setdefault(address, []).append(gauge.name)
    for address, credential in kept.items():
        if opc_ua_server(address) and (credential.trusted or credential.authority):
            urls.setdefault(address, address)
    servers = []
    for address, url in sorted(urls.items()):
        one = kept.get(address, NOBODY)
        there, is_checked = tuple(names.get(address, ())), bool(one.certificate)
        trusts = whom(one) if is_checked else "nobody: not secured"
        servers.append(Server(address, url, there, one.trusted, one.authority, is_checked, trusts))
    return servers


def trust_server(account: str, address: str, fingerprint: str, reason: str) -> Operation[str]:
    """Trust one certificate of a server, and no other there; gives what a running line said."""

    def change(station: Station, store: Store) -> None:
        from workstation.line.trust import trust

        trust(station.home, store, account, address, fingerprint, reason)

    return _deed("trusting the server", change)


def distrust_server(account: str, address: str, reason: str) -> Operation[str]:
    """Trust nobody at a server any longer; gives what a running line said."""

    def change(station: Station, store: Store) -> None:
        from workstation.line.trust import distrust

        distrust(station.home, store, account, address, reason)

    return _deed("taking trust away", change)


def _deed(doing: str, change: Callable[[Station, Store], None]) -> Operation[str]:
    def work(station: Station) -> Done[str]:
        change(station, station.store)
        return Done(station.tell_line(), (Change("gauge"),))

    return Operation(doing, work)


@dataclass(slots=True)
class _Asked:
    """One question to a server, shared with the thread that asks it."""

    url: str
    shown: Callable[[ServerCertificate], None]
    failed: Callable[[Expected], None]
    is_over: bool = False
    loop: asyncio.AbstractEventLoop | None = None
    task: asyncio.Task[None] | None = None
    outcome: list[ServerCertificate | Expected] = field(default_factory=list)

    def give_up(self) -> None:
        """Have nobody told of what comes."""
        self.is_over = True
        if self.loop is not None and self.task is not None:
            with suppress(RuntimeError):  # it has just ended by itself
                self.loop.call_soon_threadsafe(self.task.cancel)


class Looking(QObject):
    """Asks a server for its certificate on a thread of its own: a slow one holds up neither window nor station."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._asked: _Asked | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MILLISECONDS)
        self._timer.timeout.connect(self._poll)

    @property
    def is_waiting(self) -> bool:
        """Whether a server has been asked and has not answered."""
        return self._asked is not None

    def begin(self, url: str, shown: Callable[[ServerCertificate], None], failed: Callable[[Expected], None]) -> None:
        """Ask this server, and no longer the one before."""
        self.stop()
        self._asked = _Asked(url, shown, failed)
        threading.Thread(target=_ask, args=(self._asked,), name="sinebar-look", daemon=True).start()
        self._timer.start()

    def stop(self) -> None:
        """Ask nobody any longer; nothing is told of what comes."""
        self._timer.stop()
        if self._asked is not None:
            self._asked.give_up()
            self._asked = None

    def _poll(self) -> None:
        asked = self._asked
        if asked is None or not asked.outcome:
            return
        self._timer.stop()
        self._asked = None
        outcome = asked.outcome[0]
        if isinstance(outcome, Expected):
            asked.failed(outcome)
        else:
            asked.shown(outcome)


def _ask(asked: _Asked) -> None:
    with suppress(asyncio.CancelledError):
        asyncio.run(_look(asked))


async def _look(asked: _Asked) -> None:
    """Look, and leave the outcome before the loop is taken down: that may wait for a name that is being looked up."""
    from workstation.line.trust import look

    asked.loop, asked.task = asyncio.get_running_loop(), asyncio.current_task()
    if asked.is_over:
        return
    try:
        asked.outcome.append(await look(asked.url))
    except Expected as error:
        asked.outcome.append(error)
    except Exception:  # noqa: BLE001 - a thread must not die unheard: it is logged whole and said
        _log.exception("a server could not be looked at")
        asked.outcome.append(Expected("Sinebar made a mistake: the server was not asked.", "The log says more."))
