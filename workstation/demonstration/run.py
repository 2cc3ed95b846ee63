"""Run the story from an empty home to the checked summary, and leave no process behind."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from workstation.demonstration.story import PUBLISHED, Progress, Say, Story, line_process, ready_home
from workstation.demonstration.summary import Summary, summarize
from workstation.demonstration.watching import Watch
from workstation.line.attachment import Attached
from workstation.station import Station


def run(home: Path, *, speed: float, say: Say, progress: Progress, show: Callable[[Path], None] | None) -> Summary:
    """The whole demo in `home`, which must not have a station yet. `show` opens the window on it while it measures."""
    ready_home(home)
    story = Story(home, speed=speed, say=say, progress=progress)
    story.choose_ports()
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        station = stack.enter_context(Station.open(home, name="demo-station"))
        say("a station with a plan, three accounts and two simulated instruments")
        characteristic = story.set_up(station)
        stack.enter_context(story.play_climate())
        line = stack.enter_context(line_process(home))
        attachment = station.attach("demo")
        stack.callback(attachment.close)
        watch = Watch(attachment, characteristic)
        watch.until(lambda: isinstance(attachment.state, Attached), "The line did not start.", 20)
        story.sign_on(watch)
        if show is not None:
            show(home)
        say(f"the line reads {PUBLISHED} published piston-ring diameters")
        with story.measuring(watch, PUBLISHED, "gauge"):
            say("the nonconforming ring is contained and disposed of; its corrective action starts")
            story.decide(station)
            say("the inspection report and pictures of the window are written")
            story.report()
        say("a hub is started and receives the journal")
        story.share(station, watch, line)
        summary = summarize(station, watch, story.facts)
        summary.facts["seconds"] = round(time.monotonic() - started, 1)
        return summary
