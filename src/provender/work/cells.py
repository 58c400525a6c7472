"""States that are cut by key: cells of a part are listed on the way up and merged once, at the end.

A keyed state is as large as its records. Folded like others it would be written again on every
level; but a part of it fits in memory, so all that has to climb is the list of its cells.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provender.core.canonical import compact_json
from provender.core.shard import ShardFailure
from provender.io.states import StateStore, state_name
from provender.stats.analysis import Analysis, analysis_key
from provender.work.fold import AT_ONCE, blocks
from provender.work.wire import message

#: A longer list lies in the store, and only its name travels.
_INLINE = 512


@message
@dataclass(frozen=True)
class Cells:
    """States of one part of the keys, in order of the pieces they come from.

    Attributes:
        names: their store names; () where they are many.
        listed: store name of the list of names, where they are many.
    """

    names: tuple[str, ...]
    listed: str = ""
    failures: tuple[ShardFailure, ...] = ()


@dataclass(frozen=True)
class Cut:
    """Some states cut by key.

    Attributes:
        parts: per part, the store names of its cells.
        common: store names of what every part needs.
    """

    parts: tuple[tuple[str, ...], ...]
    common: tuple[str, ...]


def cells(names: Sequence[str], store: StateStore) -> Cells:
    """Return a message that stands for the cells ``names``."""
    if len(names) <= _INLINE:
        return Cells(tuple(names))
    return Cells((), store.put_content("cells", compact_json(list(names))))


def cell_names(found: Cells, store: StateStore) -> list[str]:
    """Return the store names of the cells."""
    if not found.listed:
        return list(found.names)
    return [str(name) for name in json.loads(store.require(found.listed))]


def merged(names: Sequence[str], analysis: Analysis[Any], store: StateStore) -> Any:
    """Return the state of a part, merged from its cells a few at a time."""
    state = None
    for run in blocks(names, AT_ONCE):
        states = [analysis.unpack(store.require(name)) for name in run]
        state = analysis.merge(states if state is None else [state, *states])
    return state


def cut(
    names: Sequence[str], detector: Any, analysis: Analysis[Any], parts: int, store: StateStore
) -> Cut:
    """Cut stored states into parts that hold disjoint keys, a few states at a time.

    What was cut before is not cut again.
    """
    found: list[list[str]] = [[] for _ in range(parts)]
    common: list[str] = []
    for run in blocks(names, AT_ONCE):
        name = state_name("cut", analysis_key(analysis), list(run), parts)
        stored = store.get(name)
        if stored is None:
            stored = store.require(store.put(name, _cut(run, detector, analysis, parts, store)))
        value = json.loads(stored)
        common.append(value["common"])
        for part, cell in enumerate(value["parts"]):
            found[part].append(cell)
    return Cut(tuple(tuple(part) for part in found), tuple(common))


def _cut(
    names: Sequence[str], detector: Any, analysis: Analysis[Any], parts: int, store: StateStore
) -> bytes:
    states = [analysis.unpack(store.require(name)) for name in names]

    def keep(pieces: list[Any]) -> str:
        return store.put_content("part", analysis.pack(analysis.merge(pieces)))

    cells = [keep([detector.select(s, part, parts) for s in states]) for part in range(parts)]
    return compact_json({"parts": cells, "common": keep([detector.common(s) for s in states])})
