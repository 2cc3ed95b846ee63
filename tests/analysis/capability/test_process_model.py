"""ISO 22514-2: processes made after each of the eight models are recognised, and their indices are the true ones."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from analysis.capability import Specification, time_dependent
from analysis.errors import AnalysisError

Floats = NDArray[np.float64]
K, N = 40, 5
SPEC = Specification(-15, 20)
ALTERNATING = np.where(np.arange(K) % 2, 1.0, 3.0)[:, None]
STEPS = np.arange(K)[:, None]


def noise(rng: np.random.Generator) -> Floats:
    return rng.normal(size=(K, N))


PROCESSES: dict[str, Callable[[np.random.Generator], Floats]] = {
    "A1": noise,
    "A2": lambda r: r.gamma(2.0, size=(K, N)),
    "B": lambda r: noise(r) * ALTERNATING,
    "C1": lambda r: noise(r) + 1.2 * r.normal(size=(K, 1)),
    "C2": lambda r: noise(r) + 2.5 * r.exponential(size=(K, 1)),
    "C3": lambda r: noise(r) + 0.15 * STEPS,
    "C4": lambda r: noise(r) + 0.15 * STEPS + 1.5 * r.normal(size=(K, 1)),
    "D": lambda r: noise(r) * ALTERNATING + 0.2 * STEPS,
}


@pytest.mark.parametrize("name", PROCESSES)
def test_each_model_is_recognised(name: str) -> None:
    """Four of five simulated processes at least: tests at 5 % err now and then by their nature."""
    rng = np.random.default_rng(3)
    found = [time_dependent(PROCESSES[name](rng), SPEC).model for _ in range(25)]
    assert sum(model is not None and model.name == name for model in found) >= 20


@pytest.mark.parametrize("name", PROCESSES)
def test_decisions_are_data(name: str) -> None:
    found = time_dependent(PROCESSES[name](np.random.default_rng(1)), SPEC)
    assert found.model is not None
    questions = [decision.question for decision in found.model.decisions]
    assert questions[:3] == ["short_term_distribution_normal", "dispersion_constant", "location_constant"]
    assert questions[-1] == "resulting_distribution_normal"
    for decision in found.model.decisions:
        if decision.p is not None:
            assert decision.holds == (decision.p >= decision.alpha)
    stable = found.model.location == found.model.dispersion == "constant"
    assert found.designation == ("capability" if stable else "performance")
    assert found.actual is not None
    assert found.potential is not None
    assert found.actual <= found.potential + 1e-9
    assert found.to_dict()["model"]["name"] == found.model.name


def test_stable_normal_process_uses_mean_and_standard_deviation() -> None:
    table = noise(np.random.default_rng(8))
    found = time_dependent(table, Specification(-3, 4))
    assert found.model is not None
    assert found.model.name == "A1"
    assert found.potential == pytest.approx(7 / (6 * table.std(ddof=1)))
    assert found.intervals["actual"].lower < (found.actual or math.nan) < found.intervals["actual"].upper


def test_drifting_process_has_the_quantiles_of_its_mixture() -> None:
    """A straight drift from 0 to 10 with sigma 1: uniform plus normal, whose quantiles are found by integration."""
    k, n = 200, 5
    drift = np.linspace(0.0, 10.0, k)[:, None]
    scores = stats.norm.ppf((np.arange(n) + 0.5) / n)
    scores = scores / scores.std(ddof=1)
    rng = np.random.default_rng(4)
    found = time_dependent(drift + rng.permuted(np.tile(scores, (k, 1)), axis=1), Specification(-5, 15))
    assert found.model is not None
    assert found.model.location == "systematic"
    assert found.method == "mixture of subgroups"
    assert found.reference is not None
    x = np.linspace(-6, 16, 20001)
    spread = math.sqrt(1 - 1 / n)
    cdf = np.mean([stats.norm.cdf((x - m) / spread) for m in np.linspace(0, 10, k)], axis=0)
    assert found.reference.lower == pytest.approx(np.interp(0.00135, cdf, x), abs=5e-3)
    assert found.reference.upper == pytest.approx(np.interp(0.99865, cdf, x), abs=5e-3)


def test_one_mode_uses_the_best_family() -> None:
    table = np.random.default_rng(2).gamma(2.0, size=(60, 5))
    found = time_dependent(table, Specification(upper=15))
    assert found.model is not None
    assert found.model.name == "A2"
    assert found.fit is not None
    assert found.method == found.fit.family
    true = stats.gamma.ppf([0.5, 0.99865], 2.0)
    assert found.upper == pytest.approx((15 - true[0]) / (true[1] - true[0]), rel=0.15)
    assert found.potential is None


@pytest.mark.parametrize("size", [2, 3])
def test_small_subgroups(size: int) -> None:
    rng = np.random.default_rng(6)
    names = [time_dependent(rng.normal(size=(60, size)), SPEC).model for _ in range(20)]
    assert sum(model is not None and model.name == "A1" for model in names) >= 14
    widening = rng.normal(size=(60, size)) * np.linspace(0.5, 4, 60)[:, None]
    model = time_dependent(widening, SPEC).model
    assert model is not None
    assert model.dispersion == "varying"


def test_labels_missing_values_and_shift_invariance() -> None:
    table = PROCESSES["C3"](np.random.default_rng(5))
    one = time_dependent(table, SPEC)
    labels = np.repeat(np.arange(K), N)
    two = time_dependent(100 + 2 * table.ravel(), Specification(70, 140), subgroups=labels)
    assert one.model is not None
    assert two.model is not None
    assert two.model.name == one.model.name
    assert two.actual == pytest.approx(one.actual, rel=1e-6)
    table[3, 2] = np.nan
    assert time_dependent(table, SPEC).missing == 1


def test_too_little_to_choose_from() -> None:
    assert time_dependent([], SPEC).notes[0].code == "no_values"
    assert time_dependent([[1.0, 2.0]], SPEC).notes[0].code == "too_few_subgroups"
    assert time_dependent([[4.0, 4.0], [4.0, 4.0]], SPEC).notes[0].code == "no_variation"
    assert time_dependent([[1.0, 1.0], [2.0, 2.0]], SPEC).model is not None
    with pytest.raises(AnalysisError, match="needs subgroups"):
        time_dependent([1.0, 2.0, 3.0], SPEC)
    with pytest.raises(AnalysisError, match="level alpha"):
        time_dependent([[1.0, 2.0]], SPEC, alpha=5)
