"""The clean rows most like an example are those that comparing all pairs gives."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.stats.grams import hash_strings
from provender.work.explaining import nearest
from provender.work.explaining.nearest import NEAREST, ONE, Nearest
from provender.work.explaining.words import BUCKETS, Queries, buckets_of
from tests.laws import assert_mergeable

WORDS = [f"word{i}" for i in range(12)]
_TEXT = st.lists(st.sampled_from(WORDS), max_size=8)


def queries(examples: list[list[str]]) -> Queries:
    weight = np.zeros(BUCKETS, np.int64)
    weight[buckets_of(hash_strings(WORDS))] = np.arange(12) * 100  # the first counts nothing
    words = [np.unique(hash_strings([w for w in one if w != WORDS[0]])) for one in examples]
    return Queries(weight, {7 + i: own for i, own in enumerate(words) if len(own)})


def expected(
    texts: list[list[str]], example: list[str], flagged: set[int]
) -> list[tuple[int, int]]:
    """Compare each pair with plain sets: (row, likeness)."""

    def weight(words: set[str]) -> int:
        return sum(100 * WORDS.index(word) for word in words)

    own, found = set(example), []
    for row, text in enumerate(texts):
        both = np.sqrt(weight(set(text))) * np.sqrt(weight(own))
        likeness = int(np.rint(ONE * min(weight(set(text) & own) / both, 1))) if both else 0
        if likeness and row not in flagged:
            found.append((row, likeness))
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:NEAREST]


@pytest.mark.parametrize("cells", [8, 1 << 21])
@settings(max_examples=40)
@given(
    texts=st.lists(_TEXT, min_size=1, max_size=14),
    examples=st.lists(_TEXT, min_size=1, max_size=3),
    flagged=st.sets(st.integers(0, 13)),
    cuts=st.lists(st.integers(0, 14), max_size=3),
)
def test_they_are_those_of_all_pairs_however_the_data_is_cut(
    cells: int,
    texts: list[list[str]],
    examples: list[list[str]],
    flagged: set[int],
    cuts: list[int],
) -> None:
    flagged = {row for row in flagged if row < len(texts)}
    table = pa.table(
        {
            "text": pa.array([" ".join(t) for t in texts], pa.string()),
            "label": pa.array([f"c{i % 3}" for i in range(len(texts))], pa.string()),
        }
    )
    asked = queries(examples)
    spared = np.array(sorted(flagged), np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "_CELLS", cells)
        analysis = Nearest("text", "label", ("text",), asked, "made", spared)
        state = analysis.unpack(assert_mergeable(analysis, table, cuts))
    lines = state.found.to_pylist()
    for i, example in enumerate(examples):
        mine = [line for line in lines if line["example"] == 7 + i]
        wanted = expected(texts, example, flagged) if 7 + i in asked.words else []
        assert [(line["row"], line["likeness"]) for line in mine] == wanted
    for line in lines:
        assert line["label"] == f"c{line['row'] % 3}"
        assert line["text"] == " ".join(texts[line["row"]])


def test_what_rows_hold_is_not_kept_unless_it_may_be_shown() -> None:
    analysis = Nearest("text", None, (), queries([["word3"]]), "made")
    table = pa.table({"text": ["word3 secret"]})
    packed = assert_mergeable(analysis, table, [])
    assert analysis.columns() == ("text",)
    assert b"secret" not in packed
    assert analysis.unpack(packed).found.to_pylist()[0]["text"] is None


def test_flagged_rows_are_those_of_the_shard_not_of_the_piece() -> None:
    analysis = Nearest("text", None, (), queries([["word3"]]), "made", np.array([10], np.int64))
    batch = pa.record_batch({"text": ["word3", "word3"]})
    state = analysis.add(analysis.empty(10), batch)
    assert state.found["row"].to_pylist() == [1]
