"""Keys of a page go through a decoder that tells a reader from a typist: what a reader typed never lands in a field."""

from __future__ import annotations

import time
from collections import deque

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from devices.wedge import MILLISECOND, Typed, Wedged, WedgeDecoder

_SLACK = 10
"""Milliseconds a window that is busy drawing may be late with a reader's next key."""
_LEAST = 2
"""Characters of the shortest scan: no hand presses two keys and Enter within two of the longest pauses."""
_ENDS = ("\r", "\n", "\t")
_MODIFIERS = frozenset(
    {Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta, Qt.Key.Key_CapsLock}
)
_FOREIGN = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier | Qt.KeyboardModifier.ControlModifier


class Wedge(QObject):
    """Hears the keys of the window while its page is in view. `scanned` carries a text that a reader typed.

    Keys of a person are held back for the decoder's longest pause and then given to the widget they were meant for.
    """

    scanned = Signal(str)

    def __init__(self, page: QWidget) -> None:
        super().__init__(page)
        self._page = page
        self._prefix = ""
        self._decoder = WedgeDecoder(least=_LEAST, ends=_ENDS)
        self._held: deque[tuple[QWidget, QKeyEvent]] = deque()
        self._hears: QWidget | None = None
        self._is_passing = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.release)

    def follow(self, most_gap: int, prefix: str) -> None:
        """Tell readers by these: the longest pause between two keys in ns, and the character sent first."""
        self.release()
        self._prefix = prefix
        self._decoder = WedgeDecoder(most_gap=most_gap, least=_LEAST, prefix=prefix, ends=_ENDS)
        self._timer.setInterval(most_gap // MILLISECOND + _SLACK)

    def start(self) -> None:
        """Hear the widget that has the keyboard, and whichever gets it."""
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._focus_changed)
            self._attend(application.focusWidget())

    def stop(self) -> None:
        """Hear nothing any more; what was held is given back."""
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.disconnect(self._focus_changed)
        self._attend(None)

    def release(self) -> None:
        """Give what is held to whom it was meant for: it was a person."""
        self._timer.stop()
        if (deadline := self._decoder.deadline()) is not None:
            self._act(self._decoder.tick(deadline))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hold a key back until it is known who pressed it."""
        if event.type() != QEvent.Type.KeyPress or self._is_passing or not isinstance(event, QKeyEvent):
            return False
        if event.key() in _MODIFIERS:
            return False
        if not isinstance(watched, QWidget) or not self._may_be_a_readers(event):
            self.release()
            return False
        copy = QKeyEvent(event.type(), event.key(), event.modifiers(), event.text())
        self._held.append((watched, copy))
        now = event.timestamp() * MILLISECOND or time.monotonic_ns()
        self._act(self._decoder.key(event.text(), now))
        if self._decoder.deadline() is not None:
            self._timer.start()
        return True

    def _may_be_a_readers(self, event: QKeyEvent) -> bool:
        text = event.text()
        if len(text) != 1 or event.isAutoRepeat():
            return False
        if self._prefix and text == self._prefix:
            return True
        return not event.modifiers() & _FOREIGN and (text.isprintable() or text in _ENDS)

    def _act(self, results: list[Typed | Wedged]) -> None:
        for result in results:
            if isinstance(result, Typed):
                self._pass_on(len(result.text))
            else:
                for _ in range(len(self._prefix) + len(result.text) + 1):
                    self._held.popleft()
                self._timer.stop()
                self.scanned.emit(result.text)

    def _pass_on(self, count: int) -> None:
        self._is_passing = True
        try:
            for _ in range(count):
                widget, event = self._held.popleft()
                if shiboken6.isValid(widget):
                    QApplication.sendEvent(widget, event)
        finally:
            self._is_passing = False

    def _focus_changed(self, _before: QWidget | None, now: QWidget | None) -> None:
        self._attend(now)

    def _attend(self, widget: QWidget | None) -> None:
        if widget is not None and widget.window() is not self._page.window():
            widget = None  # a dialog has the keyboard
        if widget is self._hears:
            return
        self.release()
        if self._hears is not None and shiboken6.isValid(self._hears):
            self._hears.removeEventFilter(self)
        self._hears = widget
        if widget is not None:
            widget.installEventFilter(self)
