"""The list of pages: adding a page is adding a line here. Nothing is imported before the page is first opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.pages.page import Desk, Page


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the navigation: `make` imports and builds it."""

    name: str
    title: str
    icon: str
    make: Callable[[Desk], Page]


def _station(desk: Desk) -> Page:
    from ui.pages.station.page import Station

    return Station(desk)


def _control_chart(desk: Desk) -> Page:
    from ui.pages.control_chart import ControlChart

    return ControlChart(desk)


def _sensors(desk: Desk) -> Page:
    from ui.pages.sensors.page import Sensors

    return Sensors(desk)


def _instruments(desk: Desk) -> Page:
    from ui.pages.instruments.page import Instruments

    return Instruments(desk)


def _investigations(desk: Desk) -> Page:
    from ui.pages.investigations import Investigations

    return Investigations(desk)


def _nonconformances(desk: Desk) -> Page:
    from ui.pages.nonconformances import Nonconformances

    return Nonconformances(desk)


def _capa(desk: Desk) -> Page:
    from ui.pages.capa import Capas

    return Capas(desk)


def _history(desk: Desk) -> Page:
    from ui.pages.history import History

    return History(desk)


def _help(desk: Desk) -> Page:
    from ui.pages.help import Help

    return Help(desk)


ENTRIES = (
    Entry("station", "Station", "station", _station),
    Entry("control-chart", "Control chart", "chart", _control_chart),
    Entry("sensors", "Sensors", "sensor", _sensors),
    Entry("investigations", "Investigations", "investigation", _investigations),
    Entry("nonconformances", "Nonconformances", "nonconformance", _nonconformances),
    Entry("capa", "CAPA", "capa", _capa),
    Entry("instruments", "Instruments", "port", _instruments),
    Entry("history", "History", "history", _history),
    Entry("help", "Help", "help", _help),
)
