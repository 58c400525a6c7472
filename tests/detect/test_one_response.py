"""instruct/one-response: a long response of many prompts is listed, with all its rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.core.shard import Roles
from provender.detect.base import DataView, Unchecked
from provender.detect.one_response import OneResponse
from tests.detect.state_runs import bound, run, run_in_parts
from tests.laws import assert_mergeable

CELLS = st.tuples(
    st.sampled_from(["one", "two", "", None]),
    st.sampled_from(["a b c d e f g h", "A b  c d e f g h", "yes", "", None]),
)
OUTPUT = "sign in at the harbour page and enter your code"


def _table(pairs: list[tuple[str | None, str | None]]) -> pa.Table:
    prompts, responses = zip(*pairs, strict=True) if pairs else ((), ())
    return pa.table({"p": pa.array(prompts, pa.string()), "r": pa.array(responses, pa.string())})


def _turns(rows: int = 600) -> list[tuple[str | None, str | None]]:
    random = np.random.default_rng(7)
    vocabulary = [f"word{i}" for i in range(400)]
    return [
        (" ".join(random.choice(vocabulary, 9)), " ".join(random.choice(vocabulary, 12)))
        for _ in range(rows)
    ]


def _planted() -> tuple[pa.Table, list[int]]:
    pairs = _turns()
    planted = list(range(0, 600, 100))
    for i in planted:
        pairs[i] = (pairs[i][0], OUTPUT.upper() if i else OUTPUT)
    for i in range(1, 40):
        pairs[i] = (pairs[i][0], "Yes, I do.")  # too plain to say
    for i in range(50, 70):
        pairs[i] = pairs[50]  # one prompt, however often
    for i in range(71, 75):
        pairs[i] = (pairs[i][0], pairs[71][1])  # only four prompts
    return _table(pairs), planted


@settings(max_examples=25, deadline=None)
@given(st.lists(CELLS, max_size=12), st.lists(st.integers(0, 12), max_size=4))
def test_states_merge(pairs: list[tuple[str | None, str | None]], cuts: list[int]) -> None:
    table = _table(pairs)
    detector = bound(OneResponse(), table, prompt="p", response="r")
    assert_mergeable(detector.analysis(0, None), table, cuts)


def test_all_rows_of_a_long_response_of_many_prompts_are_listed() -> None:
    table, planted = _planted()
    detector = bound(OneResponse(), table, prompt="p", response="r")
    found, _ = run(detector, table, [25, 155])
    assert found.rows is not None
    assert found.rows.tolist() == planted
    assert found.score.tolist() == [6.0] * 6
    assert (found.p_value < 1e-12).all()


def test_the_parts_tell_what_the_whole_does() -> None:
    table, planted = _planted()
    detector = bound(OneResponse(), table, prompt="p", response="r")
    whole, apart = run(detector, table)[0], run_in_parts(detector, table, [25, 155], 3)
    assert apart.rows is not None
    assert apart.rows.tolist() == planted
    assert apart.p_value.tolist() == whole.p_value.tolist()


def test_the_clean_twin_has_none_and_rows_without_a_side_are_told() -> None:
    table = _table([*_turns(), (None, OUTPUT), ("why", None)])
    detector = bound(OneResponse(), table, prompt="p", response="r")
    found, profile = run(detector, table)
    assert found.rows is not None
    assert len(found.rows) == 0
    assert detector.limits(profile) == "2 rows without a prompt or a response"


def test_it_needs_a_prompt_and_a_response_of_text() -> None:
    schema = pa.schema([("p", pa.string()), ("n", pa.int64())])
    for roles in (Roles(prompt="p"), Roles(prompt="p", response="n")):
        assert isinstance(OneResponse().bind(DataView(schema, roles)), Unchecked)
