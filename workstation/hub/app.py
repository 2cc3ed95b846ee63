"""The hub's HTTP interface: thin routes that admit a caller, bound what comes in, and hand over to the rooms below."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from workstation.errors import Bug, Expected
from workstation.hub.door import Denied, Door, answer, check_protocol, complain, denied_by, message_of, own
from workstation.hub.hub import Hub
from workstation.hub.intake import CONFLICT, REJECTED
from workstation.hub.stations import READER, STATION, Station
from workstation.wire.messages import MAXIMUM_ENTRIES, Enrol, Feed, Message, Push

LOG = logging.getLogger("sinebar.hub")
LONGEST_WAIT = 25.0
"""Seconds a long poll may last: less than the time after which proxies cut a silent connection."""


def create_app(hub: Hub, *, waiting_pushes: int = 16) -> FastAPI:
    """The hub's routes over an open hub, which the caller closes."""
    app = FastAPI(title="Sinebar hub", docs_url=None, redoc_url=None, openapi_url=None)
    app.middleware("http")(_log)
    app.add_exception_handler(Denied, _denied)
    app.add_exception_handler(Expected, _expected)
    app.add_exception_handler(Bug, _bug)
    routes = _Routes(hub, waiting_pushes)
    for method, path, route in (
        ("GET", "/v1/health", routes.health),
        ("POST", "/v1/enrol", routes.enrol),
        ("POST", "/v1/journal", routes.push),
        ("GET", "/v1/journal", routes.feed),
        ("GET", "/v1/stations/{station_id}/head", routes.head),
        ("GET", "/v1/stations/{station_id}/entries/{seq}/hash", routes.entry_hash),
    ):
        app.add_api_route(path, route, methods=[method])
    return app


class _Routes:
    """One method a route. `arrivals` wakes the readers that wait for more."""

    def __init__(self, hub: Hub, waiting_pushes: int) -> None:
        self._hub = hub
        self._door = Door(hub, waiting_pushes)
        self._arrivals = asyncio.Condition()

    async def health(self) -> Response:
        return Response(b'{"status":"ok"}', media_type="application/json")

    async def enrol(self, request: Request) -> Response:
        self._door.enrols(request)
        message = await message_of(request, Enrol)
        check_protocol(message.protocol)
        if "\0" in message.station:
            raise Denied(400, "A station's name cannot hold the character NUL.", "Enrol it under its exact name.")
        credentials = await run_in_threadpool(self._hub.stations.enrol, message.station, message.code)
        return answer(credentials, 201)

    async def push(self, request: Request) -> Response:
        station = await self._door.station(request, STATION)
        self._door.pushes(station)
        message = await message_of(request, Push)
        check_protocol(message.protocol)
        if message.station != station.name:
            raise Denied(403, f"This token belongs to {station.name}, the push says {message.station}.")
        await self._check_acknowledged(request, station)
        reply = await self._door.push(station, message)
        async with self._arrivals:
            self._arrivals.notify_all()
        return answer(reply, _status(reply))

    async def feed(
        self, request: Request, after: int = 0, epoch: str = "", limit: int = 200, wait: float = 0.0
    ) -> Response:
        await self._door.station(request, READER)
        if after < 0 or not 1 <= limit <= MAXIMUM_ENTRIES or not 0 <= wait <= LONGEST_WAIT:
            raise Denied(400, f"after is at least 0, limit 1 to {MAXIMUM_ENTRIES}, wait 0 to {LONGEST_WAIT:g}.")
        found = await run_in_threadpool(self._hub.queries.feed, epoch, after, limit)
        if found is not None and not found.entries and wait:
            found = await self._wait_for_more(found, wait)
        if found is None:
            raise Denied(410, "The hub was put back from a backup since.", "Start again with after=0 and no epoch.")
        return answer(found, 200)

    async def head(self, request: Request, station_id: str) -> Response:
        station = own(await self._door.station(request, STATION), station_id)
        return answer(await run_in_threadpool(self._hub.queries.head, station), 200)

    async def entry_hash(self, request: Request, station_id: str, seq: int) -> Response:
        station = own(await self._door.station(request, STATION), station_id)
        if not 1 <= seq < 2**63:
            raise Denied(400, "Entries are numbered from 1.")
        return answer(await run_in_threadpool(self._hub.queries.entry_hash, station, seq), 200)

    async def _wait_for_more(self, empty: Feed, wait: float) -> Feed | None:
        deadline = time.monotonic() + wait
        found: Feed | None = empty
        while found is not None and not found.entries and (left := deadline - time.monotonic()) > 0:
            # Another process may share the database: look at least once a second, not only when woken.
            try:
                async with self._arrivals:
                    await asyncio.wait_for(self._arrivals.wait(), min(left, 1.0))
            except TimeoutError:
                pass
            found = await run_in_threadpool(self._hub.queries.feed, empty.epoch, empty.last, 200)
        return found

    async def _check_acknowledged(self, request: Request, station: Station) -> None:
        """Headers `Sinebar-Acknowledged: <epoch>:<seq>`: what the station remembers of our last answer."""
        epoch, _, seq = request.headers.get("sinebar-acknowledged", "").partition(":")
        if seq.isascii() and seq.isdigit() and len(seq) < 19 and int(seq) > station.totals.count:
            await run_in_threadpool(self._hub.intake.acknowledged_beyond, station, int(seq), epoch)


def _status(reply: Message) -> int:
    outcomes = {result.outcome for result in getattr(reply, "results", ())}
    if CONFLICT in outcomes:
        return 409
    return 422 if REJECTED in outcomes else 200


async def _log(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
    started = time.perf_counter()
    response = await proceed(request)
    LOG.info(
        "request",
        extra={
            "method": request.method,
            "path": request.url.path[:200],
            "status": response.status_code,
            "milliseconds": round((time.perf_counter() - started) * 1000, 1),
        },
    )
    return response


async def _denied(_request: Request, denied: Exception) -> Response:
    assert isinstance(denied, Denied)  # noqa: S101 - registered for this kind only
    return complain(denied)


async def _expected(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Expected)  # noqa: S101 - registered for this kind only
    return complain(denied_by(error))


async def _bug(_request: Request, error: Exception) -> Response:
    LOG.error("bug", exc_info=error)
    return complain(Denied(500, "The hub made a mistake; it is in the hub's log."))
