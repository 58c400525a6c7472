"""How far a run is, told while Beam's run() blocks.

Beam's metrics cannot be polled during a local run, so the transforms that live in this process
tell the listener directly. On an engine a thread asks for the pipeline's counters.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """Something was done, or a stage begins.

    Attributes:
        stage: the transform's label.
        total: elements of the stage in this bundle; 0 where an engine tells, which does not know.
        done: how many ended, 0 where the stage begins.
        rows, bytes: what was read for it.
        note: said instead of figures.
    """

    stage: str
    total: int
    done: int = 1
    rows: int = 0
    bytes: int = 0
    note: str = ""


Listener = Callable[[Step], None]
_listener: Listener | None = None


@contextlib.contextmanager
def listening(listener: Listener | None) -> Iterator[None]:
    """Tell ``listener`` of every step that ends in this process."""
    global _listener
    _listener = listener
    try:
        yield
    finally:
        _listener = None


def heard() -> bool:
    """Return whether somebody listens in this process."""
    return _listener is not None


def tell(step: Step) -> None:
    """Report a step to whoever listens."""
    if _listener is not None:
        _listener(step)
