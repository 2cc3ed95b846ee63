"""What Qt for Python loses count of: None, True and False in some versions; layouts' items, dropped widgets in all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPAINTS = 10_000
MOST_DRIFT = 200
"""References that may come and go for other reasons; a version that leaks loses one a call."""

SCRIPT = """
import json, sys
from PySide6.QtWidgets import QLabel
from ui.app import application
from ui.kit.theme import Scheme
app, theme = application(Scheme.LIGHT)
label = QLabel("0")
label.resize(200, 40)
label.show()
app.processEvents()
watched = {"None": None, "True": True, "False": False}
def turn(count):
    for number in range(count):
        label.setText(str(number))
        label.setEnabled(number % 2 == 0)
        label.repaint()
turn(100)
before = {name: sys.getrefcount(value) for name, value in watched.items()}
turn(int(sys.argv[1]))
print(json.dumps({name: sys.getrefcount(value) - before[name] for name, value in watched.items()}))
"""


RUBBISH = """
import gc, os
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QLabel
from ui.app import application
from ui.kit.theme import Scheme

class Busy(QLabel):
    def changeEvent(self, event: QEvent) -> None:
        self.made = [[] for _ in range(2000)]
        super().changeEvent(event)

app, theme = application(Scheme.LIGHT)
gc.disable()
kept = []
for number in range(200):
    dropped = QLabel("rubbish")
    dropped.itself = dropped
    kept.append(Busy("kept"))
    for one in (kept[-1], dropped):
        one.ensurePolished()
del dropped, one
gc.enable()
theme.size(1.2)
assert gc.isenabled()
os._exit(0)
"""
"""Widgets that nobody holds but themselves, and others that have Python look for such while their style changes."""


def test_references_stay_level_over_ten_thousand_repaints() -> None:
    drift = json.loads(told_by(SCRIPT, str(REPAINTS)))
    assert all(abs(change) <= MOST_DRIFT for change in drift.values()), drift


def test_dropped_widgets_are_not_deleted_while_all_are_restyled() -> None:
    told_by(RUBBISH)


def told_by(script: str, *words: str) -> str:
    """What a program of its own prints; it must end well, for what it tries ends a process."""
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=ROOT,
        env={"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_no_layout_is_asked_for_its_items() -> None:
    """A spacer that was asked for once is still believed where it lay when another object lies there: it crashes.

    Enlarging the text, which builds pages anew, then made `QWidget.layout` answer with a spacer, or freed one twice.
    """
    asking = [str(file) for file in (ROOT / "ui").rglob("*.py") if ".itemAt(" in file.read_text(encoding="utf-8")]
    assert asking == []
