"""The shell is painted before anything heavy is imported, and says why when the station cannot be opened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ui.kit.theme import Theme
from ui.pages.directory import ENTRIES
from ui.window import Window

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "scipy", "scipy.stats", "pandas", "sklearn", "matplotlib", "statsmodels", "typst", "openpyxl", "xlsxwriter",
    "fastapi", "httpx", "numpy", "pyqtgraph", "sqlalchemy", "alembic", "serial", "pymodbus", "asyncio",
)  # fmt: skip
NEVER = ("scipy.stats", "pandas", "sklearn", "matplotlib", "statsmodels", "typst", "openpyxl", "fastapi")

AT_FIRST_PAINT = """
import json, sys
from pathlib import Path
from ui.app import application
from ui.window import Window
app, theme = application()
window = Window(theme, Path(sys.argv[1]))
found = {}
def painted():
    found["first paint"] = sorted(sys.modules)
def ready():
    found["station"] = sorted(sys.modules)
    window.close()
    app.quit()
window.painted.connect(painted)
window.ready.connect(ready)
window.show()
app.exec()
print(json.dumps(found))
"""


def test_nothing_heavy_is_imported_before_the_first_paint(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_FIRST_PAINT, str(home)],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert not set(HEAVY) & set(found["first paint"])
    assert "pyqtgraph" in found["station"], "the live page is there"
    assert not set(NEVER) & set(found["station"])


def test_a_station_that_cannot_be_opened_is_said_with_a_way_on(
    tmp_path: Path, theme: Theme, until: Callable[..., None]
) -> None:
    place = tmp_path / "home"
    place.write_text("a file where a folder must be")
    window = Window(theme, place)
    window.show()
    until(lambda: window.opening.error is not None)
    assert window.opening.error is not None
    assert window.opening.error.sentence in window.opening.accessibleName()
    assert window.opening._retry.isVisible()
    place.unlink()
    window.opening._retry.click()
    until(lambda: window.page is not None and window.page.is_settled())
    window.close()


@pytest.mark.parametrize("text", ["1280x800", "1920X1080"])
def test_sizes_are_read(text: str) -> None:
    from ui.app import size_of

    assert size_of(text) == tuple(int(side) for side in text.lower().split("x"))


@pytest.mark.parametrize("text", ["", "1280", "axb", "10x10", "99999x10"])
def test_impossible_sizes_are_refused(text: str) -> None:
    from ui.app import size_of

    with pytest.raises(ValueError, match=r".*"):
        size_of(text)


@pytest.mark.parametrize("name", [entry.name for entry in ENTRIES])
def test_the_window_opens_on_any_of_its_pages(name: str) -> None:
    from ui.app import _parse

    assert _parse(["--page", name]).page == name
