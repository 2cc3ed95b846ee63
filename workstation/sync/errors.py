"""What can go wrong between a station and its hub.

Expected
├── HubAway         the hub does not answer, or is too busy: try again later, nothing is lost (exit 3)
├── HubDenies       the hub knows us and says no: unknown or revoked token, wrong protocol (exit 2)
└── JournalsDiffer  station and hub hold different journals: a person must look (exit 1)
"""

from __future__ import annotations

from workstation.errors import NotPermitted, Refused, SurroundingsFailed


class HubAway(SurroundingsFailed):
    """The hub cannot be reached or cannot take anything now; `retry_after` is how long it asks to be left alone."""

    def __init__(self, sentence: str, next_step: str = "", *, retry_after: float = 0.0) -> None:
        super().__init__(sentence, next_step)
        self.retry_after = retry_after


class HubDenies(NotPermitted):
    """The hub refuses this station."""


class JournalsDiffer(Refused):
    """The hub holds something else than this station: never repaired by overwriting."""
