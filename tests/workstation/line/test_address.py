from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from workstation.errors import SurroundingsFailed
from workstation.line import address
from workstation.line.address import Address, LineNotRunning

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps access by lists, not by mode bits")


@pytest.mark.parametrize("where", [Address("/tmp/a b.sock", 0), Address("", 49152)])
def test_an_address_is_read_as_it_was_written(tmp_path: Path, where: Address) -> None:
    address.write_address(tmp_path, where)
    assert address.read_address(tmp_path) == where


@pytest.mark.parametrize("text", ["", "unix:", "tcp:10.0.0.1:5", "tcp:127.0.0.1:0", "tcp:127.0.0.1:x", "mail:x"])
def test_no_other_address_is_taken(tmp_path: Path, text: str) -> None:
    (tmp_path / "line.address").write_text(text)
    with pytest.raises(SurroundingsFailed, match="does not say where"):
        address.read_address(tmp_path)


def test_an_address_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "line.address").mkdir()
    with pytest.raises(SurroundingsFailed, match="cannot be written"):
        address.write_address(tmp_path, Address("", 4711))
    assert [one.name for one in tmp_path.iterdir()] == ["line.address"]


def test_a_home_without_an_address_has_no_line(tmp_path: Path) -> None:
    with pytest.raises(LineNotRunning, match="is not running"):
        address.read_address(tmp_path)


@posix_only
def test_secret_and_address_are_for_the_owner_alone(tmp_path: Path) -> None:
    secret = address.make_secret(tmp_path)
    address.write_address(tmp_path, Address("", 5000))
    for name in ("line.secret", "line.address"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
    (tmp_path / "line.secret").chmod(0o644)
    assert address.make_secret(tmp_path) == secret == address.read_secret(tmp_path)
    assert (tmp_path / "line.secret").stat().st_mode & 0o077 == 0


def test_a_damaged_secret_is_made_anew_by_the_line_and_refused_by_a_client(tmp_path: Path) -> None:
    (tmp_path / "line.secret").write_text("half a secr")
    with pytest.raises(SurroundingsFailed, match="holds no secret"):
        address.read_secret(tmp_path)
    assert len(address.make_secret(tmp_path)) == address.SECRET_LENGTH


@posix_only
def test_a_home_too_deep_for_a_socket_gets_one_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    deep = tmp_path / ("d" * 90)
    found = address.socket_path(deep)
    assert len(os.fsencode(found)) <= 107
    assert found.parent == tmp_path / f"sinebar-{os.getuid()}"
    assert found != address.socket_path(tmp_path / ("e" * 90))
    found.parent.chmod(0o755)
    with pytest.raises(SurroundingsFailed, match="open to others"):
        address.socket_path(deep)
