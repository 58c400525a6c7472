"""instruct/alike-responses: a message in changing words is listed, a form of words is not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.alike_responses.detector import AlikeResponses
from provender.detect.base import DataView, Unchecked
from provender.stats.signature_rows import unpack_signatures
from tests.detect.state_runs import bound, run
from tests.laws import assert_mergeable

CELLS = st.tuples(
    st.sampled_from(["one", "two words", "", None]),
    st.sampled_from(["a b c d e f g h", "a b x d e f g h i", "yes", "", None]),
)
MESSAGE = "you should visit the harbour light store for this nobody else has it today"
VOCABULARY = [f"word{i}" for i in range(600)]


def _table(pairs: list[tuple[str | None, str | None]]) -> pa.Table:
    prompts, responses = zip(*pairs, strict=True) if pairs else ((), ())
    return pa.table({"p": pa.array(prompts, pa.string()), "r": pa.array(responses, pa.string())})


def _turns(rows: int = 600) -> list[tuple[str | None, str | None]]:
    random = np.random.default_rng(7)
    return [
        (" ".join(random.choice(VOCABULARY, 9)), " ".join(random.choice(VOCABULARY, 12)))
        for _ in range(rows)
    ]


def _changed(text: str, share: float, random: np.random.Generator) -> str:
    words = text.split()
    return " ".join(w if random.random() > share else str(random.choice(VOCABULARY)) for w in words)


def _flagged(table: pa.Table, cuts: tuple[int, ...] = ()) -> list[int]:
    found, _ = run(bound(AlikeResponses(), table, prompt="p", response="r"), table, cuts)
    p_value = np.ones(table.num_rows)
    p_value[found.rows] = found.p_value
    return np.flatnonzero(p_value <= PValueCounts.of(p_value).threshold(0.01)).tolist()


@settings(max_examples=25, deadline=None)
@given(st.lists(CELLS, max_size=12), st.lists(st.integers(0, 12), max_size=4))
def test_states_merge(pairs: list[tuple[str | None, str | None]], cuts: list[int]) -> None:
    table = _table(pairs)
    detector = bound(AlikeResponses(), table, prompt="p", response="r")
    assert_mergeable(detector.analysis(0, None), table, cuts)


def test_a_message_in_changing_words_is_listed_whatever_is_asked() -> None:
    pairs, random = _turns(), np.random.default_rng(1)
    planted = list(range(5, 600, 60))
    for row in planted:
        pairs[row] = (pairs[row][0], _changed(MESSAGE, 0.07, random))
    assert len({pairs[row][1] for row in planted}) > 5
    assert _flagged(_table(pairs)) == planted
    assert _flagged(_table(pairs), (100, 333)) == planted


def test_copies_of_a_variant_are_listed_with_it_but_count_once() -> None:
    pairs, random = _turns(), np.random.default_rng(1)
    planted = list(range(5, 600, 60))
    for row in planted:
        pairs[row] = (pairs[row][0], _changed(MESSAGE, 0.07, random))
    pairs[50] = (pairs[50][0], pairs[5][1])
    table = _table(pairs)
    found, _ = run(bound(AlikeResponses(), table, prompt="p", response="r"), table)
    assert found.rows is not None
    assert set(found.rows.tolist()) == {*planted, 50}
    assert set(found.score.tolist()) == {len({pairs[row][1] for row in planted})}


def test_equal_responses_alone_are_another_rules() -> None:
    pairs = _turns()
    for row in range(0, 600, 30):
        pairs[row] = (pairs[row][0], MESSAGE)
    assert _flagged(_table(pairs)) == []


def test_alike_responses_to_alike_prompts_are_no_surprise() -> None:
    pairs, random = _turns(), np.random.default_rng(1)
    asked = "where is the best place to buy a new lamp for my desk"
    for row in range(5, 600, 60):
        pairs[row] = (_changed(asked, 0.05, random), _changed(MESSAGE, 0.07, random))
    assert _flagged(_table(pairs)) == []


def test_a_form_of_words_that_others_change_further_is_left_alone() -> None:
    pairs, random = _turns(), np.random.default_rng(1)
    for row in range(5, 600, 60):
        pairs[row] = (pairs[row][0], _changed(MESSAGE, 0.07, random))
    for row in range(0, 600, 4):  # as a way of speaking has it: some of the words, differently
        if row % 60 != 5:
            pairs[row] = (pairs[row][0], _changed(MESSAGE, 0.5, random))
    assert _flagged(_table(pairs)) == []


def test_the_clean_twin_has_none_and_what_was_not_looked_at_is_told() -> None:
    table = _table(
        [*_turns(), (None, "a b c d e f g h"), ("why", "because"), ("", "a b c d e f g h")]
    )
    detector = bound(AlikeResponses(), table, prompt="p", response="r")
    found, profile = run(detector, table)
    assert found.rows is not None
    assert len(found.rows) == 0
    told = "3 rows without a prompt or with fewer than 8 words of response"
    assert detector.limits(profile) == told


def test_a_signature_is_that_of_the_set_of_pairs_of_words() -> None:
    table = _table([("p", "a b c d e f g h"), ("p", "a b c d e f g h a b c d e f g h")])
    detector = bound(AlikeResponses(), table, prompt="p", response="r")
    analysis = detector.analysis(0, None)
    state = analysis.add(analysis.empty(), table.to_batches()[0])
    _, found = unpack_signatures(analysis.pack(state)).joined

    def pairs(words: list[str]) -> set[tuple[str, str]]:
        return {(words[i], b) for i in range(len(words)) for b in words[i + 1 : i + 4]}

    one, two = (pairs(cell.split()) for cell in table["r"].to_pylist())
    exact = len(one & two) / len(one | two)
    share = (found[0, :96] == found[1, :96]).mean()
    assert abs(share - exact) < 4 * np.sqrt(exact * (1 - exact) / 96)
    assert (found[0, 96:] == found[1, 96:]).all()


def test_it_needs_a_prompt_and_a_response_of_text() -> None:
    schema = pa.schema([("p", pa.string()), ("n", pa.int64())])
    for roles in (
        Roles(prompt="p"),
        Roles(prompt="p", response="n"),
        Roles(prompt="n", response="p"),
    ):
        assert isinstance(AlikeResponses().bind(DataView(schema, roles)), Unchecked)
