"""Analysis of variance: one-way by accurate sums of squares, several factors by least squares, pairs of groups."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis import bounds
from analysis.descriptive import accurate_mean
from analysis.errors import AnalysisError
from analysis.observations import as_labels, as_values, groups_of
from analysis.results import Note, Provenance, Result

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_PAIRED = 50
MOST_FACTORS = 10


@dataclass(frozen=True, slots=True)
class Source(Result):
    """One row of the table; `f` and `p` are None for the residual and where the residual is 0."""

    name: str
    freedom: float
    sum_of_squares: float
    mean_square: float | None
    f: float | None
    p: float | None


@dataclass(frozen=True, slots=True)
class PairwiseDifference(Result):
    """Difference of two group means, first - second, with its simultaneous interval."""

    first: str
    second: str
    difference: float
    lower: float
    upper: float
    p: float


@dataclass(frozen=True, slots=True)
class Anova(Result):
    """Table of sources, the residual last; `residual_sd` is the square root of its mean square."""

    sources: tuple[Source, ...]
    total_sum_of_squares: float
    r_squared: float | None
    residual_sd: float | None
    n: int
    group_means: dict[str, float]
    pairwise: tuple[PairwiseDifference, ...]
    provenance: Provenance
    notes: tuple[Note, ...]


def one_way(values: ArrayLike, labels: ArrayLike, *, pairwise: bool = False, confidence: float = 0.95) -> Anova:
    """One-way analysis of values (n,) by group label (n,); Tukey-Kramer intervals on request.

    Sums of squares are taken about means whose own rounding is corrected, which keeps the certified digits of data with
    a large constant part (NIST StRD SmLs series).
    """
    from scipy import special

    bounds.confidence_level(confidence)
    groups = groups_of(values, labels)
    n, k = sum(g.size for g in groups.values()), len(groups)
    if n <= k:
        raise AnalysisError(f"{k} groups have {n} values in all; at least one group needs 2.", "Collect more data.")
    if pairwise and k > MOST_PAIRED:
        raise AnalysisError(f"{k} groups make {k * (k - 1) // 2} pairs.", f"Compare up to {MOST_PAIRED} in pairs.")
    # A shift to the first value takes the large constant part out exactly before anything is summed.
    base = float(next(iter(groups.values()))[0])
    shifted = {name: g - base for name, g in groups.items()}
    means = {name: accurate_mean(g) for name, g in shifted.items()}
    grand = accurate_mean(np.concatenate(list(shifted.values())))
    between = math.fsum(g.size * (means[name] - grand) ** 2 for name, g in shifted.items())
    within = math.fsum(((g - means[name]) ** 2).sum() for name, g in shifted.items())
    ms_between, ms_within = between / (k - 1), within / (n - k)
    notes: tuple[Note, ...] = ()
    f = p = None
    if ms_within > 0:
        f = ms_between / ms_within
        p = float(special.fdtrc(k - 1, n - k, f))
    else:
        notes = (Note("no_variation_within", "warning", {}),)
    total = between + within
    return Anova(
        sources=(
            Source("between", k - 1, between, ms_between, f, p),
            Source("residual", n - k, within, ms_within, None, None),
        ),
        total_sum_of_squares=total,
        r_squared=between / total if total > 0 else None,
        residual_sd=math.sqrt(ms_within),
        n=n,
        group_means={name: mean + base for name, mean in means.items()},
        pairwise=_tukey_kramer({m: (means[m], shifted[m].size) for m in means}, ms_within, n - k, confidence)
        if pairwise and ms_within > 0
        else (),
        provenance=Provenance("anova.one_way", {"effects": "fixed", "pairwise": "Tukey-Kramer"}),
        notes=notes,
    )


def _tukey_kramer(
    groups: Mapping[str, tuple[float, int]], mean_square: float, freedom: int, confidence: float
) -> tuple[PairwiseDifference, ...]:
    """Tukey (1953), Kramer (1956): studentised range with the harmonic mean of the two sizes."""
    from scipy import stats

    names = list(groups)
    quantile = float(stats.studentized_range.ppf(confidence, len(names), freedom))
    rows = []
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            (mean_1, n_1), (mean_2, n_2) = groups[first], groups[second]
            error = math.sqrt(mean_square / 2.0 * (1 / n_1 + 1 / n_2))
            gap = mean_1 - mean_2
            p = float(stats.studentized_range.sf(abs(gap) / error, len(names), freedom))
            rows.append(PairwiseDifference(first, second, gap, gap - quantile * error, gap + quantile * error, p))
    return tuple(rows)


def factorial(
    values: ArrayLike,
    factors: Mapping[str, ArrayLike],
    *,
    interactions: int = 2,
    sum_type: Literal[1, 2, 3] = 2,
) -> Anova:
    """Several crossed factors, balanced or not, with interactions up to the given order (statsmodels least squares).

    `sum_type` 1 is sequential in the order of `factors`, 2 obeys marginality, 3 uses sum-to-zero contrasts.
    """
    import itertools

    from statsmodels.stats.anova import anova_lm

    bounds.whole(interactions, "highest order of interactions", 1, MOST_FACTORS)
    bounds.one_of(sum_type, "type of sums of squares", (1, 2, 3))
    frame = _factorial_frame(as_values(values), factors)
    peak = float(np.abs(frame["y"]).max())
    frame["y"] /= peak  # squares of tiny values vanish; the sums of squares get their unit back below
    names = list(factors)
    orders = range(1, min(interactions, len(names)) + 1)
    terms = [term for order in orders for term in itertools.combinations(range(len(names)), order)]
    model = _factorial_model(frame, terms, "Sum" if sum_type == 3 else "Treatment")
    table = anova_lm(model, typ=sum_type)
    table["sum_sq"] *= peak**2
    frame["y"] *= peak
    rows = {tuple(int(part.split("(f")[1].split(",")[0]) for part in key.split(":")): row
            for key, row in table.iterrows() if key.startswith("C(")}  # fmt: skip
    sources = [_source(" x ".join(names[i] for i in term), rows[term]) for term in terms]
    residual = table.loc["Residual"]
    mean_square = float(residual["sum_sq"]) / float(residual["df"])
    sources.append(Source("residual", float(residual["df"]), float(residual["sum_sq"]), mean_square, None, None))
    centred = frame["y"] - frame["y"].mean()
    return Anova(
        sources=tuple(sources),
        total_sum_of_squares=float((centred**2).sum()),
        r_squared=float(model.rsquared),
        residual_sd=math.sqrt(mean_square),
        n=len(frame),
        group_means={},
        pairwise=(),
        provenance=Provenance("anova.factorial", {"sum_type": sum_type, "interactions": interactions}),
        notes=(),
    )


def _factorial_frame(y: np.ndarray, factors: Mapping[str, ArrayLike]) -> DataFrame:
    """Values as `y` and the factors' labels as f0, f1, ...; rows with a missing value are left out."""
    from pandas import DataFrame

    if not 1 <= len(factors) <= MOST_FACTORS:
        raise AnalysisError(f"There are {len(factors)} factors.", f"Name 1 to {MOST_FACTORS}.")
    columns: dict[str, object] = {"y": y}
    for index, (name, labels) in enumerate(factors.items()):
        column = as_labels(labels, y.size, f"labels of factor '{name}'").astype(str)
        if len(set(column.tolist())) < 2:
            raise AnalysisError(f"Factor '{name}' has one level only; it cannot be tested.", "Leave it out.")
        columns[f"f{index}"] = column
    frame = DataFrame(columns).dropna()
    if len(frame) < 2 or np.ptp(frame["y"].to_numpy()) == 0.0:
        raise AnalysisError(
            f"There are {len(frame)} values, and they do not vary; there is nothing to analyse.", "Give more values."
        )
    return frame


def _factorial_model(frame: DataFrame, terms: Sequence[tuple[int, ...]], coding: str) -> Any:
    """The least-squares fit of all terms; refused where nothing can be tested by it."""
    from statsmodels.formula.api import ols

    levels = [frame[column].nunique() for column in frame.columns[1:]]
    wanted = 1 + sum(math.prod(levels[index] - 1 for index in term) for term in terms)
    if wanted >= len(frame):
        raise AnalysisError(
            "No degree of freedom is left for the residual.", "Ask for fewer interactions or repeat runs."
        )
    design = ols("y ~ " + " + ".join(":".join(f"C(f{i}, {coding})" for i in term) for term in terms), frame)
    if np.linalg.matrix_rank(design.exog) < design.exog.shape[1]:
        raise AnalysisError(
            "The factors cannot be told apart: some combinations were never run.", "Run them, or leave a term out."
        )
    model = design.fit()
    if model.ssr <= 1e-24 * model.centered_tss:
        raise AnalysisError("The factors explain the values exactly; no residual is left to test by.", "Repeat runs.")
    return model


def _source(name: str, row: Mapping[str, float]) -> Source:
    freedom, squares = float(row["df"]), float(row["sum_sq"])
    f, p = float(row["F"]), float(row["PR(>F)"])
    known = not math.isnan(f)
    return Source(name, freedom, squares, squares / freedom, f if known else None, p if known else None)
