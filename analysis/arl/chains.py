"""Chains of pattern states: the live judge followed over every place a point can take, up to a signal.

A point's *place* is where it lies among the lines: between two of them, or on one. Rules that compare a point with the
one before also need to know the value within its place; `Place` says how.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from analysis.charts.judging import layout_of
from analysis.charts.lines import Lines
from analysis.charts.packing import Classifier, Layout
from analysis.charts.patterns import DOWN, NO_DIRECTION, TIE, UP, Scope, plan
from analysis.errors import AnalysisError
from analysis.rules import RuleSet

MOST_STATES = 400_000
_MOST_DIRECTED = 100_000  # each with values of the last point
_MOST_STEPS = 20_000
_SETTLED = 3e-15

_State = tuple[int, int, int]  # counters, register, direction of the last step


@dataclass(frozen=True, slots=True)
class Place:
    """The values in one place (its symbol among the lines): K nodes that stand for all of them.

    `weights`: probability of each node's values. `below`: a row for each node, the weights of the values below it;
    `equal`: the probability of the node's very value, 0 for continuous values.
    """

    symbol: int
    weights: np.ndarray
    below: np.ndarray
    equal: np.ndarray


def between_lines(symbol: int, chance: float, nodes: int) -> Place:
    """The values of a continuous distribution in one interval of probability `chance`.

    Only their order matters, so they may be taken as uniform; the run length is a smooth function of the value there,
    which a polynomial through Gauss-Legendre nodes follows to the last digits.
    """
    points, weights = np.polynomial.legendre.leggauss(nodes)
    basis = np.linalg.inv(np.polynomial.legendre.legvander(points, nodes - 1))
    # the integral of each Legendre polynomial from -1 to each node
    raised = np.column_stack(
        [
            np.polynomial.legendre.legval(points, np.polynomial.legendre.legint(np.eye(nodes)[degree], lbnd=-1))
            for degree in range(nodes)
        ]
    )
    half = 0.5 * chance
    return Place(symbol, half * weights, half * (raised @ basis), np.zeros(nodes))


def single_values(symbol: int, chances: np.ndarray) -> Place:
    """The values of a discrete distribution in one place, in rising order, each with its probability."""
    return Place(symbol, chances, np.tril(np.broadcast_to(chances, (len(chances), len(chances))), -1), chances)


def absorption(layout: Layout, classifier: Classifier, chances: Mapping[int, float]) -> tuple[float, float, int]:
    """Mean and standard deviation of the points up to a signal, and the number of states, for rules of places only.

    `chances`: the probability of each place by its symbol. Solved as a sparse system of the pattern states.
    """
    from scipy.sparse import csc_matrix, identity
    from scipy.sparse.linalg import splu

    symbols = [(classifier.fill(symbol << 4), chance) for symbol, chance in chances.items() if chance > 0]
    states = {(layout.reset, 0): 0}
    waiting = [(layout.reset, 0)]
    rows: list[int] = []
    columns: list[int] = []
    weights: list[float] = []
    while waiting:
        state = waiting.pop()
        for entry, chance in symbols:
            after = _moved(layout, state, entry)
            if after is None:
                continue
            if after not in states:
                states[after] = len(states)
                waiting.append(after)
            rows.append(states[state])
            columns.append(states[after])
            weights.append(chance)
        _bounded(len(states), MOST_STATES)
    inner = csc_matrix((weights, (rows, columns)), shape=(len(states), len(states)))
    try:
        solved = splu((identity(len(states), format="csc") - inner).tocsc())
    except RuntimeError as error:  # singular: no way out of some state
        raise _never() from error
    means = solved.solve(np.ones(len(states)))
    if not 0 < means[0] < 1e15:
        raise _never()
    squares = solved.solve(2.0 * means - 1.0)
    return float(means[0]), math.sqrt(max(0.0, float(squares[0] - means[0] ** 2))), len(states)


def directed_absorption(
    rules: RuleSet, scope: Scope, lines: Lines, places: Sequence[Place]
) -> tuple[float, float, int]:
    """As `absorption`, for rules that compare a point with the one before too: state and value of the last point.

    `places` in rising order. The chance to go on for another point is followed until it shrinks at a constant rate;
    the relative error is about 1e-15 times the run length.
    """
    moves = _moves(rules, scope, lines, tuple(place.symbol for place in places))
    going_on = [
        np.ones((len(targets), len(place.weights))) for targets, place in zip(moves.targets, places, strict=True)
    ]
    longest = max((need.of for need in plan(rules, scope).needs), default=1)
    mean = square = rate = 0.0
    chance, steady = 1.0, 0
    for step in range(_MOST_STEPS):
        mean += chance
        square += (2.0 * step + 1.0) * chance
        masses = [np.append(part @ place.weights, 0.0) for part, place in zip(going_on, places, strict=True)]
        after = float(sum(mass[state] for mass, state in zip(masses, moves.begin, strict=True)))
        before, rate, chance = rate, after / chance, after
        steady = steady + 1 if abs(rate - before) <= _SETTLED else 0
        if steady > longest + 3 or chance < 1e-300:
            break
        going_on = moves.back(going_on, masses, places)
    if not rate < 1.0 - 1e-10 or (steady <= longest and chance >= 1e-300):
        raise _never()
    rest, place_of = 1.0 / (1.0 - rate), step + 1.0  # from here on a geometric series
    mean += chance * rest
    square += chance * rest * (2.0 * place_of + 1.0 + 2.0 * rate * rest)
    return mean, math.sqrt(max(0.0, square - mean**2)), moves.size


@lru_cache(maxsize=4)
def _moves(rules: RuleSet, scope: Scope, lines: Lines, symbols: tuple[int, ...]) -> _Moves:
    layout = layout_of(rules, scope)
    return _Moves(layout, Classifier(layout, lines), symbols)


class _Moves:
    """Where each state goes for a point in each place, above, below or equal to the last one; signals go nowhere.

    States are numbered within the place of their last point. `begin`: the state after a first point in each place.
    `targets`: a row for each state: the other places in order, then the own place below, equal and above; -1 where a
    rule is complete.
    """

    def __init__(self, layout: Layout, classifier: Classifier, symbols: tuple[int, ...]) -> None:
        self._layout, self._classifier, self._symbols = layout, classifier, symbols
        self._states: list[dict[_State, int]] = [{} for _ in symbols]
        self._waiting: deque[tuple[int, _State]] = deque()
        self.size, count = 0, len(symbols)
        self.begin = [self._after((layout.reset, 0, NO_DIRECTION), to, NO_DIRECTION) for to in range(count)]
        rows: list[list[list[int]]] = [[] for _ in symbols]
        while self._waiting:
            at, state = self._waiting.popleft()  # in the order of their numbers
            targets = [self._after(state, to, DOWN if to < at else UP) for to in range(count) if to != at]
            rows[at].append(targets + [self._after(state, at, direction) for direction in (DOWN, TIE, UP)])
            _bounded(self.size, _MOST_DIRECTED)
        self.targets = [np.array(made, dtype=np.intp).reshape(-1, count + 2) for made in rows]

    def _after(self, state: _State, to: int, direction: int) -> int:
        """The number, within place `to`, of the state that a point there leads to; -1 for a signal."""
        counters, register, before = state
        entry = self._classifier.fill(self._symbols[to] << 4 | before << 2 | direction)
        moved = _moved(self._layout, (counters, register), entry)
        if moved is None:
            return -1
        known, after = self._states[to], (*moved, direction)
        if after not in known:
            known[after] = len(known)
            self.size += 1
            self._waiting.append((to, after))
        return known[after]

    def back(
        self, going_on: Sequence[np.ndarray], masses: Sequence[np.ndarray], places: Sequence[Place]
    ) -> list[np.ndarray]:
        """The chances to go on for one point more, by state and value of the last point.

        `masses`: the chances weighted over the values of the place, and a 0 at the end for a signal.
        """
        made = []
        for at, (chances, place, targets) in enumerate(zip(going_on, places, self.targets, strict=True)):
            elsewhere = np.zeros(len(targets))
            for number, mass in enumerate(mass for to, mass in enumerate(masses) if to != at):
                elsewhere += mass[targets[:, number]]
            ended = np.vstack((chances, np.zeros(len(place.weights))))
            below, tied = ended @ place.below.T, ended * place.equal
            above = masses[at][:, None] - below - tied
            down, tie, up = targets[:, -3], targets[:, -2], targets[:, -1]
            made.append(elsewhere[:, None] + below[down] + tied[tie] + above[up])
        return made


def _moved(layout: Layout, state: tuple[int, int], entry: tuple[int, int, int]) -> tuple[int, int] | None:
    """Counters and register after a point; None when it completes a rule."""
    keep, add, bits = entry
    counters, register = (state[0] & keep) + add, state[1] | bits
    fired = counters & layout.tops
    if (fired or register) and layout.mask(fired, register):
        return None
    return counters - (fired >> layout.width), (register << 1) & layout.shift_mask


def _bounded(count: int, most: int) -> None:
    if count > most:
        raise AnalysisError(
            "These rules together have too many pattern states.", "Use arl.simulate, the scheme simulated."
        )


def _never() -> AnalysisError:
    return AnalysisError("These rules never signal, or too seldom for a run length to be computed.", "Give others.")
