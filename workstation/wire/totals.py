"""What is compared after a round: count and hash of the journal, count and running digest of the readings in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from workstation.store.journal import FIRST_PREVIOUS_HASH

NO_READINGS = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """The state of one journal up to entry `count`."""

    count: int = 0
    hash: str = FIRST_PREVIOUS_HASH
    readings: int = 0
    digest: str = NO_READINGS

    def after_entry(self, entry_hash: str) -> Totals:
        return Totals(self.count + 1, entry_hash, self.readings, self.digest)

    def after_batch(self, entry_hash: str, batch_digest: str, readings: int) -> Totals:
        """As `after_entry`, for an entry that is a batch of `readings` measurement rows with this digest."""
        running = hashlib.sha256(f"{self.digest}{batch_digest}".encode("ascii")).hexdigest()
        return Totals(self.count + 1, entry_hash, self.readings + readings, running)
