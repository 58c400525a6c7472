"""Messages travel as JSON: what comes out is what went in, and nothing else can be built."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import detect, fingerprint, quarantine, validate  # noqa: F401  their messages
from provender.core.shard import ShardFailure
from provender.work.analyse import Analysed
from provender.work.fold import Part
from provender.work.rounds import Standing
from provender.work.score import Scored
from provender.work.thresholds import Thresholds
from provender.work.wire import MOST_FAILURES, from_wire, some_failures, to_wire

FAILURES = st.builds(ShardFailure, st.text(), st.text(), st.text(), st.integers(2, 5))
NAMES = st.lists(st.text()).map(tuple)
STANDINGS = st.builds(
    Standing, st.lists(NAMES).map(tuple), NAMES, st.lists(FAILURES, max_size=3).map(tuple)
)
REFS = st.tuples(st.text(), *[st.integers(0, 2**50)] * 5)
MESSAGES = st.one_of(
    st.builds(Part, st.text(), st.lists(FAILURES, max_size=3).map(tuple)),
    st.builds(Analysed, st.integers(0), st.integers(0), NAMES, failure=FAILURES | st.none()),
    st.builds(Scored, REFS, st.lists(st.tuples(st.integers(0), st.text())).map(tuple)),
    st.builds(Thresholds, STANDINGS, st.lists(st.floats(0, 1)).map(tuple), NAMES),
)


@given(MESSAGES)
def test_a_message_comes_out_as_it_went_in(message):
    assert from_wire(to_wire(message)) == message


@given(st.lists(MESSAGES, max_size=3))
def test_several_messages_travel_together(messages):
    assert from_wire(to_wire(messages)) == messages


@pytest.mark.parametrize(
    "value", [{"$": "Popen", "args": "true"}, {"$": "Part"}, {"$": "Part", "nose": 1}, {"a": 1}]
)
def test_bytes_that_are_no_message_are_refused(value):
    with pytest.raises(ValueError, match="not a message"):
        from_wire(json.dumps(value).encode())


def test_failures_are_named_once_and_in_order_however_they_met():
    failures = [ShardFailure(f"{i % 7}", "cut", "mend") for i in range(20)]
    assert [f.name for f in some_failures(failures)] == list("0123456")
    many = [ShardFailure(f"{i:05}", "cut", "mend") for i in range(MOST_FAILURES + 5)]
    halves = some_failures(many[::2]), some_failures(many[1::2])
    assert some_failures([*halves[1], *halves[0]]) == some_failures(many)
