"""`sinebar instruments`: list, check, listen to, simulate and set instruments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation.cli import output
from workstation.cli.identity import AccountOption, PasswordOption

if TYPE_CHECKING:
    from devices.profile.library import Library

app = typer.Typer(
    help="List, check, listen to, simulate and set instruments.", no_args_is_help=True, add_completion=False
)

PROFILE = typer.Argument(metavar="PROFILE", help="Id of a profile (see 'list') or a .toml file.", show_default=False)
PORT = typer.Argument(
    metavar="PORT",
    help="COM5, /dev/ttyUSB0, usb:VID:PID:SERIAL, tcp://HOST:PORT, replay:FILE; more in the help on instruments.",
    show_default=False,
)
NOBODY = "Nothing was recognised. Press the instrument's data button while probing, or try --send."
LINE = typer.Option("--line", help="Baud rate and format like '9600 8N1', where the profile asks for it.")


def library(home: Path) -> Library:
    """The station's own profiles, then those that ship with Sinebar."""
    from devices.profile.library import Library
    from resources import ROOT

    return Library((home / "profiles", ROOT / "profiles"))


@app.command()
def ports(ctx: typer.Context, as_json: output.JsonOption = False) -> None:
    """List the serial ports of this computer, with a name for each that stays when it is plugged in elsewhere."""
    from devices.discover import ports as find_ports

    found = find_ports()
    rows = [(port.device, port.stable or port.by_id, port.description, port.manufacturer) for port in found]
    shown = output.table(("port", "lasting name", "description", "maker"), rows) if rows else "There is no serial port."
    output.Printer(ctx, as_json).result({"ports": found}, shown)


@app.command("list")
def list_profiles(ctx: typer.Context, home: output.HomeOption = None, as_json: output.JsonOption = False) -> None:
    """List the instruments that Sinebar knows: the station's own profiles and those that ship with it."""
    from workstation.cli.instruments_check import load_all

    refused: list[str] = []
    profiles = load_all(library(output.home_of(ctx, home)), refused.append)
    found = [
        {
            "id": profile.id,
            "title": profile.title,
            "maker": profile.maker,
            "family": profile.family,
            "line": str(profile.serial.line or "ask") if profile.serial is not None else "",
            "certainty": profile.certainty.value,
            "version": profile.version,
            "file": profile.file,
        }
        for profile in profiles
    ]
    columns = ("id", "line", "certainty", "title")
    shown = output.table(columns, [[one[column] for column in columns] for one in found])
    printer = output.Printer(ctx, as_json)
    printer.result({"profiles": found, "refused": refused}, shown)
    for sentence in refused:
        printer.note(sentence)


@app.command()
def check(
    ctx: typer.Context,
    profile: Annotated[list[str], typer.Argument(metavar="PROFILE...", help="Ids or .toml files.")],
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Check profiles and run the tests in them; exit 1 when one fails."""
    from workstation.cli.instruments_check import check_profiles

    chosen = library(output.home_of(ctx, home))
    results = [check_profiles(chosen, name) for name in profile]
    lines = [line for result in results for line in result.lines()]
    output.Printer(ctx, as_json).result({"profiles": results}, "\n".join(lines))
    raise typer.Exit(0 if all(result.good for result in results) else 1)


@app.command()
def probe(
    ctx: typer.Context,
    port: Annotated[str, PORT],
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
    seconds: Annotated[float, typer.Option(min=0.1, max=86_400, help="How long to listen at each line setting.")] = 3.0,
    line: Annotated[str | None, LINE] = None,
    send: Annotated[bool, typer.Option("--send", help="Also send safe requests, each after asking.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --send: do not ask.")] = False,
) -> None:
    """Find out which instrument is on a port. Listens only, unless --send is given; exit 1 when none is recognised.

    Register instruments (Modbus) never speak unasked: with --send their registers are read, and never written.
    """
    from workstation.cli.instruments_check import probe_port

    printer = output.Printer(ctx, as_json)
    chosen = library(output.home_of(ctx, home))
    guesses = probe_port(chosen, port, seconds=seconds, line=line, send=send, ask=not yes, tell=printer.note)
    found = [
        {
            "id": guess.profile.id,
            "title": guess.profile.title,
            "line": str(guess.line or ""),
            "unit": guess.unit,
            "score": round(guess.score, 3),
            "readings": guess.readings,
            "asked": guess.asked,
            "sample": guess.sample,
        }
        for guess in guesses
    ]
    columns = ("score", "id", "line", "unit", "readings", "sample")
    rows = [["" if one[column] is None else one[column] for column in columns] for one in found]
    shown = output.table(columns, rows) if found else NOBODY
    printer.result({"guesses": found}, shown)
    raise typer.Exit(0 if found else 1)


@app.command()
def simulate(
    ctx: typer.Context,
    profile: Annotated[str, PROFILE],
    port: Annotated[str, typer.Argument(metavar="PORT", help="pty, pty:/path/of/link or tcp://host:port.")],
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,  # noqa: ARG001 - it always prints JSON lines
    values: Annotated[Path | None, typer.Option(help="CSV file whose values it sends, in order.")] = None,
    column: Annotated[str, typer.Option(help="Column of that file.")] = "",
    count: Annotated[int, typer.Option(min=0, max=10**12, help="Stop after so many records; 0 for no end.")] = 0,
    rate: Annotated[float, typer.Option(min=0, max=5000, help="Records a second; 0 sends only when asked.")] = 10.0,
    channel: Annotated[str, typer.Option(help="Channel it sends by itself.")] = "",
    nominal: Annotated[str, typer.Option(help="Value to scatter around when no file is given.")] = "10.000",
    spread: Annotated[str, typer.Option(help="Standard deviation of that scatter.")] = "0.005",
    fault: Annotated[list[str] | None, typer.Option(help="What it does wrong, like late or late:0.25.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed plays the same.")] = 0,
    stay: Annotated[bool, typer.Option(help="Keep the port open when the values are used up.")] = False,
) -> None:
    """Play a profile's instrument on a port. Prints a JSON line with the port's name, at the end one with counts."""
    from workstation.cli.instruments_play import Play, play

    chosen = library(output.home_of(ctx, home)).load(profile)
    settings = Play(values, column, count, rate, channel, nominal, spread, tuple(fault or ()), seed, stay)
    play(chosen, port, settings)


@app.command()
def listen(
    ctx: typer.Context,
    profile: Annotated[str, PROFILE],
    port: Annotated[str, PORT],
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,  # noqa: ARG001 - it always prints JSON lines
    count: Annotated[int, typer.Option(min=0, max=10**12, help="Stop after so many readings; 0 for no end.")] = 0,
    seconds: Annotated[float, typer.Option(min=0, max=1e9, help="Stop after so many seconds; 0 for no end.")] = 0.0,
    line: Annotated[str | None, LINE] = None,
    request: Annotated[str | None, typer.Option(help="Ask this channel again and again.")] = None,
    every: Annotated[float, typer.Option(min=0.05, max=1e9, help="Seconds between requests.")] = 1.0,
    stream: Annotated[bool, typer.Option(help="Start the instrument's continuous output.")] = False,
    record: Annotated[Path | None, typer.Option(help="Folder for the raw bytes; replay:FILE plays them again.")] = None,
) -> None:
    """Print one JSON line a reading, with its raw bytes; exit 1 when there was none."""
    from workstation.cli.instruments_play import Listening, listen_to

    station_home = output.home_of(ctx, home)
    chosen = library(station_home).load(profile)
    heard = listen_to(chosen, port, Listening(count, seconds, line, request, every, stream, record), station_home)
    raise typer.Exit(0 if heard else 1)


@app.command()
def settings(
    ctx: typer.Context,
    instrument: Annotated[
        str, typer.Argument(help="Name or serial number of a gauge of the line.", show_default=False)
    ],
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Show the settings of an instrument that may be written, with what each is now; exit 3 where one is not read."""
    from msgspec import to_builtins

    from workstation.cli.instruments_write import read_settings

    found = read_settings(output.home_of(ctx, home), instrument)
    rows = [[one.name, one.value or "not read", f"{one.minimum} to {one.maximum}", one.unit, one.why] for one in found]
    shown = output.table(("setting", "now", "allowed", "unit", "why not"), rows)
    output.Printer(ctx, as_json).result({"settings": to_builtins(found)}, shown)
    raise typer.Exit(3 if any(one.why for one in found) else 0)


@app.command()
def write(
    ctx: typer.Context,
    instrument: Annotated[
        str, typer.Argument(help="Name or serial number of a gauge of the line.", show_default=False)
    ],
    signal: Annotated[str, typer.Argument(help="A point that its profile lets be written.", show_default=False)],
    value: Annotated[str, typer.Argument(help="What it is to be, such as 21.5.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why, for the journal.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    account: AccountOption = "",
    password_stdin: PasswordOption = False,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Change a setting of an instrument through the running line, which journals it and reads it back."""
    from workstation.cli.instruments_write import Setting, write_signal
    from workstation.line.writes import written

    setting = Setting(instrument, signal, value, reason)
    done = write_signal(output.home_of(ctx, home), setting, account, password_stdin, not yes)
    output.Printer(ctx, as_json).result(done, written(done))


@app.command()
def credentials(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="opc.tcp://host:port, mqtt:// or mqtts://.")],
    user: Annotated[str, typer.Option(help="Name to sign in with; the password is asked for.")] = "",
    password_stdin: PasswordOption = False,
    certificate: Annotated[Path | None, typer.Option(help="Our certificate.", dir_okay=False)] = None,
    private_key: Annotated[Path | None, typer.Option(help="The key of our certificate.", dir_okay=False)] = None,
    authority: Annotated[Path | None, typer.Option(help="Who signed its certificate.", dir_okay=False)] = None,
    trust: Annotated[
        str, typer.Option(metavar="FINGERPRINT", help="SHA-256 of the certificate to trust at an OPC UA server.")
    ] = "",
    distrust: Annotated[bool, typer.Option("--distrust", help="Trust nobody there any longer.")] = False,
    look: Annotated[bool, typer.Option("--look", help="Show the certificate that an OPC UA server has.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Sign in as nobody from now on.")] = False,
    reason: Annotated[str, typer.Option(help="Why this one is trusted or no longer, for the journal.")] = "",
    account: AccountOption = "",
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Keep how the station signs in at a server or broker, and whom it trusts there; else, say what is kept."""
    from workstation.cli import instruments_credentials as kept
    from workstation.errors import CallIsWrong

    station_home, place = output.home_of(ctx, home), kept.address_of(address)
    whom = bool(authority or trust or distrust or forget)
    is_theirs = password_stdin and (bool(user) or not whom)  # else it is the password of who says whom to trust
    given = kept.Given(user, is_theirs, certificate, private_key, authority, trust, distrust, forget)
    if (forget or look) and (given != kept.Given(forget=forget) or forget == look):
        raise CallIsWrong("--forget and --look keep nothing.", "Give each alone.")
    if not given.is_empty:
        kept.keep(station_home, place, given, kept.Actor(account, password_stdin, reason))
    facts = kept.shown(station_home, place)
    if look:
        seen = kept.look(address)
        output.Printer(ctx, as_json).result(facts | {"server": seen}, kept.look_in_words(facts, seen))
        return
    output.Printer(ctx, as_json).result(facts, kept.sentence(facts))
