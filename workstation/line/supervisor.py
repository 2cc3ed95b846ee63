"""The parent of the line process: starts it again after a crash. Imports nothing heavy, so that it hardly can fail.

The worker is told of the parent's death by the end of its standard input. It then goes on reading, because a reading
lost is worse than a restart missed, and says so (`supervision: lost`); the next `sinebar line run` takes over from it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workstation.errors import ExitCode
from workstation.stop import Stop

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 10.0
"""Seconds between two starts when workers die before they are ready; one that was ready is replaced at once."""
READY = b"ready "
"""How a worker's line on standard output begins once it reads its ports."""
ENDED = b"ended "
"""How its last line begins when it ends because it was told to, whatever its exit code."""


def program(*arguments: str) -> list[str]:
    """The command line that runs this same Sinebar with `arguments`, also when it is a frozen application."""
    if getattr(sys, "frozen", False):
        return [sys.executable, *arguments]
    return [sys.executable, "-m", "workstation.cli", *arguments]


def surroundings() -> dict[str, str]:
    """This process's environment for such a command: it finds this same Sinebar from any folder."""
    here = str(Path(__file__).resolve().parents[2])
    path = [here, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(path))}


@dataclass
class Supervisor:
    """Runs `command` and, when it crashes, runs it again; `tell` is given each line the worker prints."""

    command: Sequence[str]
    tell: Callable[[str], None]
    restarts: int = 0

    def __post_init__(self) -> None:
        self._stopping = Stop()
        self._worker: subprocess.Popen[bytes] | None = None
        self._ready = self._ended = False

    def run(self) -> int:
        """Stay until the worker ends of its own will; return its exit code.

        A worker that fails before it was ever ready ends this too: its sentence stands on standard error, and trying
        again would only repeat it.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._pass_on)
        pause = FIRST_PAUSE
        was_ready = False
        while True:
            self._ready = False
            code = self._run_worker()
            was_ready = was_ready or self._ready
            if self._stopping.is_set() or self._ended or not (was_ready or _crashed(code)):
                return max(code, int(ExitCode.DONE))
            if self._ready:
                pause = FIRST_PAUSE
            self.restarts += 1
            self._say_restart(code)
            self._stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _run_worker(self) -> int:
        options: dict[str, object] = {}
        if sys.platform == "win32":
            options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
        else:
            options["process_group"] = 0  # Ctrl-C reaches the parent alone, which passes it on once
        if self._stopping.is_set():
            return int(ExitCode.DONE)
        self._worker = subprocess.Popen(
            [*self.command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            **options,  # type: ignore[call-overload]
        )
        worker = self._worker
        if self._stopping.is_set():  # the signal came between the question and the start
            _end(worker)
        assert worker.stdout is not None and worker.stdin is not None  # noqa: S101 - both are pipes
        for line in worker.stdout:
            self._ready = self._ready or line.startswith(READY)
            self._ended = self._ended or line.startswith(ENDED)
            with contextlib.suppress(OSError):  # nobody reads what we print any more: the line goes on
                self.tell(line.decode(errors="replace").rstrip())
        worker.stdout.close()
        with contextlib.suppress(OSError):
            worker.stdin.close()
        return worker.wait()

    def _say_restart(self, code: int) -> None:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        sentence = f"The line process {how}; it is started again (for the {self.restarts}. time)."
        with contextlib.suppress(OSError):
            self.tell(f"restart {json.dumps({'code': code, 'restarts': self.restarts, 'sentence': sentence})}")

    def _pass_on(self, _number: int, _frame: object) -> None:
        self._stopping.set()
        if self._worker:
            _end(self._worker)


def _crashed(code: int) -> bool:
    """Killed by a signal, or ended in a way no command of ours ends."""
    return code not in set(ExitCode)


def _end(worker: subprocess.Popen[bytes]) -> None:
    """Ask the worker to keep what is in hand and end."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            os.kill(worker.pid, signal.CTRL_BREAK_EVENT)
        else:
            worker.send_signal(signal.SIGTERM)
