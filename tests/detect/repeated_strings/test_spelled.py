"""What stands between words of all kinds comes before what stands between lines of a form."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from provender.detect.repeated_strings.spelled import spelled
from provender.detect.repeated_strings.texts import REACH
from tests.detect.repeated_strings.texts import FORMS, SENTENCE, ask_beside, corpus, inserted


def seen(before: list[str], after: list[str], inside: str = "a b c d e f g h") -> pa.Table:
    rows = len(before)
    return pa.table(
        {
            "suspect": pa.array([0] * rows, pa.int64()),
            "before": before,
            "inside": [inside] * rows,
            "after": after,
        }
    )


def test_variety_is_the_share_of_different_neighbours_of_both_sides() -> None:
    words = [f"w{i}" for i in range(8)]
    (string,), (varied,) = spelled(seen(words, words), 1)
    assert (string, varied) == ("a b c d e f g h", 1.0)
    (string,), (varied,) = spelled(seen(["x", "y"] * 4, words), 1)
    assert (string, varied) == ("a b c d e f g h", 0.25)
    (string,), (varied,) = spelled(seen(words, [""] * 8), 1)
    assert varied == 0.125, "all end there"


def test_neighbours_are_told_beyond_the_words_that_belong_to_the_string() -> None:
    shared = [f"common w{i}" for i in range(8)]
    (string,), (varied,) = spelled(seen(shared, shared), 1)
    assert (string, varied) == ("common a b c d e f g h common", 1.0)


def test_a_side_that_goes_on_beyond_the_words_read_is_not_held_against_a_string() -> None:
    words = [f"w{i}" for i in range(8)]
    long = " ".join(f"more{i}" for i in range(REACH))
    assert spelled(seen(words, [long] * 8), 1)[1].tolist() == [1.0]


def test_among_the_datas_own_forms_a_sentence_in_running_text_is_the_first_lead() -> None:
    texts = list(corpus())
    places = np.random.default_rng(4).permutation(len(texts))[:54].reshape(6, 9).tolist()
    for form, rows in zip(FORMS, places, strict=False):
        for number, row in enumerate(rows):
            texts[row] = f"{texts[row]} {('regards', 'cheers')[number % 2]} {form}"
    texts = inserted(texts, places[-1], SENTENCE)
    detector, _, profile = ask_beside(texts, None)
    causes = detector.causes(profile)
    assert len(causes) == 6
    assert SENTENCE in causes[0].what
    assert [cause.lead for cause in causes] == [True] * 3 + [False] * 3
