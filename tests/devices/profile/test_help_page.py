"""The help page on instruments: its example is a profile that passes its tests, and it names every fault and port."""

from __future__ import annotations

import re

from devices import load_profile
from devices.profile.records import GROUPS
from devices.profile.selftest import run_tests
from devices.simulators.faults import Fault
from resources import ROOT

PAGE = (ROOT / "help" / "instruments.md").read_text(encoding="utf-8")


def test_the_example_is_a_good_profile() -> None:
    found = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    results = run_tests(load_profile(found[1]))
    assert [result.name for result in results] == ["value", "error", "garbage"]
    assert all(not result.failure for result in results)


def test_every_fault_group_and_kind_of_port_is_named() -> None:
    for word in (*Fault, *GROUPS, "usb:", "tcp://", "tcp-listen://", "udp://", "rfc2217://", "replay:"):
        assert f"`{word}" in PAGE, word
