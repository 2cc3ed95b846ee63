"""Password verifiers: Argon2id (RFC 9106), with the library's own costs unless a test lowers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workstation.errors import CallIsWrong

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LONGEST = 1024  # characters; beyond that only the hasher is kept busy


@dataclass(frozen=True, slots=True)
class Costs:
    """What one verification costs: passes, KiB of memory, lanes. Defaults: second choice of RFC 9106, section 4."""

    passes: int = 3
    memory_kib: int = 65_536
    lanes: int = 4


STANDARD = Costs()


def make_verifier(password: str, *, shortest: int = 12, costs: Costs = STANDARD) -> str:
    """The verifier of a new password; raises CallIsWrong for one that is too short, too long or trivially uniform."""
    if len(password) < shortest:
        raise CallIsWrong(f"The password has fewer than {shortest} characters.", "Choose a longer one.")
    if len(password) > LONGEST:
        raise CallIsWrong(f"The password has more than {LONGEST} characters.", "Choose a shorter one.")
    if len(set(password)) < 4:
        raise CallIsWrong("The password repeats fewer than four different characters.", "Choose another one.")
    return _hasher(costs).hash(password)


def verifies(verifier: str | None, password: str) -> bool:
    """Whether the password is the verifier's. An account without a verifier has no password that fits."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if verifier is None or len(password) > LONGEST:
        return False
    try:
        return _hasher(STANDARD).verify(verifier, password)
    except (VerificationError, InvalidHashError):
        return False


def _hasher(costs: Costs) -> PasswordHasher:
    from argon2 import PasswordHasher, Type

    return PasswordHasher(costs.passes, costs.memory_kib, costs.lanes, type=Type.ID)
