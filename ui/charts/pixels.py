"""From data to the screen's own pixels, whole arrays at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyqtgraph import functions as fn
from PySide6.QtGui import QPolygonF, QTransform


def across(values: NDArray[np.float64], transform: QTransform) -> NDArray[np.float64]:
    """Places along the horizontal axis."""
    return values * transform.m11() + transform.dx()


def down(values: NDArray[np.float64], transform: QTransform) -> NDArray[np.float64]:
    """Places along the vertical axis, which runs downwards."""
    return values * transform.m22() + transform.dy()


def polygon(x: NDArray[np.float64], y: NDArray[np.float64]) -> QPolygonF:
    """The points as Qt draws them, copied in one go."""
    made = fn.create_qpolygonf(len(x))
    memory = fn.ndarray_from_qpolygonf(made)
    memory[:, 0] = x
    memory[:, 1] = y
    return made  # type: ignore[no-any-return]
