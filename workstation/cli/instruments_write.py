"""What `sinebar instruments settings` and `write` do: ask the running line, which reads, allows, journals, writes."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

import typer

from workstation.cli.identity import act_as
from workstation.errors import CallIsWrong, Refused
from workstation.line import protocol
from workstation.line.client import LineClient, LineGone
from workstation.line.writes import unanswered
from workstation.station import Station


@dataclass(frozen=True, slots=True)
class Setting:
    """A signal of an instrument and what it is to become."""

    instrument: str
    signal: str
    value: str
    reason: str


def write_signal(home: Path, setting: Setting, account: str, password_stdin: bool, ask: bool) -> dict[str, str]:
    """Change a setting on behalf of an account: instrument, signal, old, new and unit.

    Raises Refused with the line's reason, LineNotRunning when nobody could journal it.
    """
    with Station.open(home, create=False) as station:
        actor, _ = act_as(station, account, password_stdin)
    if ask:
        _confirm(setting)
    return asyncio.run(_tell_line(home, setting, actor))


def _confirm(setting: Setting) -> None:
    question = f"Set {setting.signal} of {setting.instrument} to {setting.value}?"
    if not sys.stdin.isatty():
        raise CallIsWrong(f"{question} There is no terminal to ask at.", "Give --yes to do it without being asked.")
    typer.confirm(question, abort=True, err=True)


def read_settings(home: Path, instrument: str) -> tuple[protocol.Setting, ...]:
    """The settings of an instrument as it holds them now. Raises Refused with the line's reason, LineNotRunning."""

    async def ask() -> protocol.Answer:
        async with await LineClient.connect(home, "sinebar instruments settings", announcements=False) as client:
            return await client.ask(lambda number: protocol.ReadSettings(number, instrument))

    answer = asyncio.run(ask())
    if answer.sentence:
        raise Refused(answer.sentence, answer.next_step)
    return answer.settings


async def _tell_line(home: Path, setting: Setting, account: str) -> dict[str, str]:
    async with await LineClient.connect(home, "sinebar instruments write", announcements=False) as client:
        try:
            answer = await client.ask(
                lambda number: protocol.WriteSignal(
                    number, account, setting.instrument, setting.signal, setting.value, setting.reason
                )
            )
        except LineGone as error:
            raise unanswered(setting.signal) from error
    if answer.sentence:
        raise Refused(answer.sentence, answer.next_step)
    return answer.facts
