"""Every colour of the window, named for what it says, in one light and one dark palette and their high-contrast kin."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Colours:
    """One scheme. A colour is `#rrggbb`; text colours stand at 4.5:1 or more on every ground they are used on.

    `window` is the ground, `surface` a card on it, `sunken` a well or a selected row; `text` and `muted` are the two
    inks; `accent` is the only colour that says 'you can act here'. `good`, `warn` and `alarm` are inks for states and
    never stand alone: a shape and a word go with them. A `_ground` is the tint such a state's banner is drawn on.
    """

    window: str
    surface: str
    sunken: str
    border: str
    strong_border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    accent_ground: str
    good: str
    good_ground: str
    warn: str
    warn_ground: str
    alarm: str
    alarm_ground: str
    on_alarm: str
    series: str
    limit: str


LIGHT = Colours(
    window="#f2f4f5",
    surface="#ffffff",
    sunken="#e8ecee",
    border="#d3dadd",
    strong_border="#72818a",
    text="#17212a",
    muted="#4c5a64",
    accent="#0d5c80",
    on_accent="#ffffff",
    accent_ground="#dcebf2",
    good="#17643a",
    good_ground="#e0f0e6",
    warn="#7a4a00",
    warn_ground="#faecd2",
    alarm="#a81e18",
    alarm_ground="#fae3e1",
    on_alarm="#ffffff",
    series="#24506b",
    limit="#55636d",
)

DARK = Colours(
    window="#14191d",
    surface="#1c2328",
    sunken="#262f35",
    border="#344048",
    strong_border="#82929c",
    text="#e9edf0",
    muted="#a9b6be",
    accent="#74bede",
    on_accent="#08202c",
    accent_ground="#1d3743",
    good="#77d39b",
    good_ground="#1b3325",
    warn="#f0bd6b",
    warn_ground="#3a2d14",
    alarm="#ff968d",
    alarm_ground="#472220",
    on_alarm="#2b0907",
    series="#9cc9df",
    limit="#97a6af",
)

LIGHT_STRONG = replace(
    LIGHT,
    window="#ffffff",
    sunken="#e4e8ea",
    border="#4c5a64",
    strong_border="#17212a",
    text="#000000",
    muted="#27323a",
    accent="#004263",
    limit="#27323a",
    series="#0b3550",
)

DARK_STRONG = replace(
    DARK,
    window="#000000",
    surface="#0b0e10",
    sunken="#1f272c",
    border="#a9b6be",
    strong_border="#ffffff",
    text="#ffffff",
    muted="#dde4e8",
    accent="#a5dcf3",
    limit="#dde4e8",
    series="#cfe9f6",
)

SCHEMES: dict[tuple[bool, bool], Colours] = {
    (False, False): LIGHT,
    (True, False): DARK,
    (False, True): LIGHT_STRONG,
    (True, True): DARK_STRONG,
}
"""By (dark, high contrast)."""

READ_ON: dict[str, tuple[str, ...]] = {
    "text": ("window", "surface", "sunken", "accent_ground", "good_ground", "warn_ground", "alarm_ground"),
    "muted": ("window", "surface", "sunken", "accent_ground"),
    "accent": ("window", "surface", "accent_ground"),
    "on_accent": ("accent",),
    "good": ("window", "surface", "good_ground"),
    "warn": ("window", "surface", "warn_ground"),
    "alarm": ("window", "surface", "alarm_ground"),
    "on_alarm": ("alarm",),
    "limit": ("window", "surface"),
    "series": ("window", "surface"),
}
"""Which ink stands on which ground: what the contrast test walks."""


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2, definition of relative luminance)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = ((c / 12.92) if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, success criterion 1.4.3)."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def names() -> tuple[str, ...]:
    """The names of all colours."""
    return tuple(field.name for field in fields(Colours))
