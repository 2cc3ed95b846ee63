"""Setting control limits from the control chart page: the proposal while one chooses, then the deed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ui.dialogs.set_limits import Answers, SetLimits, Subject
from ui.models import deeds
from ui.models.new_limits import Proposed, read_proposal, wanted_of
from workstation.errors import Expected

if TYPE_CHECKING:
    from ui.models.chart_view import ChartView
    from ui.pages.page import Page
    from workstation.line.new_limits import Proposal


def set_limits(page: Page, view: ChartView) -> None:
    """Ask for subgroups or figures, show what comes out, and put it in force. Needs somebody signed on."""
    if not page.somebody():
        return
    item, desk = view.characteristic, page.desk
    closed = (1, int(view.window.numbers[-1])) if len(view.window.numbers) else ()

    def look(answers: Answers, shown: Callable[[Proposed], None], failed: Callable[[Expected], None]) -> None:
        try:
            wanted = wanted_of(item, answers)
        except Expected as error:  # an answer that cannot be
            failed(error)
            return
        desk.operations.read(
            "computing control limits", lambda station: read_proposal(station, item, wanted), shown,
            owner=dialog, key="proposal", failed=failed,
        )  # fmt: skip

    def give(answers: Answers, mark: str, done: Callable[[], None], failed: Callable[[Expected], None]) -> None:
        def did(made: tuple[Proposal, str]) -> None:
            done()
            desk.messages.done(f"{made[0].told()} {made[1]}".strip())

        try:
            operation = deeds.establish_limits(page.account, wanted_of(item, answers), answers["reason"], mark)
        except Expected as error:
            failed(error)
        else:
            desk.operations.perform(operation, did, owner=dialog, failed=failed)

    subject = Subject(item.name, item.unit, closed, item.baseline_subgroups)
    dialog = SetLimits(page, desk.theme, desk.frames, subject, look, give)
    dialog.open()
