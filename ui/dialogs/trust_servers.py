"""Whom the station trusts at OPC UA servers: see what a server shows, compare it, trust it, take trust away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from ui.dialogs.ask import Answers, Ask, Kind, Question
from ui.dialogs.fitting import framed
from ui.dialogs.helping import offer_help
from ui.kit.order import InReadingOrder
from ui.kit.theme import Theme
from ui.models.instruments_trust import Looking, Server
from ui.models.table import Column, Row
from ui.widgets.buttons import Button
from ui.widgets.table import Table
from ui.widgets.text import Fields, card, label, scrolled, set_role
from ui.widgets.tick import Tick
from workstation.errors import Expected

if TYPE_CHECKING:
    from devices.gateway.opcua_trust import ServerCertificate

_WIDTH, _HEIGHT = 980, 720
_ROW_HEIGHT, _MOST_ROWS = 40, 3
"""Of the list of servers: the height of a row and of the titles, and rows before it scrolls."""
_FINGERPRINT_SIZE = 17
_FAMILY = "JetBrains Mono"
_PAIRS_IN_A_GROUP, _GROUPS_IN_A_ROW = 4, 2
_WHAT_IT_MEANS = (
    "Whoever is trusted decides what is kept as measured: compare the fingerprint, group by group, with the one that"
    " the server itself shows at its own screen or in its certificate file."
)
NO_CERTIFICATE = "A server's certificate is checked only where the station has a certificate of its own."
Done = Callable[[], None]
Failed = Callable[[Expected], None]


@dataclass(frozen=True, slots=True)
class TrustDeeds:
    """What the dialog has done for it: `read` the servers anew; `trust` by address, fingerprint and reason.

    `distrust` takes address and reason.
    """

    read: Callable[[Callable[[list[Server]], None]], None]
    trust: Callable[[str, str, str, Done, Failed], None]
    distrust: Callable[[str, str, Done, Failed], None]
    show_help: Callable[[], None]


def in_groups(fingerprint: str) -> str:
    """A fingerprint in rows of two groups of four pairs, to be read out and compared."""
    pairs = fingerprint.split()
    groups = [" ".join(pairs[at : at + _PAIRS_IN_A_GROUP]) for at in range(0, len(pairs), _PAIRS_IN_A_GROUP)]
    rows = [groups[at : at + _GROUPS_IN_A_ROW] for at in range(0, len(groups), _GROUPS_IN_A_ROW)]
    return "\n".join("    ".join(row) for row in rows)


class TrustServers(InReadingOrder, QDialog):
    """The servers with whom is trusted there; below, the certificate that the chosen one shows now."""

    def __init__(
        self, parent: QWidget, theme: Theme, servers: Sequence[Server], chosen: str, deeds: TrustDeeds
    ) -> None:
        super().__init__(parent)
        self._theme, self._deeds = theme, deeds
        self._servers: dict[str, Server] = {}
        self._seen: ServerCertificate | None = None
        self._is_busy = False
        self._looking = Looking(self)
        self.finished.connect(lambda _result: self._looking.stop())
        self.setWindowTitle("Trusted servers")
        self.setAccessibleName("Trusted servers")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        columns = [Column("OPC UA server"), Column("Read by"), Column("Trusted")]
        self._table = Table(theme, "OPC UA servers and whom the station trusts there", columns, stretch=2)
        rows = self._table.verticalHeader()
        rows.setMinimumSectionSize(theme.pixels(_ROW_HEIGHT))  # a glove has to hit them
        rows.setDefaultSectionSize(theme.pixels(_ROW_HEIGHT))
        self._table.picked.connect(self._look)
        self._verdict = label(wraps=True)
        self._fields = Fields(1)
        self._shows = self._fingerprint("Fingerprint that the server shows")
        self._trusted = self._fingerprint("Fingerprint that is trusted")
        self._trusted_title = label("Trusted is, SHA-256", "field")
        self._compared = Tick(theme, "I compared it: the server itself shows the same fingerprint.")
        self._compared.toggled.connect(lambda _on: self._set_buttons())
        self._reason = QLineEdit()
        self._reason.setAccessibleName("How was it compared?")
        self._reason.setPlaceholderText("read out at the oven's screen")
        self._wrong = label(role="warn", wraps=True)
        self._wrong.hide()
        self._take = Button(theme, "Take trust away…", self._ask_to_take)
        self._again = Button(theme, "Ask again", self._look_again, icon="refresh")
        self._trust = Button(theme, "Trust this certificate", self.trust, primary=True)
        self._lay_out()
        offer_help(self, deeds.show_help)
        self.resize(QSize(theme.pixels(_WIDTH), theme.pixels(_HEIGHT)).boundedTo(parent.window().size()))
        self._show_servers(list(servers))
        self._table.choose(chosen if chosen in self._servers else next(iter(self._servers), ""))
        self._look(self._table.chosen)
        self._table.setFocus()

    @property
    def complaint(self) -> str:
        """Why what was asked for last was not done, empty where it was."""
        return "" if self._wrong.isHidden() else self._wrong.text()

    def trust(self) -> None:
        """Trust the certificate in view."""
        if self._trust.isEnabled() and self._seen is not None:
            self._begin()
            address, fingerprint = self._table.chosen, self._seen.fingerprint
            self._deeds.trust(address, fingerprint, self._reason.text().strip(), self._done, self._failed)

    # --- asking the server -------------------------------------------------------------------------------------------

    def _look(self, address: str) -> None:
        server = self._servers.get(address)
        if server is None:
            return
        from workstation.line.trust import PATIENCE

        self._seen = None
        self._wrong.hide()
        self._compared.setChecked(False)
        self._reason.clear()
        self._looking.begin(server.url, self._show, self._not_shown)
        self._say(f"Asking {address} for its certificate. It is given {PATIENCE:g} s.", "muted")
        self._show_certificate()

    def _look_again(self) -> None:
        self._look(self._table.chosen)

    def _show(self, seen: ServerCertificate) -> None:
        self._seen = seen
        self._show_certificate()
        self._judge()

    def _not_shown(self, error: Expected) -> None:
        self._say(f"{error.sentence} {error.next_step}".strip(), "warn")
        self._set_buttons()

    # --- showing -----------------------------------------------------------------------------------------------------

    def _show_servers(self, servers: list[Server]) -> None:
        self._servers = {server.address: server for server in servers}
        self._table.show_rows([_row(server) for server in servers])
        rows = 1 + min(max(len(servers), 1), _MOST_ROWS)
        self._table.setFixedHeight(self._theme.pixels(rows * _ROW_HEIGHT))
        if not servers:
            self._say("No gauge of this station is read at an OPC UA server.", "muted")
        self._set_buttons()

    def _show_certificate(self) -> None:
        seen, server = self._seen, self._servers.get(self._table.chosen)
        is_other = seen is not None and server is not None and server.trusted not in ("", seen.fingerprint)
        self._fields.show_fields(
            {
                "Certificate of": "" if seen is None else seen.subject,
                "Signed by": "" if seen is None else "itself" if seen.issuer == seen.subject else seen.issuer,
                "Application URI": "" if seen is None else seen.application,
                "Valid, UTC": "" if seen is None else f"{seen.valid_from:%Y-%m-%d} to {seen.valid_until:%Y-%m-%d}",
            }
        )
        self._shows.setText("–" if seen is None else in_groups(seen.fingerprint))
        self._trusted.setText(in_groups(server.trusted) if is_other and server is not None else "")
        for shown in (self._trusted, self._trusted_title):
            shown.setVisible(is_other)
        self._set_buttons()

    def _judge(self) -> None:
        """Say how what the server shows stands to what is trusted."""
        seen, server = self._seen, self._servers.get(self._table.chosen)
        if seen is None or server is None:
            return
        if not server.is_checked:
            keep = f"sinebar instruments credentials {server.address} --certificate FILE --private-key FILE"
            self._say(f"{NO_CERTIFICATE} Give it one first: {keep}", "warn")
        elif server.trusted == seen.fingerprint:
            self._say(f"It is the one that is trusted.{_ends(seen)}", "warn" if _ends(seen) else "good")
        elif server.trusted:
            self._say(
                "It is another certificate than the trusted one: it was renewed, or somebody else answers."
                f" Ask who runs the server, and compare it.{_ends(seen)}",
                "alarm",
            )
        elif server.authority:
            self._say(
                f"Trusted is what {server.authority} vouches for; the line finds out whether that is so for this one."
                f" To trust this certificate takes the authority's place.{_ends(seen)}",
                "muted",
            )
        else:
            self._say(f"Nobody has said yet that it is to be trusted.{_ends(seen)}", "warn")

    def _say(self, text: str, role: str) -> None:
        set_role(self._verdict, role)
        self._verdict.setText(text)

    def _set_buttons(self) -> None:
        seen, server = self._seen, self._servers.get(self._table.chosen)
        can = seen is not None and server is not None and server.is_checked and server.trusted != seen.fingerprint
        self._compared.setEnabled(can and not self._is_busy)
        self._reason.setEnabled(can and not self._is_busy)
        self._trust.setEnabled(can and not self._is_busy and self._compared.isChecked())
        self._take.setEnabled(bool(server and (server.trusted or server.authority)) and not self._is_busy)
        self._again.setEnabled(server is not None and not self._is_busy)

    # --- the deeds ---------------------------------------------------------------------------------------------------

    def _ask_to_take(self) -> None:
        address = self._table.chosen

        def give(answers: Answers, done: Done, failed: Failed) -> None:
            def taken() -> None:
                done()
                self._done()

            self._deeds.distrust(address, answers["reason"], taken, failed)

        question = Ask(
            self,
            self._theme,
            f"Take trust away from {address}",
            "The line reads nothing there any longer, until a person trusts the server again.",
            [Question("reason", "Why?", Kind.TEXT)],
            "Take trust away",
            give,
        )
        question.open()

    def _begin(self) -> None:
        self._is_busy = True
        self._wrong.hide()
        self._set_buttons()

    def _done(self) -> None:
        self._deeds.read(self._show_anew)

    def _show_anew(self, servers: list[Server]) -> None:
        self._is_busy = False
        self._compared.setChecked(False)
        self._reason.clear()
        self._show_servers(servers)
        self._show_certificate()
        self._judge()

    def _failed(self, error: Expected) -> None:
        self._is_busy = False
        self._wrong.setText(f"{error.sentence} {error.next_step}".strip())
        self._wrong.show()
        self._set_buttons()

    # --- building ----------------------------------------------------------------------------------------------------

    def _fingerprint(self, name: str) -> QLabel:
        shown = label(name=name)
        shown.setStyleSheet(
            f"font-family: '{_FAMILY}', monospace; font-size: {self._theme.pixels(_FINGERPRINT_SIZE)}px;"
        )
        shown.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        return shown

    def _lay_out(self) -> None:
        frame, inside = card()
        inside.addWidget(self._verdict)
        columns = QGridLayout()
        columns.setHorizontalSpacing(28)
        columns.addWidget(self._fields, 0, 0, Qt.AlignmentFlag.AlignTop)
        prints = QVBoxLayout()
        prints.setSpacing(4)
        prints.addWidget(label("The server shows, SHA-256", "field"))
        prints.addWidget(self._shows)
        prints.addWidget(self._trusted_title)
        prints.addWidget(self._trusted)
        prints.addStretch(1)
        columns.addLayout(prints, 0, 1)
        columns.setColumnStretch(0, 1)
        inside.addLayout(columns)
        middle = QVBoxLayout()  # what gives way where text is large and the screen is small
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(10)
        middle.addWidget(label(_WHAT_IT_MEANS, wraps=True))
        middle.addWidget(self._table)
        middle.addWidget(frame)
        middle.addWidget(self._compared)
        middle.addWidget(label("How was it compared? This is kept in the history.", "field"))
        middle.addWidget(self._reason)
        middle.addStretch(1)
        row = QHBoxLayout()
        row.addWidget(self._take)
        row.addWidget(self._again)
        row.addStretch(1)
        row.addWidget(Button(self._theme, "Close", self.reject))
        row.addWidget(self._trust)
        layout = framed(self, "Trusted OPC UA servers")
        layout.addWidget(scrolled(middle), 1)
        layout.addWidget(self._wrong)
        layout.addLayout(row)


def _row(server: Server) -> Row:
    sign = ("verify", "muted") if server.trusted or server.authority else ("warn", "warn")
    return Row(server.address, (server.address, ", ".join(server.gauges) or "no gauge", server.trusts), sign)


def _ends(seen: ServerCertificate) -> str:
    """What time says against a certificate: the line takes no such one, whoever trusts it."""
    now = datetime.now(UTC)
    if seen.valid_until < now:
        return f" It expired on {seen.valid_until:%Y-%m-%d}: the line takes it only when it is renewed."
    if seen.valid_from > now:
        return f" It holds only from {seen.valid_from:%Y-%m-%d}: check the clocks of both computers."
    return ""
