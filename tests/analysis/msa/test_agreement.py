"""Attribute agreement, kappa and signal detection against published tables, statsmodels and simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats import inter_rater

from analysis.errors import AnalysisError
from analysis.msa import agreement, cohen, cohen_of_ratings, fleiss, signal_detection

# AIAG MSA 4th ed., chapter III section C: 50 parts, 3 appraisers, 3 trials, cross-tabulated
AIAG = {"A*B": [[44, 6], [3, 97]], "B*C": [[42, 5], [9, 94]], "A*C": [[43, 7], [8, 92]]}
# Fleiss' own layout in the example of Wikipedia's article on his kappa: 10 subjects, 14 raters, 5 categories
FOURTEEN = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def test_aiag_kappas() -> None:
    """Printed 0.86, 0.79, 0.78."""
    found = {name: cohen(table).kappa for name, table in AIAG.items()}
    assert found == pytest.approx({"A*B": 0.86, "B*C": 0.79, "A*C": 0.78}, abs=5e-3)
    first = cohen(AIAG["A*B"])
    assert (first.observed, first.expected) == (pytest.approx(0.94), pytest.approx(0.562222222222222))


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_cohen_is_statsmodels(weights: str) -> None:
    table = [[20, 5, 1], [3, 15, 4], [0, 6, 11]]
    theirs = inter_rater.cohens_kappa(np.array(table), wt=None if weights == "none" else weights)
    found = cohen(table, weights=weights)
    assert found.kappa == pytest.approx(theirs.kappa)
    assert found.se == pytest.approx(theirs.std_kappa)
    assert found.se_null == pytest.approx(theirs.std_kappa0)
    assert found.interval is not None
    assert (found.interval.lower, found.interval.upper) == pytest.approx((theirs.kappa_low, theirs.kappa_upp))


def test_fleiss_published() -> None:
    found = fleiss(FOURTEEN)
    assert found.overall.kappa == pytest.approx(0.210, abs=5e-4)
    assert (found.overall.observed, found.overall.expected) == pytest.approx((0.378, 0.213), abs=5e-4)
    assert found.overall.kappa == pytest.approx(inter_rater.fleiss_kappa(np.array(FOURTEEN)))
    # each category is Fleiss' kappa of that category against the rest
    for index, single in enumerate(found.by_category.values()):
        column = np.array(FOURTEEN)[:, index]
        assert single.kappa == pytest.approx(inter_rater.fleiss_kappa(np.stack([column, 14 - column], axis=1)))


def test_standard_errors_of_fleiss_kappa_hold() -> None:
    """Under pure chance z is standard normal; with agreement the interval covers the true kappa."""
    rng = np.random.default_rng(3)
    z = []
    for _ in range(400):
        ratings = rng.choice(3, p=[0.5, 0.3, 0.2], size=(40, 4))
        counts = np.stack([(ratings == c).sum(axis=1) for c in range(3)], axis=1)
        z.append(fleiss(counts).overall.z)
    assert np.std(z) == pytest.approx(1.0, abs=0.12)
    hits = 0
    shares = np.array([0.5, 0.3, 0.2])
    for _ in range(400):
        truth = rng.choice(3, p=shares, size=(80, 1))
        noisy = np.where(rng.random((80, 4)) < 0.7, truth, rng.choice(3, p=shares, size=(80, 4)))
        counts = np.stack([(noisy == c).sum(axis=1) for c in range(3)], axis=1)
        interval = fleiss(counts).overall.interval
        assert interval is not None
        hits += interval.lower <= 0.49 <= interval.upper  # two ratings agree beyond chance with 0.7 squared
    assert 0.91 < hits / 400 < 0.985


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=3, max_size=3))
def test_kappa_stays_in_bounds_and_ignores_names(table: list[list[int]]) -> None:
    counts = np.array(table, dtype=float)
    if counts.sum() == 0:
        return
    found = cohen(counts)
    if found.kappa is None:
        return
    assert -1.0 <= found.kappa <= 1.0 + 1e-12
    order = [2, 0, 1]
    assert cohen(counts[np.ix_(order, order)]).kappa == pytest.approx(found.kappa)
    assert cohen(counts.T).kappa == pytest.approx(found.kappa)


def ratings(errors: dict[str, list[tuple[int, int]]]) -> tuple[dict[str, list[list[str]]], list[str]]:
    """30 parts, the first 10 bad, two trials; `errors` name the (part, trial) that an appraiser got wrong."""
    reference = ["bad"] * 10 + ["good"] * 20
    wrong = {"bad": "good", "good": "bad"}
    table = {}
    for name, places in errors.items():
        rows = [[truth, truth] for truth in reference]
        for part, trial in places:
            rows[part][trial] = wrong[reference[part]]
        table[name] = rows
    return table, reference


def test_agreement_counts_by_hand() -> None:
    table, reference = ratings({"A": [], "B": [(0, 0), (0, 1), (12, 1)], "C": [(25, 0)]})
    found = agreement(table, reference=reference, bad="bad")
    a, b, c = found.appraisers
    assert a.effectiveness is not None
    assert (a.effectiveness.share, a.verdict) == (1.0, "acceptable")
    assert b.within is not None
    assert (b.within.matched, b.within.inspected) == (29, 30)
    assert b.against_reference is not None
    assert b.against_reference.matched == 28  # part 0 wrong both times, part 12 mixed
    assert b.effectiveness is not None
    assert (b.effectiveness.matched, b.effectiveness.inspected) == (57, 60)
    assert b.miss_rate is not None
    assert (b.miss_rate.matched, b.miss_rate.inspected) == (2, 20)
    assert b.false_alarm_rate is not None
    assert (b.false_alarm_rate.matched, b.false_alarm_rate.inspected) == (1, 40)
    assert b.verdict == "needs_improvement"  # a tenth of the bad parts missed
    assert c.false_alarm_rate is not None
    assert c.false_alarm_rate.share == 1 / 40
    assert found.between is not None
    assert found.between.matched == 27
    assert found.all_against_reference is not None
    assert found.all_against_reference.matched == 27
    assert found.cross_tables["A*B"] == ((18, 2), (1, 39))
    assert found.pairs["A*B"].kappa == pytest.approx(cohen([[18, 2], [1, 39]]).kappa)
    assert b.kappa_reference is not None
    assert b.kappa_reference.kappa == pytest.approx(cohen([[18, 1], [2, 39]]).kappa)
    assert found.kappa_between is not None
    assert found.kappa_between.raters == 6


def test_permuting_appraisers_parts_and_trials_changes_nothing() -> None:
    table, reference = ratings({"A": [(3, 0)], "B": [(0, 0), (12, 1)]})
    one = agreement(table, reference=reference)
    order = np.random.default_rng(1).permutation(30)
    mixed = {name: [table[name][i][::-1] for i in order] for name in ("B", "A")}
    two = agreement(mixed, reference=[reference[i] for i in order])
    assert two.kappa_between is not None
    assert one.kappa_between is not None
    assert two.kappa_between.overall.kappa == pytest.approx(one.kappa_between.overall.kappa)
    assert two.between == one.between
    assert {a.appraiser: a.effectiveness for a in two.appraisers} == {
        a.appraiser: a.effectiveness for a in one.appraisers
    }


def test_without_reference_and_with_more_categories() -> None:
    found = agreement({"A": [[1, 1], [2, 3], [3, 3]], "B": [[1, 1], [2, 2], [3, 1]]})
    assert found.categories == ("1", "2", "3")
    assert found.appraisers[0].effectiveness is None
    assert found.appraisers[0].within is not None
    assert found.appraisers[0].within.matched == 2
    assert found.to_dict()["pairs"]["A*B"]["kappa"] is not None


def test_everybody_always_the_same() -> None:
    found = agreement({"A": [["ok"], ["ok"]], "B": [["ok"], ["ok"]]}, reference=["ok", "ok"])
    assert found.pairs["A*B"].kappa is None
    assert found.between is not None
    assert found.between.share == 1.0
    assert {note.code for note in found.notes} >= {"one_category", "one_trial"}


def test_signal_detection_by_aiag() -> None:
    """AIAG prints the zone ends 0.446697-0.470832 and 0.542704-0.566152: d = 0.0237915, about 24 % of 0.45 to 0.55."""
    values = [0.40, 0.446697, 0.455, 0.465, 0.470832, 0.50, 0.542704, 0.545, 0.56, 0.566152, 0.60]
    decided = {0.40: 0, 0.446697: 0, 0.470832: 1, 0.50: 1, 0.542704: 1, 0.566152: 0, 0.60: 0}
    table = {
        name: [[decided[x]] * 3 if x in decided else [0, 1, index] for x in values] for index, name in enumerate("AB")
    }
    found = signal_detection(table, values, accepted=1, lower=0.45, upper=0.55)
    assert found.d == pytest.approx(0.0237915)
    assert found.grr_percent == pytest.approx(23.7915)
    assert found.sigma == pytest.approx(0.0237915 / 6)
    upper_only = signal_detection(table, values, accepted=1, upper=0.55)
    assert upper_only.d == pytest.approx(0.566152 - 0.542704)
    assert upper_only.grr_percent is None


def test_no_zone_without_parts_beyond_the_limit() -> None:
    found = signal_detection({"A": [[1], [1], [0]]}, [1.0, 2.0, 3.0], accepted=1, lower=0.5, upper=2.5)
    assert [zone.limit for zone in found.zones] == ["upper"]
    assert found.notes[0].code == "no_gray_zone"


@pytest.mark.parametrize(
    "call",
    [
        lambda: agreement({}),
        lambda: agreement({"A": [[1]]}),
        lambda: agreement({"A": [[1], [1, 2]]}),
        lambda: agreement({"A": [[1], [None]]}),
        lambda: agreement({"A": [[1], [1]], "B": [[1], [1], [1]]}),
        lambda: agreement({"A": [[1], [2]]}, reference=[1]),
        lambda: agreement({"A": [[1], [2]]}, reference=[1, 2], bad=3),
        lambda: agreement({"A": [[1], [2]]}, confidence=95),
        lambda: cohen([[1, 2, 3], [1, 2, 3]]),
        lambda: cohen([[0, 0], [0, 0]]),
        lambda: cohen([[1, -1], [0, 3]]),
        lambda: cohen([[1, 0], [0, 1]], weights="cubic"),
        lambda: cohen_of_ratings(["a"], ["a", "b"]),
        lambda: fleiss([[1, 2], [3, 1]]),
        lambda: fleiss([[1, 0], [0, 1]]),
        lambda: fleiss([[2, 0], [1, 1]], categories=["a"]),
        lambda: signal_detection({"A": [[1]]}, [1.0], accepted=1),
        lambda: signal_detection({"A": [[1]]}, [1.0], accepted=1, lower=2, upper=1),
        lambda: signal_detection({"A": [[1], [1]]}, [1.0], accepted=1, upper=1),
    ],
)
def test_contradictory_input_is_refused(call: Any) -> None:
    with pytest.raises(AnalysisError):
        call()
