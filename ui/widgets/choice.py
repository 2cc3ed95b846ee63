"""A list to choose one of several from: what has no room ends in '…', and its entries are shown whole."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QComboBox, QListView, QStyle, QStyleOptionComboBox, QStylePainter

_FEWEST = 12
"""Characters that are always in view."""
_EDGES = 20
"""Pixels beside the text of an entry."""


class ChoiceBox(QComboBox):
    """One of several. Only in a view that was given to it a style sheet sets the height of the entries."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setView(QListView(self))
        self.setAccessibleName(name)
        self.setMinimumContentsLength(_FEWEST)
        self.view().setTextElideMode(Qt.TextElideMode.ElideMiddle)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw what is chosen; names that are alike differ at their ends, so that the middle gives way."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        metrics, middle = self.fontMetrics(), Qt.TextElideMode.ElideMiddle
        option.currentText = metrics.elidedText(option.currentText, middle, room.width() - 2)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def showPopup(self) -> None:
        """Open the list as wide as its longest entry, where the window is."""
        bar = self.view().verticalScrollBar().sizeHint().width()
        wanted = self.view().sizeHintForColumn(0) + bar + _EDGES
        self.view().setMinimumWidth(min(max(wanted, self.width()), self.window().width()))
        super().showPopup()
