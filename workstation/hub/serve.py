"""Runs the hub's server until it is told to stop."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import logging.handlers
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from workstation.errors import CallIsWrong, SurroundingsFailed
from workstation.hub.hub import Hub

if TYPE_CHECKING:
    import uvicorn

LOG = logging.getLogger("sinebar.hub")
_LOGGERS = {"sinebar.hub": logging.INFO, "uvicorn.error": logging.WARNING}


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the hub listens. `port` 0 takes any free one; with `certificate` and `key` it speaks HTTPS."""

    host: str = "127.0.0.1"
    port: int = 8480
    certificate: Path | None = None
    key: Path | None = None
    plain: bool = False

    @property
    def scheme(self) -> str:
        return "https" if self.certificate else "http"


def serve(data: Path, listen: Listen, *, url: str | None = None, ready: Callable[[str], None]) -> None:
    """Serve the hub of folder `data`; calls `ready` with its address once it takes connections, returns on a signal."""
    import uvicorn

    from workstation.hub.app import create_app

    _check(listen)
    with Hub.open(data, url=url) as hub:
        handler = _log_to(data)
        door = _bind(listen)
        try:
            config = uvicorn.Config(
                create_app(hub),
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=10,
                h11_max_incomplete_event_size=64 * 1024,
                ssl_certfile=listen.certificate,
                ssl_keyfile=listen.key,
            )
            asyncio.run(_run(uvicorn.Server(config), door, f"{listen.scheme}://{_shown(door)}", ready))
        except ssl.SSLError as error:
            raise SurroundingsFailed(
                f"{listen.certificate} and {listen.key} are no certificate and key that belong together.",
                "Give PEM files; the certificate of the server first.",
            ) from error
        finally:
            door.close()
            for name in _LOGGERS:
                logging.getLogger(name).removeHandler(handler)
            handler.close()


@contextmanager
def _stopped_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """Ctrl-C and a polite kill let the server finish what it is doing; a second one is not waited for."""

    def stop(number: int, _frame: FrameType | None) -> None:
        server.handle_exit(number, None)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _run(server: uvicorn.Server, door: socket.socket, address: str, ready: Callable[[str], None]) -> None:
    # uvicorn would raise the signal again after its shutdown, and the process would end before the hub is closed.
    server.capture_signals = lambda: _stopped_by_signals(server)  # type: ignore[method-assign]
    serving = asyncio.create_task(server.serve(sockets=[door]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        LOG.info("hub listens", extra={"address": address})
        ready(address)
    await serving


def _check(listen: Listen) -> None:
    if (listen.certificate is None) != (listen.key is None):
        raise CallIsWrong("HTTPS needs a certificate and its key.", "Give both --certificate and --key.")
    for path in (listen.certificate, listen.key):
        if path is not None and not path.is_file():
            raise SurroundingsFailed(f"The file {path} is not there.", "Check --certificate and --key.")
    if listen.certificate is None and not listen.plain and not _is_loopback(listen.host):
        raise CallIsWrong(
            f"Without HTTPS everyone on the network of {listen.host} could read the tokens.",
            "Give --certificate and --key, or --plain-http when a proxy in front of the hub speaks HTTPS.",
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bind(listen: Listen) -> socket.socket:
    try:
        family = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM)[0][0]
        door = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise SurroundingsFailed(f"{listen.host} is no address of this computer.", "Check --host.") from error
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((listen.host, listen.port))
        door.listen(128)
    except OSError as error:
        door.close()
        raise SurroundingsFailed(
            f"The hub cannot listen on {listen.host} port {listen.port}: {error.strerror}.",
            "Another program may use that port: choose one with --port.",
        ) from error
    return door


def _shown(door: socket.socket) -> str:
    host, port = door.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _log_to(data: Path) -> logging.Handler:
    """JSON lines in the hub's folder, rotating; tokens and codes never come near a log call."""
    from pythonjsonlogger.json import JsonFormatter

    folder = data / "logs"
    folder.mkdir(exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        folder / "hub.log", maxBytes=5_000_000, backupCount=5, encoding="utf-8"
    )
    handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    for name, level in _LOGGERS.items():
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False
    return handler
