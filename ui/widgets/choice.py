"""A list to choose one of several from: what has no room ends in '…', and its entries are shown whole."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QComboBox, QListView, QSizePolicy, QStyle, QStyleOptionComboBox, QStylePainter

_FEWEST = 12
"""Characters that are always in view."""
_ROUNDING = 2
"""Pixels by which a text may be wider than the sum of what it is made of."""
_EDGES = 20
"""Pixels beside the text of an entry."""


class ChoiceBox(QComboBox):
    """One of several, as wide as the longest, unless it is told that it may give way.

    Only in a view that was given to it a style sheet sets the height of the entries.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setView(QListView(self))
        self.setAccessibleName(name)
        self.setMinimumContentsLength(_FEWEST)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.view().setTextElideMode(Qt.TextElideMode.ElideMiddle)

    def give_way(self) -> None:
        """Take what room there is; names that are alike differ at their ends, so that their middle gives way."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Room for the longest entry: what a style sheet puts beside the text is left out by Qt."""
        hint, metrics = super().sizeHint(), self.fontMetrics()
        longest = max((metrics.horizontalAdvance(self.itemText(entry)) for entry in range(self.count())), default=0)
        return hint + QSize(max(0, longest + _ROUNDING - self._room(QRect(QPoint(), hint))), 0)

    @property
    def shown(self) -> str:
        """As much of what is chosen as there is room for."""
        room = self._room(self.rect())
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideMiddle, room)

    def _room(self, rect: QRect) -> int:
        """Pixels that the text has where the box is such."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.rect = rect
        field = QStyle.SubControl.SC_ComboBoxEditField
        return self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self).width() - 2

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw what is chosen."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.shown
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def showPopup(self) -> None:
        """Open the list as wide as its longest entry, where the window is."""
        bar = self.view().verticalScrollBar().sizeHint().width()
        wanted = self.view().sizeHintForColumn(0) + bar + _EDGES
        self.view().setMinimumWidth(min(max(wanted, self.width()), self.window().width()))
        super().showPopup()
