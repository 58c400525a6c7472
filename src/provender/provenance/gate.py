"""Whether training may start: seal, trust, evidence, verdict and bytes hold, or why not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from provender.core.breach import BreachKind, BrokenTrustError
from provender.core.verdict import Outcome
from provender.errors import InputError, NothingCheckedError
from provender.provenance.admission import NotAdmittedError
from provender.provenance.evidence import evidence_breaches, sealed_outcome
from provender.provenance.sealed import Sealed
from provender.provenance.verify import Asked, verify_data


def refuse_unless_fit(
    sealed: Sealed,
    seal: Path,
    inputs: Sequence[str],
    admit: bool,
    policy: str | None = None,
    read_all: bool = True,
) -> None:
    """Return only if nothing speaks against training on the data of a trusted seal.

    Args:
        seal: its file, evidence beside it.
        inputs: the data.
        admit: whether the seal must list a verdict that admits.
        policy: ``sha256:<hex>`` of the policy that the verdict must have been made under.
        read_all: whether every byte is read now; otherwise names alone are compared, and bytes
            are for the sealed reader.

    Raises:
        BrokenTrustError: when evidence or data are not as sealed.
        NotAdmittedError: when the sealed verdict is reject (exit code 1) or inconclusive (3).
        NothingCheckedError: when no verdict is sealed and one is asked for.
        InputError: when something cannot be read.
    """
    breaches = evidence_breaches(seal.parent, sealed.statement, policy)
    if breaches:
        raise BrokenTrustError(str(seal), breaches)
    outcome = sealed_outcome(seal.parent, sealed.statement)
    if admit and outcome is None:
        raise NothingCheckedError(
            str(seal), "lists no verdict", "scan the data, and seal them with --evidence"
        )
    if admit and outcome is not None and outcome is not Outcome.ADMIT:
        cause = f"the sealed verdict is {outcome.value}"
        raise NotAdmittedError(str(seal), cause, "train on admitted data", outcome.exit_code)
    found = verify_data(sealed.manifest, inputs, Asked(sample=None if read_all else 0)).breaches
    if found and all(breach.kind is BreachKind.UNREADABLE for breach in found):
        cause = "; ".join(breach.message for breach in found[:10])
        raise InputError("data", cause, "restore them from their source")
    if found:
        raise BrokenTrustError(", ".join(inputs), found)
