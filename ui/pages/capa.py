"""The CAPA page: problem, cause, actions, proof; how far it is, and what comes next."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from ui.dialogs.ask import Answers, Kind, Question, in_days
from ui.kit.operations import Operation
from ui.models import deeds
from ui.models.records import Detail, moment, read_capa, read_capas
from ui.models.table import Column, Row
from ui.pages.evidence import evidence_section, signature_fields
from ui.pages.record_view import Act, Section
from ui.pages.records import RecordsPage
from ui.widgets.steps import Step

if TYPE_CHECKING:
    from workstation.quality.capa import Action, Capa

_SIGNS = {
    "open": ("capa", "warn"),
    "cause known": ("capa", "accent"),
    "actions under way": ("clock", "accent"),
    "implemented": ("clock", "accent"),
    "verified": ("verify", "good"),
    "closed": ("good", "good"),
}
_ORDER = tuple(_SIGNS)
_USUAL_DAYS = 14
_CHECK_DAYS = 30


class Capas(RecordsPage["Capa"]):
    """Corrective and preventive action."""

    name = "capa"
    title = "CAPA"
    help_page = "start-here#capa"
    kind = "capa"
    icon = "capa"
    nothing = (
        "There is no CAPA yet.",
        "Start one from a nonconformance or an investigation whose cause must go away for good.",
    )

    read_list = staticmethod(read_capas)
    read_detail = staticmethod(read_capa)
    signs = _SIGNS
    ended = frozenset({"closed"})

    def name_of(self, record: Capa) -> str:
        """Its title."""
        return record.title

    def sections(self, detail: Detail[Capa]) -> Sequence[Section | None]:
        """Problem, cause, actions, proof, and what it rests on."""
        record = detail.record
        problem = Section("Problem", {"Owner": record.owner, "Opened": moment(record.opened_at)}, record.problem)
        evidence = evidence_section(json.loads(record.evidence), None, self.desk.go)
        return problem, self._cause(record), self._actions(record), self._effectiveness(detail), evidence

    def steps(self, record: Capa) -> tuple[Step, ...]:
        """Problem, cause, plan, actions, proof, end."""
        reached = _ORDER.index(str(record.state))
        done = sum(one.done_at is not None for one in record.actions)

        def told(step: int, text: str) -> str:
            return text if reached >= step else ""

        return (
            Step("Problem stated", moment(record.opened_at)),
            Step("Cause known", told(1, record.cause_method or "entered")),
            Step("Actions planned", told(2, f"{len(record.actions)} planned")),
            Step("Implemented", told(3, f"{done} of {len(record.actions)} done")),
            Step("Effective", told(4, f"{record.verified_by}, {moment(record.verified_at)}")),
            Step("Closed", told(5, f"{record.closed_by}, {moment(record.closed_at)}")),
        )

    def next_step(self, detail: Detail[Capa]) -> tuple[str, tuple[Act, ...]]:
        """What the state asks for."""
        record = detail.record
        plan = Act("Plan an action…", lambda: self._plan(detail), "add")
        criterion = Act("Criterion…", lambda: self._criterion(record), "verify")
        cause = Act("Enter the cause…", lambda: self._set_cause(record), "search")
        if record.state == "open":
            again = "The actions were not effective: the cause is open again. " if record.effective is False else ""
            return f"{again}Next: the root cause is found and entered.", (_first(cause), plan, criterion)
        if record.state == "cause known":
            return "Next: at least one corrective or preventive action is planned.", (_first(plan), criterion, cause)
        if record.state == "actions under way":
            return self._next_of_actions(record, plan, criterion)
        if record.state == "implemented":
            check = Act("Enter the effectiveness check…", lambda: self._verify(record), "verify", primary=True)
            who = f"by somebody who owns neither it nor one of its actions, from {record.check_due} on"
            return f"Next: it is judged by its criterion, {who}.", (check,)
        if record.state == "verified":
            close = Act("Close and sign…", lambda: self._close(record), "sign", primary=True)
            return f"Next: it is closed under signature, not by {record.owner}.", (close,)
        return "Closed.", ()

    def _next_of_actions(self, record: Capa, plan: Act, criterion: Act) -> tuple[str, tuple[Act, ...]]:
        waiting = [one for one in record.actions if one.done_at is None]
        if waiting:
            overdue = sum(one.overdue(date.today().isoformat()) for one in waiting)  # noqa: DTZ011 - a plan's local day
            late = f", {overdue} overdue" if overdue else ""
            complete = Act("Complete an action…", lambda: self._complete(record), "good", primary=True)
            told = f"{len(waiting)} of {len(record.actions)} actions are open{late}"
            return f"Next: {told}; each is completed with its evidence.", (complete, plan, criterion)
        if record.criterion is None:
            return "Next: lay down by what the actions are judged, before the check.", (_first(criterion), plan)
        implemented = Act("Mark as implemented", lambda: self._implemented(record), "good", primary=True)
        return "Next: every action is done; mark them as implemented.", (implemented, plan, criterion)

    # --- sections ----------------------------------------------------------------------------------------------------

    def _cause(self, record: Capa) -> Section | None:
        if not record.cause:
            return None
        fields = {"Method": record.cause_method or "", "Similar products and processes": record.similar_products or ""}
        return Section("Root cause", fields, record.cause)

    def _actions(self, record: Capa) -> Section | None:
        if not record.actions:
            return None
        today = date.today().isoformat()  # noqa: DTZ011 - due dates are the plant's local days
        rows = tuple(_action_row(one, today) for one in record.actions)
        columns = (Column("Kind"), Column("What is done"), Column("Owner"), Column("Due"), Column("Evidence"))
        return Section(f"Actions ({len(rows)})", columns=columns, rows=rows)

    def _effectiveness(self, detail: Detail[Capa]) -> Section | None:
        record = detail.record
        if not record.criterion:
            return None
        fields = {"Criterion": record.criterion, "Check due": record.check_due or ""}
        if record.result:
            fields["Result"] = record.result
            fields["Judged"] = f"{'effective' if record.effective else 'not effective'}, by {record.verified_by}"
        return Section("Effectiveness", fields | signature_fields(detail))

    # --- deeds -------------------------------------------------------------------------------------------------------

    def _set_cause(self, record: Capa) -> None:
        self.ask(
            f"Root cause of {record.number}",
            "Why could it happen, and why was it not seen earlier?",
            [
                Question("method", "How it was found, such as 5 whys", value=record.cause_method or ""),
                Question("cause", "Root cause", Kind.TEXT, value=record.cause or ""),
                Question(
                    "similar",
                    "Similar products and processes looked at",
                    Kind.TEXT,
                    value=record.similar_products or "",
                ),
            ],
            "Keep",
            lambda answers: deeds.set_cause(
                record.uid, record.version, self.account, answers["method"], answers["cause"], answers["similar"]
            ),
        )

    def _plan(self, detail: Detail[Capa]) -> None:
        from workstation.quality.capa import ActionKind

        record = detail.record
        kinds = [ActionKind.CONTAINMENT] if record.state == "open" else list(ActionKind)
        usual = "containment" if record.state == "open" else "corrective"
        people = tuple((person.name, person.display_name) for person in detail.people)

        def deed(answers: Answers) -> Operation[Any]:
            kind = ActionKind(answers["kind"])
            what, owner, due = answers["what"], answers["owner"], answers["due"]
            return deeds.plan_action(record.uid, record.version, self.account, kind, what, owner, due)

        self.ask(
            f"Plan an action of {record.number}",
            "" if record.state != "open" else "Until the cause is known only containment can be planned.",
            [
                Question("kind", "Kind", Kind.CHOICE, tuple((str(one), str(one)) for one in kinds), usual),
                Question("what", "What is done", Kind.TEXT),
                Question("owner", "Owner", Kind.CHOICE, people, record.owner),
                Question("due", "Due", Kind.DATE, value=in_days(_USUAL_DAYS)),
            ],
            "Plan",
            deed,
        )

    def _complete(self, record: Capa) -> None:
        waiting = {one.uid: one for one in record.actions if one.done_at is None}
        choices = tuple((uid, f"{one.description} ({one.owner}, due {one.due})") for uid, one in waiting.items())

        def deed(answers: Answers) -> Operation[Any]:
            action = waiting[answers["action"]]
            return deeds.complete_action(record.uid, action.uid, action.version, self.account, answers["evidence"])

        self.ask(
            f"Complete an action of {record.number}",
            "An action is done when there is evidence.",
            [
                Question("action", "Action", Kind.CHOICE, choices),
                Question("evidence", "Evidence: the document, the measurement, the picture", Kind.TEXT),
            ],
            "Complete",
            deed,
        )

    def _criterion(self, record: Capa) -> None:
        self.ask(
            f"Effectiveness criterion of {record.number}",
            "Laid down before the check, so that it cannot be chosen to fit.",
            [
                Question("criterion", "By what figure do the actions count as effective?", Kind.TEXT,
                         value=record.criterion or ""),
                Question("due", "Check on", Kind.DATE, value=record.check_due or in_days(_CHECK_DAYS)),
            ],
            "Keep",
            lambda answers: deeds.set_criterion(
                record.uid, record.version, self.account, answers["criterion"], answers["due"]
            ),
        )  # fmt: skip

    def _implemented(self, record: Capa) -> None:
        self.do(lambda: deeds.mark_implemented(record.uid, record.version, self.account))

    def _verify(self, record: Capa) -> None:
        def deed(answers: Answers) -> Operation[Any]:
            effective = answers["effective"] == "yes"
            return deeds.verify_effectiveness(
                record.uid, record.version, self.account, answers["result"], effective=effective
            )

        self.ask(
            f"Effectiveness of {record.number}",
            f"Criterion: {record.criterion}",
            [
                Question("result", "Result: the figure that the criterion asks for", Kind.TEXT),
                Question("effective", "The actions were", Kind.CHOICE, (("yes", "effective"), ("no", "not effective"))),
            ],
            "Keep",
            deed,
        )

    def _close(self, record: Capa) -> None:
        self.ask(
            f"Close {record.number}",
            f"You sign as {self.desk.session.full_name} ({self.account}) that it is complete and effective.",
            [Question("password", "Your password", Kind.PASSWORD)],
            "Sign and close",
            lambda answers: deeds.close_capa(record.uid, record.version, self.account, answers["password"]),
        )


def _first(act: Act) -> Act:
    return Act(act.title, act.run, act.icon, primary=True)


def _action_row(one: Action, today: str) -> Row:
    is_late = one.overdue(today)
    sign = ("good", "good") if one.done_at else ("warn", "warn") if is_late else ("waiting", "muted")
    due = f"{one.due}, overdue" if is_late else one.due
    return Row(one.uid, (str(one.kind), one.description, one.owner, due, one.evidence or ""), sign)
