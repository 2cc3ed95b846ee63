"""The history page: every change, who made it, when and why; and the proof that nothing was altered since."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ui.kit.commands import Command
from ui.kit.operations import Change
from ui.models.journal import Entries, Verified, changes_of, deed_of, read_entries, read_verification, what_of
from ui.models.records import moment
from ui.models.table import Column, Row
from ui.pages.evidence import PAGE_OF
from ui.pages.page import Desk, Page
from ui.widgets.buttons import Button
from ui.widgets.picture import Picture
from ui.widgets.table import Table
from ui.widgets.text import Fields, card, label, set_role

if TYPE_CHECKING:
    from workstation.store import JournalEntry

_SIDE_WIDTH = 380
_FINDINGS_SHOWN = 3


class History(Page):
    """Reads the journal; changes nothing."""

    name = "history"
    title = "History"
    help_page = "start-here#history"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._record = ""
        self._entries: dict[str, JournalEntry] = {}
        self._corrected: Mapping[int, tuple[tuple[str, str, str], ...]] = {}
        self._verifies = False
        self._build()

    # --- reading -----------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the entries again."""
        record = self._record
        self.desk.operations.read(
            "reading the journal",
            lambda station: read_entries(station, record),
            self._show_entries,
            owner=self,
            key="entries",
        )

    def show_record(self, record: str) -> None:
        """Show the history of `kind:identity`."""
        self._look_at(record)

    def verify(self) -> None:
        """Recompute the whole journal and say whether anything was altered."""
        if self._verifies:
            return
        self._verifies = True
        self._verify.setEnabled(False)
        self._say("waiting", "muted", "Recomputing every hash, every digest and every record…", "card")
        self.desk.operations.read(
            "verifying the journal", read_verification, self._show_verification, owner=self, key="verify",
            failed=lambda error: self._verification_failed(str(error)),
        )  # fmt: skip

    def _changed(self, _changes: tuple[Change, ...]) -> None:  # every change is one of the journal
        self.renew()

    # --- showing -----------------------------------------------------------------------------------------------------

    def _show_entries(self, entries: Entries) -> None:
        self._entries = {str(entry.seq): entry for entry in entries.entries}
        self._corrected = entries.corrected
        count = len(entries.entries)
        if entries.about:
            self._about.setText(f"{entries.about}: {count} {'entry' if count == 1 else 'entries'}")
        elif count < entries.total:
            self._about.setText(f"The newest {count} of {entries.total} entries")
        else:
            self._about.setText(f"All {count} entries")
        self._list.show_rows([_row(entry, entries.corrected.get(entry.seq, ())) for entry in entries.entries])
        if not self._list.chosen and entries.entries:
            self._list.choose(str(entries.entries[0].seq))
        self._pick(self._list.chosen)

    def _pick(self, key: str) -> None:
        entry = self._entries.get(key)
        self._detail.setVisible(entry is not None)
        if entry is None:
            return
        done = deed_of(entry, self._corrected.get(entry.seq, ()))
        self._entry_title.setText(done[:1].upper() + done[1:])
        fields = {
            "Entry": str(entry.seq),
            "At": moment(entry.recorded_at),
            "By": entry.account,
            "Station": entry.station,
            "Version": f"{entry.base_version or 'new'} → {entry.version}" if entry.version else "",
            "Why": entry.reason,
        }
        if entry.signature:
            signature = json.loads(entry.signature)
            fields["Signed"] = (
                f"{signature.get('name', '')} ({signature.get('account', '')}), {signature.get('meaning')}"
            )
        self._fields.show_fields(fields)
        changes = (*self._corrected.get(entry.seq, ()), *changes_of(entry))
        rows = [Row(str(index), change) for index, change in enumerate(changes)]
        self._changes.show_rows(rows)
        self._hash.setText(f"{entry.hash[:16]} …\nafter {entry.previous_hash[:16]} …")
        self._hash.setToolTip(f"{entry.hash}\nafter {entry.previous_hash}")

    def _show_verification(self, verified: Verified) -> None:
        self._verifies = False
        self._verify.setEnabled(True)
        found, confirmed = verified.found, verified.confirmed
        counted = f"{found.entries} entries, {found.measurements} measurements and {found.records} records"
        if found.intact:
            hub = "" if confirmed is None else f" The hub holds the first {confirmed.entries} entries, and they agree."
            self._say("good", "good", f"Nothing was altered: {counted} are as they were written.{hub}", "on-good")
            return
        first = "; ".join(str(finding) for finding in found.findings[:_FINDINGS_SHOWN])
        more = len(found.findings) - _FINDINGS_SHOWN
        rest = f" and {more} more findings" if more > 0 else ""
        self._say("alarm", "alarm", f"Something was altered: {first}{rest}. Keep this home as it is.", "on-alarm")

    def _verification_failed(self, sentence: str) -> None:
        self._verifies = False
        self._verify.setEnabled(True)
        self._say("warn", "warn", sentence, "on-warn")

    def _say(self, icon: str, ink: str, sentence: str, role: str) -> None:
        self._verdict_sign.show_icon(icon, ink)
        self._verdict_text.setText(sentence)
        set_role(self._verdict, role)
        self._verdict.show()

    # --- what the person does ----------------------------------------------------------------------------------------

    def commands(self) -> tuple[Command, ...]:
        """What can be done here."""
        return (Command("history.verify", "Verify the journal", self.verify, "", "Record", "verify", self.isVisible),)

    def _show_whole(self) -> None:
        self._look_at("")

    def _look_at(self, record: str) -> None:
        """Read the history of this record, or of everything; the ways on are at once those from there."""
        self._record = record
        self._whole.setVisible(bool(record))
        self._back.setVisible(record.partition(":")[0] in PAGE_OF)
        self.renew()

    def _go_to_record(self) -> None:
        kind, _, uid = self._record.partition(":")
        self.desk.go(PAGE_OF[kind], uid)

    # --- building ----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        theme = self.desk.theme
        self._about = label(role="muted")
        self._back = Button(theme, "Back to the record", self._go_to_record, icon="back")
        self._whole = Button(theme, "Whole journal", self._show_whole, icon="history")
        self._verify = Button(theme, "Verify", self.verify, icon="verify", primary=True)
        self._back.hide()
        self._whole.hide()
        self.head(self._about, self._back, self._whole, self._verify)
        self._verdict = QFrame()
        self._verdict_sign = Picture(theme, "waiting", "muted", 22)
        self._verdict_text = label(wraps=True)
        verdict = QHBoxLayout(self._verdict)
        verdict.setContentsMargins(14, 10, 14, 10)
        verdict.setSpacing(12)
        verdict.addWidget(self._verdict_sign)
        verdict.addWidget(self._verdict_text, 1)
        self._verdict.hide()
        self.body.addWidget(self._verdict)
        columns = [Column("Entry", is_figure=True), Column("At"), Column("By"), Column("What")]
        self._list = Table(theme, "Journal entries", columns)
        self._list.picked.connect(self._pick)
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(self._list, 1)
        row.addWidget(self._build_detail())
        self.body.addLayout(row, 1)

    def _build_detail(self) -> QWidget:
        theme = self.desk.theme
        self._detail, layout = card()
        self._entry_title = label(role="heading")
        self._fields = Fields()
        self._fields.setAccessibleName("The entry")
        columns = [Column("Field"), Column("Before"), Column("After")]
        self._changes = Table(theme, "What changed", columns, wraps=True)
        self._hash = label(role="muted")
        self._hash.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(self._entry_title)
        layout.addWidget(self._fields)
        layout.addWidget(self._changes, 1)
        layout.addWidget(label("Hash", "field"))
        layout.addWidget(self._hash)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._detail)
        theme.changed.connect(self._size)
        self._size()
        return whole

    def _size(self) -> None:
        self._detail.setFixedWidth(self.desk.theme.pixels(_SIDE_WIDTH))


def _row(entry: JournalEntry, corrected: Sequence[tuple[str, str, str]]) -> Row:
    what = what_of(entry, corrected)
    sign = ("sign", "accent") if entry.signature else ("", "")
    return Row(str(entry.seq), (str(entry.seq), moment(entry.recorded_at), entry.account, what), sign)
