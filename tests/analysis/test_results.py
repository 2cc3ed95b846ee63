"""Results turn into plain dictionaries that JSON takes."""

from __future__ import annotations

import enum
import json
from dataclasses import FrozenInstanceError, dataclass
from typing import NamedTuple

import numpy as np
import pytest

import analysis
from analysis.results import Note, Provenance, Result, plain


class Kind(enum.Enum):
    NORMAL = "normal"


class Pair(NamedTuple):
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Sample(Result):
    mean: float | None
    points: np.ndarray
    kind: Kind
    interval: Pair
    notes: tuple[Note, ...]
    provenance: Provenance


def sample() -> Sample:
    return Sample(
        mean=float("nan"),
        points=np.array([[1.0, np.inf], [np.nan, 2.5]]),
        kind=Kind.NORMAL,
        interval=Pair(np.float64(1.5), np.float64("-inf")),
        notes=(Note("too_few_points", "warning", {"count": np.int64(3)}),),
        provenance=Provenance("charts.xbar_r", {"sigma": "r_bar"}, preset="minitab"),
    )


def test_a_result_is_plain_and_json_takes_it() -> None:
    made = sample().to_dict()
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert made["mean"] is None
    assert made["points"] == [[1.0, None], [None, 2.5]]
    assert made["kind"] == "normal"
    assert made["interval"] == {"low": 1.5, "high": None}
    assert made["notes"] == [{"code": "too_few_points", "level": "warning", "values": {"count": 3}}]
    assert made["provenance"] == {
        "method": "charts.xbar_r",
        "choices": {"sigma": "r_bar"},
        "preset": "minitab",
        "version": analysis.__version__,
    }


def test_a_result_cannot_be_changed_and_has_no_dictionary_of_its_own() -> None:
    result = sample()
    with pytest.raises(FrozenInstanceError):
        result.mean = 1.0  # type: ignore[misc]
    assert not hasattr(result, "__dict__")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.bool_(True), True),
        (np.uint16(7), 7),
        (np.array([True, False]), [True, False]),
        (np.array([np.nan]), [None]),
        (np.array(["a", "b"]), ["a", "b"]),
        ({1: np.float32(0.5)}, {"1": 0.5}),
        ({"a"}, ["a"]),
        (None, None),
    ],
)
def test_plain(value: object, expected: object) -> None:
    assert plain(value) == expected


def test_an_unknown_thing_is_refused_by_its_type() -> None:
    with pytest.raises(TypeError, match="object has no plain form"):
        plain(object())


def test_rooms_are_reached_by_name_and_a_wrong_name_is_an_attribute_error() -> None:
    assert analysis.results.Result is Result  # type: ignore[attr-defined]
    assert "results" in dir(analysis)
    with pytest.raises(AttributeError, match="no attribute 'resluts'"):
        analysis.resluts  # type: ignore[attr-defined]  # noqa: B018
