"""duplicates/contradiction: the minority in groups of equal content, where chance is out."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.core.shard import Roles
from provender.detect.base import DataView, Unchecked
from provender.detect.contradiction import Contradiction, outvoted
from provender.stats.keyed_rows import equal_groups
from tests.detect.state_runs import bound, run, run_in_parts
from tests.laws import assert_mergeable

CELLS = st.tuples(
    st.sampled_from(["one two", "One  two", "three", "", None]), st.sampled_from(["a", "b", None])
)


def _table(pairs: list[tuple[str | None, str | None]]) -> pa.Table:
    texts, labels = zip(*pairs, strict=True) if pairs else ((), ())
    return pa.table({"text": pa.array(texts, pa.string()), "label": pa.array(labels, pa.string())})


def _corpus(rows: int = 600) -> list[tuple[str | None, str | None]]:
    random = np.random.default_rng(12)
    vocabulary = [f"word{i}" for i in range(400)]
    return [
        (" ".join(random.choice(vocabulary, 20)), str(random.choice(["a", "b"])))
        for _ in range(rows)
    ]


def _planted() -> tuple[pa.Table, list[int]]:
    pairs = _corpus()
    text = pairs[0][0]
    pairs[0], pairs[10], pairs[20] = (text, "a"), (text, "a"), (text, "b")  # 20 is outvoted
    pairs[30], pairs[40] = (pairs[30][0], "a"), (pairs[30][0], "b")  # a tie: both
    pairs[50] = pairs[60]  # agree: neither
    pairs[70], pairs[80] = ("no", "a"), ("no", "b")  # too plain to say
    return _table(pairs), [20, 30, 40]


@settings(max_examples=25, deadline=None)
@given(st.lists(CELLS, max_size=12), st.lists(st.integers(0, 12), max_size=4))
def test_states_merge(pairs: list[tuple[str | None, str | None]], cuts: list[int]) -> None:
    table = _table(pairs)
    detector = bound(Contradiction(), table, label="label", text="text")
    assert_mergeable(detector.analysis(0, None), table, cuts)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=20))
def test_the_outvoted_are_those_of_a_plain_count(rows: list[tuple[int, int]]) -> None:
    keys = np.array([[k, 0] for k, _ in rows], np.uint64).reshape(-1, 2)
    groups = equal_groups(keys)
    marked = groups.members[outvoted(groups, np.array([t for _, t in rows], np.uint32))]
    by_key = defaultdict(list)
    for i, (key, tag) in enumerate(rows):
        by_key[key].append((i, tag))
    expected = []
    for members in by_key.values():
        votes = Counter(tag for _, tag in members).most_common()
        tie = len(votes) > 1 and votes[0][1] == votes[1][1]
        expected += [i for i, tag in members if tie or tag != votes[0][0]]
    assert sorted(marked) == sorted(expected)


def test_planted_contradictions_are_found() -> None:
    table, expected = _planted()
    detector = bound(Contradiction(), table, label="label", text="text")
    found, profile = run(detector, table, [25, 55])
    assert found.rows.tolist() == expected
    assert found.score.tolist() == [3.0, 2.0, 2.0]
    assert (found.p_value < 1e-20).all()
    assert found.group.tolist() == [-1, 30, 30], "one of a tie will be spared"
    assert detector.limits(profile) == ""


def test_the_clean_twin_has_nothing() -> None:
    table = _table(_corpus())
    found, _ = run(bound(Contradiction(), table, label="label", text="text"), table)
    assert len(found.rows) == 0


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 600), max_size=4), st.integers(1, 7))
def test_parts_tell_what_the_whole_tells(cuts: list[int], parts: int) -> None:
    table, expected = _planted()
    detector = bound(Contradiction(), table, label="label", text="text")
    whole, _ = run(detector, table)
    pieces = run_in_parts(detector, table, cuts, parts)
    assert pieces.rows.tolist() == expected
    assert pieces.p_value.tolist() == whole.p_value.tolist()
    assert pieces.score.tolist() == whole.score.tolist()


def test_texts_are_compared_with_case_and_white_space_folded() -> None:
    pairs = _corpus()
    text = pairs[5][0] or ""
    pairs[5], pairs[6] = (text, "a"), (f"  {text.upper()}\n".replace(" ", "\t "), "b")
    table = _table(pairs)
    found, _ = run(bound(Contradiction(), table, label="label", text="text"), table)
    assert found.rows.tolist() == [5, 6]


def test_rows_without_label_or_text_are_left_out_and_told() -> None:
    pairs = _corpus(50)
    long = pairs[0][0]
    pairs[0], pairs[1], pairs[2], pairs[3] = (long, "a"), (long, None), (None, "a"), (None, "b")
    table = _table(pairs)
    detector = bound(Contradiction(), table, label="label", text="text")
    found, profile = run(detector, table)
    assert len(found.rows) == 0
    assert detector.limits(profile) == "3 rows without a label or without a text"


def test_rows_of_a_table_are_compared_without_label_key_and_source() -> None:
    random = np.random.default_rng(13)
    columns = {f"c{i}": random.normal(size=300).round(3) for i in range(4)}
    for values in columns.values():
        values[200] = values[100]
    table = pa.table(
        {
            **columns,
            "id": np.arange(300),
            "site": ["x"] * 150 + ["y"] * 150,
            "class": np.where(np.arange(300) < 150, 0, 1),
        }
    )
    detector = bound(Contradiction(), table, label="class", key="id", source="site")
    assert run(detector, table)[0].rows.tolist() == [100, 200]


def test_small_categorical_tables_rightly_hold_both_labels() -> None:
    random = np.random.default_rng(14)
    table = pa.table({n: random.integers(0, 3, 3000) for n in ("a", "b", "c", "class")})
    found, _ = run(bound(Contradiction(), table, label="class"), table)
    assert len(found.rows) == 0


def test_no_rows_give_no_findings() -> None:
    table = _table([])
    found, _ = run(bound(Contradiction(), table, label="label", text="text"), table)
    assert len(found.rows) == 0


def test_data_without_labels_or_content_cannot_be_checked() -> None:
    schema = pa.schema([("label", pa.string()), ("id", pa.int64())])
    for roles in (Roles(), Roles(label="label", key="id")):
        assert isinstance(Contradiction().bind(DataView(schema, roles)), Unchecked)
