"""Screening of many characteristics, beside the same work one characteristic after the other and one numpy pass.

`python tests/benchmarks/bench_screening.py [--characteristics 2000] [--points 1000]`: limits, all eight Nelson rules
and capability of the whole table in one call; the same with the functions that look at one characteristic at a time (a
program without screening does; no peer screens); and numpy's mean and standard deviation of the same numbers.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from analysis import capability, charts, rules
from analysis.capability import Specification
from analysis.screening import screen

ALLOWED = 1.0
"""Seconds for 2,000 characteristics of 1,000 points."""


def best(work: Callable[[], object], repeats: int) -> float:
    """The shortest of `repeats` runs, in processor seconds: a machine busy with other work must not blur it."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def one_by_one(table: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
    """Chart and capability of each column on its own."""
    for index in range(table.shape[1]):
        column = np.ascontiguousarray(table[:, index])
        charts.study("i_mr", column, rules.NELSON)
        capability.study(column, Specification(float(lower[index]), float(upper[index])))


def main() -> int:
    """Print the figures; 1 when screening takes longer than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--characteristics", type=int, default=2000)
    parser.add_argument("--points", type=int, default=1000)
    asked = parser.parse_args()
    generator = np.random.default_rng(5)
    table = generator.normal(size=(asked.points, asked.characteristics))
    lower, upper = np.full(asked.characteristics, -4.0), np.full(asked.characteristics, 4.0)
    found = screen(table, lower=lower, upper=upper)  # the first call imports what it needs
    pass_ = best(lambda: (table.mean(axis=0), table.std(axis=0, ddof=1)), 7)
    screening = best(lambda: screen(table, lower=lower, upper=upper), 7)
    few = slice(0, min(100, asked.characteristics))
    alone = best(lambda: one_by_one(table[:, few], lower[few], upper[few]), 3)
    alone *= asked.characteristics / (few.stop - few.start)
    allowed = ALLOWED * asked.characteristics * asked.points / 2e6
    print(f"{asked.characteristics} characteristics x {asked.points} points, {int(found.signals.sum())} signals")
    print(f"numpy mean and std by column   {pass_:8.4f} s")
    print(
        f"screening                      {screening:8.4f} s  {screening / pass_:6.1f}x the pass, {allowed:g} s allowed"
    )
    print(f"one by one                     {alone:8.4f} s  {alone / screening:6.1f}x the screening")
    return 0 if screening <= allowed else 1


if __name__ == "__main__":
    raise SystemExit(main())
