"""Opening the dialogs of the instruments page that change what an instrument is set to, and whom the station trusts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import shiboken6

from ui.dialogs.instrument_settings import Answered, InstrumentSettings, SettingDeeds
from ui.dialogs.trust_servers import Done, Failed, TrustDeeds, TrustServers
from ui.models.instruments_trust import Server, distrust_server, read_servers, trust_server

if TYPE_CHECKING:
    from ui.models.instruments import GaugeFacts
    from ui.pages.page import Page
    from workstation.line.protocol import Answer


def change_settings(page: Page, facts: GaugeFacts) -> None:
    """Show the settings of an instrument and have one changed through the line. Needs somebody signed on."""
    if not page.somebody():
        return
    desk = page.desk

    def read(answered: Answered) -> None:
        desk.line.read_settings(facts.source, answered)

    def write(name: str, value: str, reason: str, answered: Answered) -> None:
        def told(answer: Answer) -> None:
            if answer.sentence and not shiboken6.isValid(dialog):  # it was closed meanwhile
                desk.messages.warn(answer.sentence, answer.next_step)
            elif not answer.sentence:
                from workstation.line.writes import written

                desk.messages.done(written(answer.facts))
            answered(answer)

        desk.line.write_setting(page.account, facts.source, name, value, reason, told)

    deeds = SettingDeeds(read, write, lambda: desk.go("help", "instruments-page"))
    dialog = InstrumentSettings(page, desk.theme, facts.name, deeds)
    dialog.open()


def trust_servers(page: Page, chosen: str) -> None:
    """Show whom the station trusts at its OPC UA servers, and what the `chosen` one shows. Needs somebody signed on."""
    if not page.somebody():
        return
    desk = page.desk

    def opened(servers: list[Server]) -> None:
        def read(shown: Callable[[list[Server]], None]) -> None:
            desk.operations.read("reading the trusted servers", read_servers, shown, owner=dialog, key="servers")

        def trust(address: str, fingerprint: str, reason: str, done: Done, failed: Failed) -> None:
            def did(told: str) -> None:
                desk.messages.done(f"The certificate of {address} is trusted. {told}".strip())
                done()

            operation = trust_server(page.account, address, fingerprint, reason)
            desk.operations.perform(operation, did, owner=dialog, failed=failed)

        def distrust(address: str, reason: str, done: Done, failed: Failed) -> None:
            def did(told: str) -> None:
                desk.messages.done(f"Nobody is trusted at {address} any longer. {told}".strip())
                done()

            operation = distrust_server(page.account, address, reason)
            desk.operations.perform(operation, did, owner=dialog, failed=failed)

        deeds = TrustDeeds(read, trust, distrust, lambda: desk.go("help", "servers"))
        dialog = TrustServers(page, desk.theme, servers, chosen, deeds)
        dialog.open()

    desk.operations.read("reading the trusted servers", read_servers, opened, owner=page, key="servers")
