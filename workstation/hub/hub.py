"""One hub, opened on its folder: register of stations, intake and queries over one database."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from workstation.hub.database import Database
from workstation.hub.epoch import Mark
from workstation.hub.intake import Intake
from workstation.hub.queries import Queries
from workstation.hub.stations import Stations
from workstation.store.clock import Clock, SystemClock


class Hub:
    """What the server and the hub's commands hold in their hand; may be opened by several processes at once."""

    def __init__(self, database: Database, mark: Mark, clock: Clock) -> None:
        self._database = database
        self._mark = mark
        self.clock = clock
        self.database = database
        self.stations = Stations(database, clock)
        self.intake = Intake(database, mark, clock)
        self.queries = Queries(database, clock)

    @classmethod
    def open(cls, data: Path, *, url: str | None = None, clock: Clock | None = None) -> Hub:
        """Open the hub of folder `data`, its database at `url` or in the folder; raises an Expected when that fails."""
        clock = clock or SystemClock()
        database = Database.open(data, clock, url)
        try:
            return cls(database, Mark(data), clock)
        except BaseException:
            database.close()
            raise

    def close(self) -> None:
        self._mark.write()
        self._database.close()

    def __enter__(self) -> Hub:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
