from __future__ import annotations

import signal
import sys
import threading
import time

import pytest

from workstation.stop import Stop


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no interval timer")
def test_a_handler_may_stop_the_thread_it_interrupts_wherever_that_is() -> None:
    stop = Stop()
    before = signal.signal(signal.SIGALRM, lambda *_: stop.set())
    try:
        for number in range(300):
            stop = Stop()
            signal.setitimer(signal.ITIMER_REAL, 1e-5 * (1 + number % 60))
            while not stop.wait(1e-4):  # begins and ends a wait as often as it can while the signal comes
                pass
            assert stop.is_set()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_every_thread_that_waits_is_told() -> None:
    stop = Stop()
    told: list[bool] = []
    waiting = [threading.Thread(target=lambda: told.append(stop.wait(60))) for _ in range(3)]
    for thread in waiting:
        thread.start()
    stop.set()
    for thread in waiting:
        thread.join(10)
    assert told == [True, True, True]


def test_waiting_ends_by_itself() -> None:
    begun = time.monotonic()
    assert not Stop().wait(0.02)
    assert time.monotonic() - begun >= 0.02
