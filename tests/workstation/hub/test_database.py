"""What the hub relies on in a database of either kind, and what it refuses to settle in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from tests.workstation.hub.conftest import Databases, Sender
from tests.workstation.wire.stations import command
from workstation.errors import Bug, CallIsWrong, Expected, NotPermitted
from workstation.hub import schema
from workstation.hub.hub import Hub
from workstation.hub.stations import Stations
from workstation.wire.messages import Credentials


def together(*deeds: Callable[[], object]) -> list[object]:
    """Do all at once; returns what each gave, or the error it raised."""
    gate = threading.Barrier(len(deeds))
    given: list[object] = [None] * len(deeds)

    def run(place: int, deed: Callable[[], object]) -> None:
        gate.wait(10)
        try:
            given[place] = deed()
        except (Expected, Bug) as error:
            given[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return given


def test_a_reader_sees_one_moment_while_others_write(sender: Sender) -> None:
    counted = select(func.count()).select_from(schema.JOURNAL)
    entries = sender.entries()
    sender.push(*entries[:2])
    with sender.hub.database.reading() as view:
        assert view.execute(counted).scalar_one() == 2
        sender.push(*entries[2:])
        assert view.execute(counted).scalar_one() == 2
    with sender.hub.database.reading() as view:
        assert view.execute(counted).scalar_one() == len(entries)


def test_a_writer_waits_for_the_one_before(hub: Hub, data: Path, url: str | None) -> None:
    with Hub.open(data, url=url) as other:
        done: list[str] = []
        with hub.database.writing():
            late = threading.Thread(target=lambda: done.append(other.stations.offer("bench 2")))
            late.start()
            late.join(0.3)
            assert done == []
        late.join(30)
        assert len(done) == 1


def test_a_code_that_is_typed_twice_at_once_is_spent_once(hub: Hub, data: Path, url: str | None) -> None:
    with Hub.open(data, url=url) as other:
        for number in range(5):
            name = f"bench {number}"
            code = hub.stations.offer(name)

            def enrol(stations: Stations, name: str = name, code: str = code) -> Callable[[], Credentials]:
                return lambda: stations.enrol(name, code)

            given = together(enrol(hub.stations), enrol(other.stations))
            assert {type(one) for one in given} == {Credentials, NotPermitted}


def test_hubs_that_start_at_once_on_a_new_database_make_it_once(tmp_path: Path, databases: Databases) -> None:
    with databases() as url:

        def start() -> str:
            with Hub.open(tmp_path / "hub", url=url) as hub, hub.database.reading() as connection:
                return str(connection.execute(select(schema.IDENTITY.c.hub)).scalar_one())

        assert len(set(map(str, together(start, start, start)))) == 1


def test_among_the_tables_of_another_program_no_hub_settles(tmp_path: Path, databases: Databases) -> None:
    with databases() as url:
        with Hub.open(tmp_path / "hub", url=url) as hub, hub.database.writing() as connection:
            connection.execute(text("DROP TABLE hub_identity"))
        with pytest.raises(CallIsWrong, match="is no hub's, and has a table bundle already"):
            Hub.open(tmp_path / "hub", url=url)


@pytest.mark.parametrize("name", ["bench\0", "bench\udcff", "", " bench", "b" * 201])
def test_what_no_station_can_be_called_is_asked_for_nowhere(hub: Hub, name: str) -> None:
    for ask in (hub.stations.offer, hub.stations.by_name, hub.stations.renew, hub.stations.revoke):
        with pytest.raises(CallIsWrong, match="cannot be the name of a station"):
            ask(name)


def test_the_longest_name_of_wide_characters_is_kept(hub: Hub) -> None:
    name = "測" * 200
    hub.stations.enrol(name, hub.stations.offer(name))
    assert [station.name for station in hub.stations.all()] == [name]


def test_a_folder_whose_database_is_elsewhere_takes_no_file(tmp_path: Path) -> None:
    """Without its address the commands would make a second hub there, whose mark ends the first one's epoch."""
    with Hub.open(tmp_path / "hub"):
        pass
    (tmp_path / "hub" / "hub.db").unlink()
    mark = (tmp_path / "hub" / "hub.mark").read_text()
    for words in (("enrol", "bench 1"), ("stations",), ("serve", "--port", "0")):
        answer = command("hub", *words, "--data", tmp_path / "hub")
        assert (answer.returncode, "has no database in the file hub.db" in answer.stderr) == (2, True), words
    assert not (tmp_path / "hub" / "hub.db").exists()
    assert (tmp_path / "hub" / "hub.mark").read_text() == mark


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql://sinebar:se@cret@host/hub", "more than one @"),
        ("postgresql://:secret", "cannot be read"),
        ("secret", "cannot be read"),
        ("mysql://sinebar:secret@host/hub", "does not speak"),
    ],
)
def test_a_bad_address_is_not_repeated(
    tmp_path: Path, address: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SINEBAR_HUB_DATABASE", address)
    answer = command("hub", "stations", "--data", tmp_path / "hub", "--json")
    assert (answer.returncode, words in answer.stderr + answer.stdout) == (2, True)
    assert "cret" not in answer.stderr + answer.stdout
    assert not (tmp_path / "hub").exists()


@pytest.mark.parametrize("address", ["postgresql://u:secret@h/x", "postgresql://h/x?user=u&password=secret"])
def test_a_password_is_not_taken_from_the_command_line(tmp_path: Path, address: str) -> None:
    for words in (("serve",), ("enrol", "bench 1"), ("stations",), ("verify",)):
        answer = command("hub", *words, "--data", tmp_path / "hub", "--database", address)
        assert (answer.returncode, "can be read by everyone" in answer.stderr) == (2, True)
        assert "secret" not in answer.stderr + answer.stdout
