"""`sinebar hub`: run the server that the stations of a plant share, and look after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation.cli import output

if TYPE_CHECKING:
    from collections.abc import Callable

    from workstation.hub.hub import Hub
    from workstation.wire.messages import Credentials

app = typer.Typer(
    help="Run the server that a plant's stations share, and look after it.", no_args_is_help=True, add_completion=False
)

DataOption = Annotated[
    Path, typer.Option("--data", help="Folder that holds everything of the hub.", envvar="SINEBAR_HUB", file_okay=False)
]


def _without_password(ctx: typer.Context, given: typer.CallbackParam, url: str | None) -> str | None:
    """An address given on the command line holds no password: everyone on the computer can read process lists."""
    source = ctx.get_parameter_source(given.name or "")
    if url is not None and source is not None and source.name == "COMMANDLINE":
        from workstation.hub.postgres import refuse_password

        refuse_password(url)
    return url


DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        help="postgresql://user@host/name instead of a file.",
        envvar="SINEBAR_HUB_DATABASE",
        callback=_without_password,
    ),
]
NameArgument = Annotated[str, typer.Argument(help="The station's name.")]


@app.command()
def serve(
    ctx: typer.Context,
    data: DataOption,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any free one.")] = 8480,
    certificate: Annotated[Path | None, typer.Option(help="PEM certificate: the hub then speaks HTTPS.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM key of the certificate.")] = None,
    plain_http: Annotated[
        bool, typer.Option("--plain-http", help="Allow another address than loopback without HTTPS (behind a proxy).")
    ] = False,
    database: DatabaseOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Serve stations until Ctrl-C. Prints its address once it takes connections."""
    from workstation.hub.serve import Listen
    from workstation.hub.serve import serve as run

    printer = output.Printer(ctx, as_json)

    def ready(address: str) -> None:
        printer.result({"address": address}, f"The hub listens on {address}. Ctrl-C ends it.")

    run(data, Listen(host, port, certificate, key, plain_http), url=database, ready=ready)


def _open(data: Path, database: str | None) -> Hub:
    """The hub of a folder that has one."""
    from workstation.errors import CallIsWrong
    from workstation.hub import database as database_file
    from workstation.hub import epoch
    from workstation.hub.hub import Hub

    if database is None and not any((data / name).is_file() for name in (database_file.FILE, epoch.FILE)):
        raise CallIsWrong(f"There is no hub in {data}.", "Start one there with `sinebar hub serve --data DIR`.")
    return Hub.open(data, url=database)


@app.command()
def enrol(
    ctx: typer.Context,
    name: NameArgument,
    data: DataOption,
    valid_hours: Annotated[float, typer.Option(help="How long the code may be used.")] = 24.0,
    reader: Annotated[bool, typer.Option("--reader", help="For a program that reads all stations' journals.")] = False,
    offline: Annotated[Path | None, typer.Option(help="Write credentials to carry there, instead of a code.")] = None,
    database: DatabaseOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Make a one-time code with which the station NAME enrols itself; the first call also makes the hub's folder."""
    from workstation.hub.hub import Hub
    from workstation.hub.stations import READER, STATION

    printer = output.Printer(ctx, as_json)
    with Hub.open(data, url=database) as hub:
        if offline is not None:
            _write_secret(offline, lambda: hub.stations.enrol_by_hand(name))
            printer.result({"file": offline}, f"{offline} opens this hub for {name}: carry it there, then destroy it.")
            return
        code = hub.stations.offer(name, role=READER if reader else STATION, valid_hours=valid_hours)
    data_out = {"station": name, "code": code, "valid_hours": valid_hours}
    printer.result(data_out, f"{code}\nThe station {name} enrols with this code within {valid_hours:g} hours, once.")


def _write_secret(target: Path, make: Callable[[], Credentials]) -> None:
    """Write credentials to a new file for this user's eyes only; nobody is enrolled when it cannot be written."""
    import os

    from workstation.errors import SurroundingsFailed
    from workstation.wire.messages import packed

    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SurroundingsFailed(f"{target} cannot be written: {error.strerror}.", "Give a new file's name.") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(packed(make()))
            file.flush()
            os.fsync(file.fileno())  # the hub's database has them for good
    except BaseException:
        target.unlink(missing_ok=True)
        raise


@app.command()
def renew(
    ctx: typer.Context,
    name: NameArgument,
    data: DataOption,
    file: Annotated[Path, typer.Option(help="Where to write the new credentials.")],
    database: DatabaseOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Give a station new credentials, to carry there; the old ones end at once, a revocation too."""
    with _open(data, database) as hub:
        _write_secret(file, lambda: hub.stations.renew(name))
    output.Printer(ctx, as_json).result(
        {"station": name, "file": file}, f"{file} opens this hub for {name}: 'sinebar sync enrol --file' there."
    )


@app.command()
def revoke(
    ctx: typer.Context,
    name: NameArgument,
    data: DataOption,
    database: DatabaseOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Shut a station out; what it sent stays."""
    with _open(data, database) as hub:
        hub.stations.revoke(name)
    output.Printer(ctx, as_json).result({"station": name, "revoked": True}, f"{name} is shut out.")


@app.command()
def stations(
    ctx: typer.Context, data: DataOption, database: DatabaseOption = None, as_json: output.JsonOption = False
) -> None:
    """List the stations: entries and readings the hub has of each, last contact."""
    with _open(data, database) as hub:
        known = hub.stations.all()
    facts = [
        {
            "name": s.name,
            "role": s.role,
            "entries": s.totals.count,
            "readings": s.totals.readings,
            "head": s.totals.hash,
            "digest": s.totals.digest,
            "last_contact": output.utc_time(s.last_contact_at),
            "revoked": s.revoked_at is not None,
        }
        for s in known
    ]
    rows = [
        (
            s.name,
            s.role + (", revoked" if s.revoked_at else ""),
            s.totals.count,
            s.totals.readings,
            output.utc_time(s.last_contact_at),
        )
        for s in known
    ]
    shown = output.table(("Station", "Role", "Entries", "Readings", "Last contact"), rows)
    output.Printer(ctx, as_json).result({"stations": facts}, shown)


@app.command()
def events(
    ctx: typer.Context,
    data: DataOption,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The latest so many.")] = 50,
    database: DatabaseOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """List what honest stations do not do: the latest first."""
    with _open(data, database) as hub:
        found = hub.stations.security_events(limit)
    rows = [(output.utc_time(e.at), e.station, e.kind, e.detail) for e in found]
    shown = output.table(("Time", "Station", "Event", "Detail"), rows) if rows else "No security events."
    output.Printer(ctx, as_json).result({"events": found}, shown)


@app.command()
def accept(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The bundle a station wrote.")],
    data: DataOption,
    acknowledgement: Annotated[Path | None, typer.Option(help="Where to write the answer to carry back.")] = None,
    database: DatabaseOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Take a carried bundle; exit 1 when it is damaged, was taken before or leaves a gap."""
    from workstation.hub.bundles import accept_bundle

    with _open(data, database) as hub:
        taken = accept_bundle(hub, file, acknowledgement)
    sentence = (
        f"Entries {taken.first} to {taken.last} of {taken.station}: {taken.applied} new, {taken.duplicates} known. "
        f"The hub now has {taken.head.count} entries and {taken.head.readings} readings of it."
    )
    import msgspec

    output.Printer(ctx, as_json).result(
        {
            "station": taken.station,
            "applied": taken.applied,
            "duplicates": taken.duplicates,
            "head": msgspec.to_builtins(taken.head),
        },
        sentence,
    )


@app.command()
def acknowledge(
    ctx: typer.Context,
    name: NameArgument,
    file: Annotated[Path, typer.Argument(help="Where to write the acknowledgement.")],
    data: DataOption,
    database: DatabaseOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Write an acknowledgement for a station again."""
    from workstation.hub.bundles import write_acknowledgement

    with _open(data, database) as hub:
        head = write_acknowledgement(hub, name, file)
    output.Printer(ctx, as_json).result(
        {"station": name, "file": file, "entries": head.count},
        f"{file} acknowledges {head.count} entries to {name}.",
    )


@app.command()
def verify(
    ctx: typer.Context, data: DataOption, database: DatabaseOption = None, as_json: output.JsonOption = False
) -> None:
    """Recompute every hash and digest from what the hub keeps; exit 1 naming the first record that is wrong."""
    from workstation.errors import Refused
    from workstation.hub.queries import Finding

    with _open(data, database) as hub:
        checked = 0
        for station in hub.stations.all():
            found = hub.queries.recounted(station)
            if isinstance(found, Finding):
                raise Refused(
                    f"Station {found.station}, entry {found.seq}: {found.sentence}.",
                    "Keep this database for the auditor and put back the newest good backup.",
                )
            checked += found.count
    output.Printer(ctx, as_json).result({"entries": checked, "verified": True}, f"{checked} entries verified.")
