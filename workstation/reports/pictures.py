"""Pictures of analysis results, as SVG: what `sinebar analyze --png` writes and what reports hold."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from analysis.capability import CapabilityResult
from analysis.charts import ChartResult, Panel
from analysis.pareto import Pareto
from analysis.rule_words import short_code
from workstation.reports.drawing.capability import capability_panel
from workstation.reports.drawing.control import ControlTrace, control_chart
from workstation.reports.drawing.distribution import ProbabilityLine, Specification, histogram, probability_plot
from workstation.reports.drawing.ranking import pareto
from workstation.reports.drawing.run import run_chart
from workstation.reports.inspection.figures import REQUIRED, bins, counted, density_curves, indices

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PANELS = {
    "i_mr": ("Individual value", "Moving range"),
    "xbar_r": ("Mean", "Range"),
    "xbar_s": ("Mean", "Standard deviation"),
    "i_mr_r": ("Mean", "Range"),
    "i_mr_s": ("Mean", "Standard deviation"),
    "p": ("Share nonconforming", ""),
    "np": ("Number nonconforming", ""),
    "c": ("Nonconformities", ""),
    "u": ("Nonconformities a unit", ""),
    "laney_p": ("Share nonconforming (Laney)", ""),
    "laney_u": ("Nonconformities a unit (Laney)", ""),
    "g": ("Cases between events", ""),
    "t": ("Time between events", ""),
    "ewma": ("EWMA", ""),
    "moving_average": ("Moving average", ""),
    "cusum": ("Upper CUSUM", ""),
    "zone": ("Zone score", ""),
    "deviation_i_mr": ("Deviation from nominal", "Moving range"),
    "deviation_xbar_r": ("Mean deviation from nominal", "Range"),
    "z_xbar_r": ("Standardised mean", "Standardised range"),
    "z_mr": ("Standardised value", "Moving range"),
    "hotelling_t2": ("Hotelling T²", ""),
    "mewma": ("MEWMA T²", ""),
    "generalized_variance": ("Generalised variance", ""),
    "pre_control": ("Value", ""),
    "run": ("Value", ""),
}
_WITHOUT_UNIT = frozenset(
    {"p", "np", "c", "u", "laney_p", "laney_u", "g", "zone", "z_xbar_r", "z_mr", "hotelling_t2", "mewma",
     "generalized_variance", "cusum"}
)  # fmt: skip
"""Charts whose statistic is a count, a share, a score or standardised; a CUSUM may be either and says no unit."""
_FROM_ZERO = _WITHOUT_UNIT - {"z_xbar_r", "z_mr"}


def control_chart_picture(
    result: ChartResult, *, unit: str = "", labels: Sequence[str] = (), title: str = "", zones: bool = False
) -> str:
    """A judged chart with all its panels; `labels` names the points, 1, 2, ... when left out."""
    names = dict(zip(("location", "dispersion"), _PANELS.get(result.chart, ("Statistic", "Dispersion")), strict=True))
    names |= {"between": "Moving range of the means", "lower": "Lower CUSUM"}
    traces = [
        _trace(panel, names.get(panel.name, panel.name), "" if result.chart in _WITHOUT_UNIT else unit, result)
        for panel in result.panels
    ]
    count = len(result.location.statistic)
    across = "Value" if result.limits[0].size == 1 and result.chart not in _WITHOUT_UNIT else "Subgroup"
    shown = list(labels) or [str(i) for i in range(1, count + 1)]
    return control_chart(traces, shown, title=title, zones=zones, across=across)


def _trace(panel: Panel, name: str, unit: str, result: ChartResult) -> ControlTrace:
    marked = np.flatnonzero(panel.signals)
    return ControlTrace(
        name,
        unit,
        panel.statistic.tolist(),
        center=_line(panel.center),
        lower=_line(panel.lcl),
        upper=_line(panel.ucl),
        signals={int(i): tuple(map(short_code, result.rules.names(int(panel.signals[i])))) for i in marked},
        decimals=_decimals(panel),
        from_zero=panel.name != "location" or result.chart in _FROM_ZERO,
    )


def _line(values: NDArray[np.float64]) -> list[float] | None:
    """A line for the drawing; none when there is no finite value, or when a lower limit is only the axis."""
    finite = values[np.isfinite(values)]
    return None if not len(finite) or not finite.any() else values.tolist()


def _decimals(panel: Panel) -> int:
    """Decimals that tell the limits apart: three significant figures of the distance between them."""
    return _decimals_of(np.concatenate([panel.lcl, panel.ucl, panel.center]))


def _decimals_of(values: NDArray[np.float64]) -> int:
    """Decimals that give three significant figures of the values' range."""
    finite = values[np.isfinite(values)]
    spread = float(np.ptp(finite)) if len(finite) else 0.0
    return 3 if spread == 0 else int(np.clip(2 - np.floor(np.log10(spread)), 0, 9))


def capability_picture(values: ArrayLike, result: CapabilityResult, *, unit: str = "", title: str = "") -> str:
    """Histogram of the values with specification and fitted densities."""
    numbers, resolution, decimals = _plain(values)
    asked = result.specification
    upper, lower = asked.upper_limit, asked.lower_limit
    edges, counts = bins(numbers, resolution, upper if upper is not None else lower)
    beyond = [v for v in numbers if (lower is not None and v < lower) or (upper is not None and v > upper)]
    return histogram(
        edges,
        counts,
        unit,
        Specification(lower, upper, asked.target, decimals),
        outside=counted(beyond, edges),
        curves=density_curves(result, edges),
        title=title,
    )


def capability_panel_picture(result: CapabilityResult, *, required: float | None = REQUIRED, title: str = "") -> str:
    """The indices of a study with their confidence intervals."""
    return capability_panel(indices(result), required=required, title=title)


def histogram_picture(values: ArrayLike, *, unit: str = "", title: str = "") -> str:
    """Histogram of values that have no specification."""
    numbers, resolution, decimals = _plain(values)
    edges, counts = bins(numbers, resolution, None)
    return histogram(edges, counts, unit, Specification(decimals=decimals), title=title)


def run_chart_picture(
    values: ArrayLike,
    *,
    median: float,
    name: str = "Value",
    unit: str = "",
    labels: Sequence[str] = (),
    title: str = "",
) -> str:
    """Values in their order around their median."""
    numbers = np.asarray(values, dtype=np.float64).ravel()
    shown = list(labels) or [str(i) for i in range(1, len(numbers) + 1)]
    return run_chart(numbers.tolist(), shown, name, unit, median, decimals=_decimals_of(numbers), title=title)


def pareto_picture(result: Pareto, measure: str, *, title: str = "") -> str:
    """Causes from the largest, with their running share; `measure` names what is counted, with its unit."""
    return pareto(
        result.categories,
        result.weights,
        result.cumulative_percent,
        measure,
        vital=len(result.vital_few),
        title=title,
    )


_PERCENT = (0.1, 1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0, 99.9)


def normal_probability_picture(
    values: ArrayLike, *, mean: float, sigma: float, unit: str = "", title: str = "", caption: str = ""
) -> str:
    """Values on normal probability paper with the line of the fitted distribution.

    Plotting positions are (i - 0.3) / (n + 0.4), the median ranks of Benard (1953).
    """
    numbers = np.sort(_finite(values)).tolist()
    count, normal = len(numbers), NormalDist()
    quantiles = [normal.inv_cdf((i - 0.3) / (count + 0.4)) for i in range(1, count + 1)]
    return probability_plot(
        numbers,
        quantiles,
        unit,
        percent_ticks=[(percent, normal.inv_cdf(percent / 100)) for percent in _PERCENT],
        line=ProbabilityLine([mean + sigma * q for q in quantiles]) if sigma > 0 else None,
        title=title,
        caption=caption,
    )


def _finite(values: ArrayLike) -> NDArray[np.float64]:
    flat = np.asarray(values, dtype=np.float64).ravel()
    return flat[np.isfinite(flat)]


def _plain(values: ArrayLike) -> tuple[list[float], float, int]:
    """Finite values, the step they were written with, and its decimals (at most 6)."""
    numbers = _finite(values)
    for decimals in range(7):
        if np.allclose(numbers, np.round(numbers, decimals), rtol=0, atol=10.0 ** -(decimals + 4)):
            return numbers.tolist(), float(10.0**-decimals), decimals
    spread = float(np.ptp(numbers)) or 1.0
    return numbers.tolist(), spread / 1000, 6
