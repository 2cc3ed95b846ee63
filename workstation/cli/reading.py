"""Opens a station for commands that only read, and has them say where it was read otherwise than usual."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from workstation.cli import output

if TYPE_CHECKING:
    from workstation.station import Station


@contextmanager
def station_to_read(ctx: typer.Context, home: Path | None) -> Iterator[Station]:
    """The station of this call's home, also where nothing may be written; the result is printed with how it was read.

    Raises Expected.
    """
    from workstation.station import Station

    with Station.open_to_read(output.home_of(ctx, home)) as station:
        output.remark(ctx, station.store.how_read)
        yield station
