"""The control chart page: choose a characteristic, look at its history, its signals and every subgroup's values."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QBoxLayout,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from analysis.rule_words import rule_name
from ui.charts.control import ControlChart as ChartWidget
from ui.charts.wording import chart_title
from ui.kit.commands import Command
from ui.models.chart_view import (
    AS_JUDGED,
    MOST,
    ChartView,
    Choice,
    SubgroupDetail,
    read_choices,
    read_named_chart,
    read_subgroup,
    rule_sets,
)
from ui.models.table import Column, Row
from ui.pages.correcting import correct_value
from ui.pages.named import NamedColumns, named_in_words, piece_of
from ui.pages.page import Desk, Page
from ui.pages.setting_limits import set_limits
from ui.widgets.buttons import Button
from ui.widgets.choice import ChoiceBox
from ui.widgets.empty import EmptyState
from ui.widgets.table import Table
from ui.widgets.text import label
from workstation.errors import Expected

_SPANS = (
    ("Last 50 subgroups", 50),
    ("Last 200 subgroups", 200),
    ("Last 1000 subgroups", 1000),
    ("All subgroups", MOST),
)
_NO_POINTS = "No subgroup of this characteristic has closed yet."
_FIRST_POINT = "Measure on the station page: the first point appears when the first subgroup is full."
_SIDE_WIDTH = 330
_SOON_MILLISECONDS = 400
"""A chart in view is read again at most this often, however fast subgroups close."""


class ControlChart(Page):
    """Reads from the store what was judged, and can look at it under other rules without changing anything."""

    name = "control-chart"
    title = "Control chart"
    help_page = "start-here#control-chart"
    kinds = frozenset({"limits", "control_limits", "characteristic", "inspection_plan", "measurement_batch"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._view: ChartView | None = None
        self._subgroup: SubgroupDetail | None = None
        self._wanted = ""
        self._frames = desk.frames
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MILLISECONDS)
        self._soon.timeout.connect(self._read)
        self._build()
        desk.line.resynchronised.connect(self.renew)
        desk.line.arrived.connect(self._arrived)

    # --- reading -----------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the characteristics, then the chart of the chosen one."""
        self.desk.operations.read(
            "listing the characteristics", read_choices, self._show_choices, owner=self, key="choices"
        )

    def show_record(self, record: str) -> None:
        """Choose a characteristic by its number, or a subgroup as `characteristic:subgroup`."""
        number, _, subgroup = record.partition(":")
        self._wanted = subgroup
        index = self._characteristic.findData(int(number)) if number.isdigit() else -1
        if index >= 0 and index != self._characteristic.currentIndex():
            self._characteristic.setCurrentIndex(index)
        elif index >= 0:
            self._choose_wanted()
        else:
            self._characteristic.setProperty("wanted", number)

    def is_settled(self) -> bool:
        """Whether the chart has been read and drawn."""
        return super().is_settled() and self._frames.is_clean

    def _show_choices(self, choices: list[Choice]) -> None:
        box = self._characteristic
        before = box.property("wanted") or box.currentData()
        box.setProperty("wanted", None)
        box.blockSignals(True)
        box.clear()
        for choice in choices:
            box.addItem(f"{choice.name}  –  {choice.part}", choice.id)
        index = box.findData(int(before)) if before is not None else -1
        box.setCurrentIndex(max(index, 0) if choices else -1)
        box.blockSignals(False)
        self.fit()
        self._layers.setCurrentWidget(self._chosen_page if choices else self._no_plan)
        for control in (box, self._rules, self._span, self._save):
            control.setEnabled(bool(choices))
        self._read()

    def _read(self) -> None:
        number = self._characteristic.currentData()
        if number is None:
            return
        count, rules = self._span.currentData(), self._rules.currentData()
        self.desk.operations.read(
            "reading the control chart",
            lambda station: read_named_chart(station, number, count, rules),
            self._show_view,
            owner=self,
            key="chart",
        )

    def _arrived(self, announcements: list[object]) -> None:
        from workstation.line import protocol

        number = self._characteristic.currentData()
        if any(isinstance(item, protocol.Judged) and item.characteristic == number for item in announcements):
            if not self.isVisible():
                self.renew()
            elif not self._soon.isActive():
                self._soon.start()

    # --- showing -----------------------------------------------------------------------------------------------------

    def _show_view(self, view: ChartView) -> None:
        self._view = view
        has_points = len(view.window.numbers) > 0
        self._body.setCurrentWidget(self._filled if has_points else self._no_points)
        self._chart_title.setText(chart_title(str(view.characteristic.chart)))
        self._basis.setText(view.basis)
        self._no_points.say(_NO_POINTS, f"{view.basis} {_FIRST_POINT}")
        if has_points:
            self._chart.show_tracks(*view.tracks)
            self._signals.show_rows(self._signal_rows(view))
            self._table.show_rows(*self._table_rows(view))
            self._signals_title.setText(f"Signals ({len(self._signals.model_of_rows.rows)})")
            self._no_signals.setVisible(not self._signals.model_of_rows.rows)
            self._signals.setVisible(bool(self._signals.model_of_rows.rows))
            self._choose_wanted()

    def _signal_rows(self, view: ChartView) -> list[Row]:
        found = []
        for track in view.tracks:
            for index, signal in track.signals.items():
                number = int(track.numbers[index])
                found.append((number, track.quantity, "\n".join(signal.rules), signal.sign))
        found.sort(key=lambda one: one[0], reverse=True)
        shape = {"beyond a limit": "◆", "a pattern": "■"}
        return [Row(str(number), (f"{shape[sign]} {number}", f"{what}\n{rule}")) for number, what, rule, sign in found]

    def _table_rows(self, view: ChartView) -> tuple[list[Row], list[Column]]:
        location, dispersion = view.tracks
        unit = view.characteristic.unit
        columns = [
            Column("Subgroup", is_figure=True),
            Column("Closed"),
            Column("Values", is_figure=True),
            Column(f"{location.quantity}, {unit}", is_figure=True),
            Column(f"{dispersion.quantity}, {unit}", is_figure=True),
            Column("Signals"),
        ]
        names = NamedColumns(view)
        rows = []
        for index in reversed(range(len(location))):
            rules = [
                f"{track.quantity}: {', '.join(rule.partition(':')[0] for rule in signal.rules)}"
                for track in view.tracks
                if (signal := track.signals.get(index)) is not None
            ]
            at = datetime.fromtimestamp(int(view.window.closed_at[index]) / 1e6).astimezone()
            number = str(int(location.numbers[index]))
            cells = (
                number,
                f"{at:%Y-%m-%d %H:%M:%S}",
                str(int(view.window.sizes[index])),
                location.text(float(location.values[index])),
                dispersion.text(float(dispersion.values[index])),
                "; ".join(rules),
                *names.cells(int(number)),
            )
            rows.append(Row(number, cells))
        return rows, [*columns, *names.columns]

    def _pick(self, number: int) -> None:
        if self._view is None:
            return
        self._signals.choose(str(number))
        self._table.choose(str(number))
        self._chart.choose(number)
        item = self._view.characteristic.id
        self.desk.operations.read(
            "reading a subgroup",
            lambda station: read_subgroup(station, item, number),
            self._show_subgroup,
            owner=self,
            key="subgroup",
        )

    def _show_subgroup(self, detail: SubgroupDetail) -> None:
        self._subgroup = detail
        self._subgroup_title.setText(f"Subgroup {detail.number}")
        self._subgroup_named.setText(named_in_words(detail))
        self._subgroup_named.setVisible(bool(self._subgroup_named.text()))
        rows = []
        for value, inside in zip(detail.values, detail.in_tolerance, strict=True):
            at = datetime.fromtimestamp(value.observed_at / 1e6).astimezone()
            sign = ("nonconformance", "alarm") if inside is False else ("good", "good") if inside else ("", "")
            before = ", ".join(f"{one.value:f} {one.unit}" for one in detail.before[value.position])
            first = f"\nfirst {before}" if before else ""
            piece = piece_of(detail, value.position)
            cells = (f"{value.value:f} {value.unit}{first}{piece}", f"{at:%H:%M:%S}\n{value.source}")
            rows.append(Row(str(value.position), cells, sign))
        self._values.show_rows(rows)
        self._values.setVisible(True)
        self._correct.setVisible(True)
        self._pick_hint.setVisible(False)

    def _choose_wanted(self) -> None:
        wanted, self._wanted = self._wanted, ""
        if wanted.isdigit() and self._view is not None:
            self._pick(int(wanted))

    # --- what the person does ----------------------------------------------------------------------------------------

    def commands(self) -> tuple[Command, ...]:
        """What can be done here."""
        return (
            Command("chart.save", "Save the chart as a picture…", self._save_picture, "Ctrl+S", "Record", "export",
                    when=lambda: self.isVisible() and self._view is not None),
            Command("chart.all", "Show every subgroup of the chart", self._chart.show_all, "", "Record", "chart",
                    when=lambda: self.isVisible() and self._view is not None),
            Command("chart.correct", "Correct a value of the subgroup…", self._correct_value, "", "Record", "sign",
                    when=lambda: self.isVisible() and self._subgroup is not None),
            Command("chart.limits", "Set limits…", self._set_limits, "", "Record", "sign",
                    when=lambda: self.isVisible() and self._view is not None),
        )  # fmt: skip

    def _correct_value(self) -> None:
        if self._view is not None and self._subgroup is not None:
            correct_value(self, self._view.characteristic, self._subgroup, self._values.chosen)

    def _set_limits(self) -> None:
        if self._view is not None:
            set_limits(self, self._view)

    def _save_picture(self) -> None:
        if self._view is None:
            return
        proposed = f"{self._view.characteristic.name} control chart.png".replace("/", "-")
        dialog = QFileDialog(self, "Save the chart as a picture", proposed, "PNG pictures (*.png)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.save_picture(Path(name)))
        dialog.open()

    def save_picture(self, path: Path) -> None:
        """Write the chart in view to `path`; what goes wrong is said above the page."""
        try:
            self._chart.export(path)
        except Expected as error:
            self.desk.messages.fail(error)
        else:
            self.desk.messages.done(f"The chart was written to {path}.")

    # --- building ----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        theme = self.desk.theme
        self._characteristic = self._box("Characteristic")
        self._characteristic.give_way()
        self._rules = self._box("Rules")
        self._rules.addItem("As judged", AS_JUDGED)
        for name in rule_sets():
            self._rules.addItem(f"Look with: {rule_name(name)}", name)
        self._span = self._box("Span")
        for text, count in _SPANS:
            self._span.addItem(text, count)
        self._span.setCurrentIndex(1)
        self._save = Button(theme, "Save picture", self._save_picture, icon="export")
        for box in (self._characteristic, self._rules, self._span):
            box.currentIndexChanged.connect(lambda _index: self._read())
        self._chooser = QWidget()
        chooser = QHBoxLayout(self._chooser)
        chooser.setContentsMargins(0, 0, 0, 0)
        chooser.setSpacing(10)
        chooser.addWidget(self._characteristic, 1)
        for control in (self._rules, self._span, self._save):
            chooser.addWidget(control)
        self._head = self.head()
        self._head.addWidget(self._chooser)
        self._no_plan = EmptyState(
            theme, "chart", "There is no characteristic yet.",
            "Characteristics come with an inspection plan. Import one with 'sinebar import plan', or look at the demo.",
        )  # fmt: skip
        self._no_points = EmptyState(theme, "chart", _NO_POINTS, _FIRST_POINT)
        self._no_points.offer("Go to the station page", lambda: self.desk.go("station", ""))
        self._no_points.offer("Set limits…", self._set_limits, primary=False)
        self._filled = self._build_filled()
        self._body = QStackedWidget()
        self._body.addWidget(self._filled)
        self._body.addWidget(self._no_points)
        self._chosen_page = self._body
        self._layers = QStackedWidget()
        self._layers.addWidget(self._chosen_page)
        self._layers.addWidget(self._no_plan)
        self.body.addWidget(self._layers, 1)

    def _box(self, name: str) -> ChoiceBox:
        box = ChoiceBox(name)
        box.setToolTip(name)
        return box

    def fit(self) -> None:
        """What is chosen from has a row of its own where it would not be shown whole beside the heading."""
        margins = self.body.contentsMargins()
        wanted = self._heading.sizeHint().width() + self._head.spacing() + self._chooser.sizeHint().width()
        is_narrow = self.width() - margins.left() - margins.right() < wanted
        way = QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight
        self._head.setDirection(way)
        self._side.setFixedWidth(self.desk.theme.pixels(_SIDE_WIDTH))

    def _build_filled(self) -> QWidget:
        theme = self.desk.theme
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        tabs = QTabWidget()
        tabs.setAccessibleName("Chart or table")
        tabs.tabBar().setAccessibleName("Chart or table")
        tabs.addTab(self._build_chart(), "Chart")
        self._table = Table(theme, "Subgroups", [Column("Subgroup")])
        self._table.picked.connect(lambda key: self._pick(int(key)))
        tabs.addTab(self._table, "Table")
        row.addWidget(tabs, 1)
        row.addWidget(self._build_side())
        return whole

    def _build_chart(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("role", "card")
        layout = QVBoxLayout(frame)
        layout.setContentsMargins(14, 10, 10, 8)
        self._chart_title = label(role="heading")
        self._basis = label(role="muted", wraps=True)
        self._chart = ChartWidget(self.desk.theme, self._frames)
        self._chart.chosen.connect(self._pick)
        head = QHBoxLayout()
        head.addWidget(self._chart_title, 1)
        head.addWidget(Button(self.desk.theme, "Set limits…", self._set_limits, icon="sign"))
        layout.addLayout(head)
        layout.addWidget(self._basis)
        layout.addWidget(self._chart, 1)
        layout.addWidget(label("◆ beyond a control limit     ■ completes a pattern", "muted"))
        return frame

    def _build_side(self) -> QWidget:
        theme = self.desk.theme
        self._side = QWidget()
        layout = QVBoxLayout(self._side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self._signals_title = label("Signals", "heading")
        self._signals = Table(theme, "Signals", [Column("Subgroup"), Column("Rule")], wraps=True)
        self._signals.picked.connect(lambda key: self._pick(int(key)))
        self._no_signals = label("No point of these subgroups broke a rule.", "muted", wraps=True)
        self._subgroup_title = label("Subgroup", "heading")
        self._subgroup_named = label(wraps=True)
        self._subgroup_named.hide()
        self._pick_hint = label(
            "Press a point of the chart, or a row of the table, to see its values.", "muted", wraps=True
        )
        columns = [Column("Value"), Column("At, from")]
        self._values = Table(theme, "Values of the subgroup", columns, wraps=True)
        self._values.hide()
        self._correct = Button(theme, "Correct a value…", self._correct_value, icon="sign")
        self._correct.hide()
        layout.addWidget(self._signals_title)
        layout.addWidget(self._no_signals)
        layout.addWidget(self._signals, 3)
        layout.addWidget(self._subgroup_title)
        layout.addWidget(self._subgroup_named)
        layout.addWidget(self._pick_hint)
        layout.addWidget(self._values, 2)
        layout.addWidget(self._correct)
        layout.addStretch(0)
        return self._side
