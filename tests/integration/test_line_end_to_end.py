from __future__ import annotations

from typing import Any

from workstation.line import protocol

VALUES = ("74.030", "74.002", "74.019", "73.992", "74.008")


def test_a_reading_is_kept_judged_and_announced(line: Any, gauge: Any) -> None:
    line.listening(gauge)
    for text in VALUES:
        gauge.value(text)
    line.wait(lambda: len(line.all(protocol.Judged)) == 1, "a judged subgroup")
    kept = line.all(protocol.Kept)
    assert [(k.subgroup, k.position) for k in kept] == [(1, n) for n in range(1, 6)]
    assert [k.value for k in kept] == line.stored() == list(VALUES)
    assert {k.in_tolerance for k in kept} == {True}
    assert line.end() == 0
