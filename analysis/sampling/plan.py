"""What an attributes plan is: stages of a sample size with acceptance and rejection numbers on the running total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis import bounds
from analysis.errors import AnalysisError
from analysis.results import Result

LARGEST_SAMPLE = 10_000_000
LARGEST_NUMBER = 20_000
MOST_STAGES = 20


@dataclass(frozen=True, slots=True)
class Stage(Result):
    """One sample: its size, and what the running total of nonconforming items decides after it.

    `accept` None: acceptance is not possible yet (the tables print #). At the last stage `reject` is `accept` + 1,
    except under reduced inspection of Z1.4, where a total between them accepts the lot and returns to normal.
    """

    n: int
    accept: int | None
    reject: int


@dataclass(frozen=True, slots=True)
class Plan(Result):
    """An attributes sampling plan of one or more stages."""

    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.stages) <= MOST_STAGES:
            raise AnalysisError(f"A plan has 1 to {MOST_STAGES} stages, not {len(self.stages)}.", "Give its samples.")
        for number, stage in enumerate(self.stages, 1):
            if stage.n < 1:
                raise AnalysisError(f"Stage {number} has a sample of {stage.n}; it must be at least 1.", "Give more.")
            bounds.whole(stage.n, f"sample of stage {number}", 1, LARGEST_SAMPLE)
            bounds.whole(stage.reject, f"rejection number of stage {number}", 0, LARGEST_NUMBER)
            if stage.accept is not None and not 0 <= stage.accept < stage.reject:
                raise AnalysisError(
                    f"Stage {number} accepts at {stage.accept} and rejects at {stage.reject}.", "Accept below."
                )
        if self.stages[-1].accept is None:
            raise AnalysisError("The last stage must be able to accept.", "Give its acceptance number.")

    @property
    def n(self) -> int:
        """Size of the first sample."""
        return self.stages[0].n

    @property
    def accept(self) -> int | None:
        """Acceptance number of the first sample."""
        return self.stages[0].accept

    @property
    def reject(self) -> int:
        """Rejection number of the first sample."""
        return self.stages[0].reject

    @property
    def largest_n(self) -> int:
        """Items inspected when every stage is needed."""
        return sum(stage.n for stage in self.stages)

    @property
    def limit(self) -> int:
        """Largest final total at which the lot is accepted (above `accept` where reduced inspection leaves a gap)."""
        return self.stages[-1].reject - 1


def single(n: int, accept: int, reject: int | None = None) -> Plan:
    """A single plan; rejection number `accept` + 1 unless given."""
    return Plan((Stage(n, accept, accept + 1 if reject is None else reject),))


def staged(n: int, numbers: Sequence[tuple[int | None, int]]) -> Plan:
    """A double or multiple plan of equal samples."""
    return Plan(tuple(Stage(n, accept, reject) for accept, reject in numbers))
