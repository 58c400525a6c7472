"""States of pieces fold in canonical order, as a tree of blocks: no worker holds all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provender.io.states import StateStore, state_name
from provender.stats.analysis import Analysis, analysis_key

#: Pieces (or blocks) that are merged by one worker at a time.
BLOCK = 8


def fold_names(analysis: Analysis[Any], names: Sequence[str], store: StateStore) -> str:
    """Merge stored states, in the order given, into one stored state and return its name.

    The name is made of the parts' names, so a block whose pieces did not change is not merged
    again.
    """
    if len(names) == 1:
        return names[0]
    folded = state_name("block", analysis_key(analysis), list(names))
    if store.get(folded) is None:
        states = [analysis.unpack(store.require(name)) for name in names]
        store.put(folded, analysis.pack(analysis.merge(states)))
    return folded


def blocks(items: Sequence[Any], size: int = BLOCK) -> list[Sequence[Any]]:
    """Cut ``items`` into consecutive runs of at most ``size``."""
    return [items[i : i + size] for i in range(0, len(items), size)]
