"""States of pieces fold in canonical order, as a tree of blocks: no worker holds all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provender.core.shard import ShardFailure
from provender.io.states import StateStore, state_name
from provender.stats.analysis import Analysis, analysis_key
from provender.work.wire import message, some_failures

#: Results that one call folds.
BLOCK = 64
#: States that are in memory at a time while it does.
AT_ONCE = 8


@message
@dataclass(frozen=True)
class Part:
    """A state in the store, of a piece or of a block of them; '' where a shard has failed."""

    name: str
    failures: tuple[ShardFailure, ...] = ()


#: What one call of a fold is given: group, block number, and the block's parts in order.
Block = tuple[str, int, tuple[Any, ...]]
#: What it returns: (group, block number, message), mostly one.
Folded = tuple[tuple[str, int, Any], ...]


def levels(count: int) -> int:
    """Return how many levels of blocks fold ``count`` results to one; at least 1."""
    found = 1
    while count > BLOCK:
        count, found = -(-count // BLOCK), found + 1
    return found


def failed(parts: Sequence[Any]) -> Part | None:
    """Return the part that stands for a block with failures, None where there are none."""
    failures = some_failures(f for part in parts for f in part.failures)
    return Part("", failures) if failures else None


def fold_states(block: Block, analysis: Analysis[Any], store: StateStore) -> Folded:
    """Fold the states of one block of pieces."""
    group, number, parts = block
    part = failed(parts) or Part(fold_names(analysis, [p.name for p in parts], store))
    return ((group, number, part),)


def fold_names(analysis: Analysis[Any], names: Sequence[str], store: StateStore) -> str:
    """Merge stored states, in the order given, into one stored state and return its name.

    Names of blocks are made of the parts' names, so a block whose pieces did not change is not
    merged again.
    """
    while len(names) > 1:
        names = [_merged(analysis, run, store) for run in blocks(names, AT_ONCE)]
    return names[0]


def _merged(analysis: Analysis[Any], names: Sequence[str], store: StateStore) -> str:
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
