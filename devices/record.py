"""Raw bytes of every port with direction and time, on disk before anything else sees them; bounded and replayable."""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import BinaryIO, TextIO

from devices.errors import DeviceError

MAGIC = b"SINEBAR RAW 1\n"
SUFFIX = ".raw"
_HEAD = struct.Struct("<BQQHI")
_LONGEST_NOTE = 1000
_LARGEST_ENTRY = 16 * 1024 * 1024
_DAY = 86_400 * 1_000_000_000


class JournalError(DeviceError):
    """Raw bytes cannot be kept or read."""


class Direction(IntEnum):
    """Which way bytes went; an event (port opened, lost, line pulse) carries a note and no bytes."""

    IN = 0
    OUT = 1
    EVENT = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of a recording: times in ns, `note` says what a sent piece was for or what happened."""

    direction: Direction
    wall: int
    monotonic: int
    note: str
    data: bytes


Listener = Callable[[str, Entry], None]


@dataclass(frozen=True, slots=True)
class Recording:
    """One file of a journal."""

    source: str
    path: Path
    size: int
    modified: float


class RawJournal:
    """Writes what ports hear and say, one folder a source, in segments that are dropped oldest first.

    At most `most_bytes` a source and nothing older than `most_days`. Each entry is handed to the operating system
    before `append` returns, so a killed process loses nothing.
    """

    def __init__(self, folder: Path, *, most_bytes: int = 64 * 1024 * 1024, most_days: int = 30) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._most_age = most_days * _DAY
        self._segment_bytes = max(4096, most_bytes // 8)
        self._open: dict[str, _Segment] = {}
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear every entry as it is kept (a live terminal); gives the call that ends it. A listener must not raise."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def append(self, source: str, direction: Direction, monotonic: int, wall: int, data: bytes, note: str = "") -> None:
        """Keep one piece. Raises JournalError when the disk does not take it."""
        segment = self._open.get(source)
        try:
            if segment is None or segment.size >= self._segment_bytes:
                segment = self._rotate(source, wall)
            segment.write(direction, monotonic, wall, data, note)
        except OSError as error:
            self._forget(source)
            raise JournalError(
                f"Raw bytes of {source} cannot be kept in {self._folder}: {error.strerror}.",
                "Free disk space; nothing is measured on this port until then.",
            ) from error
        if self._listeners:
            entry = Entry(direction, wall, monotonic, note, data)
            for listener in list(self._listeners):
                listener(source, entry)

    def close(self) -> None:
        """Close every segment."""
        for source in list(self._open):
            self._forget(source)

    def _forget(self, source: str) -> None:
        segment = self._open.pop(source, None)
        if segment is not None:
            segment.close()

    def _rotate(self, source: str, wall: int) -> _Segment:
        self._forget(source)
        folder = self._folder_of(source)
        folder.mkdir(parents=True, exist_ok=True)
        stamp = datetime.fromtimestamp(wall / 1e9, UTC).strftime("%Y%m%dT%H%M%S")
        path = folder / f"{stamp}-{wall % 1_000_000_000:09d}{SUFFIX}"
        segment = _Segment(path, source)
        self._open[source] = segment
        self._prune(folder, wall, path)
        return segment

    def _folder_of(self, source: str) -> Path:
        """The source's folder: by its name, and where another's name gives the same one, by its name and a number."""
        plain = self._folder / slug(source)
        oldest = min(plain.glob(f"*{SUFFIX}"), default=None)
        if oldest is None or _source_of(oldest) == source:
            return plain
        return plain.with_name(f"{plain.name}-{hashlib.sha256(source.encode()).hexdigest()[:8]}")

    def _prune(self, folder: Path, wall: int, current: Path) -> None:
        """Drop what is too old or too much, oldest first; the segment being written stays."""
        files = sorted((path for path in folder.glob(f"*{SUFFIX}") if path != current), reverse=True)
        kept = self._segment_bytes
        for path in files:
            status = path.stat()
            kept += status.st_size
            if kept > self._most_bytes or wall - int(status.st_mtime * 1e9) > self._most_age:
                path.unlink(missing_ok=True)


class _Segment:
    """One open file of a journal."""

    def __init__(self, path: Path, source: str) -> None:
        self._file = path.open("ab", buffering=0)
        self.size = self._file.tell()
        if self.size == 0:
            try:
                self._write(MAGIC + json.dumps({"source": source}).encode() + b"\n")
            except OSError:
                self._file.close()
                path.unlink(missing_ok=True)
                raise

    def write(self, direction: Direction, monotonic: int, wall: int, data: bytes, note: str) -> None:
        named = note.encode()[:_LONGEST_NOTE]
        self._write(_HEAD.pack(direction, wall, monotonic, len(named), len(data)) + named + data)

    def _write(self, packed: bytes) -> None:
        written = self._file.write(packed)
        if written != len(packed):
            self._file.truncate(self.size)
            raise OSError(28, "no space left on device")
        self.size += len(packed)

    def close(self) -> None:
        self._file.close()


def slug(source: str) -> str:
    """A source's name as a folder's name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", source).strip("._") or "port"


def recordings(folder: Path) -> list[Recording]:
    """Every recording under a journal's folder, oldest first."""
    found: list[Recording] = []
    for path in sorted(folder.glob(f"*/*{SUFFIX}")):
        status = path.stat()
        found.append(Recording(_source_of(path), path, status.st_size, status.st_mtime))
    return found


def _source_of(path: Path) -> str:
    with path.open("rb") as file:
        try:
            return _read_head(file, path)
        except JournalError:
            return path.parent.name


def _read_head(file: BinaryIO, path: Path) -> str:
    if file.readline(len(MAGIC) + 1) != MAGIC:
        raise JournalError(f"{path} is no recording of raw bytes.", "Give a .raw file, a folder of them, or an export.")
    try:
        head = json.loads(file.readline(4096))
        return str(head["source"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise JournalError(f"{path} begins like a recording, but its head is damaged.") from error


def read_recording(path: Path) -> Iterator[Entry]:
    """Every entry of a .raw file, of a folder of them in order, or of an exported .jsonl file.

    A last entry that was cut short (the process was killed in the middle of it) ends the recording quietly.
    Raises JournalError when the file is no recording.
    """
    try:
        if path.is_dir():
            for one in sorted(path.glob(f"*{SUFFIX}")):
                yield from read_recording(one)
            return
        if path.exists() and not path.is_file():  # a pipe may keep its reader for ever
            raise JournalError(f"The recording {path} is no plain file.", "Name a recording or a folder of them.")
        with path.open("rb") as file:
            if file.read(1) == b"{":
                file.seek(0)
                yield from _read_export(file, path)
                return
            file.seek(0)
            _read_head(file, path)
            yield from _read_entries(file)
    except OSError as error:
        raise JournalError(f"The recording {path} cannot be read: {error.strerror}.", "Check the path.") from error


def _read_entries(file: BinaryIO) -> Iterator[Entry]:
    while True:
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return
        direction, wall, monotonic, note_length, length = _HEAD.unpack(head)
        if direction not in (0, 1, 2) or note_length > _LONGEST_NOTE or length > _LARGEST_ENTRY:
            return
        body = file.read(note_length + length)
        if len(body) < note_length + length:
            return
        note = body[:note_length].decode("utf-8", "replace")
        yield Entry(Direction(direction), wall, monotonic, note, body[note_length:])


def _read_export(file: BinaryIO, path: Path) -> Iterator[Entry]:
    for number, line in enumerate(iter(lambda: file.readline(4 * _LARGEST_ENTRY), b""), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            yield Entry(
                Direction[str(fields["direction"]).upper()],
                int(fields["wall"]),
                int(fields["monotonic"]),
                str(fields["note"]),
                bytes.fromhex(fields["hex"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise JournalError(f"{path}, line {number}: this is no entry of a recording.") from error


def export_recording(path: Path, out: TextIO) -> int:
    """Write a recording as one JSON object a line (direction, times, note, hexadecimal, text); gives their number."""
    count = 0
    for entry in read_recording(path):
        fields = {
            "direction": entry.direction.name.lower(),
            "time": datetime.fromtimestamp(entry.wall / 1e9, UTC).isoformat(),
            "wall": entry.wall,
            "monotonic": entry.monotonic,
            "note": entry.note,
            "hex": entry.data.hex(),
            "text": entry.data.decode("latin-1"),
        }
        out.write(json.dumps(fields) + "\n")
        count += 1
    return count
