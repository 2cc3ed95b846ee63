"""Measurement system studies of a file: gauge studies of every design, bias, linearity, agreement, uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis import msa
from analysis.msa import (
    AgreementStudy,
    BiasStudy,
    EmpStudy,
    GaugeStudy,
    LinearityStudy,
    StabilityStudy,
    Type1Study,
    VdaStudy,
)
from workstation.cli.analyses.gauge_pictures import (
    draw_agreement,
    draw_bias,
    draw_budget,
    draw_emp,
    draw_gauge,
    draw_linearity,
    draw_stability,
    draw_type1,
    draw_vda,
)
from workstation.cli.analyses.request import Analysis, Request
from workstation.errors import CallIsWrong


def _crossed(request: Request) -> GaugeStudy:
    found: GaugeStudy = request.ask(
        msa.crossed, request.numbers("values"), parts=request.labels("part"), operators=request.labels("operator"),
        take=("tolerance", "confidence", "preset"),
    )  # fmt: skip
    return found


def _nested(request: Request) -> GaugeStudy:
    found: GaugeStudy = request.ask(
        msa.nested, request.numbers("values"), parts=request.labels("part"), operators=request.labels("operator"),
        take=("tolerance", "confidence"),
    )  # fmt: skip
    return found


def _expanded(request: Request) -> GaugeStudy:
    """Part and operator as in the other studies; every further factor by --by."""
    factors = {"part": request.labels("part"), "operator": request.labels("operator")}
    for name in request.roles.get("by", ()):
        factors[name] = list(request.rows.text(name))
    found: GaugeStudy = request.ask(
        msa.expanded, request.numbers("values"), factors, take=("tolerance", "confidence"), part="part",
        operator="operator",
    )  # fmt: skip
    return found


def _type3(request: Request) -> GaugeStudy:
    """One operator: a table of parts and trials from the part column."""
    groups: dict[str, list[float]] = {}
    for label, value in zip(request.labels("part"), request.numbers("values").tolist(), strict=True):
        groups.setdefault(label, []).append(value)
    sizes = {len(values) for values in groups.values()}
    if len(sizes) > 1:
        raise CallIsWrong("The parts were not measured equally often.", "Complete the study, or use gauge-expanded.")
    found: GaugeStudy = request.ask(msa.type3, np.array(list(groups.values())), take=("tolerance", "confidence"))
    return found


def _type1(request: Request) -> Type1Study:
    found: Type1Study = request.ask(
        msa.type1, request.numbers("values"), reference=request.number("reference"), tolerance=_tolerance(request),
        take=("confidence", "preset"),
    )  # fmt: skip
    return found


def _tolerance(request: Request) -> float:
    """The width of the tolerance: --tolerance, or the distance of --lower and --upper."""
    given, lower, upper = (request.options.get(name) for name in ("tolerance", "lower", "upper"))
    if given is not None:
        return float(given)
    if lower is None or upper is None:
        raise CallIsWrong(f"'{request.kind}' needs the tolerance.", "Give --tolerance WIDTH, or --lower and --upper.")
    return float(upper) - float(lower)


def _bias(request: Request) -> BiasStudy:
    values, groups = request.values_and_groups()
    found: BiasStudy = request.ask(
        msa.bias, values, reference=request.number("reference"), subgroups=groups, take=("confidence",)
    )
    return found


def _linearity(request: Request) -> LinearityStudy:
    found: LinearityStudy = request.ask(
        msa.linearity, request.numbers("values"), request.numbers("reference"), take=("confidence",)
    )
    return found


def _stability(request: Request) -> StabilityStudy:
    values, groups = request.values_and_groups()
    reference = request.number("reference") if request.has("reference") else None
    rules = request.options.get("rules")
    from analysis.rules import RuleSet

    chosen = {} if rules is None else {"rules": RuleSet.by_name(rules)}
    found: StabilityStudy = request.ask(
        msa.stability, values, subgroups=groups, reference=reference, take=("confidence",), **chosen
    )
    return found


# --- ratings ------------------------------------------------------------------------------------------------------


def _ratings(request: Request) -> tuple[dict[str, list[list[str]]], list[str]]:
    """ratings[appraiser][part][trial] in order of appearance, and the names of the parts."""
    if len(request.roles.get("values", ())) != 1:
        raise CallIsWrong("Which column holds the ratings is not clear.", "Name it with --column.")
    rated = list(request.rows.text(request.roles["values"][0]))
    parts, appraisers = request.labels("part"), request.labels("operator")
    names = list(dict.fromkeys(parts))
    place = {name: index for index, name in enumerate(names)}
    table: dict[str, list[list[str]]] = {}
    for rating, part, appraiser in zip(rated, parts, appraisers, strict=True):
        table.setdefault(appraiser, [[] for _ in names])[place[part]].append(rating.strip())
    return table, names


def _of_parts(request: Request, column: Sequence[Any], names: list[str], what: str) -> list[Any]:
    """One entry a part from a column of rows; refused where a part has two."""
    found: dict[str, Any] = {}
    for part, value, line in zip(request.labels("part"), column, request.rows.lines, strict=True):
        if found.setdefault(part, value) != value:
            raise CallIsWrong(
                f"{request.rows.path}, line {line}: part '{part}' has the {what} {found[part]} and {value}.",
                f"Give every row of a part the same {what}.",
            )
    return [found[name] for name in names]


def _agreement(request: Request) -> AgreementStudy:
    table, names = _ratings(request)
    reference = None
    if request.has("reference"):
        given = [cell.strip() for cell in request.rows.text(request.name("reference"))]
        reference = _of_parts(request, given, names, "reference")
    found: AgreementStudy = request.ask(msa.agreement, table, reference=reference, take=("confidence",))
    return found


def _detection(request: Request) -> Any:
    table, names = _ratings(request)
    values = np.array(_of_parts(request, request.numbers("x").tolist(), names, "measured value"))
    return request.ask(msa.signal_detection, table, values, take=("lower", "upper"))


def _kappa(request: Request) -> Any:
    columns = request.roles.get("values", ())
    if len(columns) != 2:
        raise CallIsWrong(f"Kappa compares two columns of ratings; {len(columns)} were named.", "Repeat --column.")
    first, second = ([cell.strip() for cell in request.rows.text(name)] for name in columns)
    return request.ask(msa.cohen_of_ratings, first, second, take=("confidence",))


# --- evaluation and uncertainty -------------------------------------------------------------------------------------


def _emp(request: Request) -> EmpStudy:
    found: EmpStudy = request.ask(
        msa.emp, request.numbers("values"), parts=request.labels("part"), operators=request.labels("operator"),
        take=("confidence",),
    )  # fmt: skip
    return found


def _uncertainty(request: Request) -> VdaStudy:
    """Components after --set; a file adds a gauge study (--part, --operator) or series of standards (--reference)."""
    named: dict[str, Any] = {}
    if request.table is not None and request.has("reference"):
        named["series"] = _series(request)
    elif request.table is not None:
        named["study"] = msa.crossed(
            request.numbers("values"), parts=request.labels("part"), operators=request.labels("operator")
        )
    found: VdaStudy = request.ask(msa.vda5, _tolerance(request), take=("lower", "upper"), **named)
    return found


def _series(request: Request) -> tuple[msa.ReferenceSeries, ...]:
    groups: dict[float, list[float]] = {}
    for reference, value in zip(request.numbers("reference").tolist(), request.numbers("values").tolist(), strict=True):
        groups.setdefault(reference, []).append(value)
    return tuple(msa.reference_series(values, reference) for reference, values in groups.items())


def _budget(request: Request) -> Any:
    names, sizes = request.labels("by"), request.numbers("values").tolist()
    factors = request.numbers("x").tolist() if request.has("x") else [1.0] * len(names)
    made = []
    for name, size, factor in zip(names, sizes, factors, strict=True):
        if np.isnan(size) or np.isnan(factor):
            raise CallIsWrong(f"The uncertainty of '{name}' is missing.", "Give every contribution a value.")
        made.append(msa.Contribution(name, size, sensitivity=factor))
    return request.ask(msa.combine, made)


def analyses() -> list[Analysis]:
    """Every study of a measurement system."""
    study = "--column VALUES --part PART --operator OPERATOR [--tolerance WIDTH]"
    rated = "--column RATING --part PART --operator APPRAISER"
    master = "--column VALUES --reference VALUE"
    return [
        Analysis("gauge", "Gauge R&R, crossed; --set method=xbar_r, --set alpha_to_pool=0.05, --preset minitab.",
                 study, _crossed, draw_gauge),
        Analysis("gauge_nested", "Gauge R&R, nested: each operator has parts of its own (destructive tests).",
                 study, _nested, draw_gauge),
        Analysis("gauge_expanded", "Gauge R&R with further factors, unbalanced or with gaps.",
                 study + " [--by FACTOR ...]", _expanded, draw_gauge),
        Analysis("gauge_type1", "Cg and Cgk of one reference part measured many times.",
                 master + " --tolerance WIDTH", _type1, draw_type1),
        Analysis("gauge_type3", "Gauge study without operators.", "--column VALUES --part PART [--tolerance WIDTH]",
                 _type3, draw_gauge),
        Analysis("bias", "Bias of a gauge against a reference part.", master, _bias, draw_bias),
        Analysis("linearity", "Bias over the measuring range.", "--column VALUES --reference COLUMN", _linearity,
                 draw_linearity),
        Analysis("stability", "A master part measured over time.",
                 "--column VALUES [--subgroup COLUMN|SIZE] [--reference VALUE]", _stability, draw_stability),
        Analysis("agreement", "Attribute agreement: kappa, effectiveness, misses, false alarms; --set bad=NG.",
                 rated + " [--reference COLUMN]", _agreement, draw_agreement),
        Analysis("signal_detection", "Gray zones of an attribute gauge.",
                 rated + " --x MEASURED --lower LSL --upper USL --set accepted=OK", _detection),
        Analysis("kappa", "Cohen's kappa of two columns of ratings.", "--column A --column B", _kappa),
        Analysis("emp", "Evaluating the measurement process (Wheeler): class of monitor, probable error.",
                 "--column VALUES --part PART --operator OPERATOR", _emp, draw_emp),
        Analysis("uncertainty", "VDA 5 budget of measuring system and process; --set u_cal=... --set resolution=...",
                 "--tolerance WIDTH [FILE --column VALUES --part PART --operator OPERATOR | --reference COLUMN]",
                 _uncertainty, draw_vda, file=False),
        Analysis("budget", "Combined and expanded uncertainty of contributions (GUM).",
                 "--by NAME --column U [--x SENSITIVITY]", _budget, draw_budget),
    ]  # fmt: skip
