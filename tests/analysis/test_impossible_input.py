"""Every function of the catalogue answers any input: a result that has a plain form, or a sentence; nothing else."""

from __future__ import annotations

import importlib.util
import random
import sys
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from analysis import bounds
from analysis.calling import call, prepared
from analysis.catalogue import functions
from analysis.errors import AnalysisError

TESTS = Path(__file__).resolve().parents[1]
SPOILED_CALLS = 12
OF_SEARCHES = 2
"""Fewer of the designs of run lengths: each searches for seconds when its call is good."""
LONGEST_CALL = 60.0

TYPICAL: dict[str, Any] = {
    "nothing": [],
    "one value": [5.0],
    "two values": [5.0, 6.0],
    "no variation": [7.0] * 12,
    "only missing": [float("nan")] * 12,
    "none at all": None,
    "of 0": 0,
    "of 1": 1,
    "below 0": -3,
    "a half": 0.5,
    "not a number": float("nan"),
    "infinite": float("inf"),
    "enormous": 1e308,
    "enormous values": [1e300, -1e300, 1e300, 1e300],
    "tiny values": [1e-300, 2e-300, 3e-300, 1e-300],
    "another length": [1.0, 2.0, 3.0],
    "a text": "abc",
    "texts": ["a", "b", "c"],
    "ragged": [[1.0, 2.0], [3.0]],
    "an object": {"x": 1.0},
}


def load(name: str, path: Path) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


fuzz = load("fuzz_analysis", TESTS / "benchmarks" / "fuzz_analysis.py")
known = load("catalogue_examples", TESTS / "analysis" / "catalogue_examples.py")
EXAMPLES: dict[str, list[dict[str, Any]]] = {name: known.short(calls) for name, calls in known.examples().items()}


@pytest.mark.parametrize("name", functions())
def test_there_is_a_good_call_of_every_function(name: str) -> None:
    assert known.examples()[name], f"give {name} a reference case, or a good call in catalogue_examples.py"


@pytest.mark.parametrize("name", sorted(known.EXAMPLES))
def test_the_good_calls_are_good(name: str) -> None:
    """Or the slips below would be refused for another reason than their own."""
    for arguments in known.EXAMPLES[name]:
        assert fuzz.attempt(name, arguments, by_name=True, longest=LONGEST_CALL) == ""
        assert call(name, arguments) is not None


@pytest.mark.parametrize("name", functions())
def test_typical_slips_get_a_result_or_a_sentence(name: str) -> None:
    """Each argument of a good call exchanged for each typical slip, by name and as a program would call it."""
    wrong = []
    good = EXAMPLES[name][0] if EXAMPLES[name] else {}
    for argument in good:
        for what, slip in TYPICAL.items():
            for by_name in (True, False):
                said = fuzz.attempt(name, {**good, argument: slip}, by_name=by_name, longest=LONGEST_CALL)
                wrong += [f"{argument} {what}: {said}"] if said else []
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", functions())
def test_spoiled_calls_get_a_result_or_a_sentence(name: str) -> None:
    source = random.Random(zlib.crc32(name.encode()))
    wrong = []
    calls = OF_SEARCHES if name.startswith("arl.design") else SPOILED_CALLS
    for _ in range(calls if EXAMPLES[name] else 0):
        spoiled = fuzz.spoil(source.choice(EXAMPLES[name]), source)
        said = fuzz.attempt(name, spoiled, by_name=source.random() < 0.5, longest=LONGEST_CALL)
        wrong += [f"{said} of {spoiled}"] if said else []
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("tolerance.factor", {"n": "x"}, r"'tolerance.factor' cannot take 'x' as its 'n'. Give a whole number."),
        ("tolerance.factor", {"n": 5.5}, "whole number up to"),
        ("tolerance.factor", {"n": 5, "sides": "both"}, "one of two, lower, upper"),
        ("tolerance.factor", {"n": 5, "coverage": float("nan")}, "a finite number"),
        ("tolerance.factor", {"n": True}, "cannot take True"),
        ("tolerance.factor", {}, "needs the argument 'n'"),
        ("tolerance.factor", {"n": 5, "cover": 1}, "takes no argument 'cover'"),
        (
            "sampling.curves.curves",
            {"plan": {"stages": [{"n": 5}]}, "p": [0.1]},
            "needs 'accept' in its 'plan.stages.0'",
        ),
        ("sampling.curves.curves", {"plan": {"steps": []}, "p": [0.1]}, "knows no 'steps' in its 'plan'"),
        ("sampling.curves.curves", {"plan": 3, "p": [0.1]}, "an object with stages"),
        ("comparison.two_proportions", {"events": [1], "n": [4, 4]}, "a list of 2"),
        ("pareto.pareto", {"weights": {"a": "1"}}, "'weights.a'"),
        ("descriptive.describe", {"values": [1.0, "2"]}, "the text '2' at position 1"),
        ("comparison.one_mean", {"values": [1.0, {}], "hypothesis": 0.0}, "'values.1'"),
        ("arl.cusum", {"decision": 10**400}, "floating point can hold"),
    ],
)
def test_a_wrong_kind_is_told_with_its_place(name: str, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(AnalysisError) as told:
        call(name, arguments)
    assert said in str(told.value)


def test_whole_numbers_may_be_written_with_a_point() -> None:
    _, built = prepared("tolerance.factor", {"n": 20.0})
    assert built == {"n": 20}
    assert isinstance(built["n"], int)


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (lambda: bounds.finite(float("nan"), "mean"), "The mean is nan."),
        (lambda: bounds.positive(0, "width"), "The width is 0. Give a number above 0."),
        (lambda: bounds.positive(1e200, "width"), "from 1e-150 to 1e+150"),
        (lambda: bounds.not_negative(-1, "penalty"), "The penalty is -1."),
        (lambda: bounds.share(1.0, "coverage"), "between 0 and 1"),
        (lambda: bounds.share(1e-16, "coverage"), "too near to 0 or 1"),
        (lambda: bounds.whole(2.5, "sample", 1), "The sample is 2.5."),
        (lambda: bounds.whole(10**400, "sample", 1), "beyond 1e15"),
        (lambda: bounds.one_of("x", "side", ("lower", "upper")), "Choose one of lower, upper."),
    ],
)
def test_a_number_out_of_bounds_is_named(check: Any, said: str) -> None:
    with pytest.raises(AnalysisError) as told:
        check()
    assert said in str(told.value)


def test_a_chart_that_never_signals_runs_for_ever() -> None:
    assert call("arl.ewma", {"weight": 0.2, "width": 20.0}).arl == float("inf")
    assert call("arl.cusum", {"decision": 5.0, "shift": 40.0}).arl == pytest.approx(1.0, abs=1e-6)
