"""The help page of the command line says everything that is there, and nothing that is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from resources import ROOT
from tests.workstation.cli.commands import CALLS, ENDLESS, PASSWORD, Leaf, arguments, leaves
from tests.workstation.cli.test_bad_input import Ground
from workstation.cli import records
from workstation.errors import ExitCode
from workstation.settings import SETTINGS

PAGE = (ROOT / "help" / "command-line.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### sinebar (.+?)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
LEAVES = leaves()
EVERYWHERE = {"--home", "--json"}
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def usage(leaf: Leaf) -> str:
    """How the page says the command is called."""
    return SECTIONS[leaf.name].split("```")[1]


def explained(leaf: Leaf) -> set[str]:
    """Options in the first column of the command's table."""
    rows = re.findall(r"^\| (.*?) \|", SECTIONS[leaf.name], re.MULTILINE)
    return {option for row in rows for option in OPTION.findall(row)}


def options(leaf: Leaf) -> set[str]:
    return {
        option
        for param in leaf.shown
        if param.param_type_name == "option" and param.name != "help"
        for option in (*param.opts, *param.secondary_opts)
    }


def test_every_command_has_its_section_and_every_section_its_command() -> None:
    assert sorted(re.findall(r"^### sinebar (.+)$", PAGE, re.MULTILINE)) == sorted(leaf.name for leaf in LEAVES)


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.name)
def test_every_option_is_shown_and_explained_and_no_other(leaf: Leaf) -> None:
    assert f"sinebar {leaf.name} " in usage(leaf) or usage(leaf).strip() == f"sinebar {leaf.name}"
    assert set(OPTION.findall(usage(leaf))) == options(leaf)
    assert explained(leaf) == options(leaf) - EVERYWHERE
    required = [param for param in leaf.shown if param.required]
    bare = re.sub(r"\[[^]]*\]", "", usage(leaf))
    for param in required:
        shown = param.opts[0] if param.param_type_name == "option" else (param.metavar or "").strip(".") or "[A-Z]"
        assert re.search(rf"(?<![\w-]){shown}", bare), f"{param.name} must not be left out"
    positional = [param for param in leaf.shown if param.param_type_name == "argument"]
    flagless = re.sub(r"--[a-z-]+(?:[ =][A-Z_=]+)?", "", usage(leaf).splitlines()[1])
    assert len(re.findall(r"\b[A-Z]{2,}\b", flagless)) == len(positional)


def test_exit_codes_kinds_and_files_are_as_the_page_says() -> None:
    assert [int(code) for code in re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE)] == sorted(ExitCode)
    listed = SECTIONS["records list"]
    for kind in (*records.kinds(), *records.READING_KINDS):
        assert re.search(rf"\b{kind}\b", listed), kind
    for key in re.findall(r"`([a-z]+\.[a-z_]+)`", PAGE):
        assert key in {setting.key for setting in SETTINGS} or Path(key).suffix in (".toml", ".md"), key


def test_links_lead_somewhere_and_every_decision_is_listed() -> None:
    pages = [*(ROOT / "help").glob("*.md"), *ROOT.parent.glob("*.md"), *(ROOT.parent / "workstation").rglob("*.md")]
    linked = set()
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
            linked.add((page.parent / target).resolve())
    decisions = {path.resolve() for path in (ROOT.parent / "workstation" / "decisions").glob("*.md")}
    assert len(decisions) > 10 and decisions <= linked


def test_the_fields_of_the_json_are_those_the_page_names(call: Any, tmp_path: Path) -> None:
    """For every command that can be called here with success."""
    (tmp_path / "ground").mkdir()
    (tmp_path / "calls").mkdir()
    ground, compared = Ground(tmp_path / "ground"), 0
    for leaf in LEAVES:
        if leaf.name in (*ENDLESS, "analyze"):
            continue
        with ground.places(tmp_path / "calls") as places:
            values = {k: v.format(**places) if isinstance(v, str) else v for k, v in CALLS[leaf.name].items()}
            words = arguments(leaf, values, Path(str(places["home"])))
            words[len(leaf.path) : len(leaf.path)] = ["--json"]
            said = call(*words, stdin=f"{PASSWORD}\nanother good password\n")
        told = re.search(r"^JSON: (.*)", SECTIONS[leaf.name], re.MULTILINE | re.DOTALL)
        if said.code == 0 and told is not None and not told[1].startswith("as for"):
            named = re.findall(r"`(\w+)`", told[1].split(";")[0])
            assert named == list(said.json), leaf.name
            compared += 1
    ground.close()
    assert compared > 20
