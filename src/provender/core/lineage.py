"""Which data a model was trained on: an in-toto statement about the model, naming the seal.

The predicate's schema is docs/schemas/training.schema.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provender.core.canonical import canonical_json
from provender.core.fields import AlgorithmError, fields, hex_digest, sha256_digest
from provender.core.statement import STATEMENT_TYPE
from provender.core.strict_json import strict_json

TRAINING_PREDICATE = "urn:provender:training/v0.1"
_MAX_BYTES = 2**19
_MAX_VALUES = 20_000


@dataclass(frozen=True)
class Training:
    """A model and what it was trained on.

    Attributes:
        model: the model's file name, for people.
        model_sha256: hex digest of its bytes.
        seal: ``sha256:<hex>`` of the payload of the seal.
        series, sequence: the seal's.
        manifest_root: ``sha256:<hex>`` of the sealed manifest.
    """

    model: str
    model_sha256: str
    seal: str
    series: str
    sequence: int
    manifest_root: str

    def payload(self) -> bytes:
        """Return the statement's bytes: canonical JSON."""
        predicate = {
            "seal": self.seal,
            "series": self.series,
            "sequence": self.sequence,
            "manifest_root": self.manifest_root,
        }
        return canonical_json(
            {
                "_type": STATEMENT_TYPE,
                "subject": [{"name": self.model, "digest": {"sha256": self.model_sha256}}],
                "predicateType": TRAINING_PREDICATE,
                "predicate": predicate,
            }
        )


def parse_training(payload: bytes) -> Training:
    """Read it back.

    Raises:
        AlgorithmError: when the model's digest is by another algorithm than SHA-256.
        InputError, ValueError: when it is no such statement.
    """
    value = strict_json(payload, "training", _MAX_BYTES, _MAX_VALUES)
    fields(value, _type=str, subject=list, predicateType=str, predicate=dict)
    if value["_type"] != STATEMENT_TYPE or value["predicateType"] != TRAINING_PREDICATE:
        raise ValueError(f"it is no statement of type {TRAINING_PREDICATE!r}")
    if len(value["subject"]) != 1:
        raise ValueError("expected one subject")
    model = fields(value["subject"][0], name=str, digest=dict)
    if model["digest"].keys() != {"sha256"}:
        raise AlgorithmError("a digest by another algorithm than SHA-256")
    said: dict[str, Any] = fields(
        value["predicate"], seal=str, series=str, sequence=int, manifest_root=str
    )
    return Training(
        model["name"],
        hex_digest(model["digest"]["sha256"]),
        sha256_digest(said["seal"]),
        said["series"],
        said["sequence"],
        sha256_digest(said["manifest_root"]),
    )
