"""What went into the spool comes out once, in order, whatever moment its process died at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.gateway.spool import LARGEST_ENTRY, Spool, SpoolError


def everything(spool: Spool) -> list[tuple[int, bytes]]:
    """All that waits, read in small pieces as a publisher does."""
    found: list[tuple[int, bytes]] = []
    number = spool.acknowledged
    while pieces := spool.after(number, 3):
        found += pieces
        number = pieces[-1][0]
    return found


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.lists(st.binary(max_size=40), min_size=1, max_size=5)),
        st.tuples(st.just("acknowledge"), st.integers(0, 60)),
        st.tuples(st.just("reopen"), st.none()),
        st.tuples(st.just("read"), st.integers(0, 60)),
    ),
    max_size=25,
)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, segment=st.sampled_from([1, 60, 500]))
def test_it_is_a_queue_whatever_is_done(tmp_path_factory: pytest.TempPathFactory, steps: list, segment: int) -> None:
    folder = tmp_path_factory.mktemp("spool")
    spool = Spool(folder, segment=segment)
    kept: list[bytes] = []
    acknowledged = 0
    for what, with_what in steps:
        if what == "append":
            assert spool.append(with_what) == len(kept) + len(with_what)
            kept += with_what
        elif what == "acknowledge":
            spool.acknowledge(with_what)
            acknowledged = max(acknowledged, min(with_what, len(kept)))
        elif what == "read":
            start = max(with_what, acknowledged)
            assert spool.after(with_what, 4) == list(enumerate(kept[start : start + 4], start + 1))
        else:
            identity = spool.identity
            spool.close()
            spool = Spool(folder, segment=segment)
            assert spool.identity == identity
        assert (spool.last, spool.acknowledged) == (len(kept), acknowledged)
    assert everything(spool) == list(enumerate(kept[acknowledged:], acknowledged + 1))
    assert spool.size == sum(path.stat().st_size for path in folder.glob("*.spool"))
    spool.close()


def test_a_torn_end_is_cut_off_and_writing_goes_on(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append([b"one", b"two", b"three"])
    spool.close()
    (path,) = tmp_path.glob("*.spool")
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        torn = Spool(tmp_path)
        left = [entry for _, entry in everything(torn)]
        assert left == [b"one", b"two", b"three"][: len(left)]
        torn.close()
    path.write_bytes(whole[:-1])
    again = Spool(tmp_path)
    assert again.append([b"drei"]) == 3
    assert everything(again) == [(1, b"one"), (2, b"two"), (3, b"drei")]
    again.close()


def test_acknowledged_files_are_removed(tmp_path: Path) -> None:
    spool = Spool(tmp_path, segment=100)
    for number in range(50):
        spool.append([bytes([number]) * 50])
    assert len(list(tmp_path.glob("*.spool"))) >= 25
    spool.acknowledge(49)
    assert len(list(tmp_path.glob("*.spool"))) <= 2
    assert everything(spool) == [(50, bytes([49]) * 50)]
    spool.close()


@pytest.mark.parametrize("segment", [1, 100, 10_000])
def test_the_newest_entry_stays_readable_when_all_is_acknowledged(tmp_path: Path, segment: int) -> None:
    spool = Spool(tmp_path, segment=segment)
    assert spool.newest() is None
    for number in range(20):
        spool.append([b"first", b"entry %d" % number])
        spool.acknowledge(spool.last)
        assert spool.newest() == b"entry %d" % number
    spool.close()
    again = Spool(tmp_path, segment=segment)
    assert (again.newest(), again.waiting) == (b"entry 19", 0)
    again._writing()  # a new file that is still empty, as a killed process leaves it
    again.acknowledge(again.last)
    again.close()
    third = Spool(tmp_path, segment=segment)
    third.acknowledge(third.last)
    assert (third.newest(), third.last) == (b"entry 19", 40)
    third.close()


def test_a_full_spool_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    spool = Spool(tmp_path, most_bytes=200)
    spool.append([b"x" * 100])
    with pytest.raises(SpoolError, match="is full: 1 entries wait"):
        spool.append([b"y" * 100])
    assert everything(spool) == [(1, b"x" * 100)]
    with pytest.raises(SpoolError, match="larger than"):
        spool.append([b"z" * (LARGEST_ENTRY + 1)])
    spool.close()


def test_a_folder_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SpoolError, match="cannot be kept"):
        Spool(tmp_path / "file" / "spool")


WRITER = """
import sys
from pathlib import Path
from devices.gateway.spool import Spool
spool = Spool(Path(sys.argv[1]), segment=2000)
while True:
    number = spool.append([b"entry %d" % (spool.last + 1)])
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_killed_writer_loses_nothing_it_had_promised(tmp_path: Path) -> None:
    promised = 0
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
        ) as writer:
            assert writer.stdout is not None
            for _ in range(40):
                promised = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            rest = writer.stdout.read().splitlines()
            promised = int(rest[-1]) if rest and rest[-1].isdigit() else promised
        spool = Spool(tmp_path)
        entries = everything(spool)
        assert spool.last >= promised
        assert entries == [(number, b"entry %d" % number) for number in range(1, spool.last + 1)]
        spool.close()
