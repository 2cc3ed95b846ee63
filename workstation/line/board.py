"""The board of the line: its instruments as clients see them, the state and counts of each, and who looks at which."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence

from devices import RawJournal
from devices.reading import Discarded, LinkState, LinkStatus, Reading
from workstation.catalog.values import Gauge
from workstation.errors import CallIsWrong
from workstation.line import protocol
from workstation.line.plan import LinePlan
from workstation.line.ports import Event, Ports
from workstation.line.watch import EVERY_GAUGE, Tallies, Tell, Watch

log = logging.getLogger(__name__)

PUBLISHING = "publishing"
"""What the line's own edge node is called among the ports."""
LARGEST_RECORD = 512
"""Bytes of a record that are shown, and kept of a gauge that types like a keyboard."""
_LOGGED_WHOLE = 20
"""Discarded pieces of one instrument that are logged one by one; then one in a thousand."""


class Board:
    """What is known of each port since the line started; `tell` sends to the subscribers of a source."""

    def __init__(self, ports: Ports, raw: RawJournal, tell: Tell) -> None:
        self._ports = ports
        self._plan = LinePlan()
        self._states: dict[str, LinkState] = {}
        self._tallies = Tallies()
        self._watch = Watch(raw, tell, self.instruments)
        self._looked_at: frozenset[str] = frozenset()
        self._preferred = 0
        self.discarded = 0

    def follow(self, plan: LinePlan) -> None:
        """Show the instruments of this plan; the ports follow it already."""
        self._plan = plan
        for source in set(self._states) - self._ports.sources - {PUBLISHING}:
            del self._states[source]
        self._prefer()
        self.look(self._looked_at)

    def close(self) -> None:
        """Look at nothing any more."""
        self._watch.close()

    # --- what happened ---

    def heard(self, event: Event) -> None:
        """Note what a port said."""
        if isinstance(event, Reading):
            if event.raw:
                self._tallies[event.source].heard = event.raw
        elif isinstance(event, LinkState):
            self._states[event.source] = event
            log.info("port", extra={"source": event.source, "status": str(event.status), "detail": event.detail})
        elif isinstance(event, Discarded):
            self._count_discarded(event)
        self._watch.heard(event)

    def said(self, items: Sequence[protocol.Announcement]) -> None:
        """Note what became of readings."""
        self._tallies.count(items)
        self._watch.said(items)

    def _count_discarded(self, piece: Discarded) -> None:
        self.discarded += 1
        tally = self._tallies[piece.source]
        tally.discarded += 1
        tally.heard = piece.raw
        count = tally.discarded
        if count <= _LOGGED_WHOLE or count % 1000 == 0:
            log.info(
                "discarded",
                extra={"source": piece.source, "reason": piece.reason, "raw": piece.raw[:100].hex(), "count": count},
            )

    def closed(self, why: str) -> Iterable[LinkState]:
        """The state of every instrument after its port was closed by the line itself, for the sentence `why`."""
        for source in self._ports.sources:
            known = self._states.get(source)
            yield LinkState(source, known.port if known else "", LinkStatus.ERROR, time.time_ns(), why, b"")

    # --- what clients look at ---

    def look(self, sources: frozenset[str]) -> None:
        """These have subscribers; one whose gauge has left the plan shows nothing any more."""
        self._looked_at = sources
        there = self._ports.sources
        wanted = {source: self._ports.wire(source).names for source in sources if source in there}
        self._watch.follow(wanted, counts=EVERY_GAUGE in sources)

    def require(self, source: str) -> None:
        """Raise CallIsWrong for a source that this line does not have."""
        if source != EVERY_GAUGE:
            self._ports.wire(source)

    def prefer(self, characteristic: int) -> None:
        """Have foot switches read what the screen shows."""
        self._preferred = characteristic
        self._prefer()

    def _prefer(self) -> None:
        routes = self._plan.routes.items()
        self._ports.prefer(place for place, bound in routes if bound == (self._preferred,))

    def ports(self) -> tuple[protocol.Port, ...]:
        """The state of every port."""
        return tuple(self.port(state) for state in self._states.values())

    def port(self, state: LinkState) -> protocol.Port:
        """A port's state as clients are told it."""
        try:
            channels = self._ports.wire(state.source).channels(state.source)
        except CallIsWrong:  # its gauge has just left the plan
            channels = ()
        return protocol.Port(
            state.source, state.port, str(state.status), state.since // 1000, state.detail, state.last_bytes, channels
        )

    def instruments(self) -> protocol.Instruments:
        """Every gauge of the line with its counts."""
        there = self._ports.sources
        return protocol.Instruments(
            tuple(self._instrument(gauge) for gauge in self._plan.gauges.values() if gauge.source in there)
        )

    def _instrument(self, gauge: Gauge) -> protocol.Instrument:
        wire, tally = self._ports.wire(gauge.source), self._tallies[gauge.source]
        last = tally.last
        return protocol.Instrument(
            source=gauge.source,
            name=gauge.name,
            serial_number=gauge.serial_number,
            profile=wire.profiles[gauge.source].title,
            kept=tally.kept,
            refused=tally.refused,
            discarded=tally.discarded,
            missed=wire.missed(gauge.source),
            last_value=last.value if last else "",
            last_unit=last.unit if last else "",
            last_at=last.observed_at if last else 0,
            last_bytes=tally.heard[-LARGEST_RECORD:],
        )
