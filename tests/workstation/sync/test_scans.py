"""A scan reaches the hub like any other record of the journal."""

from __future__ import annotations

from tests.workstation.wire.stations import HubProcess, measure
from workstation.catalog.identifications import Scanned, Start, clear_identification, keep_identification
from workstation.catalog.parts import characteristics
from workstation.catalog.scanned import IdentificationKind
from workstation.hub.hub import Hub
from workstation.store import Store
from workstation.sync.engine import Engine
from workstation.sync.outbox import Outbox
from workstation.wire.messages import Credentials


def test_a_scan_and_its_clearing_arrive_at_the_hub(store: Store, hub: HubProcess, credentials: Credentials) -> None:
    measure(store, 1)
    with store.write("setup") as work:
        what = characteristics(work)[0]
        scan = Scanned("01\x1d21<b>\N{SNOWMAN}", "]d2", "reader", work.now, "anna")
        kept = keep_identification(work, what.part_id, IdentificationKind.LOT, scan, [Start(what.id, 2, 1)])
    with store.write("setup") as work:
        clear_identification(work, kept.uid)
    with hub.client(credentials) as client:
        found = Engine(store, client, outbox=Outbox(store, entries=500)).round()
    with store.read() as reader:
        assert found.sent == reader.journal_head()[0]
        assert [one.verb for one in reader.history("identification", kept.uid)] == [
            "identification.scan", "identification.clear",
        ]  # fmt: skip
    with Hub.open(hub.data) as opened:
        recounted = opened.queries.recounted(opened.stations.by_name(store.station))
    assert recounted == found.totals and recounted.count == found.sent
