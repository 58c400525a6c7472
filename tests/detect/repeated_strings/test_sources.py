"""corpus/repeated-strings: a string from few sources is a warning; where that is natural, not."""

from __future__ import annotations

import numpy as np

from provender.core.finding import Level
from tests.detect.repeated_strings.texts import (
    LATE,
    SENTENCE,
    TOPIC,
    ask,
    at_random,
    corpus,
    inserted,
    pair_of,
    with_pairs,
)
from tests.detect.row_runs import flagged


def test_a_sentence_from_three_sources_of_twenty_is_a_warning_that_names_them() -> None:
    texts = inserted(with_pairs(list(corpus())), LATE, SENTENCE)
    sources = at_random(len(texts))
    for number, row in enumerate(LATE):
        sources[row] = ("s03", "s07", "s11")[number % 3]
    detector, scores, profile = ask(texts, sources)
    assert np.flatnonzero(flagged(scores)).tolist() == LATE
    (cause,) = detector.causes(profile)
    assert cause.level is Level.WARNING
    assert cause.p_value is not None
    assert cause.p_value < 1e-6
    assert {one["source"] for one in cause.evidence["sources"]} == {"s03", "s07", "s11"}
    assert "s03, s07, s11" in cause.message


def test_a_sentence_of_all_sources_is_not_from_few() -> None:
    texts = inserted(with_pairs(list(corpus())), LATE, SENTENCE)
    detector, _, profile = ask(texts, at_random(len(texts)))
    (cause,) = detector.causes(profile)
    assert cause.level is None
    assert cause.p_value is None
    assert detector.limits(profile) == ""


def test_with_few_repeated_strings_sources_are_not_tested_but_places_still_count() -> None:
    texts = inserted(list(corpus()), LATE, SENTENCE)
    sources = at_random(len(texts))
    for row in LATE:
        sources[row] = "s03"
    detector, _, profile = ask(texts, sources)
    (cause,) = detector.causes(profile)
    assert cause.level is None, "rows that gather in a source or shard raise it"
    assert "too few repeated strings" in detector.limits(profile)


def test_kin_from_few_sources_are_named_all_the_same() -> None:
    texts, random = with_pairs(list(corpus())), np.random.default_rng(2)
    sources = at_random(len(texts))
    for number, row in enumerate(LATE):
        texts[row] = " ".join(random.choice(TOPIC, 36))
        sources[row] = ("s03", "s07")[number % 2]
    detector, scores, profile = ask(inserted(texts, LATE, SENTENCE), sources)
    assert np.flatnonzero(flagged(scores)).tolist() == LATE
    assert detector.causes(profile)[0].level is Level.WARNING


def test_where_sources_differ_by_nature_none_is_accused_and_it_is_told() -> None:
    texts = inserted(with_pairs(list(corpus())), LATE, SENTENCE)
    sources = at_random(len(texts))
    for i in range(150):
        for row in pair_of(i):
            sources[row] = f"s{i % 20:02}"
    for row in LATE:
        sources[row] = "s03"
    detector, scores, profile = ask(texts, sources)
    assert np.flatnonzero(flagged(scores)).tolist() == LATE
    assert detector.causes(profile)[0].level is Level.NOTE
    assert "sources differ by nature" in detector.limits(profile)


def test_where_neighbours_are_alike_by_nature_no_shard_is_accused_and_it_is_told() -> None:
    texts = inserted(with_pairs(list(corpus()), far=False), LATE, SENTENCE)
    detector, scores, profile = ask(texts, at_random(len(texts)), cuts=(100, 700))
    assert np.flatnonzero(flagged(scores)).tolist() == LATE
    assert detector.causes(profile)[0].level is Level.NOTE
    assert "neighbours are alike by nature" in detector.limits(profile)


def test_one_source_alone_is_not_tested_and_that_is_told() -> None:
    detector, _, profile = ask(list(corpus()), ["me"] * len(corpus()))
    assert detector.limits(profile) == "fewer than two sources: none was tested"
