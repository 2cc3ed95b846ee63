from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from workstation.errors import Refused, SurroundingsFailed
from workstation.line.lock import AlreadyRunning, LineLock
from workstation.line.supervisor import surroundings
from workstation.logs import close_log, log_to
from workstation.station import Station, run_line


def test_a_home_is_made_opened_again_and_keeps_its_name(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    with Station.open(home, name="bench 1") as station:
        assert station.name == "bench 1" and not station.line_running()
    with Station.open(home) as again, again.read() as reader:
        assert again.name == "bench 1" and reader.counts().entries == 0


def test_a_home_without_a_station_is_not_made_when_that_is_not_wanted(tmp_path: Path) -> None:
    with pytest.raises(SurroundingsFailed, match="There is no station in"):
        Station.open(tmp_path / "typo", create=False)
    assert not (tmp_path / "typo").exists()


def test_a_home_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SurroundingsFailed):
        Station.open(tmp_path / "file" / "home")


def test_the_log_is_json_lines_and_never_in_the_way(tmp_path: Path) -> None:
    with Station.open(tmp_path, log_as="test"):
        logging.getLogger("workstation.test").warning("ports closed", extra={"waiting": 3})
    logging.getLogger("workstation.test").warning("after the end")
    (line,) = (tmp_path / "logs" / "test.jsonl").read_text().splitlines()
    told = json.loads(line)
    assert (told["message"], told["waiting"], told["level"], told["room"]) == (
        "ports closed", 3, "WARNING", "workstation.test"
    )  # fmt: skip
    assert log_to(tmp_path / "logs" / "test.jsonl", "x", logging.INFO, 1000, 1) is None
    handler = log_to(tmp_path, "broken", logging.INFO, 1000, 1)
    assert isinstance(handler, logging.FileHandler) and handler.stream is not None
    handler.stream.close()
    logging.getLogger("workstation.test").warning("nobody takes this")  # raises nothing, prints nothing
    handler.stream = None  # type: ignore[assignment]
    close_log(handler)


def test_one_line_a_home(tmp_path: Path) -> None:
    lock = LineLock.acquire(tmp_path)
    with pytest.raises(AlreadyRunning):
        run_line(tmp_path, supervised=False, tell=lambda _: None)
    lock.release()


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    import sqlite3

    Station.open(tmp_path).close()
    with sqlite3.connect(tmp_path / "station.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(Refused, match="newer Sinebar"):
        Station.open(tmp_path)


def test_opening_a_station_loads_nothing_heavy(tmp_path: Path) -> None:
    """The window opens a station on its way to the first paint."""
    Station.open(tmp_path).close()
    heavy = ("numpy", "scipy", "pandas", "sqlalchemy", "alembic", "devices", "analysis", "argon2")
    script = (
        "import sys; from pathlib import Path; from workstation.station import Station;"
        f"Station.open(Path(sys.argv[1])).close(); print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, env=surroundings(), check=True
    )
    assert done.stdout == "[]\n"
