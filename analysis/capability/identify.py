"""Which distribution the values follow: every family fitted, ranked by a named criterion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis import bounds
from analysis.capability import normal
from analysis.capability.distributions.estimation import estimate
from analysis.capability.distributions.families import FAMILIES, Distribution
from analysis.capability.distributions.goodness import statistic
from analysis.capability.fitted import refusal
from analysis.capability.result import Fit
from analysis.capability.sample import Floats, read
from analysis.errors import AnalysisError
from analysis.results import Note, Provenance, Result

DEFAULT_FAMILIES = tuple(name for name in FAMILIES if not name.startswith("johnson"))
CRITERIA = ("anderson_darling", "aic")
MOST_SIMULATIONS = 10_000


@dataclass(frozen=True, slots=True)
class Candidate(Result):
    """One family: its fit, or the reason why there is none.

    `simulated_p`: share of samples drawn from the fit that lie farther from their own refit (parametric bootstrap).
    `threshold_p`: likelihood-ratio p-value of the threshold against the same family without one, chi-square with 1
    degree of freedom; None where the smaller family was not fitted.
    """

    family: str
    fit: Fit | None
    reason: str | None
    simulated_p: float | None
    threshold_p: float | None


@dataclass(frozen=True, slots=True)
class Identification(Result):
    """All candidates, best first by `criterion`; those without a fit stand last. `best` is None when none fits."""

    n: int
    missing: int
    criterion: str
    best: str | None
    candidates: tuple[Candidate, ...]
    notes: tuple[Note, ...]
    provenance: Provenance


def identify(
    values: ArrayLike,
    *,
    families: Sequence[str] = DEFAULT_FAMILIES,
    criterion: str = "aic",
    simulations: int = 0,
    seed: int = 0,
) -> Identification:
    """Fit each of `families` to `values` and rank by least AIC or least Anderson-Darling distance.

    A family of more parameters always comes closer; AIC charges for them, the Anderson-Darling distance does not.
    `simulations` above 0 adds a p-value to every fit by as many simulated samples. Errors: unknown names.
    """
    unknown = [name for name in families if name not in FAMILIES]
    if unknown:
        raise AnalysisError(f"'{unknown[0]}' is no family of distributions.", f"Choose of {', '.join(FAMILIES)}.")
    if criterion not in CRITERIA:
        raise AnalysisError(f"'{criterion}' is no criterion.", f"Choose one of {', '.join(CRITERIA)}.")
    bounds.whole(simulations, "number of simulations", 0, MOST_SIMULATIONS)
    bounds.whole(seed, "seed", 0)
    sample = read(values)
    provenance = Provenance("capability.identify", {"criterion": criterion, "simulations": simulations, "seed": seed})
    refused = refusal(sample)
    notes = (Note("missing_values", "info", {"count": sample.missing}),) if sample.missing else ()
    if refused is not None:
        return Identification(sample.n, sample.missing, criterion, None, (), (refused, *notes), provenance)
    fits = {name: _fit(sample.values, name) for name in families}
    found = [
        Candidate(
            name,
            fit,
            reason,
            simulated_p(sample.values, fit, simulations, seed) if fit is not None and simulations > 0 else None,
            _threshold_p(fits, name),
        )
        for name, (fit, reason) in fits.items()
    ]
    found.sort(key=lambda candidate: _rank(candidate, criterion))
    best = found[0].family if found and found[0].fit is not None else None
    return Identification(sample.n, sample.missing, criterion, best, tuple(found), notes, provenance)


def _fit(values: Floats, family: str) -> tuple[Fit | None, str | None]:
    made = estimate(values, family)
    if made.distribution is None:
        return None, made.reason
    return normal.fit_of(values, family, made.distribution.parameters, made.method), None


def _rank(candidate: Candidate, criterion: str) -> float:
    fit = candidate.fit
    if fit is None or fit.aic is None or fit.anderson_darling is None:
        return math.inf
    level = fit.aic if criterion == "aic" else fit.anderson_darling.statistic
    return level if math.isfinite(level) else math.inf


def _threshold_p(fits: dict[str, tuple[Fit | None, str | None]], family: str) -> float | None:
    """Twice the gain in log-likelihood by the threshold, against chi-square with 1 degree of freedom."""
    if not FAMILIES[family].threshold_is_free:
        return None
    smaller = fits.get(family.rsplit("_", 1)[0], (None, None))[0]
    larger = fits[family][0]
    if smaller is None or larger is None or smaller.log_likelihood is None or larger.log_likelihood is None:
        return None
    gain = max(0.0, 2.0 * (larger.log_likelihood - smaller.log_likelihood))
    return math.erfc(math.sqrt(gain / 2.0))


def simulated_p(values: Floats, fit: Fit, simulations: int, seed: int) -> float | None:
    """P-value of A² by parametric bootstrap: samples from the fit, each refitted (Stute, Gonzalez and Presedo 1993).

    Holds for every family, also where no table is published. (1 + farther) / (1 + fitted samples).
    """
    if fit.family is None or fit.anderson_darling is None:
        return None
    distribution = Distribution(fit.family, fit.parameters)
    rng = np.random.default_rng(seed)
    farther = made = 0
    for _ in range(simulations):
        drawn = distribution.quantile(rng.random(values.size))
        again = estimate(drawn, fit.family).distribution
        if again is not None:
            made += 1
            farther += statistic(again, drawn) >= fit.anderson_darling.statistic
    return (1 + farther) / (1 + made) if made else None
