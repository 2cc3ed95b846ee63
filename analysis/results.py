"""What every result of this library is: a frozen value that names how it was made and turns into plain dictionaries.

A result is a frozen, slotted dataclass that inherits `Result`:

    @dataclass(frozen=True, slots=True)
    class Capability(Result):
        cp: float | None
        notes: tuple[Note, ...]
        provenance: Provenance

`Result` adds `to_dict()`, which is safe for JSON: numpy arrays become lists, numpy scalars Python numbers, nested
results dictionaries, enumerations their values, and every number that is missing or not finite becomes None.
"""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from analysis import __version__

Level = Literal["info", "warning", "refusal"]
Choice = str | int | float | bool | None


def plain(value: object) -> Any:
    """`value` as JSON knows it: None, bool, int, float, str, list, dict. Not-a-number and infinities become None."""
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, enum.Enum)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Result):
        return value.to_dict()
    if isinstance(value, np.ndarray):
        return _plain_array(value)
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: plain(item) for key, item in value._asdict().items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes | bytearray):
        return [plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if hasattr(value, "__array__"):
        return _plain_array(np.asarray(value))
    raise TypeError(f"{type(value).__name__} has no plain form")


def _plain_array(array: np.ndarray) -> Any:
    listed = array.tolist()
    if array.dtype.kind in "biuUS":
        return listed
    if array.dtype.kind == "f" and np.isfinite(array).all():
        return listed
    return plain(listed)


class Result:
    """Base of every result: a frozen dataclass that turns into plain dictionaries."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Every public field by its own name, as JSON knows it (see `plain`)."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]  # every subclass is a dataclass
        return {item.name: plain(getattr(self, item.name)) for item in fields if not item.name.startswith("_")}


@dataclass(frozen=True, slots=True)
class Note(Result):
    """A remark on a result as data: the reader's language is found for `code` by whoever shows it.

    `level`: info (worth knowing), warning (read the result with care), refusal (the part named could not be computed).
    `values` fills the sentence: plain numbers and short strings only.
    """

    code: str
    level: Level = "info"
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Provenance(Result):
    """How a result was made, so that it can be made again.

    `method` names the function or model ("charts.xbar_r", "msa.crossed/anova"); `choices` every reading that had an
    alternative ({"sigma": "r_bar", "rule_8": "either side", "alpha_to_pool": 0.05}); `preset` the named bundle
    they came from, if any; `version` the version of this library.
    """

    method: str
    choices: Mapping[str, Choice] = field(default_factory=dict)
    preset: str | None = None
    version: str = __version__
