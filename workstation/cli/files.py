"""Files that a command writes: whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from workstation.errors import CallIsWrong


@contextlib.contextmanager
def whole_file(target: Path, option: str = "--out") -> Iterator[TextIO]:
    """Write a text file that appears when the block is left without an error. Raises Expected."""
    if not target.name:
        raise CallIsWrong(f"{option} names no file.", "Give a file's name.")
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except OSError as error:
        from workstation.store.failures import not_written

        raise not_written(error, target, "Give a file in a folder you may write to.") from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
