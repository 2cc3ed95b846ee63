"""Settings: declared once, checked on reading, and refused with file, line and remedy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workstation import settings
from workstation.errors import CallIsWrong, SurroundingsFailed


def test_every_declaration_admits_its_own_default_and_explains_itself() -> None:
    assert len({setting.key for setting in settings.SETTINGS}) == len(settings.SETTINGS) > 10
    for setting in settings.SETTINGS:
        assert setting.wrong(setting.default) == ""
        assert setting.help.endswith(".")
        assert setting.key.count(".") == 1
        assert setting.type is str or setting.type is bool or None not in (setting.lowest, setting.highest)


def test_no_file_means_defaults(tmp_path: Path) -> None:
    assert settings.load(tmp_path).get(settings.BATCH_ROWS) == 100


def test_a_change_is_written_read_back_and_gone_when_default_again(tmp_path: Path) -> None:
    settings.change(tmp_path, "line.batch_rows", "20")
    settings.change(tmp_path, "sync.hub_url", 'http://a "quoted" \\ hub')
    settings.change(tmp_path, "sync.interval_seconds", "3")
    loaded = settings.load(tmp_path)
    assert loaded.get(settings.BATCH_ROWS) == 20
    assert loaded.get(settings.HUB_URL) == 'http://a "quoted" \\ hub'
    assert loaded.get(settings.SYNC_SECONDS) == 3.0
    assert "line.batch_rows" not in settings.change(tmp_path, "line.batch_rows", "100").changed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[line]\nbatch_rows = 0\n", "line 2: line.batch_rows must be from 1 to 10000 readings, not 0"),
        ("[line]\n\nbatch_rows = 'many'\n", "line 3: line.batch_rows must be a whole number, not 'many'"),
        ("[line]\nbatch_rows = true\n", "must be a whole number, not True"),
        ("[line]\nbatchrows = 3\n", "line 2: there is no setting 'line.batchrows'. Did you mean line.batch_rows?"),
        ("line.batch_rows = 0\n", "line 1: line.batch_rows"),
        ("speed = 3\n", "line 1: there is no setting 'speed'"),
        ("[line\n", "at line 1"),
        ("[window]\ntheme = 'pink'\n", "must be one of system, light, dark, not 'pink'"),
        ("[sync]\ninterval_seconds = nan\n", "must be from 0.2"),
    ],
)
def test_a_wrong_file_is_said_with_file_line_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(SurroundingsFailed) as caught:
        settings.load(tmp_path)
    assert said in str(caught.value)
    assert str(tmp_path / "settings.toml") in caught.value.sentence
    assert caught.value.next_step


def test_bytes_that_are_no_text_are_said(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes(b"[line]\n\xff\n")
    with pytest.raises(SurroundingsFailed, match="byte 8"):
        settings.load(tmp_path)


@pytest.mark.parametrize("text", ["", "1.5", "-1", "x"])
def test_a_wrong_change_is_refused_and_nothing_written(tmp_path: Path, text: str) -> None:
    with pytest.raises(CallIsWrong):
        settings.change(tmp_path, "line.batch_rows", text)
    assert not list(tmp_path.iterdir())


def test_home_is_the_argument_then_the_variable_then_the_platforms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SINEBAR_HOME", str(tmp_path / "variable"))
    assert settings.home(tmp_path / "chosen") == tmp_path / "chosen"
    assert settings.home() == tmp_path / "variable"
    assert (tmp_path / "variable").is_dir()
    monkeypatch.delenv("SINEBAR_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    if os.name == "posix" and os.uname().sysname == "Linux":
        assert settings.home() == tmp_path / "Sinebar"


def test_a_home_that_is_a_file_or_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SurroundingsFailed, match="is not a folder"):
        settings.home(tmp_path / "file")
    with pytest.raises(SurroundingsFailed, match="is not a folder"):
        settings.home(tmp_path / "file" / "below")
    with pytest.raises(SurroundingsFailed, match=r"cannot be made|cannot be written"):
        settings.home("/proc/sinebar")
