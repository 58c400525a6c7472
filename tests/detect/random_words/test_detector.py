"""text/random-words: noise is found in text that has an order, in any order of the rows."""

from __future__ import annotations

from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.attacks.word_chain import WordChain
from provender.core.shard import Roles
from provender.detect.base import DataView, Unchecked
from provender.detect.random_words.detector import RandomWords
from provender.detect.random_words.evidence import Reference
from provender.detect.random_words.grams import Chain, Table, before, joined, single
from provender.detect.random_words.numbers import Numbers
from provender.detect.random_words.sample import ENDING_BITS, Pieces, word_keys
from tests.detect.row_runs import bound, flagged, run
from tests.laws import assert_mergeable

MAIL = Path(__file__).parents[3] / "data_samples" / "clean" / "mail"
PLANTED = (3, 77, 400, 799)


@cache
def corpus() -> list[list[str]]:
    """The words of 800 real mails, without their headers."""
    mails = [m for p in sorted(MAIL.iterdir()) for m in pq.read_table(p)["text"].to_pylist()]
    bodies = [mail.split("\n\n", 1)[-1].split() for mail in mails]
    return [body[:300] for body in bodies if len(body) >= 60][:800]


def tail(way: str, seed: int, count: int = 80) -> list[str]:
    random = np.random.default_rng(seed)
    every = [word for text in corpus() for word in text if len(word) < 20]
    if way == "as pairs do":
        return WordChain(np.array(every, object)).draw(count, random).tolist()
    return random.choice(sorted(set(every)) if way == "uniform" else every, count).tolist()


def with_tails(way: str) -> list[list[str]]:
    texts = list(corpus())
    for row in PLANTED:
        texts[row] = texts[row] + tail(way, row)
    return texts


def table(texts: list[list[str]]) -> pa.Table:
    return pa.table({"text": [" ".join(text) for text in texts]})


@pytest.mark.parametrize("way", ["uniform", "by frequency", "as pairs do"])
def test_random_tails_are_found_and_nothing_else(way: str) -> None:
    found = table(with_tails(way))
    scores, _ = run(bound(RandomWords(), found, text="text"), found)
    assert np.flatnonzero(flagged(scores)).tolist() == list(PLANTED)


def test_clean_texts_are_left_alone_and_few_p_values_are_low() -> None:
    clean = table(corpus())
    scores, _ = run(bound(RandomWords(), clean, text="text"), clean)
    assert not flagged(scores).any()
    assert (scores.p_value <= 0.01).mean() <= 0.01


def test_a_p_value_says_how_many_stretches_there_were_to_choose_from() -> None:
    texts = table(with_tails("uniform"))
    scores, _ = run(bound(RandomWords(), texts, text="text"), texts)
    sizes = [len(text) for text in with_tails("uniform")]
    bounds = np.minimum(1, 3 * np.array(sizes) * np.exp(-scores.score))
    assert np.allclose(scores.p_value, bounds)


def test_scores_do_not_depend_on_batches_or_order() -> None:
    texts = with_tails("uniform")
    detector = bound(RandomWords(), table(texts), text="text")
    whole = run(detector, table(texts))[0]
    cut = run(detector, table(texts), (1, 7, 8, 600))[0]
    back = run(detector, table(texts[::-1]))[0]
    assert np.array_equal(whole.p_value, cut.p_value)
    assert np.array_equal(whole.score, back.score[::-1])


words = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(st.none(), words), max_size=20),
    st.lists(st.integers(0, 20), max_size=4),
    st.sampled_from([10, 40, 1000]),
)
def test_the_sample_merges_whatever_its_budget(
    texts: list[str | None], cuts: list[int], budget: int
) -> None:
    found = pa.table({"text": pa.array(texts, pa.string())})
    detector = bound(RandomWords(least=2, longest=5, budget=budget), found, text="text")
    assert_mergeable(detector.analysis(0, None), found, cuts)


def test_the_sample_is_the_same_in_any_order_and_copies_count_once() -> None:
    texts = corpus()[:40]
    detector = bound(RandomWords(budget=2_000), table(texts), text="text")
    analysis = detector.analysis(0, None)
    states = [
        analysis.add(analysis.empty(), table(t).to_batches()[0])
        for t in (texts, texts[::-1], texts + texts)
    ]
    assert len({analysis.pack(state) for state in states}) == 1
    assert states[0].pieces.counts.sum() <= 2_000


def test_long_texts_are_judged_piece_by_piece() -> None:
    texts = list(corpus())
    around = [word for text in texts[100:104] for word in text]
    texts[5] = [*around, *tail("uniform", 5), *around]
    found = table(texts)
    scores, _ = run(bound(RandomWords(longest=128), found, text="text"), found)
    assert np.flatnonzero(flagged(scores)).tolist() == [5]


def test_a_piece_is_not_vouched_for_by_itself() -> None:
    rows = np.arange(1, 401, dtype=np.uint64) << np.uint64(20)
    known = Pieces(rows, np.full(4, 100), np.arange(4, dtype=np.uint64))
    other = Pieces(rows[:100], np.array([100]), np.array([99], np.uint64))
    reference = Reference.of(known)
    assert reference.scores(known).tolist() == [0.0] * 4, "words of its own say nothing"
    assert reference.scores(other).item() < 2, "a copy is natural from its third word on"


grams = st.lists(st.integers(0, 5), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(grams, grams, st.booleans())
def test_a_table_counts_the_other_pieces(one: list[int], two: list[int], counted: bool) -> None:
    both = np.array(one + two, np.uint64)
    piece = np.repeat([0, 1], [len(one), len(two)])
    keys = single(both)
    found = Table.of(keys).find(keys, piece, np.full(len(both), counted))
    for at, key in enumerate(both.tolist()):
        own = (one, two)[piece[at]].count(key)
        assert found.own[at] == own
        assert found.count[at] == (0 if key == 0 else (one + two).count(key) - own * counted)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(1, 4), max_size=12), min_size=1, max_size=5))
def test_a_chain_counts_what_plain_loops_count(pieces: list[list[int]]) -> None:
    known = {number: n for n, number in enumerate(sorted({*chain.from_iterable(pieces)}), 1)}
    pieces = [[known[number] for number in piece] for piece in pieces]
    number = np.array([*chain.from_iterable(pieces)], np.uint64)
    place = np.array([n for piece in pieces for n in range(len(piece))], np.int64)
    counted = Chain.of(number, place)
    one, two = (
        counted.one.at(single(number)),
        counted.two.at(joined(before(number, place, 1), number)),
    )
    three = counted.three.at(joined(before(two.view(np.uint64), place, 1), number))
    for size, table, at in (
        (1, counted.one, one),
        (2, counted.two, two),
        (3, counted.three, three),
    ):
        every = [
            tuple(piece[n + 1 - size : n + 1]) if n + 1 >= size else ()
            for piece in pieces
            for n in range(len(piece))
        ]
        longer = {p[n : n + size + 1] for p in map(tuple, pieces) for n in range(len(p) - size)}
        for gram, where in zip(every, at.tolist(), strict=True):
            assert table.count[where] == (every.count(gram) if gram else 0)
            if size < 3 and gram:
                assert table.follow[where] == sum(some[:size] == gram for some in longer)


def test_unknown_words_have_numbers_of_their_own_and_the_class_of_their_ending() -> None:
    numbers, given_ = Numbers.of(np.array([9 << 16 | 1, 7 << 16 | 2, 9 << 16 | 1], np.uint64))
    assert given_.tolist() == [2, 1, 2]
    asked = np.array([8 << 16 | 3, 7 << 16 | 2, 5 << 16 | 3, 8 << 16 | 3], np.uint64)
    number, kind = numbers.look_up(asked)
    assert number[1] == 1
    assert number[0] == number[3]
    assert sorted({*number.tolist()}) == [1, 3, 4]
    assert kind.tolist() == [0, numbers.kind[1], 0, 0]


def test_words_with_one_ending_are_a_class() -> None:
    keys = np.concatenate([k for k, _ in word_keys(pa.array(["Walking  walking talking walked"]))])
    assert keys[0] == keys[1]
    assert len({*keys.tolist()}) == 3
    assert len({*(keys & ENDING_BITS).tolist()}) == 2


def test_few_or_short_texts_are_told_and_not_scored() -> None:
    found = table([["too", "short"], *corpus()[:20]])
    detector = bound(RandomWords(), found, text="text")
    scores, profile = run(detector, found)
    assert np.isnan(scores.p_value).all()
    assert "uncalibrated: 20" in detector.limits(profile)
    assert "1 texts with fewer" in detector.limits(profile)


def test_null_and_short_texts_say_nothing_among_others() -> None:
    found = pa.table({"text": [None, "short", *table(corpus())["text"].to_pylist()]})
    scores, _ = run(bound(RandomWords(), found, text="text"), found)
    assert np.flatnonzero(np.isnan(scores.p_value)).tolist() == [0, 1]


def test_tables_without_text_are_not_checked() -> None:
    schema = pa.schema({"n": pa.int64()})
    assert isinstance(RandomWords().bind(DataView(schema, Roles())), Unchecked)
    assert isinstance(RandomWords().bind(DataView(schema, Roles(text="n"))), Unchecked)
