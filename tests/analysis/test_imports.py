"""What naming the library costs: nothing heavy is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIVE = """
import analysis
from analysis import charts, rules, stream, subgroups, sigma, running
data = [[10.0, 11.0, 9.0, 10.5]] * 3 + [[9.5, 10.0, 12.0, 11.0]] * 3
cases = {"xbar_r": data, "xbar_s": data, "i_mr": data[0], "ewma": data, "cusum": data, "c": [3, 4, 5]}
for chart, values in cases.items():
    live = stream.LiveChart(charts.fit(chart, values), rules.NELSON)
    live.push_many(values)
    stream.LiveChart.restore(live.snapshot_bytes()).push(values[0])
"""


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import analysis", ["numpy", "scipy", "analysis.charts"]),
        ("import analysis.charts, analysis.stream, analysis.rules, analysis.arl", ["scipy", "pandas", "matplotlib"]),
        (LIVE, ["scipy", "pandas", "matplotlib", "statsmodels"]),
    ],
)
def test_nothing_heavy_is_imported(code: str, heavy: list[str]) -> None:
    script = f"{code}\nimport sys\nprint(*(name for name in {heavy!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
