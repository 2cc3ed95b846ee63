"""The set-up script: what it says when the call is wrong, and that a finished set-up is found finished."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BOOTSTRAP = Path(__file__).resolve().parent.parent / "installers" / "bootstrap.py"


def bootstrap(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(BOOTSTRAP), *arguments], capture_output=True, text=True)


def test_an_unknown_word_is_answered_with_the_words_there_are() -> None:
    done = bootstrap("tset")
    assert done.returncode == 2
    assert "demo" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_folder_of_wheels_is_named(tmp_path: Path) -> None:
    done = bootstrap("--offline", str(tmp_path / "wheels"), "install")
    assert done.returncode == 3
    assert "wheels" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_needs_the_standard_library_only() -> None:
    # -S and -I leave only the standard library on the path; -h runs every import and the argument parser.
    done = subprocess.run([sys.executable, "-I", "-S", str(BOOTSTRAP), "-h"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
