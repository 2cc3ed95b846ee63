"""Capability of counted characteristics: defectives (binomial) and defects (Poisson), with exact intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import bounds
from analysis.capability.fraction import MILLION, upper_quantile
from analysis.capability.intervals import Interval
from analysis.errors import AnalysisError
from analysis.observations import as_floats, refuse_beyond
from analysis.results import Choice, Note, Provenance, Result

Floats = NDArray[np.float64]

# The shift of 1.5 sigma between short and long term is a convention of Six Sigma (Harry 1988), not a measurement.
SHIFT = 1.5
LARGEST_TOTAL = 10**12


@dataclass(frozen=True, slots=True)
class DefectiveCapability(Result):
    """Share of defective units. `z_bench` is the normal quantile with that share above; `sigma_level` adds the shift.

    `intervals` by name: p, percent, ppm, z_bench, sigma_level (exact, Clopper and Pearson).
    """

    units: int
    defectives: int
    samples: int
    p: float | None
    percent: float | None
    ppm: float | None
    z_bench: float | None
    sigma_level: float | None
    shift: float
    target_p: float | None
    p_value: float | None
    confidence: float
    intervals: Mapping[str, Interval]
    notes: tuple[Note, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class DefectCapability(Result):
    """Defects a unit (`dpu`) and a million opportunities (`dpmo`), yields and the sigma level of dpmo.

    `first_time_yield` = exp(-dpu), the share of units expected without a defect. `intervals` by name: dpu, dpo, dpmo,
    first_time_yield, z_bench, sigma_level (exact, Garwood).
    """

    units: float
    defects: int
    opportunities: float
    samples: int
    dpu: float | None
    dpo: float | None
    dpmo: float | None
    first_time_yield: float | None
    z_bench: float | None
    sigma_level: float | None
    shift: float
    confidence: float
    intervals: Mapping[str, Interval]
    notes: tuple[Note, ...]
    provenance: Provenance


def clopper_pearson(count: int, n: int, confidence: float = 0.95) -> Interval:
    """Exact interval of a proportion (Biometrika 26 (1934) 404-413); one-sided at 0 and at n."""
    from scipy import special

    bounds.whole(n, "number inspected", 1, LARGEST_TOTAL)
    if not 0 <= count <= n:
        raise AnalysisError(f"{count} of {n} cannot be.", "Give a count from 0 to the number inspected.")
    bounds.whole(count, "count", 0, n)
    bounds.confidence_level(confidence)
    tail = (1.0 - confidence) / 2.0
    lower = 0.0 if count == 0 else float(special.betaincinv(count, n - count + 1, tail))
    upper = 1.0 if count == n else float(special.betaincinv(count + 1, n - count, 1.0 - tail))
    return Interval(lower, upper, confidence, "clopper_pearson")


def garwood(count: int, confidence: float = 0.95) -> Interval:
    """Exact interval of a Poisson mean from one count (Biometrika 28 (1936) 437-442)."""
    from scipy import special

    bounds.whole(count, "count", 0, LARGEST_TOTAL)
    bounds.confidence_level(confidence)
    tail = (1.0 - confidence) / 2.0
    lower = 0.0 if count == 0 else float(special.gammaincinv(count, tail))
    return Interval(lower, float(special.gammaincinv(count + 1, 1.0 - tail)), confidence, "garwood")


def defectives(
    counts: ArrayLike,
    sizes: ArrayLike,
    *,
    target_p: float | None = None,
    shift: float = SHIFT,
    confidence: float = 0.95,
) -> DefectiveCapability:
    """Capability from defective units: `counts` of each sample and their `sizes` (one number, or one a sample).

    `p_value` tests p <= `target_p` by the exact binomial tail. Samples whose spread exceeds the binomial one (p-chart
    limits, chi-square over 1 percent) are told in a note, since then one p does not describe the process.
    """
    count, size = _counts(counts, sizes)
    _check(confidence, target_p, shift)
    n, d = int(size.sum()), int(count.sum())
    if (count > size).any():
        place = int(np.argmax(count > size))
        raise AnalysisError(f"Sample {place + 1} has {count[place]:g} defectives among {size[place]:g} units.")
    provenance = _provenance("capability.defectives", "clopper_pearson", shift)
    if n == 0:
        return DefectiveCapability(
            0, 0, 0, None, None, None, None, None, shift, target_p, None, confidence, {},
            (Note("no_values", "refusal", {"n": 0}),), provenance,
        )  # fmt: skip
    p, limits = d / n, clopper_pearson(d, n, confidence)
    notes = [*_zero_notes(d, n), *_dispersion_notes(count, size, p * (1.0 - p), p)]
    return DefectiveCapability(
        units=n,
        defectives=d,
        samples=int(count.size),
        p=p,
        percent=100.0 * p,
        ppm=MILLION * p,
        z_bench=upper_quantile(p),
        sigma_level=_plus(upper_quantile(p), shift),
        shift=shift,
        target_p=target_p,
        p_value=None if target_p is None else _binomial_tail(d, n, target_p),
        confidence=confidence,
        intervals={
            "p": limits,
            "percent": _scaled(limits, 100.0),
            "ppm": _scaled(limits, MILLION),
            **_sigma_intervals(limits, shift),
        },
        notes=tuple(notes),
        provenance=provenance,
    )


def defects(
    counts: ArrayLike,
    units: ArrayLike,
    *,
    opportunities: float = 1.0,
    shift: float = SHIFT,
    confidence: float = 0.95,
) -> DefectCapability:
    """Capability from defects: `counts` of each sample, the `units` inspected, `opportunities` for a defect a unit."""
    count, size = _counts(counts, units)
    _check(confidence, None, shift)
    bounds.positive(opportunities, "number of opportunities", smallest=1.0 / LARGEST_TOTAL, largest=LARGEST_TOTAL)
    n, d = float(size.sum()), int(count.sum())
    provenance = _provenance("capability.defects", "garwood", shift)
    if n == 0.0:
        return DefectCapability(
            0.0, 0, opportunities, 0, None, None, None, None, None, None, shift, confidence, {},
            (Note("no_values", "refusal", {"n": 0}),), provenance,
        )  # fmt: skip
    limits = _scaled(garwood(d, confidence), 1.0 / n)
    share = _scaled(limits, 1.0 / opportunities)
    dpu, dpo = d / n, d / n / opportunities
    yields = Interval(math.exp(-limits.upper), math.exp(-limits.lower), confidence, limits.method)
    return DefectCapability(
        units=n,
        defects=d,
        opportunities=opportunities,
        samples=int(count.size),
        dpu=dpu,
        dpo=dpo,
        dpmo=MILLION * dpo,
        first_time_yield=math.exp(-dpu),
        z_bench=upper_quantile(dpo),
        sigma_level=_plus(upper_quantile(dpo), shift),
        shift=shift,
        confidence=confidence,
        intervals={
            "dpu": limits,
            "dpo": share,
            "dpmo": _scaled(share, MILLION),
            "first_time_yield": yields,
            **_sigma_intervals(share, shift),
        },
        notes=(*_zero_notes(d, int(n)), *_dispersion_notes(count, size, dpu, dpu)),
        provenance=provenance,
    )


def _counts(counts: ArrayLike, sizes: ArrayLike) -> tuple[Floats, Floats]:
    count, size = np.atleast_1d(as_floats(counts, "counts")), np.atleast_1d(as_floats(sizes, "sizes"))
    if size.size == 1 and count.size > 1:
        size = np.full(count.size, size.item())
    if count.ndim != 1 or count.shape != size.shape:
        raise AnalysisError(f"There are {count.size} counts and {size.size} sizes.", "Give one size a sample.")
    for name, array in (("count", count), ("size", size)):
        refuse_beyond(array, f"{name}s", LARGEST_TOTAL)
        bad = np.flatnonzero(~np.isfinite(array) | (array < 0.0) | ((array != np.floor(array)) & (name == "count")))
        if bad.size:
            raise AnalysisError(
                f"The {name} of sample {int(bad[0]) + 1} is {array[bad[0]]:g}.", "Give whole numbers from 0 on."
            )
    tiny = np.flatnonzero((size > 0.0) & (size < 1.0 / LARGEST_TOTAL))
    if tiny.size:
        raise AnalysisError(f"The size of sample {int(tiny[0]) + 1} is {size[tiny[0]]:g}.", "Use a smaller unit.")
    return count, size


def _check(confidence: float, target: float | None, shift: float) -> None:
    bounds.confidence_level(confidence)
    bounds.finite(shift, "shift between short and long term", largest=100.0)
    if target is not None and not 0.0 <= target <= 1.0:
        raise AnalysisError(f"The target proportion is {target}.", "Give a share between 0 and 1.")


def _binomial_tail(d: int, n: int, p: float) -> float:
    """P(more than or equal to d defectives | p): small when the process is worse than its target."""
    from scipy import special

    return 1.0 if d == 0 else float(special.betainc(d, n - d + 1, p))


def _scaled(interval: Interval, factor: float) -> Interval:
    return Interval(interval.lower * factor, interval.upper * factor, interval.confidence, interval.method)


def _plus(z: float | None, shift: float) -> float | None:
    return None if z is None else z + shift


def _sigma_intervals(share: Interval, shift: float) -> dict[str, Interval]:
    """Of Z bench and the sigma level: the share's bounds in reverse; without both ends there is none."""
    low, high = upper_quantile(share.upper), upper_quantile(share.lower)
    if low is None or high is None:
        return {}
    z = Interval(low, high, share.confidence, share.method)
    return {"z_bench": z, "sigma_level": Interval(low + shift, high + shift, share.confidence, share.method)}


def _zero_notes(count: int, n: int) -> list[Note]:
    return [Note("none_found", "info", {"n": n})] if count == 0 else []


def _dispersion_notes(count: Floats, size: Floats, unit_variance: float, level: float) -> list[Note]:
    """Whether the samples differ more than chance: sum of (count - size level)^2 / (size variance), chi-square."""
    used = size > 0.0
    if int(used.sum()) < 2 or unit_variance <= 0.0:
        return []
    from scipy import special

    chi_square = float((((count - size * level) ** 2)[used] / (size[used] * unit_variance)).sum())
    p = float(special.chdtrc(int(used.sum()) - 1, chi_square))
    if p >= 0.01:
        return []
    return [Note("samples_differ", "warning", {"chi_square": chi_square, "p": p})]


def _provenance(method: str, interval: str, shift: float) -> Provenance:
    choices: dict[str, Choice] = {"interval": interval, "shift": shift}
    return Provenance(method, choices)
