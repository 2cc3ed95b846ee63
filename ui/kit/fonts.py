"""The family the window is drawn in: bundled, so that three systems and every picture look alike."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtGui import QFontDatabase

FONTS = Path(__file__).resolve().parents[2] / "resources" / "fonts"

_log = logging.getLogger(__name__)


def load_family(folder: Path = FONTS) -> str:
    """Load every font file of `folder` and name the family most of them belong to; empty where there is none.

    Call it before the first widget. A file that Qt cannot read is logged and left out: the window then shows the
    system's family, which is readable, if not the same everywhere.
    """
    families: dict[str, int] = {}
    for path in sorted(folder.glob("*.[ot]tf")):
        number = QFontDatabase.addApplicationFont(str(path))
        if number < 0:
            _log.warning("font file not readable: %s", path)
            continue
        for family in QFontDatabase.applicationFontFamilies(number):
            families[family] = families.get(family, 0) + 1
    proportional = {name: count for name, count in families.items() if not QFontDatabase.isFixedPitch(name)}
    return max(proportional, key=lambda name: proportional[name]) if proportional else ""
