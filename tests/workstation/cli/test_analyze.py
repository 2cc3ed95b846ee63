"""`sinebar analyze`: every announced analysis end to end on real files, and every way a file or a call can be wrong."""

from __future__ import annotations

import importlib.util
import json
import math
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from analysis.results import Note
from workstation.cli.analyses.remarks import SENTENCES, sentence
from workstation.cli.analyses.request import Request, parse_settings
from workstation.cli.analyze import _analyses
from workstation.errors import CallIsWrong


def _examples() -> ModuleType:
    """The calls beside this file; tests are no package, so they are loaded by their path."""
    place = Path(__file__).with_name("analyze_examples.py")
    spec = importlib.util.spec_from_file_location("analyze_examples", place)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules.setdefault("analyze_examples", importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


ex = _examples()
FOUND = _analyses()
NAMES = list(ex.EXAMPLES)
WITH_FILE = [name for name in NAMES if ex.EXAMPLES[name][0] is not None]
SHAPES = {".png": b"\x89PNG", ".svg": b"<svg", ".pdf": b"%PDF"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made: dict[str, Path] = ex.make_files(tmp_path_factory.mktemp("files"))
    return made


def no_fault(said: Any, *codes: int) -> None:
    """One sentence and a next step, no traceback, no report of a mistake, no warning of a library."""
    assert "mistake" not in said.err
    assert "Traceback" not in said.err + said.out
    assert "Warning" not in said.err
    if said.code:
        assert said.code in (2, *codes), said.err
        assert said.out == ""
        assert 1 <= len(said.err.splitlines()) <= 2


def test_every_announced_analysis_has_a_call_here() -> None:
    assert set(FOUND) == set(NAMES)
    assert all(ex.EXAMPLES[name][0] is not None for name in FOUND if FOUND[name].file)


@pytest.mark.parametrize("name", NAMES)
def test_an_analysis_answers(name: str, files: dict[str, Path], call: Any, tmp_path: Path) -> None:
    """JSON, table and picture of a real call; published figures come out of it."""
    words = ["analyze", name.replace("_", "-"), *ex.arguments(name, files)]
    told = call(*words, "--json")
    assert told.code == 0, told.err
    found = told.json
    assert found.pop("picture") is None
    assert found.pop("read") or ex.EXAMPLES[name][0] is None
    assert any(value is not None for value in found.values())
    if name in ex.EXPECTED:
        path, value = ex.EXPECTED[name]
        assert ex.field(found, path) == (value if isinstance(value, str) else pytest.approx(value, rel=2e-3))
    shown = call(*words)
    assert shown.code == 0
    assert shown.err == ""
    assert shown.out.strip()
    assert "{" not in shown.out
    assert not re.search(r"\b(nan|inf|None|np\.)\b", shown.out)
    target = tmp_path / "picture.png"
    drawn = call(*words, "--png", target)
    if FOUND[name].draw is None:
        assert drawn.code == 2
        assert "has no picture" in drawn.err
    else:
        assert drawn.code == 0, drawn.err
        assert target.read_bytes().startswith(SHAPES[".png"])
        assert target.stat().st_size > 3000
        assert f"Drawn: {target}" in drawn.out


@pytest.mark.parametrize(
    ("settings", "published"),
    [
        (("scheme=shewhart", "rules=western_electric"), 91.75),
        (("scheme=shewhart", "rules=nelson_3"), 421.5986),
        (("scheme=attributes", "chart=p", "rate=0.2", "size=50", "actual=0.3"), 7.1144),
        (("scheme=hotelling_t2", "variables=2", "distance=1", "alpha=0.005"), 41.916),
        (("scheme=mewma", "variables=2", "weight=0.1", "limit=8.64", "distance=1"), 10.15),
    ],
    ids=lambda item: item[0] if isinstance(item, tuple) else "",
)
def test_run_lengths_of_every_scheme(settings: tuple[str, ...], published: float, call: Any, tmp_path: Path) -> None:
    rules = [word for setting in settings if setting.startswith("rules=") for word in ("--rules", setting[6:])]
    words = [word for setting in settings if not setting.startswith("rules=") for word in ("--set", setting)]
    said = call("analyze", "arl", *words, *rules, "--json", "--png", tmp_path / "arl.png")
    assert said.code == 0, said.err
    assert said.json["arl"] == pytest.approx(published, rel=3e-3)
    assert (tmp_path / "arl.png").read_bytes().startswith(SHAPES[".png"])


@pytest.mark.parametrize("name", WITH_FILE)
@pytest.mark.parametrize("how", ex.SPOILED)
def test_a_spoiled_file_is_answered_or_refused_in_a_sentence(
    name: str, how: str, files: dict[str, Path], call: Any, tmp_path: Path
) -> None:
    source = ex.EXAMPLES[name][0]
    spoiled = {**files, source: ex.spoil(name, files[source], tmp_path / "spoiled.csv", how)}
    for extra in (["--json"], ["--png", str(tmp_path / "picture.svg")]):
        said = call("analyze", name, *ex.arguments(name, spoiled), *extra)
        no_fault(said)
    if how == "text" and name in ("xbar_r", "capability", "gauge", "regression"):
        assert "'abc'" in said.err


@pytest.mark.parametrize("name", WITH_FILE)
def test_a_column_that_is_not_there_is_named(name: str, files: dict[str, Path], call: Any, tmp_path: Path) -> None:
    source = files[ex.EXAMPLES[name][0]]
    lines = source.read_text(encoding="utf-8").splitlines()
    other = tmp_path / "other.csv"
    other.write_text("\n".join(["alpha,beta", *(",".join(("1", "2")) for _ in lines[1:])]) + "\n", encoding="utf-8")
    said = call("analyze", name, *ex.arguments(name, {**files, ex.EXAMPLES[name][0]: other}))
    no_fault(said)
    assert said.code == 2
    assert any(words in said.err for words in ("no column", "not clear", "No limits are given"))
    empty = tmp_path / "empty.csv"
    for content in ("", "alpha,beta\n"):
        empty.write_text(content)
        no_fault(said := call("analyze", name, *ex.arguments(name, {**files, ex.EXAMPLES[name][0]: empty})))
        assert said.code == 2
        assert "empty.csv" in said.err
    no_fault(said := call("analyze", name, *ex.EXAMPLES[name][1]))
    assert said.code == (0 if name == "uncertainty" else 2)


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_that_does_not_exist_is_named(name: str, files: dict[str, Path], call: Any) -> None:
    said = call("analyze", name, *ex.arguments(name, files), "--set", "colour=blue")
    no_fault(said)
    assert said.code == 2
    assert "colour" in said.err


@pytest.mark.parametrize(
    "name", [name for name in NAMES if any(word.startswith("--set") for word in ex.EXAMPLES[name][1])]
)
def test_a_setting_of_the_wrong_kind_is_named(name: str, files: dict[str, Path], call: Any) -> None:
    """Each setting of the example in turn as a text, as nothing, as an object and as not-a-number."""
    words = ex.arguments(name, files)
    places = [place + 1 for place, word in enumerate(words) if word == "--set"]
    for place in places:
        key = words[place].partition("=")[0]
        refused = []
        for odd in ("bogus", "null", '{"a": 1}', "NaN", "-1e999", "[[]]", ""):
            changed = [*words[:place], f"{key}={odd}", *words[place + 1 :]]
            no_fault(said := call("analyze", name, *changed, "--json"), *((3,) if key == "limits" else ()))
            if said.code:
                refused.append((key in said.err or odd in said.err, said.err))
        assert any(named for named, _ in refused), refused  # null and, of a text, some others are let through


@pytest.mark.parametrize(
    "name", [name for name in NAMES if "--lower" in ex.EXAMPLES[name][1] and "--upper" in ex.EXAMPLES[name][1]]
)
def test_reversed_and_infinite_limits_are_refused(name: str, files: dict[str, Path], call: Any) -> None:
    words = ex.arguments(name, files)
    lower, upper = (words.index(word) + 1 for word in ("--lower", "--upper"))
    words[lower], words[upper] = words[upper], words[lower]
    said = call("analyze", name, *words)
    no_fault(said)
    assert said.code == 2
    assert "lower" in said.err.lower() or "lsl" in said.err
    words[upper] = "inf"
    assert "--upper is inf" in call("analyze", name, *words).err


MODELS = ("normal", "box_cox", "johnson", "empirical", "lognormal", "weibull_3", "gamma", "johnson_su", "half_normal")


@pytest.mark.parametrize("model", MODELS)
def test_every_model_of_capability(model: str, files: dict[str, Path], call: Any, tmp_path: Path) -> None:
    from analysis.capability import MODELS as KNOWN

    assert set(MODELS) <= set(KNOWN)
    limits = ("--lower", "1", "--upper", "4000", "--target", "700", "--model", model)
    said = call("analyze", "capability", files["hours"], *limits, "--json", "--png", tmp_path / "a.svg")
    assert said.code == 0, said.err
    assert said.json["model"].startswith(model.split("_")[0])
    assert (tmp_path / "a.svg").read_bytes().startswith(b"<svg")


@pytest.mark.parametrize("ending", SHAPES)
def test_pictures_of_every_form(ending: str, files: dict[str, Path], call: Any, tmp_path: Path) -> None:
    target = tmp_path / f"chart{ending}"
    assert call("analyze", "capability", files["rings"], *ex.EXAMPLES["capability"][1], "--png", target).code == 0
    assert target.read_bytes().startswith(SHAPES[ending])
    said = call("analyze", "i-mr", files["cost"], "--png", tmp_path / "chart.gif")
    assert (said.code, ".png, .svg or .pdf" in said.err) == (2, True)


def test_columns_delimiters_and_decimals_are_found_and_said(call: Any, tmp_path: Path) -> None:
    german = tmp_path / "maße.csv"
    german.write_text("Nr;Durchmesser\n1;12,50\n2;12,75\n3;12,25\n4;12,50\n", encoding="cp1252")
    said = call("analyze", "describe", german, "--column", "Durchmesser", "--json")
    assert said.json["mean"] == 12.5
    assert "semicolon" in said.json["read"][0]
    assert "decimal comma" in said.json["read"][0]
    alone = tmp_path / "alone.csv"
    alone.write_text("name,value\na,1\nb,2\nc,4\n")
    assert "the only numeric one" in call("analyze", "describe", alone).out


def test_subgroups_of_a_fixed_size_and_by_columns_are_the_same(
    files: dict[str, Path], call: Any, tmp_path: Path
) -> None:
    rows = [line.split(",") for line in files["rings"].read_text().splitlines()]
    diameter = rows[0].index("diameter")
    values = [row[diameter] for row in rows[1:]]
    wide = ex.write(tmp_path / "wide.csv", "a,b,c,d,e", [values[i : i + 5] for i in range(0, len(values), 5)])
    columns = [word for name in "abcde" for word in ("--column", name)]
    by_column = call("analyze", "xbar-r", wide, *columns, "--json").json
    by_size = call("analyze", "xbar-r", files["rings"], "--column", "diameter", "--subgroup", "5", "--json").json
    by_label = call("analyze", "xbar-r", files["rings"], *ex.IN_FIVES, "--json").json
    assert by_column["limits"] == by_size["limits"] == by_label["limits"]


def test_subgroups_of_a_window_of_time(call: Any, tmp_path: Path) -> None:
    rows = [(f"2026-03-02 {8 + i // 4:02}:{15 * (i % 4):02}:00", 900 * i, 10 + math.sin(3 * i)) for i in range(32)]
    path = ex.write(tmp_path / "times.csv", "when,seconds,value", rows)
    words = ("analyze", "xbar-r", path, "--column", "value", "--json")
    by_size = call(*words, "--subgroup", "4").json
    for column in ("when", "seconds"):
        found = call(*words, "--subgroup", "1h", "--x", column)
        assert found.code == 0, found.err
        assert found.json["limits"] == by_size["limits"]
    windows = ("--subgroup", "60min", "--x", "when")
    study = call("analyze", "capability", path, "--column", "value", "--upper", "14", *windows, "--json").json
    assert (study["subgroup_count"], study["subgroup_size"]) == (8, 4)
    for extra, says in (
        (("--subgroup", "1h"), "need times"),
        (("--subgroup", "0h", "--x", "when"), "neither a column nor a size"),
        (("--subgroup", "1h", "--x", "value"), "before the one above"),
    ):
        said = call(*words, *extra)
        assert (said.code, says in said.err) == (2, True)
    odd = ex.write(tmp_path / "odd.csv", "when,value", [("2026-03-02", 1.0), ("yesterday", 2.0)])
    said = call("analyze", "xbar-r", odd, "--column", "value", "--subgroup", "1d", "--x", "when")
    assert "'yesterday' is no time" in said.err


def test_stages_presets_and_single_rules(files: dict[str, Path], call: Any, tmp_path: Path) -> None:
    cost = files["cost"].read_text().splitlines()[1:]
    staged = ex.write(tmp_path / "staged.csv", "cost,stage", [(v, "ab"[i >= 10]) for i, v in enumerate(cost)])
    found = call("analyze", "i-mr", staged, "--column", "cost", "--stages", "stage", "--json").json
    assert len(found["limits"]) == 2
    minitab = call("analyze", "i-mr", files["cost"], "--preset", "minitab", "--json").json
    assert minitab["rules"]["name"] == "minitab_default"
    single = call("analyze", "i-mr", files["cost"], "--rules", "nelson_1,nelson_2", "--json").json
    assert [rule["code"] for rule in single["rules"]["rules"]] == ["nelson_1", "nelson_2"]
    assert "no rule set 'nelsen'" in call("analyze", "i-mr", files["cost"], "--rules", "nelsen").err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("capabilty",), "Did you mean capability"),
        (("xyzzy",), "no analysis 'xyzzy'"),
        (("describe", "{nile}", "--decimal", ";"), "no decimal mark"),
        (("describe", "{nile}", "--set", "quantile_type"), "no setting"),
        (("describe", "{nile}", "--column", "volume", "--set", "quantile_type=type 9"), "one of type 6, type 7"),
        (("i-mr", "{nile}", "--column", "volume", "--sizes", "year"), "takes no --sizes"),
        (("p", "{orders}", "--column", "defective"), "needs"),
        (("xbar-r", "{rings}", "--column", "diameter"), "needs subgroups"),
        (("xbar-r", "{rings}", "--column", "diameter", "--subgroup", "0"), "neither a column nor a size"),
        (("xbar-r", "{rings}", "--column", "diameter", "--subgroup", "²"), "neither a column nor a size"),
        (("describe", "{rings}"), "not clear"),
        (("gauge-type1", "{type1}", "--tolerance", "0.15"), "--reference"),
        (("gauge-type1", "{type1}", "--reference", "12.3"), "--tolerance WIDTH"),
        (("gauge-type1", "{type1}", "--reference", "twelve", "--tolerance", "1"), "no number"),
        (("means", "{sprays}", "--column", "insects", "--by", "spray"), "6 groups"),
        (("effects", "{nile}", "--column", "volume"), "100 rows"),
        (("sampling-plan", "--set", "lot=1000"), "needs aql"),
        (("sampling-plan", "--set", "lot=1000.5", "--set", "aql=1"), "whole number"),
        (("sampling-curve",), "needs a plan"),
        (("sampling-curve", "--set", "stages=[[50,1]]"), "no stage"),
        (("arl", "--set", "scheme=magic"), "no scheme 'magic'"),
        (("arl", "--set", "scheme=attributes", "--set", "chart=x"), "chart 'x' of counts"),
        (("arl", "--set", "scheme=attributes", "--set", "rate=0.1", "--set", "size=9.5"), "whole number of units"),
        (("arl", "--set", "scheme=mewma", "--set", "variables=2"), "needs weight and limit"),
        (
            ("arl", "--set", "scheme=simulated", "--rules", "nelson", "--set", "runs=100", "--png", "arl.png"),
            "no picture",
        ),
        (("arl", "--rules", "vda"), "Use arl.simulate"),
        (("predict", "{tuna}", "--column", "y", "--x", "x"), "Where to predict"),
        (("screening", "{ratings}", "--column", "rating"), "no number"),
        (("screening", "{boiler}", "--set", "limits=absent.csv"), "absent.csv"),
        (("pareto", "{reasons}"), "needs --by"),
        (("tolerance", "{nile}", "--column", "volume", "--set", "distribution=odd"), "no tolerance intervals"),
        (("agreement", "{ratings}", "--column", "rating", "--part", "part"), "--operator"),
        (("regression", "{tuna}", "--column", "y"), "--x"),
    ],
)
def test_a_wrong_call_is_said(words: tuple[str, ...], says: str, files: dict[str, Path], call: Any) -> None:
    said = call("analyze", *(word.format(**{k: str(v) for k, v in files.items()}) for word in words))
    assert said.code in (2, 3), said.out
    assert said.out == ""
    assert says in said.err
    assert len(said.err.splitlines()) <= 2


def test_part_and_stage_of_a_subgroup_must_agree(call: Any, tmp_path: Path) -> None:
    mixed = ex.write(
        tmp_path / "mixed.csv", "part,subgroup,value", [("A", 1, 5.0), ("B", 1, 6.0), ("A", 2, 5.5), ("A", 2, 5.1)]
    )
    said = call("analyze", "deviation-xbar-r", mixed, *ex.SHORT, "--subgroup", "subgroup")
    assert (said.code, "labels A, B" in said.err) == (2, True)
    again = ex.write(tmp_path / "again.csv", "s,v", [(1, 5.0), (2, 6.0), (1, 5.5)])
    assert "comes again" in call("analyze", "xbar-r", again, "--column", "v", "--subgroup", "s").err


def test_the_list_says_what_each_takes(call: Any) -> None:
    listed = call("analyze", "--json").json
    assert [entry["kind"] for entry in listed] == NAMES or {entry["kind"] for entry in listed} == set(NAMES)
    assert all(entry["help"].endswith(".") or "?" in entry["help"] for entry in listed)
    shown = call("analyze")
    assert shown.code == 0
    assert all(name in shown.out for name in ("capability", "sampling_plan", "screening"))


def test_the_help_page_names_every_analysis() -> None:
    from resources import ROOT

    page = (ROOT / "help" / "analyze.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"`{name.replace('_', '-')}`" not in page] == []


def test_every_note_of_the_library_has_a_sentence() -> None:
    """A code without a sentence would reach the person as a code."""
    import analysis

    code = re.compile(r'Note\(\s*"([a-z_0-9]+)"|Note\("([a-z_0-9]+)" if .+? else "([a-z_0-9]+)"')
    used: set[str] = set()
    for path in Path(analysis.__path__[0]).rglob("*.py"):
        for groups in code.findall(path.read_text(encoding="utf-8")):
            used |= {group for group in groups if group}
    assert sorted(used - set(SENTENCES)) == []
    assert sentence("no_such_code", {"n": 3.25}) == "no such code: n 3.25."
    assert sentence(
        Note("few_parts", "info", {"parts": 3, "advised": 50}).code, {"parts": 3, "advised": 50}
    ).startswith("3 ")


def test_settings_are_read_as_json_where_they_can_be() -> None:
    assert parse_settings(["a=1", "b=[1,2]", "c=text", "d=true", 'e={"x": 1}']) == {
        "a": 1, "b": [1, 2], "c": "text", "d": True, "e": {"x": 1},
    }  # fmt: skip
    with pytest.raises(CallIsWrong):
        parse_settings(["1=2"])
    with pytest.raises(CallIsWrong):
        Request("describe", None, {}, {}).rows  # noqa: B018


def test_a_screening_of_many_columns_puts_the_worst_first(call: Any, tmp_path: Path) -> None:
    rows = [[math.sin(7 * row + column) * (column + 1) for column in range(80)] for row in range(40)]
    wide = ex.write(tmp_path / "wide.csv", ",".join(f"c{i}" for i in range(80)), rows)
    found = call("analyze", "screening", wide, "--lower", "-90", "--upper", "90", "--json").json
    assert found["names"][found["order"][0]] == "c79"
    assert len(found["ppk"]) == 80
    assert json.dumps(found)
    assert "20 more characteristics stand in --json." in call("analyze", "screening", wide).out
