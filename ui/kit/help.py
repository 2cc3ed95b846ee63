"""The help pages as data: their titles, headings and words, read from Markdown files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "help"
FIRST = "start-here"

_HEADING = re.compile(r"^(#{1,3})\s+(.+?)\s*$", re.MULTILINE)
_MARKUP = re.compile(r"[*_`>#|]|\[([^\]]*)\]\([^)]*\)")
_EXCERPT = 90


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One Markdown file: `name` is its file name without the ending, `title` its first heading."""

    name: str
    title: str
    text: str

    @property
    def headings(self) -> tuple[str, ...]:
        """Its headings in order, the title first."""
        return tuple(match.group(2) for match in _HEADING.finditer(self.text))


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a search found its words: page, the heading above them, and the words around."""

    page: HelpPage
    heading: str
    excerpt: str


def anchor(heading: str) -> str:
    """A heading's anchor, spelled as on the usual Markdown hosts: lower case, words joined by hyphens."""
    kept = re.sub(r"[^\w\s-]", "", heading.casefold())
    return re.sub(r"\s", "-", kept.strip())


def load(folder: Path = FOLDER) -> tuple[HelpPage, ...]:
    """Every page of the folder: the first page first, the others by title."""
    pages = []
    for path in folder.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        match = _HEADING.search(text)
        pages.append(HelpPage(path.stem, match.group(2) if match else path.stem, text))
    return tuple(sorted(pages, key=lambda page: (page.name != FIRST, page.title.casefold())))


def search(pages: tuple[HelpPage, ...], text: str) -> tuple[Finding, ...]:
    """Every section that holds all words of `text`, in the pages' order."""
    words = text.casefold().split()
    if not words:
        return ()
    found = []
    for page in pages:
        for heading, body in _sections(page):
            plain = _MARKUP.sub(lambda match: match.group(1) or "", body)
            if all(word in f"{heading}\n{plain}".casefold() for word in words):
                found.append(Finding(page, heading, _excerpt(plain, words[0])))
    return tuple(found)


def _sections(page: HelpPage) -> list[tuple[str, str]]:
    starts = list(_HEADING.finditer(page.text))
    ends = [match.start() for match in starts[1:]] + [len(page.text)]
    return [(match.group(2), page.text[match.end() : end]) for match, end in zip(starts, ends, strict=True)]


def _excerpt(plain: str, word: str) -> str:
    flat = " ".join(plain.split())
    place = max(flat.casefold().find(word), 0)
    start = max(place - _EXCERPT // 3, 0)
    cut = flat[start : start + _EXCERPT]
    return f"{'… ' if start else ''}{cut}{' …' if start + _EXCERPT < len(flat) else ''}"
