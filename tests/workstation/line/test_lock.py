from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workstation.errors import ExitCode, SurroundingsFailed
from workstation.line.lock import AlreadyRunning, LineLock, holder

HOLD = """
import sys
from pathlib import Path
from workstation.line.lock import LineLock
lock = LineLock.acquire(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_process_is_told_who_holds_the_home(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None and other.stdin is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunning, match=f"process {other.pid} holds") as caught:
            LineLock.acquire(tmp_path)
        assert caught.value.exit_code == ExitCode.SURROUNDINGS_FAILED
        found = holder(tmp_path)
        assert found is not None and found.pid == other.pid
        other.kill()
    LineLock.acquire(tmp_path, patience=5).release()  # a killed holder leaves no stale lock


def test_nobody_holds_a_home_where_no_line_ran_or_after_it_ended(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
    lock = LineLock.acquire(tmp_path)
    found = holder(tmp_path)
    assert found is not None and found.pid == os.getpid()
    lock.release()
    assert holder(tmp_path) is None


def test_a_home_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SurroundingsFailed, match="cannot be locked"):
        LineLock.acquire(tmp_path / "absent")
