"""Correcting a kept value: which one, the right value, and why the first one was wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.dialogs.ask import Answers, Kind, Question
from ui.kit.operations import Operation
from ui.models import deeds

if TYPE_CHECKING:
    from ui.models.chart_view import SubgroupDetail
    from ui.pages.page import Page
    from workstation.catalog.values import Characteristic
    from workstation.line.correction import Corrected


def correct_value(page: Page, item: Characteristic, detail: SubgroupDetail, chosen: str) -> None:
    """Ask for the right value of the `chosen` position, correct it, and look at the subgroup again."""
    values = {str(one.position): one for one in detail.values}
    if not values:
        return
    first = chosen if chosen in values else next(iter(values))
    choices = tuple((key, f"{key}: {one.value:f} {one.unit}  ({one.source})") for key, one in values.items())

    def deed(answers: Answers) -> Operation[Any]:
        from workstation.line.correction import Correction

        kept = values[answers["position"]]
        wanted = Correction(item.id, detail.number, kept.position, answers["value"], kept.unit, kept.version)
        return deeds.correct_value(page.account, wanted, answers["reason"])

    def corrected(done: tuple[Corrected, str]) -> None:
        page.desk.messages.done(f"{done[0].told()} {done[1]}".strip())
        page.show_record(f"{item.id}:{detail.number}")

    page.ask(
        f"Correct a value of subgroup {detail.number}",
        f"The first value of {item.name} stays in the records; what was judged with it is judged anew.",
        [
            Question("position", "Value", Kind.CHOICE, choices, first),
            Question("value", "Right value, in the unit of the one above", Kind.FIGURE),
            Question("reason", "Why was the first value wrong?", Kind.TEXT),
        ],
        "Correct",
        deed,
        corrected,
    )
