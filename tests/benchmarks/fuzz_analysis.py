"""Spoiled arguments through every function of the analysis library: a result or an AnalysisError, nothing else.

python tests/benchmarks/fuzz_analysis.py [--seconds 60] [--seed 1] [--only NAME]

Each good call (reference cases and tests/analysis/catalogue_examples.py) is spoiled in one place or two: bad numbers,
huge and tiny ones, other types, other shapes. Half of the calls go by name with plain data, as from a case; the other
half reach the function itself. A foreign exception, a warning, a hang or a result without plain form is a failure.
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import json
import random
import resource
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from analysis.calling import prepared
from analysis.errors import AnalysisError
from analysis.results import plain

TESTS = Path(__file__).resolve().parents[1]
LONGEST_CALL = 30.0
"""Seconds of computing, so that a busy machine makes no difference."""
MOST_MEMORY = 6_000_000_000

BAD: tuple[Any, ...] = (
    float("nan"), float("inf"), -float("inf"), 0, -1, 1, 2, 1e308, -1e308, 1e-308, 1e200, 1e-200, 1e149, 1e-149, 5e-324,
    None, "", "x", True, [], [[]], {}, [1], [1, 1, 1], [float("nan")] * 5, [0] * 10, 10**20, 10**400, 0.5, -0.5,
    1.0000001, 1 - 1e-16, 1e-16, 3.5, [1e200, -1e200, 1e200], [[1, 2], [3]], "1e999", 1000000, 100000, 2**53, "\0",
    [None] * 4, ["x", 1], {"x": 1}, [[[1.0]]], 1e-12, 37, -3,
)  # fmt: skip


class HangError(Exception):
    """A call took longer than it may."""


def load(name: str, path: Path) -> ModuleType:
    """A module of the tests by its file; the tests are no package."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def places(value: Any, source: random.Random, so_far: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to every part of plain data; of a long list to six entries."""
    yield so_far
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], source, (*so_far, key))
    elif isinstance(value, list):
        chosen = range(len(value)) if len(value) < 6 else sorted(source.sample(range(len(value)), 6))
        for index in chosen:
            yield from places(value[index], source, (*so_far, index))


def at(value: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        value = value[step]
    return value


def spoil(arguments: dict[str, Any], source: random.Random) -> dict[str, Any]:
    """The arguments with one place or two made bad."""
    spoiled = copy.deepcopy(arguments)
    for _ in range(source.choice((1, 1, 2))):
        ways = [way for way in places(spoiled, source) if way]
        if not ways:
            break
        way = source.choice(ways)
        current, bad = at(spoiled, way), copy.deepcopy(source.choice(BAD))
        how = source.random()
        if how < 0.15 and isinstance(current, list):
            bad = current[: source.choice((0, 1, 2, 3))]
        elif how < 0.3 and isinstance(current, list) and current:
            bad = [source.choice((current[0], 0, float("nan"), None, 1e150, 1e-150))] * len(current)
        elif how < 0.3 and isinstance(current, int | float) and not isinstance(current, bool):
            bad = float(max(-1e308, min(1e308, current))) * source.choice((0, -1, 1e150, 1e-150, 1e-9, 1e9))
        elif how < 0.33 and isinstance(at(spoiled, way[:-1]), dict):
            del at(spoiled, way[:-1])[way[-1]]
            continue
        at(spoiled, way[:-1])[way[-1]] = bad
    return spoiled


def _hang(_signal: int, _frame: FrameType | None) -> None:
    raise HangError


def attempt(name: str, arguments: dict[str, Any], *, by_name: bool, longest: float = LONGEST_CALL) -> str:
    """What is wrong with the answer to a call, as 'file, line, error'; empty when it is a result or a refusal."""
    before = signal.signal(signal.SIGPROF, _hang)
    signal.setitimer(signal.ITIMER_PROF, longest)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            function, built = prepared(name, arguments, finite=by_name)
            json.dumps(plain(function(**built)), allow_nan=False)
    except AnalysisError as error:
        return "" if error.sentence.rstrip().endswith((".", "?")) else f"{name}: no sentence: {error.sentence}"
    except HangError as error:
        return f"{name}: longer than {longest:g} s at {_place(error)}"
    except Exception as error:  # noqa: BLE001 - whatever it is, is what this run looks for
        return f"{_place(error)} {type(error).__name__}: {name}: {str(error)[:90]}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return ""


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/analysis/" in frame.filename and "/tests/" not in frame.filename]
    frame = own[-1] if own else frames[-1]
    return f"{frame.filename.rsplit('/analysis/', 1)[-1]}:{frame.lineno}"


def main(arguments: list[str] | None = None) -> int:
    """Fuzz for the time given and print each distinct failure once; returns 1 when there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="functions whose name holds this")
    options = parser.parse_args(arguments)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    known = load("catalogue_examples", TESTS / "analysis" / "catalogue_examples.py").examples()
    good = {name: calls for name, calls in known.items() if options.only in name and calls}
    source = random.Random(options.seed)
    seen: Counter[str] = Counter()
    count, end = 0, time.monotonic() + options.seconds
    while time.monotonic() < end:
        name = source.choice(list(good))
        spoiled = spoil(source.choice(good[name]), source)
        wrong = attempt(name, spoiled, by_name=source.random() < 0.5)
        count += 1
        key = " ".join(wrong.split(" ")[:2])
        if wrong and not seen[key]:
            print(f"{wrong}\n    {str(spoiled)[:300]}", flush=True)
        seen[key] += bool(wrong)
    failures = sum(1 for number in seen.values() if number)
    print(f"{count:,} calls of {len(good)} functions, {failures} distinct failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
