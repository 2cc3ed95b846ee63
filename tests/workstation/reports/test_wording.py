"""Figures, times and rules as they stand on paper."""

from __future__ import annotations

import math
from decimal import Decimal

from workstation.reports.coverage import is_covered, spelled
from workstation.reports.wording import (
    as_sent,
    figure,
    moment,
    moment_here,
    significant,
)


def test_figures() -> None:
    assert (figure(-0.0004, 3), figure(-1.5, 2), figure(None, 2), figure(math.nan, 2)) == ("0.000", "−1.50", "–", "–")
    assert (as_sent(Decimal("12.3450")), as_sent(Decimal("-1E+3"))) == ("12.3450", "−1000")
    assert [significant(v) for v in (0.009785, 1234.5, 0.0, None, 1e-20, 3.0)] == [
        "0.009785", "1234", "0", "–", "1.000e−20", "3.000",
    ]  # fmt: skip


def test_times() -> None:
    at = 1_795_355_543_000_000
    assert moment(at) == "2026-11-22 13:52:23 UTC"
    assert moment(None) == "–"
    assert moment_here(at, 330) == "2026-11-22 13:52:23 UTC (19:22 local, UTC+05:30)"
    assert moment_here(at, -210) == "2026-11-22 13:52:23 UTC (10:22 local, UTC−03:30)"


def test_what_our_font_shows() -> None:
    assert is_covered("Ø 74 µm ± 0.035 × σ ≤ ▲ “baseline” Поршень\n")
    assert not is_covered("リング")
    assert spelled("a😀\x00é\nb") == "a[U+1F600][U+0000]é\nb"
