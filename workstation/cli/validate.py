"""`sinebar validate`: run the reference cases and say, case by case, whether this installation calculates rightly."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from workstation.cli import output
from workstation.errors import ExitCode

if TYPE_CHECKING:
    from rich.console import RenderableType

    from analysis.validation import Outcome

app = typer.Typer(help="Compare the statistics with certified reference cases.", add_completion=False)


@app.command()
def validate(
    ctx: typer.Context,
    cases: Path | None = typer.Option(None, "--cases", help="A folder of your own cases, instead of the shipped ones."),
    report: Path | None = typer.Option(None, "--report", help="Write the qualification as PDF."),
    only: str = typer.Option("", "--only", help="Run only the cases whose id holds this text."),
    functions: bool = typer.Option(False, "--functions", help="List what a case may call, with its arguments."),
    as_json: output.JsonOption = False,
) -> None:
    """Run every case; exit 1 when one fails. The page on validation says how to write a case."""
    printer = output.Printer(ctx, as_json)
    if functions:
        _list_functions(printer)
        return
    from analysis import validation
    from resources import ROOT

    folder = cases if cases is not None else ROOT / "reference"
    outcomes = validation.run_folder(folder, only)
    written = _write_report(report, folder, outcomes) if report is not None else None
    failed = sum(outcome.status == "fail" for outcome in outcomes)
    if printer.as_json:
        names = ("id", "status", "worst", "field", "message")
        output.print_json([{name: getattr(outcome, name) for name in names} for outcome in outcomes])
    else:
        output.show(_table(outcomes))
        output.show(f"{len(outcomes) - failed} of {len(outcomes)} cases passed.")
        if written is not None:
            output.show(f"Written: {written}")
    if failed:
        raise typer.Exit(int(ExitCode.ANSWER_IS_NO))


def _table(outcomes: list[Outcome]) -> RenderableType:
    rows = [
        (
            outcome.id,
            outcome.status,
            "" if outcome.worst is None else f"{outcome.worst:.1e}",
            f"{outcome.relative_tolerance:.0e}",
            outcome.message or outcome.field,
        )
        for outcome in outcomes
    ]
    return output.table(("case", "status", "worst relative error", "tolerance", "where"), rows)


def _list_functions(printer: output.Printer) -> None:
    from analysis.catalogue import functions

    found = functions()
    rows = [(name, str(inspect.signature(item, eval_str=False)), _first_line(item)) for name, item in found.items()]
    printer.result(
        [{"function": name, "arguments": arguments, "help": text} for name, arguments, text in rows],
        output.table(("function", "arguments", "what it does"), rows),
    )


def _first_line(item: object) -> str:
    return (inspect.getdoc(item) or "").partition("\n")[0]


def _write_report(report: Path, folder: Path, outcomes: list[Outcome]) -> Path:
    from workstation.reports.validation import write_validation_report

    return write_validation_report(report, folder, [outcome.to_dict() for outcome in outcomes])
