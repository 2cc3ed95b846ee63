"""How far this station is with its hub: what was acknowledged, when they last spoke, what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from workstation import files
from workstation.wire.totals import Totals

FILE = "sync.json"
_NEXT_STEP = "Check the home's rights."


class SyncState(msgspec.Struct, frozen=True):
    """`acknowledged` is the hub's last answer about this journal; times are UTC microseconds, 0 for never.

    Losing this file loses nothing: the hub's own head is asked for before anything is sent.
    """

    hub: str = ""
    epoch: str = ""
    acknowledged: Totals = Totals()
    last_contact: int = 0
    last_attempt: int = 0
    last_problem: str = ""
    clock_difference: int = 0
    last_bundle: str = ""
    bundled: int = 0

    def after(self, **changes: object) -> SyncState:
        return msgspec.structs.replace(self, **changes)


class StateFile:
    """The state in the station's home."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE

    def read(self) -> SyncState:
        """What was last kept; a missing or unreadable file means that nothing is known."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=SyncState)
        except (OSError, msgspec.DecodeError):
            return SyncState()

    def forget(self) -> None:
        """Another station stands in the home from now on: what was acknowledged was not its own."""
        with files.changing(self._path, next_step=_NEXT_STEP):
            self._path.unlink(missing_ok=True)

    def change(self, step: Callable[[SyncState], SyncState]) -> None:
        """Keep what `step` makes of the state as it is now: another process may have moved it since it was read.

        Raises SurroundingsFailed when it cannot be written.
        """
        with files.changing(self._path, next_step=_NEXT_STEP):
            files.replace(self._path, msgspec.json.encode(step(self.read())), next_step=_NEXT_STEP)
