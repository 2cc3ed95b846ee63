"""`sinebar analyze KIND FILE`: every analysis of the library on a CSV file."""

from __future__ import annotations

import math
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from workstation.cli import output
from workstation.errors import CallIsWrong

if TYPE_CHECKING:
    from workstation.cli.analyses.request import Analysis, Request

app = typer.Typer(help="Statistics of a CSV file.", add_completion=False)


def _analyses() -> dict[str, Analysis]:
    from workstation.cli.analyses import (
        capability,
        control,
        experiments,
        gauges,
        many,
        relations,
        run_lengths,
        samples,
        sampling,
    )

    rooms = (control, capability, gauges, samples, relations, experiments, sampling, run_lengths, many)
    return {analysis.name: analysis for room in rooms for analysis in room.analyses()}


@app.command()
def analyze(
    ctx: typer.Context,
    kind: str = typer.Argument("", help="Which analysis; leave it out for the list.", show_default=False),
    file: Path | None = typer.Argument(None, help="CSV file with column names in its first line."),
    column: list[str] = typer.Option([], "--column", help="Column of values; repeat for several."),
    subgroup: str | None = typer.Option(
        None, "--subgroup", help="Column that numbers them, a size, or a window of time such as 1h (with --x)."
    ),
    by: list[str] = typer.Option([], "--by", help="Column of groups, factors or categories; repeat for several."),
    x: list[str] = typer.Option([], "--x", help="Column of a predictor or of the time; repeat for several."),
    sizes: str | None = typer.Option(None, "--sizes", help="How many were inspected: a column, or one number."),
    stages: str | None = typer.Option(None, "--stages", help="Column that names each point's stage."),
    part: str | None = typer.Option(None, "--part", help="Column that names the part."),
    operator: str | None = typer.Option(None, "--operator", help="Column that names the operator or appraiser."),
    reference: str | None = typer.Option(None, "--reference", help="Reference value, or the column of them."),
    control: list[str] = typer.Option([], "--control", help="Column held constant; repeat for several."),
    lower: float | None = typer.Option(None, "--lower", help="Lower specification limit."),
    upper: float | None = typer.Option(None, "--upper", help="Upper specification limit."),
    target: float | None = typer.Option(None, "--target", help="Target value."),
    tolerance: float | None = typer.Option(None, "--tolerance", help="Width of the tolerance, for gauges."),
    model: str | None = typer.Option(None, "--model", help="Distribution or transformation of the values."),
    unit: str | None = typer.Option(None, "--unit", help="Unit of the values, for the picture."),
    rules: str | None = typer.Option(None, "--rules", help="Set of run rules, or single ones with commas."),
    sigma: str | None = typer.Option(None, "--sigma", help="Estimator of the within-subgroup standard deviation."),
    confidence: float | None = typer.Option(None, "--confidence", min=0.5, max=0.9999, help="Confidence level."),
    preset: str | None = typer.Option(None, "--preset", help="A named set of readings, such as minitab or aiag_vda."),
    settings: list[str] = typer.Option([], "--set", help="Any further argument as name=value; repeat for several."),
    delimiter: str | None = typer.Option(None, "--delimiter", help="Delimiter, instead of finding it out."),
    decimal: str | None = typer.Option(None, "--decimal", help="Decimal mark, instead of finding it out."),
    png: Path | None = typer.Option(None, "--png", help="Draw the picture into this file (.png, .svg or .pdf)."),
    as_json: output.JsonOption = False,
) -> None:
    """Run one analysis; every figure names its method."""
    from workstation.cli.analyses.request import Request, parse_settings

    printer = output.Printer(ctx, as_json)
    found = _analyses()
    if not kind:
        _list(printer, found)
        return
    analysis = found.get(kind.replace("-", "_"))
    if analysis is None:
        near = get_close_matches(kind.replace("-", "_"), found, 3, 0.5)
        raise CallIsWrong(
            f"There is no analysis '{kind}'.",
            f"Did you mean {', '.join(near)}?" if near else "`sinebar analyze` lists them.",
        )
    if decimal not in (None, ".", ","):
        raise CallIsWrong(f"'{decimal}' is no decimal mark.", "Give . or ,")
    roles = {
        "values": tuple(column), "by": tuple(by), "x": tuple(x), "control": tuple(control),
        **{name: (value,) for name, value in (("sizes", sizes), ("stages", stages), ("part", part),
                                             ("operator", operator), ("reference", reference)) if value},
    }  # fmt: skip
    options: dict[str, Any] = {
        "subgroup": subgroup, "lower": _finite("lower", lower), "upper": _finite("upper", upper),
        "target": _finite("target", target), "tolerance": _finite("tolerance", tolerance), "model": model,
        "unit": unit, "rules": rules, "sigma": sigma, "confidence": confidence, "preset": preset,
        "set": parse_settings(settings),
    }  # fmt: skip
    if analysis.file and file is None:
        raise CallIsWrong(f"The analysis '{kind}' needs a file.", f"It takes FILE {analysis.takes}")
    request = Request(analysis.name, _table(file, delimiter, decimal), roles, options)
    result = analysis.run(request)
    if png is not None:
        _draw(analysis, request, result, png)
    _print(printer, request, result, png)


def _finite(name: str, value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise CallIsWrong(f"--{name} is {value}.", "Give a finite number, or leave it out.")
    return value


def _print(printer: output.Printer, request: Request, result: Any, png: Path | None) -> None:
    from analysis.validation import expanded
    from workstation.cli.analyses.told import text, told

    said = ([request.table.reading.sentence()] if request.table else []) + request.said
    if printer.as_json:
        plain = expanded(result)
        plain = plain if isinstance(plain, dict) else {"result": plain}
        output.print_json({**plain, "read": said, "picture": None if png is None else str(png)})
        return
    for sentence in said:
        printer.note(sentence)
    sections, remarks = told(result)
    blocks = [*(text(section) for section in sections), "\n".join(remarks)]
    output.show("\n\n".join(block for block in blocks if block))
    if png is not None:
        printer.note(f"Drawn: {png}")


def _table(file: Path | None, delimiter: str | None, decimal: str | None) -> Any:
    from workstation.exchange.csv_table import read_table

    mark: Any = decimal
    return None if file is None else read_table(file, delimiter=delimiter, decimal=mark)


_SMALLEST_DRAWN, _LARGEST_DRAWN = 1e-15, 1e15


def _draw(analysis: Analysis, request: Request, result: Any, target: Path) -> None:
    from workstation.reports.drawing.raster import write_picture

    if analysis.draw is None:
        raise CallIsWrong(f"The analysis '{analysis.name}' has no picture.", "Leave --png out.")
    if target.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise CallIsWrong(
            f"A picture cannot be written as {target.name}.", "Give a name that ends in .png, .svg or .pdf."
        )
    largest = request.largest()
    if largest and not _SMALLEST_DRAWN < largest < _LARGEST_DRAWN:
        raise CallIsWrong(f"Values about {largest:.1g} cannot be labelled on a picture.", "Give them in another unit.")
    write_picture(analysis.draw(request, result), target)


def _list(printer: output.Printer, found: dict[str, Analysis]) -> None:
    rows = [(item.name, item.help, item.takes) for item in found.values()]
    printer.result(
        [{"kind": name, "help": text, "takes": takes} for name, text, takes in rows],
        output.table(("analysis", "what it says", "what it takes"), rows),
    )
