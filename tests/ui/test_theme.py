"""The theme: follows what was asked, scales, and keeps figures in column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QFontDatabase, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ui.app import size_text
from ui.kit.colours import DARK, LIGHT
from ui.kit.fonts import load_family
from ui.kit.icons import FOLDER, pixmap
from ui.kit.theme import LARGEST_SCALE, SMALLEST_SCALE, Scheme, Theme
from ui.window import Window
from workstation import settings


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


def test_what_was_chosen_in_the_window_is_there_at_the_next_start(
    home: Path, theme: Theme, open_window: Callable[[Path], Window], until: Callable[..., None]
) -> None:
    window = open_window(home)
    for command in ("view.dark", "view.larger", "view.larger"):
        window.commands.run(command)
    until(lambda: settings.load(home).get(settings.WINDOW_TEXT) == 120)
    assert settings.load(home).get(settings.WINDOW_THEME) == "dark"
    theme.enlarge(0)
    size_text(theme, settings.load(home))
    assert theme.scale == 1.2
    window.commands.run("view.system")
    window.commands.run("view.normal")
    until(lambda: settings.load(home).get(settings.WINDOW_TEXT) == 100)
    assert "window.theme" not in settings.load(home).changed
    settings.change(home, "window.density", "station")
    size_text(theme, settings.load(home))
    assert theme.scale == 1.0, "what was chosen comes before what the density would have"


def test_a_window_made_with_large_text_is_no_larger_than_another_once_the_text_is_not(
    home: Path, theme: Theme, open_window: Callable[[Path], Window], until: Callable[..., None]
) -> None:
    made = []
    for scale in (1.0, 2.0):
        theme.size(scale)
        made.append(open_window(home))
        theme.size(1.0)

    def sizes(window: Window) -> tuple[int, int, int]:
        return window.menuBar().height(), window.statusBar().height(), window.navigation.width()

    until(lambda: sizes(made[0]) == sizes(made[1]))  # the layout takes its time


def test_a_density_alone_sizes_the_text(theme: Theme, tmp_path: Path) -> None:
    size_text(theme, settings.change(tmp_path, "window.density", "station"))
    assert theme.scale == 1.2


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
