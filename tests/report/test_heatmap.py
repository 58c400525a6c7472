from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.report.heatmap import MOST_COLUMNS, MOST_LISTED, heat_map


def shards(hits: list[int], rows: int = 1000) -> list[dict[str, Any]]:
    return [
        {"name": f"s{i:05d}", "rows": rows, "flagged": {"a/b": h} if h else {}}
        for i, h in enumerate(hits)
    ]


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=700))
def test_every_flagged_shard_is_under_a_drawn_column_as_dark_as_the_worst(hits: list[int]) -> None:
    heat = heat_map(shards(hits), ["a/b"])
    assert heat.columns <= MOST_COLUMNS
    drawn = {c.column: c.step for strip in heat.strips for c in strip.cells}
    for column in range(heat.columns):
        group = hits[column * heat.per_column : (column + 1) * heat.per_column]
        edges = [0.0, 0.001, 0.01, 0.1, 0.5]
        worst = max(group) / 1000
        assert drawn.get(column, 0) == (sum(worst >= e for e in edges) if worst else 0)
    assert sum(s.rows for s in heat.strips) == sum(hits)
    assert heat.touched == sum(h > 0 for h in hits)


def test_one_bad_shard_of_five_thousand_is_drawn_dark_and_named_first() -> None:
    hits = [1] * 5000
    hits[3210] = 900
    heat = heat_map(shards(hits), ["a/b"])
    assert (heat.columns, heat.per_column) == (200, 25)
    assert [c.column for c in heat.strips[0].cells if c.step == 5] == [3210 // 25]
    assert "s03210: 900 of 1,000 rows (90 %)" in heat.strips[0].cells[3210 // 25].title
    assert heat.worst[0].name == "s03210"
    assert len(heat.worst) == MOST_LISTED


def test_rules_that_flagged_nothing_are_named_and_unknown_ones_are_drawn() -> None:
    heat = heat_map(shards([0, 3]), ["a/quiet"])
    assert heat.quiet == ("a/quiet",)
    assert [s.rule for s in heat.strips] == ["a/b"]


@pytest.mark.parametrize("entries", [[], shards([0, 0]), shards([0], rows=0)])
def test_nothing_flagged_draws_nothing(entries: list[dict[str, Any]]) -> None:
    heat = heat_map(entries, ["a/b"])
    assert heat.strips == ()
    assert heat.worst == ()
