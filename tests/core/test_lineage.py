"""A model's lineage: read back, and of one form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provender.core.canonical import canonical_json
from provender.core.fields import AlgorithmError
from provender.core.lineage import Training, parse_training
from provender.errors import InputError

TRAINING = Training("m.npz", "1" * 64, "sha256:" + "2" * 64, "mail", 3, "sha256:" + "4" * 64)


def test_a_lineage_is_read_back() -> None:
    assert parse_training(TRAINING.payload()) == TRAINING


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.update(_type="x"),
        lambda v: v.update(predicateType="x"),
        lambda v: v["subject"].append(v["subject"][0]),
        lambda v: v["subject"][0]["digest"].update(sha256="x"),
        lambda v: v["predicate"].pop("seal"),
        lambda v: v["predicate"].update(sequence="3"),
        lambda v: v["predicate"].update(more=1),
    ],
)
def test_another_form_is_refused(change: Any) -> None:
    value = json.loads(TRAINING.payload())
    change(value)
    with pytest.raises((InputError, ValueError)):
        parse_training(canonical_json(value))


def test_a_weaker_digest_is_refused() -> None:
    value = json.loads(TRAINING.payload())
    value["subject"][0]["digest"] = {"md5": "0" * 32}
    with pytest.raises(AlgorithmError):
        parse_training(canonical_json(value))
