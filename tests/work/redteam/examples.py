"""Trials' results made up for the case, and the document they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provender.core.entries import Entries
from provender.core.manifest import Manifest
from provender.core.shard import Roles
from provender.work.deciding import load_policy
from provender.work.redteam.document import Plan, redteam_document
from provender.work.redteam.trial import Trial, cells_of, trials_of

RULES = ("text/one", "text/two")
COUNTS = (5, 10, 25)


def plan(seeds: int = 4, attacks: tuple[str, ...] = ("rare-word", "template")) -> Plan:
    unfit = {"refusal": "needs a prompt and a response column"}
    roles = Roles(text="body", label="kind", source="who")
    cells = cells_of(attacks, roles)
    return Plan(attacks, unfit, cells, COUNTS, seeds, RULES, roles, load_policy(None))


def outcome(found: bool, count: int, **more: Any) -> dict[str, Any]:
    return {
        "found": found,
        "rank": int(found),
        "contributor_named": False,
        "caught": count if found else 0,
        "clean_flagged": 0,
        "findings": int(found),
        "level": "error" if found else "",
        "rejects": found,
        **more,
    }


def first_rule_finds_words(trial: Trial) -> dict[str, Any]:
    """Rare words are found from 10 rows on, by text/one; nothing else is."""
    found = trial.attack == "rare-word" and trial.count >= 10
    silent = outcome(False, trial.count)
    return {"rules": {"text/one": outcome(found, trial.count), "text/two": silent}, "rows": 150}


def document(
    plan: Plan, result: Callable[[Trial], dict[str, Any] | None] = first_rule_finds_words
) -> dict[str, Any]:
    trials = trials_of(plan.cells, plan.counts, plan.seeds)
    results = {trial: found for trial in trials if (found := result(trial)) is not None}
    return redteam_document(Manifest(Entries(), 300, "ab" * 32, {}), plan, results)
