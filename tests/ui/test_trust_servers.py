"""Trust of OPC UA servers in the window: real servers that show certificates, a real line that reads or does not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from shiboken6 import isValid

from devices.gateway.address import account_of
from devices.gateway.credential import Credential, read_fingerprint
from tests.integration.certificates import DAY, Made, make
from tests.integration.test_line_opcua import Server
from tests.ui.conftest import StartLine, make_station
from tests.ui.test_dialogs import too_small
from tests.ui.test_records import sign_on
from ui.dialogs.ask import Ask
from ui.dialogs.trust_servers import TrustServers, in_groups
from ui.kit.theme import LARGEST_SCALE, TOUCH_TARGET, Theme
from ui.pages.instruments.page import Instruments
from ui.window import Window
from workstation.line.credentials import keep_credential, load_credentials
from workstation.station import Station

pytest.importorskip("asyncua", reason="asyncua is not installed")
pytestmark = pytest.mark.peer

Open = Callable[..., Window]
Until = Callable[..., None]
URI = "urn:example.org:oven"
PLAN = """\
format = 1
[plan]
name = "oven"
revision = 1
[part]
number = "B-1"
name = "Bread"
[[characteristic]]
name = "temperature"
unit = "°C"
decimals = 1
chart = "xbar_r"
subgroup_size = 3
[[gauge]]
name = "oven"
serial_number = "OV-3"
profile = "opc-ua"
port = "{port}?every=0.1"
unit = "°C"
[[gauge.channel]]
name = "ns=2;s=oven.temperature"
characteristic = "temperature"
[gauge.channel.continuous]
group = "count"
size = 4
"""


def lay_down(home: Path, url: str, ours: Made | None) -> str:
    """A station whose oven is read at `url`; gives the address under which trust is kept."""
    make_station(home, plan=PLAN.format(port=url))
    address = account_of(url)
    if ours is not None:
        keep_credential(home, address, Credential(certificate=str(ours.file), private_key=str(ours.key_file)))
    return address


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    folder = tmp_path_factory.mktemp("certificates")
    made = {name: make(folder, name, application=URI) for name in ("first", "second")}
    made["expired"] = make(folder, "expired", application=URI, lasts=-DAY)
    made["station"] = make(folder, "station", application="urn:example.org:station")
    return made


def showing(made: Made) -> tuple[str, ...]:
    return "--certificate", str(made.file), str(made.key_file)


@pytest.fixture
def server(certificates: dict[str, Made]) -> Iterator[Server]:
    made = Server(*showing(certificates["first"]))
    yield made
    made.die()


@pytest.fixture
def silent() -> Iterator[str]:
    """An address at which connections are taken and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"opc.tcp://127.0.0.1:{listening.getsockname()[1]}/oven"


@pytest.fixture(autouse=True)
def no_look_left(nothing_left: None, until: Until) -> Iterator[None]:
    """Whoever closes the dialog ends its question to the server."""
    yield
    until(lambda: not any(one.name == "sinebar-look" for one in threading.enumerate()), 15, "for the question to end")


def page_of(window: Window, until: Until) -> Instruments:
    page = window.pages["instruments"]
    assert isinstance(page, Instruments)
    until(lambda: page._looked_at == "OV-3")
    return page


def opened(window: Window, until: Until, account: str = "engineer") -> TrustServers:
    sign_on(window, until, account)
    page = page_of(window, until)
    assert page._detail.trust.isVisible() and not page._detail.settings.isVisible()
    page._detail.trust.click()
    until(lambda: any(one.isVisible() for one in window.findChildren(TrustServers)), what="for the dialog")
    return next(one for one in window.findChildren(TrustServers) if one.isVisible())


def fields(dialog: TrustServers) -> dict[str, str]:
    return {name: shown.text() for name, shown in dialog._fields._values.items()}


def trusted(home: Path, address: str) -> str:
    return load_credentials(home)[address].trusted


def entries(home: Path) -> list[tuple[str, str]]:
    with Station.open(home, create=False) as station, station.read() as reader:
        found = [one for one in reader.journal_latest(50, kind="gauge") if one.verb == "gauge.trust"]
    return [(one.account, one.reason) for one in sorted(found, key=lambda one: one.seq)]


def test_a_person_compares_trusts_and_takes_trust_away_and_the_line_follows(
    server: Server,
    certificates: dict[str, Made],
    tmp_path: Path,
    open_window: Open,
    until: Until,
    start_line: StartLine,
) -> None:
    home, first = tmp_path / "home", certificates["first"]
    address = lay_down(home, server.url, certificates["station"])
    start_line(home)
    window = open_window(home, "instruments")
    page = page_of(window, until)
    until(lambda: "nobody has said yet" in page._detail.sentence.text(), 60, "for the line to refuse the server")
    assert page._detail.sentence.text().endswith("press Certificate… below.")
    dialog = opened(window, until)
    until(lambda: dialog._seen is not None, what="for the certificate")
    assert fields(dialog)["Certificate of"] == "CN=first" and fields(dialog)["Application URI"] == URI
    assert fields(dialog)["Signed by"] == "itself"
    assert f"{first.certificate.not_valid_after_utc:%Y-%m-%d}" in fields(dialog)["Valid, UTC"]
    assert read_fingerprint(dialog._shows.text()) == first.fingerprint
    assert dialog._shows.text().count("\n") == 3 and not dialog._trusted.isVisible()
    assert "Nobody has said yet" in dialog._verdict.text()
    dialog.trust()
    assert not dialog._trust.isEnabled() and trusted(home, address) == "", "nothing is trusted before it was compared"
    dialog._compared.setFocus()
    QTest.keyClick(dialog._compared, Qt.Key.Key_Space)
    dialog._reason.setText("read out at the oven")
    assert dialog._trust.isEnabled()
    dialog._trust.click()
    until(lambda: "It is the one that is trusted." in dialog._verdict.text(), what="for the deed")
    assert trusted(home, address) == first.fingerprint
    assert not dialog._trust.isEnabled() and not dialog._compared.isChecked()
    until(lambda: "signed and encrypted" in page._detail.sentence.text(), 60, "for the line to follow")
    dialog._take.click()
    until(lambda: bool(dialog.findChildren(Ask)))
    question = dialog.findChildren(Ask)[0]
    question.answer("reason", "the oven was sold")
    question.give()
    until(lambda: "Nobody has said yet" in dialog._verdict.text(), what="for trust to be taken away")
    assert trusted(home, address) == "" and load_credentials(home)[address].certificate, "it is not made unsecured"
    until(lambda: "nobody has said yet" in page._detail.sentence.text(), 60, "for the open connection to end")
    dialog.reject()
    assert entries(home) == [
        ("engineer", f"Trusted at {address}: nobody -> the certificate {first.fingerprint}, asked for."
                     " read out at the oven"),
        ("engineer", f"Trusted at {address}: the certificate {first.fingerprint} -> nobody, asked for."
                     " the oven was sold"),
    ]  # fmt: skip


def test_who_has_no_right_is_told_so_and_nothing_is_trusted(
    server: Server, certificates: dict[str, Made], tmp_path: Path, open_window: Open, until: Until
) -> None:
    home = tmp_path / "home"
    address = lay_down(home, server.url, certificates["station"])
    dialog = opened(open_window(home, "instruments"), until, "inspector")
    until(lambda: dialog._seen is not None)
    dialog._compared.click()
    dialog._trust.click()
    until(lambda: "inspector (inspector) may not change parts, plans and gauges." in dialog.complaint)
    assert trusted(home, address) == "" and entries(home) == []
    assert dialog._trust.isEnabled(), "it can be tried again by whoever may"
    dialog.reject()


def test_another_certificate_than_the_trusted_one_stands_beside_it(
    server: Server, certificates: dict[str, Made], tmp_path: Path, open_window: Open, until: Until
) -> None:
    home, second = tmp_path / "home", certificates["second"]
    address = lay_down(home, server.url, certificates["station"])
    kept = load_credentials(home)[address]
    keep_credential(
        home,
        address,
        Credential(certificate=kept.certificate, private_key=kept.private_key, trusted=second.fingerprint),
    )
    dialog = opened(open_window(home, "instruments"), until)
    until(lambda: dialog._seen is not None)
    assert "another certificate than the trusted one" in dialog._verdict.text()
    assert dialog._verdict.property("role") == "alarm"
    assert dialog._trusted.isVisible() and read_fingerprint(dialog._trusted.text()) == second.fingerprint
    assert dialog._shows.text() != dialog._trusted.text() and not dialog._trust.isEnabled()
    server.die()
    server.options = showing(certificates["expired"])
    server.start()
    dialog._again.click()
    assert not dialog._compared.isEnabled(), "what is in view is not what was compared"
    until(lambda: dialog._seen is not None)
    assert "It expired on" in dialog._verdict.text()
    dialog.reject()


def test_a_server_that_says_nothing_holds_up_nobody(
    silent: str, certificates: dict[str, Made], tmp_path: Path, open_window: Open, until: Until
) -> None:
    home = tmp_path / "home"
    lay_down(home, silent, certificates["station"])
    window = open_window(home, "instruments")
    dialog = opened(window, until)
    assert "for its certificate. It is given 10 s." in dialog._verdict.text()
    read: list[int] = []
    assert window.operations is not None
    window.operations.read("reading on", lambda _station: 1, read.append, owner=window)
    until(lambda: bool(read), 5, "for another page to be read meanwhile")
    assert dialog._looking.is_waiting and not dialog._compared.isEnabled()
    until(lambda: not dialog._looking.is_waiting, 20, "for the end of its patience")
    assert dialog._verdict.text().startswith(dialog._table.chosen), "it names the server"
    assert "did not show a certificate within 10 s. Check that the server runs" in dialog._verdict.text()
    dialog._again.click()
    assert dialog._looking.is_waiting
    dialog.reject()
    until(lambda: not isValid(dialog), 5, "for the dialog to close while it asks")


def test_a_server_that_is_away_and_a_station_without_a_certificate(
    server: Server, certificates: dict[str, Made], tmp_path: Path, open_window: Open, until: Until
) -> None:
    home = tmp_path / "home"
    lay_down(home, server.url, None)
    window = open_window(home, "instruments")
    dialog = opened(window, until)
    assert dialog._table.model_of_rows.rows[0].cells[2] == "nobody: not secured"
    until(lambda: dialog._seen is not None)
    assert "only where the station has a certificate of its own" in dialog._verdict.text()
    assert "--certificate FILE" in dialog._verdict.text() and not dialog._compared.isEnabled()
    server.die()
    dialog._again.click()
    until(lambda: "cannot be reached" in dialog._verdict.text())
    assert dialog._seen is None and fields(dialog)["Certificate of"] == "–"
    QTest.keyClick(dialog, Qt.Key.Key_F1)
    until(lambda: not isValid(dialog))
    assert window.page is window.pages["help"]


def test_all_of_it_is_large_enough_for_a_glove_and_fits_the_screen(
    server: Server, certificates: dict[str, Made], tmp_path: Path, open_window: Open, until: Until, theme: Theme
) -> None:
    home = tmp_path / "home"
    lay_down(home, server.url, certificates["station"])
    window = open_window(home, "instruments")
    theme.size(1.2)
    dialog = opened(window, until)
    until(lambda: dialog._seen is not None)
    assert too_small(dialog) == [] and dialog._table.rowHeight(0) >= TOUCH_TARGET
    dialog.reject()
    theme.size(LARGEST_SCALE)
    page_of(window, until)._detail.trust.click()
    until(lambda: any(one.isVisible() for one in window.findChildren(TrustServers)))
    dialog = next(one for one in window.findChildren(TrustServers) if one.isVisible())
    until(lambda: dialog._seen is not None)
    assert dialog.height() <= window.height() and dialog.width() <= window.width()
    for button in (dialog._trust, dialog._take, dialog._again):
        assert dialog.rect().contains(button.geometry()), button.text()
    dialog.reject()


def test_a_fingerprint_is_read_out_in_groups() -> None:
    shown = in_groups(read_fingerprint("0123456789abcdef" * 4))
    assert shown.splitlines()[0] == "01 23 45 67    89 AB CD EF" and len(shown.splitlines()) == 4
