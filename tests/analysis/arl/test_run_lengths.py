"""Run lengths against the published tables, a simulation and each other."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis import arl, rules
from analysis.errors import AnalysisError
from analysis.rules import LIMITS_ONLY, WESTERN_ELECTRIC, Rule, RuleSet

# Champ and Woodall (1987), Technometrics 29(4), table 1: run lengths at shifts 0, 0.2, 0.4, 0.6, 1 and 2 sigma
CHAMP_WOODALL = {
    (1,): [370.40, 308.43, 200.08, 119.67, 43.89, 6.30],
    (1, 2): [225.44, 177.56, 104.46, 57.92, 20.01, 3.65],
    (1, 3): [166.05, 120.70, 63.88, 33.99, 12.66, 3.68],
    (1, 4): [152.73, 110.52, 59.76, 33.64, 14.58, 4.89],
    (1, 2, 3, 4): [91.75, 66.80, 36.61, 20.90, 9.22, 3.13],
}


@pytest.mark.parametrize("numbers", CHAMP_WOODALL)
def test_western_electric_rules_as_published(numbers: tuple[int, ...]) -> None:
    made = WESTERN_ELECTRIC.only([f"western_electric_{number}" for number in numbers])
    got = [arl.shewhart(made, shift).arl for shift in (0, 0.2, 0.4, 0.6, 1, 2)]
    assert got == pytest.approx(CHAMP_WOODALL[numbers], abs=0.006)


def test_limits_alone_are_geometric() -> None:
    made = arl.shewhart()
    chance = math.erfc(3 / math.sqrt(2))
    assert made.arl == pytest.approx(1 / chance, rel=1e-12)
    assert made.sdrl == pytest.approx(math.sqrt(1 - chance) / chance, rel=1e-9)
    assert pytest.approx(made.arl, rel=1e-12) == arl.SHEWHART_ARL
    assert arl.shewhart(shift=0.5, size=4).arl == pytest.approx(arl.shewhart(shift=1.0).arl, rel=1e-12)


@pytest.mark.parametrize("made", [WESTERN_ELECTRIC, rules.VDA.only(["beyond_limits", "run_7"])])
def test_simulation_agrees_with_the_chain(made: RuleSet) -> None:
    exact, drawn = arl.shewhart(made, 0.3), arl.simulate(made, 0.3, runs=3000, seed=7)
    assert drawn.standard_error is not None
    assert abs(exact.arl - drawn.arl) < 4 * drawn.standard_error
    assert exact.sdrl == pytest.approx(drawn.sdrl, rel=0.1)


# Montgomery, Introduction to Statistical Quality Control, table 9.3 (k = 1/2); digits by the integral equation
SHIFTS = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4]
CUSUM = {
    4: [167.683789, 74.224028, 26.630203, 13.285088, 8.383132, 4.747168, 3.342770, 2.619519, 2.194481, 1.708457],
    5: [465.443506, 139.493690, 37.996143, 17.048326, 10.375970, 5.747218, 4.008871, 3.113688, 2.573252, 2.012568],
}


@pytest.mark.parametrize("decision", CUSUM)
def test_cusum_as_published(decision: int) -> None:
    got = [arl.cusum(0.5, decision, shift).arl for shift in SHIFTS]
    assert got == pytest.approx(CUSUM[decision], rel=1e-6)


def test_fast_initial_response_as_published() -> None:
    """Lucas and Crosier (1982) table 3: k = 1/2, h = 5, head start h/2."""
    assert arl.cusum(0.5, 5, 0, headstart=0.5).arl == pytest.approx(430, abs=0.5)
    assert arl.cusum(0.5, 5, 1, headstart=0.5).arl == pytest.approx(6.35, abs=0.005)
    assert arl.cusum(0.5, 4, 0, headstart=0.5).arl == pytest.approx(149, abs=0.5)


def test_ewma_as_published() -> None:
    """Lucas and Saccucci (1990) table 3."""
    assert arl.ewma(0.1, 2.814).arl == pytest.approx(500, rel=2e-3)
    assert arl.ewma(0.1, 2.814, 1).arl == pytest.approx(10.3, abs=0.05)
    assert arl.ewma(0.25, 2.998).arl == pytest.approx(500, rel=2e-3)
    assert arl.ewma(0.25, 2.998, 1).arl == pytest.approx(11.1, abs=0.05)
    assert arl.ewma(0.05, 2.615, 0.5).arl == pytest.approx(28.8, abs=0.05)
    assert arl.ewma(1.0, 3.0).arl == pytest.approx(arl.SHEWHART_ARL, rel=1e-9)


def test_widening_limits_see_an_early_shift_sooner() -> None:
    settled, widening = arl.ewma(0.1, 2.814, 1), arl.ewma(0.1, 2.814, 1, asymptotic=False)
    assert widening.arl < settled.arl - 1.5


def test_t2_and_mewma_as_published() -> None:
    """MEWMA limits: Montgomery table 11.3 and Prabhu and Runger (1997), in-control run length 200."""
    assert arl.hotelling_t2(2, 0.0, alpha=0.005).arl == pytest.approx(200, rel=1e-12)
    assert arl.hotelling_t2(2, 1.0, alpha=0.005).arl == pytest.approx(42.0, abs=0.5)
    published = {(2, 0.1): 8.64, (2, 0.2): 9.65, (4, 0.1): 12.73, (4, 0.2): 13.87, (4, 0.4): 14.58, (10, 0.1): 22.67}
    for (variables, weight), limit in published.items():
        assert arl.mewma_limit(variables, weight) == pytest.approx(limit, abs=0.015)
    assert arl.mewma(3, 0.3, arl.mewma_limit(3, 0.3)).arl == pytest.approx(200, rel=1e-8)


# Runger and Prabhu (1996) JASA 91, table 1 (figures of the program of Molnau and others, 2001); Montgomery, table 11.3
SHIFTED_MEWMA = {
    (4, 0.1, 12.73): [35.05, 12.17, 7.22, 5.19, 3.42],
    (20, 0.1, 37.01): [61.62, 20.17, 11.40, 8.03, 5.18],
    (2, 0.1, 8.64): [28.07, 10.15, 6.11, 4.42, 2.93],
    (2, 0.2, 9.65): [35.17, 10.20, 5.49, 3.78, 2.42],
}


@pytest.mark.parametrize("setting", SHIFTED_MEWMA)
def test_mewma_out_of_control_as_published(setting: tuple[int, float, float]) -> None:
    """The published chains have 25 to 50 states a direction; with them they stand up to 2 % off."""
    got = [arl.mewma(*setting, distance).arl for distance in (0.5, 1.0, 1.5, 2.0, 3.0)]
    assert got == pytest.approx(SHIFTED_MEWMA[setting], rel=0.022 if setting[0] == 20 else 0.005)


def test_mewma_agrees_with_what_it_turns_into() -> None:
    """A distance of nearly nothing, one variable (EWMA), weight 1 (T²), subgroups, and a simulation."""
    assert arl.mewma(2, 0.1, 8.64, 1e-7).arl == pytest.approx(arl.mewma(2, 0.1, 8.64).arl, rel=1e-8)
    assert arl.mewma(1, 0.1, 7.0, 1.0).arl == pytest.approx(arl.ewma(0.1, math.sqrt(7.0), 1.0).arl, rel=1e-12)
    alpha = 1.0 / arl.mewma(3, 1.0, 12.0).arl
    assert arl.mewma(3, 1.0, 12.0, 1.0).arl == pytest.approx(arl.hotelling_t2(3, 1.0, alpha=alpha).arl, rel=1e-7)
    assert arl.mewma(2, 0.2, 9.65, 0.5, size=4).arl == pytest.approx(arl.mewma(2, 0.2, 9.65, 1.0).arl, rel=1e-12)
    generator, runs, weight, limit = np.random.default_rng(3), 20_000, 0.2, 13.87
    averages, lengths, step = np.zeros((runs, 4)), list[int](), 0
    while len(averages):
        step += 1
        averages = (1 - weight) * averages + weight * (
            generator.standard_normal(averages.shape) + np.array([1.0, 0.0, 0.0, 0.0])
        )
        inside = (averages**2).sum(axis=1) * (2 - weight) / weight <= limit
        lengths += [step] * int((~inside).sum())
        averages = averages[inside]
    error = float(np.std(lengths)) / math.sqrt(runs)
    assert abs(float(np.mean(lengths)) - arl.mewma(4, weight, limit, 1.0).arl) < 4 * error


def test_designs_meet_their_run_length_and_beat_the_limits_alone() -> None:
    plain = arl.shewhart(LIMITS_ONLY, 1.0).arl
    cusum = arl.design_cusum(1.0)
    assert cusum.settings["reference"] == 0.5
    assert cusum.settings["decision"] == pytest.approx(4.77, abs=0.01)
    assert cusum.arl_in_control == pytest.approx(arl.SHEWHART_ARL, rel=1e-8)
    ewma = arl.design_ewma(1.0, 500)
    assert ewma.arl_in_control == pytest.approx(500, rel=1e-6)
    assert ewma.settings["weight"] == pytest.approx(0.133, abs=0.01)
    assert max(cusum.arl_at_shift, ewma.arl_at_shift) < plain / 4
    for weight in (0.08, 0.25):
        assert arl.design_ewma(1.0, 500, weight=weight).arl_at_shift >= ewma.arl_at_shift
    chosen = arl.design_shewhart(1.0, arl_at_shift=1.5)
    assert chosen.arl_at_shift <= 1.5 < arl.shewhart(LIMITS_ONLY, 1.0, size=chosen.size - 1).arl


def test_a_smaller_shift_is_never_seen_sooner() -> None:
    for scheme in (arl.shewhart, arl.cusum, arl.ewma):
        lengths = [scheme(shift=shift).arl for shift in (0.0, 0.3, 0.9, 1.8)]
        assert lengths == sorted(lengths, reverse=True)
        assert scheme(shift=-0.7).arl == pytest.approx(scheme(shift=0.7).arl, rel=1e-9)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: arl.shewhart(RuleSet("none", ())),
        lambda: arl.shewhart(shift=math.nan),
        lambda: arl.shewhart(width=0),
        lambda: arl.cusum(-0.1),
        lambda: arl.cusum(decision=math.inf),
        lambda: arl.cusum(headstart=1.0),
        lambda: arl.ewma(0.0),
        lambda: arl.ewma(width=-1),
        lambda: arl.mewma_limit(0, 0.1),
        lambda: arl.hotelling_t2(2, alpha=0),
        lambda: arl.mewma(2, 0.1, 8.64, -1.0),
        lambda: arl.mewma(2, 0.001, 8.64, 1.0),
        lambda: arl.shewhart(width=40),
        lambda: arl.shewhart(RuleSet("never", (Rule("t", "trend", 60),))),
        lambda: arl.design_cusum(0.0),
        lambda: arl.design_cusum(9.0),
        lambda: arl.design_shewhart(0.001, largest=5),
        lambda: arl.simulate(rules.NELSON, runs=1),
        lambda: arl.shewhart(RuleSet("long", tuple(Rule(str(n), "k_of_m", n, 60, zone=1.0) for n in (20, 30)))),
    ],
)
def test_impossible_questions_are_refused_in_a_sentence(wrong: object) -> None:
    with pytest.raises(AnalysisError) as caught:
        wrong()  # type: ignore[operator]
    assert caught.value.sentence.endswith(".")
