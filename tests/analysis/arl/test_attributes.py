"""Run lengths of charts of counts against exact sums, a book, and the chart itself on simulated counts."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from analysis import arl, charts
from analysis.errors import AnalysisError
from analysis.rules import AIAG, NELSON, RuleSet


def binomial_inside(size: int, rate: str, least: int, most: int) -> Fraction:
    share = Fraction(rate)
    return sum(
        (math.comb(size, k) * share**k * (1 - share) ** (size - k) for k in range(least, most + 1)), start=Fraction(0)
    )


def test_montgomery_s_p_chart() -> None:
    """Introduction to Statistical Quality Control, section 7.2.3: 50 inspected, limits for 0.20: 2 to 18 are inside."""
    quiet, moved = (arl.attributes("p", 0.2, 50, actual=rate) for rate in (None, 0.3))
    assert (round(quiet.arl), round(moved.arl)) == (370, 7)
    assert quiet.arl == pytest.approx(float(1 / (1 - binomial_inside(50, "1/5", 2, 18))), rel=1e-11)
    assert moved.arl == pytest.approx(float(1 / (1 - binomial_inside(50, "3/10", 2, 18))), rel=1e-11)
    assert moved.shift == pytest.approx(0.1)
    same = arl.attributes("np", 0.2, 50, actual=0.3)
    assert same.arl == pytest.approx(moved.arl, rel=1e-12)


def test_limits_on_a_count_are_inside() -> None:
    """c chart of 16: limits at exactly 4 and 28, both still inside."""
    inside = sum(math.exp(k * math.log(16) - 16 - math.lgamma(k + 1)) for k in range(4, 29))
    assert arl.attributes("c", 16.0).arl == pytest.approx(1 / (1 - inside), rel=1e-9)
    assert arl.attributes("u", 4.0, 4).arl == pytest.approx(arl.attributes("c", 16.0).arl, rel=1e-9)


SIMULATED = {
    "p": (0.2, 50, 0.3, NELSON),
    "np": (0.5, 40, 0.5, NELSON.only(["nelson_1", "nelson_2", "nelson_4"])),
    "c": (4.0, 1, 4.5, NELSON.only(["nelson_2", "nelson_3"])),
    "u": (2.0, 3, 2.5, AIAG),
}


@pytest.mark.parametrize("chart", SIMULATED)
def test_the_chart_itself_signals_as_often(chart: str) -> None:
    rate, size, actual, made = SIMULATED[chart]
    exact = arl.attributes(chart, rate, size, actual=actual, rules=made)
    generator, longest = np.random.default_rng(5), int(exact.arl * 16)
    limits, lengths = charts.known(chart, mean=rate, size=size), []
    for _ in range(600):
        counts = generator.binomial(size, actual, longest) if chart in ("p", "np") else None
        if counts is None:
            counts = generator.poisson(actual * size, longest)
        fired = np.flatnonzero(
            charts.evaluate(counts, limits, made, sizes=None if chart == "c" else float(size)).signals
        )
        lengths.append(int(fired[0]) + 1 if len(fired) else longest)
    error = float(np.std(lengths, ddof=1)) / math.sqrt(len(lengths))
    assert abs(float(np.mean(lengths)) - exact.arl) < 4 * error
    assert exact.sdrl == pytest.approx(float(np.std(lengths, ddof=1)), rel=0.2)


def test_the_larger_the_counts_the_nearer_the_normal_chart() -> None:
    """What is left are ties and points on the centre line, as many as one over the root of the count."""
    made = NELSON.only([f"nelson_{n}" for n in (1, 2, 3, 4)])
    normal = arl.shewhart(made).arl
    apart = [arl.attributes("c", expected, rules=made).arl / normal - 1 for expected in (250.0, 2250.0)]
    assert 0 < apart[1] < apart[0] / 2.2
    assert apart[1] < 0.08


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: arl.attributes("xbar", 0.1, 50),
        lambda: arl.attributes("p", 0.1, 50.5),
        lambda: arl.attributes("p", 0.1, math.inf),
        lambda: arl.attributes("u", 0.1, math.inf),
        lambda: arl.attributes("p", 1.5, 50),
        lambda: arl.attributes("p", math.nan, 50),
        lambda: arl.attributes("p", 0.1, 50, actual=-0.1),
        lambda: arl.attributes("p", 0.1, 50, actual=math.nan),
        lambda: arl.attributes("p", 0.1, 50, actual=0.0),
        lambda: arl.attributes("p", 0.5, 1),
        lambda: arl.attributes("c", 0.0),
        lambda: arl.attributes("c", 1e9),
        lambda: arl.attributes("c", 40_000.0, rules=NELSON),
        lambda: arl.attributes("c", 5.0, 0),
        lambda: arl.attributes("c", 5.0, width=0),
        lambda: arl.attributes("c", 5.0, rules=RuleSet("none", ())),
        lambda: arl.attributes("c", 5.0, rules=NELSON.only(["nelson_5"])),
    ],
)
def test_impossible_questions_are_refused_in_a_sentence(wrong: object) -> None:
    with pytest.raises(AnalysisError) as caught:
        wrong()  # type: ignore[operator]
    assert caught.value.sentence.endswith(".")
