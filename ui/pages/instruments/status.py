"""Locking, releasing and retiring a gauge, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.dialogs.ask import Kind, Question
from ui.models import deeds

if TYPE_CHECKING:
    from ui.models.instruments import GaugeFacts
    from ui.pages.page import Page
    from workstation.catalog.values import GaugeStatus

_WORDS = {
    "locked": ("Lock", "Its readings are refused until somebody releases it."),
    "active": ("Release", "Its readings are taken again."),
    "retired": ("Retire", "It is taken out of use for good: its port is closed, its readings stay."),
}


def change_status(page: Page, facts: GaugeFacts, status: GaugeStatus) -> None:
    """Ask for the reason and do it; a running line follows."""
    verb, sentence = _WORDS[str(status)]

    def done(told: str) -> None:
        page.desk.messages.done(f"{facts.name} is {'released' if str(status) == 'active' else status}. {told}".strip())

    page.ask(
        f"{verb} {facts.name}",
        sentence,
        [Question("reason", "Why?", Kind.TEXT)],
        verb,
        lambda answers: deeds.set_gauge_status(facts.source, page.account, status, answers["reason"]),
        done,
    )
