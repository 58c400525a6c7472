"""Words found byte by byte are those of a regex over characters."""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.stats.spaced_words import spaced
from provender.stats.word_bytes import as_written, runs, stands_alone

CHARACTERS = st.sampled_from("aZ9é·漢🙂_- '\n€𝒳\u0308\u200d") | st.characters(
    exclude_categories=["Cs"]
)
TEXTS = st.lists(st.text(CHARACTERS, max_size=12))


def words(texts: list[str]) -> list[list[str]]:
    """Return the words of each text, by `runs`."""
    encoded = [text.encode() for text in texts]
    offsets = np.concatenate(([0], np.cumsum([len(e) for e in encoded], dtype=np.int64)))
    whole = b"".join(encoded)
    first, stop, inside = runs(np.frombuffer(whole, np.uint8), offsets)
    found: list[list[str]] = [[] for _ in texts]
    for a, b in zip(first.tolist(), stop.tolist(), strict=True):
        assert inside[a:b].all()
        found[int(np.searchsorted(offsets, a, side="right")) - 1].append(whole[a:b].decode())
    assert inside.sum() == (stop - first).sum()
    return found


def expected(text: str) -> list[str]:
    kept = (
        c if unicodedata.category(c)[0] in "LMN" or unicodedata.category(c) == "So" else " "
        for c in text
    )
    return "".join(f" {c} " if stands_alone(ord(c)) and c != " " else c for c in kept).split()


@given(TEXTS)
def test_words_are_runs_of_letters_marks_digits_and_symbols(texts: list[str]) -> None:
    assert words(texts) == [expected(text) for text in texts]


@pytest.mark.parametrize(
    "text", ["", "plain words, here", "naïve café 🙂🙂 x_y", "ß-Ä ÿ", "٣٤ हिन्दी 한국어"]
)
def test_arrows_regex_finds_the_same(text: str) -> None:
    split = pc.split_pattern_regex(pa.array([text]), r"[^\p{L}\p{M}\p{N}\p{So}]+")
    assert words([text])[0] == [w for w in split[0].as_py() if w]


def test_words_do_not_run_over_the_end_of_a_text() -> None:
    assert words(["ab", "cd", "", "é", "f"]) == [["ab"], ["cd"], [], ["é"], ["f"]]


UNSPACED = "我喜欢 iPhone很多！カタカナで、ภาษาไทย"


def test_of_scripts_without_spaces_every_character_is_a_word() -> None:
    said = ["我", "喜", "欢", "iPhone", "很", "多", *"カタカナで", *"ภาษาไทย"]
    assert words([UNSPACED]) == [said]
    others = ["한국어는 띄어", "हिन्दी", "ελληνικά", "кириллица"]
    assert words(others) == [one.split() for one in others]


def test_both_ways_to_split_agree_on_scripts_without_spaces() -> None:
    plain = UNSPACED.replace("！", " ").replace("、", " ").lower()
    [split] = [one.split for one in spaced(pa.array([plain]))]
    assert split[0].as_py() == words([plain])[0]


@given(st.lists(st.sampled_from(["紫", "罗", "か", "ab", "9", "ไ"]), min_size=1))
def test_words_are_joined_as_they_are_written(said: list[str]) -> None:
    written = as_written(" ".join(said))
    assert words([written])[0] == said
    assert " " not in as_written(" ".join(w for w in said if stands_alone(ord(w[0]))))
