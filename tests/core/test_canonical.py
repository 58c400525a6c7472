"""RFC 8785: the RFC's own examples, and what has no canonical form."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.core import canonical
from provender.core.canonical import canonical_json, canonical_pieces, pretty_json

# RFC 8785, appendix B: IEEE-754 bits and their text.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "text"), NUMBERS)
def test_numbers_are_written_as_the_rfc_says(bits, text):
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_json(value) == text.encode()


def test_keys_are_sorted_by_utf16_code_units():
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\xf6": 7}
    order = ["\r", "1", "\x80", "\xf6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical_json(value))) == order


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, object(), {1, 2}])
def test_what_json_cannot_exchange_is_refused(value):
    with pytest.raises(ValueError):
        canonical_json({"a": value})


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text()
    | st.floats(-(2.0**53) + 1, 2.0**53 - 1),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


# Beyond 2**53 JSON readers take whole floats for integers, so only smaller ones come back alike.
@given(JSON)
def test_the_value_survives_and_the_bytes_are_stable(value):
    data = canonical_json(value)
    assert json.loads(data) == value
    assert canonical_json(json.loads(data)) == data


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=30,
)


@given(VALUES, st.integers(1, 4))
def test_the_pieces_are_the_whole(value, many):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canonical, "_MANY", many)
        assert b"".join(canonical_pieces(value)) == canonical_json(value)


@given(VALUES)
def test_the_pretty_text_is_indented_json_with_sorted_keys(value):
    plain = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    assert pretty_json(value) == plain + "\n"
