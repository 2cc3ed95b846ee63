"""What `sinebar instruments check` and `probe` do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import typer

from devices.errors import ProfileError
from devices.probe import Guess
from devices.probe import probe as probe_devices
from devices.profile.library import Library
from devices.profile.model import Profile
from devices.profile.selftest import TestResult, run_tests


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking one profile gave: `error` when it cannot be used at all."""

    profile: str
    error: str
    tests: tuple[TestResult, ...]

    @property
    def good(self) -> bool:
        return not self.error and all(not test.failure for test in self.tests)

    def lines(self) -> list[str]:
        """For a person."""
        if self.error:
            return [f"{self.profile}: REFUSED", f"  {self.error}"]
        failed = [f"  {test.name}: FAILED: {test.failure}" for test in self.tests if test.failure]
        passed = len(self.tests) - len(failed)
        return [f"{self.profile}: {passed} of {len(self.tests)} tests passed", *failed]


def check_profiles(library: Library, name: str) -> Checked:
    """Load a profile and run its tests."""
    try:
        profile = library.load(name)
    except ProfileError as error:
        return Checked(name, str(error), ())
    return Checked(profile.id, "", tuple(run_tests(profile)))


def load_all(library: Library, tell: Callable[[str], None]) -> list[Profile]:
    """Every profile that can be read; of each other one `tell` gets a sentence."""
    found = []
    for path in library.paths():
        try:
            found.append(library.load(str(path)))
        except ProfileError as error:
            tell(f"Refused: {error}")
    return found


def probe_port(
    library: Library,
    port: str,
    *,
    seconds: float,
    line: str | None,
    send: bool,
    ask: bool,
    tell: Callable[[str], None],
) -> list[Guess]:
    """Listen on a port and, where allowed, ask; gives guesses, best first."""
    profiles = load_all(library, tell)

    async def allow(data: bytes, askers: Sequence[Profile]) -> bool:
        if not ask:
            return True
        names = ", ".join(profile.id for profile in askers)
        question = f"Send {data!r} (safe for {names})?"
        if askers[0].registers is not None:
            question = f"Read registers for {names}? First {data.hex(' ').upper()}; nothing is written."
        return await asyncio.to_thread(typer.confirm, question, err=True)

    async def run() -> list[Guess]:
        return await probe_devices(profiles, port, seconds=seconds, line=line, allow=allow if send else None, tell=tell)

    return asyncio.run(run())
