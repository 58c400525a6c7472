"""JSON from anybody (case 34): one meaning or one error, quickly and in bounded memory."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.core.strict_json import strict_json
from provender.errors import InputError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def read(data: bytes, max_bytes: int = 2**20, max_values: int = 10_000) -> object:
    return strict_json(data, "seal.json", max_bytes, max_values)


@given(VALUES)
def test_plain_values_are_read_as_they_were_written(value: object) -> None:
    assert read(json.dumps(value).encode(), 2**24, 10**6) == value
    text = json.dumps(value, ensure_ascii=False).encode()
    assert read(text, 2**24, 10**6) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1.5",
        b"1e400",
        b"9007199254740992",
        b"-9007199254740992",
        b"9" * 100_000,
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b'{"\\udfff": 1}',
        b"\xef\xbb\xbf{}",
        b'{"a": 1} x',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"'a'",
        b"\x00",
        b"{} {}",
        b'"\n"',
    ],
    ids=lambda data: repr(data[:24]),
)
def test_anything_else_is_one_line(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^seal\.json: ") as caught:
        read(data, max_values=10**6)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert read(b'"\\ud83d\\ude00"') == "\U0001f600"


def test_ten_million_entries_are_refused_before_they_are_built() -> None:
    data = b"[" + b"{}," * 10_000_000 + b"{}]"
    tracemalloc.start()
    with pytest.raises(InputError, match="more than 1,000,000 values"):
        strict_json(data, "manifest.json", 2**30, 1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


def test_a_long_text_is_refused_by_its_length() -> None:
    with pytest.raises(InputError, match="longer than 8 bytes"):
        read(b'"12345678"', max_bytes=8)
    assert read(b'"123456"', max_bytes=8) == "123456"
