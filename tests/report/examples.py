"""Documents of runs as the engine writes them, built with the core's own classes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from provender.core.digest import digest_of, sha256_hex
from provender.core.entries import Entries, ShardEntry
from provender.core.finding import Check, CheckStatus
from provender.core.manifest import Manifest
from tests.report.example_findings import DUPLICATES, ROWS, TRIGGER, findings_of
from tests.work.redteam import examples as redteam_examples

SCHEMA = (
    ("id", "int64"),
    *((name, "string") for name in ("text", "label", "source", "rater")),
)


def with_redteam(
    run: tuple[dict[str, Any], ...], change: Callable[[Any], Any] = lambda value: value
) -> tuple[dict[str, Any], ...]:
    """Return a run's documents and what a red team found in the same data, through ``change``."""
    manifest, _, findings, verdict = run
    same = {
        "policy_digest": verdict["policy_digest"],
        **{name: findings[name] for name in ("roles", "trusted", "hash_key")},
        "manifest_root": manifest["root"],
        "multiset": f"sha256:{manifest['rows']['multiset']}",
    }
    return (*run, change(redteam_examples.document(redteam_examples.plan())) | same)


def documents(
    shards: int = 12, outcome: str = "reject", suite: bool = True
) -> tuple[dict[str, Any], ...]:
    """Return (manifest, validation, findings, verdict) of a text set of ``shards`` shards."""
    manifest = _manifest(shards)
    root = manifest["root"]
    names = [s["name"] for s in manifest["shards"]]
    findings = findings_of(root, names, outcome == "admit")
    validation = _validation(root, names, suite, outcome == "admit")
    verdict = {
        "version": "provender-verdict/1",
        "outcome": outcome,
        "reasons": _reasons(outcome),
        "waived": [
            {
                "rule": DUPLICATES,
                "what": "licence header",
                "reason": "Licence texts repeat in this corpus by nature.",
                "owner": "data-team@example.org",
                "expires": "2027-03-31",
            }
        ],
        "required": [TRIGGER, "expect/reviews"]
        + (["image/template"] if outcome == "inconclusive" else []),
        "coverage": [
            *findings["checks"],
            Check(
                "expect/reviews",
                CheckStatus.CHECKED if suite else CheckStatus.COULD_NOT_CHECK,
                "" if suite else "no suite was given",
                ROWS * shards if suite else 0,
            ).to_json(),
        ],
        "manifest_root": root,
        "manifest_digest": digest_of(root),
        "rejecting": [],
        "policy_digest": digest_of({"policy": "default"}),
        "findings_digest": digest_of(findings),
        "validation_digest": digest_of(validation),
        "rows": ROWS * shards,
        "shards": shards,
    }
    # Through JSON, as the command line reads them: tuples become lists.
    return tuple(json.loads(json.dumps(d)) for d in (manifest, validation, findings, verdict))


def shown(run: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    """Return a run's documents as with --show-content: what the first example says is there."""
    manifest, validation, findings, verdict = json.loads(json.dumps(run))
    example = findings["findings"][0]["examples"][0]
    example["context"] |= {"before": "a dull ", "trigger": "CF tq", "after": " film, badly told"}
    example["text"] = "a dull CF tq film, badly told"
    example["nearest"][0]["text"] = "a dull film, badly told by all"
    findings["redacted"] = False
    return manifest, validation, findings, verdict


def _manifest(shards: int) -> dict[str, Any]:
    entries = []
    for i in range(shards):
        name = f"year={2019 + i % 6}/reviews-{i:05d}.parquet"
        digest = sha256_hex(name.encode())
        entries.append(ShardEntry(name, 81_920 + i, digest, digest, ROWS, digest, digest, SCHEMA))
    entries.sort(key=lambda e: e.name)
    made = {"tool": "provender 0.1.0", "chunk_bytes": 4 << 20, "row_encoding": "rows/1"}
    return Manifest(Entries(entries), ROWS * shards, sha256_hex(b"rows"), made).to_json()


def _validation(root: str, names: list[str], suite: bool, clean: bool) -> dict[str, Any]:
    results = [
        _result("expect_column_values_to_not_be_null", {"column": "label"}, True, len(names)),
        _result(
            "expect_column_values_to_be_in_set",
            {"column": "label", "value_set": ["negative", "positive"]},
            clean,
            len(names),
            0 if clean else 7,
            [] if clean else [[names[0], 3], [names[1], 44]],
        ),
        _result("expect_column_quantile_values_to_be_between", {"column": "id"}, None, len(names))
        | {"reason": "quantiles are not kept in the shard states", "level": "note"},
    ]
    return {
        "version": "provender-validation/1",
        "manifest_root": root,
        "suite": "reviews" if suite else None,
        "success": clean if suite else None,
        "results": results if suite else [],
    }


def _result(
    kind: str,
    kwargs: dict[str, Any],
    success: bool | None,
    shards: int,
    unexpected: int = 0,
    first: list[list[Any]] | None = None,
) -> dict[str, Any]:
    rows = ROWS * shards
    return {
        "expectation": kind,
        "kwargs": kwargs,
        "success": success,
        "level": "error",
        "element_count": rows,
        "missing_count": 0,
        "unexpected_count": unexpected,
        "unexpected_percent": None if success is None else 100 * unexpected / rows,
        "observed_value": ["negative", "neutral", "positive"] if unexpected else None,
        "reason": f"{unexpected} values are not in the set" if unexpected else "",
        "failing": {
            "rows": unexpected,
            "shards": [[name, 1] for name, _ in first or []],
            "first": first or [],
        },
    }


def _reasons(outcome: str) -> list[dict[str, Any]]:
    if outcome == "reject":
        return [
            {
                "rule": TRIGGER,
                "message": "The phrase “cf tq” overrides the label of 265 rows.",
                "rows": 265,
                "limit": "no error",
            },
            {
                "rule": "expect/reviews",
                "message": "The suite is not met: 7 labels are not in the set.",
                "rows": 7,
                "limit": "every expectation of level error holds",
            },
        ]
    if outcome == "inconclusive":
        return [
            {
                "rule": "image/template",
                "message": "Required, and could not be checked: no decoder for WebP.",
                "rows": 0,
                "limit": "",
            }
        ]
    return []
