"""Pictures of the window's pages: opened on a real home, taken when the page shows what it means to show."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from ui.app import application, size_argument
from ui.kit.theme import Scheme
from ui.pages.directory import ENTRIES
from ui.window import Window
from workstation.errors import ExitCode, Expected, SurroundingsFailed

PAGES = tuple(entry.name for entry in ENTRIES if entry.name != "help")
_PATIENCE_MILLISECONDS = 20_000
_LOOK_MILLISECONDS = 20
_ATTACH_MILLISECONDS = 2_000
"""How long a picture waits for a line that may not be running."""


def take_pictures(
    home: Path, folder: Path, scheme: Scheme, size: tuple[int, int], pages: Sequence[str] = PAGES
) -> list[Path]:
    """Open the window on `home`, and write one PNG a page into `folder`, named `<page>-<scheme>.png`.

    Needs a process without another window. Raises Expected when the station cannot be opened, a page does not come to
    rest within 20 s, or a file cannot be written.
    """
    app, theme = application(scheme)
    window = Window(theme, home, pages[0])
    window.resize(*size)
    window.show()
    try:
        failures: list[Expected] = []
        _wait(app, lambda: window.page is not None or _note_failure(window, failures), "The window did not open.")
        if failures:
            raise failures[0]
        _wait_for_line(app, window)
        folder.mkdir(parents=True, exist_ok=True)
        return [_take(app, window, page, folder / f"{page}-{scheme}.png") for page in pages]
    finally:
        window.close()


def _note_failure(window: Window, failures: list[Expected]) -> bool:
    if window.opening.error is not None:
        failures.append(window.opening.error)
    return bool(failures)


def _wait_for_line(app: QApplication, window: Window) -> None:
    passed = QElapsedTimer()
    passed.start()
    while window.line is not None and not window.line.was_looked_for and passed.elapsed() < _ATTACH_MILLISECONDS:
        _turn(app)


def _take(app: QApplication, window: Window, name: str, path: Path) -> Path:
    window.go(name)
    page = window.page
    if page is None:
        raise SurroundingsFailed(f"The page {name} did not open.", "Open the window and look at its messages.")
    _wait(app, page.is_settled, f"The page {name} did not come to rest.")
    _turn(app)
    if not window.grab().save(str(path), "PNG"):
        raise SurroundingsFailed(f"The picture {path} could not be written.", "Choose a folder with room on its disk.")
    return path


def _wait(app: QApplication, is_done: Callable[[], bool], sentence: str) -> None:
    passed = QElapsedTimer()
    passed.start()
    while not is_done():
        if passed.elapsed() > _PATIENCE_MILLISECONDS:
            raise SurroundingsFailed(sentence, "Try again when the computer is less busy.")
        _turn(app)


def _turn(app: QApplication) -> None:
    """Let the window work for a moment, paint included."""
    loop = QEventLoop(app)
    QTimer.singleShot(_LOOK_MILLISECONDS, loop.quit)
    loop.exec()


def main(arguments: Sequence[str]) -> int:
    """`python -m ui.pictures --home DIR --out DIR [--scheme light] [--size 1280x800] [--page NAME ...]`."""
    import argparse

    parser = argparse.ArgumentParser(prog="python -m ui.pictures", description="Take pictures of the window's pages.")
    parser.add_argument("--home", type=Path, required=True, help="the station's home")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--scheme", choices=["light", "dark"], default="light")
    parser.add_argument("--size", type=size_argument, default=(1280, 800), metavar="WIDTHxHEIGHT")
    parser.add_argument(
        "--page", choices=[entry.name for entry in ENTRIES], action="append", help="only this page; may be repeated"
    )
    found = parser.parse_args(list(arguments))
    try:
        paths = take_pictures(found.home, found.out, Scheme(found.scheme), found.size, found.page or PAGES)
    except Expected as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    sys.stdout.write("".join(f"{path}\n" for path in paths))
    return int(ExitCode.DONE)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
