"""Establish control limits anew: from chosen subgroups, looked at first, with a reason; old judgements stay."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.charts import ChartResult, Limits, PanelLines, evaluate, fit
from analysis.errors import AnalysisError
from analysis.rules import RuleSet
from workstation.catalog.limits import active_limits, establish
from workstation.catalog.parts import characteristic
from workstation.catalog.values import Characteristic, Chart, ControlLimits
from workstation.errors import CallIsWrong, Refused
from workstation.line.judge import rule_set
from workstation.store import Reader, Right, SubgroupWindow, UnitOfWork
from workstation.store.journal import canonical_json

MOST_SUBGROUPS = 20_000
LONGEST_REASON = 500
_LEFT_OUT = re.compile(r"\s*(\d{1,15}(?:\s*,\s*\d{1,15})*)\s*(?::(.*))?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """From which closed subgroups limits shall be computed: `first` to `last`, or the `newest` so many.

    `left_out` are subgroups of them with a special cause, each with what it was.
    """

    characteristic: int
    first: int = 0
    last: int = 0
    newest: int = 0
    left_out: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Broken:
    """A subgroup that breaks rules, with their codes on each pane."""

    subgroup: int
    location: tuple[str, ...]
    dispersion: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Control limits and how the chosen subgroups stand to them.

    Lines are (centre, lower, upper) in the characteristic's unit; `limits` is their id, 0 while they are only proposed.
    """

    limits: int
    first: int
    last: int
    sigma: float
    sigma_method: str
    location: tuple[float, float, float]
    dispersion: tuple[float, float, float]
    broken: tuple[Broken, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """New limits beside those in force: `subgroups` counts what they are computed from, `before` is None for none yet.

    `remarks` say what speaks against them. `limits` is their id once they are established, 0 before.
    """

    characteristic: int
    name: str
    unit: str
    chart: str
    first: int
    last: int
    subgroups: int
    left_out: dict[int, str]
    before: Figures | None
    after: Figures
    remarks: tuple[str, ...]
    limits: int = 0

    def told(self) -> str:
        """What was done, in sentences."""
        without = f", without {_list(list(self.left_out))}" if self.left_out else ""
        return (
            f"{self.name}: limits {self.limits} are in force, computed from {self.subgroups} subgroups "
            f"({self.first} to {self.last}{without}). The next subgroup is judged by them; "
            "what was judged before stays as it was judged."
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposal with what it was made of: the limits, the subgroups' numbers, and these judged by the limits.

    `mark` is of everything a person sees of it: two drafts with the same mark are the same.
    """

    proposal: Proposal
    limits: Limits
    numbers: NDArray[np.int64]
    result: ChartResult
    mark: str


def parse_left_out(texts: Iterable[str]) -> tuple[tuple[int, str], ...]:
    """Subgroups to leave out, from texts such as `12,15: broken tool`; the reason may be missing in a first look.

    Raises CallIsWrong for what is not written so, and for a subgroup named twice.
    """
    found: dict[int, str] = {}
    for text in texts:
        match = _LEFT_OUT.fullmatch(text)
        if match is None:
            raise CallIsWrong(
                f"{text[:60]!r} does not name subgroups to leave out.",
                "Write their numbers and why: 12,15: broken tool.",
            )
        for number in map(int, match[1].split(",")):
            if number in found:
                raise CallIsWrong(f"Subgroup {number} is left out twice.", "Name it once, with its reason.")
            found[number] = (match[2] or "").strip()
    return tuple(sorted(found.items()))


def draft(reader: Reader, wanted: Wanted) -> Draft:
    """Compute limits from these subgroups as the plan's chart does, and keep nothing. Raises CallIsWrong, Refused."""
    item = characteristic(reader, wanted.characteristic)
    window = _span(reader, item, wanted)
    numbers = window.numbers
    left_out = _left_out(wanted, numbers)
    outside = [place for place, number in enumerate(map(int, numbers)) if number in left_out]
    values = window.values[:, 0] if item.chart is Chart.I_MR else window.values
    limits = _fitted(item, values, outside)
    used = values.copy()
    used[outside] = np.nan  # judged as the fit saw them: a gap, over which no pattern reaches
    rules = rule_set(item.rules)
    active = active_limits(reader, item.id)
    result = evaluate(used, limits, rules)
    proposal = Proposal(
        item.id, item.name, item.unit, str(item.chart), int(numbers[0]), int(numbers[-1]),
        len(numbers) - len(outside), left_out, _before(active, used, numbers, rules),
        _figures(0, (int(numbers[0]), int(numbers[-1])), limits, result, numbers), (),
    )  # fmt: skip
    proposal = replace(proposal, remarks=_remarks(item, proposal))
    span = [active.id if active else 0, proposal.first, proposal.last]
    seen = {"span": span, "left_out": sorted(left_out.items()), "limits": limits.to_dict()}
    mark = hashlib.sha256(canonical_json(seen).encode()).hexdigest()
    return Draft(proposal, limits, numbers, result, mark)


def establish_anew(work: UnitOfWork, wanted: Wanted, reason: str, seen: str = "") -> Proposal:
    """Put new limits in force; the old ones stay in the history, and so does every judgement.

    `seen` is the mark of the draft that the person looked at, empty for whatever comes out. Raises NotPermitted,
    CallIsWrong, and Refused when the draft is another by now or is in force already.
    """
    work.require(Right.SET_LIMITS)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise CallIsWrong(
            f"Limits are established anew only with a reason of at most {LONGEST_REASON} letters.",
            "Say what changed: a value that was wrong, or the process.",
        )
    made = draft(work, wanted)
    proposal = made.proposal
    if seen and made.mark != seen:
        raise Refused(
            f"The limits or values of {proposal.name} are not as they were when you looked.",
            "Look at the proposal again, then establish it.",
        )
    unsaid = [number for number, why in proposal.left_out.items() if not why]
    if unsaid:
        raise CallIsWrong(
            f"{_named(unsaid)} {'is' if len(unsaid) == 1 else 'are'} left out without a reason.",
            f"Say what the special cause was: {','.join(map(str, unsaid[:3]))}: broken tool.",
        )
    active = active_limits(work, proposal.characteristic)
    if active is not None and _same(active, made):
        raise Refused(f"These limits of {proposal.name} are in force already.", "Choose other subgroups.")
    record = establish(
        work, proposal.characteristic, made.limits.to_dict(), proposal.first, proposal.last,
        reason=reason.strip(), left_out=proposal.left_out,
    )  # fmt: skip
    return replace(proposal, limits=record.id, after=replace(proposal.after, limits=record.id))


# --- which subgroups -------------------------------------------------------------------------------------------------


def _span(reader: Reader, item: Characteristic, wanted: Wanted) -> SubgroupWindow:
    """The closed subgroups that are asked for, all of the plan's size."""
    if bool(wanted.newest) == bool(wanted.first or wanted.last):
        raise CallIsWrong("It is not said which subgroups.", "Name the first and the last, or how many of the newest.")
    count = wanted.newest or wanted.last - wanted.first + 1
    if not wanted.newest and not 1 <= wanted.first <= wanted.last:
        raise CallIsWrong(f"Subgroups {wanted.first} to {wanted.last} are no span.", "Name the first and the last.")
    if not 1 <= count <= MOST_SUBGROUPS:
        raise CallIsWrong(f"Limits cannot be computed from {count} subgroups.", f"Use at most {MOST_SUBGROUPS}.")
    window = reader.last_subgroups(item.id, count, up_to=wanted.last or None)
    window = _rows(window, window.numbers >= wanted.first)
    closed = set(map(int, window.numbers))
    if wanted.newest and len(closed) < count:
        raise CallIsWrong(f"{item.name} has {len(closed)} closed subgroups, not {count}.", "Ask for fewer, or wait.")
    for number in (wanted.first, wanted.last):
        if number and number not in closed:
            raise CallIsWrong(f"Subgroup {number} of {item.name} is not closed.", _closed_ones(reader, item))
    other = window.sizes != item.subgroup_size
    if other.any():
        place = int(np.flatnonzero(other)[-1])
        raise CallIsWrong(
            f"Subgroup {window.numbers[place]} of {item.name} has {window.sizes[place]} values, "
            f"the plan's have {item.subgroup_size}.",
            "Choose subgroups after it." if place + 1 < len(closed) else "Wait for subgroups of that size.",
        )
    return window


def _rows(window: SubgroupWindow, chosen: NDArray[np.bool_]) -> SubgroupWindow:
    names = ("numbers", "sizes", "means", "spreads", "location", "dispersion", "limits", "closed_at", "values")
    return replace(window, **{name: getattr(window, name)[chosen] for name in names})


def _closed_ones(reader: Reader, item: Characteristic) -> str:
    newest = reader.last_subgroups(item.id, 1).numbers
    return f"The last closed one is {newest[-1]}." if len(newest) else "None is closed yet: measure first."


def _left_out(wanted: Wanted, numbers: NDArray[np.int64]) -> dict[int, str]:
    there = set(map(int, numbers))
    for number, why in wanted.left_out:
        if number not in there:
            raise CallIsWrong(
                f"Subgroup {number} is to be left out of {numbers[0]} to {numbers[-1]}.", "Name one of these."
            )
        if len(why) > LONGEST_REASON or not why.isprintable():
            raise CallIsWrong(
                f"The reason for leaving out subgroup {number} is too long, or holds what cannot be printed.",
                f"Use at most {LONGEST_REASON} letters on a line.",
            )
    return dict(sorted(wanted.left_out))


# --- what comes out --------------------------------------------------------------------------------------------------


def _fitted(item: Characteristic, values: NDArray[np.float64], outside: Sequence[int]) -> Limits:
    try:
        limits = fit(str(item.chart), values, exclude=outside)
    except AnalysisError as error:
        raise CallIsWrong(f"{item.name}: {error}", "Choose more subgroups, or leave out fewer.") from error
    if not limits.sigma > 0:
        raise CallIsWrong(
            f"{item.name}: the values of these subgroups do not vary, so they give no limits.",
            "Choose other subgroups, or a gauge of finer resolution.",
        )
    return limits


def _before(
    active: ControlLimits | None, values: NDArray[np.float64], numbers: NDArray[np.int64], rules: RuleSet
) -> Figures | None:
    if active is None:
        return None
    limits = Limits.from_dict(json.loads(active.limits))
    span = active.first_subgroup, active.last_subgroup
    return _figures(active.id, span, limits, evaluate(values, limits, rules), numbers)


def _figures(
    number: int, span: tuple[int, int], limits: Limits, result: ChartResult, numbers: NDArray[np.int64]
) -> Figures:
    broken: dict[int, dict[str, tuple[str, ...]]] = {}
    for panel, place, codes in result.violations():
        broken.setdefault(int(numbers[place]), {})[panel] = codes
    return Figures(
        number, *span, limits.sigma, limits.sigma_method, _lines(limits.location), _lines(limits.dispersion),
        tuple(Broken(at, on.get("location", ()), on.get("dispersion", ())) for at, on in sorted(broken.items())),
    )  # fmt: skip


def _lines(panel: PanelLines | None) -> tuple[float, float, float]:
    return (panel.center, panel.lcl, panel.ucl) if panel is not None else (np.nan, np.nan, np.nan)


def _remarks(item: Characteristic, made: Proposal) -> tuple[str, ...]:
    """What an engineer should think of before putting these limits in force."""
    found = []
    if made.subgroups < item.baseline_subgroups:
        found.append(f"The plan takes limits from {item.baseline_subgroups} subgroups; these are {made.subgroups}.")
    if made.after.broken:
        found.append(
            f"{_named([one.subgroup for one in made.after.broken])} would be out of control by these limits: "
            "find the special cause and leave it out, or choose a stable period."
        )
    return tuple(found)


def _named(numbers: Sequence[int]) -> str:
    return f"{'Subgroup' if len(numbers) == 1 else 'Subgroups'} {_list(numbers)}"


def _list(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - 8} more" if len(numbers) > 8 else ""
    return ", ".join(map(str, numbers[:8])) + more


def _same(active: ControlLimits, made: Draft) -> bool:
    proposal = made.proposal
    span = active.first_subgroup, active.last_subgroup
    kept = Limits.from_dict(json.loads(active.limits))
    return (
        span == (proposal.first, proposal.last)
        and active.left_out == proposal.left_out
        and kept.location == made.limits.location
        and kept.dispersion == made.limits.dispersion
    )
