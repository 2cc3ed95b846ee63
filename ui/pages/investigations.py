"""The investigations page: an alarm's evidence, who leads, what was found, the assignable cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ui.dialogs.ask import Answers, Kind, Question
from ui.kit.operations import Operation
from ui.models import deeds
from ui.models.records import Detail, moment, read_investigation, read_investigations
from ui.models.sensors import lasted_text
from ui.models.table import Column, Row
from ui.pages.evidence import evidence_section, rule_sentences
from ui.pages.record_view import Act, Section
from ui.pages.records import RecordsPage
from ui.pages.starting_capa import start_capa
from ui.widgets.steps import Step

if TYPE_CHECKING:
    from workstation.quality.alarms import Alarm
    from workstation.quality.investigations import Investigation

_SIGNS = {"open": ("warn", "warn"), "under way": ("clock", "accent"), "concluded": ("good", "good")}


class Investigations(RecordsPage["Investigation"]):
    """Alarms lead here; the way on is a cause, and a CAPA where it must go away for good."""

    name = "investigations"
    title = "Investigations"
    help_page = "start-here#investigations"
    kind = "investigation"
    icon = "investigation"
    nothing = (
        "There is no investigation yet.",
        "One is opened by itself, with its evidence, when a subgroup breaks a rule of its control chart.",
    )

    read_list = staticmethod(read_investigations)
    read_detail = staticmethod(read_investigation)
    signs = _SIGNS
    ended = frozenset({"concluded"})

    def name_of(self, record: Investigation) -> str:
        """Its title."""
        return record.title

    def sections(self, detail: Detail[Investigation]) -> Sequence[Section | None]:
        """What was found, what it rests on, which alarms it answers."""
        record = detail.record
        evidence = evidence_section(record.evidence_facts(), record.characteristic_id, self.desk.go)
        return self._findings(record), evidence, self._alarms(detail)

    def steps(self, record: Investigation) -> tuple[Step, ...]:
        """Opened, led, found, concluded."""
        return (
            Step("Opened", moment(record.opened_at)),
            Step("Lead named", record.lead or ""),
            Step("Findings", "written" if record.findings else ""),
            Step("Concluded", f"{record.concluded_by}, {moment(record.concluded_at)}" if record.concluded_at else ""),
        )

    def next_step(self, detail: Detail[Investigation]) -> tuple[str, tuple[Act, ...]]:
        """A lead, findings, a cause."""
        record = detail.record
        start = Act("Start CAPA…", lambda: self._start_capa(detail), "capa")
        if record.state == "open":
            return "Next: somebody takes the lead.", (
                Act("Take the lead…", lambda: self._lead(detail), "operator", primary=True),
                start,
            )
        if record.state == "under way":
            findings = Act("Write findings…", lambda: self._write_findings(record), "history", not record.findings)
            conclude = Act("Conclude…", lambda: self._conclude(record), "good", bool(record.findings))
            told = "the cause is named and it is concluded" if record.findings else "what was found is written down"
            return f"Next: {told}. {record.lead} leads.", (findings, conclude, start)
        return "Concluded. If the cause must go away for good, start a CAPA.", (start,)

    def _findings(self, record: Investigation) -> Section | None:
        if not record.lead:
            return None
        fields = {"Lead": record.lead, "Findings": record.findings or ""}
        if record.cause_category:
            fields |= {"Cause lies with": str(record.cause_category), "Assignable cause": record.assignable_cause or ""}
        return Section("Findings and cause", fields)

    def _alarms(self, detail: Detail[Investigation]) -> Section | None:
        if not detail.alarms:
            return None
        of_channel = any(one.limits_id is None for one in detail.alarms)
        rows = tuple(
            Row(
                one.uid,
                (
                    str(one.subgroup),
                    rule_sentences(one.rules),
                    *_times(one, of_channel=of_channel),
                    one.reaction_step or "not acknowledged",
                ),
            )
            for one in sorted(detail.alarms, key=lambda alarm: alarm.subgroup)
        )
        item = detail.record.characteristic_id
        subgroups = {one.uid: one.subgroup for one in detail.alarms}
        newest = f", the newest {len(rows)}" if detail.answered > len(rows) else ""
        return Section(
            f"Alarms it answers ({detail.answered}){newest}",
            columns=(
                Column("Subgroup"),
                Column("Rules"),
                *((Column("Began"), Column("Lasted", is_figure=True)) if of_channel else ()),
                Column("Reaction"),
            ),
            rows=rows,
            picked=lambda uid: self.desk.go("control-chart", f"{item}:{subgroups[uid]}"),
        )

    # --- deeds -------------------------------------------------------------------------------------------------------

    def _lead(self, detail: Detail[Investigation]) -> None:
        record = detail.record
        people = tuple((person.name, person.display_name) for person in detail.people)
        self.ask(
            f"Who leads {record.number}?",
            "The lead writes down what is found and names the cause.",
            [Question("lead", "Lead", Kind.CHOICE, people, self.account)],
            "Name the lead",
            lambda answers: deeds.lead_investigation(record.uid, record.version, self.account, answers["lead"]),
        )

    def _write_findings(self, record: Investigation) -> None:
        self.ask(
            f"Findings of {record.number}",
            "Earlier findings stay in the history.",
            [Question("findings", "What was found so far", Kind.TEXT, value=record.findings or "")],
            "Keep",
            lambda answers: deeds.record_findings(record.uid, record.version, self.account, answers["findings"]),
        )

    def _conclude(self, record: Investigation) -> None:
        from workstation.quality.investigations import CauseCategory

        def deed(answers: Answers) -> Operation[Any]:
            category = CauseCategory(answers["category"])
            return deeds.conclude_investigation(record.uid, record.version, self.account, category, answers["cause"])

        self.ask(
            f"Conclude {record.number}",
            "Where none was found, choose 'none found' and say what was looked at.",
            [
                Question(
                    "category", "The cause lies with", Kind.CHOICE, tuple((str(c), str(c)) for c in CauseCategory)
                ),
                Question("cause", "Assignable cause", Kind.TEXT),
            ],
            "Conclude",
            deed,
        )

    def _start_capa(self, detail: Detail[Investigation]) -> None:
        start_capa(self, detail, detail.record.title)


def _times(alarm: Alarm, *, of_channel: bool) -> tuple[str, ...]:
    """The cells that say when a channel's alarm began and how long it lasted; a control chart's does not end."""
    if not of_channel:
        return ()
    lasted = "" if alarm.limits_id is not None else "no end noted"
    if alarm.ended:
        lasted = lasted_text(alarm.observed_at, alarm.ended_at, alarm.seen_until)
    return moment(alarm.observed_at), lasted
