"""The laws of text/label-flips."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.attacks.registry import attack
from provender.detect.label_flips.detector import LabelFlips
from provender.detect.label_flips.judge import Judge
from tests.detect.label_flips.flipped import ROLES, relabelled, table
from tests.detect.row_runs import bound, run
from tests.laws import assert_mergeable


@pytest.fixture(scope="module")
def mixed() -> pa.Table:
    data = attack("flips-pair").plant(table(300), ROLES, 30, np.random.default_rng(1)).table
    label = data["label"].to_pylist()
    label[9] = None
    return pa.concat_tables([relabelled(data, label), data.slice(0, 30)])


@settings(max_examples=6, deadline=None)
@given(cuts=st.lists(st.integers(0, 330), max_size=4))
def test_the_second_round_is_mergeable(mixed, cuts):
    who = pa.array([None if i % 7 == 3 else f"b{i % 5}" for i in range(mixed.num_rows)])
    mixed = mixed.append_column("who", who)
    roles = {"text": "text", "label": "label", "source": "source", "annotator": "who"}
    detector = bound(LabelFlips(), mixed, **roles)
    first = detector.analysis(0, None)
    profile = detector.profile(0, first.add(first.empty(), mixed.combine_chunks().to_batches()[0]))
    assert_mergeable(detector.analysis(1, profile), mixed, cuts)


@settings(max_examples=4, deadline=None)
@given(cuts=st.lists(st.integers(0, 330), max_size=3))
def test_results_do_not_depend_on_the_cuts(mixed, cuts):
    detector = bound(LabelFlips(), mixed, text="text", label="label", source="source")
    whole, profile = run(detector, mixed)
    cut, again = run(detector, mixed, cuts)
    assert again == profile
    assert Judge.unpack(profile).pack() == profile
    np.testing.assert_array_equal(whole.p_value, cut.p_value)
    np.testing.assert_array_equal(whole.score, cut.score)
