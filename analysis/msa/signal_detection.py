"""Signal detection: the width of the zone in which an attribute gauge does not decide alike (AIAG MSA, III C)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError
from analysis.observations import as_floats
from analysis.results import Note, Provenance, Result

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GrayZone(Result):
    """At one limit: the last reference value on which all agree on each side, and the distance between (the zone).

    `inside` is the value nearest the limit that everyone accepted, `outside` the nearest that everyone rejected.
    """

    limit: str
    inside: float
    outside: float
    width: float


@dataclass(frozen=True, slots=True)
class SignalDetection(Result):
    """`d`: mean width of the gray zones, an estimate of the gauge's 6 sigma; `grr_percent` = 100 d / tolerance."""

    zones: tuple[GrayZone, ...]
    d: float | None
    sigma: float | None
    grr_percent: float | None
    tolerance: float | None
    n: int
    notes: tuple[Note, ...]
    provenance: Provenance


def signal_detection(
    ratings: Mapping[str, Sequence[Sequence[Any]]],
    values: ArrayLike,
    *,
    accepted: Any,
    lower: float | None = None,
    upper: float | None = None,
) -> SignalDetection:
    """From `ratings[appraiser][part][trial]` and the measured `values` of the parts, against the limits of the part.

    `accepted` is the rating of a good part. Each limit given needs parts that all accept and, beyond it, parts that all
    reject. d is the mean of the zones' widths (VDA 5 and AIAG MSA 4th ed., signal detection approach).
    """
    x = as_floats(values, "reference values")
    if lower is None and upper is None:
        raise AnalysisError("No limit was given.", "Give the lower limit, the upper one, or both.")
    if lower is not None and upper is not None and lower >= upper:
        raise AnalysisError(f"The lower limit {lower:g} is not below the upper one {upper:g}.", "Mend the limits.")
    good, bad = _unanimous(ratings, x, accepted)
    zones, notes = [], []
    for name, limit, side in (("lower", lower, -1.0), ("upper", upper, 1.0)):
        if limit is None:
            continue
        middle = _middle(x[good], lower, upper)
        zone = _zone(name, side, x[good], x[bad], middle)
        if zone is None:
            notes.append(Note("no_gray_zone", "refusal", {"limit": name}))
        else:
            zones.append(zone)
    d = sum(zone.width for zone in zones) / len(zones) if zones else None
    tolerance = None if lower is None or upper is None else upper - lower
    return SignalDetection(
        zones=tuple(zones),
        d=d,
        sigma=None if d is None else d / 6.0,
        grr_percent=None if d is None or tolerance is None else 100.0 * d / tolerance,
        tolerance=tolerance,
        n=int(x.size),
        notes=tuple(notes),
        provenance=Provenance("msa.signal_detection", {"zone": "last accepted by all to first rejected by all"}),
    )


def _unanimous(
    ratings: Mapping[str, Sequence[Sequence[Any]]], x: Floats, accepted: Any
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which parts everyone accepted every time, and which everyone rejected every time."""
    if not ratings or x.ndim != 1 or not np.isfinite(x).all():
        raise AnalysisError("Ratings are missing, or a part has no measured value.", "Give one value a part.")
    good, bad = np.ones(x.size, dtype=np.bool_), np.ones(x.size, dtype=np.bool_)
    for name, rows in ratings.items():
        if len(rows) != x.size:
            raise AnalysisError(f"Appraiser {name} rated {len(rows)} parts of {x.size}.", "Every part is rated.")
        good &= np.array([all(str(item) == str(accepted) for item in row) for row in rows])
        bad &= np.array([all(str(item) != str(accepted) for item in row) for row in rows])
    return good, bad


def _middle(accepted: Floats, lower: float | None, upper: float | None) -> float:
    """A point between the limits: their midpoint, or with one limit the mean of the accepted parts."""
    if lower is not None and upper is not None:
        return (lower + upper) / 2.0
    return float(accepted.mean()) if accepted.size else float(lower if lower is not None else upper or 0.0)


def _zone(name: str, side: float, good: Floats, bad: Floats, middle: float) -> GrayZone | None:
    beyond = bad[side * (bad - middle) > 0.0]
    inside = good[side * (good - middle) >= 0.0] if good.size else good
    inside = good if inside.size == 0 else inside
    if beyond.size == 0 or inside.size == 0:
        return None
    last = float((side * inside).max()) * side
    further = beyond[side * (beyond - last) > 0.0]
    if further.size == 0:
        return None
    first = float((side * further).min()) * side
    return GrayZone(name, last, first, abs(first - last))
