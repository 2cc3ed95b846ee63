"""What every kind of control chart provides: how limits are fitted, what is plotted, where the lines of a point are.

A `Kind` object follows one series of points. `push` takes one observation, `advance` an array; both move the same
state, so that judging a whole file, chunks of it or point after point gives the same chart.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from analysis.bounds import LARGEST_VALUE
from analysis.charts.lines import Lines
from analysis.charts.model import Limits, PanelLines
from analysis.charts.patterns import Scope
from analysis.charts.settings import check_settings
from analysis.errors import AnalysisError
from analysis.results import Choice, Note, Provenance
from analysis.rules import RuleSet

PanelName = str
NO_LINES = Lines(math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Observations:
    """The points of a chart as it takes them: `data` one row (or entry) a point.

    `sizes`: what each point was counted in; `parts`: which part (or run) it belongs to.
    """

    data: np.ndarray
    sizes: np.ndarray | None = None
    parts: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.data)

    @property
    def units(self) -> np.ndarray:
        """The sizes; all one where none were given."""
        return np.broadcast_to(1.0, len(self.data)) if self.sizes is None else self.sizes

    def take(self, chosen: np.ndarray | slice) -> Observations:
        return Observations(
            self.data[chosen],
            None if self.sizes is None else self.sizes[chosen],
            None if self.parts is None else self.parts[chosen],
        )


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller of `charts.fit` asked for; None leaves the chart's own reading."""

    sigma: str | None = None
    width: float = 3.0
    mean: float | None = None
    known_sigma: float | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


class Columns(Mapping[str, np.ndarray]):
    """Columns of a finished chart, each made when first asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], np.ndarray]]) -> None:
        self._makers = makers
        self._made: dict[str, np.ndarray] = {}

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


class Kind(ABC):
    """One kind of chart over one series of points, judged by `limits`."""

    name: ClassVar[str]
    panels: ClassVar[tuple[tuple[PanelName, Scope], ...]]
    defaults: ClassVar[Mapping[str, Any]] = {}
    default_sigma: ClassVar[str] = ""
    study_settings: ClassVar[Mapping[str, Any]] = {}  # where the fitted points themselves are judged
    own_rules: ClassVar[RuleSet | None] = None  # rules that make the chart, in place of the caller's
    takes_sizes: ClassVar[bool] = False
    takes_parts: ClassVar[bool] = False

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.reset()

    @classmethod
    def observe(cls, values: Any, sizes: Any = None, parts: Any = None) -> Observations:
        """Check and arrange what the caller gave; sizes or parts that this chart does not know are refused."""
        for what, given, taken in (("sizes", sizes, cls.takes_sizes), ("parts", parts, cls.takes_parts)):
            if given is not None and not taken:
                raise AnalysisError(f"A chart of kind {cls.name} takes no {what}.", f"Leave the {what} out.")
        return cls.arrange(values, sizes, parts)

    @classmethod
    @abstractmethod
    def arrange(cls, values: Any, sizes: Any, parts: Any, /) -> Observations:
        """Check and arrange what the caller gave."""

    @classmethod
    @abstractmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        """Limits from the points where `keep` is true; order and gaps count for moving ranges."""

    @classmethod
    def mean_of_known(cls) -> float:
        """The mean of charts that need none; refused by the others."""
        raise AnalysisError(f"A chart of kind {cls.name} with known limits needs a mean.", "Give mean.")

    @classmethod
    def sigma_of_known(cls, mean: float) -> float:
        """Sigma that follows from a known mean; refused where it does not."""
        raise AnalysisError(f"A chart of kind {cls.name} with known mean {mean} needs sigma too.", "Give sigma.")

    @classmethod
    def complete(cls, settings: Mapping[str, Any], /) -> Mapping[str, Any]:
        """Settings with those filled in that follow from others."""
        return settings

    @classmethod  # noqa: B027  # most charts have no settings
    def check(cls, limits: Limits, /) -> None:
        """Refuse settings that cannot be; called wherever limits are made."""

    @abstractmethod
    def lines(self, key: Any, /) -> tuple[Lines, ...]:
        """The lines of each panel for a point with this key (its size, or its place since the start)."""

    @abstractmethod
    def push(self, observation: Any) -> tuple[tuple[float, ...], Hashable]:
        """What one observation plots on each panel, and the key of its lines.

        A chart that takes sizes or parts is given the tuple (observation, size, part).
        """

    @abstractmethod
    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        """The same for many: plotted arrays, and lines as numbers or arrays."""

    def nominal_lines(self) -> tuple[Lines, ...]:
        """The lines of a point of the nominal size."""
        return self.lines(self.limits.size)

    def reset(self) -> None:  # noqa: B027  # charts without a memory have nothing to forget
        """Forget earlier points: a new stage begins."""

    def state(self) -> dict[str, Any]:
        """What the next point needs of the earlier ones, as plain numbers."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:  # noqa: B027  # nor to remember
        """Go on from `state`."""

    def columns(self, _points: Observations, _plotted: Sequence[np.ndarray], /) -> Mapping[str, np.ndarray]:
        """Further columns of the finished chart that are not panels; called after `advance` over all points."""
        return {}

    def lines_of(self, keys: np.ndarray | Hashable) -> tuple[Lines, ...]:
        """Lines for an array of keys; numbers when all keys are one."""
        if not isinstance(keys, np.ndarray):
            return self.lines(keys)
        if len(keys) == 0:
            return tuple(NO_LINES for _ in self.panels)
        if (keys == keys[0]).all():
            return self.lines(keys[0].item())
        unique, inverse = np.unique(keys, return_inverse=True)
        each = [self.lines(key.item()) for key in unique]
        return tuple(
            Lines(*(np.array([made[panel][item] for made in each], dtype=np.float64)[inverse] for item in range(4)))
            for panel in range(len(self.panels))
        )

    def setting(self, name: str) -> Any:
        return self.limits.settings.get(name, self.defaults.get(name))


def settle(kind: type[Kind], wishes: Wishes) -> dict[str, Any]:
    """The chart's settings with the caller's in place; an unknown one is refused by name."""
    unknown = set(wishes.settings) - set(kind.defaults)
    if unknown:
        known = ", ".join(kind.defaults) or "none"
        raise AnalysisError(
            f"A chart of kind {kind.name} has no setting {', '.join(sorted(unknown))}.", f"Its settings: {known}."
        )
    check_settings(kind.name, wishes.settings)
    return {**kind.defaults, **wishes.settings}


def finish(kind: type[Kind], limits: Limits, choices: Mapping[str, Choice]) -> Limits:
    """`limits` with the lines of the nominal size, notes on them, and how they were made."""
    import dataclasses

    made = dataclasses.replace(limits, provenance=Provenance(f"charts.{kind.name}", dict(choices)))
    if limits.sigma == 0.0:
        made = dataclasses.replace(made, notes=(*made.notes, Note("no_variation", "warning", {"points": made.points})))
    kind.check(made)
    return with_lines(kind, made)


def with_lines(kind: type[Kind], limits: Limits) -> Limits:
    """`limits` with the lines of a point of the nominal size filled in."""
    import dataclasses

    lines = kind(limits).nominal_lines()
    named: dict[str, Any] = {
        name: PanelLines.of(item)
        for (name, _), item in zip(kind.panels, lines, strict=True)
        if name in {"location", "dispersion", "between"}
    }
    return dataclasses.replace(limits, **named)


def prescribe(limits: Limits, panel: str, lines: Lines) -> Lines:
    """`lines` with the centre or limits that were prescribed for `panel` in place of the computed ones."""
    given = limits.prescribed.get(panel)
    return lines if not given else lines._replace(**given)


def numbers(observation: Any) -> Sequence[float]:
    """One live subgroup as plain floats; infinities and text are refused."""
    try:
        made = list(map(float, observation))
    except (TypeError, ValueError) as error:
        raise AnalysisError(f"A subgroup is a list of numbers ({error}).", "Mend the entry named.") from error
    for value in made:
        if not -LARGEST_VALUE <= value <= LARGEST_VALUE:  # nan is let through: a missing value
            _refuse(value)
    return made


def number(observation: Any) -> float:
    """One live value as a plain float; infinities and text are refused."""
    try:
        value = float(observation)
    except (TypeError, ValueError) as error:
        raise AnalysisError(
            f"A point is one number ({error}).", "Give a number, or nan where it is missing."
        ) from error
    if not -LARGEST_VALUE <= value <= LARGEST_VALUE:
        _refuse(value)
    return value


def _refuse(value: float) -> None:
    if abs(value) > LARGEST_VALUE:
        what = "An infinite number" if math.isinf(value) else f"A number beyond {LARGEST_VALUE:g}"
        raise AnalysisError(f"{what} cannot be charted.", "Remove or mend it.")
