"""How the command line keeps whom the station trusts at servers and brokers, and what it refuses to keep."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workstation.cli.conftest import PLAN, Call, Said
from workstation.catalog import plans
from workstation.catalog.plan_file import load_plan_file
from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.station import Station
from workstation.store import Role
from workstation.store.verify import verify

OVEN = "opc.tcp://192.0.2.9:4840"
BROKER = "mqtts://192.0.2.9:8883"
FINGERPRINT = " ".join(["AB", "12"] * 16)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    made = {name: tmp_path / f"{name}.pem" for name in ("certificate", "private-key", "authority")}
    for path in made.values():
        path.write_text("-----BEGIN")
    return made


@pytest.fixture
def secured(files: dict[str, Path]) -> list[str]:
    return ["--certificate", str(files["certificate"]), "--private-key", str(files["private-key"])]


def test_an_authority_takes_the_place_of_a_fingerprint_and_leaves_the_rest(
    call: Call, home: Path, files: dict[str, Path], secured: list[str]
) -> None:
    def keep(address: str, *what: str | Path, stdin: str = "") -> dict[str, object]:
        said = call("instruments", "credentials", address, *what, "--home", home, "--json", stdin=stdin)
        assert said.code == 0, said.err
        return said.json

    keep(OVEN, *secured, "--trust", FINGERPRINT)
    facts = keep(OVEN, "--authority", files["authority"])
    assert (facts["certificate"], facts["authority"], facts["trusted"]) == (secured[1], str(files["authority"]), "")
    facts = keep(OVEN, "--trust", FINGERPRINT)
    assert (facts["certificate"], facts["authority"], facts["trusted"]) == (secured[1], "", FINGERPRINT)
    keep(BROKER, "--user", "me", "--password-stdin", stdin="sesame\n")
    facts = keep(BROKER, "--authority", files["authority"])
    assert (facts["user"], facts["password"], facts["authority"]) == ("me", True, str(files["authority"]))
    assert keep(BROKER, "--user", "you", "--password-stdin", stdin="word\n")["authority"] == str(files["authority"])


def test_a_fingerprint_is_added_to_what_is_kept(call: Call, home: Path, secured: list[str]) -> None:
    def keep(*what: str, stdin: str = "") -> dict[str, object]:
        said = call("instruments", "credentials", f"{OVEN}/oven", *what, "--home", home, "--json", stdin=stdin)
        assert said.code == 0, said.err
        return said.json

    keep("--user", "me", "--password-stdin", *secured, stdin="sesame\n")
    facts = keep("--trust", FINGERPRINT.lower().replace(" ", ":"))
    assert (facts["trusted"], facts["user"], facts["password"], facts["certificate"]) == (
        FINGERPRINT, "me", True, secured[1],
    )  # fmt: skip
    assert keep() == facts
    facts = keep(*secured)
    assert (facts["user"], facts["password"], facts["trusted"]) == ("", False, FINGERPRINT)
    other = FINGERPRINT.replace("A", "C")
    assert keep("--trust", other)["trusted"] == other
    shown = call("instruments", "credentials", OVEN, "--home", home)
    assert "Nobody has said" not in shown.out
    assert f"trusted fingerprint {other}" in shown.out
    assert keep("--forget")["trusted"] == ""
    assert (
        "Nobody has said yet whom it trusts" in call("instruments", "credentials", OVEN, *secured, "--home", home).out
    )


@pytest.mark.parametrize(
    ("address", "what", "words"),
    [
        (OVEN, ["--trust", FINGERPRINT], "a certificate of its own"),
        (OVEN, ["--authority", "authority"], "a certificate of its own"),
        (OVEN, ["--authority", "authority", "--trust", FINGERPRINT], "Give one of them"),
        (OVEN, ["--trust", "AB" * 20], "SHA-1 thumbprint"),
        (OVEN, ["--trust", "yes"], "no SHA-256 fingerprint"),
        (BROKER, ["--trust", FINGERPRINT], "by who signed it"),
        ("mqtt://192.0.2.9", ["--authority", "authority"], "not encrypted"),
        (BROKER, ["--look"], "Only an OPC UA server"),
        (OVEN, ["--look", "--forget"], "Give each alone"),
        (OVEN, ["--look", "--trust", FINGERPRINT], "Give each alone"),
        (OVEN, ["--forget", "--distrust"], "Give each alone"),
        (OVEN, ["--distrust", "--trust", FINGERPRINT], "Give one of them"),
        (OVEN, ["--distrust"], "Nobody is trusted"),
        (OVEN, ["--password-stdin"], "Give --user too"),
    ],
)
def test_what_would_look_secured_and_would_not_be(
    call: Call, home: Path, files: dict[str, Path], address: str, what: list[str], words: str
) -> None:
    given = [str(files.get(word, word)) for word in what]
    said = call("instruments", "credentials", address, *given, "--home", home)
    assert said.code == 2 and words in " ".join(said.err.split()), said.err
    assert not (home / "gateway.credentials").exists()


def test_a_server_that_is_checked_is_not_made_unsecured_in_passing(call: Call, home: Path, secured: list[str]) -> None:
    call("instruments", "credentials", OVEN, *secured, "--trust", FINGERPRINT, "--home", home)
    said = call("instruments", "credentials", OVEN, "--user", "me", "--password-stdin", "--home", home, stdin="word\n")
    assert said.code == 2 and "--forget" in said.err
    kept = call("instruments", "credentials", OVEN, "--home", home, "--json").json
    assert (kept["user"], kept["certificate"], kept["trusted"]) == ("", secured[1], FINGERPRINT)


def test_a_server_that_is_not_there_shows_nothing(call: Call, home: Path) -> None:
    pytest.importorskip("asyncua", reason="asyncua is not installed")
    said = call("instruments", "credentials", "opc.tcp://127.0.0.1:1", "--look", "--home", home)
    assert said.code == 3 and "cannot be reached" in said.err and "Traceback" not in said.err


@pytest.fixture
def manned(home: Path, plan_file: Path) -> Path:
    """A home with people, and a gauge that is read at the oven."""
    plan_file.write_text(PLAN.replace("mitutoyo.digimatic-13", "opc-ua").replace("/dev/ttyUSB9", f"{OVEN}/oven"))
    with Station.open(home, name="bench 1") as station, station.write("set-up") as work:
        for name, role in (("chief", Role.ADMINISTRATOR), ("erna", Role.ENGINEER), ("ivo", Role.INSPECTOR)):
            accounts.create(work, name, name.title(), role, "correct horse 7", costs=Costs(1, 64, 1))
    with Station.open(home) as station, station.write("erna") as work:
        plans.import_plan(work, load_plan_file(plan_file))
    return home


def test_whom_to_trust_is_said_by_somebody_with_the_right_and_journalled(
    call: Call, manned: Path, secured: list[str]
) -> None:
    def keep(*what: str, account: str = "", stdin: str = "correct horse 7\n") -> Said:
        who = ["--account", account, "--password-stdin"] if account else []
        return call("instruments", "credentials", OVEN, *what, *who, "--home", manned, "--json", stdin=stdin)

    assert keep(*secured).code == 0, "how the station signs in is no question of trust"
    nobody = keep("--trust", FINGERPRINT)
    assert nobody.code == 2 and "Account is needed" in nobody.err
    for account, stdin, words in (
        ("ivo", "correct horse 7\n", "ivo (inspector) may not change parts, plans and gauges."),
        ("erna", "wrong\n", "do not fit"),
    ):
        refused = keep("--trust", FINGERPRINT, account=account, stdin=stdin)
        assert refused.code in (1, 2) and words in refused.err, refused.err
    assert keep().json["trusted"] == ""
    both = keep("--user", "me", *secured, "--trust", FINGERPRINT, account="erna")
    assert both.code == 2 and "one password" in both.err
    assert (
        keep("--trust", FINGERPRINT, "--reason", "read out at the oven", account="erna").json["trusted"] == FINGERPRINT
    )
    unasked = call("instruments", "credentials", OVEN, "--forget", "--home", manned)
    assert unasked.code == 2 and keep().json["trusted"] == FINGERPRINT
    facts = keep("--distrust", "--reason", "the oven was sold", account="erna").json
    assert (facts["trusted"], facts["certificate"]) == ("", secured[1]), "it is not made unsecured by that"
    again = keep("--distrust", account="erna")
    assert again.code == 2 and "Nobody is trusted" in again.err
    with Station.open(manned, create=False) as station, station.read() as reader:
        entries = [one for one in reader.journal_latest(50, kind="gauge") if one.verb == "gauge.trust"]
        assert verify(reader.raw).intact
    assert [(one.account, one.reason) for one in sorted(entries, key=lambda one: one.seq)] == [
        ("erna", f"Trusted at {OVEN}: nobody -> the certificate {FINGERPRINT}, asked for. read out at the oven"),
        ("erna", f"Trusted at {OVEN}: the certificate {FINGERPRINT} -> nobody, asked for. the oven was sold"),
    ]
