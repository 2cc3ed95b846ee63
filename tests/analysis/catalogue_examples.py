"""One good call of every function of the catalogue: from its reference case, or from the list below."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from analysis.case_data import read_arguments
from analysis.catalogue import functions
from analysis.validation import read_cases

REFERENCE = Path(__file__).resolve().parents[2] / "resources" / "reference"

COLUMN = [9.97, 10.02, 10.05, 9.94, 10.01, 9.99, 10.06, 9.96, 10.03, 9.98, 10.04, 10.00, 9.95, 10.07, 10.01, 9.93,
          10.02, 9.99, 10.03, 9.97, 10.05, 9.96, 10.00, 10.04]  # fmt: skip
OTHER = [value * 2.0 - 10.0 + (index % 5) * 0.01 for index, value in enumerate(COLUMN)]
FIVES = [COLUMN[start : start + 4] for start in range(0, 24, 4)]
CUBE = [[[value + 0.3 * part for value in COLUMN[2 * part + op : 2 * part + op + 2]] for op in range(3)]
        for part in range(5)]  # fmt: skip
NAMES = [str(index % 3) for index in range(24)]
LIMITS = {"lower": 9.8, "upper": 10.2, "target": 10.0}
PLAN = {"stages": [{"n": 80, "accept": 2, "reject": 3}]}
RATINGS = {
    "Anna": [["good", "good"], ["bad", "good"], ["bad", "bad"], ["good", "good"], ["bad", "bad"], ["good", "good"]],
    "Bert": [["good", "good"], ["bad", "bad"], ["bad", "bad"], ["good", "bad"], ["good", "bad"], ["good", "good"]],
}
STANDARD = ["good", "bad", "bad", "good", "bad", "good"]

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "constants.d2": [{"n": 5}],
    "constants.d3": [{"n": 5}],
    "constants.median_range": [{"n": 5}],
    "constants.c4": [{"n": 5}],
    "constants.c5": [{"n": 5}],
    "constants.c4_successive": [{"n": 5}],
    "constants.integrate_range": [{"n": 5}],
    "constants.median_error": [{"n": 5}],
    "constants.table_source": [{"largest": 3}],
    "charts.fit": [
        {"chart": "i_mr", "values": COLUMN, "exclude": [3], "width": 3.0, "mean": 10.0, "known_sigma": 0.04},
        {"chart": "xbar_r", "values": FIVES, "sigma": "r_bar"},
        {"chart": "cusum", "values": COLUMN, "decision": 4.0, "reference": 0.5},
        {"chart": "moving_average", "values": COLUMN, "span": 3},
        {"chart": "hotelling_t2", "values": [[a, b] for a, b in zip(COLUMN, OTHER, strict=True)]},
        {"chart": "pre_control", "values": COLUMN, "lsl": 9.8, "usl": 10.2},
        {"chart": "z_mr", "values": COLUMN, "parts": NAMES},
        {"chart": "laney_p", "values": [3, 4, 2, 5, 1, 3], "sizes": [50, 60, 50, 70, 50, 50]},
        {"chart": "i_mr_r", "values": FIVES},
        {"chart": "g", "values": [3, 40, 22, 15, 10, 33]},
        {"chart": "t", "values": [3.0, 40.0, 22.0, 15.0, 10.0, 33.0]},
        {"chart": "zone", "values": COLUMN},
        {"chart": "run", "values": COLUMN},
    ],
    "charts.individuals_of_many": [{"values": FIVES, "rules": "nelson", "width": 3.0}],
    "charts.known": [
        {"chart": "i_mr", "mean": 10.0, "sigma": 0.04},
        {"chart": "xbar_r", "mean": 10.0, "sigma": 0.04, "size": 5, "width": 3.0},
        {"chart": "ewma", "mean": 10.0, "sigma": 0.04, "weight": 0.2},
        {"chart": "p", "mean": 0.04, "size": 50},
    ],
    "charts.run_tests": [{"values": COLUMN, "median": 10.0}],
    "arl.attributes": [{"chart": "p", "rate": 0.05, "size": 100, "actual": 0.08, "rules": "nelson", "width": 3.0}],
    "arl.design_cusum": [{"shift": 1.0, "arl": 370.0, "size": 2, "headstart": 0.5}],
    "arl.design_ewma": [{"shift": 1.0, "arl": 370.0, "size": 2, "weight": 0.2}],
    "arl.design_shewhart": [{"shift": 1.0, "arl": 370.0, "arl_at_shift": 2.0, "largest": 100}],
    "arl.mewma": [{"variables": 2, "weight": 0.1, "limit": 8.6}],
    "arl.simulate": [{"rules": "nelson", "shift": 1.0, "size": 1, "width": 3.0, "runs": 100, "seed": 3}],
    "capability.identify": [{"values": COLUMN, "families": ["normal", "weibull"], "criterion": "aic"}],
    "capability.preset": [{"name_or_preset": "minitab", "width": 6.0, "cpm": "full_width"}],
    "capability.six_panel": [
        {"values": COLUMN, "specification": LIMITS, "subgroups": 4, "last": 5, "rules": "nelson", "confidence": 0.9}
    ],
    "capability.study": [
        {"values": COLUMN, "specification": LIMITS, "subgroups": 4, "model": model, "quantile": 6}
        for model in ("normal", "box_cox", "johnson", "weibull", "lognormal")
    ],
    "capability.time_dependent": [{"values": COLUMN, "specification": LIMITS, "subgroups": 4, "alpha": 0.05}],
    "msa.agreement": [{"ratings": RATINGS, "reference": STANDARD, "bad": "bad", "confidence": 0.95}],
    "msa.cohen_of_ratings": [{"first": STANDARD, "second": STANDARD[::-1], "weights": "none"}],
    "msa.detection": [{"icc": 0.9, "shift": 3.0, "subgroups": 10}],
    "msa.emp": [{"values": CUBE, "increment": 0.01, "alpha_to_pool": 0.05}],
    "msa.expanded": [
        {"values": COLUMN, "factors": {"part": NAMES, "operator": [str(i // 12) for i in range(24)]},
         "tolerance": 0.5, "study_width": 6.0, "method": "henderson"},
        {"values": COLUMN, "factors": {"part": NAMES, "operator": [str(i // 12) for i in range(24)]}, "fixed": []},
    ],
    "msa.from_bias": [{"bias": 0.1}],
    "msa.from_expanded": [{"expanded": 0.2, "k": 2.0}],
    "msa.from_limits": [{"half_width": 0.1, "distribution": "triangular"}],
    "msa.nested": [{"values": CUBE, "tolerance": 1.0, "confidence": 0.95}],
    "msa.reference_series": [{"values": COLUMN, "reference": 10.0}],
    "msa.signal_detection": [
        {"ratings": RATINGS, "values": [1.0, 2.0, 3.0, 1.5, 2.5, 0.5], "accepted": "good", "upper": 1.8}
    ],
    "msa.stability": [{"values": COLUMN, "subgroups": 4, "reference": 10.0, "rules": "nelson"}],
    "msa.temperature": [
        {"length": 100.0, "expansion_object": 1.15e-5, "expansion_gauge": 1.1e-5, "from_reference_object": 2.0,
         "from_reference_gauge": 1.0, "u_temperature_object": 0.2, "u_temperature_gauge": 0.2}
    ],
    "msa.crossed": [{"values": CUBE, "method": "xbar_r", "tolerance": 1.0}],
    "msa.type1": [
        {"values": COLUMN, "reference": 10.0, "tolerance": 0.5, "resolution": 0.001, "k_percent": 20.0,
         "study_sd": 6.0, "required": 1.33, "preset": "minitab"}
    ],
    "msa.vda5": [
        {"tolerance": 0.5, "resolution": 0.01, "u_cal": 0.001,
         "series": [{"reference": 10.0, "n": 25, "mean": 10.01, "s": 0.01, "bias": 0.01, "u_evr": 0.01, "u_bi": 0.002}],
         "u_ia": [0.001, 0.002], "mpe": 0.002, "k": 2.0},
        {"tolerance": 0.5, "resolution": 0.01, "u_cal": 0.001, "u_evr": 0.01, "u_av": 0.02},
    ],
    "sampling.attributes.aql_place": [{"aql": "1.0"}],
    "sampling.curves.acceptance": [
        {"plan": PLAN, "p": [0.01, 0.05], "distribution": kind, "lot": 1000}
        for kind in ("binomial", "poisson", "hypergeometric")
    ],
    "sampling.curves.quality_at": [
        {"plan": PLAN, "probability": 0.1, "distribution": kind} for kind in ("binomial", "poisson")
    ],
    "sampling.curves.same_curve": [{"plans": [PLAN, PLAN], "p": [0.01, 0.02]}],
    "sampling.variables.largest_percent": [{"n": 10, "k": 1.5, "sigma": "unknown"}],
    "sampling.variables.constant_k": [{"n": 10, "m": 5.0, "sigma": "unknown"}],
    "sampling.variables.judge": [{"values": COLUMN, "m": 3.0, "lower": 9.9, "upper": 10.1, "sigma": 0.04}],
    "sampling.variables.acceptance": [{"n": 10, "k": 1.5, "p": [0.01, 0.05], "sigma_known": False}],
    "sampling.variables.from_two_points": [
        {"producer_quality": 0.01, "consumer_quality": 0.06, "producer_risk": 0.05, "consumer_risk": 0.1}
    ],
    "sampling.plan.single": [{"n": 80, "accept": 2, "reject": 3}],
    "sampling.plan.staged": [{"n": 50, "numbers": [[None, 3], [3, 4]]}],
    "tolerance.normal": [{"values": COLUMN, "coverage": 0.95, "confidence": 0.95, "sides": "two", "method": "howe"}],
    "tolerance.distribution_free": [{"values": COLUMN, "coverage": 0.9, "confidence": 0.9, "sides": "lower"}],
    "tolerance.factors": [{"ns": [5, 10], "coverage": 0.95, "confidence": 0.95, "sides": "two"}],
    "descriptive.accurate_mean": [{"data": COLUMN}],
    "normality.anderson_darling_p": [{"a_squared": 0.4, "n": 20}],
    "normality.anderson_darling_statistic": [{"ordered_z": [-1.2, -0.4, 0.1, 0.5, 1.3]}],
    "comparison.equivalence": [{"first": COLUMN, "second": OTHER, "margin": 0.5, "confidence": 0.95}],
    "comparison.equal_locations": [
        {"groups": [COLUMN, OTHER], "test": test} for test in ("mann-whitney", "wilcoxon", "mood", "kruskal-wallis")
    ],
    "comparison.equal_variances": [{"groups": [COLUMN, OTHER], "test": "bartlett"}],
    "regression.predict": [
        {"y": COLUMN, "predictors": {"x": OTHER, "z": [float(i) for i in range(24)]}, "at": {"x": 10.0, "z": 3.0}}
    ],
    "correlation.correlate": [{"x": COLUMN, "y": OTHER, "kind": kind} for kind in ("spearman", "kendall")],
    "correlation.matrix": [{"columns": {"x": COLUMN, "y": OTHER}, "kind": "pearson"}],
    "correlation.partial": [{"x": COLUMN, "y": OTHER, "controls": [[float(i)] for i in range(24)]}],
    "correlation.lagged": [{"x": COLUMN, "y": OTHER, "maximum_lag": 5}],
    "trend.mann_kendall": [{"values": COLUMN, "times": [float(i) for i in range(24)]}],
    "trend.change_points": [{"values": COLUMN, "sigma": 0.04, "penalty": 10.0, "minimum_length": 3}],
    "trend.autocorrelation": [{"values": COLUMN, "lags": 5}],
    "pareto.pareto": [{"weights": {"a": 5.0, "b": 2.0}, "threshold": 80.0, "merge_below": 5.0}],
    "pareto.pareto_of_events": [{"labels": NAMES, "costs": COLUMN, "threshold": 80.0}],
    "anova.factorial": [
        {"values": COLUMN, "factors": {"a": NAMES, "b": [str(i % 2) for i in range(24)]}, "sum_type": 3,
         "interactions": 2}
    ],
    "design.full_factorial": [{"factors": 3, "seed": 1}],
    "design.fractional_factorial": [{"basic": 3, "generators": ["ABC", "-AB"], "seed": 1}],
    "design.plackett_burman": [{"factors": 7, "seed": 1}],
    "design.central_composite": [{"factors": 3, "center_points": 5, "alpha": 1.5, "seed": 1}],
    "design.box_behnken": [{"factors": 3, "center_points": 3, "seed": 1}],
    "screening.screen": [
        {"values": [list(row) for row in zip(COLUMN, OTHER, strict=True)], "lower": [9.0, None], "upper": [11.0, 12.0],
         "target": [10.0, None], "names": ["x", "y"], "rules": "nelson"}
    ],
}  # fmt: skip


@cache
def _examples() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {name: [*EXAMPLES.get(name, ())] for name in functions()}
    for case in read_cases(REFERENCE):
        arguments = read_arguments(case.arguments, case.folder)
        found[case.function].append({key: _listed(value) for key, value in arguments.items()})
    return found


def examples() -> dict[str, list[dict[str, Any]]]:
    """Arguments as plain data, by function, fit to be spoiled; a function without any is an empty list."""
    return copy.deepcopy(_examples())


def short(value: Any, most: int = 60) -> Any:
    """The same arguments with no list longer than `most`, so that a call is quick."""
    if isinstance(value, Mapping):
        return {key: short(item, most) for key, item in value.items()}
    return [short(item, most) for item in value[:most]] if isinstance(value, list) else value


def _listed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value
