"""The big state of a value: a shape, a colour and a word, each enough by itself."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy

from ui.kit.theme import Theme
from ui.widgets.picture import Picture
from ui.widgets.text import label, set_role


class State(Enum):
    """How a characteristic stands: word, icon, ink, ground."""

    WAITING = ("Waiting", "waiting", "muted", "card")
    KEPT = ("Kept", "good", "good", "on-good")
    IN_TOLERANCE = ("In tolerance", "good", "good", "on-good")
    OUT_OF_TOLERANCE = ("Out of tolerance", "nonconformance", "alarm", "on-alarm")
    ALARM = ("Alarm", "alarm", "alarm", "on-alarm")
    NOT_KEPT = ("Not kept", "warn", "warn", "on-warn")

    @property
    def word(self) -> str:
        """What is written."""
        return self.value[0]

    @property
    def icon(self) -> str:
        """The shape."""
        return self.value[1]

    @property
    def ink(self) -> str:
        """The colour's name."""
        return self.value[2]

    @property
    def ground(self) -> str:
        """The role of the frame it stands in."""
        return self.value[3]


class StateSign(QFrame):
    """Shows a state large enough to be read from where the part is."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.state = State.WAITING
        self._picture = Picture(theme, State.WAITING.icon, State.WAITING.ink, 44)
        self._word = label(State.WAITING.word)
        self._word.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 20, 12)
        row.setSpacing(12)
        row.addWidget(self._picture)
        row.addWidget(self._word, 1)
        theme.changed.connect(self._draw)
        self._draw()

    def show_state(self, state: State) -> None:
        """Show another state."""
        if state is not self.state:
            self.state = state
            self._draw()

    def _draw(self) -> None:
        state = self.state
        set_role(self, state.ground)
        self._picture.show_icon(state.icon, state.ink)
        self._word.setText(state.word)
        size = self._theme.pixels(24)
        ink = getattr(self._theme.colours, state.ink)
        self._word.setStyleSheet(
            f"color: {ink}; background: transparent; font-size: {size}px; font-weight: 600; border: none;"
        )
        self.setMinimumWidth(self._theme.pixels(256))
        self.setAccessibleName(f"State: {state.word}")
