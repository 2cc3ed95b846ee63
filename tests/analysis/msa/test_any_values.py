"""Any measurements at all: a result or an AnalysisError, never a numpy warning or another exception."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis import msa
from analysis.errors import AnalysisError

Floats = NDArray[np.float64]

SHAPES: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "usual": lambda r, n: r.normal(size=n),
    "rounded": lambda r, n: np.round(r.normal(size=n)),
    "tiny": lambda r, n: 1e-300 * r.normal(size=n),
    "large": lambda r, n: 1e150 * r.normal(size=n),
    "largest": lambda r, n: 1e307 * r.normal(size=n),
    "far": lambda r, n: 1e15 + r.normal(size=n),
    "gaps": lambda r, n: np.where(r.random(n) < 0.3, np.nan, r.normal(size=n)),
    "wide": lambda r, n: np.exp(20 * r.normal(size=n)),
    "zeros": lambda _, n: np.zeros(n),
    "two": lambda _, n: np.resize([1.0, 2.0], n),
    "outlier": lambda _, n: np.where(np.arange(n) == n // 2, 1e6, 0.0),
}


def calls_on(table: Floats) -> list[Callable[[], Any]]:
    p, o, r = table.shape
    column = table.ravel()
    factors = {"part": np.repeat(np.arange(p), o * r).tolist(), "operator": np.tile(np.repeat(range(o), r), p).tolist()}
    return [
        lambda: msa.crossed(table, tolerance=1.0),
        lambda: msa.crossed(table, method="xbar_r"),
        lambda: msa.nested(table),
        lambda: msa.type3(table.reshape(p, -1)),
        lambda: msa.emp(table),
        lambda: msa.expanded(column, factors),
        lambda: msa.expanded(column, factors, method="henderson"),
        lambda: msa.type1(column, reference=0.0, tolerance=1.0),
        lambda: msa.bias(column, reference=0.0),
        lambda: msa.bias(column, reference=0.0, method="range"),
        lambda: msa.linearity(column, np.resize([1.0, 2.0, 3.0], column.size)),
        lambda: msa.stability(column, subgroups=2),
    ]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("sizes", [(2, 2, 1), (3, 2, 2), (5, 3, 2)])
def test_a_result_or_a_sentence(shape: str, sizes: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(sizes[0])
    for _ in range(5):
        for call in calls_on(SHAPES[shape](rng, sizes[0] * sizes[1] * sizes[2]).reshape(sizes)):
            try:
                found = call()
            except AnalysisError as error:
                assert error.sentence  # either a sentence or a result is right here
            else:
                json.dumps(found.to_dict(), allow_nan=False)
