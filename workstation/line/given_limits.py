"""Control limits that follow from a known mean and standard deviation: read, checked, computed."""

from __future__ import annotations

import re
from decimal import Decimal

from analysis.charts import Limits, known
from workstation.catalog.values import Characteristic, Given
from workstation.errors import CallIsWrong

_FIGURE = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
_LARGEST = Decimal(10) ** 15
_AGAIN = "Look at the digits and the place of the point again."


def parse_given(mean: str, sigma: str, unit: str) -> Given:
    """Known figures as a person types them, in `unit`. Raises CallIsWrong for what is no plain decimal number."""
    return Given(_figure("mean", mean), _figure("standard deviation", sigma), unit)


def _figure(what: str, text: str) -> Decimal:
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    if not plain:
        raise CallIsWrong(f"The {what} is missing.", "Known limits need a mean and a standard deviation.")
    if _FIGURE.fullmatch(plain) is None:
        raise CallIsWrong(
            f"{text[:40]!r} is no {what}.",
            "Write at most 15 digits, then a point and at most 15 decimals, such as 12.345.",
        )
    return Decimal(plain)


def known_limits(item: Characteristic, given: Given) -> Limits:
    """The lines that follow from known figures (ISO 7870-2:2013, pre-specified values). Raises CallIsWrong."""
    _check(item, given)
    limits = known(str(item.chart), mean=float(given.mean), sigma=float(given.sigma), size=item.subgroup_size)
    location = limits.location
    if location is None or not location.lcl < location.center < location.ucl:
        raise CallIsWrong(
            f"{item.name}: beside this mean, a standard deviation of {given.sigma:f} {given.unit} is as good as none.",
            _AGAIN,
        )
    return limits


def _check(item: Characteristic, given: Given) -> None:
    mean, sigma, unit = given.mean, given.sigma, given.unit
    if unit != item.unit:
        raise CallIsWrong(f"{item.name} is measured in {item.unit}, not in {unit}.", "Convert the figures.")
    if not mean.is_finite() or abs(mean) >= _LARGEST or not item.plausible(mean):
        raise CallIsWrong(f"A mean of {mean} {unit} is not plausible for {item.name}.", _AGAIN)
    if not sigma.is_finite() or not 0 < sigma < _LARGEST:
        raise CallIsWrong(f"A standard deviation of {sigma} {unit} cannot be.", "Give one above 0.")
    low, high = item.plausible_low, item.plausible_high
    if low is not None and high is not None and sigma > high - low:
        raise CallIsWrong(
            f"A standard deviation of {sigma:f} {unit} is wider than the plausible range of {item.name}, "
            f"{low:f} to {high:f} {unit}.",
            _AGAIN,
        )


def remarks_on(item: Characteristic, given: Given) -> list[str]:
    """What an engineer should think of before these figures are put in force."""
    found = []
    lower, upper = item.lower_specification, item.upper_specification
    if item.in_tolerance(given.mean) is False:
        found.append(f"The mean of {given.mean:f} {given.unit} lies outside the specification.")
    if lower is not None and upper is not None and 6 * given.sigma > upper - lower:
        found.append(
            f"The natural spread of 6 sigma, {6 * given.sigma:f} {given.unit}, is wider than the tolerance of "
            f"{upper - lower:f} {given.unit}."
        )
    return found
