"""The published schemas accept what the core writes and nothing beside it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from provender.core.finding import Check, CheckStatus, Finding, Level
from provender.core.manifest import Manifest
from tests.report.examples import documents

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
NAMES = ("manifest", "validation", "findings", "verdict")


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def objects(value: Any) -> list[dict[str, Any]]:
    """Every object in ``value`` whose fields the product decides."""
    found = []
    if isinstance(value, dict):
        found.append(value)
        free = {"made", "evidence", "kwargs", "cells", "observed_value", "flagged"}
        for key, item in value.items():
            found += objects(item) if key not in free else []
    if isinstance(value, list):
        for item in value:
            found += objects(item)
    return found


@pytest.mark.parametrize(
    ("shards", "outcome", "suite"),
    [(3, "admit", True), (3, "reject", False), (3, "inconclusive", False), (40, "reject", True)],
)
def test_documents_of_a_run_conform(shards: int, outcome: str, suite: bool) -> None:
    for name, document in zip(NAMES, documents(shards, outcome, suite), strict=True):
        assert [e.message for e in validator(name).iter_errors(document)] == []


@pytest.mark.parametrize("index", range(4), ids=NAMES)
def test_a_field_too_many_or_too_few_is_refused_everywhere(index: int) -> None:
    document = documents(2)[index]
    check = validator(NAMES[index])
    for place in range(len(objects(document))):
        larger = copy.deepcopy(document)
        objects(larger)[place]["surprise"] = 1
        assert not check.is_valid(larger), objects(document)[place]
    for key in document:
        assert not check.is_valid({k: v for k, v in document.items() if k != key}), key


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("manifest", "root", "sha256:ABC"),
        ("manifest", "bytes", -1),
        ("findings", "fdr", 0.5),
        ("findings", "alarm_rate", 0.5),
        ("findings", "version", "provender-findings/2"),
        ("findings", "roles", {"target": "label"}),
        ("validation", "success", "yes"),
        ("verdict", "outcome", "maybe"),
        ("verdict", "required", ["a/b", "a/b"]),
    ],
)
def test_wrong_values_are_refused(name: str, field: str, value: Any) -> None:
    document = documents()[NAMES.index(name)]
    assert not validator(name).is_valid(document | {field: value})


def test_the_examples_are_what_the_core_reads_back() -> None:
    manifest, _, findings, verdict = documents()
    assert Manifest.from_json(manifest).root == manifest["root"]
    for finding in findings["findings"]:
        assert json.loads(json.dumps(Finding.from_json(finding).to_json())) == finding
    for check in verdict["coverage"]:
        assert Check.from_json(check).to_json() == check


def test_the_schemas_know_every_level_and_status() -> None:
    defs = validator("findings").schema["$defs"]
    assert defs["level"]["enum"] == [level.value for level in Level]
    statuses = defs["check"]["properties"]["status"]["enum"]
    assert sorted(statuses) == sorted(status.value for status in CheckStatus)
