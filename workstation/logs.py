"""Logs of a station: JSON lines in the home's `logs` folder, one file a program, rotating, never in anybody's way."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path


class _QuietFile(logging.handlers.RotatingFileHandler):
    """A full disk must not make logging print tracebacks or stop the line: what cannot be logged is let go."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base class's name
        record.exc_info = None


def log_to(home: Path, program: str, level: int, largest: int, copies: int) -> logging.Handler | None:
    """Send this process's log to `HOME/logs/PROGRAM.jsonl`, at most `largest` bytes in a file and `copies` old ones.

    Returns the handler, for `close_log`, or None when the folder cannot be written: a log is no reason not to work.
    """
    from pythonjsonlogger.json import JsonFormatter

    try:
        folder = home / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        handler = _QuietFile(folder / f"{program}.jsonl", maxBytes=largest, backupCount=copies, encoding="utf-8")
    except OSError:
        return None
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}{process}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "room"},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    root = logging.getLogger()
    root.setLevel(level)
    root.addHandler(handler)
    logging.captureWarnings(True)
    return handler


def close_log(handler: logging.Handler | None) -> None:
    """Stop logging to it."""
    if handler is not None:
        logging.getLogger().removeHandler(handler)
        handler.close()
