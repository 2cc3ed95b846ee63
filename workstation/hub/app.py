"""The hub's HTTP interface: thin routes that admit a caller, bound what comes in, and hand over to the rooms below."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from workstation.errors import Bug, Expected, NotPermitted, Refused
from workstation.hub.hub import Hub
from workstation.hub.intake import CONFLICT, REJECTED
from workstation.hub.limits import BadEncoding, Throttle, TooLarge, read_body
from workstation.hub.stations import READER, STATION, Station
from workstation.wire.messages import (
    MAXIMUM_ENTRIES,
    PROTOCOL,
    Complaint,
    Enrol,
    Feed,
    Message,
    Push,
    Unreadable,
    packed,
    unpacked,
)

LOG = logging.getLogger("sinebar.hub")
M = TypeVar("M", bound=Message)
LONGEST_WAIT = 25.0
"""Seconds a long poll may last: less than the time after which proxies cut a silent connection."""


class Denied(Exception):  # noqa: N818
    """A request that is answered with a complaint instead of a result."""

    def __init__(self, status: int, sentence: str, next_step: str = "", *, retry_after: float = 0.0) -> None:
        super().__init__(sentence)
        self.status = status
        self.complaint = Complaint(sentence, next_step)
        self.retry_after = retry_after


class Door:
    """Who may come in, and how many at a time."""

    def __init__(self, hub: Hub, waiting_pushes: int) -> None:
        self.hub = hub
        self.enrolments = Throttle(burst=5, seconds=6.0)
        self.strangers = Throttle(burst=20, seconds=1.0)
        self.pushes = Throttle(burst=200, seconds=0.02)
        self._waiting_pushes = waiting_pushes
        self._pushing = 0

    async def station(self, request: Request, *roles: str) -> Station:
        """The enrolled caller; raises Denied when it is none, is revoked or has another role."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        station = None
        if scheme.lower() == "bearer" and 0 < len(token) <= 200:
            station = await run_in_threadpool(self.hub.stations.by_token, token)
        if station is None:
            _spend(self.strangers, address_of(request), "Too many requests without a valid token.")
            raise Denied(401, "The hub does not know this token.", "Enrol the station: `sinebar sync enrol`.")
        if station.revoked_at is not None:
            raise Denied(403, f"Station {station.name} was revoked.", "Ask whoever runs the hub to renew it.")
        if station.role not in roles:
            raise Denied(403, f"{station.name} is enrolled as {station.role} and may not do this.")
        return station

    async def push(self, station: Station, message: Push) -> Message:
        """Run one push; at most so many wait for the database at a time, the others are sent away for a moment."""
        if self._pushing >= self._waiting_pushes:
            raise Denied(503, "The hub is busy.", "The station tries again by itself.", retry_after=2.0)
        self._pushing += 1
        try:
            return await run_in_threadpool(self.hub.intake.push, station, message)
        finally:
            self._pushing -= 1


def create_app(hub: Hub, *, waiting_pushes: int = 16) -> FastAPI:
    """The hub's routes over an open hub, which the caller closes."""
    app = FastAPI(title="Sinebar hub", docs_url=None, redoc_url=None, openapi_url=None)
    door = Door(hub, waiting_pushes)
    arrivals = asyncio.Condition()

    @app.middleware("http")
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

    @app.exception_handler(Denied)
    async def _denied(_request: Request, denied: Denied) -> Response:
        return _complaint(denied)

    @app.exception_handler(Expected)
    async def _expected(_request: Request, error: Expected) -> Response:
        return _complaint(_denied_by(error))

    @app.exception_handler(Bug)
    async def _bug(_request: Request, error: Bug) -> Response:
        LOG.error("bug", exc_info=error)
        return _complaint(Denied(500, "The hub made a mistake; it is in the hub's log."))

    @app.get("/v1/health")
    async def health() -> Response:
        return Response(b'{"status":"ok"}', media_type="application/json")

    @app.post("/v1/enrol")
    async def enrol(request: Request) -> Response:
        _spend(door.enrolments, address_of(request), "Too many attempts to enrol.")
        message = await _message(request, Enrol)
        _check_protocol(message.protocol)
        credentials = await run_in_threadpool(hub.stations.enrol, message.station, message.code)
        return _answer(credentials, 201)

    @app.post("/v1/journal")
    async def push(request: Request) -> Response:
        station = await door.station(request, STATION)
        _spend(door.pushes, station.id, "This station pushes too often.")
        message = await _message(request, Push)
        _check_protocol(message.protocol)
        if message.station != station.name:
            raise Denied(403, f"This token belongs to {station.name}, the push says {message.station}.")
        await _check_acknowledged(request, hub, station)
        reply = await door.push(station, message)
        async with arrivals:
            arrivals.notify_all()
        return _answer(reply, _status(reply))

    @app.get("/v1/journal")
    async def feed(request: Request, after: int = 0, epoch: str = "", limit: int = 200, wait: float = 0.0) -> Response:
        await door.station(request, READER)
        if after < 0 or not 1 <= limit <= MAXIMUM_ENTRIES or not 0 <= wait <= LONGEST_WAIT:
            raise Denied(400, f"after is at least 0, limit 1 to {MAXIMUM_ENTRIES}, wait 0 to {LONGEST_WAIT:g}.")
        found = await run_in_threadpool(hub.queries.feed, epoch, after, limit)
        if found is not None and not found.entries and wait:
            found = await _wait_for_more(found, wait)
        if found is None:
            raise Denied(410, "The hub was put back from a backup since.", "Start again with after=0 and no epoch.")
        return _answer(found, 200)

    async def _wait_for_more(empty: Feed, wait: float) -> Feed | None:
        deadline = time.monotonic() + wait
        found: Feed | None = empty
        while found is not None and not found.entries and (left := deadline - time.monotonic()) > 0:
            # Another process may share the database: look at least once a second, not only when woken.
            try:
                async with arrivals:
                    await asyncio.wait_for(arrivals.wait(), min(left, 1.0))
            except TimeoutError:
                pass
            found = await run_in_threadpool(hub.queries.feed, empty.epoch, empty.last, 200)
        return found

    @app.get("/v1/stations/{station_id}/head")
    async def head(request: Request, station_id: str) -> Response:
        station = _own(await door.station(request, STATION), station_id)
        return _answer(await run_in_threadpool(hub.queries.head, station), 200)

    @app.get("/v1/stations/{station_id}/entries/{seq}/hash")
    async def entry_hash(request: Request, station_id: str, seq: int) -> Response:
        station = _own(await door.station(request, STATION), station_id)
        if not 1 <= seq < 2**63:
            raise Denied(400, "Entries are numbered from 1.")
        return _answer(await run_in_threadpool(hub.queries.entry_hash, station, seq), 200)

    return app


def address_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _own(station: Station, station_id: str) -> Station:
    """A station sees its own records only."""
    if station_id != station.id:
        raise Denied(403, "This token belongs to another station.")
    return station


def _spend(throttle: Throttle, caller: str, sentence: str) -> None:
    wait = throttle.wait(caller)
    if wait > 0:
        raise Denied(429, sentence, "Wait and try again.", retry_after=wait)


async def _message(request: Request, kind: type[M]) -> M:
    try:
        body = await read_body(request.stream(), request.headers.get("content-encoding", "").strip().lower())
        return unpacked(body, kind)
    except TooLarge as error:
        raise Denied(413, "The message is larger than the hub takes.", "Send fewer entries at a time.") from error
    except BadEncoding as error:
        raise Denied(400, f"The message cannot be read: {error}.") from error
    except Unreadable as error:
        raise Denied(
            400, f"The message cannot be read: {error}.", "Is this station's Sinebar older or newer?"
        ) from error


def _check_protocol(protocol: int) -> None:
    if protocol != PROTOCOL:
        raise Denied(
            400, f"The hub speaks protocol {PROTOCOL}, the station {protocol}.", "Update the older of the two."
        )


async def _check_acknowledged(request: Request, hub: Hub, station: Station) -> None:
    """Headers `Sinebar-Acknowledged: <epoch>:<seq>`: what the station remembers of our last answer."""
    epoch, _, seq = request.headers.get("sinebar-acknowledged", "").partition(":")
    if seq.isascii() and seq.isdigit() and len(seq) < 19 and int(seq) > station.totals.count:
        await run_in_threadpool(hub.intake.acknowledged_beyond, station, int(seq), epoch)


def _status(reply: Message) -> int:
    outcomes = {result.outcome for result in getattr(reply, "results", ())}
    if CONFLICT in outcomes:
        return 409
    return 422 if REJECTED in outcomes else 200


def _denied_by(error: Expected) -> Denied:
    if isinstance(error, NotPermitted):
        return Denied(403, error.sentence, error.next_step)
    if isinstance(error, Refused):
        return Denied(409, error.sentence, error.next_step)
    # The hub's own disk or database: the station keeps its entries and comes again.
    LOG.error("%s", error)
    return Denied(503, error.sentence, error.next_step, retry_after=10.0)


def _complaint(denied: Denied) -> Response:
    headers = {"Retry-After": str(math.ceil(denied.retry_after))} if denied.retry_after else {}
    if denied.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(packed(denied.complaint), denied.status, headers=headers, media_type="application/json")


def _answer(message: Message, status: int) -> Response:
    return Response(packed(message), status, media_type="application/json")
