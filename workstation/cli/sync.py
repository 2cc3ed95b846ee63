"""`sinebar sync`: share the station's journal with a hub, over a network or on a stick."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation.cli import output
from workstation.cli.identity import ask

if TYPE_CHECKING:
    from workstation.store import Store
    from workstation.sync.engine import Engine
    from workstation.sync.runner import Outcome

app = typer.Typer(help="Share the journal with a hub.", no_args_is_help=True, add_completion=False)

UrlOption = Annotated[str, typer.Option("--hub", help="The hub's address, instead of the setting sync.hub_url.")]


@app.command()
def enrol(
    ctx: typer.Context,
    url: Annotated[str | None, typer.Argument(help="The hub's address, such as https://quality.example:8480.")] = None,
    code: Annotated[str, typer.Option(help="The one-time code from the hub; asked for when left out.")] = "",
    file: Annotated[
        Path | None, typer.Option(help="Credentials carried here in a file, instead of URL and code.")
    ] = None,
    authority: Annotated[Path | None, typer.Option(help="PEM file of the authority that signed the hub.")] = None,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Make this station known to a hub, with a one-time code or with credentials carried here.

    With --authority alone an enrolled station trusts a hub whose certificate was renewed.
    """
    from workstation.errors import CallIsWrong
    from workstation.sync import enrolment, session

    station_home = output.home_of(ctx, home)
    if url is None and file is None and authority is not None:
        credentials = enrolment.load_credentials(station_home)
        session.trust(station_home, authority)
        told = {"station": credentials.station, "hub": credentials.hub}
        output.Printer(ctx, as_json).result(told, f"This station trusts a hub whose certificate {authority} signed.")
        return
    if (url is None) == (file is None):
        raise CallIsWrong("Name either the hub's address or a file.", "See 'sinebar sync enrol --help'.")
    if file is not None:
        credentials = enrolment.read_carried(file)
        session.open_station(station_home).close()
        enrolment.save_credentials(station_home, credentials)
        if authority is not None:
            session.trust(station_home, authority)
    else:
        code = code or ask("The code from the hub", hidden=False, instead="Give it with --code.")
        credentials = session.enrol(station_home, str(url), code, authority)
    output.Printer(ctx, as_json).result(
        {"station": credentials.station, "hub": credentials.hub}, "This station is enrolled."
    )


@app.command()
def run(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Send what is waiting, then end.")] = False,
    hub: UrlOption = "",
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Send new journal entries to the hub; goes on until Ctrl-C unless --once is given. Exit 3 when the hub is away."""
    from workstation import settings
    from workstation.sync.session import session

    station_home = output.home_of(ctx, home)
    printer = output.Printer(ctx, as_json)
    with session(station_home, url=hub) as (store, engine):
        if once:
            done = engine.round()
            same = f"both hold {done.totals.count} entries and {done.totals.readings} readings"
            printer.result(done, f"{done.sent} entries sent, {done.readings} readings in them; {same}.")
            return
        interval = settings.load(station_home).get(settings.SYNC_SECONDS)
        _run_on(store, engine, interval, printer)


def _run_on(store: Store, engine: Engine, interval: float, printer: output.Printer) -> None:
    import signal

    from workstation.stop import Stop
    from workstation.sync.outbox import Outbox
    from workstation.sync.runner import keep_in_step

    stop = Stop()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    keep_in_step(engine, Outbox(store).end, stop, interval=interval, tell=lambda outcome: _tell(printer, outcome))


def _tell(printer: output.Printer, outcome: Outcome) -> None:
    """One line an attempt that changed something or failed."""
    stamp = datetime.now(UTC).strftime("%H:%M:%S")
    if outcome.problem is not None:
        data = {"problem": outcome.problem.sentence, "wait": round(outcome.wait, 1)}
        printer.result(data, f"{stamp}  {outcome.problem}  Next attempt in {outcome.wait:.0f} s.")
    elif outcome.done is not None and outcome.done.sent:
        printer.result(
            outcome.done, f"{stamp}  {outcome.done.sent} entries sent; the hub has {outcome.done.totals.count}."
        )


@app.command()
def status(ctx: typer.Context, home: output.HomeOption = None, as_json: output.JsonOption = False) -> None:
    """Say what waits here, what the hub has acknowledged, and when they last spoke. Needs no network."""
    from workstation import settings
    from workstation.cli.reading import station_to_read
    from workstation.sync.outbox import Outbox
    from workstation.sync.state import StateFile

    station_home = output.home_of(ctx, home)
    with station_to_read(ctx, home) as station:
        end, _ = Outbox(station.store).end()
    state = StateFile(station_home).read()
    address = state.hub or settings.load(station_home).get(settings.HUB_URL)
    facts = {
        "hub": address,
        "entries": end,
        "acknowledged": state.acknowledged.count,
        "pending": max(end - state.acknowledged.count, 0),
        "readings_acknowledged": state.acknowledged.readings,
        "bundled": state.bundled,
        "last_contact": output.utc_time(state.last_contact),
        "last_attempt": output.utc_time(state.last_attempt),
        "last_problem": state.last_problem,
        "clock_difference_seconds": round(state.clock_difference / 1e6, 3),
    }
    rows = [
        ("Hub", address or "none"),
        ("Entries here", end),
        ("Acknowledged", state.acknowledged.count),
        ("Waiting", facts["pending"]),
        ("Last contact", facts["last_contact"] or "never"),
    ]
    if state.last_problem:
        rows.append(("Last problem", f"{state.last_problem} ({facts['last_attempt']})"))
    if abs(state.clock_difference) > 300e6:
        rows.append(("Clock", f"{state.clock_difference / 1e6:+.0f} s against the hub: set one of them"))
    output.Printer(ctx, as_json).result(facts, output.table(("", ""), rows))


@app.command()
def bundle(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where to write the bundle, for a stick.")],
    after: Annotated[
        int | None, typer.Option(min=0, max=10**15, help="Begin after this entry instead of the last acknowledged.")
    ] = None,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Write what the hub has not acknowledged as a sealed bundle to carry there."""
    from workstation.sync.carrying import write_entries
    from workstation.sync.enrolment import load_credentials
    from workstation.sync.session import open_station

    station_home = output.home_of(ctx, home)
    with open_station(station_home) as store:
        manifest = write_entries(store, load_credentials(station_home), file, after=after)
    data = {
        "file": file,
        "first": manifest.first,
        "last": manifest.last,
        "entries": manifest.entries,
        "readings": manifest.readings,
        "sha256": manifest.identity(),
    }
    sentence = (
        f"{file} holds entries {manifest.first} to {manifest.last} with {manifest.readings} readings. "
        f"For the log book: {manifest.identity()}"
    )
    output.Printer(ctx, as_json).result(data, sentence)


@app.command()
def accept(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The acknowledgement that the hub wrote.")],
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Take the hub's acknowledgement of carried bundles."""
    from workstation.sync.carrying import accept_acknowledgement
    from workstation.sync.enrolment import load_credentials
    from workstation.sync.session import open_station

    station_home = output.home_of(ctx, home)
    with open_station(station_home) as store:
        totals = accept_acknowledgement(store, load_credentials(station_home), file)
    output.Printer(ctx, as_json).result(
        {"acknowledged": totals.count, "readings": totals.readings},
        f"The hub has {totals.count} entries and {totals.readings} readings of this station.",
    )
