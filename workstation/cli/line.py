"""`sinebar line`: run the live line, look at it, end it. Only the process that is the line imports the line."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation.cli import output
from workstation.errors import SurroundingsFailed

if TYPE_CHECKING:
    from workstation.line import protocol

app = typer.Typer(help="Run the live line, look at it, end it.", no_args_is_help=True, add_completion=False)

_PATIENCE = 15.0
"""Seconds a line is given to keep what is in hand and end."""

SuperviseOption = Annotated[bool, typer.Option(help="Start the line again by itself after a crash.")]


@app.command()
def run(
    ctx: typer.Context,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
    supervise: SuperviseOption = True,
    worker: Annotated[bool, typer.Option("--worker", hidden=True)] = False,
) -> None:
    """Read, judge and keep readings until it is ended with Ctrl-C or 'sinebar line stop'. Needs no window."""
    station_home = output.home_of(ctx, home)
    if worker or not supervise:
        from workstation.station import run_line

        raise typer.Exit(
            run_line(station_home, supervised=worker, tell=_tell_parent if worker else _teller(ctx, as_json))
        )
    from workstation.line.supervisor import Supervisor, program

    _take_over(station_home)
    command = program("line", "run", "--worker", "--home", str(station_home))
    raise typer.Exit(Supervisor(command, _teller(ctx, as_json)).run())


@app.command()
def status(ctx: typer.Context, home: output.HomeOption = None, as_json: output.JsonOption = False) -> None:
    """Say whether the line runs, what its ports do, and how it is doing; exit 1 when it does not run."""
    snapshot = asyncio.run(_snapshot(output.home_of(ctx, home)))
    import msgspec

    output.Printer(ctx, as_json).result(msgspec.to_builtins(snapshot, builtin_types=(bytes,)), _shown(snapshot))


@app.command()
def stop(ctx: typer.Context, home: output.HomeOption = None, as_json: output.JsonOption = False) -> None:
    """End the line after it has kept what is in hand; exit 1 when it does not run."""
    station_home = output.home_of(ctx, home)
    asyncio.run(_stop(station_home))
    _wait_until_free(station_home)
    output.Printer(ctx, as_json).result({"stopped": True}, f"The line of {station_home} has ended.")


def _tell_parent(line: str) -> None:
    """What the worker says to the parent that started it; nobody hears where that is dead."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class _teller:  # noqa: N801 - used as a function that remembers how to print
    """Prints the worker's lines: `ready {...}`, `ended {...}`."""

    def __init__(self, ctx: typer.Context, as_json: bool) -> None:
        self._printer = output.Printer(ctx, as_json)

    def __call__(self, line: str) -> None:
        event, _, rest = line.partition(" ")
        try:
            told = json.loads(rest)
        except ValueError:
            self._printer.note(line)
            return
        self._printer.result({"event": event, **told}, told.get("sentence", line))


async def _snapshot(home: Path) -> protocol.Snapshot:
    from workstation.line.client import LineClient

    async with await LineClient.connect(home, "sinebar line status") as client:
        return client.snapshot


async def _stop(home: Path) -> None:
    from workstation.line import protocol
    from workstation.line.client import LineClient, LineGone

    async with await LineClient.connect(home, "sinebar line stop", announcements=False) as client:
        try:
            answer = await client.ask(protocol.Stop)
        except LineGone:
            return  # it ended faster than it answered
        if answer.sentence:
            raise SurroundingsFailed(answer.sentence, answer.next_step)


def _take_over(home: Path) -> None:
    """End a line whose parent has died, so that a supervised one takes its place; refuse when a good one runs."""
    from workstation.errors import Expected
    from workstation.line.lock import AlreadyRunning, holder

    found = holder(home)
    if found is None:
        return
    try:
        lost = asyncio.run(_snapshot(home)).supervision == "lost"
    except Expected:
        lost = False  # it starts or ends just now, or does not answer: it is there, and that is the answer
    if not lost:
        raise AlreadyRunning(home, found)
    asyncio.run(_stop(home))
    _wait_until_free(home)


def _wait_until_free(home: Path) -> None:
    from workstation.line.lock import AlreadyRunning, holder

    until = time.monotonic() + _PATIENCE
    while (found := holder(home)) is not None:
        if time.monotonic() > until:
            raise AlreadyRunning(home, found)
        time.sleep(0.05)


def _shown(snapshot: protocol.Snapshot) -> str:
    """The line's state for a person."""
    lines = [
        f"The line of station {snapshot.station} runs as process {snapshot.pid}"
        + {"lost": ", and nobody would start it again after a crash", "supervised": "", "none": ""}[
            snapshot.supervision
        ]
        + ".",
        f"Plan: {snapshot.plan or 'none is effective'}. Operator: {snapshot.operator or 'nobody signed on'}.",
        f"Kept {snapshot.kept}, judged {snapshot.judged} subgroups, refused {snapshot.refused},"
        f" discarded {snapshot.discarded}, waiting {snapshot.waiting}.",
    ]
    if snapshot.latency_median is not None and snapshot.latency_p99 is not None:
        lines.append(
            f"Last byte to commit: median {snapshot.latency_median / 1000:.1f} ms,"
            f" 99 of 100 within {snapshot.latency_p99 / 1000:.1f} ms."
        )
    if snapshot.failure:
        lines.append(f"NOT KEEPING: {snapshot.failure.sentence} {snapshot.failure.next_step}")
    lines += [f"{port.source} on {port.port}: {port.status}. {port.detail}".rstrip() for port in snapshot.ports]
    return "\n".join(lines)
