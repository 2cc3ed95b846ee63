"""Tests that compare means, variances, medians and proportions; each result names the test and its assumption."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import bounds
from analysis.errors import AnalysisError
from analysis.observations import finite_values, paired_values
from analysis.results import Note, Provenance, Result

Alternative = Literal["two-sided", "less", "greater"]
MOST_INSPECTED = 10_000_000
"""The exact tests of proportions walk through the counts."""


@dataclass(frozen=True, slots=True)
class Comparison(Result):
    """A test of one difference (or ratio): estimate with confidence limits, statistic, degrees of freedom, p."""

    name: str
    estimate: float | None
    lower: float | None
    upper: float | None
    statistic: float | None
    freedom: float | None
    p: float | None
    alternative: Alternative
    confidence: float
    n: tuple[int, ...]
    provenance: Provenance
    notes: tuple[Note, ...]


def _t_comparison(
    name: str,
    estimate: float,
    hypothesis: float,
    error: float,
    freedom: float,
    n: tuple[int, ...],
    alternative: Alternative,
    confidence: float,
    method: str,
) -> Comparison:
    from scipy import special

    made = Provenance(f"comparison.{name}", {"variance": method})

    if error <= 0:
        note = Note("no_variation", "warning", {})
        return Comparison(name, estimate, None, None, None, freedom, None, alternative, confidence, n, made, (note,))
    t = (estimate - hypothesis) / error
    below = float(special.stdtr(freedom, t))
    p = {"two-sided": 2.0 * float(special.stdtr(freedom, -abs(t))), "less": below, "greater": 1.0 - below}[alternative]
    if alternative == "greater":
        p = float(special.stdtr(freedom, -t))
    level = 0.5 + confidence / 2.0 if alternative == "two-sided" else confidence
    half = float(special.stdtrit(freedom, level)) * error
    lower = None if alternative == "less" else estimate - half
    upper = None if alternative == "greater" else estimate + half
    return Comparison(name, estimate, lower, upper, t, freedom, p, alternative, confidence, n, made, ())


def one_mean(
    values: ArrayLike, hypothesis: float, *, alternative: Alternative = "two-sided", confidence: float = 0.95
) -> Comparison:
    """Student's t test of a mean against a stated value."""
    _check(alternative, confidence)
    bounds.finite(hypothesis, "stated mean")
    data = finite_values(values, at_least=2)
    n = data.size
    error = float(data.std(ddof=1)) / math.sqrt(n)
    name = "one-sample t"
    return _t_comparison(
        name, float(data.mean()), hypothesis, error, n - 1, (n,), alternative, confidence, "normal population"
    )


def two_means(
    first: ArrayLike,
    second: ArrayLike,
    *,
    equal_variances: bool = False,
    alternative: Alternative = "two-sided",
    confidence: float = 0.95,
) -> Comparison:
    """Difference first - second of two independent means: Welch's test, or the pooled one when asked for."""
    _check(alternative, confidence)
    a, b = finite_values(first, at_least=2, name="first"), finite_values(second, at_least=2, name="second")
    va, vb = float(a.var(ddof=1)), float(b.var(ddof=1))
    if equal_variances:
        freedom = float(a.size + b.size - 2)
        pooled = ((a.size - 1) * va + (b.size - 1) * vb) / freedom
        error, method = math.sqrt(pooled * (1 / a.size + 1 / b.size)), "pooled variance"
    else:
        sa, sb = va / a.size, vb / b.size
        error, method = math.sqrt(sa + sb), "Welch-Satterthwaite"
        peak = max(sa, sb)  # to be divided by first: squares of variances may leave the range of floats
        ra, rb = (sa / peak, sb / peak) if peak > 0 else (1.0, 1.0)
        freedom = (ra + rb) ** 2 / (ra**2 / (a.size - 1) + rb**2 / (b.size - 1))
        freedom = freedom if peak > 0 else float(a.size + b.size - 2)
    difference = float(a.mean() - b.mean())
    sizes = (a.size, b.size)
    return _t_comparison("two-sample t", difference, 0.0, error, freedom, sizes, alternative, confidence, method)


def paired_means(
    first: ArrayLike, second: ArrayLike, *, alternative: Alternative = "two-sided", confidence: float = 0.95
) -> Comparison:
    """Mean of the differences first - second of pairs."""
    _check(alternative, confidence)
    a, b = paired_values(first, second, names=("first", "second"))
    difference = a - b
    error = float(difference.std(ddof=1)) / math.sqrt(a.size)
    return _t_comparison(
        "paired t", float(difference.mean()), 0.0, error, a.size - 1, (a.size,), alternative, confidence, "differences"
    )


def equivalence(first: ArrayLike, second: ArrayLike, *, margin: float, confidence: float = 0.95) -> Comparison:
    """Two one-sided tests (Schuirmann 1987): small p says that the means differ by less than `margin`.

    The interval is the usual 1 - 2(1 - confidence) one, so that it lies within ±margin exactly when p < 1 - confidence.
    """
    bounds.positive(margin, "margin of equivalence")
    if bounds.confidence_level(confidence) <= 0.5:
        raise AnalysisError(f"The confidence of two one-sided tests is {confidence}.", "Give more than 0.5.")
    welch = two_means(first, second, confidence=2 * confidence - 1)
    if welch.estimate is None or welch.statistic is None or welch.freedom is None:
        return welch
    from scipy import special

    error = welch.estimate / welch.statistic if welch.statistic else _error_of(first, second)
    t = (margin - abs(welch.estimate)) / error
    p = float(special.stdtr(welch.freedom, -t))
    return Comparison(
        name="two one-sided tests",
        estimate=welch.estimate,
        lower=welch.lower,
        upper=welch.upper,
        statistic=t,
        freedom=welch.freedom,
        p=p,
        alternative="two-sided",
        confidence=confidence,
        n=welch.n,
        provenance=Provenance("comparison.equivalence", {"variance": "Welch-Satterthwaite", "margin": margin}),
        notes=(),
    )


def _error_of(first: ArrayLike, second: ArrayLike) -> float:
    a, b = finite_values(first), finite_values(second)
    return math.sqrt(float(a.var(ddof=1)) / a.size + float(b.var(ddof=1)) / b.size)


def two_variances(
    first: ArrayLike, second: ArrayLike, *, alternative: Alternative = "two-sided", confidence: float = 0.95
) -> Comparison:
    """Ratio of two variances, F test; sensitive to non-normality, so look at `equal_variances` too."""
    from scipy import special

    _check(alternative, confidence)
    a, b = finite_values(first, at_least=2, name="first"), finite_values(second, at_least=2, name="second")
    va, vb = float(a.var(ddof=1)), float(b.var(ddof=1))
    da, db = a.size - 1, b.size - 1
    made = Provenance("comparison.two_variances", {"populations": "normal"})
    if va == 0 or vb == 0:
        note = Note("no_variation", "warning", {})
        return Comparison(
            "F ratio", None, None, None, None, None, None, alternative, confidence, (a.size, b.size), made, (note,)
        )
    ratio = va / vb
    below, above = float(special.fdtr(da, db, ratio)), float(special.fdtrc(da, db, ratio))
    p = {"two-sided": min(1.0, 2.0 * min(below, above)), "less": below, "greater": above}[alternative]
    level = 0.5 + confidence / 2.0 if alternative == "two-sided" else confidence
    lower = None if alternative == "less" else ratio / float(special.fdtri(da, db, level))
    upper = None if alternative == "greater" else ratio / float(special.fdtri(da, db, 1.0 - level))
    sizes = (a.size, b.size)
    return Comparison("F ratio", ratio, lower, upper, ratio, float(da), p, alternative, confidence, sizes, made, ())


@dataclass(frozen=True, slots=True)
class GroupTest(Result):
    """A test that several groups are alike in spread or location."""

    name: str
    statistic: float | None
    freedom: tuple[float, ...]
    p: float | None
    groups: int
    n: tuple[int, ...]
    provenance: Provenance
    notes: tuple[Note, ...]


VarianceTest = Literal["bartlett", "levene", "brown-forsythe"]
LocationTest = Literal["kruskal-wallis", "mann-whitney", "wilcoxon", "mood"]


def _samples(groups: Sequence[ArrayLike]) -> list[NDArray[np.float64]]:
    if len(groups) < 2:
        raise AnalysisError(f"At least 2 groups are needed; there are {len(groups)}.", "Give more groups.")
    return [finite_values(group, at_least=2, name=f"values of group {i + 1}") for i, group in enumerate(groups)]


def equal_variances(groups: Sequence[ArrayLike], *, test: VarianceTest = "brown-forsythe") -> GroupTest:
    """Are several variances equal? Bartlett (normal only), Levene (about means), Brown-Forsythe (about medians)."""
    from scipy import stats

    bounds.one_of(test, "test of variances", get_args(VarianceTest))
    data = _samples(groups)
    sizes = tuple(group.size for group in data)
    k, total = len(data), sum(sizes)
    freedom = (float(k - 1),) if test == "bartlett" else (float(k - 1), float(total - k))
    center = {"bartlett": "normal populations", "levene": "about means", "brown-forsythe": "about medians"}[test]
    made = Provenance("comparison.equal_variances", {"test": test, "center": center})
    if all(np.ptp(group) == 0 for group in data) or (test == "bartlett" and any(np.ptp(group) == 0 for group in data)):
        return GroupTest(test, None, freedom, None, k, sizes, made, (Note("no_variation", "warning", {}),))
    found: Any
    peak = max(float(np.abs(group).max()) for group in data)
    data = [group / peak for group in data]  # the tests do not depend on the unit, but squares of tiny values vanish
    if test == "bartlett":
        found = stats.bartlett(*data)
    else:
        found = stats.levene(*data, center="mean" if test == "levene" else "median")
    return GroupTest(test, float(found.statistic), freedom, float(found.pvalue), k, sizes, made, ())


def equal_locations(groups: Sequence[ArrayLike], *, test: LocationTest = "kruskal-wallis") -> GroupTest:
    """Rank tests of location: Kruskal-Wallis, Mann-Whitney (2 groups), Wilcoxon (pairs), Mood's median."""
    from scipy import stats

    bounds.one_of(test, "test of locations", get_args(LocationTest))
    data = _samples(groups)
    sizes = tuple(group.size for group in data)
    if test in ("mann-whitney", "wilcoxon") and len(data) != 2:
        raise AnalysisError(f"The {test} test compares 2 groups; there are {len(data)}.", "Use kruskal-wallis.")
    made = Provenance("comparison.equal_locations", {"test": test, "on": "ranks"})
    if np.ptp(np.concatenate(data)) == 0:
        return GroupTest(test, None, (), None, len(data), sizes, made, (Note("no_variation", "warning", {}),))
    found: Any
    if test == "kruskal-wallis":
        found = stats.kruskal(*data)
    elif test == "mann-whitney":
        found = stats.mannwhitneyu(data[0], data[1], alternative="two-sided")
    elif test == "wilcoxon":
        first, second = paired_values(data[0], data[1])
        if (first == second).all():
            return GroupTest(test, None, (), None, 2, sizes, made, (Note("no_differences", "warning", {}),))
        found = stats.wilcoxon(first, second)
    else:
        found = stats.median_test(*data)
    freedom = (float(len(data) - 1),) if test in ("kruskal-wallis", "mood") else ()
    return GroupTest(test, float(found.statistic), freedom, float(found.pvalue), len(data), sizes, made, ())


def one_proportion(events: int, n: int, hypothesis: float | None = None, *, confidence: float = 0.95) -> Comparison:
    """A proportion with its exact (Clopper-Pearson) interval and exact binomial test."""
    from scipy import special, stats

    _check_counts(events, n)
    bounds.confidence_level(confidence)
    if hypothesis is not None and hypothesis not in (0, 1):
        bounds.share(hypothesis, "stated proportion")
    tail = (1.0 - confidence) / 2.0
    lower = float(special.betaincinv(events, n - events + 1, tail)) if events else 0.0
    upper = float(special.betaincinv(events + 1, n - events, 1.0 - tail)) if events < n else 1.0
    p = None if hypothesis is None else float(stats.binomtest(events, n, hypothesis).pvalue)
    return Comparison(
        "one proportion", events / n, lower, upper, float(events), None, p, "two-sided", confidence, (n,),
        Provenance("comparison.one_proportion", {"interval": "Clopper-Pearson", "test": "exact binomial"}), (),
    )  # fmt: skip


def two_proportions(events: tuple[int, int], n: tuple[int, int], *, confidence: float = 0.95) -> Comparison:
    """Difference of two proportions: Fisher's exact p, Newcombe's (1998, method 10) score interval."""
    from scipy import special, stats

    bounds.confidence_level(confidence)
    if len(events) != 2 or len(n) != 2:
        raise AnalysisError(f"{len(events)} counts of {len(n)} samples were given.", "Two of each are compared.")
    for count, size in zip(events, n, strict=True):
        _check_counts(count, size)
    (a, b), (m, k) = events, n
    z = float(special.ndtri(0.5 + confidence / 2.0))
    low_1, high_1 = _wilson(a, m, z)
    low_2, high_2 = _wilson(b, k, z)
    p1, p2 = a / m, b / k
    lower = p1 - p2 - math.sqrt((p1 - low_1) ** 2 + (high_2 - p2) ** 2)
    upper = p1 - p2 + math.sqrt((high_1 - p1) ** 2 + (p2 - low_2) ** 2)
    p = float(stats.fisher_exact(np.array([[a, m - a], [b, k - b]])).pvalue)
    return Comparison(
        "two proportions", p1 - p2, lower, upper, None, None, p, "two-sided", confidence, n,
        Provenance("comparison.two_proportions", {"interval": "Newcombe score", "test": "Fisher exact"}), (),
    )  # fmt: skip


def _wilson(events: int, n: int, z: float) -> tuple[float, float]:
    share = events / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - half, middle + half


def _check_counts(events: int, n: int) -> None:
    bounds.whole(n, "number inspected", 1, MOST_INSPECTED)
    if not 0 <= events <= n:
        raise AnalysisError(f"{events:g} events in {n} cannot be.", "Events lie between 0 and the number inspected.")
    bounds.whole(events, "number of events", 0, n)


def _check(alternative: str, confidence: float) -> None:
    bounds.one_of(alternative, "alternative", get_args(Alternative))
    bounds.confidence_level(confidence)
