"""Keeps a station in step with its hub until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workstation.errors import Expected
from workstation.stop import Stop
from workstation.sync.engine import Backoff, Engine, Round

LOOK_SECONDS = 0.5
"""How often the journal's end is looked at between rounds: one indexed row."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt: a round, or why there was none and how long the station waits."""

    done: Round | None
    problem: Expected | None
    wait: float


def keep_in_step(
    engine: Engine,
    end: Callable[[], tuple[int, str]],
    stop: Stop,
    *,
    interval: float,
    tell: Callable[[Outcome], None],
    backoff: Backoff | None = None,
) -> None:
    """Run rounds until `stop` is set: at once when the journal has grown, at least every `interval` * 12 seconds.

    `interval` is the shortest time between two rounds. A failure is told and tried again; none ends the loop.
    """
    backoff = backoff or Backoff()
    while not stop.is_set():
        try:
            done = engine.round()
            backoff.succeeded()
            tell(Outcome(done, None, interval))
            _wait_for_entries(end, done.totals.hash, stop, interval)
        except Expected as problem:
            wait = backoff.failed(problem)
            tell(Outcome(None, problem, wait))
            stop.wait(wait)


def _wait_for_entries(end: Callable[[], tuple[int, str]], known: str, stop: Stop, interval: float) -> None:
    stop.wait(interval)
    waited = interval
    while not stop.is_set() and waited < interval * 12 and end()[1] == known:
        stop.wait(min(LOOK_SECONDS, interval))
        waited += min(LOOK_SECONDS, interval)
