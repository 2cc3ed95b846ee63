"""An append-only file queue: what was put in is on disk before anyone relies on it, and stays until acknowledged."""

from __future__ import annotations

import os
import struct
import threading
import uuid
import zlib
from collections.abc import Sequence
from io import FileIO
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import BinaryIO

from devices.errors import DeviceError

_HEAD = struct.Struct("<IIQ")  # length, CRC-32 of number and data, number
_ACK = struct.Struct("<QI")
_NUMBER = struct.Struct("<Q")
LARGEST_ENTRY = 1024 * 1024
SEGMENT = 4 * 1024 * 1024
SUFFIX = ".spool"


class SpoolError(DeviceError):
    """Data that must be forwarded cannot be kept or read."""


class Spool:
    """A queue in a folder, for one process; its threads may share it.

    `append` numbers entries 1, 2, 3 ... without gaps and returns once they are on the disk; `after` reads them in
    order; `acknowledge` lets those up to a number go, only the very newest can still be read with `newest`. Whatever
    moment the process or the machine dies at, every acknowledged-by-return entry is there again, each once, and an
    entry torn at the end is cut off. `identity` names this spool for ever, so that a receiver can tell a repetition by
    (identity, number).
    """

    def __init__(self, folder: Path, *, most_bytes: int = 1024 * 1024 * 1024, segment: int = SEGMENT) -> None:
        self._lock = threading.RLock()
        self._folder = folder
        self._most = most_bytes
        self._segment = segment
        self._file: FileIO | None = None
        self._cursor: tuple[int, Path | None, int] = (0, None, 0)
        self._size = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.identity = self._identify()
            self._acknowledged = self._read_acknowledged()
            self._last = self._recover()
        except OSError as error:
            raise self._trouble(error) from error

    # --- writing -----------------------------------------------------------------------------------------------------

    def append(self, entries: Sequence[bytes]) -> int:
        """Put entries in; returns the last one's number once all are on the disk.

        Raises SpoolError when the disk does not take them or the spool is full: nothing is dropped in silence.
        """
        if not entries:
            return self._last
        if any(len(entry) > LARGEST_ENTRY for entry in entries):
            raise SpoolError(f"An entry is larger than {LARGEST_ENTRY} bytes.", "Send less at once.")
        with self._lock:
            return self._append(entries)

    def _append(self, entries: Sequence[bytes]) -> int:
        data = b"".join(_draw(self._last + 1 + position, entry) for position, entry in enumerate(entries))
        if self._acknowledged == self._last:
            self.close()  # nothing waits: a new file, behind which the one of before can go
        if self._held() + len(data) > self._most:
            raise SpoolError(
                f"{self._folder} is full: {self._last - self._acknowledged} entries wait to be forwarded.",
                "Bring the receiver back, or give the spool more room.",
            )
        try:
            self._write(self._writing(), data)
        except OSError as error:
            raise self._trouble(error) from error
        self._last += len(entries)
        self._size += len(data)
        return self._last

    def _held(self) -> int:
        """Bytes of the files in which something waits."""
        return 0 if self._acknowledged == self._last else self._size

    @staticmethod
    def _write(file: FileIO, data: bytes) -> None:
        """All of it and on the disk, or nothing."""
        before = file.seek(0, os.SEEK_END)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except OSError:
            file.truncate(before)
            raise

    def _writing(self) -> FileIO:
        """The file entries go to; a new one once it is large enough."""
        if self._file is not None and self._file.tell() >= self._segment:
            self.close()
        if self._file is None:
            path = self._folder / f"{self._last + 1:020d}{SUFFIX}"
            self._file = FileIO(path, "ab")
            self._sync_folder()
        return self._file

    def acknowledge(self, number: int) -> None:
        """Entries up to `number` have arrived: they are never read again. Older numbers change nothing."""
        with self._lock:
            self._acknowledge(min(number, self._last))

    def _acknowledge(self, number: int) -> None:
        if number <= self._acknowledged:
            return
        data = _ACK.pack(number, zlib.crc32(_NUMBER.pack(number)))
        try:
            self._replace("acknowledged", data)
            self._acknowledged = number
            self._drop_finished()
        except OSError as error:
            raise self._trouble(error) from error

    def _drop_finished(self) -> None:
        """Remove files whose last entry is acknowledged; the one that holds the newest entry stays."""
        paths = self._paths()
        for path, following in pairwise(paths):
            if _first_number(following) - 1 > self._acknowledged or _first_number(following) > self._last:
                return
            self._size -= path.stat().st_size
            path.unlink()

    def close(self) -> None:
        """Close the file that is being written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    # --- reading -----------------------------------------------------------------------------------------------------

    @property
    def last(self) -> int:
        """The number of the newest entry; 0 when there was none."""
        return self._last

    @property
    def acknowledged(self) -> int:
        """Up to this number everything has arrived."""
        return self._acknowledged

    @property
    def waiting(self) -> int:
        """How many entries are not acknowledged yet."""
        return self._last - self._acknowledged

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return self._size

    def newest(self) -> bytes | None:
        """The newest entry, also after it was acknowledged; None when there never was one."""
        with self._lock:
            for path in reversed(self._paths()):
                found: bytes | None = None
                with path.open("rb") as file:
                    while (entry := _read(file)) is not None:
                        found = entry[1]
                if found is not None:
                    return found
        return None

    def after(self, number: int, most: int) -> list[tuple[int, bytes]]:
        """Up to `most` entries that follow `number`, with their numbers, in order."""
        with self._lock:
            return self._after(max(number, self._acknowledged), most)

    def _after(self, start: int, most: int) -> list[tuple[int, bytes]]:
        found: list[tuple[int, bytes]] = []
        known, resumed, offset = self._cursor if self._cursor[0] == start else (start, None, 0)
        paths = self._paths()
        for path, following in zip_longest(paths, paths[1:]):
            if following is not None and _first_number(following) <= known + 1:
                continue
            with path.open("rb") as file:
                if path == resumed:
                    file.seek(offset)
                while len(found) < most and (entry := _read(file)) is not None:
                    if entry[0] > start:
                        found.append(entry)
                        self._cursor = (entry[0], path, file.tell())
            if len(found) >= most:
                break
        return found

    # --- opening -----------------------------------------------------------------------------------------------------

    def _identify(self) -> str:
        path = self._folder / "identity"
        if path.exists():
            return path.read_text(encoding="ascii").strip()
        identity = uuid.uuid4().hex
        self._replace("identity", identity.encode())
        return identity

    def _read_acknowledged(self) -> int:
        path = self._folder / "acknowledged"
        data = path.read_bytes() if path.exists() else b""
        if len(data) != _ACK.size:
            return 0
        number, check = _ACK.unpack(data)
        return int(number) if zlib.crc32(_NUMBER.pack(number)) == check else 0

    def _recover(self) -> int:
        """The newest number; a torn end of the newest file is cut off."""
        last = self._acknowledged
        paths = self._paths()
        for path in paths:
            end, number = _sound_end(path)
            if path is paths[-1] and end < path.stat().st_size:
                with path.open("r+b") as file:
                    file.truncate(end)
                    os.fsync(file.fileno())
            last = max(last, number)
            self._size += end
        return last

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{SUFFIX}"))

    def _replace(self, name: str, data: bytes) -> None:
        """Write a small file whole, to last; what a killed process left is overwritten, as nobody else writes here."""
        fresh = self._folder / f"{name}.new"
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._folder / name)
        self._sync_folder()

    def _sync_folder(self) -> None:
        """Make a new file's name last, where the system knows how."""
        if os.name == "nt":
            return
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _trouble(self, error: OSError) -> SpoolError:
        return SpoolError(
            f"Data to be forwarded cannot be kept in {self._folder}: {error.strerror}.", "Free disk space there."
        )


def _draw(number: int, entry: bytes) -> bytes:
    check = zlib.crc32(entry, zlib.crc32(_NUMBER.pack(number)))
    return _HEAD.pack(len(entry), check, number) + entry


def _first_number(path: Path) -> int:
    return int(path.stem)


def _read(file: BinaryIO) -> tuple[int, bytes] | None:
    """The next sound entry; None at the end or where the file is torn."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    length, check, number = _HEAD.unpack(head)
    if length > LARGEST_ENTRY:
        return None
    entry = file.read(length)
    if len(entry) < length or zlib.crc32(entry, zlib.crc32(_NUMBER.pack(number))) != check:
        return None
    return number, entry


def _sound_end(path: Path) -> tuple[int, int]:
    """Up to where a file is sound, and its last entry's number (0 when it has none)."""
    end = number = 0
    with path.open("rb") as file:
        while (found := _read(file)) is not None:
            number, end = found[0], file.tell()
    return end, number
