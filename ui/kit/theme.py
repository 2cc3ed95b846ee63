"""The look: Fusion with one palette, light and dark, that follows the system and can be told otherwise."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from ui.kit.colours import SCHEMES, Colours
from ui.kit.sheet import style_sheet

BASE_PIXELS = 14
SMALLEST_SCALE, LARGEST_SCALE, SCALE_STEP = 0.8, 2.0, 0.1
TOUCH_TARGET = 48
"""Least height and width in pixels of what a gloved finger presses."""
GLOVE_SCALE = 1.2
"""The size from which on everything that can be pressed is large enough for gloves."""


class Scheme(StrEnum):
    """What the person asked for; `SYSTEM` follows the desktop."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Theme(QObject):
    """Holds the colours in force and tells when they changed."""

    changed = Signal()

    def __init__(self, application: QApplication, scheme: Scheme = Scheme.SYSTEM) -> None:
        super().__init__(application)
        self._application = application
        self._family = ""
        self._scheme = scheme
        self._scale = 1.0
        self._colours = SCHEMES[(False, False)]
        application.setStyle(QStyleFactory.create("Fusion"))
        self._hints = application.styleHints()  # held: with its wrapper goes the one of the accessibility hints
        self._hints.colorSchemeChanged.connect(self._system_changed)
        self._accessibility = self._hints.accessibility()
        self._accessibility.contrastPreferenceChanged.connect(self._system_changed)
        self._apply()

    @property
    def colours(self) -> Colours:
        """The colours in force."""
        return self._colours

    @property
    def scheme(self) -> Scheme:
        """What was asked for."""
        return self._scheme

    @property
    def scale(self) -> float:
        """Factor on every size of text, 0.8 to 2.0."""
        return self._scale

    def pixels(self, size: float) -> int:
        """A size in pixels under the present scale."""
        return max(1, round(size * self._scale))

    @property
    def least_target(self) -> int:
        """Least side in pixels of whatever can be pressed: what gloves need, from their size on; 0 below it."""
        return TOUCH_TARGET if self._scale >= GLOVE_SCALE else 0

    def colour(self, name: str) -> QColor:
        """The colour of that name, as Qt wants it."""
        return QColor(getattr(self._colours, name))

    def font(self, size: float = BASE_PIXELS, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """The window's font with tabular figures, so that changing digits do not move their neighbours."""
        font = QFont(self._family) if self._family else QFont(self._application.font())
        font.setPixelSize(self.pixels(size))
        font.setWeight(weight)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def use_family(self, family: str) -> None:
        """Draw all text in this family."""
        self._family = family
        self._apply()

    def choose(self, scheme: Scheme) -> None:
        """Follow the system, or stay light or dark whatever it says."""
        self._scheme = scheme
        self._apply()

    def enlarge(self, steps: int) -> None:
        """Make all text larger (or, with a negative number, smaller); 0 returns to the normal size."""
        self.size(1.0 if steps == 0 else self._scale + steps * SCALE_STEP)

    def size(self, wanted: float) -> None:
        """Make all text this many times as large as normal, as near as the bounds allow."""
        self._scale = round(min(max(wanted, SMALLEST_SCALE), LARGEST_SCALE), 2)
        self._apply()

    def _system_changed(self) -> None:
        self._apply()

    def is_dark(self) -> bool:
        """Whether the dark colours are in force."""
        if self._scheme is not Scheme.SYSTEM:
            return self._scheme is Scheme.DARK
        return self._hints.colorScheme() is Qt.ColorScheme.Dark

    def _wants_high_contrast(self) -> bool:
        return self._accessibility.contrastPreference() is Qt.ContrastPreference.HighContrast

    def _apply(self) -> None:
        self._colours = SCHEMES[(self.is_dark(), self._wants_high_contrast())]
        sheet = style_sheet(self._colours, self._scale, self.least_target, dark=self.is_dark())
        with _nothing_collected():
            self._application.setFont(self.font())
            self._application.setPalette(palette_of(self._colours))
            self._application.setStyleSheet(sheet)
        self.changed.emit()


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Hold Python's search for rubbish: Qt goes through all widgets by their bare addresses and asks ours for sizes
    on the way. A dropped widget in a cycle of references, deleted meanwhile, would be an address of nothing."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()


def palette_of(colours: Colours) -> QPalette:
    """Qt's palette from ours, disabled text included."""
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: colours.window,
        QPalette.ColorRole.WindowText: colours.text,
        QPalette.ColorRole.Base: colours.surface,
        QPalette.ColorRole.AlternateBase: colours.window,
        QPalette.ColorRole.Text: colours.text,
        QPalette.ColorRole.Button: colours.surface,
        QPalette.ColorRole.ButtonText: colours.text,
        QPalette.ColorRole.BrightText: colours.alarm,
        QPalette.ColorRole.PlaceholderText: colours.muted,
        QPalette.ColorRole.Highlight: colours.accent,
        QPalette.ColorRole.HighlightedText: colours.on_accent,
        QPalette.ColorRole.Accent: colours.accent,
        QPalette.ColorRole.Link: colours.accent,
        QPalette.ColorRole.LinkVisited: colours.accent,
        QPalette.ColorRole.ToolTipBase: colours.surface,
        QPalette.ColorRole.ToolTipText: colours.text,
        QPalette.ColorRole.Light: colours.surface,
        QPalette.ColorRole.Midlight: colours.sunken,
        QPalette.ColorRole.Mid: colours.border,
        QPalette.ColorRole.Dark: colours.strong_border,
        QPalette.ColorRole.Shadow: colours.strong_border,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours.muted))
    return palette
