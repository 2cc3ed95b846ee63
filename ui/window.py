"""The shell: pages on the left, the page in the middle, the line's state at the foot. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from ui.kit.commands import Commands
from ui.kit.icons import pixmap
from ui.kit.menus import Menus
from ui.kit.messages import Messages
from ui.kit.order import InReadingOrder
from ui.kit.theme import Theme
from ui.models.session import Session
from ui.pages.directory import ENTRIES
from ui.pages.opening import Opening
from ui.widgets.message_bar import MessageBar
from ui.widgets.navigation import Navigation
from ui.widgets.status import StatusStrip
from workstation.errors import Expected

if TYPE_CHECKING:
    from ui.charts.frames import Frames
    from ui.kit.operations import Operations
    from ui.models.line import Line
    from ui.pages.page import Page
    from ui.shell import Shell
    from workstation.station import Station

TITLE = "Sinebar"
_SMALLEST = (1000, 700)
_MENU_BAR = 28
"""Least height in pixels."""
_NARROW = 1180
"""Width below which the navigation shows its icons only."""


class Window(InReadingOrder, QMainWindow):
    """The station's window. Construct, show; after its first paint it opens the station and fills itself.

    `painted` is emitted once, when the shell has been painted; `ready` when the first page is in place.
    """

    painted = Signal()
    ready = Signal()

    def __init__(self, theme: Theme, home: Path, page: str = "station", frames_per_second: int = 30) -> None:
        super().__init__()
        self._frames_per_second = frames_per_second
        self.theme, self.home = theme, home
        self.messages = Messages(self)
        self.commands = Commands(self)
        self.session = Session(self)
        self.operations: Operations | None = None
        self.line: Line | None = None
        self.pages: dict[str, Page] = {}
        self._frames: Frames | None = None
        self._shell: Shell | None = None
        self._first_page, self._has_painted = page, False
        self._place = ("", "")
        self._way_back: list[tuple[str, str]] = []
        self.setWindowTitle(TITLE)
        self.setMinimumSize(*_SMALLEST)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self._build()
        theme.changed.connect(self._draw_mark)
        theme.changed.connect(self._fit)
        theme.changed.connect(self._size_menu_bar)
        self._draw_mark()
        self._size_menu_bar()

    # --- what pages and commands ask of it ---------------------------------------------------------------------------

    @property
    def page(self) -> Page | None:
        """The page in view; None before the station is open."""
        return self.pages.get(self._place[0])

    def go(self, name: str, record: str = "") -> None:
        """Open a page, at a record where one is given."""
        if self.operations is None or self.line is None:
            return
        if name not in self.pages:
            self.pages[name] = self._make(name)
        page = self.pages[name]
        if self._place[0] and self._place != (name, record):
            self._way_back.append(self._place)
        self._place = (name, record)
        self.navigation.select(name)
        self.stack.setCurrentWidget(page)
        self.setWindowTitle(f"{page.title} – {TITLE}")
        if record:
            page.show_record(record)

    def go_back(self) -> None:
        """Return to where the person was before."""
        if self._way_back:
            place = self._way_back.pop()
            self.go(*place)
            self._way_back.pop()

    def can_go_back(self) -> bool:
        """Whether there is somewhere to return to."""
        return bool(self._way_back)

    # --- life --------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Once the shell is on the screen, go on with what takes longer."""
        super().paintEvent(event)
        if not self._has_painted:
            self._has_painted = True
            QTimer.singleShot(0, self._after_first_paint)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the page its room on a small screen."""
        super().resizeEvent(event)
        self._fit()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Detach from the line, finish what was asked of the store, close it."""
        self.status.stop()
        if self._shell is not None:
            self._shell.stop()
        if self.line is not None:
            self.line.close()
        if self.operations is not None:
            self.operations.close()
        super().closeEvent(event)

    def _after_first_paint(self) -> None:
        self.painted.emit()
        from ui.kit.operations import Operations
        from ui.models.line import Line

        self.operations = Operations(self._open_station, self.messages, self)
        self.line = Line(self, 1000 // self._frames_per_second)
        self.line.recorded.connect(self.operations.tell)
        self.operations.opened.connect(self._opened)
        self.operations.open_failed.connect(self._open_failed)
        self.operations.start()

    def _open_station(self) -> Station:
        """Runs on the station's own thread."""
        from workstation.station import Station

        return Station.open(self.home, log_as="window")

    def _opened(self) -> None:
        from ui.shell import Shell

        if self.line is None or self.operations is None:
            return
        self.line.start(self.home)
        self._shell = Shell(self, self.operations, self.line)
        self.go(self._first_page)
        self.ready.emit()

    def _open_failed(self, error: Expected) -> None:
        self.opening.failed(error)

    def _open_again(self) -> None:
        if self.operations is not None:
            self.operations.start()

    # --- building ----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.navigation = Navigation(self.theme, [(entry.name, entry.title, entry.icon) for entry in ENTRIES])
        self.navigation.chosen.connect(self.go)
        self.message_bar = MessageBar(self.theme, self.messages)
        self.opening = Opening(self.theme, self.home, self._open_again)
        self.stack = QStackedWidget()
        self.stack.setAccessibleName("Page")
        self.stack.addWidget(self.opening)
        side = QFrame()
        side.setProperty("role", "side")
        beside = QVBoxLayout(side)
        beside.setContentsMargins(0, 8, 0, 8)
        beside.addWidget(self.navigation)
        above = QVBoxLayout()
        above.setContentsMargins(20, 8, 20, 0)
        above.addWidget(self.message_bar)
        middle = QVBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addLayout(above)
        middle.addWidget(self.stack, 1)
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(side)
        row.addLayout(middle, 1)
        self.setCentralWidget(whole)
        self.status = StatusStrip(
            self.theme,
            {
                "line": ("Line", lambda: self.go("station")),
                "ports": ("Instruments", lambda: self.go("instruments")),
                "operator": ("Operator", lambda: self.commands.run("station.sign-on")),
                "hub": ("Hub", lambda: self.go("history")),
            },
        )
        self.setStatusBar(self.status)
        self._menus = Menus(self.menuBar(), self.commands)

    def _make(self, name: str) -> Page:
        from ui.pages.page import Desk

        if self.operations is None or self.line is None:
            raise RuntimeError("a page was asked for before the station was open")
        from ui.charts.frames import Frames

        if self._frames is None:
            self._frames = Frames(self, self._frames_per_second)
        desk = Desk(
            self.theme, self.messages, self.operations, self.commands, self.line, self.session, self._frames, self.go
        )
        entry = next(entry for entry in ENTRIES if entry.name == name)
        page = entry.make(desk)
        self.stack.addWidget(page)
        self.commands.add(page.commands())
        return page

    def _fit(self) -> None:
        self.navigation.collapse(self.width() < self.theme.pixels(_NARROW))

    def _size_menu_bar(self) -> None:
        self.menuBar().setMinimumHeight(self.theme.pixels(_MENU_BAR))

    def _draw_mark(self) -> None:
        self.setWindowIcon(QIcon(pixmap("sinebar", self.theme.colours.accent, 64)))
