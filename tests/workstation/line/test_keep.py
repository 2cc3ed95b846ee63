from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from decimal import Decimal

import pytest

from devices.reading import Quality, Reading, Trigger
from workstation.errors import CallIsWrong, NotPermitted, SurroundingsFailed
from workstation.line import keep, protocol
from workstation.line.health import Health
from workstation.line.keep import Keeper, Outcome, Waiting

Until = Callable[[Callable[[], bool]], Awaitable[None]]
FULL = SurroundingsFailed("The disk is full.", "Make room.")


def reading(number: int) -> Reading:
    return Reading("g", "1", Decimal(number), "mm", number, 0, 0, Trigger.STREAM, Quality.GOOD, "", b"%d" % number)


class Disk:
    """Keeps batches in memory; `refuse` and `poison` make it fail as a disk and a store would."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.refused: dict[int, str] = {}
        self.announced: list[protocol.Announcement] = []
        self.full: list[bool] = []
        self.error: Exception | None = None
        self.full_at: int | None = None
        self.poison: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()
        self.slow_from: int | None = None
        self.turning = threading.Event()
        self.gone_on = threading.Event()

    def commit(self, batch: Sequence[Waiting], at_commit: Callable[[], None]) -> Callable[[], Outcome]:
        self.gate.wait(10)
        at_commit()
        if self.slow_from is not None and batch[0].reading.observed_at >= self.slow_from:
            self.turning.set()
            self.gone_on.wait(10)
        if self.error:
            raise self.error
        numbers = [item.reading.observed_at for item in batch]
        if self.full_at is not None and numbers[-1] >= self.full_at:
            raise FULL
        reasons = tuple(item.rejected for item in batch)
        if any(number in self.poison and not reason for number, reason in zip(numbers, reasons, strict=True)):
            raise CallIsWrong("It has too many digits.")
        self.batches.append([n for n, reason in zip(numbers, reasons, strict=True) if not reason])
        self.refused.update({n: reason for n, reason in zip(numbers, reasons, strict=True) if reason})
        kept = tuple(protocol.Kept(1, 1, 1, str(n), "mm", "g", n, None, 10) for n in self.batches[-1])
        outcome = Outcome(kept, (10,) * len(kept), len(kept), len(batch) - len(kept), 0, dict(enumerate(reasons)))
        return lambda: outcome

    @property
    def kept(self) -> list[int]:
        return [number for batch in self.batches for number in batch]

    def kinds(self) -> list[str]:
        return [type(item).__name__ for item in self.announced if not isinstance(item, protocol.Kept)]


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
async def keeper(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Keeper]:
    monkeypatch.setattr(keep, "FIRST_PAUSE", 0.005)
    monkeypatch.setattr(keep, "LONGEST_PAUSE", 0.01)
    made = Keeper(disk.commit, disk.announced.extend, Health(), disk.full.append)
    running = asyncio.create_task(made.run())
    yield made
    made.end()
    await asyncio.gather(running, return_exceptions=True)
    made.close()


async def test_what_arrives_during_a_commit_makes_the_next_batch_in_order(
    keeper: Keeper, disk: Disk, until: Until
) -> None:
    disk.gate.clear()
    keeper.put(reading(0), "a")
    await asyncio.sleep(0)
    for number in range(1, 1200):
        keeper.put(reading(number), "a")
    disk.gate.set()
    await until(lambda: keeper.waiting == 0)
    assert disk.kept == list(range(1200))
    assert len(disk.batches) <= 14
    assert max(map(len, disk.batches)) <= keep.MOST_IN_A_BATCH
    assert [item.observed_at for item in disk.announced if isinstance(item, protocol.Kept)] == disk.kept


async def test_while_the_disk_works_on_one_batch_the_one_before_is_told_and_more_are_laid_out(
    keeper: Keeper, disk: Disk, until: Until
) -> None:
    disk.slow_from = 100
    for number in range(200):
        keeper.put(reading(number), "a")
    await until(disk.turning.is_set)
    for number in range(200, 450):
        keeper.put(reading(number), "a")
    await until(lambda: len(disk.announced) == 100)
    assert keeper.waiting == 350, "a batch that the disk is still at was announced"
    disk.gone_on.set()
    await until(lambda: keeper.waiting == 0)
    assert list(map(len, disk.batches)) == [100, 100, 100, 100, 50]
    assert [item.observed_at for item in disk.announced if isinstance(item, protocol.Kept)] == list(range(450))


async def test_a_batch_that_fails_while_the_one_before_is_told_loses_neither(
    keeper: Keeper, disk: Disk, until: Until
) -> None:
    disk.slow_from, disk.full_at = 100, 199
    answers = [asyncio.get_running_loop().create_future() for _ in range(200)]
    for number, answer in enumerate(answers):
        keeper.put(reading(number), "a", answer)
    await until(disk.turning.is_set)
    await until(answers[99].done)
    assert not answers[100].done()
    disk.gone_on.set()
    await until(lambda: keeper.failure is not None)
    assert disk.kept == list(range(100)) and keeper.waiting == 100
    assert [answer.result() for answer in answers[:100]] == [""] * 100
    assert "will be kept" in answers[100].result()
    disk.full_at = None
    await until(lambda: keeper.waiting == 0)
    assert disk.kept == list(range(200))


async def test_a_disk_that_fails_between_two_batches_of_a_turn_keeps_the_first_and_tries_the_second_again(
    keeper: Keeper, disk: Disk, until: Until
) -> None:
    disk.full_at = 300
    for number in range(1000):
        keeper.put(reading(number), "a")
    await until(lambda: keeper.failure is not None)
    assert keeper.failure is not None and disk.kept == list(range(1000 - keeper.failure.waiting))
    assert 0 < len(disk.kept) <= 300
    assert [item.observed_at for item in disk.announced if isinstance(item, protocol.Kept)] == disk.kept
    disk.full_at = None
    await until(lambda: keeper.waiting == 0)
    assert disk.kept == list(range(1000))


async def test_other_work_comes_between_two_commits_of_a_flood_that_does_not_end(disk: Disk) -> None:
    """Whole batches always wait, so that the writer would never be done by itself."""
    number, done_after = 0, 0

    def announce(said: Sequence[protocol.Announcement]) -> None:
        nonlocal number
        disk.announced.extend(said)
        for _ in said if not done_after else ():
            made.put(reading(number), "a")
            number += 1

    def commit(batch: Sequence[Waiting], at_commit: Callable[[], None]) -> Callable[[], Outcome]:
        outcome = disk.commit(batch, at_commit)
        time.sleep(0.002)  # the loop lays out more beside it
        return outcome

    def work() -> None:
        nonlocal done_after
        done_after = len(disk.batches)

    made = Keeper(commit, announce, Health(), disk.full.append)
    for number in range(3000):
        made.put(reading(number), "a")
    number = 3000
    running = asyncio.create_task(made.run())
    while len(disk.batches) < 2 * keep.MOST_LAID_OUT:
        await asyncio.sleep(0)
    before = len(disk.batches)
    await asyncio.wait_for(made.in_writer(work), 10)
    assert before <= done_after <= before + 2 * keep.MOST_LAID_OUT
    made.end()
    assert await running == 0
    made.close()
    assert disk.kept == list(range(number))


@pytest.mark.parametrize("fault", ["of the outcome", "of whoever hears it"])
async def test_a_fault_in_telling_what_was_kept_neither_writes_it_twice_nor_ends_the_keeping(
    disk: Disk, until: Until, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    def commit(batch: Sequence[Waiting], at_commit: Callable[[], None]) -> Callable[[], Outcome]:
        outcome = disk.commit(batch, at_commit)
        return broken if fault == "of the outcome" and batch[0].reading.observed_at in (0, 300) else outcome

    def broken() -> Outcome:
        raise ZeroDivisionError("odd")

    def announce(said: Sequence[protocol.Announcement]) -> None:
        if fault == "of whoever hears it" and {"0", "300"} & {getattr(item, "value", "") for item in said}:
            raise ZeroDivisionError("odd")
        disk.announced.extend(said)

    answers = [asyncio.get_running_loop().create_future() for _ in range(1000)]
    made = Keeper(commit, announce, Health(), disk.full.append)
    for number, answer in enumerate(answers):
        made.put(reading(number), "a", answer)
    running = asyncio.create_task(made.run())
    await until(lambda: made.waiting == 0 or running.done())
    made.end()
    assert await running == 0
    made.close()
    assert disk.kept == list(range(1000))
    assert caplog.text.count("what was kept cannot be told") == 2
    untold = {*range(100), *range(300, 400)}
    assert [n.observed_at for n in disk.announced if isinstance(n, protocol.Kept)] == [
        number for number in range(1000) if number not in untold
    ]
    for number, answer in enumerate(answers):
        if fault == "of the outcome" and number in untold:
            assert "cannot say what became of it" in str(answer.exception())
        else:
            assert answer.result() == ""


async def test_other_work_that_nobody_waits_for_any_more_is_not_done_and_holds_no_turn_back(
    keeper: Keeper, disk: Disk, until: Until
) -> None:
    at_work, go_on = threading.Event(), threading.Event()
    done: list[str] = []

    def long_work() -> None:
        at_work.set()
        go_on.wait(10)

    long = asyncio.create_task(keeper.in_writer(long_work))
    await until(at_work.is_set)
    asked = asyncio.create_task(keeper.in_writer(lambda: done.append("cancelled")))
    await asyncio.sleep(0)
    for given_up in (asked, long):  # one that waits, and one that is under way
        given_up.cancel()
    await asyncio.gather(asked, long, return_exceptions=True)
    for number in range(1000):
        keeper.put(reading(number), "a")
    go_on.set()
    await until(lambda: keeper.waiting == 0)
    await keeper.in_writer(lambda: done.append("asked for"))
    assert done == ["asked for"] and keeper._wanted == 0
    assert disk.kept == list(range(1000))


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_goes_wrong_in_a_flood_each_reading_is_kept_once_and_in_order(
    disk: Disk, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer's thread stumbles at random, single readings are no good, other work comes between and is given up."""
    monkeypatch.setattr(keep, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(keep, "LONGEST_PAUSE", 0.002)
    monkeypatch.setattr(keep, "MOST_WAITING", 2000)
    chance, in_thread = random.Random(seed), random.Random(seed + 100)
    disk.poison = set(chance.sample(range(8000), 12))

    def commit(batch: Sequence[Waiting], at_commit: Callable[[], None]) -> Callable[[], Outcome]:
        stumbles = in_thread.random()
        if stumbles < 0.05:
            raise FULL  # before the disk's work, or in the middle of it:
        if stumbles < 0.1:
            at_commit()
            time.sleep(in_thread.uniform(0, 0.003))
            raise FULL
        outcome = disk.commit(batch, at_commit)
        time.sleep(in_thread.uniform(0, 0.002))
        return outcome

    made = Keeper(commit, disk.announced.extend, Health(), disk.full.append)
    running = asyncio.create_task(made.run())
    others: list[asyncio.Task[None]] = []
    for number in range(8000):
        made.put(reading(number), "a")
        if chance.random() < 0.01:
            await asyncio.sleep(chance.choice((0, 0, 0.001, 0.01)))
        if chance.random() < 0.005:
            others.append(asyncio.create_task(made.in_writer(lambda: None)))
        if others and chance.random() < 0.005:
            chance.choice(others).cancel()
    async with asyncio.timeout(30):
        while made.waiting:
            await asyncio.sleep(0.005)
    made.end()
    assert await running == 0
    await asyncio.gather(*others, return_exceptions=True)
    made.close()
    assert disk.kept == [number for number in range(8000) if number not in disk.poison]
    assert set(disk.refused) == disk.poison
    assert [item.observed_at for item in disk.announced if isinstance(item, protocol.Kept)] == disk.kept
    assert made._wanted == 0 and made.failure is None
    assert disk.full == [True, False] * (len(disk.full) // 2)


async def test_a_full_disk_is_said_blocks_the_next_part_and_loses_nothing(
    keeper: Keeper, disk: Disk, until: Until
) -> None:
    disk.error = FULL
    for number in range(30):
        keeper.put(reading(number), "a")
    await until(lambda: keeper.failure is not None)
    assert keeper.failure is not None
    assert keeper.failure.waiting == 30
    assert keeper.failure.values == tuple(str(n) for n in range(10, 30))
    with pytest.raises(SurroundingsFailed, match="disk is full"):
        keeper.require_working()
    keeper.put(reading(30), "a")  # an instrument sends on meanwhile
    disk.error = None
    await until(lambda: keeper.waiting == 0)
    keeper.require_working()
    assert disk.kept == list(range(31))
    assert disk.kinds()[0] == "KeepFailed" and disk.kinds()[-1] == "KeepRestored"


async def test_a_typed_value_is_answered_after_the_commit_or_with_the_reason(
    keeper: Keeper, disk: Disk, until: Until
) -> None:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()
    keeper.put(reading(1), "a", answer)
    assert await answer == "" and disk.kept == [1]
    disk.error = FULL
    waits: asyncio.Future[str] = loop.create_future()
    keeper.put(reading(2), "a", waits)
    assert "The disk is full. The value waits" in await waits
    disk.error = None
    await until(lambda: keeper.waiting == 0)
    assert disk.kept == [1, 2]


async def test_one_reading_that_cannot_be_kept_does_not_stop_the_others(
    keeper: Keeper, disk: Disk, until: Until
) -> None:
    disk.poison = {7, 400}
    for number in range(600):
        keeper.put(reading(number), "a")
    await until(lambda: keeper.waiting == 0)
    assert disk.kept == [n for n in range(600) if n not in disk.poison]
    assert set(disk.refused) == disk.poison and "too many digits" in disk.refused[7]
    assert keeper.failure is None


async def test_too_much_waiting_stops_the_ports_until_there_is_room(
    keeper: Keeper, disk: Disk, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep, "MOST_WAITING", 100)
    disk.error = FULL
    for number in range(150):
        keeper.put(reading(number), "a")
    assert disk.full == [True]
    disk.error = None
    await until(lambda: keeper.waiting == 0)
    assert disk.full == [True, False]
    assert disk.kept == list(range(150))


async def test_the_end_keeps_what_is_in_hand(disk: Disk) -> None:
    made = Keeper(disk.commit, disk.announced.extend, Health(), disk.full.append)
    for number in range(700):
        made.put(reading(number), "a")
    made.end()
    assert await made.run() == 0
    made.close()
    assert disk.kept == list(range(700))


async def test_the_end_says_how_much_could_not_be_kept(disk: Disk) -> None:
    disk.error = FULL
    made = Keeper(disk.commit, disk.announced.extend, Health(), disk.full.append)
    made.put(reading(1), "a")
    made.end()
    assert await made.run() == 1
    made.close()


async def test_a_fault_of_ours_loses_nothing_either(keeper: Keeper, disk: Disk, until: Until) -> None:
    """Not even refusing the reading works: everything waits, the person is told, and a cure finds it all there."""
    disk.error = ZeroDivisionError("odd")
    for number in range(5):
        keeper.put(reading(number), "a")
    await until(lambda: keeper.failure is not None)
    assert keeper.failure is not None and "made a mistake" in keeper.failure.sentence
    disk.error = None
    await until(lambda: keeper.waiting == 0)
    assert disk.kept == [1, 2, 3, 4]
    assert "could not keep it: odd" in disk.refused[0]


async def test_a_service_account_out_of_use_is_no_readings_fault(keeper: Keeper, disk: Disk, until: Until) -> None:
    disk.error = NotPermitted("The account 'line' is deactivated.")
    for number in range(5):
        keeper.put(reading(number), "a")
    await until(lambda: keeper.failure is not None)
    disk.error = None
    await until(lambda: keeper.waiting == 0)
    assert disk.kept == list(range(5))
