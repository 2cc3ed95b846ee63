"""Acceptance sampling: plans of the standards and made to measure, their curves, a sample judged. Most need no file."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.sampling import attributes, curves, design, limits, switching, variables
from analysis.sampling.attributes import AttributePlan
from analysis.sampling.curves import Curves
from analysis.sampling.design import DesignedPlan, SkipLot
from analysis.sampling.plan import Plan, Stage, single
from analysis.sampling.switching import SwitchingHistory
from analysis.sampling.variables import DesignedVariablesPlan, VariablesPlan
from workstation.cli.analyses.asking import fit
from workstation.cli.analyses.plots import Series, plot
from workstation.cli.analyses.request import Analysis, Request
from workstation.errors import CallIsWrong

CURVE_POINTS = 101


def _attributes(request: Request) -> AttributePlan:
    found: AttributePlan = request.ask(attributes.plan_for)
    return found


def _variables(request: Request) -> VariablesPlan:
    found: VariablesPlan = request.ask(variables.plan_for)
    return found


def _curve(request: Request) -> Curves:
    plan, rest = _plan(request)
    if "p" not in rest:
        rest["p"] = np.linspace(0.0, _far(plan), CURVE_POINTS).tolist()
    found: Curves = request.with_settings(rest).ask(curves.curves, plan)
    return found


def _plan(request: Request) -> tuple[Plan, dict[str, Any]]:
    """The plan from n and c, or from stages [[n, accept, reject], ...] with null where a stage cannot accept."""
    rest = dict(request.settings)
    stages = rest.pop("stages", None)
    if stages is not None:
        return Plan(tuple(_stage(entry) for entry in (stages if isinstance(stages, list) else [stages]))), rest
    if "n" not in rest or "c" not in rest:
        raise CallIsWrong(
            f"'{request.kind}' needs a plan.",
            "Give --set n=80 --set c=2, or --set stages=[[50,1,4],[50,4,5]] for a double plan.",
        )
    return single(fit("n", rest.pop("n"), int), fit("c", rest.pop("c"), int)), rest


def _stage(entry: Any) -> Stage:
    whole = (int | None, int | None, int | None)
    if not isinstance(entry, list) or len(entry) != 3:
        raise CallIsWrong(f"{entry!r} is no stage.", "Write [sample, acceptance number, rejection number].")
    n, accept, reject = (fit("stages", item, kind) for item, kind in zip(entry, whole, strict=True))
    if n is None or reject is None:
        raise CallIsWrong(f"{entry!r} is no stage.", "Only the acceptance number may be null.")
    return Stage(n, accept, reject)


def _far(plan: Plan) -> float:
    """A quality at which next to nothing is accepted any more."""
    return min(1.0, (plan.limit + 3.0) * 2.5 / plan.largest_n)


def _two_points(request: Request) -> DesignedPlan:
    found: DesignedPlan = request.ask(design.from_two_points)
    return found


def _zero(request: Request) -> DesignedPlan:
    found: DesignedPlan = request.ask(design.zero_acceptance)
    return found


def _skip_lot(request: Request) -> SkipLot:
    plan, rest = _plan(request)
    if "p" not in rest:
        rest["p"] = np.linspace(0.0, _far(plan), CURVE_POINTS).tolist()
    found: SkipLot = request.with_settings(rest).ask(design.skip_lot, plan)
    return found


def _reliability(request: Request) -> Any:
    return request.ask(design.attributes_sample_for_reliability)


def _variables_design(request: Request) -> DesignedVariablesPlan:
    found: DesignedVariablesPlan = request.ask(variables.from_two_points)
    return found


_YES = frozenset({"1", "1.0", "yes", "y", "true", "accepted", "accept", "ok", "pass"})
_NO = frozenset({"0", "0.0", "no", "n", "false", "rejected", "reject", "ng", "fail"})


def _switching(request: Request) -> SwitchingHistory:
    """A column of lots, in order: accepted or not, in any of the usual words; nonconforming items may stand beside."""
    names = request.roles.get("values", ())
    if len(names) not in (1, 2):
        raise CallIsWrong(
            "Which column says whether a lot was accepted is not clear.",
            "Name it with --column; a second --column may hold the nonconforming items.",
        )
    accepted = []
    for cell, line in zip(request.rows.text(names[0]), request.rows.lines, strict=True):
        word = cell.strip().lower()
        if word not in _YES | _NO:
            raise CallIsWrong(
                f"{request.rows.path}, line {line}: '{cell}' says neither accepted nor rejected.", "Write yes or no."
            )
        accepted.append(word in _YES)
    counted = {"nonconforming": request.rows.numbers(names[1]).tolist()} if len(names) == 2 else {}
    if request.has("sizes"):
        counted["sampled"] = request.numbers("sizes").tolist()
    found: SwitchingHistory = request.ask(switching.follow, accepted, **counted)
    return found


def _limit(request: Request) -> limits.LimitNumber:
    found: limits.LimitNumber = request.ask(limits.limit_number)
    return found


def _judge(request: Request) -> Any:
    return request.ask(variables.judge, request.numbers("values"), take=("lower", "upper"))


# --- pictures -----------------------------------------------------------------------------------------------------


def _draw_plan(_request: Request, result: AttributePlan) -> str:
    title = f"Letter {result.plan_letter}, AQL {result.aql}, {result.severity}, {result.kind}"
    per_hundred = float(result.aql) > 10.0
    return _of_plan(result.plan, title, {"AQL": float(result.aql) / 100.0}, poisson=per_hundred)


def _draw_designed(_request: Request, result: DesignedPlan) -> str:
    return _of_plan(result.plan, f"n = {result.n}, acceptance number {result.ac}", {})


def _of_plan(plan: Plan, title: str, at: dict[str, float], *, poisson: bool = False) -> str:
    far = (plan.limit + 3.0) * 2.5 / plan.largest_n if poisson else _far(plan)
    p = np.linspace(0.0, max([far, *(1.2 * value for value in at.values())]), CURVE_POINTS)
    p = p if poisson else np.minimum(p, 1.0)
    pa = curves.acceptance(plan, p, distribution="poisson" if poisson else "binomial")
    series = [Series("", (100 * p).tolist(), (100 * pa).tolist(), line=True)]
    for name, value in at.items():
        series.append(Series(name, [100 * value, 100 * value], [0.0, 100.0], line=True, dashed=True))
    across = "nonconformities per 100 items" if poisson else "percent nonconforming"
    return plot(series, across, "percent of lots accepted", title=f"Operating characteristic: {title}")


def _draw_curves(_request: Request, result: Curves) -> str:
    x = (100 * result.p).tolist()
    series = [
        Series("accepted", x, (100 * result.pa).tolist(), line=True),
        Series(f"outgoing, at most {100 * result.aoql:.3g} %", x, (100 * result.aoq_simple).tolist(), line=True,
               dashed=True),
    ]  # fmt: skip
    return plot(series, "percent nonconforming", "percent", title="Operating characteristic and outgoing quality")


def _draw_skip_lot(_request: Request, result: SkipLot) -> str:
    x = (100 * result.p).tolist()
    series = [
        Series("accepted", x, (100 * result.pa).tolist(), line=True),
        Series("lots inspected", x, (100 * result.inspected).tolist(), line=True, dashed=True),
    ]
    return plot(series, "percent nonconforming", "percent of lots", title="Skip-lot plan SkSP-2")


def _draw_variables(_request: Request, result: VariablesPlan) -> str:
    title = f"Letter {result.plan_letter}, AQL {result.aql}, {result.severity}"
    return _of_variables(result.n, result.k, result.sigma == "known", title)


def _draw_variables_design(_request: Request, result: DesignedVariablesPlan) -> str:
    return _of_variables(result.n, result.k, result.sigma_known, "made for two points")


def _of_variables(n: int, k: float, known: bool, title: str) -> str:
    from scipy import special

    p = special.ndtr(-np.linspace(k + 3.5 / np.sqrt(n) + 0.5, k - 3.5 / np.sqrt(n) - 0.5, CURVE_POINTS))
    pa = variables.acceptance(n, k, p, sigma_known=known)
    shown = p < 3.0 * float(p[int(np.argmin(np.abs(pa - 0.05)))])
    series = [Series("", (100 * p[shown]).tolist(), (100 * pa[shown]).tolist(), line=True)]
    heading = f"Operating characteristic: n = {n}, k = {k:.3g}; {title}"
    return plot(series, "percent nonconforming", "percent of lots accepted", title=heading)


def analyses() -> list[Analysis]:
    """Plans, curves and designs."""
    lot = "--set lot=1000 --set aql=0.65 [--set level=II] [--set severity=tightened]"
    points = "--set producer_quality=0.01 --set consumer_quality=0.06"
    plan = "--set n=80 --set c=2, or --set stages=[[50,1,4],[50,4,5]]"
    editions = ' [--set kind=double|multiple] [--set standard="ISO 2859-1:1999"]'
    return [
        Analysis("sampling_plan", "Plan of Z1.4 / ISO 2859-1 for a lot.", lot + editions,
                 _attributes, _draw_plan, file=False),
        Analysis("sampling_variables", "Plan of Z1.9 for a lot, by variables.", lot + " [--set sigma=known]",
                 _variables, _draw_variables, file=False),
        Analysis("sampling_curve", "Acceptance, outgoing quality, total inspection and sample number of a plan.",
                 plan + " [--set lot=10000] [--set p=[0.01,0.05]]", _curve, _draw_curves, file=False),
        Analysis("sampling_design", "The smallest plan that meets two points of its curve.", points, _two_points,
                 _draw_designed, file=False),
        Analysis("zero_acceptance", "The sample that accepts on zero.", "--set consumer_quality=0.05 [--set lot=500]",
                 _zero, _draw_designed, file=False),
        Analysis("skip_lot", "Skip-lot plan SkSP-2 in the long run.",
                 plan + " --set clearance=8 --set fraction=0.2", _skip_lot, _draw_skip_lot, file=False),
        Analysis("reliability_sample", "Items to test without failure for a reliability (success run).",
                 "--set reliability=0.95 --set confidence=0.95 [--set failures=1]", _reliability, file=False),
        Analysis("variables_design", "The smallest plan by variables that meets two points.",
                 points + " [--set sigma_known=true]", _variables_design, _draw_variables_design, file=False),
        Analysis("switching", "Normal, tightened or reduced: the switching rules over a series of lots.",
                 '--column ACCEPTED [--column NONCONFORMING --sizes SAMPLED --set aql=1.0] [--set permitted=true] '
                 '[--set rules="ISO 2859-1"]', _switching),
        Analysis("sampling_limit", "Limit number of Z1.4 table VIII: how few nonconforming earn reduced inspection.",
                 "--set sampled=800 --set aql=1.0", _limit, file=False),
        Analysis("variables_judge", "A sample judged by form 2 of Z1.9.",
                 "--column VALUES --lower LSL --upper USL --set m=3.27", _judge),
    ]  # fmt: skip
