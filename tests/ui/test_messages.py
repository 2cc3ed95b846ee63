"""The bar of messages: what asks for something stays, what does not goes, nothing is lost behind another."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from ui.kit.messages import Messages
from ui.kit.theme import Theme
from ui.widgets.message_bar import MessageBar


def test_warnings_wait_for_each_other(theme: Theme, qtbot: QtBot) -> None:
    messages = Messages()
    bar = MessageBar(theme, messages)
    qtbot.addWidget(bar)
    messages.warn("The first.", "Do this.")
    messages.note("By the way.")
    messages.warn("The second.", "Do that.")
    assert bar.message is not None
    assert bar.message.sentence == "The second."
    bar.close_message()
    assert bar.message.sentence == "The first."
    assert bar.isVisible()
    bar.close_message()
    assert bar.message is None
    assert not bar.isVisible()
    assert len(messages.said) == 3


def test_a_note_goes_by_itself(theme: Theme, qtbot: QtBot) -> None:
    messages = Messages()
    bar = MessageBar(theme, messages)
    qtbot.addWidget(bar)
    messages.done("Written.")
    assert bar._fade.isActive()
    bar._fade.timeout.emit()
    assert not bar.isVisible()
    bar._fade.stop()


def test_it_is_read_out(theme: Theme, qtbot: QtBot) -> None:
    messages = Messages()
    bar = MessageBar(theme, messages)
    qtbot.addWidget(bar)
    messages.warn("The disk is full.", "Free some space.")
    assert bar.accessibleName() == "warn: The disk is full. Free some space."
