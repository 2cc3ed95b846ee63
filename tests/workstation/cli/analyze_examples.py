"""One real call of every analysis that `sinebar analyze` announces, on files made of the reference cases' own data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from resources import ROOT

REFERENCE = ROOT / "reference"
RINGS, NILE = REFERENCE / "data" / "pistonrings.csv", REFERENCE / "data" / "nile.csv"
BOILER, BATTERY = REFERENCE / "data" / "boiler.csv", REFERENCE / "data" / "battery.csv"
TEMPERATURES = tuple(word for number in range(1, 9) for word in ("--column", f"t{number}"))


def case(name: str) -> dict[str, Any]:
    """The reference case of that id."""
    for path in sorted(REFERENCE.glob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")):
            if entry["id"] == name:
                found: dict[str, Any] = entry
                return found
    raise KeyError(name)


def column(name: str) -> list[tuple[float]]:
    """The values of a reference case as rows of one cell."""
    return [(value,) for value in case(name)["arguments"]["values"]]


def write(path: Path, header: str, rows: Sequence[Sequence[object]]) -> Path:
    lines = [header, *(",".join(str(cell) for cell in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def make_files(folder: Path) -> dict[str, Path]:
    """Files of the reference cases' data, in the layout that people have: one row a measurement."""
    gauge = case("aiag-grr-xbar-r")["arguments"]["values"]
    long = [
        (part + 1, "ABC"[operator], trial + 1, value)
        for part, operators in enumerate(gauge)
        for operator, trials in enumerate(operators)
        for trial, value in enumerate(trials)
    ]
    orders = case("purchase-orders-p")["arguments"]
    units = case("dyed-cloth-u")["arguments"]
    linear = case("aiag-linearity")["arguments"]
    spray = case("insect-sprays-kruskal-wallis")["arguments"]["groups"]
    short = case("short-run-deviation")["arguments"]
    ratings = [
        (
            part,
            appraiser,
            trial,
            rated(part, appraiser, trial),
            "good" if part % 4 else "bad",
            round(0.40 + part / 100, 3),
        )
        for part in range(1, 41)
        for appraiser in ("Anna", "Bert")
        for trial in (1, 2)
    ]
    return {
        "rings": RINGS, "nile": NILE, "boiler": BOILER, "battery": BATTERY,
        "gauge": write(folder / "gauge.csv", "part,operator,trial,value", long),
        "ratings": write(folder / "ratings.csv", "part,appraiser,trial,rating,standard,measured", ratings),
        "orders": write(folder / "orders.csv", "defective,inspected",
                        list(zip(orders["values"], orders["sizes"], strict=True))),
        "cloth": write(folder / "cloth.csv", "defects,units", list(zip(units["values"], units["sizes"], strict=True))),
        "cost": write(folder / "cost.csv", "cost", column("loan-cost-individuals")),
        "hours": write(folder / "hours.csv", "hours", column("valve-failures-t")),
        "between": write(folder / "between.csv", "cases", column("g-chart")),
        "linear": write(folder / "linear.csv", "reference,value",
                        list(zip(linear["references"], linear["values"], strict=True))),
        "master": write(folder / "master.csv", "value", column("aiag-bias")),
        "type1": write(folder / "type1.csv", "value", column("type1-gauge")),
        "sprays": write(folder / "sprays.csv", "spray,insects",
                        [(name, value) for name, group in zip("ABCDEF", spray, strict=True) for value in group]),
        "sleep": write(folder / "sleep.csv", "first,second",
                       list(zip(*(case("sleep-welch")["arguments"][k] for k in ("first", "second")), strict=True))),
        "tuna": write(folder / "tuna.csv", "x,y",
                      list(zip(*(case("tuna-pearson")["arguments"][k] for k in ("x", "y")), strict=True))),
        "etch": write(folder / "etch.csv", "first,second", case("plasma-etch-2-3")["arguments"]["responses"]),
        "short": write(folder / "short.csv", "part,subgroup,value",
                       [(part, number, value) for number, (part, row) in
                        enumerate(zip(short["parts"], short["values"], strict=True), 1) for value in row]),
        "reasons": write(folder / "reasons.csv", "reason,cost",
                         [(reason, cost) for reason, cost in zip("aabacadbbaaaec", range(1, 15), strict=True)]),
        "ryan": write(folder / "ryan.csv", "subgroup,x1,x2",
                      [(number, *pair) for number, rows in
                       enumerate(case("ryan-hotelling-t2")["arguments"]["values"], 1) for pair in rows]),
        "budget": write(folder / "budget.csv", "name,u,sensitivity",
                        [("calibration", 0.3, 1), ("resolution", 0.4, 1), ("temperature", 1.2, 0.5)]),
        "lots": write(folder / "lots.csv", "lot,accepted",
                      [(lot, "no" if lot in (4, 6) else "yes") for lot in range(1, 31)]),
        "limits": write(folder / "limits.csv", "name,lower,upper,target",
                        [("t1", 500, 540, 520), ("t2", 480, 560, ""), ("t3", "", 560, "")]),
    }  # fmt: skip


def rated(part: int, appraiser: str, trial: int) -> str:
    """Ratings as people give them: right but for a few, Bert a little less sure of himself."""
    right = "good" if part % 4 else "bad"
    wrong = "bad" if right == "good" else "good"
    slip = (part * 7 + trial * 3 + (5 if appraiser == "Bert" else 0)) % (11 if appraiser == "Bert" else 19) == 0
    return wrong if slip else right


DIAMETER = ("--column", "diameter")
GAUGE = ("--column", "value", "--part", "part", "--operator", "operator")
RATED = ("--column", "rating", "--part", "part", "--operator", "appraiser")
TOLERANCE = ("--lower", "73.95", "--upper", "74.05")
IN_FIVES = (*DIAMETER, "--subgroup", "sample")
PLAN = ("--set", "n=80", "--set", "c=2")
POINTS = ("--set", "producer_quality=0.01", "--set", "consumer_quality=0.06")
ORDERS = ("--column", "defective", "--sizes", "inspected")
CLOTH = ("--column", "defects", "--sizes", "units")
SHORT = ("--column", "value", "--part", "part")

EXAMPLES: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "i_mr": ("cost", ("--unit", "USD")),
    "xbar_r": ("rings", (*IN_FIVES, "--rules", "western_electric", "--unit", "mm")),
    "xbar_s": ("rings", (*IN_FIVES, "--sigma", "pooled")),
    "median_r": ("rings", (*DIAMETER, "--subgroup", "5")),
    "p": ("orders", ORDERS),
    "np": ("orders", ("--column", "defective", "--sizes", "200")),
    "c": ("cloth", ("--column", "defects")),
    "u": ("cloth", CLOTH),
    "laney_p": ("orders", ORDERS),
    "laney_u": ("cloth", CLOTH),
    "ewma": ("nile", ("--column", "volume", "--set", "weight=0.3")),
    "moving_average": ("nile", ("--column", "volume", "--set", "span=5")),
    "cusum": ("nile", ("--column", "volume", "--set", "decision=4.0", "--set", "headstart=0.5")),
    "g": ("between", ()),
    "t": ("hours", ("--set", "method=weibull")),
    "i_mr_r": ("rings", IN_FIVES),
    "i_mr_s": ("rings", IN_FIVES),
    "zone": ("nile", ("--column", "volume")),
    "deviation_i_mr": ("short", SHORT),
    "deviation_xbar_r": ("short", (*SHORT, "--subgroup", "subgroup")),
    "z_xbar_r": ("short", (*SHORT, "--subgroup", "subgroup")),
    "z_mr": ("short", SHORT),
    "hotelling_t2": ("boiler", TEMPERATURES),
    "mewma": ("boiler", ("--column", "t1", "--column", "t2", "--set", "weight=0.2")),
    "generalized_variance": ("ryan", ("--column", "x1", "--column", "x2", "--subgroup", "subgroup")),
    "pre_control": ("rings", (*DIAMETER, *TOLERANCE)),
    "run": ("nile", ("--column", "volume")),
    "run_tests": ("nile", ("--column", "volume")),
    "capability": ("rings", (*IN_FIVES, *TOLERANCE, "--target", "74", "--preset", "minitab")),
    "capability_summary": (
        None,
        ("--lower", "8", "--upper", "20", "--target", "14", "--set", "mean=16", "--set", "sigma_overall=2"),
    ),
    "six_panel": ("rings", (*IN_FIVES, *TOLERANCE)),
    "machine_capability": ("rings", (*DIAMETER, *TOLERANCE)),
    "process_model": ("rings", (*IN_FIVES, *TOLERANCE)),
    "distributions": ("hours", ()),
    "defectives": ("orders", (*ORDERS, "--set", "target_p=0.05")),
    "defects": ("cloth", (*CLOTH, "--set", "opportunities=10")),
    "gauge": ("gauge", (*GAUGE, "--tolerance", "8", "--preset", "minitab")),
    "gauge_nested": ("gauge", GAUGE),
    "gauge_expanded": ("gauge", GAUGE),
    "gauge_type1": ("type1", ("--reference", "12.3", "--tolerance", "0.15", "--set", "resolution=0.0001")),
    "gauge_type3": ("gauge", ("--column", "value", "--part", "part")),
    "bias": ("master", ("--reference", "6")),
    "linearity": ("linear", ("--column", "value", "--reference", "reference")),
    "stability": ("rings", (*IN_FIVES, "--reference", "74")),
    "agreement": ("ratings", (*RATED, "--reference", "standard", "--set", "bad=bad")),
    "signal_detection": ("ratings", (*RATED, "--x", "measured", "--upper", "0.6", "--set", "accepted=good")),
    "kappa": ("ratings", ("--column", "rating", "--column", "standard")),
    "emp": ("gauge", GAUGE),
    "uncertainty": (None, ("--tolerance", "0.1", "--set", "u_cal=0.001", "--set", "resolution=0.001")),
    "budget": ("budget", ("--by", "name", "--column", "u", "--x", "sensitivity", "--set", "k=2")),
    "describe": ("nile", ("--column", "volume")),
    "normality": ("nile", ("--column", "volume")),
    "tolerance": ("nile", ("--column", "volume", "--set", "coverage=0.95", "--confidence", "0.9")),
    "means": ("sleep", ("--column", "first", "--column", "second", "--set", "paired=true")),
    "variances": ("sprays", ("--column", "insects", "--by", "spray", "--set", "test=bartlett")),
    "medians": ("sprays", ("--column", "insects", "--by", "spray")),
    "proportions": (None, ("--set", "events=[3,9]", "--set", "n=[50,60]")),
    "tolerance_factor": (None, ("--set", "n=20", "--set", "coverage=0.95")),
    "tolerance_sample": (None, ("--set", "coverage=0.95", "--confidence", "0.95")),
    "chart_constants": (None, ("--set", "n=5")),
    "trend": ("nile", ("--column", "volume", "--x", "year")),
    "change_points": ("nile", ("--column", "volume")),
    "pettitt": ("nile", ("--column", "volume")),
    "autocorrelation": ("nile", ("--column", "volume", "--set", "lags=12")),
    "correlation": ("boiler", ("--column", "t1", "--column", "t2", "--column", "t3")),
    "lagged_correlation": ("boiler", ("--x", "t1", "--column", "t2", "--set", "maximum_lag=5")),
    "regression": ("tuna", ("--column", "y", "--x", "x")),
    "predict": ("tuna", ("--column", "y", "--x", "x", "--set", 'at={"x": 50}')),
    "anova": ("sprays", ("--column", "insects", "--by", "spray", "--set", "pairwise=true")),
    "factorial": ("battery", ("--column", "life", "--by", "material", "--by", "temperature")),
    "pareto": ("reasons", ("--by", "reason", "--column", "cost")),
    "full_factorial": (None, ("--set", "factors=3", "--set", "seed=1")),
    "fractional_factorial": (None, ("--set", "basic=3", "--set", 'generators=["ABC"]')),
    "plackett_burman": (None, ("--set", "factors=7")),
    "central_composite": (None, ("--set", "factors=2")),
    "box_behnken": (None, ("--set", "factors=3")),
    "effects": ("etch", ("--column", "first", "--column", "second")),
    "sampling_plan": (None, ("--set", "lot=1000", "--set", "aql=0.65", "--set", "kind=double")),
    "sampling_variables": (None, ("--set", "lot=120", "--set", "aql=1.0")),
    "sampling_curve": (None, (*PLAN, "--set", "lot=10000")),
    "sampling_design": (None, POINTS),
    "zero_acceptance": (None, ("--set", "consumer_quality=0.05", "--set", "lot=200")),
    "skip_lot": (None, (*PLAN, "--set", "clearance=8", "--set", "fraction=0.2")),
    "reliability_sample": (None, ("--set", "reliability=0.95", "--set", "confidence=0.95")),
    "variables_design": (None, POINTS),
    "switching": ("lots", ("--column", "accepted", "--set", "permitted=true")),
    "sampling_limit": (None, ("--set", "sampled=800", "--set", "aql=1.0")),
    "variables_judge": ("master", ("--lower", "5", "--upper", "7", "--set", "m=3.27")),
    "arl": (None, ("--set", "scheme=cusum", "--set", "shift=1.0")),
    "mewma_limit": (None, ("--set", "variables=2", "--set", "weight=0.1")),
    "chart_design": (None, ("--set", "scheme=cusum", "--set", "shift=1.0")),
    "screening": ("boiler", ("--set", "limits={limits}")),
}
"""Name of the analysis -> the file it works on and its options."""

EXPECTED: dict[str, tuple[str, float | str]] = {
    "i_mr": ("limits.0.location.ucl", 321.2097),
    "xbar_r": ("limits.0.location.ucl", 74.01441),
    "p": ("limits.0.center", 0.0955102),
    "hotelling_t2": ("location.statistic.0", 13.963962),
    "capability_summary": ("ppk", 0.6666667),
    "mewma_limit": ("result", 8.64),
    "gauge": ("components.grr.pct_contribution", 7.76216),
    "gauge_type1": ("cg", 2.207963),
    "bias": ("bias", 0.0066667),
    "linearity": ("slope", -0.131667),
    "normality": ("shapiro_wilk.statistic", 0.973435),
    "medians": ("statistic", 54.69134),
    "change_points": ("positions.0", 28),
    "effects": ("effects.C", 306.125),
    "sampling_plan": ("plan.stages.0.n", 50),
    "sampling_variables": ("k", 1.72),
    "reliability_sample": ("result", 59),
    "sampling_limit": ("number", 4),
    "switching": ("moves.5", "to tightened"),
    "arl": ("arl", 10.37597),
    "tolerance_factor": ("result", 2.760346),
}
"""A published figure of some of the calls: the answer comes from the file, not from somewhere else."""


def field(found: Any, path: str) -> Any:
    """A field of the JSON answer by its path."""
    for step in path.split("."):
        found = found[int(step)] if isinstance(found, list) else found[step]
    return found


def arguments(name: str, files: dict[str, Path]) -> list[str]:
    """The words after `sinebar analyze NAME`."""
    file, options = EXAMPLES[name]
    words = [option.replace("{limits}", str(files["limits"])) for option in options]
    return ([] if file is None else [str(files[file])]) + words


# --- the same files, spoiled --------------------------------------------------------------------------------------


def value_columns(name: str, header: Sequence[str]) -> list[str]:
    """The columns that hold an example's values."""
    options = EXAMPLES[name][1]
    named = [options[place + 1] for place, word in enumerate(options) if word == "--column"]
    return named or [header[-1]]


def spoil(name: str, source: Path, target: Path, how: str) -> Path:
    """A copy of an example's file with its values made impossible in one way."""
    header, *rows = [line.split(",") for line in source.read_text(encoding="utf-8").splitlines()]
    places = [header.index(column) for column in value_columns(name, header) if column in header]
    if how == "one row":
        rows = rows[:1]
    elif how == "two rows":
        rows = rows[:2]
    for number, row in enumerate(rows):
        for place in places:
            if how == "constant":
                row[place] = "5"
            elif (how == "gaps" and number % 3 == 1) or how == "nothing there":
                row[place] = ""
            elif how == "text" and number == len(rows) // 2:
                row[place] = "abc"
            elif how == "enormous":
                row[place] = f"{(1 if number % 2 else -1) * 1.5e300:g}"
            elif how == "tiny":
                row[place] = f"{(number % 5 + 1) * 1e-300:g}"
            elif how == "negative":
                row[place] = f"-{number % 4 + 1}"
    return write(target, ",".join(header), rows)


SPOILED = ("one row", "two rows", "constant", "gaps", "nothing there", "text", "enormous", "tiny", "negative")
