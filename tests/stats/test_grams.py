import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.stats.grams import (
    LONGEST_TEXT,
    distinct,
    grams,
    hash_strings,
    hold_words,
    rows_at_once,
    text_hashes,
    words_of,
)

texts = st.lists(st.text("aB é1.\n☃", max_size=20), max_size=6)


def spelled(rows: list[str | None], kind: pa.DataType | None = None) -> list[list[str]]:
    words = words_of(pa.array(rows, kind or pa.large_string()))
    every = words.vocabulary.take(pa.array(words.codes)).to_pylist()
    return [every[a:b] for a, b in zip(words.starts, words.starts[1:], strict=False)]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_words_are_lower_cased_runs_of_letters_marks_digits_and_symbols(kind):
    rows = [
        "Hello, WORLD!",
        "naïve  Straße",
        "a1-b2_c3",
        "हिन्दी भाषा",
        "good ☃ day",
        "",
        None,
        "...",
    ]
    expected = [["hello", "world"], ["naïve", "straße"], ["a1", "b2", "c3"], ["हिन्दी", "भाषा"]]
    assert spelled(rows, kind) == [*expected, ["good", "☃", "day"], [], [], []]


def test_a_long_text_is_cut_and_says_so():
    words = words_of(pa.array(["x " * LONGEST_TEXT, "short"]))
    assert words.cut.tolist() == [True, False]
    assert words.starts.tolist() == [0, LONGEST_TEXT // 2, LONGEST_TEXT // 2 + 1]


def test_no_text_gives_no_word():
    words = words_of(pa.array([], pa.string()))
    assert (words.rows, len(words.codes), len(text_hashes(words))) == (0, 0, 0)
    assert [len(part) for part in grams(words, 2)] == [0, 0]


@settings(max_examples=40)
@given(texts, st.integers(1, 3))
def test_grams_are_the_runs_inside_each_text(rows, length):
    words = words_of(pa.array(rows, pa.large_string()))
    hashes, first = grams(words, length)
    lists = spelled(rows)
    runs = [tuple(row[i : i + length]) for row in lists for i in range(len(row) - length + 1)]
    assert len(hashes) == len(runs)
    assert len(set(hashes.tolist())) == len(set(runs))
    by_run = dict(zip(runs, hashes.tolist(), strict=True))
    assert [by_run[run] for run in runs] == hashes.tolist()
    assert not (hashes & np.uint64(255)).any()
    assert words.text[first].tolist() == words.text[first + length - 1].tolist()


def test_grams_can_be_limited_to_some_texts():
    words = words_of(pa.array(["a b c", "d e", "f g h"]))
    hashes, first = grams(words, 2, np.array([True, False, True]))
    assert words.text[first].tolist() == [0, 0, 2, 2]
    assert set(hashes.tolist()) < set(grams(words, 2)[0].tolist())


@settings(max_examples=40)
@given(texts)
def test_hashes_do_not_depend_on_the_batch(rows):
    whole = words_of(pa.array(rows, pa.large_string()))
    pieces = [words_of(pa.array([row], pa.large_string())) for row in rows]
    assert whole.hashes.tolist() == [h for piece in pieces for h in piece.hashes.tolist()]
    assert text_hashes(whole).tolist() == [int(text_hashes(piece)[0]) for piece in pieces]


def test_text_hashes_tell_order_and_repeats_but_not_spacing_or_case():
    rows = ["a b", "A, B.", "b a", "a b b", "a a b"]
    found = text_hashes(words_of(pa.array(rows))).tolist()
    assert found[0] == found[1]
    assert len(set(found)) == 4


def test_string_hashes_are_pinned_because_cached_states_hold_them():
    assert [hex(h) for h in hash_strings(["", "trigger"]).tolist()] == PINNED


@given(st.lists(st.integers(-5, 5)))
def test_distinct_is_the_sorted_set(values):
    assert distinct(np.array(values, np.int64)).tolist() == sorted(set(values))


PINNED = ["0xcf492abb2748f500", "0x2e85fc91aefce00"]


@given(st.lists(st.none() | st.text(max_size=6)))
def test_which_texts_have_a_word_is_told_without_splitting_them(rows):
    texts = pa.array(rows, pa.large_string())
    assert hold_words(texts).tolist() == (np.diff(words_of(texts).starts) > 0).tolist()
    long = pa.array(["." * LONGEST_TEXT + "beyond", "x"])
    assert hold_words(long).tolist() == [False, True]


@pytest.mark.parametrize(
    ("rows", "length", "at_once"),
    [(0, 0, 1024), (99, 9, 32768), (5000, 100, 4096), (9, 9999, 1024)],
)
def test_short_texts_are_worked_on_many_at_a_time(rows, length, at_once):
    texts = pa.array(["x" * length] * rows, pa.string())
    assert rows_at_once(texts) == at_once
    long = pa.array(["x" * 9999] * rows, pa.string())
    assert rows_at_once(texts, long) == rows_at_once(long, texts) == 1024


def test_words_that_were_forgotten_have_the_same_hashes(monkeypatch):
    known = hash_strings(["a", "b", "a", "ünï"])
    monkeypatch.setattr("provender.stats.grams._MOST_KNOWN", 0)
    hash_strings([f"other {n}" for n in range(9)])
    assert hash_strings(["a", "b", "a", "ünï"]).tolist() == known.tolist()
