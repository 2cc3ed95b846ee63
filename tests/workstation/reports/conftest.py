"""One measured station for all tests that only read it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.workstation.reports.inspected import BORE, dispose, measure, planned_station, published
from workstation.reports.inspection.facts import InspectionFacts
from workstation.reports.inspection.gather import gather
from workstation.store import Store


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with planned_station(tmp_path_factory.mktemp("measured") / "home") as store:
        measure(store, published())
        dispose(store)
        yield store


@pytest.fixture(scope="session")
def facts(measured: Store) -> InspectionFacts:
    return gather(measured, BORE)
