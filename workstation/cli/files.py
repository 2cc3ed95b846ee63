"""Files that a command writes: whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from workstation.errors import CallIsWrong
from workstation.files import replacing


@contextlib.contextmanager
def whole_file(target: Path, option: str = "--out") -> Iterator[TextIO]:
    """Write a text file that appears when the block is left without an error. Raises Expected."""
    if not target.name:
        raise CallIsWrong(f"{option} names no file.", "Give a file's name.")
    with (
        replacing(target, next_step="Give a file in a folder you may write to.") as fresh,
        fresh.open("w", encoding="utf-8", newline="") as file,
    ):
        yield file
