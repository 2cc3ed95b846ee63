"""Establish control limits anew: from chosen subgroups or known figures, looked at first; old judgements stay."""

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
from workstation.catalog.limits import active_limits, establish, establish_given
from workstation.catalog.parts import characteristic
from workstation.catalog.values import Characteristic, Chart, ControlLimits, Given
from workstation.errors import CallIsWrong, Refused
from workstation.line.given_limits import known_limits, remarks_on
from workstation.store import Reader, Right, SubgroupWindow, UnitOfWork
from workstation.store.journal import canonical_json

MOST_SUBGROUPS = 20_000
LONGEST_REASON = 500
LOOKED_AT = 50
"""Newest subgroups that given limits are held against for a look."""
_LEFT_OUT = re.compile(r"\s*(\d{1,15}(?:\s*,\s*\d{1,15})*)\s*(?::(.*))?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """From which closed subgroups limits shall be computed: `first` to `last`, or the `newest` so many.

    `left_out` are subgroups of them with a special cause, each with what it was. `given` takes the place of them all:
    limits that follow from a known mean and standard deviation.
    """

    characteristic: int
    first: int = 0
    last: int = 0
    newest: int = 0
    left_out: tuple[tuple[int, str], ...] = ()
    given: Given | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A subgroup that breaks rules, with their codes on each pane."""

    subgroup: int
    location: tuple[str, ...]
    dispersion: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Control limits and how the subgroups that are looked at stand to them.

    Lines are (centre, lower, upper) in the characteristic's unit; `limits` is their id, 0 while they are only proposed.
    They were computed from `first` to `last`, or `given`: then both are 0.
    """

    limits: int
    first: int
    last: int
    given: Given | None
    sigma: float
    sigma_method: str
    location: tuple[float, float, float]
    dispersion: tuple[float, float, float]
    broken: tuple[Broken, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """New limits beside those in force: `subgroups` counts what they are computed from, `before` is None for none yet.

    `first`, `last` and `subgroups` are 0 for limits that are `given`. `judged` counts the subgroups that both are held
    against. `remarks` say what speaks against them. `limits` is their id once they are established, 0 before.
    """

    characteristic: int
    name: str
    unit: str
    chart: str
    first: int
    last: int
    subgroups: int
    left_out: dict[int, str]
    given: Given | None
    judged: int
    before: Figures | None
    after: Figures
    remarks: tuple[str, ...]
    limits: int = 0

    def told(self) -> str:
        """What was done, in sentences."""
        without = f", without {_list(list(self.left_out))}" if self.left_out else ""
        basis = (
            f"computed from {self.subgroups} subgroups ({self.first} to {self.last}{without})"
            if self.given is None
            else f"given: {self.given}"
        )
        return (
            f"{self.name}: limits {self.limits} are in force, {basis}. The next subgroup is judged by them; "
            "what was judged before stays as it was judged."
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposal with what it was made of: the limits, the subgroups' numbers, and these judged by the limits.

    `mark` is of what would be put in force, and in the place of what: two drafts with the same mark are the same.
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
    """Compute limits as the plan's chart does, and keep nothing. Raises CallIsWrong."""
    item = characteristic(reader, wanted.characteristic)
    return _computed(reader, item, wanted) if wanted.given is None else _of_given(reader, item, wanted, wanted.given)


def establish_anew(work: UnitOfWork, wanted: Wanted, reason: str, seen: str = "") -> Proposal:
    """Put new limits in force; the old ones stay in the history, and so does every judgement.

    `seen` is the mark of the draft that the person looked at, empty for whatever comes out. Raises NotPermitted,
    CallIsWrong, and Refused when the draft is another by now or is in force already.
    """
    work.require(Right.SET_LIMITS)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise CallIsWrong(
            f"Limits are established only with a reason of at most {LONGEST_REASON} letters.",
            "Say what changed, or where the figures come from.",
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
        raise Refused(f"These limits of {proposal.name} are in force already.", "Choose others.")
    facts = made.limits.to_dict()
    if proposal.given is not None:
        record = establish_given(work, proposal.characteristic, facts, proposal.given, reason=reason.strip())
    else:
        record = establish(
            work, proposal.characteristic, facts, proposal.first, proposal.last,
            reason=reason.strip(), left_out=proposal.left_out,
        )  # fmt: skip
    return replace(proposal, limits=record.id, after=replace(proposal.after, limits=record.id))


# --- from subgroups, or given ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Basis:
    """What limits rest on: so many subgroups of a span, or figures that are given."""

    first: int
    last: int
    subgroups: int
    left_out: dict[int, str]
    given: Given | None


def _computed(reader: Reader, item: Characteristic, wanted: Wanted) -> Draft:
    """Limits from the subgroups that are asked for, which are held against them."""
    window = _span(reader, item, wanted)
    numbers = window.numbers
    left_out = _left_out(wanted, numbers)
    outside = [place for place, number in enumerate(map(int, numbers)) if number in left_out]
    values = _observations(item, window)
    limits = _fitted(item, values, outside)
    used = values.copy()
    used[outside] = np.nan  # judged as the fit saw them: a gap, over which no pattern reaches
    basis = _Basis(int(numbers[0]), int(numbers[-1]), len(numbers) - len(outside), left_out, None)
    return _drafted(reader, item, basis, limits, used, numbers)


def _of_given(reader: Reader, item: Characteristic, wanted: Wanted, given: Given) -> Draft:
    """Limits from known figures; the newest subgroups, where there are any, are held against them."""
    if wanted.first or wanted.last or wanted.newest or wanted.left_out:
        raise CallIsWrong(
            "Limits are given, or computed from subgroups, but not both.",
            "Name either subgroups, or a mean and a standard deviation.",
        )
    limits = known_limits(item, given)
    window = reader.last_subgroups(item.id, LOOKED_AT)
    window = _rows(window, window.sizes == item.subgroup_size)
    return _drafted(reader, item, _Basis(0, 0, 0, {}, given), limits, _observations(item, window), window.numbers)


def _observations(item: Characteristic, window: SubgroupWindow) -> NDArray[np.float64]:
    """A window's values as the plan's chart takes them: a column of single values, or a row a subgroup."""
    values = window.values[:, : item.subgroup_size]
    return values.ravel() if item.chart is Chart.I_MR else values


def _drafted(
    reader: Reader, item: Characteristic, basis: _Basis, limits: Limits, values: NDArray[np.float64],
    numbers: NDArray[np.int64],
) -> Draft:  # fmt: skip
    """Limits with what they rest on, and these subgroups as they and those in force judge them."""
    rules = RuleSet.from_text(item.rules)
    active = active_limits(reader, item.id)
    result = evaluate(values, limits, rules)
    proposal = Proposal(
        item.id, item.name, item.unit, str(item.chart), basis.first, basis.last, basis.subgroups, basis.left_out,
        basis.given, len(numbers) - len(basis.left_out), _before(active, values, numbers, rules),
        _figures(0, basis, limits, result, numbers), (),
    )  # fmt: skip
    proposal = replace(proposal, remarks=_remarks(item, proposal))
    span = [active.id if active else 0, basis.first, basis.last]
    seen = {"span": span, "left_out": sorted(basis.left_out.items()), "limits": limits.to_dict()}
    mark = hashlib.sha256(canonical_json(seen).encode()).hexdigest()
    return Draft(proposal, limits, numbers, result, mark)


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
    basis = _Basis(active.first_subgroup, active.last_subgroup, limits.points, active.left_out, active.given)
    return _figures(active.id, basis, limits, evaluate(values, limits, rules), numbers)


def _figures(number: int, basis: _Basis, limits: Limits, result: ChartResult, numbers: NDArray[np.int64]) -> Figures:
    broken: dict[int, dict[str, tuple[str, ...]]] = {}
    for panel, place, codes in result.violations():
        broken.setdefault(int(numbers[place]), {})[panel] = codes
    return Figures(
        number, basis.first, basis.last, basis.given, limits.sigma, limits.sigma_method,
        _lines(limits.location), _lines(limits.dispersion),
        tuple(Broken(at, on.get("location", ()), on.get("dispersion", ())) for at, on in sorted(broken.items())),
    )  # fmt: skip


def _lines(panel: PanelLines | None) -> tuple[float, float, float]:
    return (panel.center, panel.lcl, panel.ucl) if panel is not None else (np.nan, np.nan, np.nan)


def _remarks(item: Characteristic, made: Proposal) -> tuple[str, ...]:
    """What an engineer should think of before putting these limits in force."""
    found = []
    if made.given is not None:
        found += remarks_on(item, made.given)
        advice = "look whether this process is the one that they were given for."
    else:
        if made.subgroups < item.baseline_subgroups:
            found.append(f"The plan takes limits from {item.baseline_subgroups} subgroups; these are {made.subgroups}.")
        advice = "find the special cause and leave it out, or choose a stable period."
    if made.after.broken:
        named = _named([one.subgroup for one in made.after.broken])
        found.append(f"{named} would be out of control by these limits: {advice}")
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
