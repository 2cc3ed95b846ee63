"""What the shell does once the station is open: its commands, the facts at its foot, the counts beside the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from ui.kit.commands import Command
from ui.kit.operations import Change, Operations
from ui.kit.theme import Scheme
from ui.models.deeds import keep_setting
from ui.models.facts import Facts, HubState, read_facts, read_hub
from ui.models.line import Line
from ui.pages.directory import ENTRIES
from ui.widgets.ports import SIGNS
from workstation import settings as declared
from workstation.settings import Setting

if TYPE_CHECKING:
    from ui.window import Window
    from workstation.line.protocol import Answer


_HUB_MILLISECONDS = 5000


class Shell(QObject):
    """Keeps the strip at the foot true and answers the commands that belong to no page."""

    def __init__(self, window: Window, operations: Operations, line: Line) -> None:
        super().__init__(window)
        self._window, self._operations, self._line = window, operations, line
        line.state_changed.connect(self._show_line)
        window.session.changed.connect(self._show_operator)
        operations.changed.connect(self._changed)
        window.commands.add(self._commands())
        self._hub_timer = QTimer(self)
        self._hub_timer.timeout.connect(self._ask_hub)
        self._hub_timer.start(_HUB_MILLISECONDS)
        self._show_line()
        self._show_operator()
        self._changed(())

    def stop(self) -> None:
        """Ask no more: the window closes."""
        self._hub_timer.stop()

    # --- the foot ----------------------------------------------------------------------------------------------------

    def _show_line(self) -> None:
        line, strip = self._line, self._window.status
        if not line.is_attached:
            strip["line"].say("silent", "warn", "Line not attached", f"{line.sentence} {line.next_step}".strip())
        elif line.failure is not None:
            strip["line"].say("alarm", "alarm", "Not keeping", line.failure.sentence)
        elif line.snapshot is not None and line.snapshot.supervision == "lost":
            told = "Nobody would start the line again after a crash. Start it anew with 'sinebar line run'."
            strip["line"].say("line", "warn", "Line attached, alone", told)
        else:
            strip["line"].say("line", "good", "Line attached", self._latency())
        self._show_ports()
        self._show_operator()

    def _latency(self) -> str:
        snapshot = self._line.snapshot
        if snapshot is None or snapshot.latency_median is None:
            return "What it announces is on disk."
        return f"What it announces is on disk. Last byte to commit: {snapshot.latency_median / 1000:.1f} ms (median)."

    def _show_ports(self) -> None:
        cell, ports = self._window.status["ports"], self._line.ports.values()
        if not self._line.is_attached:
            cell.say("port", "muted", "Instruments not known", "Their state comes with the line.")
            return
        if not ports:
            cell.say("port", "muted", "No instruments", "Add a gauge to the plan, then start the line again.")
            return
        ready = sum(port.status == "ready" for port in ports)
        worst = max(ports, key=lambda port: ("ready", "opening", "silent", "error").index(port.status))
        icon, ink, _ = SIGNS.get(worst.status, ("warn", "warn", worst.status))
        tip = "\n".join(f"{port.source} at {port.port}: {port.status}. {port.detail}" for port in ports)
        all_ready = ready == len(ports)
        cell.say("port" if all_ready else icon, ink, f"{ready} of {len(ports)} instruments ready", tip)

    def _show_operator(self) -> None:
        session, cell = self._window.session, self._window.status["operator"]
        if session.is_signed_on:
            cell.say("operator", "good", session.full_name, "What is done here is signed with this name.")
        elif self._line.operator:
            tip = "Readings are attributed to this account. Sign on to work on records in this window."
            cell.say("operator", "muted", f"Line: {self._line.operator}", tip)
        else:
            cell.say("operator", "muted", "Nobody signed on", "Press here to sign on.")

    def _show_facts(self, facts: Facts) -> None:
        for name, count in facts.open_records.items():
            self._window.navigation.show_count(name, count)
        self._show_hub(facts.hub)

    def _ask_hub(self) -> None:
        """The hub is served by another process: how it stands is asked of its small file, not of the store."""
        self._operations.read("looking how the hub stands", read_hub, self._show_hub, owner=self, key="hub")

    def _show_hub(self, hub: HubState) -> None:
        self._window.status["hub"].say(hub.icon, hub.ink, hub.text, hub.tip)

    def _changed(self, _changes: tuple[Change, ...]) -> None:
        self._operations.read("counting open records", read_facts, self._show_facts, owner=self, key="facts")

    # --- commands ----------------------------------------------------------------------------------------------------

    def _commands(self) -> list[Command]:
        window = self._window
        commands = [
            Command("station.sign-on", "Sign on", self._sign_on, "Ctrl+L", "Station", "operator"),
            Command("station.sign-off", "Sign off", self._sign_off, "", "Station", when=self._is_signed_on),
            Command("station.reload", "Have the line read the plan again", self._reload, "", "Station", "refresh"),
            Command("station.close", "Close the window", self._close, "Ctrl+Q", "Station"),
        ]
        for number, entry in enumerate(ENTRIES, start=1):
            if entry.name != "help":
                commands.append(
                    Command(f"go.{entry.name}", f"Go to {entry.title}", self._goer(entry.name), f"Ctrl+{number}", "Go",
                            entry.icon)
                )  # fmt: skip
        commands += [
            Command("go.back", "Go back", window.go_back, "Alt+Left", "Go", "back", window.can_go_back),
            Command("view.refresh", "Read this page again", self._refresh, "F5", "View", "refresh"),
            Command("view.light", "Light colors", lambda: self._colour(Scheme.LIGHT), "", "View", "appearance"),
            Command("view.dark", "Dark colors", lambda: self._colour(Scheme.DARK), "", "View", "appearance"),
            Command("view.system", "Colors as the system has them", lambda: self._colour(Scheme.SYSTEM), "", "View",
                    "appearance"),
            Command("view.larger", "Larger text", lambda: self._enlarge(1), "Ctrl++", "View"),
            Command("view.smaller", "Smaller text", lambda: self._enlarge(-1), "Ctrl+-", "View"),
            Command("view.normal", "Normal text size", lambda: self._enlarge(0), "Ctrl+0", "View"),
            Command("view.full-screen", "Full screen", self._full_screen, "F11", "View"),
            Command("help.this-page", "Help on this page", self._help, "F1", "Help", "help"),
            Command("help.start", "Start here", lambda: window.go("help", "start-here"), "", "Help", "help"),
            Command("help.commands", "All commands…", self._palette, "Ctrl+K", "Help", "command"),
        ]  # fmt: skip
        return commands

    def _colour(self, scheme: Scheme) -> None:
        self._window.theme.choose(scheme)
        self._keep(declared.WINDOW_THEME, str(scheme))

    def _enlarge(self, steps: int) -> None:
        theme = self._window.theme
        theme.enlarge(steps)
        self._keep(declared.WINDOW_TEXT, str(round(100 * theme.scale)))

    def _keep(self, setting: Setting[Any], value: str) -> None:
        """What was chosen in the window is there again at its next start."""
        self._operations.perform(keep_setting(setting.key, value), owner=self)

    def _goer(self, name: str) -> Callable[[], None]:
        return lambda: self._window.go(name)

    def _is_signed_on(self) -> bool:
        return self._window.session.is_signed_on

    def _sign_on(self) -> None:
        from ui.dialogs.sign_on import SignOn

        SignOn(self._window, self._window.theme, self._operations, self._line, self._window.session).open()

    def _sign_off(self) -> None:
        self._window.session.end()
        self._window.messages.done("You signed off. Readings stay attributed to the line's operator.")

    def _reload(self) -> None:
        def answered(answer: Answer) -> None:
            if answer.sentence:
                self._window.messages.warn(answer.sentence, answer.next_step)
            else:
                self._window.messages.done("The line has read plan, bindings and limits again.")

        self._line.reload(answered)

    def _refresh(self) -> None:
        if (page := self._window.page) is not None:
            page.renew()
        self._changed(())

    def _close(self) -> None:
        self._window.close()

    def _full_screen(self) -> None:
        if self._window.isFullScreen():
            self._window.showNormal()
        else:
            self._window.showFullScreen()

    def _help(self) -> None:
        page = self._window.page
        self._window.go("help", page.help_page if page is not None else "start-here")

    def _palette(self) -> None:
        from ui.kit.palette import CommandPalette

        CommandPalette(self._window.theme, self._window.commands, self._window).open()
