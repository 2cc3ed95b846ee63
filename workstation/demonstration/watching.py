"""The demo's eye on the line: attached like a window, it counts what was announced and how long it took."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field

from workstation.demonstration.players import wait_until
from workstation.errors import SurroundingsFailed
from workstation.line import protocol
from workstation.line.attachment import Attached, Attachment, Detached

BORE = "inside diameter"


@dataclass(slots=True)
class Watch:
    """What the line announced since the demo attached, for the characteristic that the gauge measures."""

    attachment: Attachment
    characteristic: int
    kept: int = 0
    judged: int = 0
    other_kept: int = 0
    refused: int = 0
    last_refusal: str = ""
    limits: bool = False
    latencies: list[int] = field(default_factory=list)
    alarms: list[protocol.AlarmRaised] = field(default_factory=list)
    nonconformances: list[protocol.NonconformanceOpened] = field(default_factory=list)
    ports: dict[str, str] = field(default_factory=dict)
    answers: dict[int, protocol.Answer] = field(default_factory=dict)

    def look(self) -> None:
        """Take in everything that arrived."""
        for arrival in self.attachment.drain():
            self._take(arrival)

    def _take(self, arrival: object) -> None:
        match arrival:
            case protocol.Kept(characteristic=number, latency=latency):
                self.latencies.append(latency)
                if number == self.characteristic:
                    self.kept += 1
                else:
                    self.other_kept += 1
            case protocol.Judged(characteristic=number) if number == self.characteristic:
                self.judged += 1
            case protocol.LimitsEstablished(characteristic=number) if number == self.characteristic:
                self.limits = True
            case protocol.AlarmRaised(characteristic=number) if number == self.characteristic:
                self.alarms.append(arrival)
            case protocol.NonconformanceOpened(characteristic=number) if number == self.characteristic:
                self.nonconformances.append(arrival)
            case protocol.ReadingRefused(reason=reason):
                self.refused += 1
                self.last_refusal = reason
            case protocol.Port(source=source, status=status):
                self.ports[source] = status
            case protocol.Answer(command=number):
                self.answers[number] = arrival
            case protocol.KeepFailed(sentence=sentence, next_step=next_step):
                raise SurroundingsFailed(sentence, next_step)
            case Attached(snapshot=snapshot):
                self.ports |= {port.source: port.status for port in snapshot.ports}
            case Detached() | protocol.Snapshot() | _:
                pass

    def until(self, condition: Callable[[], bool], sentence: str, patience: float) -> None:
        """Look until the condition holds."""

        def looked() -> bool:
            self.look()
            return condition()

        wait_until(looked, sentence, patience)

    def answer(self, command: int) -> protocol.Answer:
        """The line's answer to a command."""
        self.until(lambda: command in self.answers, "The line did not answer a command.", 10)
        return self.answers.pop(command)

    def milliseconds(self) -> tuple[float, float]:
        """Median and 99th percentile of last byte to commit, in milliseconds."""
        if len(self.latencies) < 2:
            return 0.0, 0.0
        ordered = [latency / 1000 for latency in self.latencies]
        return statistics.median(ordered), statistics.quantiles(ordered, n=100, method="inclusive")[98]
