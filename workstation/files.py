"""Files that are written whole or not at all, whatever moment the process or the machine dies at."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workstation.errors import SurroundingsFailed
from workstation.lock import FileLock

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_KEPT_APART = {errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM}
"""What a file system says that brings no folder to the disk on request, or one that this account may not list."""
_SCRATCH = re.compile(r"\.sinebar-[0-9a-f]{16}")
_ALIVE = ".alive"
"""The file in a scratch folder on which its owner holds a lock for as long as it lives."""


def replace(
    target: Path,
    content: bytes | str,
    *,
    next_step: str,
    private: bool = False,
    make_folder: bool = False,
    lasting: bool = True,
) -> None:
    """Write a small file, text as UTF-8; see `replacing`. Raises SurroundingsFailed."""
    with replacing(target, next_step=next_step, private=private, make_folder=make_folder, lasting=lasting) as fresh:
        fresh.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def replacing(
    target: Path, *, next_step: str, private: bool = False, make_folder: bool = False, lasting: bool = True
) -> Iterator[Path]:
    """Yield an empty file elsewhere; what is written there takes the place of `target` when the block ends well.

    Until then, and after an error, `target` is what it was. `private`: for this user's eyes only, from the first byte.
    `make_folder`: make the folders it stands in. Not `lasting`: nothing waits for the disk, and a power cut, unlike a
    killed process, may cost the file. An OSError leaves as SurroundingsFailed with this `next_step`.
    """
    try:
        if make_folder:
            target.parent.mkdir(parents=True, exist_ok=True)
        with scratch(target.parent) as folder:
            fresh = folder / "fresh"
            os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666))
            yield fresh
            if lasting:
                put(fresh, target)
            else:
                fresh.replace(target)
    except OSError as error:
        raise not_written(error, target, next_step) from error


@contextmanager
def changing(target: Path, *, next_step: str, make_folder: bool = False) -> Iterator[None]:
    """Hold off whoever else writes `target` anew from what it holds now. Raises SurroundingsFailed."""
    try:
        if make_folder:
            target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_name(f"{target.name}.lock")):
            yield
    except OSError as error:
        raise not_written(error, target, next_step) from error


def put(fresh: Path, target: Path) -> None:
    """Give a finished file of the same disk its name, also over one that is there, to last. Raises OSError."""
    to_disk(fresh)
    fresh.replace(target)
    if sys.platform == "win32":  # writes names through, and opens no folder
        return
    try:
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NOT_KEPT_APART:
            raise


def to_disk(path: Path) -> None:
    """Wait until what a file holds is on the disk. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A new folder in `folder` that only this user enters, gone with what it holds when the block ends.

    Killed processes leave theirs behind: those that this account made are cleared first. Raises OSError.
    """
    clear_left_behind(folder)
    own, alive = _begin(folder)
    try:
        yield own
    finally:
        _remove(own, alive)


def clear_left_behind(folder: Path) -> None:
    """Remove the scratch folders of this account in `folder` whose processes have died."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if _SCRATCH.fullmatch(entry.name) and _is_ours(entry.stat(follow_symlinks=False)):
                    alive = FileLock(folder / entry.name / _ALIVE)
                    if alive.acquire():
                        _remove(folder / entry.name, alive)


def _begin(folder: Path) -> tuple[Path, FileLock]:
    while True:
        own = folder / f".sinebar-{os.urandom(8).hex()}"
        own.mkdir(0o700)
        alive = FileLock(own / _ALIVE)
        try:
            if alive.acquire() and alive.stands:
                return own, alive
            alive.release()  # somebody who cleared here came between making it and locking it
        except FileNotFoundError:
            continue
        except OSError:  # a file system without locks: nobody can take what is here for left behind
            return own, alive


def _is_ours(found: os.stat_result) -> bool:
    return stat.S_ISDIR(found.st_mode) and (sys.platform == "win32" or found.st_uid == os.geteuid())


def _remove(own: Path, alive: FileLock) -> None:
    """Remove a scratch folder whose lock is held; who is killed meanwhile leaves one that the next clears."""
    try:
        for one in _content(own):
            with suppress(OSError):
                if one.is_dir() and not one.is_symlink():
                    shutil.rmtree(one)
                else:
                    one.unlink()
        if sys.platform != "win32":  # there a file that is open cannot be removed
            with suppress(OSError):
                alive.path.unlink()
    finally:
        alive.release()
    with suppress(OSError):
        alive.path.unlink(missing_ok=True)
        own.rmdir()


def _content(own: Path) -> list[Path]:
    with suppress(OSError):
        return [one for one in own.iterdir() if one.name != _ALIVE]
    return []


def not_written(error: OSError, path: Path, next_step: str) -> SurroundingsFailed:
    """The sentence for a file that could not be written; `next_step` is what helps where the disk has room."""
    if error.errno in NO_ROOM:
        return SurroundingsFailed(f"{path} cannot be written: its disk is full.", "Free space on it and try again.")
    return SurroundingsFailed(f"{path} cannot be written: {error.strerror or error}.", next_step)
