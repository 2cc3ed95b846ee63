"""The demo as a stranger runs it: every figure checked, everything written, nothing left running."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from pypdf import PdfReader

ENVIRONMENT = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}


def sinebar(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workstation.cli", *arguments],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        timeout=280,
    )


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    home = tmp_path_factory.mktemp("demo") / "home"
    done = sinebar("demo", "--headless", "--home", str(home), "--speed", "4", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return home, json.loads(done.stdout)


@pytest.mark.timeout(300)
def test_every_figure_is_as_published(demonstrated: tuple[Path, dict[str, object]]) -> None:
    _, said = demonstrated
    assert said["ok"] is True
    assert said["readings_sent"] == said["readings_kept"] == 210
    assert {37, 38, 39} <= set(said["alarms"])  # type: ignore[call-overload]
    assert said["subgroups_judged"] == 42


def test_everything_is_written(demonstrated: tuple[Path, dict[str, object]]) -> None:
    home, said = demonstrated
    written = [Path(str(path)) for path in said["written"]]  # type: ignore[attr-defined]
    assert all(path.stat().st_size > 5_000 for path in written)
    names = {path.name for path in written}
    assert {
        f"{page}-{scheme}.png" for page in ("station", "control-chart", "capa") for scheme in ("light", "dark")
    } <= names
    text = "".join(page.extract_text() for page in PdfReader(home / "reports" / "inspection-report.pdf").pages)
    assert "74.036" in text
    assert "Demonstration engineer" in text


def test_nothing_is_left_running(demonstrated: tuple[Path, dict[str, object]]) -> None:
    home, _ = demonstrated
    left = [process.cmdline() for process in psutil.process_iter() if _runs_in(process, str(home))]
    assert left == []


def _runs_in(process: psutil.Process, home: str) -> bool:
    try:
        return any(home in word for word in process.cmdline())
    except psutil.Error:
        return False


def test_the_station_verifies_afterwards_and_a_changed_byte_is_found(
    demonstrated: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    home, _ = demonstrated
    assert sinebar("verify", "--home", str(home)).returncode == 0
    copy = tmp_path / "home"
    copy.mkdir()
    data = bytearray((home / "station.db").read_bytes())
    place = data.find(b"red bin of the demonstration")
    assert place > 0
    data[place] ^= 0x01
    (copy / "station.db").write_bytes(data)
    done = sinebar("verify", "--home", str(copy))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "red bin of the demonstration" in done.stdout


def test_a_home_with_a_station_is_left_alone(demonstrated: tuple[Path, dict[str, object]]) -> None:
    home, _ = demonstrated
    done = sinebar("demo", "--headless", "--home", str(home))
    assert done.returncode == 2
    assert "already" in done.stderr
    assert "Traceback" not in done.stderr
