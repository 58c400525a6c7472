"""The laws of text/label-conflict, and what it counts."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.detect.label_conflict.describe import Candidates
from provender.detect.label_conflict.groups import SAMPLE, SAMPLED
from provender.detect.label_conflict.model import UNIT
from provender.detect.label_conflict.strata import LEVELS, STRATA
from provender.detect.label_conflict.tests import strengths
from tests.detect.label_conflict.labelled import TOPICS, bind, corpus, plant, profiles, table
from tests.laws import assert_mergeable, one_pass


@pytest.fixture(scope="module")
def planted_rounds() -> tuple[pa.Table, list[bytes]]:
    text, label = corpus(300, topics=TOPICS[:3])
    plant(text, label, "violet harbour", "money", 20)
    text[10], text[20], label[30] = "", None, None
    text, label = text + text[:40], label + label[:40]
    made = table(text, label)
    return made, profiles(made)


@pytest.mark.parametrize("number", range(4))
@settings(max_examples=6, deadline=None)
@given(cuts=st.lists(st.integers(0, 340), max_size=4))
def test_every_round_is_mergeable(planted_rounds, number, cuts):
    data, made = planted_rounds
    analysis = bind(data).analysis(number, made[number - 1] if number else None)
    assert Candidates.unpack(made[2]).size > 0, "round 3 must have something to describe"
    assert_mergeable(analysis, data, cuts)


@settings(max_examples=3, deadline=None)
@given(cuts=st.lists(st.integers(0, 340), max_size=3))
def test_profiles_do_not_depend_on_the_cuts(planted_rounds, cuts):
    data, made = planted_rounds
    assert profiles(data, cuts) == made


def test_a_profile_is_part_of_the_key_of_the_round_it_starts(planted_rounds):
    data, made = planted_rounds
    detector = bind(data)
    other = profiles(data.slice(0, 200))
    for number in (1, 2, 3):
        mine = detector.analysis(number, made[number - 1]).parameters()
        assert mine != detector.analysis(number, other[number - 1]).parameters()


def test_documents_are_held_against_documents_of_like_length():
    strata, tested = np.zeros((2, 1, 3, STRATA))
    usual, long = LEVELS + 4, 2 * LEVELS + 4
    strata[0, :2, usual], strata[0, :2, long] = [3000, 30], [60, 40]
    strata[0, 1, LEVELS + 11] = 3000
    tested[0, :2, long] = [15, 10]
    as_long = strengths(strata * UNIT, tested * UNIT).by_label
    tested[0, :2, usual], tested[0, :2, long] = [15, 10], 0
    as_usual = strengths(strata * UNIT, tested * UNIT).by_label
    assert as_long[0] < 0 < 5 < as_usual[0]


def test_how_common_a_gram_is_comes_from_a_sixteenth_of_the_documents():
    text, label = corpus(2000)
    made = table(text, label)
    analysis = bind(made).analysis(1, profiles(made)[0])
    words = one_pass(analysis, made.to_batches()).tables[0].total()
    sampled = (words.keys & SAMPLED) > 0
    frequent = words.values[sampled, 0].max() / UNIT
    share = frequent * SAMPLE / sum("w1" in t.split() for t in text)
    assert 0.1 < share < 0.6, "one class of four, one document in sixteen"
