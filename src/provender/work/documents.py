"""The documents a scan leaves: JSON values without time of day, host or absolute path."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from provender.core.finding import Check, Finding
from provender.core.policy import Rates
from provender.errors import InputError
from provender.io.outputs import OutputFolder
from provender.stats.secret import key_id
from provender.work.dataset import DataSet
from provender.work.trusted import Trusted

FINDINGS_VERSION = "provender-findings/1"
VALIDATION_VERSION = "provender-validation/1"


def findings_document(
    manifest_root: str,
    rates: Rates,
    findings: Sequence[Finding],
    checks: Sequence[Check],
    detectors: list[dict[str, Any]],
    shards: Sequence[dict[str, Any]],
    data: DataSet,
    show_content: bool,
    trusted: Trusted | None = None,
) -> dict[str, Any]:
    """Return findings.json (docs/schemas/findings.schema.json)."""
    return {
        "version": FINDINGS_VERSION,
        "manifest_root": manifest_root,
        "fdr": rates.fdr,
        "alarm_rate": rates.alarm,
        "hash_key": key_id(),
        "trusted": trusted.to_json() if trusted else None,
        "findings": [plain(f.to_json()) for f in findings],
        "checks": [c.to_json() for c in sorted(checks, key=lambda c: c.id)],
        "detectors": detectors,
        "shards": shards,
        "roles": data.roles.given(),
        "redacted": not show_content,
    }


def stored_document(folder: OutputFolder, name: str) -> dict[str, Any] | None:
    """Return a document that an earlier stage wrote; None where it did not.

    Raises:
        InputError: when it is not JSON, or no object.
    """
    raw = folder.read(name)
    if raw is None:
        return None
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InputError(folder.place(name), "is not JSON", "run the stage again") from error
    if not isinstance(value, dict):
        raise InputError(folder.place(name), "is not a JSON object", "run the stage again")
    return value


def plain(value: Any) -> Any:
    """Return ``value`` with what JSON cannot exchange replaced: NaN and infinities by null,
    integers beyond 2**53 by the nearest float.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value
