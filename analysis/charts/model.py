"""The values a control chart is made of: lines of a panel, limits to judge by, the judged chart, a live judgement."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np

from analysis import __version__, bounds
from analysis.charts.lines import Lines, spread
from analysis.errors import AnalysisError
from analysis.results import Note, Provenance, Result, plain
from analysis.rules import RuleSet


@dataclass(frozen=True, slots=True)
class PanelLines(Result):
    """Centre line, limits and standard error of one panel for points of the nominal size. A missing limit is nan."""

    center: float
    lcl: float
    ucl: float
    sigma: float

    @classmethod
    def of(cls, lines: Lines) -> Self:
        return cls(*(float(item) for item in lines))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The lines that `to_dict` turned into `data`."""
        return cls(*(math.nan if data[name] is None else float(data[name]) for name in cls.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class Limits(Result):
    """What points are judged by: made once from a stable period (`charts.fit`) or known (`charts.known`), then frozen.

    `center` and `sigma` are of the process (a single value's mean and within-subgroup standard deviation; for counts,
    the mean rate), `width` how many standard errors the limits stand from the centre line. `location`, `dispersion` and
    `between` are the lines for points of the nominal `size`, the commonest; a point of another size has its own.
    `settings` holds what only this kind of chart knows. `points` subgroups and `values` single values were used.
    """

    chart: str
    center: float
    sigma: float
    sigma_method: str
    size: float
    width: float
    points: int
    values: int
    location: PanelLines | None = None
    dispersion: PanelLines | None = None
    between: PanelLines | None = None
    excluded: tuple[int, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    prescribed: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    provenance: Provenance = field(default_factory=lambda: Provenance("charts.known"))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The limits that `to_dict` turned into `data`; AnalysisError when a field is missing or of the wrong type."""
        from analysis.charts.kinds import kind_of
        from analysis.charts.settings import check_settings, check_width

        made = cls._read(data)
        kind = kind_of(made.chart)
        made = dataclasses.replace(made, settings={**kind.defaults, **made.settings})
        check_settings(made.chart, made.settings)
        check_width(made.width)
        bounds.positive(made.size, "size of a point", smallest=1e-9, largest=1e9)
        kind.check(made)
        return made

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        try:
            return cls(
                chart=str(data["chart"]),
                center=_number(data["center"]),
                sigma=_number(data["sigma"]),
                sigma_method=str(data["sigma_method"]),
                size=whole(float(data["size"])),
                width=float(data["width"]),
                points=int(data["points"]),
                values=int(data["values"]),
                location=_lines(data.get("location")),
                dispersion=_lines(data.get("dispersion")),
                between=_lines(data.get("between")),
                excluded=tuple(int(index) for index in data.get("excluded", ())),
                settings=dict(data.get("settings", {})),
                prescribed={str(k): {str(n): float(v) for n, v in p.items()} for k, p in data["prescribed"].items()}
                if data.get("prescribed")
                else {},
                notes=tuple(Note(**note) for note in data.get("notes", ())),
                provenance=Provenance(**data["provenance"]) if data.get("provenance") else Provenance("charts.known"),
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise AnalysisError(
                f"The kept limits cannot be read: {type(error).__name__} at {error}.", "Fit the limits again."
            ) from error


def whole(size: float) -> float:
    """A size as an integer when it is one."""
    return int(size) if size == math.floor(size) else size


def _number(value: Any) -> float:
    return math.nan if value is None else bounds.finite(float(value), "centre or sigma of the limits")


def _lines(data: Mapping[str, Any] | None) -> PanelLines | None:
    return None if data is None else PanelLines.from_dict(data)


@dataclass(frozen=True, slots=True)
class Panel(Result):
    """One drawn series with its lines and signals; all arrays have one entry a point.

    `signals` holds a bit mask a point: bit i is rule i of the chart's rule set. `center`, `lcl`, `ucl` and `sigma` are
    made of `lines` when first asked for; they may share one number for all points (read-only arrays).
    """

    name: str
    statistic: np.ndarray
    lines: Lines
    signals: np.ndarray
    _made: dict[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    @property
    def center(self) -> np.ndarray:
        return self._line("center")

    @property
    def lcl(self) -> np.ndarray:
        return self._line("lcl")

    @property
    def ucl(self) -> np.ndarray:
        return self._line("ucl")

    @property
    def sigma(self) -> np.ndarray:
        """Standard error of the plotted statistic: zone lines stand at center ± zone x sigma."""
        return self._line("sigma")

    def _line(self, name: str) -> np.ndarray:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = spread(getattr(self.lines, name), len(self.statistic))
        return made

    def to_dict(self) -> dict[str, Any]:
        """name, statistic, center, lcl, ucl, sigma, signals."""
        names = ("name", "statistic", "center", "lcl", "ucl", "sigma", "signals")
        return {name: plain(getattr(self, name)) for name in names}

    @property
    def out(self) -> np.ndarray:
        """Indices of the points beyond their own limits."""
        return np.flatnonzero((self.statistic > self.ucl) | (self.statistic < self.lcl))


@dataclass(frozen=True, slots=True)
class ChartResult(Result):
    """A judged chart: its panels in drawing order, the limits of each stage, and the rules the masks refer to.

    `location` is always there; `dispersion` on charts of two panels; `between` (moving range of the means) on three-way
    charts; `lower` is the lower one-sided sum of a CUSUM. `stage` numbers each point's stage into `limits`;
    `columns` holds what is neither (counts of a CUSUM, ...).
    """

    chart: str
    rules: RuleSet
    limits: tuple[Limits, ...]
    location: Panel
    dispersion: Panel | None = None
    between: Panel | None = None
    lower: Panel | None = None
    stage: np.ndarray | None = None
    sizes: np.ndarray | None = None
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    version: str = __version__

    @property
    def panels(self) -> tuple[Panel, ...]:
        return tuple(panel for panel in (self.location, self.dispersion, self.between, self.lower) if panel is not None)

    @property
    def signals(self) -> np.ndarray:
        """Masks of all panels together."""
        together = np.zeros(len(self.location.signals), dtype=np.uint16)
        for panel in self.panels:
            together |= panel.signals
        return together

    def violations(self) -> Iterator[tuple[str, int, tuple[str, ...]]]:
        """(panel, index of the point, codes of the rules it completes) for each point that completes any."""
        for panel in self.panels:
            for index in np.flatnonzero(panel.signals):
                yield panel.name, int(index), self.rules.names(int(panel.signals[index]))

    @property
    def fired(self) -> dict[str, dict[str, np.ndarray]]:
        """Indices at which each rule of the set fires, by panel and code; rules that do not fire have empty arrays."""
        return {
            panel.name: {rule.code: self.fires(rule.code, panel.name) for rule in self.rules.rules}
            for panel in self.panels
        }

    def fires(self, code: str, panel: str = "location") -> np.ndarray:
        """Indices at which the rule `code` fires on the panel named."""
        mask = np.uint16(self.rules.mask([code]))
        found = next((item for item in self.panels if item.name == panel), None)
        if found is None:
            raise AnalysisError(
                f"This {self.chart} chart has no panel {panel!r}.",
                f"It has {', '.join(item.name for item in self.panels)}.",
            )
        return np.flatnonzero(found.signals & mask)


class Judgement(NamedTuple):
    """What a live chart says of one point.

    `mean` is what the location panel plots, `spread` what the dispersion panel plots (nan where there is none).
    `panels` holds (statistic, mask) of every panel for charts that have others (three-way, CUSUM); there, location_mask
    and dispersion_mask are those of all panels of that sort together.
    """

    mean: float
    spread: float
    location_mask: int
    dispersion_mask: int
    panels: tuple[tuple[float, int], ...] = ()
