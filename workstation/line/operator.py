"""Who has signed on at the line, remembered so that readings after a crash are attributed to the same person."""

from __future__ import annotations

import contextlib
from pathlib import Path

from workstation import files
from workstation.errors import SurroundingsFailed

_FILE = "line.operator"
_LONGEST = 64


def remember_operator(home: Path, account: str) -> None:
    """Write the account down; a disk that does not take it only means that a crash would forget it."""
    with contextlib.suppress(SurroundingsFailed):
        files.replace(home / _FILE, account, next_step="")


def recall_operator(home: Path) -> str:
    """The account that had signed on when the line crashed; empty when it ended in order."""
    try:
        return (home / _FILE).read_text(encoding="utf-8").strip()[:_LONGEST]
    except (OSError, UnicodeDecodeError):
        return ""


def forget_operator(home: Path) -> None:
    """The line ended in order: whoever measures next signs on."""
    with contextlib.suppress(OSError):
        (home / _FILE).unlink(missing_ok=True)
