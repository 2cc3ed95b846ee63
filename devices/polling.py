"""When each channel is asked: a monotonic grid with missed cycles counted, and silent channels asked less often."""

from __future__ import annotations

from dataclasses import dataclass

SECOND = 1_000_000_000
SLOWEST = 60 * SECOND
PATIENCE = 2


@dataclass(frozen=True, slots=True)
class Poll:
    """Ask for `channel` every `interval` ns."""

    channel: str
    interval: int


@dataclass(slots=True)
class _Cycle:
    interval: int
    due: int
    missed: int = 0
    silent: int = 0


class PollGrid:
    """The cycles of one link. A channel that keeps silent is demoted to 1 s, 2 s ... 60 s until it answers again."""

    def __init__(self, polls: tuple[Poll, ...], now: int) -> None:
        self._cycles = {poll.channel: _Cycle(poll.interval, now) for poll in polls}

    @property
    def missed(self) -> dict[str, int]:
        """Cycles that came while the one before was still waiting, by channel."""
        return {channel: cycle.missed for channel, cycle in self._cycles.items()}

    def demoted(self) -> tuple[str, ...]:
        """Channels that are asked less often because they keep silent."""
        return tuple(channel for channel, cycle in self._cycles.items() if cycle.silent >= PATIENCE)

    def restart(self, now: int) -> None:
        """Begin all cycles anew: the port was opened."""
        for cycle in self._cycles.values():
            cycle.due = now
            cycle.silent = 0

    def due(self, now: int) -> list[str]:
        """Channels whose time has come; cycles that went by altogether are counted and not made up for."""
        ready: list[str] = []
        for channel, cycle in self._cycles.items():
            if now < cycle.due:
                continue
            ready.append(channel)
            step = self._step(cycle)
            passed = (now - cycle.due) // step
            if cycle.silent < PATIENCE:
                cycle.missed += passed
            cycle.due += (passed + 1) * step
        return ready

    def skip(self, channel: str) -> None:
        """The cycle could not begin: the one before is still under way."""
        self._cycles[channel].missed += 1

    def deadline(self) -> int | None:
        """When the next cycle begins (monotonic ns)."""
        return min((cycle.due for cycle in self._cycles.values()), default=None)

    def answered(self, channel: str, now: int) -> None:
        """The channel lives: back to its own interval."""
        cycle = self._cycles.get(channel)
        if cycle is None or cycle.silent == 0:
            return
        cycle.silent = 0
        cycle.due = min(cycle.due, now + cycle.interval)

    def kept_silent(self, channel: str, now: int) -> None:
        """The channel did not answer."""
        cycle = self._cycles.get(channel)
        if cycle is None:
            return
        cycle.silent += 1
        if cycle.silent >= PATIENCE:
            cycle.due = max(cycle.due, now + self._step(cycle))

    def _step(self, cycle: _Cycle) -> int:
        if cycle.silent < PATIENCE:
            return cycle.interval
        return max(cycle.interval, min(SLOWEST, SECOND << min(cycle.silent - PATIENCE, 10)))
