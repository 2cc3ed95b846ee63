"""Plan files: read exactly, and refused with file, key and remedy."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.catalog.continuous import rule_from_json
from workstation.catalog.plan_file import definitions_of, load_plan_file, parse_plan
from workstation.catalog.values import Chart, Criticality
from workstation.errors import CallIsWrong, Expected, SurroundingsFailed

HELP = Path(__file__).parents[3] / "resources" / "help" / "plan-file.md"


def test_numbers_keep_the_decimals_that_were_written(plan_path: Path) -> None:
    diameter, temperature = load_plan_file(plan_path).characteristics
    assert [str(n) for n in (diameter.nominal, diameter.lower_specification, diameter.upper_specification)] == [
        "74.000", "73.965", "74.035",
    ]  # fmt: skip
    assert diameter.plausible_low == Decimal(73)
    assert (temperature.subgroup_size, temperature.chart, temperature.criticality) == (1, Chart.I_MR, Criticality.MINOR)


def test_gauges_bring_their_ports_and_bindings(plan_path: Path) -> None:
    plan = load_plan_file(plan_path)
    assert [(g.name, g.port, g.calibration_due) for g in plan.gauges] == [
        ("bore gauge 1", "/dev/ttyUSB0", "2027-03-31"), ("climate", "tcp://127.0.0.1:5020", None),
    ]  # fmt: skip
    assert [(b.gauge, b.channel, b.characteristic) for b in plan.bindings] == [
        ("bore gauge 1", "1", "inside diameter"), ("climate", "temperature", "temperature"),
    ]  # fmt: skip


def test_content_survives_its_canonical_form(plan_path: Path) -> None:
    plan = load_plan_file(plan_path)
    part, characteristics, bindings = definitions_of(plan.content())
    assert part == ["PR-74", "Piston ring", "B"]
    assert tuple(characteristics) == plan.characteristics
    assert set(bindings) == set(plan.bindings)


def test_a_port_is_no_part_of_what_is_approved(plan_path: Path, plan_text: str) -> None:
    before = load_plan_file(plan_path).content_hash()
    plan_path.write_text(plan_text.replace("/dev/ttyUSB0", "COM7").replace("2027-03-31", "2028-03-31"))
    assert load_plan_file(plan_path).content_hash() == before
    plan_path.write_text(plan_text.replace("73.965", "73.966"))
    assert load_plan_file(plan_path).content_hash() != before


def test_the_help_pages_example_is_a_plan(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text(HELP.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0], encoding="utf-8")
    assert load_plan_file(path).name == "piston-ring"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format = 1", "format = 2", "format is 2"),
        ("format = 1", "", "format is missing"),
        ("revision = 1", "revision = 0", "plan.revision is 0"),
        ("revision = 1", 'revision = "1"', "plan.revision is '1'"),
        ("revision = 1", "revision = true", "plan.revision is true"),
        ('number = "PR-74"', 'number = ""', "part.number is ''"),
        ("[part]", "[parts]", "part is missing"),
        ("drawing_revision", "drawing", "part.drawing is no key of a plan file. Did you mean drawing_revision?"),
        ('unit = "mm"', 'unit = "furlong"', "characteristic[1]: 'furlong' is no unit"),
        ("nominal = 74.000", "nominal = 75.000", "specification is not in ascending order (73.965, 75.000, 74.035)"),
        ("nominal = 74.000", 'nominal = "74,000"', "characteristic[1].nominal is '74,000'"),
        ("nominal = 74.000", "nominal = nan", "characteristic[1].nominal is NaN"),
        ("nominal = 74.000", "nominal = 1e999", "characteristic[1].nominal is 1E+999. Write at most 15 digits"),
        ("nominal = 74.000", "nominal = 1e-999", "characteristic[1].nominal is 1E-999. Write at most 15 digits"),
        ("nominal = 74.000", "nominal = " + "9" * 60, "characteristic[1].nominal is 9999"),
        ("nominal = 74.000", 'nominal = "7_4"', "characteristic[1].nominal is '7_4'"),
        ("nominal = 74.000", 'nominal = "٧٤"', "characteristic[1].nominal is '٧٤'"),
        ("nominal = 74.000", "nominal = [74]", "characteristic[1].nominal is [74]"),
        ('chart = "i_mr"', 'chart = "pareto"', "chart is 'pareto'. Use one of: xbar_r, xbar_s, i_mr."),
        ('chart = "i_mr"', 'chart = "i_mr"\nsubgroup_size = 5', "a subgroup of 5 does not fit chart i_mr"),
        ("plausible_low = 73", "plausible_low = 73.99", "plausible range and specification is not in ascending order"),
        ('name = "temperature"\nunit', 'name = "inside diameter"\nunit', "'inside diameter'"),
        (
            'characteristic = "temperature"',
            'characteristic = "temp"',
            "gauge[2].channel[1].characteristic names 'temp'",
        ),
        (
            "tcp://127.0.0.1:5020",
            "tcp://127.0.0.1:99999",
            "gauge[2]: Gauge climate: 'tcp://127.0.0.1:99999' is no port",
        ),
        ("tcp://127.0.0.1:5020", "smb://127.0.0.1:5020", "is no port"),
        ("tcp://127.0.0.1:5020", "replay:", "replay"),
        ("2027-03-31", '"31.3.2027"', "'31.3.2027' is no date"),
        ("2027-03-31", "17", "calibration_due is 17"),
        ("2027-03-31", "2027-03-31T10:00:00", "calibration_due is 2027-03-31 10:00:00"),
        ("2027-03-31", "2027-02-30", "Invalid date or datetime (at line"),
        ("[plan]", "[plan", "line"),
        ("nominal = 74.000", "nominal = " + "9" * 5000, "a number of thousands of digits"),
        ("format = 1", "a = " + "[" * 5000, "nested too deeply"),
        ('unit = "mm"', 'unit = "mm"\nrules = "nelsen"', "There is no rule set 'nelsen'. The sets are aiag,"),
        ('unit = "mm"', 'unit = "mm"\nrules = \'{"name": 1\'', "its rules are no JSON"),
    ],
)
def test_what_cannot_be_is_said_with_file_key_and_remedy(
    plan_path: Path, plan_text: str, old: str, new: str, said: str
) -> None:
    assert old in plan_text
    plan_path.write_text(plan_text.replace(old, new, 1))
    with pytest.raises(CallIsWrong) as caught:
        load_plan_file(plan_path)
    assert said in str(caught.value)
    assert str(plan_path) in caught.value.sentence
    assert caught.value.next_step


def test_a_missing_file_and_bytes_that_are_no_text_are_said(tmp_path: Path) -> None:
    with pytest.raises(SurroundingsFailed, match="no file"):
        load_plan_file(tmp_path / "none.toml")
    (tmp_path / "raw.toml").write_bytes(b"format = 1\n\xff")
    with pytest.raises(CallIsWrong, match="byte 12"):
        load_plan_file(tmp_path / "raw.toml")
    with pytest.raises(SurroundingsFailed, match="cannot be read"):
        load_plan_file(tmp_path)


_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.decimals() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["format", "plan", "part", "characteristic", "gauge", "name", "revision", "unit", "channel", "port", "x"]
    ), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(["format", "plan", "part", "characteristic", "gauge", "x"]), _VALUES | st.just(1))
)
@settings(max_examples=300)
def test_any_content_is_a_plan_or_an_expected_error(tables: dict[str, Any]) -> None:
    try:
        parse_plan({"format": 1, **tables}, "file")
    except Expected as error:
        assert error.next_step


CONTINUOUS = """
[gauge.channel.continuous]
group = "time"
every = 1800
size = 5
sample = 0.5
high = 25.50
silent = 60
"""


def test_a_continuous_channel_is_part_of_what_is_approved(plan_path: Path, plan_text: str) -> None:
    before = load_plan_file(plan_path).content_hash()
    plan_path.write_text(plan_text + CONTINUOUS)
    plan = load_plan_file(plan_path)
    rule = plan.bindings[-1].continuous
    assert rule is not None and rule_from_json(rule.to_json()) == rule
    assert (str(rule.group), rule.size, rule.every, rule.sample, str(rule.high)) == (
        "time",
        5,
        1800,
        Decimal("0.5"),
        "25.50",
    )
    assert rule.low is None and rule.silent == 60
    assert plan.content_hash() != before
    assert set(definitions_of(plan.content())[2]) == set(plan.bindings)


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        ("size = 5", "size = 0", r"continuous.size is 0\."),
        ("every = 1800", "", r"continuous.every is missing\."),
        ("every = 1800", "every = 0", r"continuous.every is 0\."),
        ('group = "time"', 'group = "count"', r"continuous.every is for group 'time' only\."),
        ('group = "time"', 'group = "part"', r"continuous.group is 'part'\."),
        ("size = 5", 'size = 5\ntrigger = "press"', r"continuous.trigger is for group 'trigger' only\."),
        ("silent = 60", "silent = -1", r"continuous.silent is -1\."),
        ("silent = 60", 'silent = "NaN"', r"continuous.silent is 'NaN'\."),
        ("silent = 60", "sillent = 60", r"continuous.sillent is no key of a plan file\."),
        ("silent = 60", "rate = 0", r"continuous.rate is 0\."),
        ("silent = 60", "low = 26", r"continuous.high is 25.50, not above low 26\."),
    ],
)
def test_a_continuous_rule_that_cannot_be_is_refused_with_its_key(
    plan_path: Path, plan_text: str, line: str, wrong: str, said: str
) -> None:
    plan_path.write_text(plan_text + CONTINUOUS.replace(line, wrong))
    with pytest.raises(CallIsWrong, match=rf"plan.toml: gauge\[2\].channel\[1\].{said}") as caught:
        load_plan_file(plan_path)
    assert caught.value.next_step


def test_the_help_pages_continuous_example_is_a_rule(plan_path: Path, plan_text: str) -> None:
    example = HELP.read_text(encoding="utf-8").split("```toml\n")[2].split("```")[0]
    plan_path.write_text(plan_text + example)
    assert load_plan_file(plan_path).bindings[-1].continuous is not None
