"""The words of examples, and what they weigh, are the same however the data is cut."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.stats.grams import hash_strings
from provender.work.explaining.words import Example, ExampleWords, Queries, buckets_of
from tests.laws import assert_mergeable, batches, one_pass

_TEXTS = st.lists(
    st.lists(st.sampled_from(["the", "cat", "sat", "zorvex", "mat"]), max_size=6).map(" ".join),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40)
@given(_TEXTS, st.lists(st.integers(0, 12), max_size=3), st.booleans())
def test_the_first_read_is_mergeable(texts: list[str], cuts: list[int], show: bool) -> None:
    examples = tuple(Example(row, row + 5, ("zorvex",)) for row in range(0, len(texts), 3))
    analysis = ExampleWords("text", ("text",), show, examples)
    packed = assert_mergeable(analysis, pa.table({"text": pa.array(texts, pa.string())}), cuts)
    state = analysis.unpack(packed)
    for example in examples:
        words = set(texts[example.row].split())
        assert set(state.words[example.number]) == set(hash_strings(sorted(words - {"zorvex"})))
        assert (example.number in state.context) == ("zorvex" in words)
        assert ("before" in state.context.get(example.number, {})) <= show


def test_a_trigger_is_looked_for_in_every_text_and_left_out_of_the_compared_one() -> None:
    table = pa.table({"prompt": ["how far is it"], "response": ["visit evil example now"]})
    analysis = ExampleWords(
        "prompt", ("prompt", "response"), True, (Example(0, 0, ("evil example",)),)
    )
    state = one_pass(analysis, batches(table, []))
    assert state.context[0]["column"] == "response"
    assert set(state.words[0]) == set(hash_strings(["how", "far", "is", "it"]))


def test_common_words_do_not_count_and_rare_ones_most() -> None:
    texts = [f"the {'fairly' if i % 8 == 0 else 'x' + str(i)} thing" for i in range(64)]
    texts[8] += " unique"
    analysis = ExampleWords("text", ("text",), False, (Example(8, 0), Example(1, 1)))
    queries = Queries.of(one_pass(analysis, batches(pa.table({"text": texts}), [])))
    the, fairly, unique = queries.weight[buckets_of(hash_strings(["the", "fairly", "unique"]))]
    assert the == 0 < fairly < unique
    assert set(queries.words[0]) == set(hash_strings(["fairly", "unique"]))


def test_an_example_without_a_telling_word_is_compared_with_nothing() -> None:
    analysis = ExampleWords("text", ("text",), False, (Example(0, 0), Example(1, 1)))
    state = one_pass(analysis, batches(pa.table({"text": ["", "a", "a", "a"]}), []))
    assert Queries.of(state).words == {}
    assert isinstance(Queries.of(state).weight, np.ndarray)
