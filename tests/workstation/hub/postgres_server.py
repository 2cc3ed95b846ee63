"""A PostgreSQL server of the tests' own: made in a new folder, run as a user without rights, gone afterwards."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

PASSWORD = "Zx9hunter2"
"""Of users that live as long as a test."""
_DEBIAN = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`: on the path, or the newest where Debian puts it; None for none."""
    found = shutil.which("initdb")
    if found is not None and (Path(found).parent / "postgres").exists():
        return Path(found).parent
    installed = [path.parent for path in _DEBIAN.glob("*/bin/initdb") if (path.parent / "postgres").exists()]
    return max(installed, key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0), default=None)


def why_not() -> str | None:
    """Why no server can be started here; None when one can."""
    if importlib.util.find_spec("psycopg") is None:
        return "the driver psycopg is not installed"
    if os.name != "posix" or programs() is None:
        return "PostgreSQL's programs initdb and postgres are not installed"
    if os.geteuid() == 0 and _unprivileged() is None:
        return "PostgreSQL does not run as root, and there is no other user to run it as"
    return None


def _unprivileged() -> str | None:
    import pwd  # not on Windows

    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


class PostgresServer:
    """A server on a socket of its own, where nobody needs a password, and on a port, where everyone does."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sinebar-pg-"))
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            import pwd

            owner = pwd.getpwnam(_unprivileged() or "nobody")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self._user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self._run("initdb", "-D", self.folder / "data", "-U", "admin", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        access = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        (self.folder / "data" / "pg_hba.conf").write_text(access)

    def _run(self, program: str, *arguments: str | Path) -> None:
        folder = programs()
        assert folder is not None
        subprocess.run(
            [folder / program, *arguments], check=True, capture_output=True, timeout=60, cwd=self.folder, **self._user
        )

    def start(self) -> PostgresServer:
        """Run the server; returns once it answers."""
        folder = programs()
        assert folder is not None
        command = [folder / "postgres", "-D", self.folder / "data", "-F", "-k", self.folder, "-p", str(self.port)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=16MB"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._user)
        deadline = time.monotonic() + 30
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise AssertionError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}")
            time.sleep(0.05)
        return self

    def _answers(self) -> bool:
        import psycopg

        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def crash(self) -> None:
        """End it at once without tidying up, as a power cut would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)

    def close(self) -> None:
        """Stop it and remove all it kept."""
        if self._process is not None and self._process.poll() is None:
            self.crash()
        shutil.rmtree(self.folder)

    def run(self, *statements: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run statements as the superuser, each on its own; returns the rows of the last one."""
        import psycopg

        rows: list[tuple[Any, ...]] = []
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                done = connection.execute(statement.encode())
                rows = done.fetchall() if done.description is not None else []
        return rows

    def url(self, database: str, user: str = "admin") -> str:
        """The address over the socket; it holds no password, for none is asked."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def url_with_password(self, database: str, user: str, password: str = PASSWORD) -> str:
        """The address over the port."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self, options: str = "") -> Iterator[str]:
        """The name of a new database, which is dropped at the end."""
        name = f"hub_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} {options}")
        try:
            yield name
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
