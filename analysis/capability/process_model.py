"""Which time-dependent distribution model a process follows (ISO 22514-2: A1 to D), and the tests that decide it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.capability.distributions.bases import NORMAL
from analysis.capability.sample import Floats
from analysis.results import Result
from analysis.trend import mann_kendall

ModelName = Literal["A1", "A2", "B", "C1", "C2", "C3", "C4", "D"]
Behaviour = Literal["constant", "random", "systematic", "systematic_and_random"]


@dataclass(frozen=True, slots=True)
class Decision(Result):
    """One question, the test that answered it, and the answer.

    `holds` is the answer to `question` (for example "location_constant"): False when `p` is below `alpha`, that is when
    the values speak against it. `p` is None when the test could not be made; then `holds` is what is assumed.
    """

    question: str
    test: str
    statistic: float | None
    p: float | None
    alpha: float
    holds: bool


@dataclass(frozen=True, slots=True)
class ProcessModel(Result):
    """The model with what it says of the process, and every decision on the way to it.

    `location` and `dispersion` over time, `short_term_normal` within subgroups, `resulting` shape of all values:
    normal, unimodal or any.
    """

    name: ModelName
    location: Behaviour
    dispersion: Literal["constant", "varying"]
    short_term_normal: bool
    resulting: Literal["normal", "unimodal", "any"]
    decisions: tuple[Decision, ...]


def choose(table: Floats, alpha: float = 0.05) -> ProcessModel:
    """The model of subgroups in time order, (k, n) rows that may end in NaN, each of two values or more.

    In order: is the short-term distribution normal (Anderson-Darling on residuals from subgroup means, studentised when
    the dispersion varies); is the dispersion constant (Bartlett when normal, else Levene's test in Brown and Forsythe's
    form); is the location constant (F of a one-way analysis of variance,
    or Kruskal and Wallis when not normal or not of one dispersion); if it is not, is it systematic (Mann and Kendall,
    or lag-1 autocorrelation of the subgroup means, each at half of `alpha`), and does random variation remain beside
    a straight trend (lack of fit); is the resulting distribution normal (Anderson-Darling on all values).
    Source: ISO 22514-2, clause 6 and table 1, whose eight models these answers tell apart.
    """
    groups = [row[~np.isnan(row)] for row in table]
    groups = [group for group in groups if group.size > 1]
    every = np.concatenate(groups)
    question = "short_term_distribution_normal"
    short_term = _normality(question, _residuals(groups), alpha)
    dispersion = _dispersion(groups, alpha, normal=short_term.holds)
    if not dispersion.holds:
        # values of several dispersions are not normal together even when each subgroup is
        short_term = _normality(question, _studentised(groups), alpha)
    location = _location(groups, alpha, normal=short_term.holds and dispersion.holds)
    resulting = _normality("resulting_distribution_normal", every, alpha)
    decisions = [short_term, dispersion, location]
    behaviour: Behaviour = "constant"
    if not location.holds:
        behaviour, found = _behaviour(groups, alpha)
        decisions += found
    decisions.append(resulting)
    name = _name(behaviour, dispersion.holds, resulting.holds)
    return ProcessModel(
        name,
        behaviour,
        "constant" if dispersion.holds else "varying",
        short_term.holds,
        _shape(name),
        tuple(decisions),
    )


def _name(location: Behaviour, dispersion_constant: bool, normal: bool) -> ModelName:
    if location == "constant":
        return ("A1" if normal else "A2") if dispersion_constant else "B"
    if not dispersion_constant:
        return "D"
    if location == "random":
        return "C1" if normal else "C2"
    return "C3" if location == "systematic" else "C4"


def _shape(name: ModelName) -> Literal["normal", "unimodal", "any"]:
    if name in ("A1", "C1"):
        return "normal"
    return "unimodal" if name in ("A2", "B", "C2") else "any"


def _dispersion(groups: list[Floats], alpha: float, *, normal: bool) -> Decision:
    from analysis.comparison import equal_variances

    # two values lie equally far from their median: only their ranges can be followed then
    if max(group.size for group in groups) < 3:
        return _differences(groups, alpha)
    if normal:
        found = equal_variances(groups, test="bartlett")
        if found.p is not None:
            return Decision("dispersion_constant", "Bartlett", found.statistic, found.p, alpha, found.p >= alpha)
    distances = [_from_median(group) for group in groups]
    between, within, df, error_df = _mean_squares([item for item in distances if item.size > 1])
    f = between / within if within > 0.0 else 0.0
    p = _upper_f(f, df, error_df)
    test = "Brown-Forsythe without structural zeros"
    return Decision("dispersion_constant", test, f, p, alpha, p >= alpha)


def _from_median(group: Floats) -> Floats:
    """Distances from the median; of an odd number one is always 0 and says nothing (Hines and O'Hara Hines 2000)."""
    distances = np.sort(np.abs(group - np.median(group)))
    return distances[1:] if group.size % 2 else distances


def _differences(groups: list[Floats], alpha: float) -> Decision:
    """Subgroups of two: a trend of their ranges, since two values give no comparison of one subgroup with another."""
    ranges = np.array([abs(float(group[0] - group[1])) for group in groups])
    test = "Mann-Kendall on ranges"
    if ranges.size < 4 or float(np.ptp(ranges)) == 0.0:
        return Decision("dispersion_constant", test, None, None, alpha, True)
    found = mann_kendall(ranges)
    return Decision("dispersion_constant", test, found.z, found.p, alpha, found.p >= alpha)


def _residuals(groups: list[Floats]) -> Floats:
    """Distances from subgroup means, stretched to the variance of the values."""
    return np.concatenate([(group - group.mean()) * math.sqrt(group.size / (group.size - 1)) for group in groups])


def _studentised(groups: list[Floats]) -> Floats:
    """Residuals over their own subgroup's s, as normal scores: r sqrt((n-2)/(n-1-r^2)) is t with n-2 degrees."""
    from scipy import special

    parts = []
    for group in groups:
        n, spread = group.size, float(group.std(ddof=1))
        if n < 3 or spread <= 0.0:
            continue
        r = (group - group.mean()) / (spread * math.sqrt((n - 1) / n))
        t = r * math.sqrt(n - 2) / np.sqrt(np.maximum(n - 1 - r * r, 1e-12))
        parts.append(special.ndtri(np.clip(special.stdtr(n - 2, t), 1e-15, 1.0 - 1e-15)))
    return np.concatenate(parts) if parts else np.empty(0)


def _normality(question: str, values: Floats, alpha: float) -> Decision:
    from analysis.normality import anderson_darling_p

    test = "Anderson-Darling"
    if values.size < 8:
        return Decision(question, test, None, None, alpha, True)
    spread = float(values.std(ddof=1))
    if spread <= 1e-14 * float(np.abs(values).max()):
        return Decision(question, test, None, None, alpha, True)
    z = np.sort((values - values.mean()) / spread)
    n = z.size
    weights = 2.0 * np.arange(1, n + 1) - 1.0
    distance = float(-n - weights @ (NORMAL.log_cdf(z, 0.0) + NORMAL.log_sf(z, 0.0)[::-1]) / n)
    p = anderson_darling_p(distance, n)
    return Decision(question, test, distance, p, alpha, p >= alpha)


def _location(groups: list[Floats], alpha: float, *, normal: bool) -> Decision:
    from analysis.comparison import equal_locations

    if normal:
        between, within, df, error_df = _mean_squares(groups)
        f = between / within if within > 0.0 else math.inf
        p = _upper_f(f, df, error_df)
        return Decision("location_constant", "analysis of variance", f, p, alpha, p >= alpha)
    found = equal_locations(groups, test="kruskal-wallis")
    return Decision(
        "location_constant", "Kruskal-Wallis", found.statistic, found.p, alpha, found.p is None or found.p >= alpha
    )


def _mean_squares(groups: list[Floats]) -> tuple[float, float, int, int]:
    """Between and within subgroups, with their degrees of freedom."""
    n = sum(group.size for group in groups)
    grand = sum(float(group.sum()) for group in groups) / n
    between = sum(group.size * (float(group.mean()) - grand) ** 2 for group in groups)
    within = sum(float(((group - group.mean()) ** 2).sum()) for group in groups)
    df, error_df = len(groups) - 1, n - len(groups)
    return between / df, within / error_df, df, error_df


def _upper_f(f: float, df: int, error_df: int) -> float:
    from scipy import special

    return float(special.fdtrc(df, error_df, f)) if math.isfinite(f) else 0.0


def _behaviour(groups: list[Floats], alpha: float) -> tuple[Behaviour, list[Decision]]:
    """Of a location that is not constant: systematic, random, or both."""
    means = np.array([float(group.mean()) for group in groups])
    trend = _trend(means, alpha / 2.0)
    chain = _chain(means, alpha / 2.0)
    decisions = [trend, chain]
    if trend.holds and chain.holds:
        return "random", decisions
    rest = _lack_of_fit(groups, means, alpha)
    decisions.append(rest)
    return ("systematic" if rest.holds else "systematic_and_random"), decisions


def _trend(means: Floats, alpha: float) -> Decision:
    if means.size < 4:
        return Decision("no_trend", "Mann-Kendall", None, None, alpha, True)
    found = mann_kendall(means)
    return Decision("no_trend", "Mann-Kendall", found.z, found.p, alpha, found.p >= alpha)


def _chain(means: Floats, alpha: float) -> Decision:
    """Lag-1 autocorrelation of the means: z = (r1 + 1/k) sqrt(k) against chance, positive side (waves, drift)."""
    centred = means - means.mean()
    squares = float(centred @ centred)
    if means.size < 8 or squares <= 0.0:
        return Decision("no_chain", "lag-1 autocorrelation", None, None, alpha, True)
    r = float(centred[1:] @ centred[:-1]) / squares
    z = (r + 1.0 / means.size) * math.sqrt(means.size)
    p = 0.5 * math.erfc(z / math.sqrt(2.0))
    return Decision("no_chain", "lag-1 autocorrelation", r, p, alpha, p >= alpha)


def _lack_of_fit(groups: list[Floats], means: Floats, alpha: float) -> Decision:
    """Subgroup means about a straight line in time, against the spread within subgroups."""
    question, test = "no_random_variation_beside_trend", "lack of fit to a line"
    _, within, _, error_df = _mean_squares(groups)
    if means.size < 3 or within <= 0.0:
        return Decision(question, test, None, None, alpha, False)
    sizes = np.array([group.size for group in groups], dtype=np.float64)
    time = np.arange(means.size, dtype=np.float64)
    slope, start = np.polyfit(time, means, 1, w=np.sqrt(sizes))
    rest = float(sizes @ (means - start - slope * time) ** 2) / (means.size - 2)
    f = rest / within
    p = _upper_f(f, means.size - 2, error_df)
    return Decision(question, test, f, p, alpha, p >= alpha)
