"""Starts the window: `main(arguments)`, or `python -m ui.app --home DIR`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from ui.kit.fonts import load_family
from ui.kit.theme import Scheme, Theme
from ui.pages.directory import ENTRIES
from ui.window import Window
from workstation import settings as declared
from workstation.errors import Expected
from workstation.settings import Settings

_SIGNAL_MILLISECONDS = 200
_STATION_STEPS = 2
"""How many steps larger the text of the density 'station' is."""


def choose_platform() -> None:
    """Without a display draw into memory, so that the window still works for pictures and tests."""
    has_display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not has_display:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def application(scheme: Scheme = Scheme.SYSTEM) -> tuple[QApplication, Theme]:
    """The one QApplication with our name, font and look; made where there is none yet."""
    choose_platform()
    existing = QApplication.instance()
    made = existing if isinstance(existing, QApplication) else QApplication(["sinebar"])
    made.setOrganizationName("Sinebar")
    made.setApplicationName("Sinebar")
    made.setDesktopFileName("sinebar")
    theme = Theme(made, scheme)
    theme.use_family(load_family())
    return made, theme


def main(arguments: Sequence[str]) -> int:
    """Open the window on a station's home and stay until it is closed. Returns the exit code."""
    options = _parse(arguments)
    try:
        home = declared.home(options.home)
        settings = declared.load(home)
    except Expected as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    app, theme = application(Scheme(options.scheme or settings.get(declared.WINDOW_THEME)))
    size_text(theme, settings)
    window = Window(theme, home, options.page, settings.get(declared.WINDOW_FRAMES))
    _hear_signals(app, window)
    _hear_faults(window)
    window.resize(*options.size)
    window.show()
    return app.exec()


def size_text(theme: Theme, settings: Settings) -> None:
    """Give the text the size that was chosen in the window last, or else the one of the density."""
    if percent := settings.get(declared.WINDOW_TEXT):
        theme.size(percent / 100)
    elif settings.get(declared.WINDOW_DENSITY) == "station":
        theme.enlarge(_STATION_STEPS)


class _Options:
    """What the call asked for."""

    def __init__(self, home: Path | None, scheme: str | None, size: tuple[int, int], page: str) -> None:
        self.home, self.scheme, self.size, self.page = home, scheme, size, page


def _parse(arguments: Sequence[str]) -> _Options:
    import argparse

    parser = argparse.ArgumentParser(prog="sinebar", description="Open the window of a station.")
    parser.add_argument("--home", type=Path, help="the station's home; else SINEBAR_HOME, else the platform's place")
    parser.add_argument("--scheme", choices=[str(scheme) for scheme in Scheme], help="else as the settings say")
    parser.add_argument("--size", type=size_argument, default=(1280, 800), metavar="WIDTHxHEIGHT")
    parser.add_argument("--page", choices=[entry.name for entry in ENTRIES], default=ENTRIES[0].name)
    found = parser.parse_args(list(arguments))
    return _Options(found.home, found.scheme, found.size, found.page)


def size_argument(text: str) -> tuple[int, int]:
    """`size_of` for a command line: says what is wrong with it."""
    import argparse

    try:
        return size_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no size of a window: write it as 1280x800") from error


def size_of(text: str) -> tuple[int, int]:
    """Read `1280x800`; raises ValueError for anything that is not two numbers from 320 to 8000."""
    width, _, height = text.lower().partition("x")
    size = int(width), int(height)
    if not all(320 <= side <= 8000 for side in size):
        raise ValueError(text)
    return size


def _hear_signals(app: QApplication, window: Window) -> None:
    """Close properly on Ctrl+C and on the session's end: Python hears a signal only when it is running."""

    def close(_number: int, _frame: FrameType | None) -> None:
        window.close()
        app.quit()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, close)
    alarm = QTimer(window)
    alarm.timeout.connect(lambda: None)
    alarm.start(_SIGNAL_MILLISECONDS)


def _hear_faults(window: Window) -> None:
    """Show a fault of ours as one sentence, logged whole; the window goes on."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        window.messages.bug(error, "working")

    sys.excepthook = hook


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
