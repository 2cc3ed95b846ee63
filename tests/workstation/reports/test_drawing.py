"""The drawings: well-formed, complete, inside their picture, and nothing told by colour alone."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import capability, charts
from analysis.pareto import pareto as pareto_of
from workstation.errors import CallIsWrong, SurroundingsFailed
from workstation.reports import pictures
from workstation.reports.drawing.axes import extent, round_step, spread_labels, ticks, written
from workstation.reports.drawing.canvas import Canvas, text_width
from workstation.reports.drawing.capability import Index, capability_panel
from workstation.reports.drawing.control import LABELS_UP_TO, ControlTrace, control_chart
from workstation.reports.drawing.distribution import Specification, histogram, probability_plot
from workstation.reports.drawing.ranking import pareto
from workstation.reports.drawing.raster import write_picture
from workstation.reports.inspection.figures import bins, counted

SVG = "{http://www.w3.org/2000/svg}"
DRAW = np.random.default_rng(7)


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own drawing


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in parsed(svg).iter(f"{SVG}text")]


def described(svg: str) -> str:
    found = parsed(svg).find(f"{SVG}desc")
    assert found is not None
    return found.text or ""


def places(svg: str) -> list[tuple[float, float]]:
    """Every coordinate that is drawn."""
    found = []
    for element in parsed(svg).iter():
        if "points" in element.attrib:
            found += [tuple(map(float, pair.split(","))) for pair in element.attrib["points"].split()]
        for x, y in (("x", "y"), ("x1", "y1"), ("x2", "y2"), ("cx", "cy")):
            if x in element.attrib:
                found.append((float(element.attrib[x]), float(element.attrib[y])))
    return found


def inside(svg: str) -> bool:
    root = parsed(svg)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    return all(-1 <= x <= width + 1 and -1 <= y <= height + 1 for x, y in places(svg))


def trace(values: list[float], signals: dict[int, tuple[str, ...]] | None = None) -> ControlTrace:
    count = len(values)
    return ControlTrace("Mean", "mm", values, [5.0] * count, [2.0] * count, [8.0] * count, signals or {}, 3)


def test_signals_are_told_by_shape_and_number_and_words() -> None:
    svg = control_chart([trace([5, 9, 4, 1], {1: ("1",), 3: ("1", "5")})], ["1", "2", "3", "4"])
    rings = [e for e in parsed(svg).iter(f"{SVG}polygon") if e.attrib["fill"] == "#ffffff"]
    dots = list(parsed(svg).iter(f"{SVG}circle"))
    assert (len(rings), len(dots)) == (2, 2)
    assert {"1", "1,5"} <= set(texts(svg))
    assert "signals at 2, 4" in described(svg)
    assert {"UCL 8.000", "CL 5.000", "LCL 2.000", "Mean [mm]"} <= set(texts(svg))
    assert inside(svg)


def test_many_signals_lose_their_labels_but_not_their_marks() -> None:
    count = LABELS_UP_TO + 5
    svg = control_chart([trace([9.0] * count, dict.fromkeys(range(count), ("1",)))], [str(i) for i in range(count)])
    assert len(list(parsed(svg).iter(f"{SVG}polygon"))) == count


def test_missing_points_and_limits_leave_gaps() -> None:
    gap = ControlTrace("x", "", [1, math.nan, 3, 4], [2, 2, math.nan, math.nan], None, [9, 9, 9, math.nan])
    svg = control_chart([gap], ["a", "b", "c", "d"], watched_from=2, zones=True)
    assert inside(svg)
    lines = [e.attrib["points"] for e in parsed(svg).iter(f"{SVG}polyline") if e.attrib["stroke"] == "#0b5c8c"]
    assert [len(points.split()) for points in lines] == [2]
    assert {"limits set", "watched"} <= set(texts(svg))


def test_nothing_is_drawn_as_nothing() -> None:
    assert "No subgroups in this selection" in texts(control_chart([ControlTrace("x", "mm", [])], []))
    assert "No values in this selection" in texts(histogram([], [], "mm", Specification()))
    assert "No capability for this selection" in texts(capability_panel([]))
    assert "Nothing to rank in this selection" in texts(pareto([], [], [], "count"))
    assert "No values in this selection" in texts(probability_plot([], [], "mm", percent_ticks=[]))


def test_long_series_are_thinned_without_losing_an_extreme() -> None:
    values = DRAW.normal(size=20_000)
    values[12_345] = 40.0
    svg = control_chart([ControlTrace("x", "", values.tolist())], [str(i) for i in range(20_000)])
    (points,) = (e.attrib["points"].split() for e in parsed(svg).iter(f"{SVG}polyline"))
    assert len(points) < 4000
    top = min(float(p.split(",")[1]) for p in points)
    full = control_chart([ControlTrace("x", "", values[12_300:12_400].tolist())], [str(i) for i in range(100)])
    assert top == pytest.approx(min(y for x, y in places(full) if y > 20 and x > 60), abs=3)


@settings(max_examples=60)
@given(
    values=st.lists(st.one_of(st.just(math.nan), st.floats(min_value=-1e12, max_value=1e12)), min_size=0, max_size=40),
    name=st.text(max_size=20),
)
def test_any_values_and_any_name_make_a_well_formed_picture(values: list[float], name: str) -> None:
    labels = [str(i) for i in range(len(values))]
    for svg in (
        control_chart([ControlTrace(name, name, values, signals={0: (name,)})], labels, title=name),
        control_chart([trace(values)], labels, zones=True),
    ):
        parsed(svg)
        assert all(math.isfinite(x) and math.isfinite(y) for x, y in places(svg))


@given(low=st.floats(-1e9, 1e9), span=st.floats(1e-6, 1e9), wanted=st.integers(2, 9))
def test_ticks_are_round_few_and_inside(low: float, span: float, wanted: int) -> None:
    high = low + span
    if high - low < abs(high) * 1e-9:
        return
    marks, decimals = ticks(low, high, wanted)
    assert len(marks) <= 2 * wanted + 2
    slack = (high - low) * 1e-6
    assert all(low - slack <= mark <= high + slack for mark in marks)
    shown = [written(mark, decimals) for mark in marks]
    assert len(set(shown)) == len(shown), "labels tell the marks apart"


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=20))
def test_an_extent_is_never_empty(values: list[float]) -> None:
    low, high = extent([v for v in values if not abs(v) > 1e300])
    assert low < high


def test_labels_are_spread_without_changing_their_order() -> None:
    assert spread_labels([10, 11, 12], 5, 0, 100) == [10, 15, 20]
    assert spread_labels([98, 99], 5, 0, 100) == [95, 100]
    assert spread_labels([], 5, 0, 100) == []


def test_small_things() -> None:
    assert [round_step(n) for n in (1, 2, 3, 6, 11, 51, 101)] == [1, 2, 5, 10, 20, 100, 200]
    assert (written(-0.0001, 2), written(-1.5, 1)) == ("0.00", "−1.5")
    assert text_width("1111", 10) == text_width("8888", 10), "figures are tabular"
    with pytest.raises(ValueError, match="cannot hold"):
        Canvas(10, 10, "").circle((math.nan, 1), 1, fill="red")


@given(
    st.lists(st.integers(-500, 500), min_size=1, max_size=200),
    st.one_of(st.none(), st.integers(-500, 500)),
)
def test_bins_hold_every_value_once(whole: list[int], limit: int | None) -> None:
    values = [v / 1000 for v in whole]
    anchor = None if limit is None else limit / 1000
    edges, counts = bins(values, 0.001, anchor)
    assert sum(counts) == len(values)
    assert len(edges) == len(counts) + 1 <= 64
    assert edges[0] < min(values) <= max(values) < edges[-1]
    if anchor is not None:
        above = [v for v in values if v > anchor]
        right = [c for low, c in zip(edges, counts, strict=False) if low > anchor]
        assert sum(right) == len(above), "no bin holds conforming and nonconforming values across this limit"
    assert counted([], edges) == [0] * len(counts)


def test_nonconforming_values_are_marked_on_the_histogram() -> None:
    svg = histogram([0, 1, 2, 3], [4, 5, 2], "mm", Specification(upper=2.0, decimals=1))
    assert len(list(parsed(svg).iter(f"{SVG}polygon"))) == 1
    assert "USL 2.0" in texts(svg)
    stacked = histogram([0, 1, 2, 3], [4, 5, 2], "mm", Specification(upper=2.5), outside=[0, 0, 1])
    assert len(list(parsed(stacked).iter(f"{SVG}rect"))) == 4


def test_a_short_index_is_marked_by_shape() -> None:
    svg = capability_panel([Index("Cp", 1.9, 1.6, 2.2), Index("Cpk", 1.4, 1.2, 1.6)], required=1.33)
    assert len(list(parsed(svg).iter(f"{SVG}circle"))) == 1
    assert len(list(parsed(svg).iter(f"{SVG}polygon"))) == 1
    assert "Cpk 1.40" in described(svg)


TABLE = np.round(DRAW.normal(10, 1, (30, 4)), 2)


@pytest.mark.parametrize(
    "kind", ["i_mr", "xbar_r", "xbar_s", "i_mr_r", "i_mr_s", "c", "ewma", "moving_average", "cusum"]
)
def test_charts_have_a_picture_with_all_their_panels(kind: str) -> None:
    values = (
        DRAW.poisson(6, 30)
        if kind == "c"
        else TABLE
        if kind in {"xbar_r", "xbar_s", "i_mr_r", "i_mr_s"}
        else TABLE[:, 0]
    )
    result = charts.study(kind, values)
    svg = pictures.control_chart_picture(result, unit="N", title=kind)
    assert inside(svg)
    assert len(list(parsed(svg).iter(f"{SVG}polyline"))) >= len(result.panels)
    bold = [e for e in parsed(svg).iter(f"{SVG}text") if e.attrib.get("font-weight") == "500"]
    assert len({e.text for e in bold}) == len(result.panels), "each panel has its own name"


def test_no_chart_is_named_that_does_not_exist() -> None:
    assert set(pictures._PANELS) <= set(charts.KINDS)


def test_charts_of_shares_step_their_limits() -> None:
    sizes = np.array([50, 100] * 12)
    svg = pictures.control_chart_picture(charts.study("p", DRAW.binomial(sizes, 0.1), sizes=sizes))
    steps = [e for e in parsed(svg).iter(f"{SVG}polyline") if e.attrib["stroke"] == "#c43d00"]
    assert any(len(e.attrib["points"].split()) > 40 for e in steps)
    assert "Share nonconforming" in texts(svg)


def test_pictures_of_the_other_results() -> None:
    values = np.round(DRAW.normal(10, 0.1, 200), 2)
    study = capability.study(values, capability.Specification(9.8, 10.2, 10.0))
    assert study.mean is not None and study.overall.sigma is not None
    made = [
        pictures.capability_picture(values, study, unit="mm", title="Width"),
        pictures.capability_panel_picture(study),
        pictures.histogram_picture(values, unit="mm"),
        pictures.histogram_picture([5, 5, 5]),
        pictures.histogram_picture([]),
        pictures.run_chart_picture(values, median=10.0, unit="mm"),
        pictures.normal_probability_picture(values, mean=study.mean, sigma=study.overall.sigma, unit="mm"),
        pictures.pareto_picture(pareto_of({"burr": 40, "scratch": 22, "length": 3}), "pieces"),
    ]
    assert all(inside(svg) for svg in made)
    assert {"LSL 9.80", "USL 10.20", "Target 10.00", "overall", "within"} <= set(texts(made[0]))
    assert "median 10.000" in texts(made[5])


@pytest.mark.parametrize(
    ("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<svg"), ("pdf", b"%PDF"), ("PNG", b"\x89PNG")]
)
def test_a_picture_is_written_as_its_name_says(tmp_path: Path, ending: str, start: bytes) -> None:
    svg = control_chart([trace([5, 9, 4])], ["1", "2", "3"])
    assert write_picture(svg, tmp_path / f"chart.{ending}").read_bytes().startswith(start)


def test_a_picture_that_cannot_be_written(tmp_path: Path) -> None:
    svg = control_chart([trace([5])], ["1"])
    with pytest.raises(CallIsWrong, match=r"chart\.gif"):
        write_picture(svg, tmp_path / "chart.gif")
    (tmp_path / "file").write_text("")
    with pytest.raises(SurroundingsFailed, match="cannot be written"):
        write_picture(svg, tmp_path / "file" / "chart.png")


def test_pictures_of_an_analysis_open_no_store() -> None:
    code = (
        "import sys, workstation.reports.pictures\n"
        "print([m for m in ('sqlalchemy', 'workstation.store', 'scipy.stats', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_drawing_and_gathering_load_nothing_heavy() -> None:
    code = (
        "import sys, workstation.reports.drawing.control, workstation.reports.inspection.gather,"
        " workstation.reports.inspection.render, workstation.reports.inspection.sheet\n"
        "heavy = ('matplotlib', 'typst', 'xlsxwriter', 'scipy.stats', 'pandas', 'PySide6')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
