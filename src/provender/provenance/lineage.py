"""From a model's bytes back to the seal of the data it was trained on."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from provender.core.breach import Breach, BreachKind, BrokenTrustError, told_as
from provender.core.envelope import Envelope
from provender.core.lineage import Training, parse_training
from provender.core.statement import STATEMENT_PAYLOAD_TYPE
from provender.errors import InputError
from provender.io.outputs import write_whole
from provender.provenance.dsse import read_envelope, signed, signers
from provender.provenance.sealed import Sealed

if TYPE_CHECKING:
    from securesystemslib.signer import Signer


def lineage_file(model: Path) -> Path:
    """Return where a model's lineage lies: beside it."""
    return model.with_name(f"{model.name}.lineage.dsse.json")


def record_training(model: Path, sealed: Sealed, signer: Signer) -> Path:
    """Write, beside a model, which sealed data it was trained on; return the file.

    Args:
        sealed: what was checked before training, and read in it.
        signer: a key that the trust file lets speak about the series' models.

    Raises:
        InputError: when the model cannot be read.
        StoreError: when the statement cannot be written.
    """
    version = sealed.statement.version
    training = Training(
        model.name,
        _sha256(model),
        sealed.digest,
        version.series,
        version.sequence,
        sealed.manifest.root,
    )
    envelope = signed(Envelope(training.payload(), STATEMENT_PAYLOAD_TYPE), signer)
    place = lineage_file(model)
    write_whole(str(place), envelope.to_bytes().decode())
    return place


def lineage_breaches(model: Path, sealed: Sealed, lineage: Path | None = None) -> list[Breach]:
    """Return why the model at ``model`` is not shown to come from the data of ``sealed``.

    Args:
        lineage: the statement; by default the file beside the model.

    Raises:
        InputError: when the model cannot be read.
    """
    place = lineage or lineage_file(model)
    what = "the model's lineage"
    try:
        envelope = read_envelope(place, STATEMENT_PAYLOAD_TYPE, what, BreachKind.LINEAGE)
        role = sealed.trust.train.get(sealed.statement.version.series)
        held = signers(envelope, {} if role is None else sealed.trust.keys_of(role))
        if role is None or len(held) < role.threshold:
            return [_breach("is not signed by who may say what this series' models come from")]
        with told_as(BreachKind.LINEAGE, what, str(place)):
            training = parse_training(envelope.payload)
    except BrokenTrustError as error:
        return list(error.breaches)
    except InputError as error:
        return [_breach(f"is not to be had ({error.cause})")]
    if training.model_sha256 != _sha256(model):
        return [_breach("is about a model of other bytes")]
    if (training.seal, training.manifest_root) != (sealed.digest, sealed.manifest.root):
        named = f"{training.series} {training.sequence}"
        return [_breach(f"names other data: {named}, {training.manifest_root}")]
    return []


def _breach(why: str) -> Breach:
    return Breach(BreachKind.LINEAGE, f"the model's lineage {why}")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        cause = f"cannot be read ({error.strerror or error})"
        raise InputError(str(path), cause, "name the model's file") from error
