"""Operations: off the window's thread, in order, errors said, answers to deleted or newer questions dropped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from ui.kit.messages import Messages, Severity
from ui.kit.operations import Change, Done, Operation, Operations
from workstation.errors import SurroundingsFailed
from workstation.station import Station

Until = Callable[..., None]


@pytest.fixture
def messages(theme: object) -> Messages:
    return Messages()


@pytest.fixture
def operations(home: Path, messages: Messages, until: Until) -> Iterator[Operations]:
    made = Operations(lambda: Station.open(home), messages)
    opened: list[bool] = []
    made.opened.connect(lambda: opened.append(True))
    made.start()
    until(lambda: bool(opened))
    yield made
    made.close()


def test_work_is_done_elsewhere_and_delivered_here(operations: Operations, until: Until) -> None:
    places: list[threading.Thread] = []
    changes: list[tuple[Change, ...]] = []
    operations.changed.connect(changes.append)

    def work(station: Station) -> Done[str]:
        places.append(threading.current_thread())
        return Done(station.name, (Change("part", "1"),))

    def then(name: str) -> None:
        places.append(threading.current_thread())
        assert name == "bench 1"

    operations.perform(Operation("testing", work), then)
    until(lambda: len(places) == 2 and bool(changes))
    assert places[0] is not threading.main_thread()
    assert places[1] is threading.main_thread()
    assert changes == [(Change("part", "1"),)]
    assert not operations.is_busy


def test_an_expected_error_is_said_with_its_next_step(operations: Operations, messages: Messages, until: Until) -> None:
    def work(_station: Station) -> Done[None]:
        raise SurroundingsFailed("The disk is full.", "Free some space.")

    operations.perform(Operation("testing", work))
    until(lambda: len(messages.said) == 1)
    assert (messages.said[0].sentence, messages.said[0].next_step) == ("The disk is full.", "Free some space.")
    assert messages.said[0].severity is Severity.WARN


def test_an_expected_error_goes_to_who_asked(operations: Operations, messages: Messages, until: Until) -> None:
    heard: list[str] = []

    def work(_station: Station) -> Done[None]:
        raise SurroundingsFailed("No.", "Later.")

    operations.perform(Operation("testing", work), failed=lambda error: heard.append(error.sentence))
    until(lambda: heard == ["No."])
    assert not messages.said


def test_a_mistake_of_ours_is_one_sentence_and_the_thread_goes_on(
    operations: Operations, messages: Messages, until: Until
) -> None:
    def work(_station: Station) -> Done[None]:
        raise ZeroDivisionError("x")

    operations.perform(Operation("dividing", work))
    answered: list[str] = []
    operations.perform(Operation("testing", lambda station: Done(station.name)), answered.append)
    until(lambda: answered == ["bench 1"])
    assert messages.said[0].severity is Severity.ALARM
    assert "while dividing" in messages.said[0].sentence


def test_only_the_last_read_of_a_key_is_delivered(operations: Operations, until: Until) -> None:
    owner, delivered = QObject(), []
    gate = threading.Event()

    def slow(_station: Station) -> int:
        assert gate.wait(10)
        return 0

    def numbered(number: int) -> Callable[[Station], int]:
        return lambda _station: number

    operations.read("waiting", slow, delivered.append, owner=owner, key="page")
    for number in (1, 2, 3):
        operations.read("reading", numbered(number), delivered.append, owner=owner, key="page")
    gate.set()
    until(lambda: not operations.is_busy)
    assert delivered == [3]


def test_nothing_is_delivered_to_what_is_gone(operations: Operations, until: Until, qtbot: QtBot) -> None:
    owner: Any = QObject()
    delivered: list[int] = []
    gate = threading.Event()

    def slow(_station: Station) -> int:
        assert gate.wait(10)
        return 1

    operations.read("reading", slow, delivered.append, owner=owner)
    with qtbot.waitSignal(owner.destroyed):
        owner.deleteLater()
    gate.set()
    until(lambda: not operations.is_busy)
    assert delivered == []


def test_a_station_that_cannot_be_opened_is_said_and_can_be_tried_again(
    tmp_path: Path, messages: Messages, until: Until
) -> None:
    place = tmp_path / "station"
    place.write_text("a file where a folder must be")
    made = Operations(lambda: Station.open(place), messages)
    failed: list[Any] = []
    opened: list[bool] = []
    made.open_failed.connect(failed.append)
    made.opened.connect(lambda: opened.append(True))
    made.start()
    until(lambda: bool(failed))
    assert failed[0].sentence and failed[0].next_step
    place.unlink()
    made.start()
    until(lambda: bool(opened))
    made.close()
