"""The red team's part of the report: read from where it lies, shown only beside its own data."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from provender.errors import InputError
from provender.io.outputs import OutputFolder
from provender.provenance.admission import Failure
from provender.provenance.record import binding_failures, read_record
from provender.report.html import render_html
from provender.report.redteam import key, shown, told
from provender.work.redteam.document import REDTEAM_VERSION
from provender.work.validation import validation_document

_NAME = "redteam.json"


def read_redteam(folder: OutputFolder) -> dict[str, Any] | None:
    """Return the red team's document in a folder; None where there is none.

    Raises:
        InputError: when it cannot be shown.
        StoreError: when it cannot be read.
    """
    raw = folder.read(_NAME)
    if raw is None:
        return None
    try:
        document: dict[str, Any] = json.loads(raw)
        if document["version"] != REDTEAM_VERSION:
            raise ValueError(f"version {document['version']!r}")
        _ = (document["manifest_root"], document["multiset"], len(document["attacks"]))
        _ = (document["policy_digest"], document["hash_key"], document["roles"])
        _ = (key(document), list(shown(document)), list(told(document)), document["seeds"] + 0)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise InputError(
            folder.place(_NAME),
            f"is not what the red team wrote ({type(error).__name__}: {error})",
            "run `provender redteam` again, or take the file away",
        ) from error
    return document


def page_with(folder: OutputFolder, redteam: dict[str, Any]) -> str | None:
    """Return the report of the scan in ``folder`` with the red team's part.

    None where no whole scan of the same data lies there.
    """
    record = read_record(folder.uri)
    if isinstance(record, Failure) or record.manifest.root != redteam["manifest_root"]:
        return None
    manifest = record.manifest
    validation = record.validation or validation_document(manifest.root, None, [])
    record = replace(record, validation=validation)
    if any(binding_failures(record)):
        return None
    return render_html(manifest.heading(), validation, record.findings, record.verdict, redteam)
