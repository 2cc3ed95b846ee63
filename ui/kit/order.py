"""The way of the Tab key: through everything that takes it, in the order in which it is read on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import (
    QMainWindow,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QWidget,
)


class InReadingOrder:
    """What a window or a dialog is besides: its Tab key goes where reading goes, whatever was built first.

    Qt goes through widgets in the order in which they came to the window, so that pages come after the foot.
    """

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Give the focus to what is read next, or before; False where nothing takes it."""
        root = self
        if not isinstance(root, QWidget) or not (stops := tab_stops(root)):
            return False
        present = root.focusWidget()
        place = next((at for at, one in enumerate(stops) if one is present), None)
        step = 1 if forward else -1
        if place is None:  # nothing has it, or something that only the mouse reaches
            place = -1 if forward else 0
        wanted = stops[(place + step) % len(stops)]
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        wanted.setFocus(reason)
        bring_into_view(wanted)
        return True


def tab_stops(root: QWidget) -> list[QWidget]:
    """What the Tab key goes to in `root`, in reading order: group for group, each row by row from its left."""
    return [stop for part in _parts(root) for stop in _stops_in(part)]


def _stops_in(widget: QWidget) -> Iterator[QWidget]:
    if not widget.isVisible() or not widget.isEnabled():
        return
    if widget.focusProxy() is None and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield widget  # what a field is made of is its own affair
        if not isinstance(widget, QScrollArea):
            return
    for part in _parts(widget):
        yield from _stops_in(part)


def _parts(widget: QWidget) -> list[QWidget]:
    """What it is made of, in the order in which it is read."""
    parts: list[QWidget | None] = []
    if isinstance(widget, QMainWindow):
        parts = [widget.centralWidget(), widget.statusBar()]
    elif isinstance(widget, QStackedWidget):
        parts = [widget.currentWidget()]
    elif isinstance(widget, QTabWidget):
        parts = [widget.tabBar(), widget.currentWidget()]
    elif isinstance(widget, QScrollArea):
        parts = [widget.widget()]
    elif isinstance(widget, QSplitter):
        parts = [part for at in range(widget.count()) for part in (widget.handle(at), widget.widget(at))]
    else:
        children = widget.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        parts = [*_as_read([child for child in children if child.isVisible() and not child.isWindow()])]
    return [part for part in parts if part is not None]


def _as_read(widgets: list[QWidget]) -> list[QWidget]:
    """What lies in one widget, as one reads: rows from above, what stands in a row from its left, and so on inside.

    By place and not by layout: Qt for Python loses count of a layout's items when they are asked for, up to a crash.
    """
    for start, end in ((QRect.top, QRect.bottom), (QRect.left, QRect.right)):
        groups = _apart(widgets, start, end)
        if len(groups) > 1:
            return [one for group in groups for one in _as_read(group)]
    return widgets


def _apart(widgets: list[QWidget], start: Callable[[QRect], int], end: Callable[[QRect], int]) -> list[list[QWidget]]:
    """The groups between which a straight cut goes, across the direction that `start` and `end` measure."""
    groups: list[list[QWidget]] = []
    reached = 0
    for one in sorted(widgets, key=lambda one: start(one.geometry())):
        if groups and start(one.geometry()) <= reached:
            groups[-1].append(one)
        else:
            groups.append([one])
        reached = max(reached, end(one.geometry()))
    return groups


def bring_into_view(widget: QWidget) -> None:
    """Scroll to it, whatever it lies in."""
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(widget)
        above = above.parentWidget()
