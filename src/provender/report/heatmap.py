"""Shards × rules: where the flagged rows are, for three shards or five thousand."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provender.report.wording import count, share

#: More columns than this cannot be told apart on a screen.
MOST_COLUMNS = 200
MOST_LISTED = 20
#: Lower edges of the colour steps 1 to 5, as shares of a shard's rows.
STEPS = (0.0, 0.001, 0.01, 0.1, 0.5)
LEGEND = ("none", "under 0.1 %", "0.1 to 1 %", "1 to 10 %", "10 to 50 %", "50 % and more")


@dataclass(frozen=True)
class Cell:
    """One drawn column of a strip: its place, its colour step (1 to 5) and its words."""

    column: int
    step: int
    title: str


@dataclass(frozen=True)
class Strip:
    """One rule over all shards; columns without a flagged row have no cell."""

    rule: str
    rows: int
    shards: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class ListedShard:
    """A shard with flagged rows: (rule, flagged rows, share) by falling share."""

    name: str
    rows: int
    flagged: tuple[tuple[str, int, float], ...]


@dataclass(frozen=True)
class HeatMap:
    """The map and its figures.

    Attributes:
        columns: columns drawn.
        per_column: shards behind one column; above 1 each column shows its worst shard.
        quiet: rules that flagged nothing.
        worst: the shards with the highest share under any one rule, at most `MOST_LISTED`.
        touched: shards with a flagged row.
    """

    shards: int
    columns: int
    per_column: int
    first: str
    last: str
    strips: tuple[Strip, ...]
    quiet: tuple[str, ...]
    worst: tuple[ListedShard, ...]
    touched: int


def heat_map(shards: Sequence[dict[str, Any]], rules: list[str]) -> HeatMap:
    """Lay out findings.json's ``shards`` under ``rules`` (others that flagged are added)."""
    rules = sorted({*rules, *(rule for shard in shards for rule in shard["flagged"])})
    per_column = max(1, -(-len(shards) // MOST_COLUMNS))
    strips = [_strip(rule, shards, per_column) for rule in rules]
    # Made one by one and not kept: there may be 100,000.
    touched = (_listed(shard) for shard in shards if any(shard["flagged"].values()))
    worst = heapq.nsmallest(MOST_LISTED, touched, key=lambda s: (-s.flagged[0][2], s.name))
    return HeatMap(
        shards=len(shards),
        columns=-(-len(shards) // per_column),
        per_column=per_column,
        first=shards[0]["name"] if shards else "",
        last=shards[-1]["name"] if shards else "",
        strips=tuple(s for s in strips if s.cells),
        quiet=tuple(s.rule for s in strips if not s.cells),
        worst=tuple(worst),
        touched=sum(any(shard["flagged"].values()) for shard in shards),
    )


def _strip(rule: str, shards: Sequence[dict[str, Any]], per_column: int) -> Strip:
    hits = [shard["flagged"].get(rule, 0) for shard in shards]
    cells = []
    for start in range(0, len(shards), per_column):
        group = range(start, min(start + per_column, len(shards)))
        worst = max(group, key=lambda i: _share(hits[i], shards[i]["rows"]))
        if not hits[worst]:
            continue
        part = _share(hits[worst], shards[worst]["rows"])
        lead = f"worst of {len(group)} shards: " if len(group) > 1 else ""
        title = (
            f"{lead}{shards[worst]['name']}: {count(hits[worst])} of "
            f"{count(shards[worst]['rows'])} rows ({share(part)})"
        )
        step = sum(part >= edge for edge in STEPS)
        cells.append(Cell(start // per_column, step, title))
    return Strip(rule, sum(hits), sum(hit > 0 for hit in hits), tuple(cells))


def _listed(shard: dict[str, Any]) -> ListedShard:
    flagged = [(r, n, _share(n, shard["rows"])) for r, n in shard["flagged"].items() if n]
    flagged.sort(key=lambda item: (-item[2], item[0]))
    return ListedShard(shard["name"], shard["rows"], tuple(flagged))


def _share(hits: int, rows: int) -> float:
    return hits / rows if rows else 0.0
