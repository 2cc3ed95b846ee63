"""Something that a person states by pressing it in; a sign says whether it stands."""

from __future__ import annotations

from ui.kit.theme import Theme
from ui.widgets.buttons import Button


class Tick(Button):
    """A button that stays in; the ring before its text becomes a tick. `toggled` tells."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__(theme, text, lambda: None, icon="waiting")
        self.setCheckable(True)
        self.toggled.connect(self._mark)

    def _mark(self, is_in: bool) -> None:
        self._icon = "good" if is_in else "waiting"
        self._draw()
