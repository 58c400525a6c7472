"""The sealed statement: read back, of one form, and never by another digest algorithm."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.core.canonical import canonical_json
from provender.core.digest import sha256_hex
from provender.core.entries import Entries, ShardEntry
from provender.core.fields import AlgorithmError
from provender.core.freshness import SealVersion
from provender.core.manifest import Manifest
from provender.core.statement import (
    EvidenceEntry,
    parse_seal_statement,
    seal_statement,
)
from provender.core.succession import Added, Removal
from provender.errors import InputError

MADE = {"record": "provender-record/1", "chunk_bytes": 4194304}
MANIFEST = Manifest(Entries(), 0, "0" * 64, MADE)
STATEMENT = seal_statement(
    MANIFEST,
    SealVersion("mail", 2, "sha256:" + "1" * 64, datetime.date(2027, 1, 31)),
    (
        EvidenceEntry("validation", "sha256:" + "2" * 64, "WARNED", None),
        EvidenceEntry("verdict", "sha256:" + "3" * 64, "PASSED", "sha256:" + "4" * 64),
    ),
    (("raw.dsse.json", "sha256:" + "5" * 64),),
    (
        Removal("duplicates/exact-row", 3, "6" * 64),
        Removal("consent withdrawn", 2, "7" * 64, "a.csv"),
    ),
    Added(1, 5, "8" * 64),
    "9" * 64,
)


def doctored(change: Callable[[dict[str, Any]], object]) -> bytes:
    value = json.loads(STATEMENT.payload())
    change(value)
    return canonical_json(value)


def test_a_statement_is_read_back() -> None:
    assert parse_seal_statement(STATEMENT.payload()) == STATEMENT
    assert STATEMENT.manifest_sha256 == sha256_hex(MANIFEST.canonical)


def shard(name: str, leaves: int) -> ShardEntry:
    schema = (("ä", "int64"), ("b", "string"))
    chunks, digests = bytes(range(32)) * leaves, ("b" * 64, "c" * 64)
    return ShardEntry(name, leaves, "a" * 64, "d" * 64, 7, *digests, schema, chunks)


@given(st.lists(st.tuples(st.text(max_size=9), st.integers(0, 3)), max_size=4))
def test_the_manifest_is_sealed_in_canonical_json(shards: list[tuple[str, int]]) -> None:
    import rfc8785

    entries = Entries(shard(name, leaves) for name, leaves in shards)
    manifest = replace(MANIFEST, shards=entries, rows=7 * len(entries))
    assert manifest.canonical == rfc8785.dumps(manifest.to_json())
    assert manifest.digest == "sha256:" + sha256_hex(manifest.canonical)
    texts = [entries.text(place).encode() for place in range(len(entries))]
    assert texts == [rfc8785.dumps(entry.leaf()) for entry in entries]


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v["subject"][0].update(digest={"md5": "0" * 32}),
        lambda v: v["subject"][0]["digest"].update(md5="0" * 32),
        lambda v: v["predicate"]["manifest"].update(digest={"sha1": "0" * 40}),
        lambda v: v["predicate"]["version"].update(previous="md5:" + "0" * 32),
        lambda v: v["predicate"]["evidence"][0].update(digest="sha1:" + "0" * 40),
    ],
)
def test_a_weaker_digest_algorithm_is_refused(change: Any) -> None:
    with pytest.raises(AlgorithmError):
        parse_seal_statement(doctored(change))


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.update(_type="https://in-toto.io/Statement/v0.1"),
        lambda v: v.update(predicateType="https://slsa.dev/provenance/v1"),
        lambda v: v.update(extra=1),
        lambda v: v["subject"].append(v["subject"][0]),
        lambda v: v.update(subject=[]),
        lambda v: v["subject"][0].update(name="other.json"),
        lambda v: v["subject"][0]["digest"].update(sha256="A" * 64),
        lambda v: v["predicate"].pop("version"),
        lambda v: v["predicate"].update(extra=1),
        lambda v: v["predicate"]["version"].update(sequence=0),
        lambda v: v["predicate"]["version"].update(sequence=True),
        lambda v: v["predicate"]["version"].update(series=""),
        lambda v: v["predicate"]["version"].update(expires=None),
        lambda v: v["predicate"]["manifest"]["digest"].update(sha256="0" * 64),
        lambda v: v["predicate"]["manifest"].update(name="../manifest.json"),
        lambda v: v["predicate"]["evidence"][0].update(name="../verdict"),
        lambda v: v["predicate"]["evidence"][0].update(result="MAYBE"),
        lambda v: v["predicate"]["evidence"].append(7),
        lambda v: v["predicate"]["removed"][0].update(rowRoot="x"),
        lambda v: v["predicate"]["removed"][0].update(reason=""),
        lambda v: v["predicate"]["removed"][0].update(rows=-1),
        lambda v: v["predicate"]["removed"][1].update(shard=7),
        lambda v: v["predicate"]["removed"].append(None),
        lambda v: v["predicate"].update(added=[]),
        lambda v: v["predicate"].update(sortedRoot="sha256:" + "9" * 64),
        lambda v: v["predicate"]["added"].update(rows=-1),
        lambda v: v["predicate"]["added"].update(multiset=None),
        lambda v: v["predicate"]["lineage"].update(inputs=[[]]),
    ],
)
def test_a_statement_in_another_form_is_refused(change: Any) -> None:
    with pytest.raises((InputError, ValueError)):
        parse_seal_statement(doctored(change))
