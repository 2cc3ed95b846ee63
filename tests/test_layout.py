"""The house stands as the architecture page says: which folders there are, and who runs without a screen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

WITHOUT_QT = """
import importlib, pkgutil, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"PySide6", "shiboken6", "pyqtgraph"}:
            raise ImportError(f"{name} is not to be had here")
        return None

sys.meta_path.insert(0, Refuse())
package = importlib.import_module(sys.argv[1])
count = 0
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if module.name.endswith("__main__") or ".versions." in module.name or module.name.endswith("migrations.env"):
        continue
    importlib.import_module(module.name)
    count += 1
print(count)
"""


def test_top_level_is_what_the_owner_fixed() -> None:
    made = {"build", "dist", "wheels"}  # what building and downloading leave behind
    top = {entry.name for entry in ROOT.iterdir() if not entry.name.startswith(".")} - made
    assert top == {
        "workstation",
        "ui",
        "devices",
        "analysis",
        "resources",
        "installers",
        "tests",
        "pyproject.toml",
        "README.md",
    }


@pytest.mark.parametrize("package", ["workstation", "devices", "analysis", "resources"])
def test_runs_without_qt(package: str) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_QT, package], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= (1 if package != "resources" else 0)


def test_the_lock_names_a_hash_for_every_package() -> None:
    lock = (ROOT / "installers" / "requirements.lock").read_text(encoding="utf-8")
    pinned = [line for line in lock.splitlines() if line and not line[0].isspace() and line[0] != "#"]
    assert len(pinned) > 50
    assert all("==" in line and line.rstrip().endswith("\\") for line in pinned)
    assert "http://" not in lock
    assert "--index-url" not in lock
