"""What matters first in the documents: order, places, gaps, and the next steps in words."""

from __future__ import annotations

import heapq
from typing import Any

from provender.core.finding import CheckStatus, Level
from provender.report.wording import count, expectation, p_value, plural, shortened

Document = dict[str, Any]

HEADLINES = {
    "admit": ("Admitted", "This data set may be fed to training."),
    "reject": ("Rejected", "This data set must not be fed to training."),
    "inconclusive": (
        "Inconclusive",
        "Something the policy requires could not be checked. This never admits.",
    ),
}


def worst_first(findings: list[Document]) -> list[Document]:
    """Order findings by level, then p-value (none last), then rows, then rule and subject."""
    return sorted(
        findings,
        key=lambda f: (
            -Level(f["level"]).rank,
            2.0 if f["p_value"] is None else f["p_value"],
            -f["rows"],
            f["rule"],
            f["what"],
        ),
    )


def where(finding: Document) -> str:
    """Name the places where a finding gathers beyond chance, or else the shards it is in."""
    gathered = [f"{kind} {shortened(name, 120)}" for kind, name, _ in finding["concentrated_in"]]
    if gathered:
        return _first_of(gathered, len(gathered))
    shards = finding["shards"]
    worst = [shortened(name, 120) for name, _ in largest(shards, 1)]
    return _first_of(worst, finding["shard_count"]) if shards else "whole data set"


def largest(pairs: list[list[Any]], most: int) -> list[list[Any]]:
    """Return the ``most`` (name, rows) pairs with the most rows, ties by name."""
    return heapq.nsmallest(most, pairs, key=lambda pair: (-pair[1], pair[0]))


def failed(validation: Document) -> list[Document]:
    """Return the expectations that failed, gravest first."""
    results = [r for r in validation["results"] if r["success"] is False]
    return sorted(results, key=lambda r: (-Level(r["level"]).rank, r["expectation"]))


def subject(result: Document) -> str:
    """Return the column or columns an expectation is about; '' for the table."""
    kwargs = result["kwargs"]
    named = kwargs.get("column") or kwargs.get("column_list") or kwargs.get("column_set")
    if named is None and "column_A" in kwargs:
        named = [kwargs["column_A"], kwargs.get("column_B", "")]
    joined = ", ".join(map(str, named)) if isinstance(named, list) else str(named or "")
    return shortened(joined, 120)


def gaps(verdict: Document, validation: Document) -> list[tuple[str, str, str, bool]]:
    """Return (id, status, reason, required) of all that was not wholly checked, worst first.

    A check that ran and left out a part is listed as 'partly'; a requirement that no check
    answers is listed as 'could_not_check'.
    """
    required = set(verdict["required"])
    found = []
    for check in verdict["coverage"]:
        status = check["status"]
        if status == CheckStatus.CHECKED:
            if not check["reason"]:
                continue
            status = "partly"
        found.append((check["id"], status, check["reason"], check["id"] in required))
    for missing in sorted(required - {check["id"] for check in verdict["coverage"]}):
        reason = "required by the policy, and no check with this id ran"
        found.append((missing, CheckStatus.COULD_NOT_CHECK.value, reason, True))
    for result in validation["results"]:
        if result["success"] is None:
            name = f"expect {expectation(result['expectation'])}: {subject(result)}".rstrip(": ")
            found.append((name, CheckStatus.COULD_NOT_CHECK.value, result["reason"], False))
    order = [CheckStatus.COULD_NOT_CHECK.value, "partly", CheckStatus.NOT_APPLICABLE.value]
    return sorted(found, key=lambda gap: (order.index(gap[1]), not gap[3], gap[0]))


def disagreements(
    manifest: Document, validation: Document, findings: Document, verdict: Document
) -> list[str]:
    """Name each document that is about other data than the manifest."""
    documents = {"validation": validation, "findings": findings, "verdict": verdict}
    return [
        f"{name}.json is about the data set {document['manifest_root']}, not {manifest['root']}."
        for name, document in documents.items()
        if document["manifest_root"] != manifest["root"]
    ]


def next_steps(verdict: Document, findings: Document, validation: Document) -> list[str]:
    """Return what to do next, in order, as sentences."""
    if verdict["outcome"] == "admit":
        return _after_admission(verdict, findings)
    steps = [
        f"Make {name} checkable: {reason.rstrip('.')}."
        for name, status, reason, required in gaps(verdict, validation)
        if required and status != "partly"
    ]
    if verdict["outcome"] == "inconclusive":
        steps.append("Run the checks again. Until then, what was not checked has not passed.")
    return steps + (_mending(findings, validation) if verdict["outcome"] == "reject" else [])


def _mending(findings: Document, validation: Document) -> list[str]:
    steps = []
    grave = [f for f in worst_first(findings["findings"]) if f["level"] != Level.NOTE]
    gathered = [(f, place) for f in grave for place in f["concentrated_in"]]
    if gathered:
        finding, (kind, name, p) = gathered[0]
        steps.append(
            f"Start with the {kind} “{shortened(name, 120)}”: rows that {finding['rule']} flags "
            f"gather there beyond chance (p = {p_value(p)}). Find out where it came from before "
            "anything is deleted."
        )
    elif grave:
        what = f" “{shortened(grave[0]['what'], 120)}”" if grave[0]["what"] else ""
        steps.append(
            f"Start with {grave[0]['rule']}{what}: {plural(grave[0]['rows'], 'row')}, "
            f"in {where(grave[0])}."
        )
    broken = failed(validation)
    if broken:
        first = " ".join([expectation(broken[0]["expectation"]), subject(broken[0])]).rstrip()
        steps.append(
            f"{plural(len(broken), 'expectation')} failed, the gravest is “{first}”: "
            "mend the data, or the suite where it asks too much."
        )
    return [
        *steps,
        "Correct or remove the rows at their source and run the checks again; every changed byte "
        "changes the root digest, so this verdict cannot be carried over.",
        "What is understood and accepted belongs in the policy as a waiver with a reason, an "
        "owner and an expiry date.",
    ]


def _after_admission(verdict: Document, findings: Document) -> list[str]:
    steps = ["Seal the verdict, and let training verify the seal and the root digest at its start."]
    left = [f for f in findings["findings"] if f["level"] != Level.NOTE]
    if left:
        steps.append(
            f"{plural(len(left), 'finding')} stayed within what the policy allows or waives: "
            "read them before a long run is paid for."
        )
    if verdict["waived"]:
        first = min(verdict["waived"], key=lambda w: w["expires"])
        steps.append(
            f"{plural(len(verdict['waived']), 'waiver')} helped: the first to expire "
            f"({first['expires']}, owner {first['owner']}) is for {first['rule']}."
        )
    return steps


def _first_of(names: list[str], total: int) -> str:
    return names[0] + (f" and {count(total - 1)} more" if total > 1 else "")
