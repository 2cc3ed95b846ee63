"""`sinebar sensors`: continuous channels as they stand, what was kept of them, and their alarms."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workstation.cli import output
from workstation.errors import CallIsWrong

if TYPE_CHECKING:
    from workstation.catalog.rollups import RollUp
    from workstation.insight.sensors import Resolution, SensorAlarm, SensorChannel
    from workstation.line.samples import RawSample
    from workstation.station import Station
    from workstation.store import Reader

app = typer.Typer(help="Look at what the sensors kept.", no_args_is_help=True, add_completion=False)

_USUAL_SPAN = {"raw": 3600, "minute": 86_400, "hour": 30 * 86_400}
"""Seconds that are shown of each resolution when no --from is given."""
_END_OF_TIME = 253_402_214_400_000_000
"""The last day a calendar has a name for, 9999-12-31, in UTC microseconds."""
_EXTRA_DECIMALS = 4
"""Decimals that a mean and a standard deviation have beyond the characteristic's own."""
RAW_COLUMNS = ("characteristic", "observed_at", "value", "unit", "quality")
SLOT_COLUMNS = (
    "characteristic", "start", "seconds", "count", "bad", "mean", "standard_deviation", "minimum", "maximum",
    "first_at", "last_at", "unit",
)  # fmt: skip

Row = dict[str, Any]


@app.command("list")
def list_sensors(ctx: typer.Context, home: output.HomeOption = None, as_json: output.JsonOption = False) -> None:
    """List the continuous channels with their newest value, its quality and age, and what their watches see."""
    from workstation.cli.reading import station_to_read
    from workstation.insight.sensors import channels

    with station_to_read(ctx, home) as station:
        with station.read() as reader:
            found = channels(reader, station.home)
        runs = _line_runs(station)
    rows = [_standing(one, runs) for one in found]
    shown = output.table(
        ("channel", "gauge", "newest", "quality", "at", "last minute", "state"),
        [
            (row["channel"], row["gauge"] or "read no longer", _with_unit(row["value"], row["unit"]), row["quality"],
             output.utc_time(one.newest.observed_at // 1000 if one.newest else None), _minute_told(one), row["state"])
            for row, one in zip(rows, found, strict=True)
        ],
    )  # fmt: skip
    nothing = "No channel is read all day. A plan says which: see the page on plan files."
    output.Printer(ctx, as_json).result({"line_running": runs, "channels": rows}, shown if rows else nothing)


@app.command()
def history(
    ctx: typer.Context,
    channel: Annotated[str, typer.Argument(help="The characteristic's name or number, or 'GAUGE CHANNEL'.")],
    since: Annotated[
        str, typer.Option("--from", help="First day or time, or so long ago: 30m, 8h, 7d.", show_default=False)
    ] = "",
    until: Annotated[str, typer.Option("--to", help="Last day or time; a day counts whole.", show_default=False)] = "",
    resolution: Annotated[str, typer.Option(help="raw, minute or hour; by the span when left out.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="Print the newest so many.")] = 100,
    csv: Annotated[Path | None, typer.Option(help="Write the whole span to this CSV file.")] = None,
    png: Annotated[Path | None, typer.Option(help="Draw it into this file (.png, .svg or .pdf).")] = None,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Tell what was kept of a channel: raw readings, minutes or hours.

    Without --from it is the last hour of raw readings, the last day of minutes, the last thirty days of hours. Times
    without a zone are this computer's local time.
    """
    from workstation.cli.reading import station_to_read
    from workstation.insight.sensors import find_channel

    chosen = _resolution(resolution)
    begin, end = _span(since, until, chosen)
    chosen = chosen or _by_span(end - begin)
    _check_picture(png)
    with station_to_read(ctx, home) as station, station.read() as reader:
        sensor = find_channel(reader, station.home, channel)
        count, rows = _last_rows(reader, station.home, sensor, chosen, (begin, end), limit)
        if csv is not None:
            count = _write_csv(csv, reader, station.home, sensor, chosen, (begin, end))
        if png is not None:
            _draw(png, reader, station.home, sensor, chosen, (begin, end))
    data = {
        "characteristic": sensor.name, "unit": sensor.characteristic.unit, "resolution": str(chosen),
        "from": _iso(begin), "to": _iso(end), "count": count, "rows": rows, "csv": csv, "picture": png,
    }  # fmt: skip
    output.Printer(ctx, as_json).result(data, _history_told(data, sensor))


@app.command()
def alarms(
    ctx: typer.Context,
    channel: Annotated[str, typer.Argument(help="One channel; all when left out.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = 100,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """List the alarms of watches: limits, rate of change, stuck values, silence."""
    from workstation.cli.reading import station_to_read
    from workstation.insight.sensors import alarms_of_channels, find_channel

    with station_to_read(ctx, home) as station, station.read() as reader:
        number = find_channel(reader, station.home, channel).characteristic.id if channel else None
        found = alarms_of_channels(reader, number=number, limit=limit)
        runs = _line_runs(station)
    shown = output.table(
        ("channel", "what", "began", "ended", "seen", "state"),
        [(one.characteristic, one.watch, output.utc_time(one.began_at), _ended(one, runs), one.seen, _state(one))
         for one in found],
    )  # fmt: skip
    rows = [_alarm_row(one) for one in found]
    output.Printer(ctx, as_json).result({"alarms": rows}, shown if rows else "No watch has seen anything wrong.")


# --- what is asked for ----------------------------------------------------------------------------------------------


def _resolution(text: str) -> Resolution | None:
    from workstation.insight.sensors import Resolution

    if not text:
        return None
    try:
        return Resolution(text)
    except ValueError:
        known = ", ".join(Resolution)
        raise CallIsWrong(f"There is no resolution '{text}'.", f"Give one of: {known}.") from None


def _by_span(microseconds: int) -> Resolution:
    from workstation.insight.sensors import resolution_for

    return resolution_for(microseconds)


def _span(since: str, until: str, resolution: Resolution | None) -> tuple[int, int]:
    """UTC microseconds from and to."""
    from workstation.cli.moments import moment_or_ago

    now = time.time_ns() // 1000
    end = moment_or_ago(until, "--to", now, end=True) if until else now
    begin = moment_or_ago(since, "--from", now) if since else end - _USUAL_SPAN[resolution or "raw"] * 1_000_000
    begin, end = max(begin, 0), min(end, _END_OF_TIME)  # before 1970 nothing was kept
    if begin >= end:
        raise CallIsWrong(f"--from {since or _iso(begin)} is not before --to {until or 'now'}.", "Exchange them.")
    return begin, end


def _check_picture(png: Path | None) -> None:
    if png is not None and png.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise CallIsWrong(f"A picture cannot be written as {png.name}.", "Give a name that ends in .png, .svg or .pdf.")


# --- what is found --------------------------------------------------------------------------------------------------


def _last_rows(
    reader: Reader, home: Path, sensor: SensorChannel, resolution: Resolution, span: tuple[int, int], limit: int
) -> tuple[int, list[Row]]:
    """How many there are in the span, and the newest `limit` of them."""
    from workstation.insight.sensors import END_OF_TIME, Resolution, count_raw_samples, last_raw_samples

    number = sensor.characteristic.id
    if resolution is Resolution.RAW:
        count = count_raw_samples(home, number, *span, END_OF_TIME)
        return count, [_raw_row(one) for one in last_raw_samples(home, number, limit, *span)]
    slots = _slots(reader, number, resolution, span)
    return len(slots), [_slot_row(one, sensor.characteristic.decimals) for one in slots[-limit:]]


def _slots(reader: Reader, number: int, resolution: Resolution, span: tuple[int, int]) -> list[RollUp]:
    from workstation.catalog.rollups import rollups_so_far

    return rollups_so_far(reader, number, resolution.period, since=span[0], until=span[1])


def _raw_row(one: RawSample) -> Row:
    value = None if one.value is None else f"{one.value:f}"
    return {"observed_at": _iso(one.observed_at // 1000), "value": value, "quality": one.quality}


def _slot_row(one: RollUp, decimals: int) -> Row:
    values = one.values
    return {
        "start": _iso(one.start), "count": one.count, "bad": values.bad,
        "mean": _rounded(one.mean, decimals), "standard_deviation": _rounded(one.standard_deviation, decimals),
        "minimum": values.minimum, "maximum": values.maximum,
        "first_at": _iso(values.first_at) if one.count else None,
        "last_at": _iso(values.last_at) if one.count else None,
    }  # fmt: skip


def _rounded(value: Decimal | None, decimals: int) -> Decimal | None:
    from workstation.units import round_to

    return None if value is None else round_to(value, decimals + _EXTRA_DECIMALS)


def _write_csv(
    file: Path, reader: Reader, home: Path, sensor: SensorChannel, resolution: Resolution, span: tuple[int, int]
) -> int:
    import csv as csv_format

    from workstation.cli.files import whole_file
    from workstation.insight.sensors import Resolution, raw_samples, slot_width

    what, count = sensor.characteristic, 0
    with whole_file(file, "--csv") as target, raw_samples(home, what.id, *span) as samples:
        writer = csv_format.writer(target, lineterminator="\n")
        lines: Iterator[Row]
        columns: tuple[str, ...]
        if resolution is Resolution.RAW:
            columns, lines = RAW_COLUMNS, (_raw_row(one) | {"unit": one.unit} for one in samples)
        else:
            seconds = slot_width(resolution) // 1_000_000
            slots = _slots(reader, what.id, resolution, span)
            columns = SLOT_COLUMNS
            lines = (_slot_row(one, what.decimals) | {"seconds": seconds, "unit": one.unit} for one in slots)
        writer.writerow(columns)
        for line in lines:
            writer.writerow([what.name, *(line[name] for name in columns[1:])])
            count += 1
    return count


def _draw(
    file: Path, reader: Reader, home: Path, sensor: SensorChannel, resolution: Resolution, span: tuple[int, int]
) -> None:
    from workstation.insight.sensors import alarms_of_channels
    from workstation.insight.series import MOST_POINTS, read_series
    from workstation.reports.drawing.raster import write_picture
    from workstation.reports.drawing.timeline import Timeline, timeline

    what = sensor.characteristic
    series = read_series(reader, home, what.id, *span, resolution)
    if resolution == "raw" and len(series) >= MOST_POINTS:
        raise CallIsWrong(
            f"There are more than {MOST_POINTS} raw readings in this span.",
            "Draw it with --resolution minute, or a shorter span.",
        )
    found = alarms_of_channels(reader, number=what.id, since=span[0], until=span[1])
    shaded = [(one.began_at / 1e6, _shaded_until(one, span[1]) / 1e6) for one in found]
    limits = _limits(sensor)
    about = "raw readings" if resolution == "raw" else f"mean of each {resolution}, band from minimum to maximum"
    about += "; shaded while a watch saw something wrong" if shaded else ""
    line = Timeline(
        what.name, what.unit, what.decimals, span[0] / 1e6, span[1] / 1e6, series.at.tolist(), series.mean.tolist(),
        series.low.tolist(), series.high.tolist(), series.breaks.tolist(), limits, shaded, about,
    )  # fmt: skip
    write_picture(timeline(line, title=f"{what.name}, {sensor.place}" if sensor.place else what.name), file)


def _shaded_until(one: SensorAlarm, end: int) -> int:
    """An alarm whose end is not known is marked where it began."""
    return one.known_until or (end if one.is_open else one.began_at)


def _limits(sensor: SensorChannel) -> list[tuple[str, float]]:
    rule, what = sensor.rule, sensor.characteristic
    watched = (("low", rule.low), ("high", rule.high)) if rule is not None else ()
    levels = (*watched, ("LSL", what.lower_specification), ("USL", what.upper_specification))
    return [(name, float(level)) for name, level in levels if level is not None]


# --- how it is told -------------------------------------------------------------------------------------------------


def _line_runs(station: Station) -> bool | None:
    """Whether the line runs; None where this account may not see it."""
    from workstation.errors import SurroundingsFailed

    try:
        return station.line_running()
    except SurroundingsFailed:
        return None


def _standing(one: SensorChannel, runs: bool | None) -> Row:
    newest = one.newest
    return {
        "channel": one.name, "characteristic": one.characteristic.id, "gauge": one.place,
        "value": None if newest is None or newest.value is None else f"{newest.value:f}",
        "unit": one.characteristic.unit, "quality": newest.quality if newest else None,
        "observed_at": _iso(newest.observed_at // 1000) if newest else None,
        "last_minute": None if one.minute is None else _slot_row(one.minute, one.characteristic.decimals),
        "raw_since": _iso(one.raw_since) if one.raw_since else None,
        "minutes_since": _iso(one.minutes_since) if one.minutes_since else None,
        "watches": [{"watch": span.watch, "since": _iso(span.began_at), "seen": span.seen}
                    for span in one.open_watches],
        "state": _channel_state(one, runs),
    }  # fmt: skip


def _channel_state(one: SensorChannel, runs: bool | None) -> str:
    if one.rule is None:
        return "read no longer"
    if runs is None:
        return "not known: this account cannot see whether the line runs"
    if not runs:
        return "not watched: the line does not run"
    return ", ".join(span.watch for span in one.open_watches) or "nothing wrong"


def _minute_told(one: SensorChannel) -> str:
    minute = one.minute
    if minute is None or minute.mean is None:
        return ""
    from workstation.units import round_to

    mean = round_to(minute.mean, one.characteristic.decimals + 1)
    return f"{mean} ({minute.values.minimum} to {minute.values.maximum}, {minute.count} values)"


def _with_unit(value: str | None, unit: str) -> str:
    return "" if value is None else f"{value} {unit}"


def _history_told(data: Row, sensor: SensorChannel) -> Any:
    rows, unit = data["rows"], data["unit"]
    written = [f"{name}: {data[key]}" for name, key in (("Written", "csv"), ("Drawn", "picture")) if data[key]]
    if not rows:
        kept = f" Raw readings are there since {_iso(sensor.raw_since)}." if sensor.raw_since else ""
        kept += f" Minutes are there since {_iso(sensor.minutes_since)}." if sensor.minutes_since else ""
        nothing = f"Nothing was kept of {sensor.name} in this span ({data['resolution']}).{kept}"
        return "\n".join([nothing, *written])
    if data["resolution"] == "raw":
        columns: tuple[str, ...] = ("observed at (UTC)", f"value, {unit}", "quality")
        shown = [(_short(row["observed_at"]), row["value"], row["quality"]) for row in rows]
    else:
        figures = ("mean", "minimum", "maximum", "standard_deviation")
        columns = ("start (UTC)", "values", "unusable", f"mean, {unit}", "minimum", "maximum", "standard deviation")
        shown = [
            (_short(row["start"])[:16], row["count"], row["bad"], *(row[name] for name in figures)) for row in rows
        ]
    if data["count"] > len(rows):
        written.append(f"The newest {len(rows)} of {data['count']}; --csv writes all.")
    from rich.console import Group

    return Group(output.table(columns, shown), *written)


def _short(iso: str) -> str:
    """A time of a row as it stands under a column that names the zone."""
    return iso.replace("T", " ").removesuffix("+00:00")


def _ended(one: SensorAlarm, runs: bool | None) -> str:
    if one.is_open:
        return {True: "still wrong", False: "not known: the line does not run", None: "not known"}[runs]
    if one.ended_at is not None:
        return f"{output.utc_time(one.ended_at)} ({one.ended})"
    until = f"not before {output.utc_time(one.seen_until)}" if one.seen_until is not None else "not known"
    return f"{until} ({one.ended})" if one.ended else until


def _state(one: SensorAlarm) -> str:
    return f"{one.state} by {one.acknowledged_by}" if one.acknowledged_by else str(one.state)


def _alarm_row(one: SensorAlarm) -> Row:
    return {
        "id": one.uid, "channel": one.characteristic, "watch": one.watch, "began_at": _iso(one.began_at),
        "ended_at": _iso(one.ended_at) if one.ended_at else None,
        "seen_until": _iso(one.seen_until) if one.seen_until else None, "open": one.is_open, "seen": one.seen,
        "ended": one.ended, "state": str(one.state), "acknowledged_by": one.acknowledged_by,
        "investigation": one.investigation,
    }  # fmt: skip


def _iso(microseconds: int) -> str:
    """UTC, to the millisecond; as it is where no calendar reaches."""
    try:
        return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return str(microseconds)
