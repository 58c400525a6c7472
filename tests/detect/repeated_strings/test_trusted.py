"""corpus/repeated-strings beside trusted data: what these hold is the form, the rest is new."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.detect.repeated_strings.runs import MOST_RUNS
from provender.detect.repeated_strings.trusted import TrustedRuns, newness
from tests.detect.repeated_strings.texts import FORMS, SENTENCE, ask_beside, corpus, inserted
from tests.detect.row_runs import flagged


def shares(rows: int, seed: int) -> list[list[int]]:
    """Some places for each form, and for the sentence, none of them twice."""
    places = np.random.default_rng(seed).permutation(rows)[: 9 * (len(FORMS) + 1)]
    return places.reshape(-1, 9).tolist()


def made(number: int, *planted: str) -> list[str]:
    """The passages, with the forms and what is planted in nine of them each."""
    texts = list(corpus())
    for string, rows in zip([*FORMS, *planted], shares(len(texts), number), strict=False):
        texts = inserted(texts, rows, string, seed=number)
    return texts


def test_a_new_string_among_the_datas_own_forms_is_listed_beside_trusted_data_only() -> None:
    planted = made(0, SENTENCE)
    detector, scores, profile = ask_beside(planted, None)
    assert not flagged(scores).any(), "six strings are the data's own form"
    detector, scores, profile = ask_beside(planted, made(1))
    (cause,) = detector.causes(profile)
    assert SENTENCE in cause.what
    assert cause.evidence["trusted_texts"] == 0
    assert "of the trusted texts none hold it" in cause.message
    rows = np.flatnonzero(flagged(scores))
    assert rows.tolist() == sorted(shares(len(planted), 0)[len(FORMS)])


def test_clean_data_that_share_their_forms_with_trusted_data_have_nothing_named() -> None:
    detector, scores, profile = ask_beside(made(0), made(1))
    assert detector.causes(profile) == []
    assert not flagged(scores).any()


def test_a_form_that_is_much_commoner_than_in_the_trusted_data_is_named() -> None:
    texts = inserted(list(corpus()), list(range(0, 1500, 30)), SENTENCE)
    trusted = inserted(list(corpus()), [5], SENTENCE)
    detector, _, profile = ask_beside(texts, trusted)
    (cause,) = detector.causes(profile)
    assert cause.evidence["trusted_texts"] == 1
    assert cause.evidence["new_p_value"] <= 1e-3


@settings(max_examples=40)
@given(st.integers(1, 30), st.integers(0, 30), st.integers(40, 400), st.integers(40, 400))
def test_newness_is_the_share_of_draws_that_hold_so_many(
    texts: int, before: int, rows: int, trusted: int
) -> None:
    found = newness(np.array([texts]), np.array([before]), rows, trusted)[0]
    random = np.random.default_rng([texts, before, rows, trusted])
    drawn = random.hypergeometric(texts + before, rows + trusted - texts - before, rows, 4000)
    assert found == pytest.approx((drawn >= texts).mean(), abs=0.04)


def test_runs_beyond_the_sample_of_the_trusted_data_are_not_said_to_be_new() -> None:
    keys = np.arange(MOST_RUNS, dtype=np.uint64)
    trusted = TrustedRuns(keys, np.full(MOST_RUNS, 3), 10)
    asked = np.array([5, MOST_RUNS + 7, MOST_RUNS + 9], np.uint64)
    held = trusted.held(asked, np.array([0, 0, 1]), 2)
    assert held.tolist() == [3, -1]
