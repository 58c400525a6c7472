"""The in-toto statement that a seal signs: which manifest, made how, in which version.

in-toto Statement v1 (github.com/in-toto/attestation, spec/v1/statement.md); the predicate's schema
is docs/schemas/dataset-integrity.schema.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provender.core.canonical import canonical_json
from provender.core.digest import digest_of, sha256_hex
from provender.core.fields import AlgorithmError, fields, hex_digest, sha256_digest
from provender.core.freshness import SealVersion
from provender.core.manifest import Manifest
from provender.core.strict_json import strict_json
from provender.core.succession import Added, Removal

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
STATEMENT_PAYLOAD_TYPE = "application/vnd.in-toto+json"
INTEGRITY_PREDICATE = "urn:provender:dataset-integrity/v0.1"
MANIFEST_NAME = "manifest.json"
MAX_MANIFEST_BYTES = 2**30
MAX_MANIFEST_VALUES = 50_000_000
#: What may stand as evidence, and under which predicate type.
EVIDENCE = {
    "validation": "https://in-toto.io/attestation/test-result/v0.1",
    "detection": "https://in-toto.io/attestation/test-result/v0.1",
    "redteam": "https://in-toto.io/attestation/test-result/v0.1",
    "verdict": "https://slsa.dev/verification_summary/v1",
}
_MAX_BYTES = 2**19
_MAX_VALUES = 20_000


@dataclass(frozen=True)
class EvidenceEntry:
    """A statement about the same manifest that lies beside the seal.

    Attributes:
        name: a key of EVIDENCE.
        digest: ``sha256:<hex>`` of the statement's bytes.
        result: 'PASSED', 'WARNED' or 'FAILED'; of a verdict, PASSED only where it admits.
        policy: ``sha256:<hex>`` of the policy that a verdict was made under; else None.
    """

    name: str
    digest: str
    result: str
    policy: str | None

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "predicateType": EVIDENCE[self.name]}


@dataclass(frozen=True)
class SealStatement:
    """What a seal says.

    Attributes:
        manifest_sha256: hex digest of the manifest's bytes as they lie beside the seal.
        manifest_bytes: their number.
        summary: what the predicate repeats of the manifest.
        inputs: (name, digest) of the seals that these data were made from.
        removed: what was taken out since the previous seal.
        added: what came in since; None where nothing is said of what changed.
        sorted_root: hex root over all records' leaf hashes in sorted order, which absence is shown
            with; None where it was not asked for.
    """

    manifest_sha256: str
    manifest_bytes: int
    summary: dict[str, Any]
    version: SealVersion
    evidence: tuple[EvidenceEntry, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    removed: tuple[Removal, ...] = ()
    added: Added | None = None
    sorted_root: str | None = None

    def payload(self) -> bytes:
        """Return the statement's bytes: canonical JSON."""
        return canonical_json(
            statement(
                self.manifest_sha256,
                INTEGRITY_PREDICATE,
                {
                    **self.summary,
                    "manifest": {
                        "name": MANIFEST_NAME,
                        "digest": {"sha256": self.manifest_sha256},
                        "bytes": self.manifest_bytes,
                    },
                    "version": self.version.to_json(),
                    "evidence": [entry.to_json() for entry in self.evidence],
                    "lineage": {"inputs": [{"name": n, "digest": d} for n, d in self.inputs]},
                    "removed": [removal.to_json() for removal in self.removed],
                    "added": None if self.added is None else vars(self.added),
                    "sortedRoot": self.sorted_root,
                },
            )
        )


def statement(manifest_sha256: str, predicate_type: str, predicate: Any) -> dict[str, Any]:
    """Return an in-toto statement about a manifest."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": MANIFEST_NAME, "digest": {"sha256": manifest_sha256}}],
        "predicateType": predicate_type,
        "predicate": predicate,
    }


def summary_of(manifest: Manifest) -> dict[str, Any]:
    """Return what the predicate repeats of a manifest."""
    document = manifest.heading()
    return {
        "serialisation": document["made"],
        "shards": {
            "count": len(manifest.shards),
            "bytes": document["bytes"],
            "rows": document["rows"]["count"],
            "root": document["root"],
        },
        "rows": {
            "canon": document["made"].get("record", ""),
            "multiset": document["rows"]["multiset"],
        },
        "schema": digest_of(sorted(document["schemas"])),
    }


def seal_statement(
    manifest: Manifest,
    version: SealVersion,
    evidence: tuple[EvidenceEntry, ...] = (),
    inputs: tuple[tuple[str, str], ...] = (),
    removed: tuple[Removal, ...] = (),
    added: Added | None = None,
    sorted_root: str | None = None,
) -> SealStatement:
    """Return the statement that seals ``manifest``."""
    data = manifest.canonical
    return SealStatement(
        sha256_hex(data),
        len(data),
        summary_of(manifest),
        version,
        evidence,
        inputs,
        removed,
        added,
        sorted_root,
    )


def parse_statement(
    payload: bytes, max_bytes: int = _MAX_BYTES, max_values: int = _MAX_VALUES
) -> tuple[str, str, Any]:
    """Return (manifest's SHA-256 as hex, predicate type, predicate) of an in-toto statement.

    Raises:
        InputError, ValueError: when it is not a statement about one manifest.
    """
    value = strict_json(payload, "statement", max_bytes, max_values)
    fields(value, _type=str, subject=list, predicateType=str, predicate=dict)
    if value["_type"] != STATEMENT_TYPE:
        raise ValueError(f"_type is not {STATEMENT_TYPE!r}")
    if len(value["subject"]) != 1:
        raise ValueError("expected one subject")
    about = fields(value["subject"][0], name=str, digest=dict)
    if about["name"] != MANIFEST_NAME:
        raise ValueError(f"the subject is not {MANIFEST_NAME}")
    return _sha256_only(about["digest"]), value["predicateType"], value["predicate"]


def parse_seal_statement(payload: bytes) -> SealStatement:
    """Read what a seal says.

    Raises:
        AlgorithmError: when a digest is by another algorithm than SHA-256.
        InputError, ValueError: when a field is missing, unknown or of another type.
    """
    digest, predicate_type, predicate = parse_statement(payload)
    if predicate_type != INTEGRITY_PREDICATE:
        raise ValueError(f"predicateType is not {INTEGRITY_PREDICATE!r}")
    fields(
        predicate,
        serialisation=dict,
        manifest=dict,
        shards=dict,
        rows=dict,
        schema=str,
        version=dict,
        evidence=list,
        lineage=dict,
        removed=list,
        added=dict | None,
        sortedRoot=str | None,
    )
    fields(predicate["shards"], count=int, bytes=int, rows=int, root=str)
    fields(predicate["rows"], canon=str, multiset=str)
    sha256_digest(predicate["shards"]["root"])
    manifest = fields(predicate["manifest"], name=str, digest=dict, bytes=int)
    if _sha256_only(manifest["digest"]) != digest or manifest["name"] != MANIFEST_NAME:
        raise ValueError("subject and predicate name two manifests")
    lineage = fields(predicate["lineage"], inputs=list)
    inputs = [fields(i, name=str, digest=str) for i in lineage["inputs"]]
    return SealStatement(
        digest,
        manifest["bytes"],
        {name: predicate[name] for name in ("serialisation", "shards", "rows", "schema")},
        SealVersion.from_json(predicate["version"]),
        tuple(_evidence(e) for e in predicate["evidence"]),
        tuple((i["name"], sha256_digest(i["digest"])) for i in inputs),
        tuple(Removal.from_json(removal) for removal in predicate["removed"]),
        Added.from_json(predicate["added"]),
        None if predicate["sortedRoot"] is None else hex_digest(predicate["sortedRoot"]),
    )


def payload_digest(payload: bytes) -> str:
    """Return ``sha256:<hex>`` of a payload's bytes, by which seals name one another."""
    return "sha256:" + sha256_hex(payload)


def _evidence(value: Any) -> EvidenceEntry:
    fields(value, name=str, digest=str, result=str, policy=str | None, predicateType=str)
    name, policy = value["name"], value["policy"]
    if name not in EVIDENCE or value["predicateType"] != EVIDENCE[name]:
        raise ValueError(f"evidence of an unknown kind ({name[:20]!r})")
    if value["result"] not in ("PASSED", "WARNED", "FAILED"):
        raise ValueError("evidence without a result")
    return EvidenceEntry(
        name,
        sha256_digest(value["digest"]),
        value["result"],
        None if policy is None else sha256_digest(policy),
    )


def _sha256_only(digests: dict[str, Any]) -> str:
    if digests.keys() != {"sha256"}:
        raise AlgorithmError("a digest by another algorithm than SHA-256")
    return hex_digest(digests["sha256"])
