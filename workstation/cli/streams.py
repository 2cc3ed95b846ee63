"""The program's own streams: printing never fails, whoever has stopped listening; loads nothing heavy."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import sys
from pathlib import Path
from typing import Any, TextIO

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What steers a terminal or turns a line around, and what no encoding has: never printed as it is."""
_LONGEST_WORD = 200
_LONGEST_TEXT = 2000


class Outlet(io.RawIOBase):
    """A descriptor that is written to until it fails; from then on what is printed is dropped and the command goes on.

    What a command does must not depend on who reads what it prints: a live line keeps readings although the log's
    disk is full. `failure` is why, None while all is well.
    """

    def __init__(self, raw: Any) -> None:
        super().__init__()
        self._raw = raw
        self.failure: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def isatty(self) -> bool:
        return bool(self._raw.isatty())

    def write(self, data: Any) -> int:
        if self.failure is None:
            try:
                written = self._raw.write(data)
            except OSError as error:
                self.failure = error
            else:
                return int(written or 0)
        return len(data)


def take() -> Outlet:
    """Give the process three streams that cannot fail it, also where it was started without; standard output's end."""
    if os.name == "posix":  # else the next file that is opened, a database say, would be taken for standard output
        while (spare := os.open(os.devnull, os.O_RDWR)) <= 2:
            os.set_inheritable(spare, True)
        os.close(spare)
    sys.stdin = sys.stdin or Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - for the life of the process
    sys.stdout, outlet = _without_failing(sys.stdout)
    sys.stderr, _ = _without_failing(sys.stderr)
    return outlet


def _without_failing(stream: TextIO | None) -> tuple[TextIO, Outlet]:
    """A stream that writes where `stream` does, and shows a mark for a letter that its encoding does not have."""
    outlet = Outlet(_raw(stream))
    made = io.TextIOWrapper(
        io.BufferedWriter(outlet),
        encoding="utf-8" if stream is None else stream.encoding,
        errors="replace",
        line_buffering=stream is sys.stderr or outlet.isatty(),
    )
    return made, outlet


def _raw(stream: TextIO | None) -> Any:
    if stream is None:
        return io.FileIO(os.devnull, "w")
    return getattr(stream.buffer, "raw", stream.buffer)  # `python -u` has no buffer between


def is_heard() -> bool:
    """Whether standard output still takes what is printed."""
    outlet = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return not (isinstance(outlet, Outlet) and outlet.failure)


def lost(outlet: Outlet) -> str:
    """Why what was printed did not arrive; empty where it did, or where its reader had seen enough."""
    failure = outlet.failure
    if failure is None or isinstance(failure, BrokenPipeError) or failure.errno == errno.EPIPE:
        return ""
    return failure.strerror or str(failure)


def visible(text: str, *, keep: str = "") -> str:
    """`text` with control characters as codes, but for those in `keep`: safe to print on a terminal."""
    return _UNSAFE.sub(lambda found: found[0] if found[0] in keep else ascii(found[0])[1:-1], text)


def safe_json(text: str) -> str:
    """JSON with the same meaning that is safe to print: JSON itself leaves some control characters as they are."""
    return _UNSAFE.sub(lambda found: json.dumps(found[0])[1:-1], text)


def in_one_line(text: str) -> str:
    """A sentence that quotes what somebody typed or a file holds, made safe to print: control characters as codes,
    words and texts beyond any use shortened in the middle."""
    words = (_shortened(word, _LONGEST_WORD) for word in visible(text).split(" "))
    return _shortened(" ".join(words), _LONGEST_TEXT)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most // 2]}...{text[-most // 4 :]}"


def report_failure(sentence: str, next_step: str, code: int, *, as_json: bool) -> None:
    """Say on standard error what is wrong and what to do next."""
    sentence, next_step = in_one_line(sentence), in_one_line(next_step)
    if as_json:
        sys.stderr.write(json.dumps({"error": sentence, "next_step": next_step, "exit": code}) + "\n")
    else:
        sys.stderr.write(f"{sentence}\n" + (f"{next_step}\n" if next_step else ""))
