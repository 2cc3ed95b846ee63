"""Homes that may be read and not written, looked at by somebody without root's right to write everywhere."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def as_nobody() -> Iterator[None]:
    """Within this block this process has no more rights than anybody; root's would make every file readable."""
    if os.name != "posix":
        pytest.skip("needs POSIX file rights")
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def public_folder() -> Iterator[Path]:
    """A folder that everybody may look into; not below pytest's, which every start of pytest closes to others."""
    with tempfile.TemporaryDirectory(prefix="test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for path in (folder, *folder.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)


def shut(home: Path) -> dict[str, str]:
    """Take the rights to write in a home away; what is in it, by name."""
    for path in (*home.iterdir(), home):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return content(home)


def content(home: Path) -> dict[str, str]:
    """The hash of every file in a home, by name."""
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in home.rglob("*")
    }
