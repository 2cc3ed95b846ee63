"""Statistics for quality work: numpy arrays in, frozen results out. Knows no store, no screen, no instrument.

The rooms of the library (`analysis.charts`, `analysis.rules`, `analysis.stream`, ...) are loaded when first named, so
that `import analysis` costs less than `import numpy`. scipy is imported inside the functions that need it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.errors import AnalysisError

__all__ = ["AnalysisError", "__version__"]
__version__ = "0.1.0"

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import the room `name` on first use."""
        import importlib
        import importlib.util

        if not name.startswith("_") and importlib.util.find_spec(f"{__name__}.{name}") is not None:
            return importlib.import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        import pkgutil

        return sorted({*globals(), *(module.name for module in pkgutil.iter_modules(__path__))})
