"""Profiles of servers: names, units and factors for nodes; what cannot be is refused with file and line."""

from __future__ import annotations

from decimal import Decimal

import pytest

from devices import load_profile, open_link
from devices.errors import PortError, ProfileError
from devices.gateway.credential import Credential
from devices.gateway.opcua import OpcUaLink
from devices.gateway.profile import ServerKind, ServerPoint
from devices.polling import Poll

HEAD = """
[profile]
id = "oven.server"
version = 1
title = "Oven"
maker = "Example"
family = "temperature"
source = "Its list of nodes"
certainty = "manual"
"""
NODES = """
[server]
kind = "opc-ua"
[[node]]
name = "temperature"
id = "ns=2;s=oven.t"
unit = "°C"
scale = "0.1"
"""


def test_named_nodes_and_any_other() -> None:
    server = load_profile(HEAD + NODES).server
    assert server is not None and server.kind is ServerKind.OPC_UA
    assert server.point("temperature") == ServerPoint("temperature", "ns=2;s=oven.t", "°C", Decimal("0.1"))
    assert server.point("ns=2;s=oven.p") == ServerPoint("ns=2;s=oven.p", "ns=2;s=oven.p")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (NODES + '[framing]\nkind = "line"\nend = "any"\nmax = 9\n', 11, "only one of"),
        (NODES + '[[node]]\nname = "temperature"\nid = "x"\n', 19, "there twice"),
        (NODES.replace('"0.1"', '"0"'), 17, "must not be 0"),
        (NODES.replace("ns=2;s=oven.t", " "), 14, "a name and an id"),
        (NODES.replace("opc-ua", "opc-da"), 12, "opc-ua"),
        (NODES.replace("scale", "factor"), 17, "factor"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(ProfileError, match=what) as refused:
        load_profile(HEAD + text)
    assert f"line {line}:" in refused.value.sentence


def test_a_link_without_a_plan_reads_what_the_profile_or_the_caller_names() -> None:
    profile = load_profile(HEAD + NODES)
    link = open_link(profile, "opc.tcp://127.0.0.1:1", source="oven", sink=print)
    assert isinstance(link, OpcUaLink)
    bare = load_profile(HEAD + '[server]\nkind = "opc-ua"\n')
    with pytest.raises(PortError, match="which nodes"):
        open_link(bare, "opc.tcp://127.0.0.1:1", source="oven", sink=print)
    assert open_link(bare, "opc.tcp://127.0.0.1:1", source="oven", sink=print, polls=[Poll("i=2258", 10**9)])
    with pytest.raises(PortError, match="Write opc"):
        open_link(profile, "tcp://127.0.0.1:1", source="oven", sink=print)


def test_a_credential_does_not_show_its_password() -> None:
    assert "sesame" not in repr(Credential("me", "sesame"))
