"""The round between a real station and a real hub process, with the faults that networks and machines have."""

from __future__ import annotations

import gzip
import random
import shutil
import threading
import time
import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.workstation.wire.stations import HubProcess, enrolled, measure, new_station
from workstation.errors import SurroundingsFailed
from workstation.hub.hub import Hub
from workstation.stop import Stop
from workstation.store import Store
from workstation.sync import client as client_module
from workstation.sync.client import HubClient
from workstation.sync.engine import Backoff, Engine, Round
from workstation.sync.errors import HubAway, HubDenies, JournalsDiffer
from workstation.sync.outbox import Outbox
from workstation.sync.runner import Outcome, keep_in_step
from workstation.wire.messages import Credentials
from workstation.wire.totals import Totals


class FaultyNetwork(httpx.BaseTransport):
    """A real network whose faults a test chooses: `lose` drops that many replies after the hub has answered."""

    def __init__(self) -> None:
        self._network = httpx.HTTPTransport()
        self.lose = 0
        self.repeat = False
        self.pushes = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        push = request.method == "POST" and request.url.path == "/v1/journal"
        self.pushes += push
        response = self._network.handle_request(request)
        if push and self.repeat:
            response.read()
            response.close()
            response = self._network.handle_request(request)
        if push and self.lose:
            self.lose -= 1
            response.read()
            response.close()
            raise httpx.ReadError("the connection was reset")
        return response

    def close(self) -> None:
        self._network.close()


def round_of(store: Store, hub: HubProcess, credentials: Credentials, entries: int = 500) -> Round:
    with hub.client(credentials) as client:
        return Engine(store, client, outbox=Outbox(store, entries=entries)).round()


def hub_totals(hub: HubProcess, name: str) -> Totals:
    """The totals at the hub, recounted from its rows."""
    with Hub.open(hub.data) as opened:
        station = opened.stations.by_name(name)
        recounted = opened.queries.recounted(station)
        assert recounted == station.totals
        assert isinstance(recounted, Totals)
        return recounted


def station_totals(store: Store) -> Totals:
    outbox = Outbox(store)
    return outbox.totals_at(outbox.end()[0], Totals())


def test_a_round_brings_the_hub_up_to_date_and_the_next_sends_only_what_is_new(
    store: Store, hub: HubProcess, credentials: Credentials
) -> None:
    measure(store, 20)
    first = round_of(store, hub, credentials)
    assert (first.sent, first.duplicates, first.readings) == (22, 0, 100)
    assert round_of(store, hub, credentials).sent == 0
    measure(store, 2, first=21)
    second = round_of(store, hub, credentials)
    assert (second.sent, second.readings, second.pushes) == (2, 10, 1)
    assert hub_totals(hub, store.station) == station_totals(store) == second.totals


def test_the_hub_is_away_then_back_and_nothing_is_lost(store: Store, hub: HubProcess, credentials: Credentials) -> None:
    measure(store, 3)
    round_of(store, hub, credentials)
    hub.stop()
    measure(store, 2, first=4)
    with pytest.raises(HubAway, match="cannot be reached"):
        round_of(store, hub, credentials)
    with hub.client(credentials) as client:
        state = Engine(store, client).state
    assert state.acknowledged.count == 5
    assert "cannot be reached" in state.last_problem
    hub.start()
    done = round_of(store, hub, credentials)
    assert (done.sent, done.duplicates, done.readings) == (2, 0, 10)
    assert hub_totals(hub, store.station) == station_totals(store)


def test_replies_lost_after_the_commit_cost_no_second_copy(
    store: Store, hub: HubProcess, credentials: Credentials
) -> None:
    measure(store, 12)
    network = FaultyNetwork()
    with HubClient(hub.address, credentials, transport=network) as client:
        engine = Engine(store, client, outbox=Outbox(store, entries=4))
        for _ in range(3):
            network.lose = 1
            with pytest.raises(HubAway, match="reset"):
                engine.round()
        done = engine.round()
    assert done.totals == station_totals(store) == hub_totals(hub, store.station)
    assert network.pushes == 4, "a lost reply is not sent again: the hub's head is asked for first"


def test_every_request_delivered_twice(store: Store, hub: HubProcess, credentials: Credentials) -> None:
    measure(store, 12)
    network = FaultyNetwork()
    network.repeat = True
    with HubClient(hub.address, credentials, transport=network) as client:
        done = Engine(store, client, outbox=Outbox(store, entries=5)).round()
    assert (done.sent, done.duplicates) == (14, 14)
    assert hub_totals(hub, store.station) == station_totals(store)


def test_a_hub_killed_at_any_moment_of_a_push_loses_and_doubles_nothing(
    store: Store, hub: HubProcess, credentials: Credentials
) -> None:
    draw = random.Random(2)
    kept = interrupted = 0
    for attempt in range(6):
        measure(store, 60, first=1 + attempt * 60, together=60)
        killer = threading.Timer(draw.uniform(0.0, 0.08), hub.kill)
        killer.start()
        try:
            round_of(store, hub, credentials, entries=2)
        except HubAway:
            interrupted += 1
        killer.join()
        before = hub_totals(hub, store.station)
        assert before.count >= kept, "what was acknowledged is still there"
        with HubClient("http://127.0.0.1:9", credentials) as nobody:
            assert Engine(store, nobody).state.acknowledged.count <= before.count
        kept = before.count
        hub.start()
    assert interrupted
    round_of(store, hub, credentials)
    assert hub_totals(hub, store.station) == station_totals(store)
    with Hub.open(hub.data) as opened:
        assert opened.stations.security_events() == []


def test_two_stations_at_once(tmp_path: Path, store: Store, hub: HubProcess, credentials: Credentials) -> None:
    with new_station(tmp_path / "second", "bench 2") as other:
        theirs = enrolled(hub.data, "bench 2")
        measure(store, 150, together=50)
        measure(other, 150, together=50)
        failures: list[BaseException] = []

        def push(station: Store, with_credentials: Credentials) -> None:
            try:
                round_of(station, hub, with_credentials, entries=7)
            except BaseException as error:
                failures.append(error)
                raise

        threads = [threading.Thread(target=push, args=pair) for pair in ((store, credentials), (other, theirs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []
        assert hub_totals(hub, store.station) == station_totals(store)
        assert hub_totals(hub, "bench 2") == station_totals(other)
    with Hub.open(hub.data) as opened:
        feed = opened.queries.feed("", 0, 500)
        assert feed is not None
        assert [number for number, _ in feed.entries] == list(range(1, 305))


def test_a_backlog_of_ten_thousand_entries(store: Store, hub: HubProcess, credentials: Credentials) -> None:
    measure(store, 10_000, together=500)
    told: list[tuple[int, int]] = []
    with hub.client(credentials) as client:
        done = Engine(store, client).round(lambda sent, of: told.append((sent, of)))
    assert (done.sent, done.readings) == (10_002, 50_000)
    assert told[-1] == (10_002, 10_002)
    assert done.pushes >= 21
    with Hub.open(hub.data) as opened:
        assert opened.stations.by_name(store.station).totals == station_totals(store)


def test_a_hub_put_back_from_a_backup_gets_everything_again(
    tmp_path: Path, store: Store, hub: HubProcess, credentials: Credentials
) -> None:
    measure(store, 5)
    round_of(store, hub, credentials)
    hub.stop()
    shutil.copytree(hub.data, tmp_path / "backup")
    hub.start()
    measure(store, 5, first=6)
    before = round_of(store, hub, credentials)
    hub.stop()
    shutil.rmtree(hub.data)
    shutil.copytree(tmp_path / "backup", hub.data)
    hub.start()
    again = round_of(store, hub, credentials)
    assert again.restored
    assert again.sent == 5
    assert again.totals == before.totals == hub_totals(hub, store.station)
    with Hub.open(hub.data) as opened:
        assert [event.kind for event in opened.stations.security_events()] == ["new epoch"]
    assert not round_of(store, hub, credentials).restored


def test_a_station_put_back_from_a_backup_is_told_where_the_journals_part(
    tmp_path: Path, store: Store, home: Path, hub: HubProcess, credentials: Credentials
) -> None:
    measure(store, 4)
    store.close()
    shutil.copytree(home, tmp_path / "backup")
    with Store.open(home) as opened:
        measure(opened, 6, first=5)
        round_of(opened, hub, credentials)
    with Store.open(tmp_path / "backup") as old:
        with pytest.raises(JournalsDiffer, match="hub has 12 entries of this station, which has 6") as caught:
            round_of(old, hub, credentials)
        assert "Put back a copy that has them all" in caught.value.next_step
        measure(old, 9, first=5)
        with pytest.raises(JournalsDiffer, match="from entry 7 on"):
            round_of(old, hub, credentials)
    with Hub.open(hub.data) as opened_hub:
        assert opened_hub.stations.by_name("bench 1").totals.count == 12, "nothing was overwritten"


def test_a_lost_state_file_costs_nothing(store: Store, home: Path, hub: HubProcess, credentials: Credentials) -> None:
    measure(store, 3)
    first = round_of(store, hub, credentials)
    for content in (None, b"", b'{"acknowledged":{"count":-1}}', b"\x00" * 99):
        (home / "sync.json").unlink()
        if content is not None:
            (home / "sync.json").write_bytes(content)
        again = round_of(store, hub, credentials)
        assert (again.sent, again.totals) == (0, first.totals)


def test_a_revoked_station_is_told_so(store: Store, hub: HubProcess, credentials: Credentials) -> None:
    with Hub.open(hub.data) as opened:
        opened.stations.revoke(store.station)
    with pytest.raises(HubDenies, match="was revoked"):
        round_of(store, hub, credentials)
    with Hub.open(hub.data) as opened:
        renewed = opened.stations.renew(store.station)
    with pytest.raises(HubDenies, match="does not know this token"):
        round_of(store, hub, credentials)
    assert round_of(store, hub, renewed).sent == 2


def test_the_station_stays_in_step_while_the_hub_comes_and_goes(
    store: Store, hub: HubProcess, credentials: Credentials
) -> None:
    stop, outcomes, changed = Stop(), list[Outcome](), threading.Condition()

    def tell(outcome: Outcome) -> None:
        with changed:
            outcomes.append(outcome)
            changed.notify_all()

    def until(count: int) -> None:
        with changed:
            reached = lambda: any(o.done and o.done.totals.count >= count for o in outcomes)
            assert changed.wait_for(reached, 30), outcomes

    with hub.client(credentials) as client:
        engine = Engine(store, client)
        backoff = Backoff(first=0.05, longest=0.2)
        runner = threading.Thread(
            target=keep_in_step,
            args=(engine, Outbox(store).end, stop),
            kwargs={"interval": 0.05, "tell": tell, "backoff": backoff},
        )
        runner.start()
        try:
            until(2)
            measure(store, 5)
            until(7)
            hub.kill()
            measure(store, 5, first=6)
            with changed:
                assert changed.wait_for(lambda: any(o.problem for o in outcomes), 30)
            hub.start()
            until(12)
        finally:
            stop.set()
            runner.join(10)
    assert not runner.is_alive()
    assert hub_totals(hub, store.station) == station_totals(store)


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [(503, {"Retry-After": "7"}, 7.0), (429, {}, 0.0), (502, {"Retry-After": "soon"}, 0.0)],
)
def test_a_busy_hub_is_left_alone_for_as_long_as_it_asks(
    store: Store, credentials: Credentials, status: int, headers: dict[str, str], wait: float
) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, content=b"<html>"))
    with HubClient("http://hub", credentials, transport=transport) as client, pytest.raises(HubAway) as caught:
        Engine(store, client).round()
    assert caught.value.retry_after == wait
    for _ in range(20):
        assert Backoff(first=1, longest=60).failed(caught.value) >= wait


@pytest.mark.parametrize("answer", [b"<html>hello</html>", b"{}", b"[]", b"\xff", b'{"count":"x"}', b"x" * 5_000_000])
def test_what_is_no_hub_is_called_so(store: Store, credentials: Credentials, answer: bytes) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=answer))
    with HubClient("http://hub", credentials, transport=transport) as client, pytest.raises(HubAway, match="no hub"):
        Engine(store, client).round()


@pytest.mark.parametrize(
    ("field", "value"),
    [("count", -5), ("count", 10**30), ("hash", "x"), ("readings", -1), ("digest", "y" * 64), ("time", 10**40)],
)
def test_a_head_that_cannot_be_is_no_verdict_on_the_journals(
    store: Store, credentials: Credentials, field: str, value: object
) -> None:
    """Nor does it leave anything in the state that could not be read again."""
    head = {
        "station": store.station,
        "count": 0,
        "hash": "0" * 64,
        "readings": 0,
        "digest": "",
        "epoch": "e",
        "time": 0,
    }
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={**head, field: value}))
    with HubClient("http://hub", credentials, transport=transport) as client, pytest.raises(HubAway, match="no hub"):
        Engine(store, client).round()


def test_what_went_wrong_is_told_though_it_cannot_be_noted(store: Store, home: Path, credentials: Credentials) -> None:
    (home / "sync.json").mkdir()  # in the way of the file, as a full disk would be
    transport = httpx.MockTransport(lambda _: httpx.Response(503, headers={"Retry-After": "7"}))
    with HubClient("http://hub", credentials, transport=transport) as client, pytest.raises(HubAway) as caught:
        Engine(store, client).round()
    assert caught.value.retry_after == 7


def test_a_disk_that_is_full_for_a_while_ends_no_sync_and_holds_it_up_for_seconds(
    store: Store, home: Path, hub: HubProcess, credentials: Credentials
) -> None:
    stop, told = Stop(), list[Outcome]()
    in_the_way = home / "sync.json"
    in_the_way.mkdir()
    looks = iter([SurroundingsFailed("The disk is away.")])

    def end() -> tuple[int, str]:
        for problem in looks:
            raise problem
        return Outbox(store).end()

    def tell(outcome: Outcome) -> None:
        told.append(outcome)
        if len(told) == 2:
            in_the_way.rmdir()
        if sum(one.done is not None for one in told) == 2:
            stop.set()

    with hub.client(credentials) as client:
        backoff = Backoff(first=0.01, longest=300.0)
        keep_in_step(Engine(store, client), end, stop, interval=0.01, tell=tell, backoff=backoff)
    problems = [one for one in told if one.problem is not None]
    assert [one.problem.sentence for one in problems if one.problem][-1] == "The disk is away."
    assert all("sync.json" in one.problem.sentence for one in problems[:-1] if one.problem)
    assert max(one.wait for one in problems) < 1
    assert hub_totals(hub, store.station) == station_totals(store)


def test_waiting_times_double_and_are_spread() -> None:
    gone = HubAway("away")
    drawn = Backoff(first=1.0, longest=60.0, draw=lambda: 1.0)
    assert [drawn.failed(gone) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    drawn.succeeded()
    assert drawn.failed(gone) == 1
    spread = Backoff(first=60.0, longest=60.0)
    waits = {round(spread.failed(gone), 6) for _ in range(50)}
    assert len(waits) > 40
    assert min(waits) < 30 < max(waits)


class Answer(httpx.SyncByteStream):
    """The body of an answer, a piece at a time."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)


def test_an_answer_that_drips_for_ever_is_left(
    store: Store, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_LONGEST_ANSWER", 0.05)

    def drip() -> Iterator[bytes]:
        for _ in range(1000):
            time.sleep(0.005)
            yield b" "
        raise AssertionError("nobody left")

    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Answer(drip())))
    with HubClient("http://hub", credentials, transport=transport) as client, pytest.raises(HubAway, match="in time"):
        Engine(store, client).round()


def test_a_packed_answer_is_not_asked_for_and_not_unpacked(store: Store, credentials: Credentials) -> None:
    """100 MB of zeros in 100 kB would be unpacked into memory at once."""
    bomb = gzip.compress(b"0" * 100_000_000, 9)

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["accept-encoding"] == "identity"
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Answer([bomb]))

    tracemalloc.start()
    try:
        with (
            HubClient("http://hub", credentials, transport=httpx.MockTransport(answer)) as client,
            pytest.raises(HubAway, match="no hub"),
        ):
            Engine(store, client).round()
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_hub_that_is_too_slow_is_away(store: Store, credentials: Credentials) -> None:
    def late(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("no answer")

    with (
        HubClient("http://hub", credentials, transport=httpx.MockTransport(late)) as client,
        pytest.raises(HubAway, match="does not answer in time"),
    ):
        Engine(store, client).round()
