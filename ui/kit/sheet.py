"""The one style sheet, written from the colours: every rule that sets a ground sets its ink as well."""

from __future__ import annotations

from pathlib import Path

from ui.kit.colours import Colours

RING = 3
"""Breadth in pixels of the ring about what has the focus: seen at arm's length."""
CELL_SIDE = 8
"""Pixels that the cell of a table leaves free on either side of what it shows."""
ICONS = Path(__file__).resolve().parents[2] / "resources" / "icons"

_TEMPLATE = """
QMainWindow, QDialog {{ background: {window}; color: {text}; }}
QToolTip {{ background: {surface}; color: {text}; border: 1px solid {strong_border}; padding: 4px 6px; }}

QLabel[role="title"] {{ font-size: {px20}px; font-weight: 600; color: {text}; background: transparent; }}
QLabel[role="heading"] {{ font-size: {px15}px; font-weight: 600; color: {text}; background: transparent; }}
QLabel[role="field"] {{ font-size: {px12}px; color: {muted}; background: transparent; }}
QLabel[role="muted"] {{ color: {muted}; background: transparent; }}
QLabel[role="value"] {{ font-size: {px16}px; font-weight: 600; color: {text}; background: transparent; }}
QLabel[role="good"] {{ color: {good}; font-weight: 600; background: transparent; }}
QLabel[role="warn"] {{ color: {warn}; font-weight: 600; background: transparent; }}
QLabel[role="alarm"] {{ color: {alarm}; font-weight: 600; background: transparent; }}

QFrame[role="card"] {{ background: {surface}; color: {text}; border: 1px solid {border}; border-radius: 6px; }}
QFrame[role="on-good"] {{ background: {good_ground}; color: {text}; border: 1px solid {good}; border-radius: 6px; }}
QFrame[role="on-warn"] {{ background: {warn_ground}; color: {text}; border: 1px solid {warn}; border-radius: 6px; }}
QFrame[role="on-alarm"] {{ background: {alarm_ground}; color: {text}; border: 1px solid {alarm}; border-radius: 6px; }}
QFrame[role="on-note"] {{ background: {accent_ground}; color: {text}; border: 1px solid {accent}; border-radius: 6px; }}
QFrame[role="rule"] {{ background: {border}; color: {border}; border: none; max-height: 1px; min-height: 1px; }}
QFrame[role="side"] {{ background: {surface}; color: {text}; border: none; border-right: 1px solid {border}; }}

QPushButton {{
    background: {surface}; color: {text}; border: 1px solid {strong_border}; border-radius: 5px;
    min-height: {control}px; padding: 0 14px;
}}
QPushButton:hover {{ background: {sunken}; color: {text}; }}
QPushButton:focus {{ border: {ring}px solid {accent}; padding: 0 12px; }}
QPushButton:pressed, QPushButton:checked {{ background: {accent_ground}; color: {text}; border-color: {accent}; }}
QPushButton:disabled {{ background: {window}; color: {muted}; border: 1px dashed {border}; }}
QPushButton[primary="true"] {{
    background: {accent}; color: {on_accent}; border: 1px solid {accent}; font-weight: 600;
}}
QPushButton[primary="true"]:hover {{ border: 2px solid {text}; padding: 0 13px; }}
QPushButton[primary="true"]:focus {{ border: 1px solid {accent}; padding: 0 14px; }}
QPushButton[primary="true"]:disabled {{
    background: {window}; color: {muted}; border: 1px dashed {border}; font-weight: 400;
}}
QPushButton[touch="true"] {{ min-height: {touch}px; min-width: {touch}px; font-size: {px16}px; }}
QPushButton[tall="true"] {{ min-height: {px40}px; padding: 0 12px; }}
QPushButton[tall="true"]:focus {{ padding: 0 10px; }}
QPushButton[flat="true"] {{ background: transparent; color: {accent}; border: 1px solid transparent; padding: 0 8px; }}
QPushButton[flat="true"]:hover {{ background: {sunken}; color: {text}; }}
QPushButton[flat="true"]:focus {{ border: {ring}px solid {accent}; padding: 0 6px; }}

QPushButton[status="true"] {{
    background: transparent; color: {text}; border: 1px solid transparent; border-radius: 4px;
    min-height: {status}px; padding: 0 8px; font-size: {px12}px;
}}
QPushButton[status="true"]:hover {{ background: {sunken}; color: {text}; }}
QPushButton[status="true"]:focus {{ border: {ring}px solid {accent}; padding: 0 6px; }}

QLineEdit, QPlainTextEdit, QDateEdit {{
    background: {surface}; color: {text}; border: 1px solid {strong_border}; border-radius: 5px; padding: 0 8px;
    selection-background-color: {accent}; selection-color: {on_accent}; placeholder-text-color: {muted};
}}
QLineEdit, QDateEdit {{ min-height: {control}px; }}
QPlainTextEdit {{ padding: 4px 6px; }}
QLineEdit:focus, QDateEdit:focus {{ border: {ring}px solid {accent}; padding: 0 6px; }}
QPlainTextEdit:focus {{ border: {ring}px solid {accent}; padding: 2px 4px; }}
QLineEdit:disabled, QLineEdit:read-only, QPlainTextEdit:disabled {{
    background: {window}; color: {muted}; border-color: {border};
}}
QLineEdit[touch="true"] {{ min-height: {touch}px; font-size: {px24}px; }}
QLineEdit[wrong="true"], QPlainTextEdit[wrong="true"] {{
    background: {alarm_ground}; color: {text}; border: 2px solid {alarm};
}}
QLineEdit[wrong="true"]:focus, QPlainTextEdit[wrong="true"]:focus {{ border: {ring}px solid {accent}; }}

QComboBox {{
    background: {surface}; color: {text}; border: 1px solid {strong_border}; border-radius: 5px;
    min-height: {control}px; padding: 0 8px;
}}
QComboBox:focus {{ border: {ring}px solid {accent}; padding: 0 6px; }}
QComboBox:disabled {{ background: {window}; color: {muted}; border-color: {border}; }}
QComboBox::drop-down {{ border: none; width: {drop}px; }}
QComboBox::down-arrow {{ image: url("{icons}/chevron-down-{ink}.svg"); width: 14px; height: 14px; }}
QComboBox QAbstractItemView {{
    background: {surface}; color: {text}; border: 1px solid {strong_border};
    selection-background-color: {accent_ground}; selection-color: {text};
}}

QDateEdit::drop-down {{ border: none; width: {px40}px; }}
QDateEdit::down-arrow {{ image: url("{icons}/chevron-down-{ink}.svg"); width: 14px; height: 14px; }}

QDialog QPushButton, QDialog QLineEdit, QDialog QComboBox, QDialog QDateEdit {{ min-height: {px40}px; }}
QDialog QComboBox::drop-down {{ width: {px40}px; }}
QDialog QComboBox QListView::item {{ min-height: {px40}px; padding: 0 8px; }}

QCalendarWidget QWidget#qt_calendar_navigationbar {{ background: {surface}; color: {text}; }}
QCalendarWidget QToolButton {{
    background: {surface}; color: {text}; border: 1px solid transparent; border-radius: 5px;
    min-width: {px40}px; min-height: {px40}px;
}}
QCalendarWidget QToolButton:hover {{ background: {sunken}; color: {text}; }}
QCalendarWidget QTableView, QCalendarWidget QTableView:focus {{ border: none; border-radius: 0; padding: 0; }}
QCalendarWidget QTableView:disabled {{ background: {surface}; color: {muted}; }}
QCalendarWidget QTableView::item {{ padding: 0; border: none; }}

QTableView, QListView, QTreeView {{
    background: {surface}; color: {text}; border: 1px solid {border}; border-radius: 6px;
    gridline-color: {border}; outline: 0; padding: 2px;
    selection-background-color: {accent_ground}; selection-color: {text};
}}
QTableView:focus, QListView:focus, QTreeView:focus {{ border: {ring}px solid {accent}; padding: 0; }}
QTableView::item {{ padding: 5px {cell}px; border-bottom: 1px solid {sunken}; }}
QTableView::item:selected, QListView::item:selected {{ background: {accent_ground}; color: {text}; }}
QListView::item {{ padding: 6px 8px; min-height: {row}px; }}
QHeaderView {{ background: {surface}; color: {muted}; border: none; }}
QHeaderView::section {{
    background: {surface}; color: {muted}; border: none; border-bottom: 1px solid {border};
    padding: 6px {over}px; font-size: {px12}px; font-weight: 600;
}}
QTableCornerButton::section {{ background: {surface}; color: {muted}; border: none; }}

QListView[role="navigation"] {{
    background: {surface}; color: {text}; border: none; border-radius: 0; padding: 0;
}}
QListView[role="navigation"]:focus {{ border: none; padding: 0; }}

QMenuBar {{ background: {surface}; color: {text}; border-bottom: 1px solid {border}; padding: 1px 4px; }}
QMenuBar::item {{ background: transparent; color: {text}; padding: {menu}px {beside}px; border-radius: 4px; }}
QMenuBar::item:selected {{ background: {sunken}; color: {text}; }}
QMenu {{ background: {surface}; color: {text}; border: 1px solid {strong_border}; padding: 4px; }}
QMenu::item {{ padding: {menu}px 24px {menu}px 12px; border-radius: 4px; }}
QMenu::item:selected {{ background: {accent_ground}; color: {text}; }}
QMenu::item:disabled {{ background: transparent; color: {muted}; }}
QMenu::separator {{ height: 1px; background: {border}; color: {text}; margin: 4px 8px; }}
QStatusBar {{ background: {surface}; color: {text}; border-top: 1px solid {border}; }}
QStatusBar::item {{ border: none; }}

QTextBrowser {{ background: {surface}; color: {text}; border: 1px solid {border}; border-radius: 6px; padding: 8px; }}
QTextBrowser:focus {{ border: {ring}px solid {accent}; padding: 6px; }}
QAbstractScrollArea::corner {{ background: transparent; color: {text}; border: none; }}
QScrollArea {{ background: transparent; color: {text}; border: none; }}
QScrollArea[role="pane"] {{ border: {ring}px solid transparent; border-radius: 6px; }}
QScrollArea[role="pane"]:focus {{ border: {ring}px solid {accent}; }}
QScrollArea > QWidget > QWidget[role="scrolled"] {{ background: transparent; color: {text}; }}
QTabBar::tab {{
    background: transparent; color: {muted}; border: none; border-bottom: 2px solid transparent;
    padding: 8px 14px; min-height: {tab}px;
}}
QTabBar::tab:selected {{ background: transparent; color: {text}; border-bottom: 2px solid {accent}; }}
QTabBar::tab:selected:focus {{ border: {ring}px solid {accent}; border-radius: 5px; padding: 5px 11px 7px 11px; }}
QTabWidget::pane {{ border: none; }}

QScrollBar:vertical {{ background: transparent; color: {text}; width: {bar}px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; color: {text}; height: {bar}px; margin: 0; }}
QScrollBar::handle {{ background: {strong_border}; color: {text}; border-radius: 4px; margin: {inset}px; }}
QScrollBar::handle:vertical {{ min-height: {grip}px; margin: 2px {inset}px; }}
QScrollBar::handle:horizontal {{ min-width: {grip}px; margin: {inset}px 2px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; color: {text}; }}
"""

_SIZES = (12, 15, 16, 20, 24, 32, 40)
_TOUCH = 48
_BORDERS = 2
_TEXT_MARGIN = 3
"""Pixels that the style leaves free beside the text of a cell within its padding, and does not above it."""
_AT_DESK = {"drop": 26, "row": 0, "menu": 6, "beside": 9, "bar": 12, "inset": 2, "grip": 32}
_IN_GLOVES = {"drop": 40, "row": 36, "menu": 14, "beside": 14, "bar": 48, "inset": 14, "grip": 48}
"""Pixels: width of a list's arrow, height of an entry without padding, padding above and below a word of a menu and
beside it in the bar, breadth of a scroll bar, what of it stays free beside its handle, least length of the handle."""


def style_sheet(colours: Colours, scale: float, least: int = 0, *, dark: bool) -> str:
    """The application's style sheet in these colours.

    `scale` multiplies every size of text and control; `least` is the height in pixels that gloves need, 0 at the desk.
    """
    sizes = {f"px{size}": max(1, round(size * scale)) for size in _SIZES}
    tones = {name: getattr(colours, name) for name in Colours.__slots__}
    return _TEMPLATE.format(
        **tones,
        **sizes,
        ring=RING,
        cell=CELL_SIDE,
        over=CELL_SIDE + _TEXT_MARGIN,
        **(_IN_GLOVES if least else _AT_DESK),
        control=max(sizes["px32"], least - _BORDERS),
        status=max(sizes["px24"], least - _BORDERS),
        tab=max(sizes["px20"], least - 16 - _BORDERS),
        touch=max(sizes["px40"], _TOUCH),
        icons=ICONS.as_posix(),
        ink="on-dark" if dark else "on-light",
    )
