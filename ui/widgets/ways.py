"""A choice of a few ways side by side, of which one is always taken: by mouse, or with the arrow keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from ui.kit.theme import Theme
from ui.widgets.buttons import Button


class Ways(QWidget):
    """Buttons of which one is pressed in. `taken` carries the key of the way that a person takes."""

    taken = Signal(str)

    def __init__(self, theme: Theme, name: str, ways: Mapping[str, str]) -> None:
        """`ways` are texts by their keys; the first one is taken."""
        super().__init__()
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, Button] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for key, text in ways.items():
            button = Button(theme, text, self._told(key))
            button.setCheckable(True)
            button.setProperty("tall", "true")
            self._group.addButton(button)
            self._buttons[key] = button
            row.addWidget(button)
        row.addStretch(1)
        next(iter(self._buttons.values())).setChecked(True)

    @property
    def way(self) -> str:
        """The key of the way that is taken."""
        return next(key for key, button in self._buttons.items() if button.isChecked())

    def take(self, key: str) -> None:
        """Take a way as if it were pressed."""
        self._buttons[key].click()

    def close_off(self, key: str, why: str) -> None:
        """Say that a way cannot be taken, and why."""
        self._buttons[key].setEnabled(False)
        self._buttons[key].setToolTip(why)

    def _told(self, key: str) -> Callable[[], None]:
        return lambda: self.taken.emit(key)
