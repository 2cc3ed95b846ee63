"""The live side of every control chart: one point or an array at a time, with the same answer as the whole file.

live = LiveChart(limits, rules.NELSON)
judgement = live.push([74.03, 74.002, 74.019, 73.992, 74.008])
kept = live.snapshot()                      # plain dictionary; bytes with snapshot_bytes
live = LiveChart.restore(kept)
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from analysis.charts.engine import Engine, Judged
from analysis.charts.model import Judgement, Limits
from analysis.errors import AnalysisError
from analysis.rules import LIMITS_ONLY, RuleSet

SNAPSHOT_VERSION = 1
_judgement = tuple.__new__  # a named tuple without its own constructor's detour


class LiveChart:
    """Judges points as they come, by frozen limits and a rule set."""

    __slots__ = ("_engine", "_of_dispersion", "_panels", "_spread", "count", "limits", "rules")

    def __init__(self, limits: Limits, rules: RuleSet = LIMITS_ONLY) -> None:
        self.limits = limits
        self.count = 0
        self._engine = Engine(limits, rules)
        self.rules = self._engine.rules
        names = [name for name, _ in self._engine.kind.panels]
        self._panels = len(names) if names in (["location"], ["location", "dispersion"]) else 0
        self._spread = names.index("dispersion") if "dispersion" in names else 0
        self._of_dispersion = tuple(name in {"dispersion", "between"} for name in names)

    def push(self, observation: Any, size: Any = None, part: Any = None) -> Judgement:
        """Judge the next point: a number, a subgroup's values, a count (with its `size`), a vector; nan is missing.

        AnalysisError when it cannot be a point of this chart; the chart is then as it was before.
        """
        plotted, masks = self._engine.push(observation, size, part)
        self.count += 1
        if self._panels == 2:
            return _judgement(Judgement, (*plotted, *masks, ()))
        if self._panels == 1:
            return Judgement(plotted[0], math.nan, masks[0], 0)
        location = dispersion = 0
        for mask, of_dispersion in zip(masks, self._of_dispersion, strict=True):
            if of_dispersion:
                dispersion |= mask
            else:
                location |= mask
        spread = plotted[self._spread] if self._spread else math.nan
        return Judgement(plotted[0], spread, location, dispersion, tuple(zip(plotted, masks, strict=True)))

    def push_many(
        self, values: Any, sizes: ArrayLike | None = None, parts: Sequence[object] | np.ndarray | None = None
    ) -> tuple[Judged, ...]:
        """Judge an array of points: one entry a panel with its name, plotted statistic, lines and masks."""
        points = self._engine.kind.observe(values, sizes, parts)
        judged = self._engine.advance(points)
        self.count += len(points)
        return judged

    def reset(self) -> None:
        """Forget all points (after a repair, a new set-up); limits and rules stay."""
        self._engine.reset()
        self.count = 0

    def snapshot(self) -> dict[str, Any]:
        """All that is needed to go on later, as a plain dictionary: limits, rules, how far every pattern has come."""
        return {
            "version": SNAPSHOT_VERSION,
            "limits": self.limits.to_dict(),
            "rules": self.rules.to_dict(),
            "count": self.count,
            "state": self._engine.state(),
        }

    def snapshot_bytes(self) -> bytes:
        """`snapshot` as UTF-8 JSON."""
        return json.dumps(self.snapshot(), allow_nan=False, separators=(",", ":")).encode()

    @classmethod
    def restore(cls, kept: Mapping[str, Any] | bytes | str) -> Self:
        """The live chart a snapshot was taken of; AnalysisError when it is damaged or of a newer version."""
        try:
            data = json.loads(kept) if isinstance(kept, bytes | str) else kept
            version = data["version"]
            if version != SNAPSHOT_VERSION:
                raise AnalysisError(
                    f"The kept live chart has version {version}; this library reads {SNAPSHOT_VERSION}.",
                    "Rebuild it from the points.",
                )
            live = cls(Limits.from_dict(data["limits"]), RuleSet.from_dict(data["rules"]))
            live._engine.restore(data["state"])
            live.count = int(data["count"])
        except AnalysisError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise AnalysisError("The kept live chart is damaged.", "Rebuild it from the points.") from error
        return live
