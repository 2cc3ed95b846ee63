"""The life of a line process: settled memory, signals, the parent that watches it, what it says at start and end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable

from workstation.errors import SurroundingsFailed
from workstation.line.process import LineProcess

log = logging.getLogger(__name__)


def run_process(line: Callable[[], LineProcess], tell: Callable[[str], None], supervised: bool) -> int:
    """Run a line process to its end and return its exit code; `tell` is given a line when it is ready, and at the end.

    `supervised`: a parent holds standard input open, and its end means that the parent has died.
    """
    settle_memory()
    return asyncio.run(_run(line, tell, supervised))


def settle_memory() -> None:
    """Spare the line pauses: what was loaded at start is never searched for garbage, and threads take turns quickly."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    sys.setswitchinterval(0.0005)


async def _run(make: Callable[[], LineProcess], tell: Callable[[str], None], supervised: bool) -> int:
    line = make()
    loop = asyncio.get_running_loop()
    _on_signals(loop, line.stop)
    if supervised:
        threading.Thread(target=_watch_parent, args=(loop, line.parent_died), daemon=True).start()

    def ready() -> None:
        snapshot = line.snapshot()
        sentence = f"The line of station {snapshot.station} reads its ports as process {snapshot.pid}."
        if not snapshot.plan:
            sentence += " No plan is effective yet: see 'sinebar import --help'."
        log.info("line ready", extra={"plan": snapshot.plan, "supervision": snapshot.supervision})
        facts = {"pid": snapshot.pid, "station": snapshot.station, "plan": snapshot.plan, "sentence": sentence}
        tell(f"ready {json.dumps(facts)}")

    lost = await line.run(ready)
    told = line.snapshot()
    log.info("line ended", extra={"kept": told.kept, "refused": told.refused, "lost": lost})
    sentence = f"The line has ended: {told.kept} readings kept, {told.judged} subgroups judged, {told.refused} refused."
    tell(
        f"ended {json.dumps({'kept': told.kept, 'judged': told.judged, 'refused': told.refused, 'sentence': sentence})}"
    )
    line.require_home()
    if lost:
        raise SurroundingsFailed(
            f"{lost} readings could not be kept before the line ended; their raw bytes are in the home's raw folder.",
            "Make room on the disk, start the line, and measure these parts again.",
        )
    return 0


def _on_signals(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Have SIGTERM and SIGINT (on Windows: Ctrl-C and Ctrl-Break) end the line in order."""
    if sys.platform == "win32":
        for number in (signal.SIGINT, signal.SIGBREAK):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    else:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)


def _watch_parent(loop: asyncio.AbstractEventLoop, died: Callable[[], None]) -> None:
    """Wait for the end of standard input, which the parent holds open for as long as it lives."""
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 1024):
            pass
    with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
        loop.call_soon_threadsafe(died)
