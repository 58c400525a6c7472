"""What is made as it is asked for reads as a list, and is written as one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.core.canonical import canonical_json, canonical_pieces, pretty_json
from provender.core.lazily import Lazily


@given(st.lists(st.integers()), st.slices(8))
def test_it_reads_as_the_list_of_what_it_makes(values: list[int], part: slice) -> None:
    lazily = Lazily(len(values), values.__getitem__)
    assert list(lazily) == values
    assert lazily == Lazily(len(values), values.__getitem__)
    assert lazily != [*values, 1]
    assert lazily[part] == values[part]
    assert len(lazily) == len(values)
    assert bool(lazily) == bool(values)
    if values:
        assert lazily[-1] == values[-1]
    with pytest.raises(IndexError):
        lazily[len(values)]


@pytest.mark.parametrize("length", [0, 1, 3, 2500])
def test_documents_hold_it_as_a_list(length: int) -> None:
    def made(place: int) -> dict[str, object]:
        return {"n": place, "inner": [{"b": "x\ny", "a": []}, {}]}

    plain = {"a": [made(i) for i in range(length)], "z": {"deep": [made(i) for i in range(length)]}}
    lazy = {"a": Lazily(length, made), "z": {"deep": Lazily(length, made)}}
    assert pretty_json(lazy) == json.dumps(plain, indent=2, sort_keys=True) + "\n"
    assert canonical_json(lazy) == b"".join(canonical_pieces(lazy)) == canonical_json(plain)
