"""`sinebar`: where it begins and ends, and the one place where errors become sentences and exit codes.

What is heavy is imported within `main`, so that Ctrl-C is answered from the first moment.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from workstation.cli import streams
from workstation.errors import ExitCode

INTERRUPTED = 130
"""What a shell expects of a program ended by Ctrl-C."""

_NEGATIVE = re.compile(r"-[0-9.]")


def run() -> None:
    """The program `sinebar`."""
    arguments = sys.argv[1:]
    outlet = streams.take()
    code = main(arguments)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # all is said; Python would answer with a traceback
    sys.stdout.flush()
    why = streams.lost(outlet)
    if why and code in (ExitCode.DONE, ExitCode.ANSWER_IS_NO):
        code = code or int(ExitCode.SURROUNDINGS_FAILED)
        streams.report_failure(
            f"What this command printed is lost: {why}.",
            "What it did is done. Free space where its output goes before you ask again.",
            code,
            as_json="--json" in arguments,
        )
    sys.exit(code)


def main(arguments: Sequence[str]) -> int:
    """Run one command line; return its exit code. Never raises, never prints a traceback."""
    as_json = "--json" in arguments
    try:
        from typer.main import get_command

        from workstation.cli.root import app

        result = get_command(app).main(args=list(arguments), prog_name="sinebar", standalone_mode=False)
        return result if isinstance(result, int) else int(ExitCode.DONE)
    except KeyboardInterrupt:
        streams.report_failure("Stopped.", "", INTERRUPTED, as_json=as_json)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last door: whatever it is becomes a sentence here
        sentence, next_step, code = _explain(error, arguments)
        if sentence:
            streams.report_failure(sentence, next_step, code, as_json=as_json)
        return code


def _explain(error: Exception, arguments: Sequence[str]) -> tuple[str, str, int]:
    import typer

    from workstation.cli import output

    if isinstance(error, typer.Exit):
        return "", "", error.exit_code
    if isinstance(error, typer.Abort):
        return "Stopped.", "", INTERRUPTED
    usage = _explain_usage(error)
    if usage:
        return usage
    told = output.said(error)
    if told:
        return told
    report = output.write_bug_report(error, arguments, _home_in(arguments))
    return report.sentence, report.next_step, int(report.exit_code)


def _explain_usage(error: Exception) -> tuple[str, str, int] | None:
    """A wrong option, argument or command, in one sentence."""
    if not hasattr(error, "format_message") or not hasattr(error, "exit_code"):
        return None
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "sinebar"
    message = " ".join(error.format_message().split())
    if type(error).__name__ == "NoArgsIsHelpError":
        message = f"'{path}' needs a command or an argument."
    if message and message[-1] not in ".?!":
        message += "."
    option = getattr(error, "option_name", "")
    if _NEGATIVE.match(option or ""):
        return message, "Write -- before a value that begins with -, behind all options.", int(ExitCode.CALL_IS_WRONG)
    return message, f"See '{path} --help'.", int(ExitCode.CALL_IS_WRONG)


def _home_in(arguments: Sequence[str]) -> Path | None:
    for position, word in enumerate(arguments):
        if word == "--home" and position + 1 < len(arguments):
            return Path(arguments[position + 1])
        if word.startswith("--home="):
            return Path(word.partition("=")[2])
    told = os.environ.get("SINEBAR_HOME")
    return Path(told) if told else None
