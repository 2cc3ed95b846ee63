"""A hub on a PostgreSQL server: rights, secrets, encodings, and a server that goes away in the middle."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import text

from tests.workstation.hub.conftest import Sender
from tests.workstation.hub.postgres_server import PASSWORD, PostgresServer
from tests.workstation.wire.stations import HubProcess, command, enrolled, measure, new_station, process, subgroup
from workstation.errors import Bug, SurroundingsFailed
from workstation.hub.bundles import accept_bundle
from workstation.hub.hub import Hub
from workstation.store import Store
from workstation.sync.carrying import accept_acknowledgement, write_entries
from workstation.sync.client import HubAway
from workstation.sync.engine import Engine
from workstation.sync.outbox import Outbox
from workstation.wire.messages import Credentials
from workstation.wire.totals import Totals

HELP = Path(__file__).parents[3] / "resources" / "help" / "hub.md"


@pytest.fixture
def name(postgres: PostgresServer) -> Iterator[str]:
    """The name of a new database."""
    with postgres.database() as made:
        yield made


@pytest.fixture
def url(postgres: PostgresServer, name: str) -> str:
    return postgres.url(name)


@pytest.fixture
def plain_user(postgres: PostgresServer) -> Iterator[str]:
    """A user that may connect and nothing else."""
    postgres.run(f"CREATE ROLE plain LOGIN PASSWORD '{PASSWORD}'")
    yield "plain"
    for (database,) in postgres.run("SELECT datname FROM pg_database WHERE datname LIKE 'hub%'"):
        postgres.run("DROP OWNED BY plain", database=database)
    postgres.run("DROP ROLE plain")


def totals_here(store: Store) -> Totals:
    outbox = Outbox(store)
    return outbox.totals_at(outbox.end()[0], Totals())


def totals_there(hub: HubProcess, station: str) -> Totals:
    """What the hub recorded of a station, once its rows gave the same."""
    with Hub.open(hub.data, url=hub.url) as opened:
        found = opened.stations.by_name(station)
        assert opened.queries.recounted(found) == found.totals
        return found.totals


def round_of(store: Store, hub: HubProcess, credentials: Credentials, entries: int = 500) -> None:
    with hub.client(credentials) as client:
        Engine(store, client, outbox=Outbox(store, entries=entries)).round()


def cut(postgres: PostgresServer) -> None:
    """End every connection of every hub."""
    postgres.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sinebar hub'")


def in_a_while(deed: Callable[[], object], seconds: float) -> threading.Timer:
    timer = threading.Timer(seconds, deed)
    timer.start()
    return timer


def test_what_breaks_in_the_middle_of_a_push_loses_and_doubles_nothing(
    tmp_path: Path, store: Store, postgres: PostgresServer, url: str
) -> None:
    """The server crashes, the hub is killed, every connection is cut: in turn, twice each."""
    with HubProcess(tmp_path / "hub", url=url) as hub:
        credentials = enrolled(hub.data, store.station, url=url)
        draw, kept, interrupted = random.Random(3), 0, 0

        for attempt, breaks in enumerate((postgres.crash, hub.kill, partial(cut, postgres)) * 2):
            measure(store, 60, first=101 + attempt * 60, together=60)
            timer = in_a_while(breaks, draw.uniform(0.02, 0.12))
            try:
                round_of(store, hub, credentials, entries=2)
            except HubAway:
                interrupted += 1
            timer.join()
            if breaks == postgres.crash:
                postgres.start()
            if breaks == hub.kill:
                hub.start()
            before = totals_there(hub, store.station)
            assert before.count >= kept, "what was acknowledged is still there"
            kept = before.count
        assert interrupted
        round_of(store, hub, credentials)
        assert totals_there(hub, store.station) == totals_here(store)
        assert command("hub", "events", *hub.place).stdout.strip() == "No security events."
        assert command("hub", "verify", *hub.place).returncode == 0


def test_two_hubs_on_one_database_take_two_stations_at_once(tmp_path: Path, store: Store, url: str) -> None:
    """Numbers without a gap, in whatever order the two processes take their turns."""
    first, second = HubProcess(tmp_path / "a", url=url), HubProcess(tmp_path / "b", url=url)
    with first, second, new_station(tmp_path / "second", "bench 2") as other:
        measure(store, 100, first=101)
        measure(other, 100)
        mine, theirs = enrolled(first.data, store.station, url=url), enrolled(second.data, "bench 2", url=url)
        pushing = threading.Thread(target=round_of, args=(other, second, theirs, 3))
        pushing.start()
        round_of(store, first, mine, 3)
        pushing.join(60)
        assert totals_there(second, store.station) == totals_here(store)
        assert totals_there(first, "bench 2") == totals_here(other)
        with Hub.open(first.data, url=url) as opened:
            feed = opened.queries.feed("", 0, 500)
            assert feed is not None
            assert [number for number, _ in feed.entries] == list(range(1, len(feed.entries) + 1))
            assert opened.stations.security_events() == []


def test_a_bundle_and_its_acknowledgement(tmp_path: Path, hub: Hub, store: Store) -> None:
    credentials = hub.stations.enrol_by_hand(store.station)
    write_entries(store, credentials, tmp_path / "one.zip")
    taken = accept_bundle(hub, tmp_path / "one.zip", tmp_path / "answer.zip")
    assert taken.applied == taken.last
    assert accept_acknowledgement(store, credentials, tmp_path / "answer.zip") == totals_here(store)


def test_an_older_copy_of_the_database_begins_a_new_epoch(
    store: Store, data: Path, postgres: PostgresServer, name: str, url: str
) -> None:
    with Hub.open(data, url=url) as hub:
        sender = Sender(hub, store, hub.stations.enrol(store.station, hub.stations.offer(store.station)))
        entries = sender.entries()
        sender.push(*entries[:3])
        before = hub.queries.head(sender.station).epoch
    with postgres.database(f"TEMPLATE {name}") as copy:
        with Hub.open(data, url=url) as hub:
            Sender(hub, store, sender.credentials).push(*entries[3:])
        with Hub.open(data, url=postgres.url(copy)) as hub:
            sender = Sender(hub, store, sender.credentials)
            assert hub.queries.head(sender.station).epoch != before
            assert sender.events() == ["new epoch"]
            assert sender.outcomes(*entries[3:]) == ["applied"] * len(entries[3:])


def test_what_is_kept_for_good_cannot_be_truncated_either(sender: Sender) -> None:
    sender.push(*sender.entries())
    for table in ("journal", "measurement", "subgroup", "refused_reading", "security_event", "station CASCADE"):
        with pytest.raises(Bug, match="keeps its records for good"), sender.hub.database.writing() as connection:
            connection.execute(text(f"TRUNCATE {table}"))
    assert sender.hub.queries.recounted(sender.station) == totals_here(sender.store)


def test_the_rights_that_the_help_page_names_are_enough_and_guard_the_records(
    store: Store, tmp_path: Path, postgres: PostgresServer, name: str, url: str, plain_user: str
) -> None:
    (grants,) = re.findall(r"```sql\n(.*?)```", HELP.read_text(encoding="utf-8"), re.DOTALL)
    with Hub.open(tmp_path / "owner", url=url):
        pass
    postgres.run(*filter(str.strip, grants.replace("sinebar", plain_user).split(";")), database=name)
    with Hub.open(tmp_path / "hub", url=postgres.url(name, plain_user)) as hub:
        sender = Sender(hub, store, hub.stations.enrol(store.station, hub.stations.offer(store.station)))
        assert set(sender.outcomes(*sender.entries())) == {"applied"}
        first = sender.entries()[0]
        assert sender.push(first).results[0].outcome == "duplicate"
        write_entries(store, sender.credentials, tmp_path / "one.zip")
        with pytest.raises(SurroundingsFailed) as refused, hub.database.writing() as connection:
            connection.execute(text("ALTER TABLE journal DISABLE TRIGGER ALL"))
        assert "must be owner of table journal" in refused.value.sentence
        for forbidden in ("UPDATE journal SET reason = ''", "DELETE FROM measurement", "TRUNCATE security_event"):
            with pytest.raises(SurroundingsFailed, match="permission denied"), hub.database.writing() as connection:
                connection.execute(text(forbidden))
        accept_bundle(hub, tmp_path / "one.zip", tmp_path / "answer.zip")
        hub.stations.revoke(store.station)
        sender.credentials = hub.stations.renew(store.station)
        hub.intake.acknowledged_beyond(sender.station, 10_000, hub.queries.head(sender.station).epoch)
        assert sender.events() == ["new epoch"]
        assert hub.queries.recounted(sender.station) == totals_here(store)


def test_whoever_only_looks_needs_the_right_to_read_alone(
    store: Store, tmp_path: Path, postgres: PostgresServer, name: str, url: str, plain_user: str
) -> None:
    with Hub.open(tmp_path / "hub", url=url) as hub:
        sender = Sender(hub, store, hub.stations.enrol(store.station, hub.stations.offer(store.station)))
        sender.push(*sender.entries())
    postgres.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {plain_user}", database=name)
    place = ("--data", tmp_path / "auditor", "--database", postgres.url(name, plain_user))
    assert command("hub", "verify", *place).returncode == 0
    assert store.station in command("hub", "stations", *place).stdout
    assert command("hub", "events", *place).returncode == 0
    offered = command("hub", "enrol", "bench 2", *place)
    assert (offered.returncode, "permission denied for table enrolment_code" in offered.stderr) == (3, True)


def test_the_password_is_seen_nowhere(
    tmp_path: Path, postgres: PostgresServer, name: str, plain_user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.run(f"GRANT CREATE ON SCHEMA public TO {plain_user}", database=name)
    monkeypatch.setenv("SINEBAR_HUB_DATABASE", postgres.url_with_password(name, plain_user))
    with HubProcess(tmp_path / "hub") as hub:
        enrolling = process("hub", "enrol", "bench 1", "--data", hub.data, "--json")
        assert enrolling.returncode == 0
        seen = enrolling.stdout + enrolling.stderr + str([one.cmdline() for one in psutil.Process().children()])
        assert "hub" in seen
        postgres.run(f"ALTER ROLE {plain_user} PASSWORD 'another'")
        cut(postgres)
        answer = httpx.get(f"{hub.address}/v1/stations/1/head", headers={"Authorization": "Bearer x"}, trust_env=False)
        assert (answer.status_code, answer.json()["sentence"]) == (503, "The hub cannot use its database.")
        assert "password authentication failed" in (hub.data / "logs" / "hub.log").read_text()
        wrong = process("hub", "stations", "--data", hub.data, "--json")
        assert (wrong.returncode, "password authentication failed" in wrong.stdout + wrong.stderr) == (3, True)
        seen += answer.text + wrong.stdout + wrong.stderr
        seen += "".join(path.read_text() for path in hub.data.rglob("*") if path.is_file())
    assert PASSWORD not in seen


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_character_is_refused(
    tmp_path: Path, postgres: PostgresServer, encoding: str
) -> None:
    with (
        postgres.database(f"ENCODING '{encoding}' TEMPLATE template0") as name,
        pytest.raises(SurroundingsFailed, match=f"keeps texts as {encoding}"),
    ):
        Hub.open(tmp_path / "hub", url=postgres.url(name))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("options=-csearch_path%3Dnowhere", "has no schema for the hub's tables"),
        ("options=-cdefault_transaction_read_only%3Don", "takes no changes now"),
        ("user=nobody_known", 'role "nobody_known" does not exist'),
        ("connect_timeout=soon", "cannot be"),
        ("color=blue", 'invalid connection option "color"'),
    ],
)
def test_what_the_server_refuses_is_said_in_words(tmp_path: Path, url: str, options: str, words: str) -> None:
    answer = command("hub", "stations", "--data", tmp_path / "hub", "--database", f"{url}&{options}")
    assert answer.returncode in (2, 3)
    assert words in answer.stderr
    assert "mistake" not in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 2


def test_a_user_that_may_not_make_tables_is_told_so(
    tmp_path: Path, postgres: PostgresServer, name: str, plain_user: str
) -> None:
    with pytest.raises(SurroundingsFailed, match="refuses its user: permission denied for schema public"):
        Hub.open(tmp_path / "hub", url=postgres.url(name, plain_user))


def test_a_database_that_turns_read_only_can_be_verified_and_takes_nothing(
    data: Path, postgres: PostgresServer, name: str, url: str, store: Store
) -> None:
    with Hub.open(data, url=url) as hub:
        sender = Sender(hub, store, hub.stations.enrol(store.station, hub.stations.offer(store.station)))
        sender.push(*sender.entries()[:3])
    postgres.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with Hub.open(data, url=url) as hub:
        sender = Sender(hub, store, sender.credentials)
        with pytest.raises(SurroundingsFailed, match="takes no changes now"):
            sender.push(*sender.entries(3))
        assert sender.station.totals == hub.queries.recounted(sender.station)
    assert command("hub", "verify", "--data", data, "--database", url).stdout == "3 entries verified.\n"


@pytest.mark.parametrize(
    "setting",
    [
        "synchronous_commit = off",
        "default_transaction_isolation = serializable",
        "extra_float_digits = 0",
        "bytea_output = escape",
        "standard_conforming_strings = off",
        "timezone = 'Asia/Kolkata'",
        "datestyle = 'SQL, DMY'",
    ],
)
def test_how_the_server_is_set_makes_no_difference(
    data: Path, store: Store, postgres: PostgresServer, name: str, url: str, setting: str
) -> None:
    postgres.run(f"ALTER DATABASE {name} SET {setting}")
    batch = subgroup(101)
    third = replace(batch.subgroups[0], mean=74 + 1 / 3)  # has more than fifteen digits
    with store.write("line") as work:
        work.append_measurements(replace(batch, subgroups=(third,)))
    measure(store, 30, first=102)
    with Hub.open(data, url=url) as hub, Hub.open(data, url=url) as other, new_station(data / "b", "bench 2") as second:
        measure(second, 30)
        senders = [Sender(hub, store, hub.stations.enrol(store.station, hub.stations.offer(store.station)))]
        senders.append(Sender(other, second, other.stations.enrol("bench 2", other.stations.offer("bench 2"))))

        def push(sender: Sender) -> None:
            for entry in sender.entries():
                assert sender.outcomes(entry) == ["applied"]

        pushing = threading.Thread(target=push, args=(senders[1],))
        pushing.start()
        push(senders[0])
        pushing.join(60)
        for sender in senders:
            assert hub.queries.recounted(sender.station) == sender.station.totals == totals_here(sender.store)
        with hub.database.writing() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
