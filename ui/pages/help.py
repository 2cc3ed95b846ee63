"""The help page: pages on the left, text on the right, a search over all of them."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QTextBlockFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QTextBrowser, QVBoxLayout, QWidget

from ui.kit import help as pages
from ui.kit.help import HelpPage
from ui.pages.page import Desk, Page
from ui.widgets.buttons import Button
from ui.widgets.empty import EmptyState

_PLACE = Qt.ItemDataRole.UserRole
_LIST_WIDTH = 270
_LINE_PERCENT = 130


class Help(Page):
    """Shows `resources/help`, follows its links, finds words in it."""

    name = "help"
    title = "Help"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._pages = pages.load()
        self._search = QLineEdit()
        self._search.setPlaceholderText("Search the help")
        self._search.setAccessibleName("Search the help")
        self._search.textChanged.connect(self._list)
        self._list_of_pages = QListWidget()
        self._list_of_pages.setAccessibleName("Help pages")
        self._list_of_pages.setWordWrap(True)
        self._list_of_pages.currentItemChanged.connect(self._chosen)
        self._text = QTextBrowser()
        self._text.setAccessibleName("Help text")
        self._text.setOpenLinks(False)
        self._text.anchorClicked.connect(self._follow)
        self._shown = ""
        self.head()
        self._clear = Button(desk.theme, "", self._search.clear, icon="close", flat=True, tip="Clear the search")
        self._clear.hide()
        searching = QHBoxLayout()
        searching.setSpacing(4)
        searching.addWidget(self._search, 1)
        searching.addWidget(self._clear)
        self._side = QWidget()
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(8)
        side.addLayout(searching)
        side.addWidget(self._list_of_pages, 1)
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(self._side)
        row.addWidget(self._text, 1)
        self.body.addLayout(row, 1)
        if not self._pages:
            self._text.hide()
            step = "Install Sinebar again: its folder resources/help is part of it."
            row.addWidget(EmptyState(desk.theme, "help", "There are no help pages.", step), 1)
        desk.theme.changed.connect(self._draw)
        desk.theme.changed.connect(self._size)
        self._size()
        self._list("")

    def show_record(self, record: str) -> None:
        """Show a page by name, at a heading where `name#anchor` gives one."""
        self._search.clear()
        name, _, heading = record.partition("#")
        for row in range(self._list_of_pages.count()):
            if self._list_of_pages.item(row).data(_PLACE) == (name, ""):
                self._list_of_pages.setCurrentRow(row)
        self._open(name, heading)

    @property
    def shown(self) -> str:
        """The name of the page in view."""
        return self._shown

    def _size(self) -> None:
        self._side.setFixedWidth(self.desk.theme.pixels(_LIST_WIDTH))

    def _list(self, text: str) -> None:
        self._clear.setVisible(bool(text))
        self._list_of_pages.blockSignals(True)
        self._list_of_pages.clear()
        if text.strip():
            found = pages.search(self._pages, text)
            for finding in found:
                entry = QListWidgetItem(f"{finding.page.title}: {finding.heading}\n{finding.excerpt}")
                entry.setData(_PLACE, (finding.page.name, pages.anchor(finding.heading)))
                self._list_of_pages.addItem(entry)
            if not found:
                nothing = QListWidgetItem("Nothing found. Try another word, or clear the search.")
                nothing.setFlags(Qt.ItemFlag.NoItemFlags)
                self._list_of_pages.addItem(nothing)
        else:
            for page in self._pages:
                entry = QListWidgetItem(page.title)
                entry.setData(_PLACE, (page.name, ""))
                self._list_of_pages.addItem(entry)
        self._list_of_pages.blockSignals(False)
        if self._pages and not self._shown:
            self._list_of_pages.setCurrentRow(0)

    def _chosen(self, entry: QListWidgetItem | None) -> None:
        if entry is not None and (place := entry.data(_PLACE)):
            self._open(*place)

    def _open(self, name: str, heading: str) -> None:
        page = self._page(name)
        if page is None:
            self.desk.messages.warn(f"There is no help page '{name}'.", "Search the help for a word instead.")
            return
        if name != self._shown:
            self._shown = name
            self._draw()
        self._scroll(heading)

    def _page(self, name: str) -> HelpPage | None:
        return next((page for page in self._pages if page.name == name), None)

    def _draw(self) -> None:
        page = self._page(self._shown)
        if page is None:
            return
        document = self._text.document()
        document.setDefaultFont(self.desk.theme.font(15))
        document.setDocumentMargin(12)
        self._text.setMarkdown(page.text)
        self._space(document)

    def _space(self, document: QTextDocument) -> None:
        pixels = self.desk.theme.pixels
        block = document.begin()
        while block.isValid():
            style = block.blockFormat()
            if style.headingLevel():
                style.setTopMargin(pixels(0 if block == document.begin() else 22))
                style.setBottomMargin(pixels(6))
            elif not QTextCursor(block).currentTable():
                style.setLineHeight(_LINE_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
                style.setBottomMargin(pixels(4 if block.textList() else 8))
            QTextCursor(block).setBlockFormat(style)
            block = block.next()

    def _scroll(self, wanted: str) -> None:
        block = self._text.document().begin()
        while block.isValid():
            if not wanted or (block.blockFormat().headingLevel() and pages.anchor(block.text()) == wanted):
                self._text.setTextCursor(QTextCursor(block))
                self._text.verticalScrollBar().setValue(
                    int(self._text.document().documentLayout().blockBoundingRect(block).top())
                )
                return
            block = block.next()

    def _follow(self, link: QUrl) -> None:
        if link.scheme() in ("http", "https", "mailto"):
            QDesktopServices.openUrl(link)
            return
        name = link.path().removesuffix(".md")
        self.show_record(f"{name or self._shown}#{link.fragment()}")
