"""docs/seal.md and the schemas of signed documents say what the code does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from provender.core.breach import BreachKind
from provender.core.freshness import LAST_SEEN_VERSION
from provender.core.lineage import TRAINING_PREDICATE
from provender.core.receipt import RECEIPT_PREDICATE
from provender.core.statement import INTEGRITY_PREDICATE, STATEMENT_PAYLOAD_TYPE
from provender.core.trust import TRUST_PAYLOAD_TYPE
from tests.core.test_absence import ABSENCE
from tests.core.test_freshness import SEEN
from tests.core.test_inclusion import PROOF
from tests.core.test_lineage import TRAINING
from tests.core.test_receipt import RECEIPT as READ
from tests.core.test_removal_receipt import RECEIPT
from tests.core.test_statement import STATEMENT
from tests.core.test_trust import TRUST
from tests.docs.pages import DOCS, first_column, page, section

DOCUMENTS: dict[str, Any] = {
    "dataset-integrity": json.loads(STATEMENT.payload())["predicate"],
    "training": json.loads(TRAINING.payload())["predicate"],
    "training-receipt": json.loads(READ.payload())["predicate"],
    "trust": json.loads(TRUST.payload()),
    "last-seen": SEEN.to_json(),
    "proof": PROOF.to_json(),
    "absence": ABSENCE.to_json(),
    "receipt": RECEIPT.to_json(),
}


def test_every_kind_of_failure_is_listed() -> None:
    listed = first_column(section(page("seal.md"), "Failures"))
    assert listed == {kind.value for kind in BreachKind}


def test_names_of_formats_are_the_codes_own() -> None:
    text = page("seal.md") + page("formats.md") + page("reading-verified.md")
    for name in (
        INTEGRITY_PREDICATE,
        TRAINING_PREDICATE,
        RECEIPT_PREDICATE,
        STATEMENT_PAYLOAD_TYPE,
        TRUST_PAYLOAD_TYPE,
        LAST_SEEN_VERSION,
    ):
        assert f"`{name}`" in text


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((DOCS / "schemas" / f"{name}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_signed_documents_conform_to_their_schemas(name: str) -> None:
    assert [e.message for e in validator(name).iter_errors(DOCUMENTS[name])] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_schemas_let_no_field_be_left_out_or_added(name: str) -> None:
    document = DOCUMENTS[name]
    for field in document:
        left = {k: v for k, v in document.items() if k != field}
        assert list(validator(name).iter_errors(left)), field
    assert list(validator(name).iter_errors({**document, "more": 1}))
