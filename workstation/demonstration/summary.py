"""What the demo found, checked against what was published: a person's summary, and the same as plain data."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis import charts
from analysis.rules import RuleSet
from workstation.demonstration.story import FOLDER, MORE, PUBLISHED, SUBGROUP, Facts
from workstation.demonstration.watching import Watch
from workstation.station import Station

BASELINE = 25


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison of the demo: what it says, what was found, what must be found."""

    name: str
    found: Any
    expected: Any

    @property
    def holds(self) -> bool:
        return bool(self.found == self.expected)


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole outcome of one run."""

    facts: dict[str, Any]
    checks: tuple[Check, ...]
    written: tuple[Path, ...]

    @property
    def holds(self) -> bool:
        return all(check.holds for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """The summary as plain data, for `--json`."""
        checks = [
            {"name": check.name, "found": check.found, "expected": check.expected, "holds": check.holds}
            for check in self.checks
        ]
        return {**self.facts, "checks": checks, "written": [str(path) for path in self.written], "ok": self.holds}


def published() -> np.ndarray:
    """The published diameters, shape (40, 5), mm."""
    with (FOLDER / "piston-rings.csv").open(encoding="utf-8", newline="") as file:
        values = [float(row["diameter"]) for row in csv.DictReader(file)]
    return np.array(values).reshape(-1, SUBGROUP)


def expected_alarms() -> list[int]:
    """Numbers of the watched subgroups that break a rule, by the batch functions: the line judged them one by one."""
    diameters = published()
    again = diameters[: MORE // SUBGROUP]
    rules = RuleSet.by_name("nelson")
    limits = charts.fit("xbar_r", diameters[:BASELINE])
    watched = np.vstack([diameters[BASELINE:], again])
    result = charts.evaluate(watched, limits, rules)
    return [BASELINE + 1 + int(index) for index in np.flatnonzero(result.signals)]


def summarize(station: Station, watch: Watch, facts: Facts) -> Summary:
    """Compare what the simulator sent, the line announced, the store holds and the hub received."""
    watch.look()
    verification = station.store.verify()
    with station.read() as reader:
        counts, (entries, head) = reader.counts(), reader.journal_head()
        kept = len(reader.measurements(watch.characteristic))
        window = reader.last_subgroups(watch.characteristic, 1000)
    median, slowest = watch.milliseconds()
    first, again = facts.hub_first.get("totals", {}), facts.hub_again.get("totals", {})
    alarms = sorted({alarm.subgroup for alarm in watch.alarms})
    readings = PUBLISHED + MORE
    checks = (
        Check("readings sent by the simulator", facts.sent, readings),
        Check("readings kept", kept, readings),
        Check("readings announced as kept", watch.kept, readings),
        Check("subgroups judged", len(window.numbers), readings // SUBGROUP),
        Check("readings refused", watch.refused, 0),
        Check("alarms at subgroups", alarms, expected_alarms()),
        Check("investigations opened", sum(alarm.investigation is not None for alarm in watch.alarms) > 0, True),
        Check("nonconformances opened", len(watch.nonconformances), 1),
        Check("value out of tolerance", [item.value for item in watch.nonconformances], ["74.036"]),
        Check("entries sent after the hub came back", facts.hub_again.get("sent"), facts.pending_while_away),
        Check("entries on the hub", facts.hub_holds.get("entries"), entries),
        Check("readings on the hub", facts.hub_holds.get("readings"), counts.measurements),
        Check("hash of the hub's last entry", again.get("hash"), head),
        Check("digest of the readings on the hub", facts.hub_holds.get("digest"), again.get("digest")),
        Check("the hub verifies", facts.hub_verifies, True),
        Check("the journal's chain verifies", verification.intact, True),
    )
    plain = {
        "readings_sent": facts.sent,
        "readings_kept": kept,
        "climate_readings_kept": counts.measurements - kept,
        "subgroups_judged": len(window.numbers),
        "alarms": alarms,
        "alarm_rules": {str(alarm.subgroup): list(alarm.rules) for alarm in watch.alarms},
        "nonconformance": facts.nonconformance,
        "capa": facts.capa,
        "hub_readings": again.get("readings"),
        "hub_entries_first": first.get("count"),
        "hub_entries": again.get("count"),
        "pending_while_hub_away": facts.pending_while_away,
        "milliseconds_to_commit_median": round(median, 2),
        "milliseconds_to_commit_p99": round(slowest, 2),
        "journal_entries": entries,
        "journal_head": head,
        "home": str(station.home),
    }
    return Summary(plain, checks, tuple(facts.written))
