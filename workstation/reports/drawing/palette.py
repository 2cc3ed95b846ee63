"""The colours and type sizes of everything drawn for paper: ink, one accent, one alarm colour, greys."""

from __future__ import annotations

from typing import Final

FAMILY: Final = "Sinebar Sans"

INK: Final = "#16202a"
MUTED: Final = "#5b6770"
FAINT: Final = "#9aa5ad"
GRID: Final = "#e7ebee"
FRAME: Final = "#c5cdd3"
PAPER: Final = "#ffffff"

ACCENT: Final = "#0b5c8c"
ACCENT_SOFT: Final = "#bcd6e6"
# Orange-red against blue: told apart with every common colour vision, and always joined by a shape.
ALARM: Final = "#c43d00"
ALARM_SOFT: Final = "#f6cdb8"

BODY: Final = 7.5
SMALL: Final = 6.5
HEADING: Final = 9.5
