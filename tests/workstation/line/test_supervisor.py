"""The parent with real workers: small scripts that do what a line process may do."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workstation.line.supervisor import surroundings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

PARENT = """
import sys
from workstation.line.supervisor import Supervisor
supervisor = Supervisor([sys.executable, "-c", sys.argv[1]], lambda line: print(line, flush=True))
code = supervisor.run()
print("restarts", supervisor.restarts, flush=True)
sys.exit(code)
"""
COUNT = """
import os, pathlib, sys, signal
path = pathlib.Path({path!r})
life = int(path.read_text()) + 1 if path.exists() else 1
path.write_text(str(life))
"""


@pytest.fixture
def lives(tmp_path: Path) -> Path:
    return tmp_path / "lives"


def supervise(worker: str, lives: Path) -> subprocess.Popen[str]:
    script = COUNT.format(path=str(lives)) + worker
    return subprocess.Popen(
        [sys.executable, "-c", PARENT, script], stdout=subprocess.PIPE, text=True, env=surroundings()
    )


def outcome(parent: subprocess.Popen[str]) -> tuple[int, list[str]]:
    out, _ = parent.communicate(timeout=30)
    return parent.returncode, [line for line in out.splitlines() if not line.startswith("restart ")]


def test_a_worker_that_was_ready_is_replaced_whatever_killed_it(lives: Path) -> None:
    worker = (
        "print('ready {}', flush=True)\n"
        "if life == 1: os.kill(os.getpid(), signal.SIGKILL)\n"
        "if life == 2: os._exit(70)\n"
        "if life == 3: sys.exit(3)\n"
        "print('ended {}', flush=True)"
    )
    assert outcome(supervise(worker, lives)) == (0, ["ready {}"] * 4 + ["ended {}", "restarts 3"])


def test_each_restart_is_said(lives: Path) -> None:
    parent = supervise("if life == 1: os.kill(os.getpid(), signal.SIGKILL)", lives)
    out, _ = parent.communicate(timeout=30)
    assert "was killed by signal 9; it is started again (for the 1. time)" in out


def test_a_worker_that_crashes_before_it_is_ready_is_tried_again(lives: Path) -> None:
    worker = "if life < 3: os.kill(os.getpid(), signal.SIGSEGV)\nprint('ready {}\\nended {}', flush=True)"
    assert outcome(supervise(worker, lives)) == (0, ["ready {}", "ended {}", "restarts 2"])


def test_a_worker_that_was_told_to_end_stays_ended_though_something_was_lost(lives: Path) -> None:
    worker = "print('ready {}\\nended {}', flush=True)\nsys.exit(3)"
    assert outcome(supervise(worker, lives)) == (3, ["ready {}", "ended {}", "restarts 0"])


@pytest.mark.parametrize("code", [1, 2, 3])
def test_a_worker_that_says_why_it_cannot_start_is_not_tried_again(lives: Path, code: int) -> None:
    assert outcome(supervise(f"sys.exit({code})", lives)) == (code, ["restarts 0"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_parents_end_is_the_workers(lives: Path, number: signal.Signals) -> None:
    worker = (
        "signal.signal(signal.SIGTERM, lambda *_: (print('ended {}', flush=True), os._exit(0)))\n"
        "print('ready {}', flush=True)\n"
        "while True: signal.pause()\n"
    )
    parent = supervise(worker, lives)
    assert parent.stdout is not None and parent.stdout.readline() == "ready {}\n"
    parent.send_signal(number)
    assert outcome(parent) == (0, ["ended {}", "restarts 0"])


def test_the_worker_learns_of_the_parents_death_from_its_standard_input(lives: Path, tmp_path: Path) -> None:
    said = tmp_path / "said"
    worker = f"print('ready {{}}', flush=True)\nsys.stdin.read()\npathlib.Path({str(said)!r}).write_text('orphan')"
    parent = supervise(worker, lives)
    assert parent.stdout is not None and parent.stdout.readline() == "ready {}\n"
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 20
    while not said.exists():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_the_parent_loads_nothing_heavy() -> None:
    heavy = "('numpy', 'sqlalchemy', 'asyncio', 'devices', 'analysis', 'msgspec')"
    script = f"import sys; import workstation.line.supervisor; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=surroundings(), check=True
    )
    assert done.stdout == "[]\n"
