"""One instrument in full: its state in a sentence, what was last heard from it, its facts, and what asks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QVBoxLayout

from ui.kit.theme import Theme
from ui.models.instruments import LOCKED, OVERDUE, Standing
from ui.models.terminal import printable
from ui.widgets.buttons import Button
from ui.widgets.picture import Picture
from ui.widgets.text import Elided, Fields, label, scrolled, set_role

_LAST_SHOWN = 24
ALL_GONE = "Its state comes with the line."
_COMMAND = "sinebar instruments credentials"
"""Where the line names the command that trusts a server, the page has a button for it."""
_LOCKED = "Its readings are refused until somebody releases it."


def _sentence(standing: Standing) -> str:
    if standing.sign == LOCKED:
        return _LOCKED
    if standing.sign == OVERDUE:
        return f"Its calibration was due {standing.facts.calibration_due}: record the new one, or lock it."
    if standing.port is None:
        return ALL_GONE
    told, command, rest = standing.port.detail.partition(_COMMAND)
    return f"{told}press Certificate… below." if command and "--trust" in rest else standing.port.detail


class Detail(QFrame):
    """Shows one standing; `asked` is called with source and channel, the others when their buttons are pressed."""

    def __init__(
        self,
        theme: Theme,
        asked: Callable[[str, str], None],
        lock: Callable[[], None],
        calibrate: Callable[[], None],
        retire: Callable[[], None],
        settings: Callable[[], None],
        trust: Callable[[], None],
    ) -> None:
        super().__init__()
        self._asked = asked
        self._standing: Standing | None = None
        self.setProperty("role", "card")
        self.setAccessibleName("The instrument")
        self._name = label(role="heading", wraps=True)
        self._picture = Picture(theme, "waiting", "muted", 22)
        self.word = label(role="muted")
        self.sentence = label(wraps=True)
        self._heard = Elided("muted")
        self._heard_as_text = Elided("muted")
        self._fields = Fields(2)
        self._channel = QComboBox()
        self._channel.setAccessibleName("Channel to read")
        self.ask = Button(theme, "Read now", self._ask, icon="refresh", primary=True)
        self.lock = Button(theme, "Lock…", lock)
        self._calibrate = Button(theme, "Calibrated…", calibrate)
        self._retire = Button(theme, "Retire…", retire)
        self.settings = Button(theme, "Settings…", settings)
        self.trust = Button(theme, "Certificate…", trust)
        self._answer = label(role="muted", wraps=True)
        self._lay_out()

    def show_standing(self, standing: Standing) -> None:
        """Show how this instrument stands now."""
        before = self._standing
        if standing == before:
            return
        self._standing = standing
        facts, port = standing.facts, standing.port
        icon, ink, word = standing.sign
        self._name.setText(facts.name)
        self._picture.show_icon(icon, ink)
        since = f" since {datetime.fromtimestamp(port.since / 1e6).astimezone():%H:%M:%S}" if port else ""
        self.word.setText(f"{word[0].upper()}{word[1:]}{since}")
        set_role(self.word, ink)
        self.sentence.setText(_sentence(standing))
        heard = standing.counts.last_bytes if standing.counts else b""
        self._show_heard((heard or (port.last_bytes if port else b""))[-_LAST_SHOWN:])
        self._fields.show_fields(
            {
                "Serial number": facts.serial_number,
                "Unit": facts.unit or "as sent",
                "Profile": facts.profile,
                "Port": facts.port,
                "Measures": "\n".join(f"{channel}: {name}" for channel, name in facts.measures),
                "Calibration due": facts.calibration,
            }
        )
        self.lock.setText("Release…" if facts.locked else "Lock…")
        self.settings.setVisible(facts.has_settings)
        self.trust.setVisible(bool(facts.server))
        if before is None or (before.facts.source, before.channels) != (facts.source, standing.channels):
            self._show_channels(standing)

    def answer(self, text: str, role: str = "muted") -> None:
        """Say what became of the request."""
        set_role(self._answer, role)
        self._answer.setText(text)

    def _show_heard(self, raw: bytes) -> None:
        self._heard.say(f"Last heard: {raw.hex(' ').upper()}" if raw else "Nothing heard yet.")
        self._heard_as_text.say(printable(raw))
        self._heard_as_text.setVisible(bool(raw))

    def _show_channels(self, standing: Standing) -> None:
        names = dict(standing.facts.measures)
        self._channel.clear()
        for channel in standing.channels:
            self._channel.addItem(f"{channel}: {names[channel]}" if channel in names else channel, channel)
        can = bool(standing.channels)
        self.ask.setEnabled(can)
        self._channel.setVisible(len(standing.channels) > 1)
        silent = standing.port is not None and not standing.port.channels
        if can:
            self.answer("")
        elif silent:
            self.answer("It cannot be asked: press its data key.")
        else:
            self.answer("It can be asked when it is connected.")

    def _ask(self) -> None:
        if self._standing is not None and (channel := self._channel.currentData()) is not None:
            self._asked(self._standing.facts.source, channel)

    def _lay_out(self) -> None:
        state = QHBoxLayout()
        state.setSpacing(8)
        state.addWidget(self._picture)
        state.addWidget(self.word, 1)
        shown = QVBoxLayout()
        shown.setContentsMargins(0, 0, 0, 0)
        shown.setSpacing(6)
        shown.addWidget(self._name)
        shown.addLayout(state)
        shown.addWidget(self.sentence)
        shown.addWidget(self._heard)
        shown.addWidget(self._heard_as_text)
        shown.addWidget(self._fields)
        shown.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(14, 10, 14, 12)
        whole.setSpacing(6)
        whole.addWidget(scrolled(shown), 1)
        whole.addWidget(self._answer)
        whole.addWidget(self._channel)
        whole.addWidget(self.ask)
        whole.addWidget(self.settings)
        whole.addWidget(self.trust)
        deeds = QHBoxLayout()
        deeds.setSpacing(8)
        deeds.addWidget(self.lock, 1)
        deeds.addWidget(self._calibrate, 1)
        deeds.addWidget(self._retire, 1)
        whole.addLayout(deeds)
