from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.report import wording


@given(st.text(st.characters(exclude_categories=())))
def test_visible_text_is_printable_and_encodable(text: str) -> None:
    shown = wording.visible(text)
    assert shown.isprintable()
    assert shown.encode("utf-8").decode("utf-8") == shown


@given(st.text(st.characters(categories=["Lu", "Ll", "Nd", "Po", "Sm"])))
def test_visible_leaves_letters_digits_and_signs_alone(text: str) -> None:
    assert wording.visible(text) == text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("invoice\u202efdp.exe", r"invoice\u202efdp.exe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("vs\ufe0f\U000e0100", r"vs\ufe0f\U000e0100"),
        ("hangul\u3164filler", r"hangul\u3164filler"),
        ("half\ud800pair", r"half\ud800pair"),
        ("bell\x07 line\nreturn\r", r"bell\x07 line\nreturn\r"),
        ("שלום عربي 漢字", "שלום عربي 漢字"),
    ],
)
def test_what_nobody_can_see_is_escaped_and_what_people_read_is_not(raw: str, shown: str) -> None:
    assert wording.visible(raw) == shown


def test_shortened_says_how_much_is_left_out() -> None:
    assert wording.shortened("a" * 12, 12) == "a" * 12
    assert wording.shortened("a" * 1512, 12) == "a" * 12 + " … (1,500 more characters)"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"), (0.0, "< 1e-300"), (3.2e-9, "3.2e-9"), (1e-300, "1.0e-300"),
        (0.04, "0.04"), (0.00099, "9.9e-4"), (1.0, "1"),
    ],
)  # fmt: skip
def test_p_values(value: float | None, shown: str) -> None:
    assert wording.p_value(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"), (0.0, "0 %"), (1.0, "100 %"), (0.00001, "< 0.01 %"), (0.00123, "0.12 %"),
        (0.523, "52 %"), (0.9999, "99.9 %"),
    ],
)  # fmt: skip
def test_shares_never_round_to_none_or_all(value: float | None, shown: str) -> None:
    assert wording.share(value) == shown


def test_sizes_and_counts() -> None:
    assert wording.size(1023) == "1023 bytes"
    assert wording.size(1536) == "1.5 KiB"
    assert wording.size(3 * 2**60) == "3072.0 PiB"
    assert wording.plural(1, "row") == "1 row"
    assert wording.plural(1234, "row") == "1,234 rows"


def test_values_of_any_shape_are_put_into_words() -> None:
    assert wording.value_text([1, 2.5, "x", None, True]) == "1, 2.5, x, –, yes"
    assert wording.value_text({"b": 2, "a": 1}) == "a: 1, b: 2"
    assert wording.value_text({"a": [1]}) == '{"a": [1]}'
