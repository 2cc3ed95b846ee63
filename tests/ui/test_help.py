"""Help: every page loads, every link leads somewhere, search finds sections, F1 opens the right place."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ui.kit import help as pages
from ui.pages.directory import ENTRIES
from ui.pages.help import Help
from ui.window import Window

PAGES = pages.load()


def test_start_here_comes_first() -> None:
    assert PAGES[0].name == "start-here"
    assert {"start-here", "station-page"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: pages.HelpPage) -> None:
    known = {one.name: {pages.anchor(heading) for heading in one.headings} for one in PAGES}
    for target in re.findall(r"\]\(([^)]+)\)", page.text):
        if "://" in target:
            continue
        name, _, heading = target.partition("#")
        place = name.removesuffix(".md") or page.name
        assert place in known, f"{page.name}: {target}"
        assert not heading or heading in known[place], f"{page.name}: {target}"


def test_search_wants_all_words_and_names_the_section() -> None:
    found = pages.search(PAGES, "green tick")
    assert found
    assert all("green" in f"{one.page.text}".casefold() for one in found)
    assert any(one.page.name == "station-page" for one in found)
    assert pages.search(PAGES, "zzz nowhere") == ()
    assert pages.search(PAGES, "  ") == ()


def test_anchors_are_spelled_as_on_the_hosts() -> None:
    assert pages.anchor("When the line is not attached") == "when-the-line-is-not-attached"
    assert pages.anchor("X̄-R, and more?") == pages.anchor("x̄-r and more")


def test_every_page_of_the_window_has_a_help_that_exists(measured: Path, open_window: Callable[..., Window]) -> None:
    window = open_window(measured)
    known = {page.name: {pages.anchor(heading) for heading in page.headings} for page in PAGES}
    for entry in ENTRIES:
        window.go(entry.name)
        assert window.page is not None
        name, _, heading = window.page.help_page.partition("#")
        assert name in known
        assert not heading or heading in known[name], window.page.help_page


def test_f1_and_links(measured: Path, open_window: Callable[..., Window], until: Callable[..., None]) -> None:
    from PySide6.QtCore import QUrl

    window = open_window(measured)
    window.commands.run("help.this-page")
    page = window.page
    assert isinstance(page, Help)
    assert page.shown == "station-page"
    page._follow(QUrl("start-here.md#keys"))
    assert page.shown == "start-here"
    until(lambda: page._text.textCursor().block().text() == "Keys")
    page._follow(QUrl("nowhere.md"))
    assert "nowhere" in window.messages.said[-1].sentence
    page._search.setText("green tick")
    assert page._list_of_pages.count() >= 1
    page._list_of_pages.setCurrentRow(0)
    assert page.shown
    page._search.setText("zzz nowhere")
    assert "Nothing found" in page._list_of_pages.item(0).text()
    window.commands.run("go.back")
    assert window.page is not None and window.page.name == "station"
