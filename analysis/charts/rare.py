"""Charts for rare events: g (how many cases between two events) and t (how much time between two events).

Sources: Benneyan (2001) Health Care Management Science 4 305-318 for g; Nelson (1994) JQT 26(3) 239-243 for the power
transform of times, t^(1/3.6); Xie, Goh and Ranjan (2002) for probability limits of exponential and Weibull times.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from analysis.charts.kind import Kind, Observations, Wishes, finish, number, prescribe, settle
from analysis.charts.lines import Lines
from analysis.charts.model import Limits
from analysis.charts.variables import column, enough
from analysis.errors import AnalysisError
from analysis.sigma import individuals

POWER = 3.6


class _BetweenEvents(Kind):
    """One column of waiting times or counts, plotted as they are."""

    panels = (("location", "unsymmetric"),)
    whole: ClassVar[bool] = False

    @classmethod
    def arrange(cls, values: Any, _sizes: Any, _parts: Any, /) -> Observations:
        made = column(values)
        wrong = made < 0
        if cls.whole:
            wrong |= (made != np.floor(made)) & ~np.isnan(made)
        if wrong.any():
            place = int(np.argmax(wrong))
            what = "whole numbers, not negative" if cls.whole else "not negative"
            raise AnalysisError(f"Point {place} of the {cls.name} chart is {made[place]:g}.", f"They are {what}.")
        return Observations(made)

    def push(self, observation: Any) -> tuple[tuple[float, ...], None]:
        value = number(observation)
        if value < 0 or (self.whole and value == value and value != math.floor(value)):
            self.arrange([value], None, None)
        return (value,), None

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        return (points.data,), self.lines(None)

    def lines(self, _key: Any, /) -> tuple[Lines, ...]:
        return (prescribe(self.limits, "location", self.computed()),)

    @abstractmethod
    def computed(self) -> Lines:
        """The lines that follow from the limits' parameters."""


class CasesBetween(_BetweenEvents):
    """g: whole numbers of cases between events.

    Settings: `method` "sigma" (mean and its geometric standard deviation; Benneyan) or "probability" (quantiles of the
    geometric distribution as far out as the limits of a normal chart, centre line the median); `least`: the smallest
    number that can be observed (0: cases between, 1: cases up to and with the event).
    """

    name = "g"
    whole = True
    defaults: ClassVar[Mapping[str, Any]] = {"method": "sigma", "least": 0}

    @classmethod
    def check(cls, limits: Limits, /) -> None:
        if limits.settings["method"] not in {"sigma", "probability"}:
            raise AnalysisError(
                f"A g chart knows no method {limits.settings['method']!r}.", "Use sigma or probability."
            )
        if limits.center < limits.settings["least"]:
            raise AnalysisError(
                f"The mean {limits.center:g} of a g chart is below the smallest number that can be observed.",
                "Lower the setting least.",
            )

    @classmethod
    def sigma_of_known(cls, mean: float) -> float:
        return math.sqrt(max(0.0, mean) * (max(0.0, mean) + 1.0))

    @classmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        settings = settle(cls, wishes)
        used = points.data[keep & ~np.isnan(points.data)]
        enough(len(used), 1 if wishes.mean is not None else 2, "counts between events")
        mean = float(used.mean()) if wishes.mean is None else wishes.mean
        limits = Limits(
            chart=cls.name,
            center=mean,
            sigma=cls.sigma_of_known(mean - float(settings["least"])),
            sigma_method="geometric",
            size=1,
            width=wishes.width,
            points=len(used),
            values=len(used),
            settings=settings,
        )
        return finish(cls, limits, {"method": settings["method"], "least": settings["least"], "width": wishes.width})

    def computed(self) -> Lines:
        mean, least, width = self.limits.center, float(self.limits.settings["least"]), self.limits.width
        excess = mean - least
        sigma = math.sqrt(excess * (excess + 1.0))
        if self.limits.settings["method"] == "sigma":
            return Lines(mean, max(least, mean - width * sigma), mean + width * sigma, sigma)
        if excess == 0.0:
            return Lines(least, least, least, 0.0)
        step = math.log1p(-1.0 / (excess + 1.0))

        def quantile(log_beyond: float) -> float:
            return max(least, least + log_beyond / step - 1.0)

        tail = normal_tail(width)
        return Lines(quantile(math.log(0.5)), quantile(math.log1p(-tail)), quantile(math.log(tail)), sigma)


class TimeBetween(_BetweenEvents):
    """t: times between events.

    Setting `method`: "power" (limits of individuals for t^(1/3.6), turned back; Nelson), "exponential" or "weibull"
    (quantiles as far out as the limits of a normal chart, centre line the median). Weibull takes times above zero.
    """

    name = "t"
    defaults: ClassVar[Mapping[str, Any]] = {"method": "power", "shape": None, "scale": None}

    @classmethod
    def check(cls, limits: Limits, /) -> None:
        if limits.settings["method"] not in {"power", "exponential", "weibull"}:
            raise AnalysisError(
                f"A t chart knows no method {limits.settings['method']!r}.", "Use power, exponential or weibull."
            )

    @classmethod
    def sigma_of_known(cls, mean: float) -> float:
        """Of t^(1/3.6) for exponential times of that mean: √(Γ(1 + 2/3.6) - Γ(1 + 1/3.6)²) mean^(1/3.6)."""
        spread = math.gamma(1 + 2 / POWER) - math.gamma(1 + 1 / POWER) ** 2
        return math.sqrt(spread) * math.pow(max(mean, 0.0), 1 / POWER)

    @classmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        settings = settle(cls, wishes)
        times = np.where(keep, points.data, np.nan)
        used = times[~np.isnan(times)]
        enough(len(used), 2, "times between events")
        mean = float(used.mean()) if wishes.mean is None else wishes.mean
        sigma, method = math.nan, str(settings["method"])
        if method == "power":
            turned = times ** (1 / POWER)
            mean = float(turned[~np.isnan(turned)].mean()) ** POWER
            sigma = individuals(turned, wishes.sigma or "mr_mean").sigma
        elif method == "weibull":
            shape, scale = fit_weibull(used)
            settings |= {"shape": shape, "scale": scale}
        limits = Limits(
            chart=cls.name,
            center=mean,
            sigma=sigma,
            sigma_method=wishes.sigma or "mr_mean" if method == "power" else method,
            size=1,
            width=wishes.width,
            points=len(used),
            values=len(used),
            settings=settings,
        )
        return finish(cls, limits, {"method": method, "width": wishes.width})

    def computed(self) -> Lines:
        limits, width = self.limits, self.limits.width
        if limits.settings["method"] == "power":
            middle = limits.center ** (1 / POWER)
            reach = width * limits.sigma
            return Lines(limits.center, max(0.0, middle - reach) ** POWER, (middle + reach) ** POWER, math.nan)
        shape = limits.settings["shape"] if limits.settings["method"] == "weibull" else 1.0
        scale = limits.settings["scale"] if limits.settings["method"] == "weibull" else limits.center
        if shape is None or scale is None:
            raise AnalysisError("Weibull limits need a shape and a scale.", "Fit them, or give both.")
        tail = normal_tail(width)
        lower, middle, upper = (
            scale * (-log_beyond) ** (1 / shape) for log_beyond in (math.log1p(-tail), math.log(0.5), math.log(tail))
        )
        return Lines(middle, lower, upper, math.nan)


def normal_tail(width: float) -> float:
    """Probability of a normal value more than `width` sigma above the mean."""
    return 0.5 * math.erfc(width / math.sqrt(2.0))


def fit_weibull(times: np.ndarray) -> tuple[float, float]:
    """Maximum likelihood shape and scale of times above zero, by bisection of the shape's score (it is monotone)."""
    if (times <= 0).any():
        raise AnalysisError("A Weibull fit takes times above zero.", "Use the method power or exponential.")
    logs = np.log(times)
    spread = float(logs.std())
    if spread == 0.0:
        raise AnalysisError("All times are equal, so no Weibull distribution fits.", "Use the method exponential.")
    centred = logs - logs.max()

    def score(shape: float) -> float:
        weights = np.exp(shape * centred)
        return float((weights * centred).sum() / weights.sum() - 1.0 / shape - centred.mean())

    low, high = 1e-3 / spread, 2.0 / spread
    while score(high) < 0:
        high *= 2.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (low, middle) if score(middle) > 0 else (middle, high)
    shape = 0.5 * (low + high)
    scale = math.exp(float(logs.max())) * float(np.exp(shape * centred).mean()) ** (1.0 / shape)
    return shape, scale
