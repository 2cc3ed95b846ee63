"""`sinebar limits` with a known mean and standard deviation: looked at, put in force, told again; bad input refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workstation.cli.conftest import Call, Said
from workstation.catalog import parts
from workstation.store import Store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A station with one characteristic, nothing measured and no accounts."""
    with Store.open(tmp_path / "home", station="bench 1") as store, store.write("setup") as work:
        part = parts.ensure_part(work, "R-9", "pin")
        parts.ensure_characteristic(work, part.id, parts.CharacteristicDefinition("width", "mm", 3))
        parts.ensure_characteristic(work, part.id, parts.CharacteristicDefinition("play", "mm", 3))
    return tmp_path / "home"


def establish(call: Call, home: Path, *more: str) -> Said:
    return call("limits", "establish", "--home", home, "--account", "engineer", *more)


def test_known_figures_are_looked_at_put_in_force_and_told_again(
    call: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # a table in one line a row
    figures = ("width", "--mean", "9.0040", "--sigma=0.002")
    looked = establish(call, home, *figures, "--preview")
    assert looked.code == 0 and "given: mean 9.0040 mm, sigma 0.002 mm. No subgroup is closed yet" in looked.out
    assert "9.00132" in looked.out and "9.00668" in looked.out, "9.004 less and plus 3 x 0.002 / root of 5"
    assert call("limits", "show", "width", "--home", home, "--json").json["history"] == []
    done = establish(call, home, *figures, "--reason", "prescribed by the customer")
    assert done.code == 0 and "limits 1 are in force, given: mean 9.0040 mm, sigma 0.002 mm." in done.out
    (kept,) = call("limits", "show", "width", "--home", home, "--json").json["history"]
    assert kept["given"] == {"mean": "9.0040", "sigma": "0.002", "unit": "mm"}
    assert (kept["first"], kept["last"], kept["subgroups"], kept["sigma_method"]) == (0, 0, 0, "known")
    assert kept["reason"] == "prescribed by the customer" and kept["sigma"] == 0.002
    for said in (call("limits", "show", "width", "--home", home), call("records", "list", "limits", "--home", home)):
        assert said.code == 0 and "mean 9.0040 mm, sigma 0.002 mm" in said.out
    again = establish(call, home, *figures, "--reason", "prescribed by the customer")
    assert again.code == 1 and "in force already" in again.err


def test_a_mean_below_zero_is_a_value_and_no_option(call: Call, home: Path) -> None:
    found = establish(call, home, "play", "--mean", "-0.004", "--sigma", "0.002", "--preview", "--json").json
    assert found["given"]["mean"] == "-0.004" and found["after"]["location"][0] == -0.004
    assert (found["judged"], found["first"], found["last"], found["before"]) == (0, 0, 0, None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--mean", "9"), "The standard deviation is missing."),
        (("--sigma", "0.1"), "The mean is missing."),
        (("--mean", "", "--sigma", ""), "The mean is missing."),
        (("--mean", "nine", "--sigma", "0.1"), "'nine' is no mean."),
        (("--mean", "9,004", "--sigma", "0.1"), "'9,004' is no mean."),
        (("--mean", "nan", "--sigma", "0.1"), "'nan' is no mean."),
        (("--mean", "9", "--sigma", "0"), "A standard deviation of 0 mm cannot be."),
        (("--mean", "9", "--sigma", "-0.1"), "A standard deviation of -0.1 mm cannot be."),
        (("--mean", "9", "--sigma", "1e999"), "'1e999' is no standard deviation."),
        (("--mean", "9" * 400, "--sigma", "0.1"), "is no mean."),
        (("--mean", "9", "--sigma", "0.1", "--last", "3"), "given, or computed from subgroups, but not both."),
        (("--mean", "9", "--sigma", "0.1", "--from", "1", "--to", "3"), "but not both."),
        (("--mean", "9", "--sigma", "0.1", "--leave-out", "2: dropped"), "but not both."),
        ((), "It is not said which subgroups."),
    ],
)
def test_bad_figures_are_refused_with_a_sentence(call: Call, home: Path, words: tuple[str, ...], said: str) -> None:
    for more in (("--preview",), ("--reason", "prescribed")):
        found = establish(call, home, "width", *words, *more)
        assert found.code == 2 and found.out == "", more
        assert said in " ".join(found.err.split()) and "Traceback" not in found.err
    assert call("limits", "show", "width", "--home", home, "--json").json["history"] == []
