"""Locking, releasing and retiring a gauge, each with its reason, and recording its calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.dialogs.ask import Kind, Question, in_days
from ui.models import deeds

if TYPE_CHECKING:
    from ui.models.instruments import GaugeFacts
    from ui.pages.page import Page
    from workstation.catalog.values import GaugeStatus

_USUAL_DAYS = 365
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


def record_calibration(page: Page, facts: GaugeFacts) -> None:
    """Ask until when the calibration holds and which certificate says so; a running line follows."""
    page.ask(
        f"{facts.name} was calibrated",
        f"It was due {facts.calibration_due}." if facts.calibration_due else "Its calibration was not watched.",
        [
            Question("due", "When is it to be calibrated again?", Kind.DATE, value=in_days(_USUAL_DAYS)),
            Question("reason", "Certificate"),
        ],
        "Record",
        lambda answers: deeds.record_calibration(facts.source, page.account, answers["due"], answers["reason"]),
        lambda told: page.desk.messages.done(f"The calibration of {facts.name} is recorded. {told}".strip()),
    )
