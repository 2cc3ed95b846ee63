"""Where the line listens and the secret that opens it: two files in the home that only its owner can read."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from workstation import files
from workstation.errors import Refused, SurroundingsFailed

SECRET_LENGTH = 32
_LONGEST_SOCKET_PATH = 100
"""Bytes: macOS takes 103 in sun_path, Linux 107."""


class LineNotRunning(Refused):
    """No line process serves this home."""

    def __init__(self, home: Path) -> None:
        super().__init__(f"The line of {home} is not running.", "Start it with 'sinebar line run'.")


@dataclass(frozen=True, slots=True)
class Address:
    """A Unix socket's path (`port` 0), or a loopback TCP port (`path` empty)."""

    path: str
    port: int

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path else f"tcp:127.0.0.1:{self.port}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read what `str` wrote; raise ValueError for anything else."""
        kind, _, rest = text.strip().partition(":")
        if kind == "unix" and rest:
            return cls(path=rest, port=0)
        host, _, port = rest.partition(":")
        if kind == "tcp" and host == "127.0.0.1" and 0 < int(port) < 65536:
            return cls(path="", port=int(port))
        raise ValueError(text)


def socket_path(home: Path) -> Path:
    """Where the Unix socket stands: in the home, or, when that is too long for a socket, in a folder only we enter."""
    inside = home.resolve() / "line.sock"
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16] + ".sock"
    return _private_folder() / name


def write_address(home: Path, address: Address) -> None:
    """Tell clients where to knock, in one step, readable by the owner alone."""
    _write_private(home / "line.address", f"{address}\n".encode())


def read_address(home: Path) -> Address:
    """Where the line listens; raises `LineNotRunning` when it has told no address."""
    path = home / "line.address"
    try:
        return Address.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LineNotRunning(home) from error
    except PermissionError as error:
        raise SurroundingsFailed(
            f"The address of the line, {path}, cannot be read: {error.strerror}.",
            "Run as the account that owns the station's home.",
        ) from error
    except (OSError, ValueError) as error:
        raise SurroundingsFailed(
            f"The file {path} does not say where the line listens: {error}.",
            "Delete the file and start the line again.",
        ) from error


def remove_address(home: Path) -> None:
    """Take the sign down, as the line does when it ends."""
    (home / "line.address").unlink(missing_ok=True)


def make_secret(home: Path) -> bytes:
    """The home's secret, made at the first start; only the line process, which holds the lock, calls this."""
    path = home / "line.secret"
    if path.exists():
        if os.name == "posix":
            path.chmod(stat.S_IRUSR | stat.S_IWUSR)
        kept = _parse_secret(path.read_text(encoding="ascii", errors="replace"))
        if kept:
            return kept
    secret = secrets.token_bytes(SECRET_LENGTH)
    _write_private(path, secret.hex().encode() + b"\n")
    return secret


def read_secret(home: Path) -> bytes:
    """The home's secret, for a client."""
    path = home / "line.secret"
    try:
        secret = _parse_secret(path.read_text(encoding="ascii", errors="replace"))
    except FileNotFoundError as error:
        raise LineNotRunning(home) from error
    except OSError as error:
        raise SurroundingsFailed(
            f"The secret of the line, {path}, cannot be read: {error.strerror or error}.",
            "Run as the account that owns the station's home.",
        ) from error
    if secret is None:
        raise SurroundingsFailed(
            f"The file {path} holds no secret of the line.", "Stop the line, delete the file and start the line again."
        )
    return secret


def _parse_secret(text: str) -> bytes | None:
    try:
        secret = bytes.fromhex(text.strip())
    except ValueError:
        return None
    return secret if len(secret) == SECRET_LENGTH else None


def _write_private(path: Path, content: bytes) -> None:
    next_step = "Give this account the right to write in the station's home, and see that the disk has room."
    files.replace(path, content, private=True, next_step=next_step)


def _private_folder() -> Path:
    """The run-time folder of this account, or a folder of ours in the temporary one, refused when it is not ours."""
    if sys.platform == "win32":
        raise AssertionError("Windows listens on loopback, not on a Unix socket")
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    base = Path(runtime) if runtime and Path(runtime).is_dir() else Path(tempfile.gettempdir())
    folder = base / f"sinebar-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise SurroundingsFailed(
            f"The folder {folder} for the line's socket belongs to somebody else or is open to others.",
            "Remove it, or use a home with a shorter path.",
        )
    return folder
