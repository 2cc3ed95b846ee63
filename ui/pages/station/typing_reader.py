"""What becomes of a text that a reader or gauge typed: a record of a gauge, a value, or the code of a piece or lot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.models.line import Line
from ui.models.wedge import typed_record
from ui.pages.station.at_gauge import AtGauge
from ui.pages.station.entry import Entry

if TYPE_CHECKING:
    from devices.profile.model import Profile
    from workstation.line.protocol import Answer


class Typing:
    """Hands what was typed to the line, and notes what became of it."""

    def __init__(self, line: Line, at_gauge: AtGauge, entry: Entry) -> None:
        self._line, self._at_gauge, self._entry = line, at_gauge, entry

    def take(self, text: str, profile: Profile | None) -> None:
        """A reader typed this: the line is asked whose record it is, where one of its gauges types.

        `profile` is that of a gauge that types and is in no plan.
        """
        if not self._line.hears_keys:
            self._keep(text, profile)
            return

        def answered(answer: Answer) -> None:
            if answer.sentence:
                self._at_gauge.say_typed(f"Refused: {answer.sentence}", text)
            elif not answer.facts:
                self._keep(text, profile)
            elif answer.facts["kind"] == "reading":
                self._at_gauge.say_typed(f"From {answer.facts['source']}", text)

        self._line.type_record(text, answered)

    def _keep(self, text: str, profile: Profile | None) -> None:
        """A record of the profile is kept as a typed value; anything else is the code of what is measured next.

        A code that was kept is announced, and noted then.
        """
        record = typed_record(profile, text)
        if record is not None:
            self._entry.keep_record(record, lambda told: self._at_gauge.say_typed(told, text))
            return

        def answered(answer: Answer) -> None:
            if answer.sentence:
                self._at_gauge.say_typed(f"Not kept: {answer.sentence} {answer.next_step}".strip(), text)

        self._line.keep_scan(text, answered)
