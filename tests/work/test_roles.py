"""Roles are inferred from names and types; what is given is never overruled."""

import pyarrow as pa
import pytest

from provender.core.shard import Roles
from provender.errors import UsageError
from provender.work.roles import resolve_roles

SCHEMA = pa.schema(
    [
        ("ID", pa.int64()),
        ("Label", pa.string()),
        ("body", pa.string()),
        ("embedding", pa.list_(pa.float32())),
        ("source", pa.string()),
    ]
)


def test_names_and_types_tell_roles():
    roles, inferred = resolve_roles(SCHEMA, Roles())
    assert roles.given() == {
        "label": "Label",
        "text": "body",
        "embedding": "embedding",
        "source": "source",
        "key": "ID",
    }
    assert set(inferred) == set(roles.given())


def test_who_labelled_a_record_is_not_who_sent_it():
    both = pa.schema([("annotator", pa.int64()), ("contributor", pa.string())])
    roles, _ = resolve_roles(both, Roles())
    assert roles.contributors() == {"source": "contributor", "annotator": "annotator"}
    assert resolve_roles(both.remove(1), Roles())[0].contributors() == {"annotator": "annotator"}
    assert resolve_roles(SCHEMA, Roles())[0].annotator is None


def test_what_is_given_wins_and_its_column_is_taken():
    roles, inferred = resolve_roles(SCHEMA, Roles(source="Label"))
    assert roles.source == "Label"
    assert roles.label is None
    assert "source" not in inferred


def test_a_name_of_the_wrong_type_is_not_inferred():
    roles, _ = resolve_roles(pa.schema([("text", pa.int64()), ("image", pa.string())]), Roles())
    assert roles.given() == {}


def test_a_prompt_without_a_response_is_just_a_column():
    assert resolve_roles(pa.schema([("prompt", pa.string())]), Roles())[0].prompt is None
    both = pa.schema([("instruction", pa.string()), ("output", pa.string())])
    roles, _ = resolve_roles(both, Roles())
    assert (roles.prompt, roles.response) == ("instruction", "output")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (Roles(label="nothing"), "no such column"),
        (Roles(text="ID"), "cannot be the text"),
        (Roles(embedding="body"), "cannot be the embedding"),
    ],
)
def test_a_role_that_does_not_fit_is_refused(given, why):
    with pytest.raises(UsageError, match=why):
        resolve_roles(SCHEMA, given)
