"""Times other makers' control charts; run by bench_charts.py with the Python they are installed in.

Without arguments: the names of the tasks as a JSON list. With a name and a number of points: its best time and that
time as a multiple of numpy's mean and standard deviation of as many numbers.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np


def shewhart(task: str, values: np.ndarray) -> Callable[[], Any]:
    import shewhart as peer

    if task == "Xbar-R":
        import pandas as pd

        frame = pd.DataFrame({"value": values, "group": np.arange(len(values)) // 5})
        return lambda: peer.xbar_r(frame, value="value", subgroup="group", rules="nelson")
    return {
        "individuals": lambda: peer.imr(values, rules="nelson"),
        "EWMA": lambda: peer.ewma(values, center=0.0, sigma=1.0),
        "CUSUM": lambda: peer.cusum(values, center=0.0, sigma=1.0),
    }[task]


def capstat(task: str, values: np.ndarray) -> Callable[[], Any]:
    import capstat_core as peer

    def with_rules(pair: Any) -> Any:
        return peer.nelson_rules(pair.location)

    return {
        "individuals": lambda: with_rules(peer.i_mr_chart(values)),
        "Xbar-R": lambda: with_rules(peer.xbar_r_chart(values.reshape(-1, 5))),
        "EWMA": lambda: peer.ewma_chart(values, target=0.0, sigma=1.0),
        "CUSUM": lambda: peer.cusum_chart(values, target=0.0, sigma=1.0),
    }[task]


def mfgqc(task: str, values: np.ndarray) -> Callable[[], Any]:
    import mfgqc as peer
    import pandas as pd

    frame = pd.DataFrame({"value": values})
    if task == "Xbar-R":
        data = peer.load(frame, measure="value", subgroup_size=5)
        return lambda: data.control_chart(kind="xbar_r")
    data = peer.load(frame, measure="value")
    return {
        "individuals": lambda: data.control_chart(kind="i_mr"),
        "EWMA": lambda: data.ewma_chart(),
        "CUSUM": lambda: data.cusum_chart(),
    }[task]


def pycontrolcharts(task: str, values: np.ndarray) -> Callable[[], Any]:
    import pycontrolcharts as peer

    listed = values.tolist()
    return {
        "individuals": lambda: peer.calc_xmr(listed),
        "Xbar-R": lambda: peer.calc_xbar_r(listed, subgroup_size=5),
    }[task]


MAKERS: dict[str, tuple[Callable[[str, np.ndarray], Callable[[], Any]], list[str]]] = {
    "shewhart": (shewhart, ["individuals", "Xbar-R", "EWMA", "CUSUM"]),
    "capstat-core": (capstat, ["individuals", "Xbar-R", "EWMA", "CUSUM"]),
    "mfgqc": (mfgqc, ["individuals", "Xbar-R", "EWMA", "CUSUM"]),
    "pycontrolcharts": (pycontrolcharts, ["individuals", "Xbar-R"]),
}


def best(work: Callable[[], object], seconds: float) -> float:
    """The shortest run, in processor seconds, of as many as fit into `seconds`, at least one."""
    times: list[float] = []
    while not times or sum(times) < seconds:
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> int:
    if len(sys.argv) == 1:
        print(json.dumps([f"{maker}: {task}" for maker, (_, known) in MAKERS.items() for task in known]))
        return 0
    maker, task = sys.argv[1].split(": ")
    values = np.random.default_rng(1).standard_normal(int(sys.argv[2]) // 5 * 5)
    yardstick = best(lambda: (values.mean(), values.std()), 0.2)
    took = best(MAKERS[maker][0](task, values), 1.0)
    print(json.dumps({"seconds": took, "multiple": took / yardstick}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
