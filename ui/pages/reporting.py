"""Reporting a nonconformance by hand: what is not as specified, on what, how many pieces, how bad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.dialogs.ask import Answers, Kind, Question
from ui.kit.operations import Operation
from ui.models import deeds
from ui.models.records import read_subjects
from workstation.errors import CallIsWrong

if TYPE_CHECKING:
    from ui.pages.page import Page
    from workstation.quality.nonconformances import Nonconformance

_AS_LAID_DOWN = ("", "as laid down for the characteristic, else minor")


def report_nonconformance(page: Page) -> None:
    """Read what there is to choose from, ask, open the record and show it."""
    if page.somebody():
        page.desk.operations.read(
            "reading the parts", read_subjects, lambda found: _ask(page, found), owner=page, key="subjects"
        )


def _ask(page: Page, subjects: list[tuple[str, str]]) -> None:
    from workstation.catalog.values import Criticality

    if not subjects:
        page.desk.messages.warn("There is no part yet.", "Parts come with an inspection plan: 'sinebar import plan'.")
        return

    def opened(record: Nonconformance) -> None:
        page.desk.messages.done(f"{record.number} is open.")
        page.desk.go("nonconformances", record.uid)

    page.ask(
        "Report a nonconformance",
        "For what somebody saw and no gauge told. Keep the product apart first.",
        [
            Question("nature", "What is not as specified?", Kind.TEXT),
            Question("subject", "Part or characteristic", Kind.CHOICE, tuple(subjects)),
            Question("quantity", "Pieces concerned", value="1"),
            Question("severity", "Severity", Kind.CHOICE, (_AS_LAID_DOWN, *((str(c), str(c)) for c in Criticality))),
        ],
        "Report",
        lambda answers: _deed(page.account, answers),
        opened,
    )


def _deed(account: str, answers: Answers) -> Operation[Any]:
    from workstation.catalog.values import Criticality
    from workstation.quality.nonconformances import Sighting

    kind, _, number = answers["subject"].partition(":")
    quantity = answers["quantity"]
    if not (quantity.isascii() and quantity.isdigit() and len(quantity) <= 9):
        raise CallIsWrong(f"{quantity[:40]!r} is no count of pieces.", "Write a whole number, such as 12.")
    seen = Sighting(
        answers["nature"],
        int(quantity),
        int(number) if kind == "part" else None,
        int(number) if kind == "characteristic" else None,
        Criticality(answers["severity"]) if answers["severity"] else None,
    )
    return deeds.report_nonconformance(account, seen)
