"""The families of distributions a characteristic may follow, each with its tails, quantiles and likelihood."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.capability.distributions import bases
from analysis.capability.distributions.bases import Base, Floats
from analysis.errors import AnalysisError
from analysis.results import Result

Scale = Literal["plain", "logarithm", "power", "johnson_su", "johnson_sb", "johnson_sl"]


@dataclass(frozen=True, slots=True)
class Family:
    """How a family is made: parameters by name, the standard distribution beneath, and how a value reaches it.

    plain: z = (x - location or threshold) / scale. logarithm: z = (log(x - threshold) - location) / scale.
    power: z = shape (log(x - threshold) - log scale), the Weibull's way. johnson_*: see `_johnson`.
    """

    name: str
    parameters: tuple[str, ...]
    base: Base
    scale: Scale
    threshold_is_free: bool = False

    @property
    def starts_at_threshold(self) -> bool:
        """Whether values must lie above a threshold (0 when it is no parameter)."""
        return self.scale in ("logarithm", "power") or self.name in _POSITIVE


_POSITIVE = (
    "exponential",
    "exponential_2",
    "gamma",
    "gamma_3",
    "rayleigh",
    "rayleigh_2",
    "folded_normal",
    "half_normal",
)


def _families() -> dict[str, Family]:
    place = ("location", "scale")
    listed = [
        Family("normal", place, bases.NORMAL, "plain"),
        Family("lognormal", place, bases.NORMAL, "logarithm"),
        Family("lognormal_3", (*place, "threshold"), bases.NORMAL, "logarithm", True),
        Family("weibull", ("shape", "scale"), bases.SMALLEST_EXTREME, "power"),
        Family("weibull_3", ("shape", "scale", "threshold"), bases.SMALLEST_EXTREME, "power", True),
        Family("gamma", ("shape", "scale"), bases.GAMMA, "plain"),
        Family("gamma_3", ("shape", "scale", "threshold"), bases.GAMMA, "plain", True),
        Family("exponential", ("scale",), bases.SMALLEST_EXTREME, "power"),
        Family("exponential_2", ("scale", "threshold"), bases.SMALLEST_EXTREME, "power", True),
        Family("logistic", place, bases.LOGISTIC, "plain"),
        Family("loglogistic", place, bases.LOGISTIC, "logarithm"),
        Family("loglogistic_3", (*place, "threshold"), bases.LOGISTIC, "logarithm", True),
        Family("smallest_extreme_value", place, bases.SMALLEST_EXTREME, "plain"),
        Family("largest_extreme_value", place, bases.LARGEST_EXTREME, "plain"),
        Family("folded_normal", ("location", "scale"), bases.FOLDED, "plain"),
        Family("half_normal", ("scale",), bases.FOLDED, "plain"),
        Family("rayleigh", ("scale",), bases.SMALLEST_EXTREME, "power"),
        Family("rayleigh_2", ("scale", "threshold"), bases.SMALLEST_EXTREME, "power", True),
        Family("johnson_su", ("gamma", "eta", "epsilon", "lambda"), bases.NORMAL, "johnson_su"),
        Family("johnson_sb", ("gamma", "eta", "epsilon", "lambda"), bases.NORMAL, "johnson_sb"),
        Family("johnson_sl", ("gamma", "eta", "epsilon"), bases.NORMAL, "johnson_sl"),
    ]
    return {family.name: family for family in listed}


FAMILIES: Mapping[str, Family] = _families()


@dataclass(frozen=True, slots=True)
class Distribution(Result):
    """A family with its parameters, in the unit of the values (logarithms of them for location and scale of log forms).

    The Rayleigh scale is sigma of the two components (mean = sigma sqrt(pi/2)); it enters as a Weibull of shape 2 and
    scale sigma sqrt(2), the exponential as a Weibull of shape 1.
    """

    family: str
    parameters: Mapping[str, float]

    def cdf(self, values: ArrayLike) -> Floats:
        """P(X <= x)."""
        return np.exp(self.log_cdf(values))

    def sf(self, values: ArrayLike) -> Floats:
        """P(X > x), exact far into the tail."""
        return np.exp(self.log_sf(values))

    def log_cdf(self, values: ArrayLike) -> Floats:
        """Logarithm of P(X <= x); minus infinity below the support."""
        return self._tail(values, lower=True)

    def log_sf(self, values: ArrayLike) -> Floats:
        """Logarithm of P(X > x); minus infinity above the support."""
        return self._tail(values, lower=False)

    def quantile(self, probabilities: ArrayLike) -> Floats:
        """The value below which a fraction lies; probabilities strictly between 0 and 1."""
        p = np.atleast_1d(np.asarray(probabilities, dtype=np.float64))
        z = self._family.base.quantile(p, self._shape)
        return _from_standard(self._family, self.parameters, z)

    def log_likelihood(self, values: ArrayLike) -> float:
        """Sum of the logarithms of the density; minus infinity when a value lies outside the support."""
        x = np.atleast_1d(np.asarray(values, dtype=np.float64))
        low, high = self.support()
        if bool((x < low).any() or (x > high).any()):
            return -math.inf
        with np.errstate(divide="ignore", invalid="ignore"):
            z, log_slope = _to_standard(self._family, self.parameters, x)
            total = float(np.sum(self._family.base.log_pdf(z, self._shape) + log_slope))
        return total if not math.isnan(total) else -math.inf

    def standard(self, values: ArrayLike) -> Floats:
        """The standard variate of each value inside the support (for a Johnson family: its transformed value)."""
        return _to_standard(self._family, self.parameters, np.atleast_1d(np.asarray(values, dtype=np.float64)))[0]

    def support(self) -> tuple[float, float]:
        """The ends between which values can lie."""
        if self.family in ("johnson_sb", "johnson_sl"):
            low = self.parameters["epsilon"]
            return low, low + self.parameters["lambda"] if self.family == "johnson_sb" else math.inf
        if self._family.starts_at_threshold:
            return self.parameters.get("threshold", 0.0), math.inf
        return -math.inf, math.inf

    @property
    def _family(self) -> Family:
        if self.family not in FAMILIES:
            raise AnalysisError(
                f"'{self.family}' is no family of distributions.", f"Choose one of {', '.join(FAMILIES)}."
            )
        return FAMILIES[self.family]

    @property
    def _shape(self) -> float:
        if self.family == "folded_normal":
            return self.parameters["location"] / self.parameters["scale"]
        return self.parameters.get("shape", 0.0)

    def _tail(self, values: ArrayLike, *, lower: bool) -> Floats:
        x = np.atleast_1d(np.asarray(values, dtype=np.float64))
        low, high = self.support()
        out = np.where(x <= low, -math.inf if lower else 0.0, 0.0 if lower else -math.inf)
        inside = (x > low) & (x < high)
        z, _ = _to_standard(self._family, self.parameters, x[inside])
        tail = self._family.base.log_cdf if lower else self._family.base.log_sf
        out[inside] = tail(z, self._shape)
        return out


def _power(family: Family, parameters: Mapping[str, float]) -> tuple[float, float]:
    """Shape and scale as a Weibull's."""
    if family.name.startswith("rayleigh"):
        return 2.0, parameters["scale"] * math.sqrt(2.0)
    return parameters.get("shape", 1.0), parameters["scale"]


def _to_standard(family: Family, parameters: Mapping[str, float], x: Floats) -> tuple[Floats, Floats | float]:
    """The standard variate and the logarithm of its slope dz/dx."""
    if family.scale.startswith("johnson"):
        return _johnson(family.scale, parameters, x)
    above = x - parameters.get("threshold", 0.0)
    if family.scale == "logarithm":
        logs = np.log(above)
        return (logs - parameters["location"]) / parameters["scale"], -math.log(parameters["scale"]) - logs
    if family.scale == "power":
        shape, scale = _power(family, parameters)
        logs = np.log(above)
        return shape * (logs - math.log(scale)), math.log(shape) - logs
    if family.base is bases.FOLDED:
        return x / parameters["scale"], -math.log(parameters["scale"])
    return (above - parameters.get("location", 0.0)) / parameters["scale"], -math.log(parameters["scale"])


def _from_standard(family: Family, parameters: Mapping[str, float], z: Floats) -> Floats:
    if family.scale.startswith("johnson"):
        return _johnson_inverse(family.scale, parameters, z)
    threshold = parameters.get("threshold", 0.0)
    if family.scale == "logarithm":
        return threshold + np.exp(parameters["location"] + parameters["scale"] * z)
    if family.scale == "power":
        shape, scale = _power(family, parameters)
        return threshold + scale * np.exp(z / shape)
    if family.base is bases.FOLDED:
        return parameters["scale"] * z
    return threshold + parameters.get("location", 0.0) + parameters["scale"] * z


def _johnson(system: str, parameters: Mapping[str, float], x: Floats) -> tuple[Floats, Floats]:
    """z = gamma + eta f((x - epsilon) / lambda): f = arsinh (SU), log(y / (1 - y)) (SB), log(x - epsilon) (SL)."""
    gamma, eta = parameters["gamma"], parameters["eta"]
    distance = x - parameters["epsilon"]
    if system == "johnson_sl":
        return gamma + eta * np.log(distance), math.log(eta) - np.log(distance)
    width = parameters["lambda"]
    if system == "johnson_su":
        y = distance / width
        return gamma + eta * np.arcsinh(y), math.log(eta / width) - 0.5 * np.log1p(y * y)
    rest = width - distance
    return gamma + eta * np.log(distance / rest), math.log(eta * width) - np.log(distance) - np.log(rest)


def _johnson_inverse(system: str, parameters: Mapping[str, float], z: Floats) -> Floats:
    y = (z - parameters["gamma"]) / parameters["eta"]
    if system == "johnson_sl":
        return parameters["epsilon"] + np.exp(y)
    if system == "johnson_su":
        return parameters["epsilon"] + parameters["lambda"] * np.sinh(y)
    from scipy import special

    return parameters["epsilon"] + parameters["lambda"] * np.asarray(special.expit(y))
