"""`sinebar doctor`: look at everything a station needs, and say of each what is wrong and what to do."""

from __future__ import annotations

import asyncio
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from workstation.cli import output
from workstation.errors import ExitCode, Expected

if TYPE_CHECKING:
    from devices.errors import DeviceError
    from workstation.catalog.values import Gauge
    from workstation.line.advice import Feed
    from workstation.station import Station

app = typer.Typer(add_completion=False)

_LITTLE_ROOM = 500 * 1024 * 1024
"""Bytes of free disk below which the doctor warns."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `state` is good, warning or wrong; `next_step` what to do when it is not good."""

    what: str
    state: str
    sentence: str
    next_step: str = ""


@app.command("doctor")
def doctor(ctx: typer.Context, home: output.HomeOption = None, as_json: output.JsonOption = False) -> None:
    """Look at disk, settings, database, profiles, ports and line; change nothing. Exit 3 when anything is wrong."""
    station_home = output.home_of(ctx, home)
    findings = list(_examine(station_home))
    wrong = [one for one in findings if one.state == "wrong"]
    rows = [(one.state, one.what, f"{one.sentence} {one.next_step}".strip()) for one in findings]
    output.Printer(ctx, as_json).result(
        {"home": station_home, "healthy": not wrong, "findings": findings}, output.table(("", "what", ""), rows)
    )
    if wrong:
        raise typer.Exit(int(ExitCode.SURROUNDINGS_FAILED))


def _examine(home: Path) -> Iterator[Finding]:
    from workstation import __version__
    from workstation.station import Station

    yield Finding("Sinebar", "good", f"{__version__}, Python {platform.python_version()}, {platform.platform()}.")
    yield _tried("settings", lambda: _settings(home))
    yield _tried("instrument profiles", lambda: _profiles(home))
    try:
        station = Station.open_to_read(home)
    except Expected as error:
        yield _disk(home)
        yield Finding("database", "wrong", error.sentence, error.next_step)
        return
    with station:
        if how := station.store.how_read:
            yield Finding("home", "warning", how, "To measure here, give this account the right to write.")
        else:
            yield _disk(home)
        yield _tried("database", lambda: _database(station))
        yield from _gauges(station)
        yield _line(station)


def _tried(what: str, look: Callable[[], Finding]) -> Finding:
    from workstation.cli.output import said

    try:
        return look()
    except Exception as error:
        told = said(error)
        if told is None:
            raise
        return Finding(what, "wrong", told[0], told[1])


def _disk(home: Path) -> Finding:
    place = next((folder for folder in (home, *home.parents) if folder.is_dir()), Path(home.anchor))
    free = shutil.disk_usage(place).free
    sentence = f"{free / 1e9:.1f} GB are free where {home} is."
    if free < _LITTLE_ROOM:
        return Finding("disk", "warning", sentence, "Make room before the line has to stop.")
    return Finding("disk", "good", sentence)


def _settings(home: Path) -> Finding:
    from workstation import settings

    changed = settings.load(home).changed
    return Finding("settings", "good", f"Changed from their defaults: {len(changed)}.")


def _profiles(home: Path) -> Finding:
    from workstation.line.ports import library

    profiles = library(home)
    count = 0
    for path in profiles.paths():
        profiles.load(str(path))
        count += 1
    return Finding("instrument profiles", "good", f"{count} profiles can be read.")


def _database(station: Station) -> Finding:
    health = station.store.health()
    if health.problems:
        return Finding(
            "database", "wrong", " ".join(health.problems), "Put back the newest good copy: sinebar restore."
        )
    return Finding(
        "database",
        "good",
        f"Station {station.name}: {health.counts.entries} journal entries, {health.counts.measurements} measurements"
        f" in {health.size / 1e6:.1f} MB. 'sinebar verify' recomputes all of it.",
    )


def _gauges(station: Station) -> Iterator[Finding]:
    from workstation.catalog.gauges import gauges
    from workstation.catalog.values import GaugeStatus
    from workstation.line.advice import remarks, unreadable
    from workstation.line.ports import library

    profiles = library(station.home)
    today = datetime.now().astimezone().date().isoformat()
    with station.read() as reader:
        known = gauges(reader)
    feeds, wrong = _feeds(station), unreadable(known, profiles)
    for gauge in known:
        if gauge.status is GaugeStatus.RETIRED:
            continue
        found = _gauge(gauge, wrong.get(gauge.name))
        yield found
        if found.state != "wrong":
            for remark in remarks((feed for feed in feeds if feed.gauge == gauge.name), profiles):
                yield Finding(found.what, "warning", remark)
        if gauge.overdue(today):
            was_due = f"Its calibration was due {gauge.calibration_due}."
            yield Finding(found.what, "warning", was_due, "Record the new one: sinebar gauges calibrate.")
        if gauge.status is GaugeStatus.LOCKED:
            yield Finding(found.what, "warning", "It is locked.", "Release it: sinebar gauges release.")


def _gauge(gauge: Gauge, wrong: DeviceError | None) -> Finding:
    what, device = f"gauge {gauge.name}", gauge.port.partition("?")[0]
    if wrong is not None:
        return Finding(what, "wrong", wrong.sentence, wrong.next_step)
    if device.startswith("/") and not Path(device).exists():
        return Finding(what, "warning", f"Its port {device} is not there.", "Plug it in.")
    return Finding(what, "good", f"Reads {gauge.profile} on {gauge.port}.")


def _feeds(station: Station) -> list[Feed]:
    from workstation.line.advice import feeds_of_station

    try:
        with station.read() as reader:
            return list(feeds_of_station(reader))
    except Expected:  # that the database is damaged was said before
        return []


def _line(station: Station) -> Finding:
    from workstation.line.client import LineClient

    async def look() -> Finding:
        async with await LineClient.connect(station.home, "sinebar doctor") as client:
            told = client.snapshot
        if told.failure:
            return Finding("line", "wrong", told.failure.sentence, told.failure.next_step)
        away = [port for port in told.ports if port.status in ("error", "silent")]
        if away:
            count = f"{len(away)} of {len(told.ports)} instruments {'is' if len(away) == 1 else 'are'} not read."
            said = " ".join(f"{port.source} on {port.port}: {port.detail.rstrip('.')}." for port in away)
            return Finding("line", "warning", f"{count} {said}", "Mend what each says.")
        return Finding("line", "good", f"Runs as process {told.pid}: {told.kept} kept, {told.refused} refused.")

    reads_only = bool(station.store.how_read)
    try:
        if station.line_running():
            return asyncio.run(look())
    except Expected as error:
        return Finding("line", "warning" if reads_only else "wrong", error.sentence, error.next_step)
    if reads_only:
        return Finding("line", "good", "It does not run, and could not keep anything here.")
    return Finding(
        "line", "warning", "It does not run.", "Start it: sinebar line run, or Start the line on the station page."
    )
