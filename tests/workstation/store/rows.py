"""Readings for the store's tests."""

from __future__ import annotations

from decimal import Decimal

from workstation.store import Measurement, MeasurementBatch, SubgroupJudgement


def value(
    characteristic: int, subgroup: int, position: int, number: Decimal, *, unit: str = "mm", version: int = 1
) -> Measurement:
    return Measurement(
        characteristic, subgroup, position, number, unit, 1_795_355_543_000_000 + subgroup * 10 + position, "gauge 7",
        "button", "good", "line", b"01A+0074.001\r", version=version,
    )  # fmt: skip


def batch(characteristic: int, subgroup: int, size: int = 5) -> MeasurementBatch:
    """One subgroup of 74.001, 74.002 and so on."""
    return MeasurementBatch(
        tuple(value(characteristic, subgroup, n, Decimal("74.000") + Decimal(n).scaleb(-3)) for n in range(1, size + 1))
    )


def judgement(characteristic: int, subgroup: int, *, mean: float = 74.003, size: int = 5) -> SubgroupJudgement:
    return SubgroupJudgement(
        characteristic, subgroup, size, float(mean), 0.004, 0, 0, None, 1_795_355_543_000_000 + subgroup
    )
