"""Any values at all: a result or an AnalysisError, never a numpy warning or another exception."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis import capability
from analysis.capability import MODELS, Specification
from analysis.errors import AnalysisError

Floats = NDArray[np.float64]

SHAPES: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "usual": lambda r, n: r.normal(size=n),
    "rounded": lambda r, n: np.round(r.normal(size=n)),
    "tiny": lambda r, n: 1e-300 * r.normal(size=n),
    "denormal": lambda _, n: 1e-310 * np.arange(n),
    "large": lambda r, n: 1e150 * r.normal(size=n),
    "largest": lambda r, n: 1e307 * r.normal(size=n),
    "far": lambda r, n: 1e15 + r.normal(size=n),
    "gaps": lambda r, n: np.where(r.random(n) < 0.5, np.nan, r.normal(size=n)),
    "wide": lambda r, n: np.exp(20 * r.normal(size=n)),
    "zeros": lambda _, n: np.zeros(n),
    "two": lambda _, n: np.resize([1.0, 2.0], n),
    "outlier": lambda _, n: np.where(np.arange(n) == n // 2, 1e6, 0.0),
}
SPECS = [
    Specification(),
    Specification(-1, 1, 0),
    Specification(None, 5, 2),
    Specification(0, 10, lower_is_boundary=True),
    Specification(1e-3, 1e9),
]


def calls_on(values: Floats, spec: Specification, subgroups: int | None) -> list[Callable[[], Any]]:
    return [
        *(partial(capability.study, values, spec, model=model, subgroups=subgroups) for model in MODELS),
        lambda: capability.study(values, spec, subgroups=subgroups, cpk_interval="noncentral_t", within="mssd"),
        lambda: capability.machine(values, spec),
        lambda: capability.six_panel(values, spec, subgroups=subgroups),
        lambda: capability.time_dependent(values, spec, subgroups=subgroups or 2),
    ]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 24])
def test_a_result_or_a_sentence(shape: str, n: int) -> None:
    rng = np.random.default_rng(n)
    for number, spec in enumerate(SPECS):
        for call in calls_on(SHAPES[shape](rng, n), spec, (None, 2, 3, 5)[number % 4]):
            try:
                found = call()
            except AnalysisError as error:
                assert error.sentence  # either a sentence or a result is right here
            else:
                json.dumps(found.to_dict(), allow_nan=False)
