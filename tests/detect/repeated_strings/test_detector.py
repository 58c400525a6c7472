"""corpus/repeated-strings: a string of strangers is named, one of kin is not, in any order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.core.shard import Roles
from provender.detect.base import DataView, Unchecked
from provender.detect.repeated_strings.detector import RepeatedStrings
from provender.detect.repeated_strings.kin import unrelated
from provender.detect.repeated_strings.rest import Rest
from provender.detect.repeated_strings.runs import RUN, WINDOW, runs
from provender.detect.repeated_strings.suspects import suspects_of
from provender.stats.grams import words_of
from tests.detect.repeated_strings.texts import (
    LATE,
    ROWS,
    SENTENCE,
    TOPIC,
    ask,
    at_random,
    corpus,
    inserted,
    table,
    with_pairs,
)
from tests.detect.row_runs import bound, flagged
from tests.laws import assert_mergeable, one_pass


def test_a_sentence_in_unrelated_texts_is_named_with_its_rows_and_nothing_else() -> None:
    detector, scores, profile = ask(inserted(list(corpus()), ROWS, SENTENCE))
    assert np.flatnonzero(flagged(scores)).tolist() == ROWS
    (cause,) = detector.causes(profile)
    assert SENTENCE in cause.what
    assert cause.trigger == (cause.what,)
    assert cause.level is None, "where its rows gather raises it"
    assert cause.evidence["texts"] == len(ROWS)


OTHERS = (
    "the harbour master keeps seventeen lanterns behind the crooked chapel until midwinter comes",
    "granite thistles wander over the copper orchard whenever a sleepy violinist leaves gloves",
    "nobody remembers which turquoise ferry carried almond merchants beyond the ninth lighthouse",
)


def test_many_repeated_strings_are_the_form_of_the_data_and_list_no_row() -> None:
    texts, fewer = list(corpus()), list(corpus())
    for place, sentence in enumerate((SENTENCE, *OTHERS)):
        texts = inserted(texts, [row + place for row in ROWS], sentence)
        if place < 3:
            fewer = inserted(fewer, [row + place for row in ROWS], sentence)
    detector, scores, profile = ask(texts)
    assert not flagged(scores).any()
    assert [cause.lead for cause in detector.causes(profile)] == [True] * 3 + [False]
    assert "4 strings of unrelated texts: usual here" in detector.limits(profile)
    detector, scores, profile = ask(fewer)
    assert flagged(scores).sum() == 3 * len(ROWS)
    assert not any(cause.lead for cause in detector.causes(profile))


def test_clean_texts_are_left_alone() -> None:
    detector, scores, profile = ask(list(corpus()))
    assert (scores.p_value == 1).all()
    assert detector.causes(profile) == []
    assert detector.limits(profile) == ""


def test_texts_that_are_kin_may_share_a_string() -> None:
    texts, random = list(corpus()), np.random.default_rng(2)
    for row in ROWS:
        texts[row] = " ".join(random.choice(TOPIC, 36))
    _, scores, _ = ask(inserted(texts, ROWS, SENTENCE))
    assert not flagged(scores).any()


def test_a_string_of_everyday_words_is_no_promotion() -> None:
    idiom = "and so it was that he had to be with them as they were in the"
    _, scores, _ = ask(inserted(list(corpus()), ROWS, idiom))
    assert not flagged(scores).any()


def test_texts_that_are_the_string_itself_are_left_to_the_duplicates() -> None:
    texts = list(corpus())
    for number, row in enumerate(ROWS):
        texts[row] = f"{SENTENCE} {number}"
    _, scores, _ = ask(texts)
    assert not flagged(scores).any()


def test_scores_do_not_depend_on_batches_or_order() -> None:
    texts = inserted(list(corpus()), ROWS, SENTENCE)
    whole, cut = ask(texts)[1], ask(texts, cuts=(1, 7, 8, 600))[1]
    back = ask(texts[::-1])[1]
    assert np.array_equal(whole.p_value, cut.p_value)
    assert np.array_equal(whole.p_value, back.p_value[::-1])


LINES = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=30).map(" ".join)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.none() | LINES, st.none() | st.sampled_from("xyz")), max_size=16),
    st.lists(st.integers(0, 16), max_size=4),
)
def test_states_merge(rows: list[tuple[str | None, str | None]], cuts: list[int]) -> None:
    columns = {"text": [t for t, _ in rows], "who": [s for _, s in rows]}
    schema = pa.schema([("text", pa.string()), ("who", pa.string())])
    found = pa.table({k: pa.array(v, pa.string()) for k, v in columns.items()}, schema)
    detector = bound(RepeatedStrings(), found, text="text", source="who")
    first = detector.analysis(0, None)
    assert_mergeable(first, found, cuts)
    profile = detector.profile(0, one_pass(first, found.to_batches()))
    assert_mergeable(detector.analysis(1, profile), found, cuts)


@pytest.mark.parametrize("cuts", [(1,), (700, 1400), (3, 4, 5, 1000)])
def test_states_of_real_texts_merge(cuts: tuple[int, ...]) -> None:
    texts = inserted(with_pairs(list(corpus())), LATE, SENTENCE)
    found = table(texts, at_random(len(texts)))
    detector = bound(RepeatedStrings(), found, text="text", source="who")
    first = detector.analysis(0, None)
    profile = detector.profile(0, one_pass(first, found.to_batches()))
    second = detector.analysis(1, profile)
    assert_mergeable(first, found, cuts)
    assert_mergeable(second, found, cuts)
    state = one_pass(second, found.to_batches())
    assert len(state.probes) >= 300
    assert len(state.seen) >= 8


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 60), max_size=20), st.lists(st.integers(0, 60), max_size=20))
def test_a_long_string_is_kept_alike_whatever_stands_around_it(
    before: list[int], after: list[int]
) -> None:
    string = [f"word{n}" for n in range(RUN + WINDOW - 1)]
    around = [f"other{n}" for n in before], [f"more{n}" for n in after]
    texts = [" ".join(string), " ".join([*around[0], *string, *around[1]])]
    words = words_of(pa.array(texts))
    hashes, first = runs(words)
    alone, inside = (set(hashes[words.text[first] == row].tolist()) for row in (0, 1))
    assert alone & inside


def test_a_text_says_nothing_with_the_words_of_its_string() -> None:
    texts = pa.array([f"{' '.join(TOPIC[:20])} {SENTENCE}", " ".join(TOPIC[:20])])
    words = words_of(texts)
    rest = Rest(words, np.ones(1 << 16, np.int64))
    first = np.flatnonzero(words.text == 0)[20:][: len(SENTENCE.split()) - RUN + 1]
    hits = np.zeros(len(first), np.int64)
    ((beside, _),) = rest.beside(np.array([0]), hits, first, np.array([0]))
    ((whole, _),) = rest.whole(np.array([1]))
    cosine = (beside @ whole.T) / np.sqrt((beside**2).sum() * (whole**2).sum())
    assert cosine.item() > 0.8, "but for words too near to the string"


def test_of_texts_drawn_at_random_few_are_taken_for_kin() -> None:
    words = words_of(pa.array(list(corpus())))
    detector = bound(RepeatedStrings(), table(list(corpus())), text="text")
    state = one_pass(detector.analysis(0, None), table(list(corpus())).to_batches())
    said = np.concatenate(
        [s for s, _ in Rest(words, suspects_of(state).weights).whole(np.arange(words.rows))]
    )
    random, p_values = np.random.default_rng(4), []
    for size in (5, 10, 40):
        drawn = [
            said[random.choice(len(said), size, replace=False)].sum(axis=0) for _ in range(300)
        ]
        p_values += unrelated(np.array(drawn), np.full(300, size), said[:1024]).tolist()
    assert np.mean(np.array(p_values) <= 0.01) <= 0.03
    assert 0.3 < np.mean(np.array(p_values) <= 0.5) < 0.7


def test_few_or_short_texts_are_told_and_not_scored() -> None:
    detector, scores, profile = ask(list(corpus())[:100])
    assert np.isnan(scores.p_value).all()
    assert "uncalibrated: " in detector.limits(profile)


def test_null_texts_and_sources_say_nothing() -> None:
    texts = [None, "", *inserted(list(corpus()), ROWS, SENTENCE)]
    sources = [None, *at_random(len(texts) - 1)]
    detector, scores, profile = ask(texts, sources)
    assert np.flatnonzero(flagged(scores)).tolist() == [row + 2 for row in ROWS]
    assert f"1 of {len(texts)} rows name no source" in detector.limits(profile)


@pytest.mark.parametrize("roles", [Roles(), Roles(text="n")])
def test_tables_without_text_are_not_checked(roles: Roles) -> None:
    schema = pa.schema({"n": pa.int64()})
    assert isinstance(RepeatedStrings().bind(DataView(schema, roles)), Unchecked)
