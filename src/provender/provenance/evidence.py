"""Evidence beside a seal: there, unchanged, about the sealed data, under the policy asked for."""

from __future__ import annotations

from pathlib import Path

from provender.core.breach import Breach, BreachKind, BrokenTrustError, told_as
from provender.core.statement import (
    STATEMENT_PAYLOAD_TYPE,
    EvidenceEntry,
    SealStatement,
    parse_statement,
    payload_digest,
)
from provender.core.verdict import Outcome
from provender.errors import InputError
from provender.provenance.dsse import read_envelope


def evidence_file(name: str) -> str:
    """Return the file, beside the seal, of a kind of evidence."""
    return f"{name}.dsse.json"


def evidence_breaches(
    folder: Path, statement: SealStatement, policy: str | None = None
) -> list[Breach]:
    """Return what does not hold of the evidence that a seal lists.

    Args:
        folder: where the seal lies.
        policy: ``sha256:<hex>`` of the policy that the verdict must have been made under; None
            where any will do.
    """
    breaches = []
    for entry in statement.evidence:
        try:
            breaches += _breaches(folder / evidence_file(entry.name), entry, statement)
        except BrokenTrustError as error:
            breaches += error.breaches
        except InputError as error:
            breaches.append(_breach(entry, error.cause))
    verdict = next((e for e in statement.evidence if e.name == "verdict"), None)
    if policy is not None and verdict is None:
        breaches.append(Breach(BreachKind.POLICY, "no verdict is sealed"))
    elif policy is not None and verdict is not None and verdict.policy != policy:
        breaches.append(Breach(BreachKind.POLICY, "the sealed verdict is of another policy"))
    return breaches


def sealed_outcome(folder: Path, statement: SealStatement) -> Outcome | None:
    """Return the verdict that a seal lists; None where it lists none.

    Raises:
        BrokenTrustError: when the verdict is missing, or not the one that was sealed.
        InputError: when it cannot be read.
    """
    entry = next((e for e in statement.evidence if e.name == "verdict"), None)
    if entry is None:
        return None
    path = folder / evidence_file(entry.name)
    breaches = _breaches(path, entry, statement)
    if breaches:
        raise BrokenTrustError(str(path), breaches)
    envelope = read_envelope(path, STATEMENT_PAYLOAD_TYPE, path.name, BreachKind.EVIDENCE)
    if payload_digest(envelope.payload) != entry.digest:  # it was a moment ago
        raise BrokenTrustError(str(path), [_breach(entry, "is not the one that was sealed")])
    levels = parse_statement(envelope.payload)[2].get("verifiedLevels")
    outcome = next((o for o in Outcome if levels == [f"PROVENDER_{o.value.upper()}"]), None)
    if outcome is None or (outcome is Outcome.ADMIT) != (entry.result == "PASSED"):
        raise BrokenTrustError(str(path), [_breach(entry, "contradicts itself")])
    return outcome


def _breaches(path: Path, entry: EvidenceEntry, statement: SealStatement) -> list[Breach]:
    what = evidence_file(entry.name)
    envelope = read_envelope(path, STATEMENT_PAYLOAD_TYPE, what, BreachKind.EVIDENCE)
    if payload_digest(envelope.payload) != entry.digest:
        return [_breach(entry, "is not the one that was sealed")]
    with told_as(BreachKind.EVIDENCE, what, str(path)):
        about, predicate_type, predicate = parse_statement(envelope.payload)
    if about != statement.manifest_sha256:
        return [_breach(entry, "is about other data")]
    if predicate_type != entry.to_json()["predicateType"]:
        return [_breach(entry, "is of another kind")]
    if entry.name == "verdict":
        sealed = (entry.result, entry.policy)
        if sealed != (predicate.get("verificationResult"), _policy(predicate)):
            return [_breach(entry, "says another result or policy than the seal")]
    elif predicate.get("result") != entry.result:
        return [_breach(entry, "says another result than the seal")]
    return []


def _policy(predicate: dict[str, object]) -> str | None:
    match predicate.get("policy"):
        case {"digest": {"sha256": str(digest)}}:
            return f"sha256:{digest}"
        case _:
            return None


def _breach(entry: EvidenceEntry, why: str) -> Breach:
    return Breach(BreachKind.EVIDENCE, f"{evidence_file(entry.name)}: {why}")
