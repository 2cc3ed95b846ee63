"""First paint of the window beside a bare Qt window's, in fresh processes of the same run; and frames of a chart."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNS = 9
MOST_RATIO = 2.0
FRAMES = 200

BARE = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
class Window(QMainWindow):
    seen = False
    def paintEvent(self, event):
        super().paintEvent(event)
        if not self.seen:
            self.seen = True
            QTimer.singleShot(0, painted)
def painted():
    print(time.monotonic_ns())
    app.quit()
app = QApplication([])
window = Window()
window.resize(1280, 800)
window.show()
app.exec()
"""

OURS = """
import sys, time
from pathlib import Path
from ui.app import application
from ui.window import Window
app, theme = application()
window = Window(theme, Path(sys.argv[1]))
def painted():
    print(time.monotonic_ns())
    app.quit()
window._after_first_paint = painted
window.resize(1280, 800)
window.show()
app.exec()
"""

CHART = """
import json, sys, time
import numpy as np
from ui.app import application
from ui.charts.control import ControlChart
from ui.charts.frames import Frames
from ui.charts.track import Sign, Signal, Track
app, theme = application()
def track(count, seed):
    values = np.random.default_rng(seed).normal(0, 1, count)
    lines = [np.full(count, level) for level in (0.0, -3.0, 3.0)]
    return Track("Mean", "mm", 3, np.arange(1, count + 1), values, *lines, {count // 2: Signal(("rule",), Sign.BEYOND)})
found = {}
for count in (100, 1000, 10_000, 100_000):
    chart = ControlChart(theme, Frames(app))
    chart.resize(1000, 400)
    chart.show()
    app.processEvents()
    tracks = [(track(count, seed), track(count, seed + 1)) for seed in range(4)]
    times = []
    for number in range(int(sys.argv[1])):
        began = time.perf_counter()
        chart.show_tracks(*tracks[number % 4])
        chart._frames.draw_now()
        chart.viewport().repaint()
        times.append(time.perf_counter() - began)
    found[count] = sorted(times)[len(times) // 2] * 1000
    chart.close()
print(json.dumps(found))
"""


def run(script: str, argument: str) -> tuple[int, str]:
    """Start a fresh interpreter on `script`; when it was started (monotonic nanoseconds) and what it printed."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    began = time.monotonic_ns()
    done = subprocess.run(
        [sys.executable, "-c", script, argument], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return began, done.stdout


def first_paint(script: str, argument: str) -> float:
    """Milliseconds from starting the interpreter to the first paint."""
    began, printed = run(script, argument)
    return (int(printed.split()[-1]) - began) / 1e6


def main() -> int:
    """Print the figures; 1 when first paint takes more than twice the bare window's."""
    with tempfile.TemporaryDirectory() as home:
        run(BARE, home)
        run(OURS, home)  # both once unmeasured, so that bytecode and disk are warm
        pairs = [(first_paint(BARE, home), first_paint(OURS, home)) for _ in range(RUNS)]
    bare = statistics.median(pair[0] for pair in pairs)
    ours = statistics.median(pair[1] for pair in pairs)
    ratio = ours / bare
    print(f"first paint: bare window {bare:.1f} ms, Sinebar {ours:.1f} ms, ratio {ratio:.2f} (at most {MOST_RATIO})")
    charts = json.loads(run(CHART, str(FRAMES))[1])
    for count, milliseconds in charts.items():
        print(f"one frame of a chart pair: {int(count):>7} subgroups {milliseconds:6.2f} ms (33 ms a frame at 30 Hz)")
    return 0 if ratio <= MOST_RATIO else 1


if __name__ == "__main__":
    raise SystemExit(main())
