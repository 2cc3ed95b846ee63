"""Programs the demo runs beside itself: simulated instruments, the hub, the line; each a process of its own."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from workstation.errors import SurroundingsFailed
from workstation.line.supervisor import program, surroundings

PATIENCE = 30.0


class Player:
    """One `sinebar` command running beside the demo; its standard output is JSON lines, its errors go to a file."""

    def __init__(self, name: str, folder: Path, *arguments: str) -> None:
        self.name = name
        folder.mkdir(parents=True, exist_ok=True)
        self._errors = folder / f"{name}.err"
        self._lines: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                program(*arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=surroundings(),
                creationflags=flags,
            )
        out = self._process.stdout
        assert out is not None  # noqa: S101 - Popen was given a pipe
        self._reader = threading.Thread(target=self._read, args=(out,), name=f"demo {name}", daemon=True)
        self._reader.start()

    def _read(self, out: IO[bytes]) -> None:
        for line in out:
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if isinstance(said, dict):
                self._lines.put(said)
        out.close()
        self._lines.put(None)

    def hear(self, patience: float = PATIENCE) -> dict[str, Any]:
        """The next JSON line it says; SurroundingsFailed when it ends or stays silent."""
        try:
            said = self._lines.get(timeout=patience)
        except queue.Empty:
            said = None
        if said is None:
            raise SurroundingsFailed(f"The {self.name} of the demo did not answer: {self.complaint()}", "Try again.")
        return said

    def complaint(self) -> str:
        """The last thing it said on standard error."""
        text = self._errors.read_text(encoding="utf-8", errors="replace").strip()
        return text.splitlines()[-1] if text else "it said nothing."

    def alive(self) -> bool:
        return self._process.poll() is None

    def finish(self, patience: float = PATIENCE) -> int:
        """Wait for it to end by itself."""
        try:
            code = self._process.wait(patience)
        except subprocess.TimeoutExpired as error:
            self.stop()
            raise SurroundingsFailed(f"The {self.name} of the demo did not end.", "Try again.") from error
        self._reader.join(PATIENCE)
        return code

    def stop(self) -> None:
        """End it, kindly first."""
        if self.alive():
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def ask(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run one `sinebar` command to its end; its exit code, and the JSON it printed (its error, when it failed)."""
    done = subprocess.run(program(*arguments, "--json"), capture_output=True, env=surroundings(), timeout=120)
    text = (done.stdout if done.returncode == 0 else done.stderr or done.stdout).decode("utf-8", "replace").strip()
    try:
        said = json.loads(text.splitlines()[-1]) if text else {}
    except ValueError:
        said = {"error": text.splitlines()[-1]}
    return done.returncode, said if isinstance(said, dict) else {"value": said}


def wait_until(condition: Callable[[], bool], sentence: str, patience: float = PATIENCE) -> None:
    """Look again and again until the condition holds; SurroundingsFailed with the sentence when it never does."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise SurroundingsFailed(sentence, "Run the demo again; if it happens again, look into the home's logs.")
        time.sleep(0.02)
