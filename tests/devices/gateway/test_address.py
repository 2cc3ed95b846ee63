"""How servers and brokers are spelled; any text is read or refused in one sentence, which never repeats a password."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import PortError
from devices.gateway.address import BrokerAddress, account_of, parse_broker, parse_opcua, parse_sparkplug


def test_an_opcua_server_with_its_options() -> None:
    plain = parse_opcua("opc.tcp://oven.example/line/1/")
    assert (plain.url, plain.account) == ("opc.tcp://oven.example:4840/line/1", "opc.tcp://oven.example:4840")
    assert (plain.every, plain.by_timestamp) == (1.0, False)
    chosen = parse_opcua("opc.tcp://[::1]:4841?every=0.25&report=timestamp")
    assert (chosen.url, chosen.every, chosen.by_timestamp) == ("opc.tcp://[::1]:4841", 0.25, True)


def test_a_sparkplug_node_and_its_device() -> None:
    found = parse_sparkplug("mqtts://broker/Plant/Press%201/Die%204")
    assert found == BrokerAddress("broker", 8883, True, "Plant", "Press 1", "Die 4")
    assert parse_sparkplug("mqtt://broker:1884/Plant/Press").device == ""
    assert found.account == "mqtts://broker:8883" == account_of("mqtts://broker/Plant/Press%201")


@pytest.mark.parametrize(
    "text",
    [
        "opc.tcp://", "opc.tcp://a:b", "opc.tcp://a:70000", "opc.tcp://a:0", "opc.tcp://a?every=0", "opc.tcp://a?x=1",
        "opc.tcp://a?every=1e1", "opc.tcp://a?report=all", "mqtt://a/b/c", "tcp://a:1", "",
    ],
)  # fmt: skip
def test_what_is_no_opcua_server(text: str) -> None:
    with pytest.raises(PortError):
        parse_opcua(text)


@pytest.mark.parametrize(
    "text", ["mqtt://a", "mqtt://a/b", "mqtt://a/b/c/d/e", "mqtt://a/b//c", "mqtt://a/b%2Fc/d", "mqtt://a/+/c", "x"]
)
def test_what_is_no_sparkplug_node(text: str) -> None:
    with pytest.raises(PortError):
        parse_sparkplug(text)


@pytest.mark.parametrize("parse", [parse_opcua, parse_broker, parse_sparkplug, account_of])
@pytest.mark.parametrize("scheme", ["opc.tcp", "mqtt", "mqtts"])
def test_a_password_in_an_address_is_refused_and_not_repeated(parse: object, scheme: str) -> None:
    with pytest.raises(PortError) as refused:
        parse(f"{scheme}://name:sesame@host:1883/a/b")  # type: ignore[operator]
    assert "sesame" not in str(refused.value)
    assert "credentials" in refused.value.next_step


@given(st.one_of(st.text(), st.builds("{}://{}".format, st.sampled_from(["opc.tcp", "mqtt", "mqtts"]), st.text())))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_opcua, parse_broker, parse_sparkplug, account_of):
        try:
            parse(text)
        except PortError as error:
            assert error.sentence and error.next_step
