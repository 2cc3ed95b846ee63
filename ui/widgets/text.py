"""Labels and fields that know their place: a role for the style sheet, a name for a screen reader."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

_PIECE = 9
"""Characters of a very long word between two places where it may break: the identity of a record has such groups."""
_LONG_WORD = re.compile(rf"[^\s/?]{{{2 * _PIECE},}}")
_BREAK = "\N{ZERO WIDTH SPACE}"


def label(text: str = "", role: str = "", *, wraps: bool = False, name: str = "") -> QLabel:
    """A label in plain text, never rich: what comes from records cannot be markup."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        made.setProperty("role", role)
    if wraps:
        made.setWordWrap(True)
        made.setMinimumWidth(40)
    if name:
        made.setAccessibleName(name)
    return made


def breakable(text: str) -> str:
    """The text with places to break at in its very long words, which are seen only where it breaks there."""
    return _LONG_WORD.sub(lambda word: _BREAK.join(_pieces(word[0])), text)


def _pieces(word: str) -> list[str]:
    return [word[at : at + _PIECE] for at in range(0, len(word), _PIECE)]


class Value(QLabel):
    """A text to be read and copied: a very long word in it is broken, and is whole again in what is copied."""

    def __init__(self) -> None:
        super().__init__()
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setMinimumWidth(40)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def setText(self, text: str) -> None:
        """Show this text."""
        self._whole = text
        super().setText(breakable(text))

    def text(self) -> str:
        """The text without the places it may break at."""
        return self._whole

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy takes what is selected as it was written."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.selectedText().replace(_BREAK, ""))
        else:
            super().keyPressEvent(event)


class Elided(QLabel):
    """One line of text that gives way: where it has no room it ends in '…', and the mouse shows the whole."""

    def __init__(self, role: str = "", side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft) -> None:
        super().__init__()
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        if role:
            self.setProperty("role", role)

    def say(self, text: str) -> None:
        """Show this text, or as much of it as there is room for."""
        self._whole = text
        self.setAccessibleName(text)
        self._fit()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """The room the whole text would take."""
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 4, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """It can do with very little."""
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show more or less of it."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, max(self.width(), 24))
        if shown != self.text():
            self.setText(shown)
        whole = f"<qt>{escape(self._whole)}</qt>" if "<" in self._whole else self._whole  # never its own markup
        self.setToolTip(whole if shown != self._whole else "")


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget another role of the style sheet, and have it drawn so."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def card(role: str = "card") -> tuple[QFrame, QVBoxLayout]:
    """A quiet frame and the layout to fill."""
    frame = QFrame()
    frame.setProperty("role", role)
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(16, 14, 16, 14)
    layout.setSpacing(8)
    return frame, layout


def rule() -> QFrame:
    """A hairline between two groups."""
    line = QFrame()
    line.setProperty("role", "rule")
    return line


def scrolled(layout: QLayout) -> QScrollArea:
    """What is laid out so, with a scroll bar where it has no room."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    inside = QWidget()
    inside.setProperty("role", "scrolled")
    inside.setLayout(layout)
    area.setWidget(inside)
    return area


class Fields(QWidget):
    """A grid of names and values: what a record holds, to be read and copied."""

    def __init__(self, columns: int = 2, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(8)
        for column in range(columns):
            self._grid.setColumnStretch(column, 1)
        self._values: dict[str, Value] = {}

    def show_fields(self, fields: dict[str, str]) -> None:
        """Show these names with their values, in this order; an empty value is shown as a dash."""
        if tuple(fields) != tuple(self._values):
            self._rebuild(tuple(fields))
        for name, value in fields.items():
            shown = self._values[name]
            shown.setText(value or "–")
            shown.setAccessibleName(f"{name}: {value or 'none'}")

    def _rebuild(self, names: tuple[str, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()  # it is deleted only when all else is done
                widget.deleteLater()
        self._values = {}
        for index, name in enumerate(names):
            row, column = divmod(index, self._columns)
            cell = QWidget()
            column_layout = QVBoxLayout(cell)
            column_layout.setContentsMargins(0, 0, 0, 0)
            column_layout.setSpacing(1)
            value = Value()
            column_layout.addWidget(label(name, "field"))
            column_layout.addWidget(value)
            self._grid.addWidget(cell, row, column, Qt.AlignmentFlag.AlignTop)
            self._values[name] = value
