"""The nonconformances page: evidence, containment, a disposition under signature, verification, closing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from ui.dialogs.ask import Answers, Kind, Question
from ui.kit.commands import Command
from ui.kit.operations import Operation
from ui.models import deeds
from ui.models.records import Detail, moment, read_nonconformance, read_nonconformances
from ui.pages.evidence import evidence_section, signature_fields
from ui.pages.record_view import Act, Section
from ui.pages.records import RecordsPage
from ui.pages.reporting import report_nonconformance
from ui.pages.starting_capa import start_capa
from ui.widgets.buttons import Button
from ui.widgets.steps import Step

if TYPE_CHECKING:
    from workstation.quality.nonconformances import Nonconformance

_SIGNS = {
    "open": ("nonconformance", "alarm"),
    "contained": ("nonconformance", "warn"),
    "dispositioned": ("sign", "accent"),
    "reverified": ("verify", "accent"),
    "closed": ("good", "good"),
    "voided": ("silent", "muted"),
}
_WORDING = {
    "rework": "Rework: bring it to the specification",
    "repair": "Repair: make it usable, with a concession",
    "use as is": "Use as is, with a concession",
    "scrap": "Scrap",
    "return": "Return to the supplier",
}


class Nonconformances(RecordsPage["Nonconformance"]):
    """Product out of specification, one step after the other."""

    name = "nonconformances"
    title = "Nonconformances"
    help_page = "start-here#nonconformances"
    kind = "nonconformance"
    icon = "nonconformance"
    nothing = (
        "There is no nonconformance.",
        "One is opened by itself, with its evidence, when a kept value is out of tolerance. "
        "What somebody sees and no gauge tells is reported here.",
    )

    read_list = staticmethod(read_nonconformances)
    read_detail = staticmethod(read_nonconformance)
    signs = _SIGNS
    ended = frozenset({"closed", "voided"})
    cut_short = ended

    def buttons(self) -> tuple[QWidget, ...]:
        """Report one by hand."""
        return (Button(self.desk.theme, "Report…", lambda: report_nonconformance(self), icon="add"),)

    def commands(self) -> tuple[Command, ...]:
        """As of every record, and reporting one."""
        report = Command(
            "nonconformances.report", "Report a nonconformance…", lambda: report_nonconformance(self), "", "Record",
            "add", when=self.isVisible,
        )  # fmt: skip
        return (report, *super().commands())

    def name_of(self, record: Nonconformance) -> str:
        """What is not as specified."""
        return record.nature

    def sections(self, detail: Detail[Nonconformance]) -> Sequence[Section | None]:
        """What it rests on, and what was done with the product."""
        record = detail.record
        evidence = evidence_section(record.evidence_facts(), record.characteristic_id, self.desk.go)
        return evidence, self._handling(detail)

    def steps(self, record: Nonconformance) -> tuple[Step, ...]:
        """Opened, contained, decided, verified where that is due, closed."""
        decided = f"{record.disposition}, {moment(record.disposition_at)}"
        needs = record.disposition in ("rework", "repair")
        is_decided = record.state in ("dispositioned", "reverified", "closed")
        steps = [
            Step("Opened", moment(record.opened_at)),
            Step("Contained", record.containment or ""),
            Step("Disposition signed", decided if is_decided else ""),
        ]
        if needs:
            is_verified = record.state in ("reverified", "closed")
            steps.append(Step("Verified again", (record.reverified_by or "") if is_verified else ""))
        closed = f"{record.closed_by}, {moment(record.closed_at)}" if record.state == "closed" else ""
        return (*steps, Step("Closed", closed))

    def next_step(self, detail: Detail[Nonconformance]) -> tuple[str, tuple[Act, ...]]:
        """Containment, disposition, verification, the end."""
        record = detail.record
        start = Act("Start CAPA…", lambda: start_capa(self, detail, record.nature), "capa")
        void = Act("Void…", lambda: self._void(record))
        if record.state == "open":
            contain = Act("Contain…", lambda: self._contain(record), "verify", primary=True)
            return "Next: the product is kept from going further.", (contain, start, void)
        if record.state == "contained":
            decide = Act("Decide and sign…", lambda: self._dispose(record), "sign", primary=True)
            again = " It did not conform after its last disposition." if record.reverification else ""
            return f"Next: it is decided what happens to the product, and signed.{again}", (decide, start, void)
        if record.state == "dispositioned" and record.disposition in ("rework", "repair"):
            verify = Act("Enter verification…", lambda: self._reverify(record), "verify", primary=True)
            return f"Next: after the {record.disposition} the product is verified again.", (verify, start)
        if record.state in ("dispositioned", "reverified"):
            close = Act("Close", lambda: self._close(record), "good", primary=True)
            return "Next: it is closed.", (close, start)
        return ("Closed." if record.state == "closed" else "Voided: there was no nonconformance."), ()

    def _handling(self, detail: Detail[Nonconformance]) -> Section | None:
        record = detail.record
        fields = {"Quantity": f"{record.quantity} pcs", "Severity": record.severity, "Opened by": record.opened_by}
        if record.containment:
            fields["Containment"] = record.containment
        if record.disposition:
            fields |= {"Disposition": str(record.disposition), "Reason": record.disposition_reason or ""}
        if record.concession:
            fields["Concession"] = record.concession
        if record.reverification:
            fields["Verified again"] = f"{record.reverification} ({record.reverified_by})"
        return Section("Handling", fields | signature_fields(detail))

    # --- deeds -------------------------------------------------------------------------------------------------------

    def _contain(self, record: Nonconformance) -> None:
        self.ask(
            f"Contain {record.number}",
            "Keep the product from going further before anything else.",
            [Question("containment", "Where is the product, and how is it marked?", Kind.TEXT)],
            "Keep",
            lambda answers: deeds.contain(record.uid, record.version, self.account, answers["containment"]),
        )

    def _dispose(self, record: Nonconformance) -> None:
        from workstation.quality.nonconformances import Disposition

        def deed(answers: Answers) -> Operation[Any]:
            return deeds.dispose(
                record.uid,
                record.version,
                self.account,
                answers["password"],
                Disposition(answers["disposition"]),
                answers["reason"],
                answers["concession"],
            )

        choices = tuple((str(one), _WORDING.get(str(one), str(one))) for one in Disposition)
        self.ask(
            f"Disposition of {record.number}",
            f"You sign as {self.desk.session.full_name} ({self.account}) for: {record.nature}; {record.quantity} pcs. "
            "The signature is bound to exactly this content and your decision.",
            [
                Question("disposition", "What happens to the product", Kind.CHOICE, choices),
                Question("reason", "Why", Kind.TEXT),
                Question("concession", "Number of the concession", hint="Needed for repair and use as is only."),
                Question("password", "Your password", Kind.PASSWORD),
            ],
            "Sign",
            deed,
        )

    def _reverify(self, record: Nonconformance) -> None:
        def deed(answers: Answers) -> Operation[Any]:
            conforms = answers["conforms"] == "yes"
            return deeds.reverify(record.uid, record.version, self.account, answers["result"], conforms=conforms)

        self.ask(
            f"Verification of {record.number}",
            f"After the {record.disposition}. What does not conform is decided on again.",
            [
                Question("result", "Result: the values, or where they stand", Kind.TEXT),
                Question("conforms", "The product", Kind.CHOICE, (("yes", "conforms"), ("no", "does not conform"))),
            ],
            "Keep",
            deed,
        )

    def _close(self, record: Nonconformance) -> None:
        self.do(lambda: deeds.close_nonconformance(record.uid, record.version, self.account))

    def _void(self, record: Nonconformance) -> None:
        self.ask(
            f"Void {record.number}",
            "Only when there was no nonconformance: a dirty gauge, a wrong part. It stays in the history.",
            [Question("reason", "Why there was none", Kind.TEXT)],
            "Void",
            lambda answers: deeds.void_nonconformance(record.uid, record.version, self.account, answers["reason"]),
        )
