"""The typesetter: template, JSON data and our own fonts in, PDF or picture out; no network, no system fonts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from resources import ROOT
from workstation.errors import SurroundingsFailed

if TYPE_CHECKING:
    import typst

TEMPLATES = ROOT / "reports"
ARCHIVE: Final = "a-2a"
"""PDF/A-2a: every font embedded, text extractable, structure and pictures described for those who cannot see them."""


@cache
def _fonts() -> typst.Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(ROOT / "fonts")])


def typeset(template: str, data: Mapping[str, Any], target: Path, *, at: int | None = None) -> Path:
    """Set `template` of resources/reports with `data` and write the PDF/A to `target`.

    The data reach the template as JSON values, never as markup, so that no name or remark can change the document.
    Raises SurroundingsFailed when the template does not compile (a plant may have edited it) or the file cannot be
    written; a file that is there is replaced only by a whole new one.
    """
    import typst

    try:
        document = typst.compile(
            str(TEMPLATES / template),
            root=str(TEMPLATES),
            font_paths=_fonts(),
            sys_inputs={"data": json.dumps(data, ensure_ascii=False, allow_nan=False)},
            pdf_standards=ARCHIVE,
            timestamp=None if at is None else at // 1_000_000,
            package_path=str(TEMPLATES / "no-packages"),
            package_cache_path=str(TEMPLATES / "no-packages"),
        )
    except typst.TypstError as error:
        raise SurroundingsFailed(
            f"The report template {TEMPLATES / template} does not work: {str(error).splitlines()[0]}.",
            "Undo the last change to it, or install Sinebar again.",
        ) from error
    return write_whole(bytes(document), target)


def pages_as_pictures(template: str, data: Mapping[str, Any], *, dots_per_inch: int = 96) -> list[bytes]:
    """The pages that `typeset` would write, as PNG: for a preview."""
    import typst

    pages: object = typst.compile(
        str(TEMPLATES / template),
        root=str(TEMPLATES),
        font_paths=_fonts(),
        format="png",
        ppi=float(dots_per_inch),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False, allow_nan=False)},
        package_path=str(TEMPLATES / "no-packages"),
        package_cache_path=str(TEMPLATES / "no-packages"),
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
    fresh = target.with_name(f".{target.name}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(content)
        fresh.replace(target)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise SurroundingsFailed(
            f"{target} cannot be written: {error.strerror}.", "Choose another file or folder, or free space."
        ) from error
    return target
