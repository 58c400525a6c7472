"""How many texts of a repeated string must go: as many as trying all numbers says."""

from __future__ import annotations

import numpy as np

from tests.detect.repeated_strings.texts import (
    LATE,
    ROWS,
    SENTENCE,
    TOPIC,
    ask,
    at_random,
    corpus,
    inserted,
    with_pairs,
)


def fewest_gone(texts: list[str], sources: list[str] | None, rows: list[int]) -> int:
    """Without how many of the rows, taken in turn, the string is named no more: by trying."""
    for gone in range(len(rows) + 1):
        left = [i for i in range(len(texts)) if i not in rows[:gone]]
        who = None if sources is None else [sources[i] for i in left]
        detector, _, profile = ask([texts[i] for i in left], who)
        if SENTENCE not in [cause.what for cause in detector.causes(profile)]:
            return gone
    raise AssertionError("it is named without its rows")


def test_what_must_go_of_a_string_of_strangers_is_the_fewest_texts_that_end_it() -> None:
    texts = inserted(list(corpus()), ROWS, SENTENCE)
    detector, _, profile = ask(texts)
    (cause,) = detector.causes(profile)
    assert cause.removal == fewest_gone(texts, None, ROWS) == 4


def test_what_must_go_of_kin_is_the_fewest_texts_of_their_sources_that_end_it() -> None:
    texts, random = with_pairs(list(corpus())), np.random.default_rng(2)
    sources = at_random(len(texts))
    for number, row in enumerate(LATE):
        texts[row] = " ".join(random.choice(TOPIC, 36))
        sources[row] = ("s03", "s07")[number % 2]
    texts = inserted(texts, LATE, SENTENCE)
    detector, _, profile = ask(texts, sources)
    cause = detector.causes(profile)[0]
    assert cause.removal == fewest_gone(texts, sources, LATE) < len(LATE) - 4
