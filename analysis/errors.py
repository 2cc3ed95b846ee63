"""The one error this library raises on purpose."""

from __future__ import annotations


class AnalysisError(ValueError):
    """The input cannot be analysed: `sentence` says what and where, `next_step` what to change."""

    def __init__(self, sentence: str, next_step: str = "") -> None:
        super().__init__(f"{sentence} {next_step}".strip())
        self.sentence = sentence
        self.next_step = next_step
