"""Two families of errors: Expected (a sentence and a next step for the person) and Bug (a report for us)."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit says: part of the public command line, so the numbers never change."""

    DONE = 0
    ANSWER_IS_NO = 1
    CALL_IS_WRONG = 2
    SURROUNDINGS_FAILED = 3


class Expected(Exception):  # noqa: N818 - the family's name says what it is to the person, not that it is an error
    """Something that happens in a plant: said in one sentence, with what to do next, never with a traceback.

    Expected
    ├── CallIsWrong           the person or program asked for something that cannot be (exit 2)
    │   └── NotPermitted      the account may not do this
    ├── SurroundingsFailed    disk, port, network, file or another process is not as needed (exit 3)
    └── Refused               the answer to a well-put question is no (exit 1)
    """

    exit_code: ExitCode = ExitCode.SURROUNDINGS_FAILED

    def __init__(self, sentence: str, next_step: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.sentence} {self.next_step}".strip()


class CallIsWrong(Expected):
    """The call names something that is not there, or a value that cannot be."""

    exit_code = ExitCode.CALL_IS_WRONG


class NotPermitted(CallIsWrong):
    """The account has no right to do this."""


class SurroundingsFailed(Expected):
    """The disk, a port, the network, a file or another process is not as it must be."""

    exit_code = ExitCode.SURROUNDINGS_FAILED


class Refused(Expected):
    """A well-put question whose answer is no: a chain that does not verify, a step out of order."""

    exit_code = ExitCode.ANSWER_IS_NO


class Bug(Exception):  # noqa: N818
    """Sinebar itself is wrong: this should never reach a person except as a report to send."""
