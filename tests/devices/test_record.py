"""Raw bytes on disk: bounded, readable after a crash, exported, and replayed to the identical readings."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices import Poll, Profile, RawJournal, load_profile, open_link
from devices.errors import ProtocolError
from devices.link import AnyLink
from devices.reading import Discarded, LinkStatus, Reading
from devices.record import Direction, Entry, JournalError, export_recording, read_recording, recordings, slug
from devices.simulators.faults import Fault
from devices.simulators.gauge import GaugeSimulator
from devices.simulators.serve import Playing, build_endpoint, stop

Until = Callable[..., Any]
DAY = 86_400 * 10**9


def test_what_was_written_is_read(tmp_path: Path) -> None:
    journal = RawJournal(tmp_path)
    journal.append("gauge 1/a", Direction.EVENT, 5, 50, b"", "opened 0")
    journal.append("gauge 1/a", Direction.IN, 7, 70, b"01A+0000.123\r")
    journal.append("gauge 1/a", Direction.OUT, 9, 90, b"?\r", "request 1")
    journal.append("other", Direction.IN, 1, 10, b"x")
    journal.close()
    first, second = recordings(tmp_path)
    assert (first.source, second.source) == ("gauge 1/a", "other")
    assert list(read_recording(first.path)) == [
        Entry(Direction.EVENT, 50, 5, "opened 0", b""),
        Entry(Direction.IN, 70, 7, "", b"01A+0000.123\r"),
        Entry(Direction.OUT, 90, 9, "request 1", b"?\r"),
    ]


def test_each_piece_is_on_disk_before_append_returns(tmp_path: Path) -> None:
    journal = RawJournal(tmp_path)
    journal.append("gauge", Direction.IN, 1, 10, b"abc")
    (one,) = recordings(tmp_path)
    assert [entry.data for entry in read_recording(one.path)] == [b"abc"]
    journal.close()


def test_a_terminal_hears_what_is_kept(tmp_path: Path) -> None:
    journal = RawJournal(tmp_path)
    heard: list[tuple[str, bytes, str]] = []
    end = journal.listen(lambda source, entry: heard.append((source, entry.data, entry.note)))
    journal.append("gauge", Direction.OUT, 1, 10, b"?\r", "request 1")
    end()
    end()
    journal.append("gauge", Direction.IN, 2, 20, b"+1.5\r")
    journal.close()
    assert heard == [("gauge", b"?\r", "request 1")]


def test_size_is_bounded_and_the_oldest_goes_first(tmp_path: Path) -> None:
    journal = RawJournal(tmp_path, most_bytes=64 * 1024)
    for number in range(2000):
        journal.append("gauge", Direction.IN, number, number * 1000, number.to_bytes(4, "big") * 25)
    journal.close()
    files = recordings(tmp_path)
    assert sum(one.size for one in files) <= 64 * 1024 + 8 * 1024
    assert len(files) > 3
    numbers = [int.from_bytes(entry.data[:4], "big") for entry in read_recording(tmp_path / "gauge")]
    assert numbers == list(range(numbers[0], 2000))


def test_what_is_too_old_is_dropped(tmp_path: Path) -> None:
    journal = RawJournal(tmp_path, most_days=2)
    now = 1_800_000_000 * 10**9
    journal.append("gauge", Direction.IN, 1, now - 5 * DAY, b"old")
    journal.close()
    (old,) = recordings(tmp_path)
    os.utime(old.path, ((now - 5 * DAY) / 1e9,) * 2)
    fresh = RawJournal(tmp_path, most_days=2)
    fresh.append("gauge", Direction.IN, 2, now, b"new")
    fresh.close()
    assert [entry.data for entry in read_recording(tmp_path / "gauge")] == [b"new"]


@given(cut=st.integers(0, 200), flip=st.integers(0, 199), byte=st.integers(0, 255))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_torn_or_damaged_recording_gives_what_it_can(tmp_path: Path, cut: int, flip: int, byte: int) -> None:
    for old in tmp_path.glob("*/*"):
        old.unlink()
    journal = RawJournal(tmp_path)
    for number in range(5):
        journal.append("gauge", Direction.IN, number, number, b"01A+0000.123\r")
    journal.close()
    (one,) = recordings(tmp_path)
    data = bytearray(one.path.read_bytes())
    whole = [entry.data for entry in read_recording(one.path)]
    one.path.write_bytes(bytes(data[: len(data) - cut]))
    with suppress(JournalError):
        assert [entry.data for entry in read_recording(one.path)] == whole[: max(0, 5 - -(-cut // 36))] or cut > 180
    data[min(flip, len(data) - 1)] = byte
    one.path.write_bytes(bytes(data))
    with suppress(JournalError):
        assert len(list(read_recording(one.path))) <= 5
    assert len(recordings(tmp_path)) == 1


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "bad.jsonl").write_text('{"direction": "in"}\n')
    (tmp_path / "head.raw").write_bytes(b"SINEBAR RAW 1\n[]\n")
    for name, words in (
        ("notes.txt", "no recording"),
        ("bad.jsonl", "line 1"),
        ("head.raw", "head is damaged"),
        ("nothing", "cannot be read"),
    ):
        with pytest.raises(JournalError, match=words):
            list(read_recording(tmp_path / name))


def test_names_of_sources_are_safe_as_folders() -> None:
    assert slug("../../etc/passwd") == "etc_passwd"
    assert slug("...") == "port"
    assert slug("gauge 1") == "gauge_1"


async def run_until(link: AnyLink, condition: Callable[[], object], until: Until) -> None:
    task = asyncio.ensure_future(link.run())
    await until(condition, 20)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


SHORT = "timeout_ms = 1500", "timeout_ms = 60", "late_window_ms = 3000", "late_window_ms = 90"


async def test_a_recording_replays_to_the_identical_readings(
    tmp_path: Path, profile_path: Callable[[str], Path], until: Until
) -> None:
    """Requests, time-outs, late answers, errors and noise: everything comes out the same, times included."""
    text = profile_path("mux.mw").read_text(encoding="utf-8")
    text = (
        text.replace(SHORT[0], SHORT[1])
        .replace(SHORT[2], SHORT[3])
        .replace("delay_ms = [60, 200]", "delay_ms = [1, 9]")
    )
    profile = load_profile(text)
    values = (Decimal(number).scaleb(-3) for number in range(1, 99999))
    faults = {Fault.LATE: 0.15, Fault.SPLIT: 0.2, Fault.ERROR: 0.1, Fault.GARBAGE: 0.1, Fault.BUTTON: 0.1}
    play = Playing(GaugeSimulator(profile, values, seed=5, faults=faults), build_endpoint("pty"), rate=0)
    port = await play.open()
    playing = asyncio.ensure_future(play.run(stay=True))
    live: list[object] = []
    journal = RawJournal(tmp_path)
    polls = [Poll(channel, 15_000_000) for channel in "1234"]
    link = open_link(profile, port, source="mux", sink=live.append, raw_journal=journal, polls=polls)
    await run_until(link, lambda: sum(isinstance(one, Reading) for one in live) > 40, until)
    await stop(playing, play)
    journal.close()

    def heard(results: list[object]) -> list[object]:
        return [one for one in results if isinstance(one, Reading | Discarded)]

    assert any(isinstance(one, Reading) and "no answer" in one.reason for one in live)
    (recording,) = recordings(tmp_path)
    exported = tmp_path / "export.jsonl"
    with exported.open("w") as out:
        assert export_recording(recording.path, out) > 60
    for name in (recording.path, recording.path.parent, exported):
        for speed in ("max", "20"):
            again: list[object] = []
            replay = open_link(profile, f"replay:{name}?speed={speed}", source="mux", sink=again.append)
            await run_until(replay, lambda replay=replay: replay.state.status is LinkStatus.SILENT, until)
            count = len(heard(again))
            assert heard(again) == heard(live)[:count]
            assert (
                count >= len(heard(live)) - 1
            )  # the last thing of the live run may not have ended when it was stopped


async def test_a_recording_cannot_be_asked(tmp_path: Path, mitutoyo: Profile) -> None:
    link = open_link(mitutoyo, f"replay:{tmp_path / 'no'}", source="gauge", sink=list[object]().append)
    with pytest.raises(ProtocolError, match="is a recording"):
        await link.request("1")


async def test_a_missing_recording_is_an_error_state(tmp_path: Path, mitutoyo: Profile, until: Until) -> None:
    link = open_link(mitutoyo, f"replay:{tmp_path / 'no'}", source="gauge", sink=list[object]().append)
    await run_until(link, lambda: link.state.status is LinkStatus.ERROR, until)
    assert "cannot be read" in link.state.detail


def test_an_export_is_lines_of_json(tmp_path: Path) -> None:
    journal = RawJournal(tmp_path)
    journal.append("gauge", Direction.IN, 7, 1_800_000_000_000_000_000, b"\x00911\r")
    journal.close()
    out = io.StringIO()
    (one,) = recordings(tmp_path)
    assert export_recording(one.path, out) == 1
    line = json.loads(out.getvalue())
    assert (line["direction"], line["hex"], line["text"]) == ("in", "003931310d", "\x00911\r")
    assert line["time"].startswith("2027-01-15")


def test_names_that_make_one_folder_are_kept_apart(tmp_path: Path) -> None:
    """Two gauges named in another script than Latin would else drop each other's segments, and replay as one."""
    names = ("千分尺", "卡尺", "Höhe", "Hähe", "gauge 1", "gauge_1")
    for _ in ("first", "after a new start"):
        journal = RawJournal(tmp_path, most_bytes=8 * 4096)
        for piece in range(200):
            for name in names:
                journal.append(name, Direction.IN, piece, 10**18 + piece, name.encode() + b"." * 400)
        journal.close()
    found = recordings(tmp_path)
    assert len({one.path.parent for one in found}) == len(names) == len({one.source for one in found})
    for one in found:
        assert all(entry.data.startswith(one.source.encode()) for entry in read_recording(one.path.parent))
    assert (tmp_path / "gauge_1").is_dir()
