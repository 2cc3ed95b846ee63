"""Pictures of the window, taken by a process of its own, as the demo and the documentation take them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from ui.kit.colours import DARK, LIGHT

ROOT = Path(__file__).resolve().parents[2]


def take(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ui.pictures", *arguments],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in ("DISPLAY", "QT_QPA_PLATFORM")},
        capture_output=True,
        text=True,
        timeout=90,
    )


@pytest.mark.parametrize(("scheme", "ground"), [("light", LIGHT.window), ("dark", DARK.window)])
def test_each_page_is_pictured_without_a_display(measured: Path, tmp_path: Path, scheme: str, ground: str) -> None:
    done = take("--home", str(measured), "--out", str(tmp_path / "out"), "--scheme", scheme, "--size", "1280x800")
    assert done.returncode == 0, done.stderr
    paths = [Path(line) for line in done.stdout.splitlines()]
    assert [path.stem.rpartition("-")[0] for path in paths] == [
        "station", "control-chart", "sensors", "investigations", "nonconformances", "capa", "instruments", "history",
    ]  # fmt: skip
    for path in paths:
        image = QImage(str(path))
        assert (image.width(), image.height()) == (1280, 800)
        assert image.pixelColor(240, 760).name() == ground
        colours = {image.pixelColor(x, y).rgb() for x in range(240, 1280, 7) for y in range(40, 760, 7)}
        assert len(colours) > 20, f"{path.stem} shows next to nothing"


def test_what_goes_wrong_is_one_sentence(tmp_path: Path) -> None:
    place = tmp_path / "home"
    place.write_text("a file where a folder must be")
    done = take("--home", str(place), "--out", str(tmp_path / "out"))
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1]
