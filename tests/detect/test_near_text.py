"""duplicates/near-text: clusters as exact Jaccard similarity has them, and clean corpora alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import DataView, Unchecked
from provender.detect.near_text import NearText
from provender.stats.signature_rows import unpack_signatures
from tests.detect.state_runs import bound, run
from tests.laws import assert_mergeable

WORDS = st.lists(st.sampled_from("abcdefgh"), max_size=24).map(" ".join)


def _corpus(texts: int = 400, words: int = 120) -> list[list[str]]:
    random = np.random.default_rng(15)
    return [[f"w{i}" for i in random.zipf(1.4, words) % 5000] for _ in range(texts)]


def _table(texts: list[list[str]]) -> pa.Table:
    return pa.table({"text": [" ".join(t) for t in texts]})


def _edited(text: list[str], changes: int, seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    copy = list(text)
    for place in random.choice(len(text), changes, replace=False):
        copy[place] = f"edit{random.integers(10**6)}"
    return copy


def _jaccard(one: list[str], other: list[str]) -> float:
    a, b = ({tuple(t[i : i + 5]) for i in range(len(t) - 4)} for t in (one, other))
    return len(a & b) / len(a | b)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.none() | WORDS, max_size=10),
    st.lists(st.integers(0, 10), max_size=4),
    st.sampled_from([3, 2_000_000]),
)
def test_states_merge(texts: list[str | None], cuts: list[int], most: int) -> None:
    table = pa.table({"text": pa.array(texts, pa.string())})
    detector = bound(replace(NearText(), most=most), table, text="text")
    assert_mergeable(detector.analysis(0, None), table, cuts)


def test_edited_copies_are_found_as_clusters() -> None:
    texts = _corpus()
    texts[100], texts[300] = _edited(texts[7], 2, 1), _edited(texts[7], 1, 2)
    texts[200] = list(texts[9])
    assert _jaccard(texts[7], texts[100]) > 0.75
    table = _table(texts)
    detector = bound(NearText(), table, text="text")
    found, profile = run(detector, table, [50, 250])
    assert found.rows.tolist() == [7, 9, 100, 200, 300]
    assert found.score.tolist() == [3.0, 2.0, 3.0, 2.0, 3.0]
    assert found.group.tolist() == [7, 9, 7, 9, 7]
    p_values = np.ones(len(texts))
    p_values[found.rows] = found.p_value
    assert found.p_value.max() <= PValueCounts.of(p_values).threshold(0.01)
    assert detector.limits(profile) == ""
    assert detector.causes(profile) == []


def test_the_clean_twin_has_nothing() -> None:
    table = _table(_corpus())
    assert len(run(bound(NearText(), table, text="text"), table)[0].rows) == 0


def test_what_is_found_is_what_exact_similarity_says() -> None:
    texts = _corpus(200)
    for i in range(60):
        texts[100 + i] = _edited(texts[i], i // 5, seed=i)
    exact = np.array([_jaccard(texts[i], texts[100 + i]) for i in range(60)])
    table = _table(texts)
    found, _ = run(bound(NearText(), table, text="text"), table)
    flagged = np.isin(np.arange(100, 160), found.rows)
    assert flagged[exact >= 0.8].all()
    assert not flagged[exact < 0.5].any()
    assert (exact >= 0.8).sum() >= 10
    assert (exact < 0.5).sum() >= 10


def test_boilerplate_that_all_share_is_background_and_not_a_cluster() -> None:
    header = [f"header{i}" for i in range(60)]
    texts = [[*header, *t] for t in _corpus(300, 60)]
    texts[250] = _edited(texts[3], 1, 3)
    table = _table(texts)
    found, _ = run(bound(NearText(), table, text="text"), table)
    assert found.rows.tolist() == [3, 250]


def test_equal_texts_are_one_cluster() -> None:
    table = _table([_corpus(1)[0]] * 50)
    found, _ = run(bound(NearText(), table, text="text"), table)
    assert found.rows.tolist() == list(range(50))
    assert set(found.score) == {50.0}


def test_a_crowd_of_like_texts_is_one_cluster() -> None:
    base = _corpus(1, 300)[0]
    table = _table([_edited(base, 2, seed) for seed in range(150)])
    found, _ = run(bound(NearText(), table, text="text"), table)
    assert found.rows.tolist() == list(range(150))


def test_short_texts_and_texts_beyond_the_cap_are_told() -> None:
    texts = [*_corpus(20), ["too", "short"], []]
    texts[15] = list(texts[2])
    table = pa.table({"text": [*(" ".join(t) for t in texts), None]})
    detector = bound(replace(NearText(), most=12), table, text="text")
    found, profile = run(detector, table, [5, 14])
    assert len(found.rows) == 0
    assert detector.limits(profile) == (
        "3 texts with fewer than 14 words; 8 texts after the first 12, which are kept"
    )
    whole = bound(NearText(), table, text="text")
    assert run(whole, table)[0].rows.tolist() == [2, 15]


@pytest.mark.parametrize("texts", [[], ["short"], ["a b c d e f g h i j k l m n o p"]])
def test_nothing_to_compare_gives_no_findings(texts: list[str]) -> None:
    table = pa.table({"text": pa.array(texts, pa.string())})
    found, _ = run(bound(NearText(), table, text="text"), table)
    assert len(found.rows) == 0
    assert found.rows.dtype == np.int64


def test_without_a_text_prompts_and_their_responses_are_compared_as_one() -> None:
    texts = _corpus(300, 40)
    copies = [_edited(texts[7], 1, seed) for seed in range(4)]
    # The same prompt with another answer is no copy, nor is the same answer to another prompt.
    copies += [texts[8][:20] + texts[9][:20], texts[10][:20] + texts[9][20:]]
    every = [*texts, *copies]
    pairs = {"ask": [" ".join(t[:20]) for t in every], "say": [" ".join(t[20:]) for t in every]}
    found, _ = run(
        bound(NearText(), pa.table(pairs), prompt="ask", response="say"), pa.table(pairs)
    )
    assert found.rows.tolist() == [7, 300, 301, 302, 303]


def test_turns_of_a_dialogue_that_overlap_are_no_copies() -> None:
    said = [" ".join(text) for text in _corpus(200, 30)]
    said[1::2] = ["yes"] * 100
    turns = pa.table({"ask": said[:-1], "say": said[1:]})
    assert not len(run(bound(NearText(), turns, prompt="ask", response="say"), turns)[0].rows)
    twice = pa.concat_tables([turns, turns.slice(40, 10)])
    found, _ = run(bound(NearText(), twice, prompt="ask", response="say"), twice)
    assert found.rows.tolist() == [*range(40, 50), *range(199, 209)]


@given(
    st.lists(st.tuples(st.none() | WORDS, st.none() | WORDS), max_size=10),
    st.lists(st.integers(0, 10), max_size=4),
)
def test_states_of_pairs_merge(rows: list[tuple[str | None, str | None]], cuts: list[int]) -> None:
    columns = [pa.array([row[i] for row in rows], pa.string()) for i in range(2)]
    table = pa.table(dict(zip(("ask", "say"), columns, strict=True)))
    detector = bound(NearText(), table, prompt="ask", response="say")
    assert_mergeable(detector.analysis(0, None), table, cuts)


def test_one_role_of_a_text_is_enough_and_the_text_comes_first() -> None:
    view = pa.schema([(name, pa.string()) for name in ("t", "ask", "say")])
    for roles, texts in (
        (Roles(response="say"), ("say",)),
        (Roles(prompt="ask"), ("ask",)),
        (Roles(text="t", prompt="ask", response="say"), ("t",)),
    ):
        detector = NearText().bind(DataView(view, roles))
        assert isinstance(detector, NearText)
        assert detector.texts == texts


def test_data_without_a_text_cannot_be_checked() -> None:
    schema = pa.schema([("text", pa.int64())])
    for roles in (Roles(), Roles(text="text"), Roles(prompt="text")):
        assert isinstance(NearText().bind(DataView(schema, roles)), Unchecked)


def test_bytes_of_something_else_are_refused() -> None:
    with pytest.raises(ValueError):
        unpack_signatures(b"nonsense")
