"""Capability of a million values and crossed gauge studies, each beside one numpy pass and beside peers.

`python tests/benchmarks/bench_capability.py [--peers]`: with `--peers` mfgqc, capstat-core, shewhart, pycontrolcharts
and GageRnR are installed into a virtual environment that is thrown away, and timed there on the same numbers in the
same run; without it, those that happen to be importable are timed. Times are the least of several rounds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from analysis import capability, msa

MILLION = 1_000_000
PEERS = ("mfgqc", "capstat-core", "shewhart", "pycontrolcharts", "GageRnR")
CAPABILITY_BOUND, STUDY_BOUND_MS = 8.0, 0.05


def numbers() -> np.ndarray:
    return np.random.default_rng(20261122).normal(10.0, 1.0, MILLION)


def gauge_table() -> np.ndarray:
    """10 parts, 3 operators, 3 trials."""
    rng = np.random.default_rng(7)
    parts, operators = rng.normal(size=(10, 1, 1)), 0.2 * rng.normal(size=(1, 3, 1))
    table: np.ndarray = parts + operators + 0.2 * rng.normal(size=(10, 3, 3))
    return table


def least(call: Callable[[], object], rounds: int, repeats: int = 1) -> float:
    """Seconds of one call: the least mean of `repeats` calls over `rounds`."""
    call()
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(repeats):
            call()
        best = min(best, (time.perf_counter() - start) / repeats)
    return best


def ours(values: np.ndarray, table: np.ndarray) -> dict[str, float]:
    limits = capability.Specification(6.0, 14.0, 10.0)
    return {
        "individuals, moving range": least(lambda: capability.study(values, limits), 60),
        "subgroups of 5, mean range": least(lambda: capability.study(values, limits, subgroups=5), 60),
        "subgroups of 5, pooled": least(lambda: capability.study(values, limits, subgroups=5, within="pooled"), 60),
        "with Anderson-Darling": least(lambda: capability.study(values, limits, anderson_darling=True), 3),
        "box_cox (100,000 values)": least(lambda: capability.study(values[:100_000], limits, model="box_cox"), 2),
        "weibull (100,000 values)": least(lambda: capability.study(values[:100_000], limits, model="weibull"), 2),
        "gauge study, ANOVA": least(lambda: msa.crossed(table), 60, 100),
        "gauge study, mean and range": least(lambda: msa.crossed(table, method="xbar_r"), 60, 100),
    }


# Runs in whatever interpreter is given; prints {peer: {task: seconds}}. Written for the versions of November 2026.
PEER_SCRIPT = """
import contextlib, importlib, io, json, sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
values, table = np.load(sys.argv[1]), np.load(sys.argv[2])

def least(call, rounds, repeats=1):
    call()
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(repeats):
            call()
        best = min(best, (time.perf_counter() - start) / repeats)
    return best

def capstat():
    import capstat_core
    return {"capability": least(lambda: capstat_core.analyze_capability(values, lsl=6.0, usl=14.0, target=10.0), 3),
            "gauge": least(lambda: capstat_core.gage_rr(table), 7, 100)}

def shewhart():
    import shewhart
    return {"capability": least(lambda: shewhart.capability(values, lsl=6.0, usl=14.0, target=10.0), 3)}

def mfgqc():
    import mfgqc, pandas
    frame = pandas.DataFrame({"value": values})
    data = mfgqc.load(frame, measure="value").spec(lower=6.0, upper=14.0, target=10.0)
    index = np.indices(table.shape).reshape(3, -1)
    rows = pandas.DataFrame({"value": table.ravel(), "part": index[0], "operator": index[1], "trial": index[2]})
    gauge = mfgqc.load(rows, measure="value", roles={"part": "part", "operator": "operator", "replicate": "trial"})
    return {"capability": least(lambda: mfgqc.capability.compute(data), 1),
            "gauge": least(lambda: mfgqc.gage_rr.compute(gauge), 3, 5)}

def gagernr():
    from GageRnR import GageRnR
    turned = np.ascontiguousarray(table.transpose(1, 0, 2))
    return {"gauge": least(lambda: GageRnR(turned).calculate(), 7, 100)}

found = {"numpy": {"pass": least(lambda: (values.mean(), values.std()), 15)}}
for name, peer in (("capstat-core", capstat), ("shewhart", shewhart), ("mfgqc", mfgqc), ("GageRnR", gagernr)):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            found[name] = peer()
    except Exception as error:  # a peer that cannot run is named with its reason
        found[name] = {"error": f"{type(error).__name__}: {error}"[:200]}
print(json.dumps(found))
"""


def peers(values: np.ndarray, table: np.ndarray, *, install: bool) -> dict[str, dict[str, float | str]]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        np.save(place / "values.npy", values)
        np.save(place / "table.npy", table)
        (place / "peers.py").write_text(PEER_SCRIPT, encoding="utf-8")
        python = sys.executable
        if install:
            venv.create(place / "peers", with_pip=True)
            python = str(place / "peers" / ("Scripts" if sys.platform == "win32" else "bin") / "python")
            subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run(
            [python, str(place / "peers.py"), str(place / "values.npy"), str(place / "table.npy")],
            check=True,
            capture_output=True,
            text=True,
        )
    found: dict[str, dict[str, float | str]] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def report(mine: Mapping[str, float], others: Mapping[str, Mapping[str, float | str]], one_pass: float) -> bool:
    print(f"one numpy pass (mean and standard deviation of a million values): {1e3 * one_pass:.3f} ms\n")
    for name, seconds in mine.items():
        if name.startswith("gauge"):
            print(f"{name:32} {1e3 * seconds:9.4f} ms")
        else:
            print(f"{name:32} {1e3 * seconds:9.2f} ms  {seconds / one_pass:8.1f} x")
    print()
    peer_pass = float(others["numpy"]["pass"])
    gauges = []
    for name, tasks in others.items():
        for task, value in tasks.items():
            if isinstance(value, str):
                print(f"{name:32} not timed: {value}")
            elif task == "capability":
                print(f"{name:24} {task:7} {1e3 * value:9.2f} ms  {value / peer_pass:8.1f} x")
            elif task == "gauge":
                gauges.append(value)
                print(f"{name:24} {task:7} {1e3 * value:9.4f} ms")
    ratio, study = mine["individuals, moving range"] / one_pass, 1e3 * mine["gauge study, ANOVA"]
    held = [
        (f"capability {ratio:.1f} x, at most {CAPABILITY_BOUND:.0f} x", ratio <= CAPABILITY_BOUND),
        (f"gauge study {study:.4f} ms, at most {STUDY_BOUND_MS} ms", study <= STUDY_BOUND_MS),
    ]
    if gauges:
        best = 1e3 * min(gauges)
        held.append((f"gauge study {study:.4f} ms, below the best peer's {best:.4f} ms", study < best))
    print()
    for text, good in held:
        print(f"{'held' if good else 'MISSED'}: {text}")
    return all(good for _, good in held)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", action="store_true", help="install the peers into a throw-away environment")
    options = parser.parse_args()
    values, table = numbers(), gauge_table()
    one_pass = least(lambda: (values.mean(), values.std()), 50)
    mine = ours(values, table)
    one_pass = min(one_pass, least(lambda: (values.mean(), values.std()), 50))
    return 0 if report(mine, peers(values, table, install=options.peers), one_pass) else 1


if __name__ == "__main__":
    sys.exit(main())
