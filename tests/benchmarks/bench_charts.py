"""Control charts as multiples of one numpy pass, measured in the same run.

`python tests/benchmarks/bench_charts.py [--points 1000000] [--peers] [--peer-points 100000]`: each task's best time
beside the time numpy takes for mean and standard deviation of the same million numbers; the live engine in points a
second; what `import analysis` costs beside `import numpy`. Task and pass take turns, and in each turn do their work
several times in a row: the figure judged is that of warm memory, as it is for the pass; beside it stands the best
first run of a turn, which finds the memory that other tasks have just given back. Processor time of all threads
counts. `--peers` installs mfgqc, capstat-core, shewhart and pycontrolcharts into a virtual environment of its own,
thrown away afterwards, and times the same tasks there, on fewer points (several of them take minutes for a million) and
as multiples of the pass over as many.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np

from analysis import charts, rules
from analysis.stream import LiveChart

PEERS = ("mfgqc==0.3.1", "capstat-core==0.4.3", "shewhart==0.1.1", "pycontrolcharts==0.1.2")
PEER_SCRIPT = Path(__file__).with_name("peer_charts.py")
LIMITS = {
    "individuals, 8 Nelson rules": 50.0,
    "Xbar-R of subgroups of 5, rules": 35.0,
    "EWMA": 12.0,
    "CUSUM": 30.0,
    "EWMA with limits estimated": 12.0,
    "CUSUM with limits estimated": 30.0,
    "import analysis (of import numpy)": 1.2,
}
RATES = {"live, one by one": 500_000.0, "live, arrays": 20_000_000.0}


TURNS, IN_A_ROW = 12, 4


def timed(work: Callable[[], object], repeats: int) -> list[float]:
    """Processor seconds of each of `repeats` runs: a machine busy with other work must not blur the ratio."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return times


def best(work: Callable[[], object], repeats: int = 9) -> float:
    return min(timed(work, repeats))


def tasks(values: np.ndarray) -> dict[str, Callable[[], object]]:
    """Each task from raw numbers to judged chart: limits are estimated and all points judged."""
    groups = values.reshape(-1, 5)
    many = values[: len(values) // 1000 * 1000].reshape(-1, 1000)
    return {
        "individuals, 8 Nelson rules": lambda: charts.study("i_mr", values, rules.NELSON),
        "Xbar-R of subgroups of 5, rules": lambda: charts.study("xbar_r", groups, rules.NELSON),
        "EWMA": lambda: charts.evaluate(values, charts.known("ewma", mean=0.0, sigma=1.0)),
        "CUSUM": lambda: charts.evaluate(values, charts.known("cusum", mean=0.0, sigma=1.0)),
        "EWMA with limits estimated": lambda: charts.study("ewma", values),
        "CUSUM with limits estimated": lambda: charts.study("cusum", values),
        "1,000 characteristics, 8 rules": lambda: charts.individuals_of_many(many, rules.NELSON),
        "moving average of 5": lambda: charts.study("moving_average", values, span=5),
    }


def live_rates(values: np.ndarray) -> dict[str, float]:
    """Points a second of one chart of individuals (both panels) with eight rules."""
    limits = charts.fit("i_mr", values)
    singles = values[:200_000].tolist()

    def one_by_one() -> None:
        push = LiveChart(limits, rules.NELSON).push
        for value in singles:
            push(value)

    return {
        "live, one by one": len(singles) / best(one_by_one, 5),
        "live, arrays": len(values) / best(lambda: LiveChart(limits, rules.NELSON).push_many(values), 5),
    }


def import_cost() -> float:
    """Seconds of a process that imports analysis, as a multiple of one that imports numpy."""

    def run(module: str) -> float:
        times = []
        for _ in range(9):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
            times.append(time.perf_counter() - start)
        return min(times)

    return run("analysis") / run("numpy")


def peer_figures(points: int) -> list[dict[str, object]]:
    """Times of the peers in an environment of their own; a peer that fails or takes over two minutes says so."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True, stderr=subprocess.PIPE)
        names = json.loads(subprocess.run([python, str(PEER_SCRIPT)], capture_output=True, check=True).stdout)
        figures = []
        for name in names:
            try:
                done = subprocess.run(
                    [python, str(PEER_SCRIPT), name, str(points)],
                    capture_output=True,
                    text=True,
                    timeout=120,
                    check=False,
                )
                told = json.loads(done.stdout) if done.returncode == 0 else {"failed": done.stderr.strip()[-120:]}
            except subprocess.TimeoutExpired:
                told = {"failed": "more than 120 s"}
            figures.append({"name": name, **told})
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument(
        "--peers", action="store_true", help="install the peers into a throw-away environment, time them"
    )
    parser.add_argument("--peer-points", type=int, default=100_000)
    chosen = parser.parse_args()
    values = np.random.default_rng(1).standard_normal(chosen.points // 5 * 5)
    missed = 0

    def tell(name: str, figure: str, good: bool | None, wanted: str) -> None:
        verdict = "" if good is None else "reached" if good else "MISSED"
        print(f"{name:36} {figure:>24}  {wanted:16} {verdict}")

    work = tasks(values)
    for task in work.values():
        task()  # scipy is imported and memory found once, before anything is timed
    yardstick = best(lambda: (values.mean(), values.std()), 15)
    warm, first = (dict.fromkeys(work, float("inf")) for _ in range(2))
    for _ in range(TURNS):  # by turns, so that all meet the machine's quiet moments
        yardstick = min(yardstick, best(lambda: (values.mean(), values.std()), IN_A_ROW))
        for name, task in work.items():
            times = timed(task, IN_A_ROW)
            first[name] = min(first[name], times[0])
            warm[name] = min(warm[name], *times[1:])
    print(f"one numpy mean and std of {len(values):,} numbers: {yardstick * 1e3:.3f} ms\n")
    for name, took in warm.items():
        multiple = took / yardstick
        limit = LIMITS.get(name)
        good = None if limit is None else multiple <= limit
        missed += good is False
        said = f"{multiple:.1f} x ({first[name] / yardstick:.1f} x first)"
        tell(name, said, good, "" if limit is None else f"at most {limit:g} x")
    for name, rate in live_rates(values).items():
        missed += rate < RATES[name]
        tell(name, f"{rate:,.0f} /s", rate >= RATES[name], f"from {RATES[name]:,.0f}")
    cost, limit = import_cost(), LIMITS["import analysis (of import numpy)"]
    missed += cost > limit
    tell("import analysis (of import numpy)", f"{cost:.2f} x", cost <= limit, f"at most {limit:g} x")
    if chosen.peers:
        print(f"\npeers, {chosen.peer_points:,} points, as multiples of the pass over as many")
        for figure in peer_figures(chosen.peer_points):
            told = figure.get("failed") or f"{figure['multiple']:,.0f} x"
            print(f"{figure['name']!s:36} {told!s:>24}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
