"""VDA 5 and ISO 22514-7: uncertainty of the measuring system and of the measurement process, against the tolerance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis import bounds
from analysis.errors import AnalysisError
from analysis.msa.gauge import GaugeStudy
from analysis.msa.uncertainty import from_bias, from_limits, from_resolution
from analysis.observations import as_floats, refuse_beyond
from analysis.results import Choice, Note, Provenance, Result

LARGEST = 1e70
LIMIT_SYSTEM, LIMIT_PROCESS = 15.0, 30.0
RESOLUTION_LIMIT = 5.0

# In the order VDA 5 lists them: calibration, resolution, repeatability on the standard, bias, linearity, rest of the
# system; then repeatability on parts, operators, gauges, interactions, stability, object, temperature, rest.
SYSTEM = ("u_CAL", "u_RE", "u_EVR", "u_BI", "u_LIN", "u_MS_REST")
PROCESS = ("u_EVO", "u_AV", "u_GV", "u_IA", "u_STAB", "u_OBJ", "u_T", "u_REST")


@dataclass(frozen=True, slots=True)
class VdaComponent(Result):
    """One uncertainty component: its value, whether it counts in the system and the process, and its shares there.

    Of resolution and the repeatabilities only the largest counts, since each holds the smaller ones already.
    """

    name: str
    u: float
    in_system: bool
    in_process: bool
    pct_system: float | None
    pct_process: float | None


@dataclass(frozen=True, slots=True)
class VdaStudy(Result):
    """Capability of the measuring system (MS) and of the measurement process (MP).

    In the notation of VDA 5: `u_ms` is u_MS, `expanded_ms` is U_MS = k u_MS, `q_ms` is Q_MS = 2 U_MS / tolerance in
    percent, to be compared with `limit_ms`; `minimum_tolerance_ms` is the least tolerance that the system could serve.
    The same with mp for the measurement process.
    `conformance_lower`, `conformance_upper`: limits inside which a part is proven good (ISO 14253-1), by U_MP.
    """

    tolerance: float
    components: tuple[VdaComponent, ...]
    u_ms: float
    expanded_ms: float
    q_ms: float
    minimum_tolerance_ms: float
    capable_ms: bool
    u_mp: float
    expanded_mp: float
    q_mp: float
    minimum_tolerance_mp: float
    capable_mp: bool
    k: float
    limit_ms: float
    limit_mp: float
    resolution_percent: float | None
    resolution_fine: bool | None
    conformance_lower: float | None
    conformance_upper: float | None
    notes: tuple[Note, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class ReferenceSeries(Result):
    """Repeated measurements of one standard: what VDA 5 takes from them."""

    reference: float
    n: int
    mean: float
    s: float
    bias: float
    u_evr: float
    u_bi: float


def reference_series(values: ArrayLike, reference: float) -> ReferenceSeries:
    """u_EVR = s, u_BI = |mean - reference| / sqrt(3) of the repeated measurements of one standard (2 or more)."""
    data = as_floats(values, "measurements")
    bounds.finite(reference, "reference value", largest=LARGEST)
    refuse_beyond(data, "measurements", LARGEST)
    if data.ndim != 1 or data.size < 2 or np.isnan(data).any():
        raise AnalysisError("A series holds 2 measurements or more, none of them missing.", "Complete the series.")
    mean, s = float(data.mean()), float(data.std(ddof=1))
    return ReferenceSeries(reference, int(data.size), mean, s, mean - reference, s, from_bias(mean - reference))


def vda5(
    tolerance: float,
    *,
    resolution: float | None = None,
    u_cal: float = 0.0,
    u_evr: float = 0.0,
    u_bi: float = 0.0,
    u_lin: float = 0.0,
    u_ms_rest: float = 0.0,
    mpe: float | Sequence[float] | None = None,
    u_evo: float = 0.0,
    u_av: float = 0.0,
    u_gv: float = 0.0,
    u_ia: float | Sequence[float] = 0.0,
    u_stab: float = 0.0,
    u_obj: float = 0.0,
    u_t: float = 0.0,
    u_rest: float = 0.0,
    series: tuple[ReferenceSeries, ...] | list[ReferenceSeries] = (),
    study: GaugeStudy | None = None,
    k: float = 2.0,
    limit_ms: float = LIMIT_SYSTEM,
    limit_mp: float = LIMIT_PROCESS,
    lower: float | None = None,
    upper: float | None = None,
) -> VdaStudy:
    """Budget of measuring system and measurement process.

    u_MS^2 = u_CAL^2 + max(u_EVR, u_RE)^2 + u_BI^2 + u_LIN^2 + u_MS_REST^2, or the sum of MPE^2 / 3 when maximum
    permissible errors `mpe` stand for the whole system. u_MP^2 adds to the calibration, bias, linearity and rest the
    largest of u_EVR, u_EVO, u_RE, and u_AV^2 + u_GV^2 + sum u_IA^2 + u_STAB^2 + u_OBJ^2 + u_T^2 + u_REST^2.
    `series` (see `reference_series`) replace u_evr and u_bi by their largest; `study` (crossed, nested, expanded or
    type 3) gives u_evo, u_av, u_gv (a factor "gauge") and u_ia. `resolution` enters as step / sqrt(12).
    Source: VDA volume 5, 2nd and 3rd ed., chapters 4 and 5; ISO 22514-7:2021.
    """
    _check(tolerance, k, limit_ms, limit_mp)
    interactions = [float(u_ia)] if isinstance(u_ia, int | float) else [float(item) for item in u_ia]
    given = {
        "u_CAL": u_cal, "u_RE": 0.0 if resolution is None else from_resolution(resolution), "u_EVR": u_evr,
        "u_BI": u_bi, "u_LIN": u_lin, "u_MS_REST": u_ms_rest, "u_EVO": u_evo, "u_AV": u_av, "u_GV": u_gv,
        "u_IA": math.hypot(*interactions) if interactions else 0.0, "u_STAB": u_stab, "u_OBJ": u_obj, "u_T": u_t,
        "u_REST": u_rest,
    }  # fmt: skip
    if series:
        given["u_EVR"] = max(item.u_evr for item in series)
        given["u_BI"] = max(item.u_bi for item in series)
    if study is not None:
        given |= _of_study(study)
    for name, value in given.items():
        bounds.not_negative(value, name, largest=LARGEST)
    for limit in (lower, upper):
        if limit is not None:
            bounds.finite(limit, "limit of specification", largest=LARGEST)
    errors = [] if mpe is None else [float(mpe)] if isinstance(mpe, int | float) else [float(item) for item in mpe]
    if errors:
        given["u_MPE"] = math.hypot(*(from_limits(abs(error)) for error in errors))
    system, process = _members(given)
    return _result(tolerance, given, system, process, resolution, k, (limit_ms, limit_mp), (lower, upper), bool(errors))


def _members(given: Mapping[str, float]) -> tuple[list[str], list[str]]:
    """Which components count in the system and in the process."""
    rest = [name for name in PROCESS if name != "u_EVO"]
    if "u_MPE" in given:
        # the permissible error covers the whole system; only repeatability on parts may be seen beside it
        return ["u_MPE"], ["u_MPE", "u_EVO", *rest]
    quiet = ["u_CAL", "u_BI", "u_LIN", "u_MS_REST"]
    on_standard = max(("u_EVR", "u_RE"), key=lambda name: given[name])
    on_parts = max(("u_EVR", "u_EVO", "u_RE"), key=lambda name: given[name])
    return [*quiet, on_standard], [*quiet, on_parts, *rest]


def _of_study(study: GaugeStudy) -> dict[str, float]:
    """Repeatability on parts, operators, gauges, and everything else (interactions) of a gauge study."""
    if not study.components:
        raise AnalysisError("The gauge study has no variance components.", "Use a study with variation.")
    known = ("repeatability", "reproducibility", "grr", "part", "total", "operator", "gauge")
    sigma = {name: component.sigma for name, component in study.components.items()}
    others = [value for name, value in sigma.items() if name not in known and not name.startswith("part(")]
    found = {"u_EVO": sigma["repeatability"], "u_IA": math.hypot(*others) if others else 0.0}
    for name, label in (("u_AV", "operator"), ("u_GV", "gauge")):
        if label in sigma:
            found[name] = sigma[label]
    return found


def _result(
    tolerance: float,
    given: Mapping[str, float],
    system: list[str],
    process: list[str],
    resolution: float | None,
    k: float,
    limits: tuple[float, float],
    specification: tuple[float | None, float | None],
    by_mpe: bool,
) -> VdaStudy:
    u_ms = math.hypot(*(given[name] for name in system))
    u_mp = math.hypot(*(given[name] for name in process))
    q_ms, q_mp = (200.0 * k * u / tolerance for u in (u_ms, u_mp))
    percent = None if resolution is None else 100.0 * resolution / tolerance
    lower, upper = specification
    notes = []
    if percent is not None and percent > RESOLUTION_LIMIT:
        notes.append(Note("coarse_resolution", "warning", {"percent": percent, "allowed": RESOLUTION_LIMIT}))
    if u_ms == 0.0:
        notes.append(Note("no_system_uncertainty", "warning"))
    choices: dict[str, Choice] = {"system_by": "mpe" if by_mpe else "components", "k": k}
    return VdaStudy(
        tolerance=tolerance,
        components=_components(given, system, process, u_ms, u_mp),
        u_ms=u_ms,
        expanded_ms=k * u_ms,
        q_ms=q_ms,
        minimum_tolerance_ms=200.0 * k * u_ms / limits[0],
        capable_ms=q_ms <= limits[0],
        u_mp=u_mp,
        expanded_mp=k * u_mp,
        q_mp=q_mp,
        minimum_tolerance_mp=200.0 * k * u_mp / limits[1],
        capable_mp=q_mp <= limits[1],
        k=k,
        limit_ms=limits[0],
        limit_mp=limits[1],
        resolution_percent=percent,
        resolution_fine=None if percent is None else percent <= RESOLUTION_LIMIT,
        conformance_lower=None if lower is None else lower + k * u_mp,
        conformance_upper=None if upper is None else upper - k * u_mp,
        notes=tuple(notes),
        provenance=Provenance("msa.vda5", choices),
    )


def _components(
    given: Mapping[str, float], system: list[str], process: list[str], u_ms: float, u_mp: float
) -> tuple[VdaComponent, ...]:
    def share(name: str, members: list[str], total: float) -> float | None:
        return 100.0 * given[name] ** 2 / total**2 if name in members and total > 0.0 else None

    return tuple(
        VdaComponent(name, u, name in system, name in process, share(name, system, u_ms), share(name, process, u_mp))
        for name, u in given.items()
        if u > 0.0
    )


def _check(tolerance: float, k: float, limit_ms: float, limit_mp: float) -> None:
    for name, value in (("tolerance", tolerance), ("k", k), ("limit of Q_MS", limit_ms), ("limit of Q_MP", limit_mp)):
        bounds.positive(value, name, smallest=1.0 / LARGEST, largest=LARGEST)
