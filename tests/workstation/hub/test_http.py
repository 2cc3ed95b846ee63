"""The hub's door, over a real socket to a real process."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from tests.workstation.hub.conftest import Databases
from tests.workstation.wire.stations import HubProcess, command, enrolled, measure, new_station
from workstation.hub import schema
from workstation.hub.app import create_app
from workstation.hub.hub import Hub
from workstation.store import Store
from workstation.sync.outbox import Outbox
from workstation.wire.messages import Credentials
from workstation.wire.totals import Totals


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Iterator[HubProcess]:
    with databases() as url, HubProcess(tmp_path_factory.mktemp("hub") / "data", url=url) as process:
        yield process


@pytest.fixture
def http(hub: HubProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hub.address, trust_env=False) as client:
        yield client


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_station(tmp_path / "home", f"bench {tmp_path.name}") as opened:
        measure(opened, 3)
        yield opened


@pytest.fixture
def credentials(hub: HubProcess, store: Store) -> Credentials:
    return enrolled(hub.data, store.station, url=hub.url)


def bearer(credentials: Credentials) -> dict[str, str]:
    return {"Authorization": f"Bearer {credentials.token}"}


def body_of(store: Store) -> bytes:
    parcel = Outbox(store).next_parcel(Totals())
    assert parcel is not None
    return parcel.body


async def test_a_name_that_postgresql_cannot_hold_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with Hub.open(tmp_path / "data") as hub:
        door = httpx.ASGITransport(create_app(hub))
        async with httpx.AsyncClient(transport=door, base_url="http://hub", trust_env=False) as client:
            answer = await client.post("/v1/enrol", json={"protocol": 1, "station": "bench\0", "code": "ABCD-EFGH"})
        assert answer.status_code == 400
        assert "the character NUL" in answer.json()["sentence"]
        assert hub.stations.security_events() == []


def test_health_needs_no_token_and_tells_nothing(http: httpx.Client) -> None:
    answer = http.get("/v1/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "server" not in answer.headers


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/redoc", "/v1/nothing"])
def test_nothing_else_is_shown(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 404


@pytest.mark.parametrize(
    "header",
    [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer " + "x" * 5000}],
)
def test_without_a_token_of_ours_nothing_opens(http: httpx.Client, header: dict[str, str]) -> None:
    for method, path in (("GET", "/v1/stations/1/head"), ("POST", "/v1/journal"), ("GET", "/v1/journal")):
        answer = http.request(method, path, headers=header)
        assert answer.status_code == 401
        assert answer.json()["sentence"] == "The hub does not know this token."
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_station_sees_its_own_head_only(hub: HubProcess, http: httpx.Client, credentials: Credentials) -> None:
    other = enrolled(hub.data, f"other {credentials.station}", url=hub.url)
    assert http.get(f"/v1/stations/{credentials.station}/head", headers=bearer(credentials)).json()["count"] == 0
    assert http.get(f"/v1/stations/{credentials.station}/head", headers=bearer(other)).status_code == 403
    assert http.get(f"/v1/stations/{credentials.station}/entries/1/hash", headers=bearer(other)).status_code == 403
    assert http.get("/v1/journal", headers=bearer(credentials)).status_code == 403


def test_a_push_in_plain_and_in_gzip(http: httpx.Client, credentials: Credentials, store: Store) -> None:
    body = body_of(store)
    packed = http.post(
        "/v1/journal", content=gzip.compress(body), headers=bearer(credentials) | {"Content-Encoding": "gzip"}
    )
    assert (packed.status_code, packed.json()["head"]["readings"]) == (200, 15)
    plain = http.post("/v1/journal", content=body, headers=bearer(credentials))
    assert {r["outcome"] for r in plain.json()["results"]} == {"duplicate"}


def test_conflict_and_refusal_have_a_status_of_their_own(
    http: httpx.Client, credentials: Credentials, store: Store
) -> None:
    message = json.loads(body_of(store))
    message["entries"][1]["reason"] = "altered"
    refused = http.post("/v1/journal", json=message, headers=bearer(credentials))
    assert (refused.status_code, [r["outcome"] for r in refused.json()["results"]]) == (422, ["applied", "rejected"])
    message["entries"][0]["hash"] = "0" * 64
    conflict = http.post("/v1/journal", json=message, headers=bearer(credentials))
    assert (conflict.status_code, conflict.json()["results"][0]["outcome"]) == (409, "conflict")
    assert conflict.json()["head"]["count"] == 1


def test_a_push_under_another_name_or_protocol_is_denied(
    http: httpx.Client, credentials: Credentials, store: Store
) -> None:
    message = json.loads(body_of(store))
    assert http.post("/v1/journal", json=message | {"station": "x"}, headers=bearer(credentials)).status_code == 403
    newer = http.post("/v1/journal", json=message | {"protocol": 2}, headers=bearer(credentials))
    assert (newer.status_code, newer.json()["next_step"]) == (400, "Update the older of the two.")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"protocol":1,"station":"x","entries":[{}]}', b"[" * 200_000,
        b'{"protocol":1,"station":"x","entries":[' + b",".join([b"{}"] * 501) + b"]}",
        b'{"protocol":1e400,"station":"x","entries":[]}',
    ],
    ids=["empty", "half", "list", "not text", "null", "no fields", "deep", "too many", "huge number"],
)  # fmt: skip
def test_garbage_is_answered_with_a_sentence(http: httpx.Client, credentials: Credentials, body: bytes) -> None:
    answer = http.post("/v1/journal", content=body, headers=bearer(credentials))
    assert answer.status_code == 400
    assert answer.json()["sentence"].startswith("The message cannot be read")


@pytest.mark.parametrize(
    ("content", "encoding"),
    [(b"no gzip", "gzip"), (gzip.compress(b"{}" * 999)[:-9], "gzip"), (b"x", "br")],
    ids=["no gzip", "cut gzip", "unknown encoding"],
)
def test_bad_encodings_are_answered_with_a_sentence(
    http: httpx.Client, credentials: Credentials, content: bytes, encoding: str
) -> None:
    answer = http.post("/v1/journal", content=content, headers=bearer(credentials) | {"Content-Encoding": encoding})
    assert answer.status_code == 400


def test_a_large_body_and_a_gzip_bomb_are_cut_off(http: httpx.Client, credentials: Credentials) -> None:
    bomb = gzip.compress(b" " * (65 * 1024 * 1024), 9)
    assert len(bomb) < 100_000
    answer = http.post("/v1/journal", content=bomb, headers=bearer(credentials) | {"Content-Encoding": "gzip"})
    assert answer.status_code == 413
    answer = http.post("/v1/journal", content=os.urandom(8 * 1024 * 1024 + 1), headers=bearer(credentials))
    assert answer.status_code == 413


def test_codes_are_spent_once_and_bind_the_name(hub: HubProcess, http: httpx.Client, tmp_path: Path) -> None:
    name = f"code {tmp_path.name}"
    made = command("hub", "enrol", name, *hub.place, "--json")
    code = json.loads(made.stdout)["code"]
    enrol = {"protocol": 1, "station": name, "code": code}
    assert http.post("/v1/enrol", json=enrol | {"station": "another"}).status_code == 403
    wrong = code[:-1] + ("3" if code.endswith("2") else "2")
    assert http.post("/v1/enrol", json=enrol | {"code": wrong}).status_code == 403
    answer = http.post("/v1/enrol", json=enrol | {"code": code.lower().replace("-", " ")})
    assert (answer.status_code, set(answer.json())) == (201, {"station", "hub", "token", "seal", "epoch"})
    assert http.post("/v1/enrol", json=enrol).status_code == 403
    head = f"/v1/stations/{answer.json()['station']}/head"
    mine = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert http.get(head, headers=mine).status_code == 200
    assert command("hub", "revoke", name, *hub.place).returncode == 0
    assert http.get(head, headers=mine).status_code == 403

    stored = b"".join(path.read_bytes() for path in hub.data.iterdir() if path.is_file())
    with Hub.open(hub.data, url=hub.url) as opened, opened.database.reading() as connection:
        for table in (schema.STATION, schema.ENROLMENT, schema.SECURITY_EVENT):
            stored += str(connection.execute(select(table)).all()).encode()
    for secret in (code, answer.json()["token"]):
        assert secret.encode() not in stored, "secrets are kept as their hashes"
        assert secret not in (hub.data / "logs" / "hub.log").read_text()


def test_guessing_codes_is_slowed_down(tmp_path: Path) -> None:
    with HubProcess(tmp_path / "hub") as process, httpx.Client(base_url=process.address, trust_env=False) as http:
        attempt = {"protocol": 1, "station": "bench", "code": "22222-22222-22222"}
        answers = [http.post("/v1/enrol", json=attempt) for _ in range(8)]
        assert [answer.status_code for answer in answers] == [403] * 5 + [429] * 3
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 7
        strangers = [http.get("/v1/stations/1/head").status_code for _ in range(30)]
        assert strangers[:20] == [401] * 20
        assert 429 in strangers[20:]


def test_a_reader_follows_all_stations_and_is_woken(
    hub: HubProcess, http: httpx.Client, credentials: Credentials, store: Store, tmp_path: Path
) -> None:
    name = f"reader {tmp_path.name}"
    code = json.loads(command("hub", "enrol", name, "--reader", *hub.place, "--json").stdout)["code"]
    token = http.post("/v1/enrol", json={"protocol": 1, "station": name, "code": code}).json()["token"]
    mine = {"Authorization": f"Bearer {token}"}
    assert http.post("/v1/journal", content=body_of(store), headers=mine).status_code == 403
    at = http.get("/v1/journal", params={"limit": 500}, headers=mine).json()
    found: list[httpx.Response] = []
    query = {"after": at["last"], "epoch": at["epoch"], "wait": 20}
    waiting = threading.Thread(
        target=lambda: found.append(
            httpx.get(f"{hub.address}/v1/journal", params=query, headers=mine, timeout=30, trust_env=False)
        )
    )
    waiting.start()
    started = time.monotonic()
    http.post("/v1/journal", content=body_of(store), headers=bearer(credentials))
    waiting.join(30)
    assert time.monotonic() - started < 15
    assert [entry["station"] for _, entry in found[0].json()["entries"]] == [store.station] * 5
    assert http.get("/v1/journal", params=query | {"epoch": "old"}, headers=mine).status_code == 410
    assert http.get("/v1/journal", params={"limit": 501}, headers=mine).status_code == 400


def test_a_locked_database_is_a_pause_not_a_loss(hub: HubProcess, credentials: Credentials, store: Store) -> None:
    """While another program holds the database, a push waits or is sent away, and the same push then goes in."""
    with Hub.open(hub.data, url=hub.url) as other, other.database.writing():
        answers: list[int] = []
        push = threading.Thread(
            target=lambda: answers.append(
                httpx.post(
                    f"{hub.address}/v1/journal",
                    content=body_of(store),
                    headers=bearer(credentials),
                    timeout=60,
                    trust_env=False,
                ).status_code
            )
        )
        push.start()
        push.join(0.3)
        assert answers == []
    push.join(30)
    assert answers == [200]


def test_serving_says_plainly_what_is_wrong(tmp_path: Path, hub: HubProcess) -> None:
    taken = command("hub", "serve", "--data", tmp_path / "a", "--port", str(hub.port))
    assert (taken.returncode, "cannot listen" in taken.stderr) == (3, True)
    open_network = command("hub", "serve", "--data", tmp_path / "b", "--host", "192.0.2.1", "--port", "0")
    assert (open_network.returncode, "HTTPS" in open_network.stderr) == (2, True)
    (tmp_path / "file").write_text("")
    no_folder = command("hub", "serve", "--data", tmp_path / "file" / "x", "--port", "0")
    assert (no_folder.returncode, "cannot be used" in no_folder.stderr) == (3, True)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "hub.db").write_bytes(b"this is no database at all" * 99)
    broken = command("hub", "serve", "--data", tmp_path / "c", "--port", "0")
    assert (broken.returncode, "damaged" in broken.stderr) == (3, True)
    seen = command("hub", "serve", "--data", tmp_path / "d", "--database", "postgresql://u:secret@h/x")
    assert (seen.returncode, "password on the command line" in seen.stderr) == (2, True)
    assert "secret" not in seen.stderr
    away = command("hub", "serve", "--data", tmp_path / "d", "--database", "postgresql://u@localhost:1/x")
    has_driver = importlib.util.find_spec("psycopg") is not None
    assert (away.returncode, ("cannot be reached" if has_driver else "psycopg") in away.stderr) == (3, True)
    assert command("hub", "serve", "--data", tmp_path / "e", "--database", "mysql://h/x").returncode == 2
    for answer in (taken, open_network, no_folder, broken, seen, away):
        assert "Traceback" not in answer.stderr
        assert len(answer.stderr.strip().splitlines()) == 2
