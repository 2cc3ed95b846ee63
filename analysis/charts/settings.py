"""What kind of value each setting of a chart takes: the settings of all charts by name, looked at in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from analysis import bounds
from analysis.building import Place, build
from analysis.errors import AnalysisError

WIDEST = 1e6
"""Standard errors from the centre line to a limit, at most."""
LARGEST_ENTRY = 1e140
"""Of a covariance; of a mean vector its square root."""

TAKEN: Mapping[str, Any] = {
    "alpha": float | None,
    "arl": float,
    "asymptotic": bool,
    "center": str | float,
    "covariance": Sequence[Sequence[float]] | None,
    "decision": float,
    "determinant": float | None,
    "estimator": str,
    "exclude": Iterable[int],
    "headstart": float,
    "known_sigma": float | None,
    "least": float,
    "limit": float | None,
    "lsl": float | None,
    "mean": float | None,
    "mean_vector": Sequence[float] | None,
    "means": Mapping[str, float] | None,
    "method": str,
    "phase": int,
    "prescribed": Mapping[str, Mapping[str, float]] | None,
    "reference": float,
    "restart": bool,
    "scale": float | None,
    "shape": float | None,
    "sigma": str | None,
    "sigma_means": float | None,
    "sigmas": Mapping[str, float] | None,
    "span": int,
    "spread": str,
    "units": str,
    "usl": float | None,
    "weight": float,
    "weights": Sequence[float],
    "width": float,
    "window": int,
}


def check_settings(chart: str, settings: Mapping[str, Any]) -> None:
    """AnalysisError naming the first setting of another kind than it takes, or too large to be counted with.

    Names that no chart knows are passed over: each chart refuses what is not its own.
    """
    for name, value in settings.items():
        if name not in TAKEN:
            continue
        named = {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else value
        made = build(TAKEN[name], named, Place(f"charts.{chart}", name))
        if name in ("mean_vector", "covariance"):
            if made is not None:
                _check_entries(name, made)
            continue
        for number in _numbers(made):
            bounds.finite(number, f"setting {name}")


def check_width(width: float) -> None:
    """Refuse a width that is not above 0, or that makes limits of no use."""
    bounds.positive(width, "width of the limits", smallest=1e-12, largest=WIDEST)


def check_covariance(center: Sequence[float], covariance: Sequence[Sequence[float]]) -> None:
    """Refuse a mean vector and a covariance that do not belong together, or that squares cannot be made of."""
    _check_entries("mean_vector", center)
    _check_entries("covariance", covariance)
    shape = np.shape(np.asarray(covariance, dtype=np.float64))
    if np.ndim(center) != 1 or len(center) == 0 or shape != (len(center), len(center)):
        raise AnalysisError(
            f"A covariance of shape {shape} does not fit a mean vector of shape {np.shape(center)}.",
            "Give one row and one column for each variable.",
        )


def _check_entries(name: str, value: Any) -> None:
    try:
        entries = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise AnalysisError(f"The setting {name} is no table of numbers ({error}).", "Mend it.") from error
    largest = LARGEST_ENTRY if name == "covariance" else LARGEST_ENTRY**0.5
    if not (np.abs(entries) <= largest).all():
        raise AnalysisError(f"The setting {name} holds a number that is missing or beyond {largest:g}.", "Mend it.")


def _numbers(value: Any) -> list[float]:
    if isinstance(value, Mapping):
        return [number for item in value.values() for number in _numbers(item)]
    if isinstance(value, list | tuple):
        return [number for item in value for number in _numbers(item)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []
