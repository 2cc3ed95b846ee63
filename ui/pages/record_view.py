"""A record as the window lays it out: a value that a page describes, and the pane that shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ui.kit.theme import Theme
from ui.models.table import Column, Row
from ui.widgets.buttons import Button
from ui.widgets.lines import Lines
from ui.widgets.picture import Picture
from ui.widgets.steps import Step, StepStrip
from ui.widgets.text import Fields, card, label


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be done to the record now."""

    title: str
    run: Callable[[], None]
    icon: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A card: names with values, a text as it was written, a table, ways on."""

    title: str
    fields: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    acts: tuple[Act, ...] = ()
    picked: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A record laid out. `next_step` says in a sentence what comes next, or what stands in the way of it."""

    uid: str
    number: str
    title: str
    state: str
    sign: tuple[str, str]
    steps: tuple[Step, ...]
    next_step: str
    acts: tuple[Act, ...] = ()
    sections: tuple[Section, ...] = ()
    ended: bool = False


class RecordPane(QScrollArea):
    """Shows a View, and another one in its place."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme, self._name = theme, name
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("role", "pane")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(name)
        self.view: View | None = None

    def show_view(self, view: View) -> None:
        """Show it; the place one has scrolled to stays where it is the same record."""
        same = self.view is not None and self.view.uid == view.uid
        place = self.verticalScrollBar().value() if same else 0
        self.view = view
        whole = QWidget()
        whole.setProperty("role", "scrolled")
        whole.setAccessibleName(f"{view.number} {view.title}")
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.setSpacing(12)
        layout.addWidget(self._top(view))
        for section in view.sections:
            layout.addWidget(self._section(section))
        layout.addStretch(1)
        self.setWidget(whole)
        self.verticalScrollBar().setValue(place)

    def _top(self, view: View) -> QFrame:
        frame, layout = card()
        head = QHBoxLayout()
        head.setSpacing(10)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(view.number, "field"))
        words.addWidget(label(view.title, "heading", wraps=True))
        head.addLayout(words, 1)
        head.addWidget(Picture(self._theme, *view.sign, 22), 0, Qt.AlignmentFlag.AlignTop)
        state = label(view.state, name=f"State: {view.state}")
        head.addWidget(state, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(head)
        layout.addSpacing(4)
        strip = StepStrip(self._theme)
        strip.show_steps(view.steps, ended=view.ended)
        layout.addWidget(strip)
        layout.addWidget(label(view.next_step, wraps=True))
        if view.acts:
            layout.addLayout(self._acts(view.acts))
        return frame

    def _section(self, section: Section) -> QFrame:
        frame, layout = card()
        layout.addWidget(label(section.title, "heading"))
        if section.text:
            text = label(section.text, wraps=True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(text)
        if section.fields:
            fields = Fields()
            fields.setAccessibleName(section.title)
            fields.show_fields(dict(section.fields))
            layout.addWidget(fields)
        if section.rows:
            layout.addWidget(Lines(self._theme, section.title, section.columns, section.rows, section.picked))
        if section.acts:
            layout.addLayout(self._acts(section.acts))
        return frame

    def _acts(self, acts: tuple[Act, ...]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for act in acts:
            row.addWidget(Button(self._theme, act.title, act.run, icon=act.icon, primary=act.primary))
        row.addStretch(1)
        return row
