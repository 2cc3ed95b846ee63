"""The way from a nonconformance or an investigation to a CAPA."""

from __future__ import annotations

from typing import Any

from ui.dialogs.ask import Kind, Question
from ui.models import deeds
from ui.models.records import Detail
from ui.pages.records import RecordsPage


def start_capa(page: RecordsPage[Any], detail: Detail[Any], title: str) -> None:
    """Ask who owns it, start it with the problem stated from the record's data, and open it."""
    record = detail.record
    people = tuple((person.name, person.display_name) for person in detail.people)
    page.ask(
        f"Start a CAPA from {record.number}",
        "The problem statement is filled from the data: what, where, when, how much, which limits, on which evidence.",
        [
            Question("title", "Title", value=title),
            Question(
                "owner", "Owner", Kind.CHOICE, people, page.account, "Who verifies it later must be somebody else."
            ),
        ],
        "Start",
        lambda answers: deeds.start_capa(page.kind, record.uid, page.account, answers["owner"], answers["title"]),
        lambda capa: page.desk.go("capa", capa.uid),
    )
