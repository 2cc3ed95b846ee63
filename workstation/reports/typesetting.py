"""The typesetter: template, JSON data and our own fonts in, PDF or picture out; no network, no system fonts."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from resources import ROOT
from workstation import files
from workstation.errors import SurroundingsFailed
from workstation.reports.coverage import is_covered, spelled

if TYPE_CHECKING:
    import typst

TEMPLATES = ROOT / "reports"
ARCHIVE: Final = "a-2a"
"""PDF/A-2a: every font embedded, text extractable, structure and pictures described for those who cannot see them."""


@cache
def _fonts(*, system: bool = False) -> typst.Fonts:
    import typst

    folders = [str(ROOT / "fonts")]
    return typst.Fonts(include_system_fonts=system, include_embedded_fonts=False, font_paths=folders)


def typeset(template: str, data: Mapping[str, Any], target: Path, *, at: int | None = None) -> Path:
    """Set `template` of resources/reports with `data` and write the PDF/A to `target`; `at` is its time of creation.

    The data reach the template as JSON values, never as markup, so that no name or remark can change the document.
    Characters that our fonts lack are set in a font of this computer, or spelled out by their code when it has none.
    Raises SurroundingsFailed when the template does not compile (a plant may have edited it) or the file cannot be
    written; a file that is there is replaced only by a whole new one.
    """
    import typst

    seconds = None if at is None else at // 1_000_000
    plain = normalised(data)
    problem: typst.TypstError | None = None
    for content, fonts in _attempts(plain):
        try:
            document = typst.compile(
                **_source(template, content), font_paths=fonts, pdf_standards=ARCHIVE, timestamp=seconds
            )
            return write_whole(bytes(document), target)
        except typst.TypstError as error:
            problem = error
    raise SurroundingsFailed(
        f"The report template {TEMPLATES / template} does not work: {str(problem).splitlines()[0]}.",
        "Undo the last change to it, or install Sinebar again.",
    ) from problem


def _attempts(data: Any) -> Iterator[tuple[Any, typst.Fonts]]:
    """Our fonts alone; then this computer's too, for what ours lack; then such characters spelled out."""
    yield data, _fonts(system=not all(map(is_covered, _texts(data))))
    if any(spelled(text) != text for text in _texts(data)):
        yield mapped(data, spelled), _fonts()


def _texts(data: Any) -> Iterator[str]:
    """Every text in the data."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping | list | tuple):
        for value in data.values() if isinstance(data, Mapping) else data:
            yield from _texts(value)


def normalised(data: Any) -> Any:
    """The same data with every text in composed form (Unicode NFC): fonts hold é, not e and an accent."""
    return mapped(data, lambda text: unicodedata.normalize("NFC", text))


def mapped(data: Any, change: Callable[[str], str]) -> Any:
    """The same data with every text changed."""
    if isinstance(data, str):
        return change(data)
    if isinstance(data, Mapping):
        return {key: mapped(value, change) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [mapped(value, change) for value in data]
    return data


def _source(template: str, data: Any) -> dict[str, Any]:
    """What every compilation has in common: nothing is fetched, nothing outside the templates is read."""
    return {
        "input": str(TEMPLATES / template),
        "root": str(TEMPLATES),
        "sys_inputs": {"data": json.dumps(data, ensure_ascii=False, allow_nan=False)},
        "package_path": str(TEMPLATES / "no-packages"),
        "package_cache_path": str(TEMPLATES / "no-packages"),
    }


def pages_as_pictures(template: str, data: Mapping[str, Any], *, dots_per_inch: int = 96) -> list[bytes]:
    """The pages that `typeset` would write, as PNG: for a preview."""
    import typst

    pages: object = typst.compile(
        **_source(template, mapped(data, spelled)), font_paths=_fonts(), format="png", ppi=float(dots_per_inch)
    )
    return [bytes(page) for page in pages] if isinstance(pages, list) else [bytes(pages)]  # type: ignore[call-overload]


def picture(svg: str, kind: Literal["png", "pdf"], *, dots_per_inch: int = 192) -> bytes:
    """An SVG drawing on a white page of its own size with a small border."""
    import typst

    page = (
        "#set page(width: auto, height: auto, margin: 12pt, fill: white)\n"
        '#image(bytes(sys.inputs.picture), format: "svg", alt: "Chart")\n'
    )
    return bytes(
        typst.compile(
            page.encode(), font_paths=_fonts(), format=kind, ppi=float(dots_per_inch), sys_inputs={"picture": svg}
        )
    )


def write_whole(content: bytes, target: Path) -> Path:
    """Write a file so that a reader never finds half of it."""
    files.replace(target, content, next_step="Choose another file or folder, or free space.", make_folder=True)
    return target
