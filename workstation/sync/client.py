"""Speaks HTTP with the hub; every error of the network leaves as one of ours."""

from __future__ import annotations

import gzip
import ssl
import time
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from workstation.errors import CallIsWrong, SurroundingsFailed
from workstation.sync.errors import HubAway, HubDenies, JournalsDiffer
from workstation.wire.messages import (
    PROTOCOL,
    Complaint,
    Credentials,
    Enrol,
    EntryHash,
    Head,
    Message,
    PushReply,
    Unreadable,
    packed,
    unpacked,
)

M = TypeVar("M", bound=Message)
_TIMES = httpx.Timeout(60.0, connect=5.0)
_LARGEST_ANSWER = 4 * 1024 * 1024
_LONGEST_ANSWER = 120.0
"""Seconds an answer may take from its first byte on: one that drips for ever would keep the sync waiting for ever."""


class HubClient:
    """A station's side of the conversation. `transport` replaces the network in tests."""

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        *,
        authority: Path | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.url = checked_url(url)
        self._credentials = credentials
        token = {"Authorization": f"Bearer {credentials.token}"} if credentials else {}
        self._http = httpx.Client(
            base_url=self.url,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",  # an answer is small, and what is not packed does not burst
                "User-Agent": "sinebar",
                **token,
            },
            timeout=_TIMES,
            transport=transport,
            verify=trusting(authority),
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> HubClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def enrol(self, station: str, code: str) -> Credentials:
        """Turn a one-time code into credentials."""
        message = Enrol(PROTOCOL, station, code)
        return self._said(self._sent("POST", "/v1/enrol", packed(message)), Credentials)

    def head(self) -> Head:
        """Where this station's journal ends at the hub."""
        return self._said(self._sent("GET", f"{self._own}/head"), Head)

    def entry_hash(self, seq: int) -> str | None:
        """The hash the hub holds for one entry of this station."""
        return self._said(self._sent("GET", f"{self._own}/entries/{seq}/hash"), EntryHash).hash

    def push(self, body: bytes, acknowledged: tuple[str, int]) -> PushReply:
        """Send one packed push; a reply with refused entries is a reply. `acknowledged` is epoch and count known."""
        headers = {
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            "Sinebar-Acknowledged": f"{acknowledged[0]}:{acknowledged[1]}",
        }
        response = self._sent("POST", "/v1/journal", gzip.compress(body, 5, mtime=0), headers, told=(409, 422))
        return self._said(response, PushReply)

    @property
    def _own(self) -> str:
        return f"/v1/stations/{self._credentials.station if self._credentials else ''}"

    def _sent(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        told: tuple[int, ...] = (),
    ) -> httpx.Response:
        try:
            with self._http.stream(method, path, content=body, headers=headers) as response:
                content, until = bytearray(), time.monotonic() + _LONGEST_ANSWER
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise HubAway(f"What answers at {self.url} is no hub of ours: it packs.", "Check sync.hub_url.")
                for chunk in response.iter_bytes():
                    content += chunk
                    if time.monotonic() > until:
                        raise HubAway(f"The hub at {self.url} does not answer in time.", _KEEPS)
                    if len(content) > _LARGEST_ANSWER:
                        raise HubAway(f"What answers at {self.url} is no hub: it says too much.", "Check the address.")
            whole = httpx.Response(response.status_code, headers=_plain(response.headers), content=bytes(content))
        except httpx.TimeoutException as error:
            raise HubAway(f"The hub at {self.url} does not answer in time.", _KEEPS) from error
        except (httpx.RequestError, ssl.SSLError) as error:
            if "CERTIFICATE_VERIFY_FAILED" in (cause := _cause(error)):
                raise HubAway(f"The certificate of {self.url} is not trusted here ({cause}).", _TRUST) from error
            raise HubAway(f"The hub at {self.url} cannot be reached ({cause}).", _KEEPS) from error
        if whole.is_success or (whole.status_code in told and not _is_complaint(whole)):
            return whole
        raise self._refusal(whole)

    def _refusal(self, response: httpx.Response) -> Exception:
        try:
            complaint = unpacked(response.content, Complaint)
        except Unreadable:
            complaint = Complaint(f"The hub at {self.url} answered with status {response.status_code}.")
        if response.status_code in (429, 500, 502, 503, 504, 507):
            sentence = f"The hub at {self.url} takes nothing now: {complaint.sentence}"
            return HubAway(sentence, _KEEPS, retry_after=_seconds(response.headers.get("retry-after", "")))
        if response.status_code == 409:
            return JournalsDiffer(complaint.sentence, complaint.next_step)
        if response.status_code in (400, 401, 403, 413):
            return HubDenies(complaint.sentence, complaint.next_step)
        return HubAway(f"What answers at {self.url} is no hub of ours.", "Check sync.hub_url.")

    def _said(self, response: httpx.Response, kind: type[M]) -> M:
        try:
            return unpacked(response.content, kind)
        except Unreadable as error:
            raise HubAway(f"What answers at {self.url} is no hub of ours ({error}).", "Check sync.hub_url.") from error


_KEEPS = "Everything stays here and is sent when the hub is back."
_TRUST = (
    "See that the clocks are right. If the hub has a new certificate, name its authority: `sinebar sync enrol "
    "--authority FILE`, beside address and code where this station is not enrolled yet. Everything stays here."
)


def checked_url(url: str) -> str:
    """The address without a trailing slash; raises CallIsWrong for one that is none."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or parts.username or parts.query or parts.fragment:
        raise CallIsWrong(f"{url!r} is no address of a hub.", "Give it like https://quality.example:8480.")
    return url.rstrip("/")


def trusting(authority: Path | None) -> ssl.SSLContext | bool:
    """What checks a hub's certificate: the system's authorities, or the one in this PEM file and no other."""
    if authority is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(authority))
    except (OSError, ssl.SSLError) as error:
        raise SurroundingsFailed(
            f"{authority} holds no certificate that could be used.", "Give the PEM file of the plant's authority."
        ) from error


def _plain(headers: httpx.Headers) -> dict[str, str]:
    """Headers of an answer whose body is taken as it came."""
    return {k: v for k, v in headers.items() if k.lower() not in ("content-encoding", "content-length")}


def _is_complaint(response: httpx.Response) -> bool:
    try:
        unpacked(response.content, Complaint)
    except Unreadable:
        return False
    return True


def _seconds(text: str) -> float:
    return min(float(text), 3600.0) if text.isascii() and text.isdigit() and len(text) < 7 else 0.0


def _cause(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
