"""Documents doctored at random: each parser gives its noun back or one breach, never another error.

A million such inputs and more are tried by `python -m benchmarks.hostile_documents`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.core.absence import absence_of
from provender.core.breach import BreachKind, BrokenTrustError, told_as
from provender.core.canonical import canonical_json
from provender.core.envelope import parse_envelope
from provender.core.freshness import parse_last_seen
from provender.core.inclusion import parse_document, proof_of
from provender.core.lineage import parse_training
from provender.core.removal_receipt import receipt_of
from provender.core.statement import parse_seal_statement
from provender.core.trust import parse_trust
from tests.core.test_absence import ABSENCE, ROOT
from tests.core.test_envelope import ONE
from tests.core.test_freshness import SEEN
from tests.core.test_inclusion import PROOF
from tests.core.test_lineage import TRAINING
from tests.core.test_removal_receipt import RECEIPT, REMOVAL
from tests.core.test_statement import STATEMENT
from tests.core.test_trust import TRUST

CASES: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "envelope": (parse_envelope, ONE.to_bytes()),
    "trust": (parse_trust, TRUST.payload()),
    "seal": (parse_seal_statement, STATEMENT.payload()),
    "last-seen": (parse_last_seen, canonical_json(SEEN.to_json())),
    "proof": (
        lambda data: proof_of(parse_document(data)).root(1),
        canonical_json(PROOF.to_json()),
    ),
    "absence": (
        lambda data: [absence_of(parse_document(data)).check(ROOT, 9)],
        canonical_json(ABSENCE.to_json()),
    ),
    "receipt": (
        lambda data: receipt_of(parse_document(data)).removal([REMOVAL]),
        canonical_json(RECEIPT.to_json()),
    ),
    "training": (parse_training, TRAINING.payload()),
}
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
VALUES = st.recursive(SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(), v))


def parsed(parse: Callable[[bytes], Any], data: bytes) -> Any:
    try:
        with told_as(BreachKind.SEAL, "the file", "file"):
            return parse(data)
    except BrokenTrustError as error:
        assert "\n" not in str(error)  # noqa: PT017  either outcome is fine
        return None


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else []
    inner = enumerate(value) if isinstance(value, list) else inner
    return [at, *(path for key, item in inner for path in paths(item, (*at, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_any_value_in_place_of_any_field_is_told(name: str, data: st.DataObject) -> None:
    parse, good = CASES[name]
    value = json.loads(good)
    path = data.draw(st.sampled_from(paths(value)))
    doctored = replaced(value, path, data.draw(VALUES))
    parsed(parse, json.dumps(doctored).encode())


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_any_bytes_are_told(name: str, data: st.DataObject) -> None:
    parse, good = CASES[name]
    at = data.draw(st.integers(0, len(good)))
    cut = data.draw(st.integers(0, 8))
    parsed(parse, good[:at] + data.draw(st.binary(max_size=8)) + good[at + cut :])


@pytest.mark.parametrize("name", CASES)
def test_the_documents_themselves_are_read(name: str) -> None:
    parse, good = CASES[name]
    assert parsed(parse, good) is not None
