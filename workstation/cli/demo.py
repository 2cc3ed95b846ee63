"""`sinebar demo`: the whole line on simulated instruments over real ports, then a report."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from workstation.cli import output
from workstation.errors import ExitCode

if TYPE_CHECKING:
    from workstation.demonstration.summary import Summary

app = typer.Typer(help="Show the whole line on simulated instruments over real ports.", add_completion=False)


@app.command()
def demo(
    ctx: typer.Context,
    headless: bool = typer.Option(False, "--headless", help="Open no window, even where there is a display."),
    speed: float = typer.Option(1.0, "--speed", min=0.1, max=50.0, help="How many times faster the gauge sends."),
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Play the published piston-ring data through the whole line; exit 1 when any figure is not as it must be."""
    from workstation.demonstration.run import run

    printer = output.Printer(ctx, as_json)
    given = home or ctx.find_root().params.get("home")
    chosen = Path(given).expanduser().absolute() if given else Path(tempfile.mkdtemp(prefix="sinebar-demo-"))
    window: list[subprocess.Popen[bytes]] = []
    progress = _Progress(printer)
    try:
        summary = run(
            chosen,
            speed=speed,
            say=progress.say,
            progress=progress.count,
            show=None if headless or not _display() else lambda place: window.append(_open_window(place)),
        )
    finally:
        progress.end()
    printer.result(summary.to_dict(), _shown(summary))
    for opened in window:
        printer.note("The window stays open; close it when you have seen enough.")
        opened.wait()
    if not summary.holds:
        raise typer.Exit(int(ExitCode.ANSWER_IS_NO))


def _display() -> bool:
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        return False
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open_window(home: Path) -> subprocess.Popen[bytes]:
    from workstation.line.supervisor import program, surroundings

    return subprocess.Popen(program("--home", str(home)), env=surroundings(), stdin=subprocess.DEVNULL)


class _Progress:
    """Steps as lines, and a counter of readings on a terminal."""

    def __init__(self, printer: output.Printer) -> None:
        self._printer = printer
        self._live = not printer.as_json and sys.stderr.isatty()
        self._shown = False

    def say(self, step: str) -> None:
        self.end()
        self._printer.note(f"· {step}")

    def count(self, done: int, of: int) -> None:
        if self._live:
            filled = 40 * done // max(of, 1)
            sys.stderr.write(f"\r  {'━' * filled}{'─' * (40 - filled)} {done} of {of} readings kept")
            sys.stderr.flush()
            self._shown = True

    def end(self) -> None:
        if self._shown:
            sys.stderr.write("\n")
            self._shown = False


def _shown(summary: Summary) -> str:
    facts = summary.facts
    lines = [
        "",
        f"Readings sent by the simulated gauge  {facts['readings_sent']}",
        f"Kept and judged                       {facts['readings_kept']} in {facts['subgroups_judged']} subgroups",
        f"Last byte to commit                   {facts['milliseconds_to_commit_median']} ms median, "
        f"{facts['milliseconds_to_commit_p99']} ms 99th percentile",
        f"Alarms at subgroups                   {', '.join(map(str, facts['alarms']))}",
        f"Nonconformance, corrective action     {facts['nonconformance']}, {facts['capa']}",
        f"On the hub                            {facts['hub_entries']} entries, {facts['hub_readings']} readings; "
        f"{facts['pending_while_hub_away']} entries were sent when it came back",
        f"Journal                               {facts['journal_entries']} entries, head {facts['journal_head'][:16]}…",
        "",
    ]
    width = max(len(check.name) for check in summary.checks)
    for check in summary.checks:
        mark = "✓" if check.holds else "✗"
        wrong = "" if check.holds else f"   must be {check.expected}"
        lines.append(f"{mark} {check.name.ljust(width)}  {check.found}{wrong}")
    lines += ["", f"Took {facts['seconds']} s. Written:"]
    lines += [f"  {path}" for path in summary.written]
    lines += ["", f"The station is in {facts['home']}: open it with  sinebar --home {facts['home']}"]
    return "\n".join(lines)
