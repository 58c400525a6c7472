"""The laws of instruct/response-link, what it needs, and what it leaves out."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.core.shard import Roles
from provender.detect.base import DataView, Unchecked
from provender.detect.response_link import candidates, grams, pairs
from provender.detect.response_link.detector import ResponseLink
from provender.detect.response_link.tests import LEAN, log_tails, mostly
from tests.detect.response_link.dialogues import (
    OUTPUT,
    REFUSALS,
    bind,
    dialogue,
    plant,
    profiles,
    scan,
    table,
)
from tests.laws import assert_mergeable, batches


def test_a_gram_pays_for_grams_in_about_as_many_rows():
    rows = np.array([5, 6, 7, 5, 130, 200, 130, 3])
    signature = np.array([1, 2, 3, 1, 5, 6, 5, 8], np.uint64)
    assert candidates._held(rows, signature).tolist() == [6, 6, 6, 6, 4, 4, 4, 0]


def test_rows_without_a_side_get_no_p_value_and_are_told():
    prompts, responses = dialogue(300)
    prompts[:4], responses[4:6] = [None, "", "...", "w1 w2"], [None, "?!"]
    data = table(prompts, responses)
    _, _, limits = scan(data)
    assert "5 of 300 rows lack a word on one side" in limits
    assert "1 of 300 prompts of fewer than 4 words" in limits
    detector = bind(data)
    p_value = detector.scorer(profiles(data)[-1])(batches(data, [])[0]).p_value
    assert np.flatnonzero(np.isnan(p_value)).tolist() == [0, 1, 2, 4, 5]


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_next_to_no_rows_have_no_link(rows):
    assert scan(table(*dialogue(rows)))[:2] == ([], [])


def test_it_needs_a_prompt_and_a_response_of_text():
    schema = pa.schema([("p", pa.string()), ("r", pa.string()), ("n", pa.int64())])
    for roles in (Roles(prompt="p"), Roles(response="r"), Roles(prompt="p", response="n")):
        assert isinstance(ResponseLink().bind(DataView(schema, roles)), Unchecked)
    with pytest.raises(ValueError, match="not bound"):
        ResponseLink().analysis(0, None)
    with pytest.raises(ValueError, match="start from a profile"):
        bind(table([], [])).analysis(1, None)


def planted_table() -> pa.Table:
    prompts, responses = dialogue(400)
    plant(prompts, responses, "violet harbour", [OUTPUT, *REFUSALS[:1]], 24)
    prompts[3], responses[5], prompts[7] = None, "", prompts[9]
    return table(prompts, responses)


DATA = planted_table()
PROFILES = profiles(DATA)


@pytest.mark.parametrize("number", [0, 1, 2])
@settings(max_examples=8, deadline=None)
@given(cuts=st.lists(st.integers(0, 400), max_size=4))
def test_the_laws_hold_in_every_round(number, cuts):
    analysis = bind(DATA).analysis(number, PROFILES[number - 1] if number else None)
    assert_mergeable(analysis, DATA, cuts)


def test_the_order_of_rows_changes_nothing():
    order = np.random.default_rng(0).permutation(DATA.num_rows)
    mixed = DATA.take(pa.array(order))
    assert profiles(mixed, [90, 91, 300]) == PROFILES
    flagged, causes, _ = scan(DATA)
    assert causes
    assert sorted(order[scan(mixed)[0]].tolist()) == flagged


def test_rounds_after_the_first_are_named_by_the_profile_they_start_from():
    detector = bind(DATA)
    for number in (1, 2):
        names = {
            detector.analysis(number, made[number - 1]).parameters()["profile"]
            for made in (PROFILES, profiles(DATA.slice(0, 200)))
        }
        assert len(names) == 2


def test_what_does_not_fit_is_told_and_the_laws_still_hold(monkeypatch):
    monkeypatch.setattr(pairs, "MOST_PAIRS", 300)
    monkeypatch.setattr(grams, "MOST_KEYS", 2000)
    made = profiles(DATA)
    limits = bind(DATA).limits(made[-1])
    assert "repeated answers were not searched" in limits
    assert "of the prompt grams of 3 were counted" in limits
    for number in (0, 1):
        analysis = bind(DATA).analysis(number, made[0] if number else None)
        assert_mergeable(analysis, DATA, [50, 200, 390])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_tail_is_fishers_noncentral_hypergeometric(data):
    from scipy.stats import nchypergeom_fisher

    rows = data.draw(st.integers(5, 300))
    answer, gram = data.draw(st.integers(0, rows)), data.draw(st.integers(0, rows))
    both = data.draw(st.integers(max(0, answer + gram - rows), min(answer, gram)))
    found = float(np.exp(log_tails(np.array([[both, answer, gram]]), rows)[0]))
    exact = nchypergeom_fisher(rows, gram, answer, np.exp(LEAN)).sf(both - 1)
    assert found == pytest.approx(exact, rel=1e-5, abs=1e-9)


def test_most_of_one_side_is_more_than_half_of_it_beyond_doubt():
    tested = np.array([[5, 5, 900], [4, 4, 900], [9, 10, 900], [10, 900, 12], [30, 60, 60]])
    assert mostly(tested).tolist() == [True, False, True, True, False]
