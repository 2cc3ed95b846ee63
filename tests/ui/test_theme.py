"""The theme: follows what was asked, scales, and keeps figures in column."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QFontDatabase, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ui.kit.colours import DARK, LIGHT
from ui.kit.fonts import load_family
from ui.kit.icons import FOLDER, pixmap
from ui.kit.theme import LARGEST_SCALE, SMALLEST_SCALE, Scheme, Theme


def test_schemes_change_palette_and_tell(theme: Theme, qtbot: QtBot) -> None:
    with qtbot.waitSignal(theme.changed):
        theme.choose(Scheme.DARK)
    assert theme.colours == DARK
    window = QApplication.palette().color(QPalette.ColorRole.Window)
    assert window == QColor(DARK.window)
    theme.choose(Scheme.LIGHT)
    assert theme.colours == LIGHT


def test_text_grows_and_shrinks_within_bounds(theme: Theme) -> None:
    before = theme.pixels(20)
    theme.enlarge(3)
    assert theme.pixels(20) > before
    theme.enlarge(100)
    assert theme.scale == LARGEST_SCALE
    theme.enlarge(-100)
    assert theme.scale == SMALLEST_SCALE
    theme.enlarge(0)
    assert theme.pixels(20) == before


def test_figures_are_of_one_width(theme: Theme) -> None:
    metrics = QFontMetrics(theme.font(72))
    assert len({metrics.horizontalAdvance(digit) for digit in "0123456789"}) == 1


def test_the_bundled_family_is_used(theme: Theme) -> None:
    assert theme.font().family() == "Sinebar Sans"
    assert "Sinebar Sans" in QFontDatabase.families()


def test_a_broken_font_is_left_out(theme: Theme, tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"not a font")
    assert load_family(tmp_path) == ""


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.svg")), ids=lambda path: path.stem)
def test_every_icon_draws_something(theme: Theme, path: Path) -> None:
    picture = pixmap(path.stem, "#ff0000", 24).toImage()
    inked = sum(picture.pixelColor(x, y).alpha() > 100 for x in range(picture.width()) for y in range(picture.height()))
    assert inked > 50
