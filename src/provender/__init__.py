"""Provender decides whether a training data set may be fed to a model."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    open_verified: Callable[..., Any]

__version__ = "0.1.0"
__all__ = ["__version__", "open_verified"]


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: the rooms below stay free of it, and --help quick."""
    if name == "open_verified":
        return importlib.import_module("provender.provenance.reading.opening").open_verified
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
