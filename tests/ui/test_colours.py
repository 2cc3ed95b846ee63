"""Colors: every ink is readable on every ground it is used on, in all four schemes."""

from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from ui.kit.colours import READ_ON, SCHEMES, contrast, luminance, names
from ui.kit.sheet import style_sheet
from ui.kit.theme import Scheme, Theme

LEAST_TEXT, LEAST_EDGE = 4.5, 3.0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_stands_out_from_its_ground(scheme: tuple[bool, bool]) -> None:
    colours = SCHEMES[scheme]
    poor = [
        (ink, ground, contrast(getattr(colours, ink), getattr(colours, ground)))
        for ink, grounds in READ_ON.items()
        for ground in grounds
        if contrast(getattr(colours, ink), getattr(colours, ground)) < LEAST_TEXT
    ]
    assert not poor


@pytest.mark.parametrize("scheme", SCHEMES)
def test_edges_of_controls_stand_out(scheme: tuple[bool, bool]) -> None:
    colours = SCHEMES[scheme]
    for ground in (colours.surface, colours.window):
        assert contrast(colours.strong_border, ground) >= LEAST_EDGE


def test_high_contrast_is_higher() -> None:
    for dark in (False, True):
        usual, strong = SCHEMES[(dark, False)], SCHEMES[(dark, True)]
        assert contrast(strong.text, strong.window) >= contrast(usual.text, usual.window)
        assert contrast(strong.muted, strong.window) > contrast(usual.muted, usual.window)


def test_contrast_is_that_of_the_guideline() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the well-known grey that just fails
    assert luminance("#ffffff") == pytest.approx(1.0)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_rule_that_sets_a_ground_sets_its_ink(scheme: tuple[bool, bool]) -> None:
    sheet = style_sheet(SCHEMES[scheme], 1.0, dark=scheme[0])
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        if re.search(r"(?<!-)\bbackground:", body):
            assert re.search(r"(?<!-)\bcolor:", body), selector.strip()
    assert "{" not in re.sub(r"\{[^{}]*\}", "", sheet), "a name was left unfilled"
    assert len(names()) == len(set(names()))


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_what_an_empty_field_asks_for_can_be_read(scheme: Scheme, theme: Theme, qtbot: QtBot) -> None:
    theme.choose(scheme)
    field = QLineEdit()
    qtbot.addWidget(field)
    field.setPlaceholderText("Search")
    field.ensurePolished()
    ink = field.palette().color(QPalette.ColorRole.PlaceholderText)
    assert ink.alpha() == 255
    assert contrast(ink.name(), theme.colours.surface) >= LEAST_TEXT
