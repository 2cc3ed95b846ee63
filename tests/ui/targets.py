"""Measures a window: what can be pressed, typed in or chosen from and is too small, what is cut off, what overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QComboBox,
    QDateEdit,
    QHeaderView,
    QLabel,
    QMenuBar,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QTableView,
    QWidget,
)

from ui.kit.sheet import CELL_SIDE
from ui.kit.theme import TOUCH_TARGET
from ui.widgets.text import Elided

_LEADING = 2
"""Pixels of a line that have no ink."""
_BESIDE_TEXT = 3
"""Pixels that the style leaves free on either side of a cell's text, within the padding."""
_ABOVE_AND_BELOW = 2 * 5 + 1
"""Pixels of a row that are padding or line."""


def too_small(root: QWidget) -> list[str]:
    """What can be pressed, typed in or chosen from and is too small for a glove."""
    found = [f"{told} {size.width()}x{size.height()}" for told, size in _targets(root)
             if min(size.width(), size.height()) < TOUCH_TARGET]  # fmt: skip
    return sorted(set(found))


def cut_off(root: QWidget) -> list[str]:
    """Text that has not the room it asks for, and controls that are not wholly in view and cannot be scrolled to."""
    labels = [one for one in _seen(root) if isinstance(one, QLabel) and one.text() and not isinstance(one, Elided)]
    found = [f"text {one.text()!r} {one.size().toTuple()}" for one in labels if _lacks_room(one)]
    for one in _seen(root):
        if isinstance(one, QTableView) and one.wordWrap():
            found += [f"row {row} of {_told(one)}" for row in range(one.model().rowCount()) if _is_cut(one, row)]
    for one in _controls(root):
        if isinstance(one, QAbstractButton) and one.width() < one.sizeHint().width():
            found.append(f"{_told(one)} needs {one.sizeHint().width()}, has {one.width()}")
        if not _scrolls(one, root) and _place(one, root).size() != one.size():
            found.append(f"{_told(one)} is not wholly in view")
    return found


def overlapping(root: QWidget) -> list[str]:
    """Controls that lie on one another."""
    places = [(one, _place(one, root)) for one in _controls(root)]
    return [
        f"{_told(one)} and {_told(other)}"
        for (one, here), (other, there) in combinations(places, 2)
        if here.intersects(there) and not one.isAncestorOf(other) and not other.isAncestorOf(one)
    ]


def _seen(root: QWidget) -> list[QWidget]:
    """Widgets in view that are no inner parts of a field."""
    fields = (QComboBox, QDateEdit)
    within = [one for one in root.findChildren(QWidget) if one.isVisible() and one.window() is root.window()]
    return [one for one in within if not isinstance(one.parentWidget(), fields)]


def _controls(root: QWidget) -> list[QWidget]:
    """Whatever takes the focus or is a button; a new kind of control is one of them without being named here."""
    return [
        one for one in _seen(root)
        if isinstance(one, QAbstractButton | QScrollBar)
        or (one.focusPolicy() & Qt.FocusPolicy.ClickFocus and not isinstance(one, QScrollArea | QMenuBar | QLabel))
    ]  # fmt: skip


def _targets(root: QWidget) -> Iterator[tuple[str, QSize]]:
    for one in _controls(root):
        if not isinstance(one, QTabBar):
            yield _told(one), one.size()
    for one in _seen(root):
        if isinstance(one, QHeaderView):
            if one.sectionsClickable() and not one.isHidden():
                yield f"columns of {_told(one)}", one.size()
        elif isinstance(one, QAbstractItemView) and (model := one.model()) is not None:
            for row in range(model.rowCount()):
                yield (
                    f"row of {_told(one)}",
                    one.visualRect(model.index(row, 0)).size().expandedTo(QSize(TOUCH_TARGET, 0)),
                )
        elif isinstance(one, QTabBar):
            for tab in range(one.count()):
                yield f"tab {one.tabText(tab)}", one.tabRect(tab).size()
        elif isinstance(one, QMenuBar):
            for action in one.actions():
                if action.isVisible():
                    yield f"menu {action.text()}", one.actionGeometry(action).size()


def _told(one: QWidget) -> str:
    return f"{type(one).__name__} '{one.accessibleName() or one.objectName()}'"


def _place(one: QWidget, root: QWidget) -> QRect:
    """Where it is in `root`, as far as all that it is in leaves it in view."""
    place, above = QRect(one.mapTo(root, QPoint()), one.size()), one.parentWidget()
    while above is not None and above is not root:
        place &= QRect(above.mapTo(root, QPoint()), above.size())
        above = above.parentWidget()
    return place & root.rect()


def _lacks_room(one: QLabel) -> bool:
    if one.wordWrap():
        shown = QLabel.text(one)  # with the places at which it may break
        widest = one.fontMetrics().boundingRect(QRect(0, 0, one.width(), 10_000), Qt.TextFlag.TextWordWrap, shown)
        return one.height() < one.heightForWidth(one.width()) - _LEADING or widest.width() > one.width() + _LEADING
    wanted = one.sizeHint()
    return one.width() < wanted.width() or one.height() < wanted.height() - _LEADING


def _is_cut(table: QTableView, row: int) -> bool:
    """Whether a text of a row that wraps has not the room it is drawn in: then its last line ends in '…'."""
    for column in range(table.model().columnCount()):
        index = table.model().index(row, column)
        width = table.columnWidth(column) - 2 * (CELL_SIDE + _BESIDE_TEXT)
        if index.data(Qt.ItemDataRole.DecorationRole) is not None:
            width -= table.iconSize().width() + 2 * _BESIDE_TEXT
        room = QRect(0, 0, width, 10_000)
        shown = table.itemDelegate().displayText(index.data(), table.locale())
        wanted = table.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, shown)
        if wanted.height() > table.rowHeight(row) - _ABOVE_AND_BELOW or wanted.width() > width:
            return True
    return False


def _scrolls(one: QWidget, root: QWidget) -> bool:
    """Whether it is inside something that is scrolled."""
    above = one.parentWidget()
    while above is not None and above is not root:
        if isinstance(above, QAbstractScrollArea):
            return True
        above = above.parentWidget()
    return False
