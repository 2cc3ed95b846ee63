"""The hub's door: who may come in and how often, what a message must be, and how a refusal is said."""

from __future__ import annotations

import logging
import math
from typing import TypeVar

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from workstation.errors import Expected, NotPermitted, Refused
from workstation.hub.hub import Hub
from workstation.hub.limits import BadEncoding, Throttle, TooLarge, read_body
from workstation.hub.stations import Station
from workstation.wire.messages import PROTOCOL, Complaint, Message, Push, Unreadable, packed, unpacked

LOG = logging.getLogger("sinebar.hub")
M = TypeVar("M", bound=Message)


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
        self._hub = hub
        self._enrolments = Throttle(burst=5, seconds=6.0)
        self._strangers = Throttle(burst=20, seconds=1.0)
        self._pushes = Throttle(burst=200, seconds=0.02)
        self._waiting_pushes = waiting_pushes
        self._pushing = 0

    def enrols(self, request: Request) -> None:
        """Somebody tries to enrol: Denied when that is too often."""
        _spend(self._enrolments, _address_of(request), "Too many attempts to enrol.")

    def pushes(self, station: Station) -> None:
        """A station pushes: Denied when that is too often."""
        _spend(self._pushes, station.id, "This station pushes too often.")

    async def station(self, request: Request, *roles: str) -> Station:
        """The enrolled caller; raises Denied when it is none, is revoked or has another role."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        station = None
        if scheme.lower() == "bearer" and 0 < len(token) <= 200:
            station = await run_in_threadpool(self._hub.stations.by_token, token)
        if station is None:
            _spend(self._strangers, _address_of(request), "Too many requests without a valid token.")
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
            return await run_in_threadpool(self._hub.intake.push, station, message)
        finally:
            self._pushing -= 1


def own(station: Station, station_id: str) -> Station:
    """A station sees its own records only."""
    if station_id != station.id:
        raise Denied(403, "This token belongs to another station.")
    return station


async def message_of(request: Request, kind: type[M]) -> M:
    """The request's body as a message; raises Denied for what is too large or is none."""
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


def check_protocol(protocol: int) -> None:
    """Raise Denied for another protocol than ours."""
    if protocol != PROTOCOL:
        raise Denied(
            400, f"The hub speaks protocol {PROTOCOL}, the station {protocol}.", "Update the older of the two."
        )


def denied_by(error: Expected) -> Denied:
    """An error of the rooms below as an answer."""
    if isinstance(error, NotPermitted):
        return Denied(403, error.sentence, error.next_step)
    if isinstance(error, Refused):
        return Denied(409, error.sentence, error.next_step)
    # The hub's own disk or database: the station keeps its entries and comes again. Where they lie only the log tells.
    LOG.error("%s", error)
    return Denied(503, "The hub cannot use its database.", "The hub's log says why.", retry_after=10.0)


def complain(denied: Denied) -> Response:
    """The complaint as a response."""
    headers = {"Retry-After": str(math.ceil(denied.retry_after))} if denied.retry_after else {}
    if denied.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(packed(denied.complaint), denied.status, headers=headers, media_type="application/json")


def answer(message: Message, status: int) -> Response:
    """A message as a response."""
    return Response(packed(message), status, media_type="application/json")


def _address_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _spend(throttle: Throttle, caller: str, sentence: str) -> None:
    wait = throttle.wait(caller)
    if wait > 0:
        raise Denied(429, sentence, "Wait and try again.", retry_after=wait)
