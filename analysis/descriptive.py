"""Descriptive statistics that stay accurate when the spread is tiny beside the mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import bounds
from analysis.errors import AnalysisError
from analysis.observations import as_values, finite_values, refuse_beyond
from analysis.results import Note, Provenance, Result

QuantileType = Literal["type 6", "type 7", "type 8"]
_NUMPY_QUANTILE: dict[QuantileType, Literal["weibull", "linear", "median_unbiased"]] = {
    "type 6": "weibull",
    "type 7": "linear",
    "type 8": "median_unbiased",
}


@dataclass(frozen=True, slots=True)
class Descriptive(Result):
    """Location, spread and shape of one sample.

    `standard_deviation` divides by n-1; skewness and kurtosis are the bias-corrected G1 and G2 (excess); quartiles
    follow `quantile_type` (Hyndman and Fan 1996; type 6 is Minitab's, type 7 is R's and Excel's).
    """

    n: int
    missing: int
    mean: float
    standard_deviation: float | None
    variance: float | None
    standard_error: float | None
    minimum: float
    quartile_1: float
    median: float
    quartile_3: float
    maximum: float
    skewness: float | None
    kurtosis: float | None
    lag1_autocorrelation: float | None
    quantile_type: QuantileType
    provenance: Provenance
    notes: tuple[Note, ...]

    @property
    def range(self) -> float:
        """Largest less smallest value."""
        return self.maximum - self.minimum


def accurate_mean(data: NDArray[np.float64]) -> float:
    """Mean with the rounding of the sum taken out (one correction pass; Chan, Golub and LeVeque 1983)."""
    if data.size == 0:
        raise AnalysisError("No value is left to take the mean of.", "Collect more data.")
    refuse_beyond(data)
    first = float(np.mean(data))
    return first + float(np.mean(data - first))


def describe(values: ArrayLike, *, quantile_type: QuantileType = "type 6") -> Descriptive:
    """Describe values of shape (n,); missing ones are counted and left out."""
    bounds.one_of(quantile_type, "type of quantile", get_args(QuantileType))
    everything = as_values(values)
    data = finite_values(everything)
    n, mean = data.size, accurate_mean(data)
    deviations = data - mean
    squares = float(deviations @ deviations)
    notes: tuple[Note, ...] = ()
    variance = squares / (n - 1) if n > 1 else None
    deviation = math.sqrt(variance) if variance is not None else None
    if n < 2:
        notes = (Note("too_few_for_spread", "warning", {"n": n}),)
    elif squares == 0:
        notes = (Note("no_variation", "warning", {"value": mean}),)
    low, middle, high = np.quantile(data, [0.25, 0.5, 0.75], method=_NUMPY_QUANTILE[quantile_type]).tolist()
    lag1 = float(deviations[1:] @ deviations[:-1]) / squares if n > 2 and squares > 0 else None
    return Descriptive(
        n=n,
        missing=everything.size - n,
        mean=mean,
        standard_deviation=deviation,
        variance=variance,
        standard_error=deviation / math.sqrt(n) if deviation is not None else None,
        minimum=float(data.min()),
        quartile_1=low,
        median=middle,
        quartile_3=high,
        maximum=float(data.max()),
        skewness=_skewness(deviations),
        kurtosis=_kurtosis(deviations),
        lag1_autocorrelation=lag1,
        quantile_type=quantile_type,
        provenance=Provenance("descriptive.describe", {"sums": "two-pass", "quantiles": quantile_type}),
        notes=notes,
    )


def _standardised(deviations: NDArray[np.float64], least: int) -> NDArray[np.float64] | None:
    """Deviations over their root mean square; scaled to 1 first, because their powers may leave the range of floats."""
    largest = float(np.abs(deviations).max(initial=0.0))
    if deviations.size < least or largest == 0:
        return None
    scaled = deviations / largest
    return np.asarray(scaled / math.sqrt(float(np.mean(scaled**2))))


def _skewness(deviations: NDArray[np.float64]) -> float | None:
    """G1 of Joanes and Gill (1998)."""
    z, n = _standardised(deviations, 3), deviations.size
    return None if z is None else float(np.mean(z**3)) * math.sqrt(n * (n - 1)) / (n - 2)


def _kurtosis(deviations: NDArray[np.float64]) -> float | None:
    """Excess kurtosis G2 of Joanes and Gill (1998)."""
    z, n = _standardised(deviations, 4), deviations.size
    if z is None:
        return None
    g2 = float(np.mean(z**4)) - 3.0
    return (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * g2 + 6.0)
