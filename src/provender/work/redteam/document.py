"""redteam.json: what the trials say together. JSON values without time, host or path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from provender.attacks.base import parameters
from provender.attacks.registry import attack
from provender.calibrate.power import CONFIDENCE, POWER, power_curve
from provender.core.manifest import Manifest
from provender.core.policy import Policy
from provender.core.shard import Roles
from provender.stats.secret import key_id
from provender.work.redteam.scored import DENSE, HELD
from provender.work.redteam.trial import CLEAN, HALF, Trial

REDTEAM_VERSION = "provender-redteam/1"
#: Stands where a rule's id does: what at least one rule found.
ANY = "any"
OUT_OF_TIME = "the time budget was used up; the same command goes on"

#: What one trial gave: {'rules': rule → outcome, 'rows': …} or {'refused': why}.
Result = Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """What was asked for.

    Attributes:
        unfit: attack → why the data cannot carry it.
        cells: (attack, arm) of all that is tried.
        rules: ids of the rules that run on the data.
        trusted: what the data were compared with, as findings.json has it; None for nothing.
    """

    attacks: tuple[str, ...]
    unfit: Mapping[str, str]
    cells: tuple[tuple[str, str], ...]
    counts: tuple[int, ...]
    seeds: int
    rules: tuple[str, ...]
    roles: Roles
    policy: Policy
    trusted: Mapping[str, Any] | None = None


def redteam_document(
    manifest: Manifest, plan: Plan, results: Mapping[Trial, Result]
) -> dict[str, Any]:
    """Return the document (docs/schemas/redteam.schema.json).

    Args:
        results: of the trials that were made.
    """
    curves = [
        curve
        for name, arm in plan.cells
        for rule in (*plan.rules, ANY)
        if (curve := _curve(name, arm, rule, plan, results))
    ]
    missing = [line for name, arm in plan.cells for line in _missing(name, arm, plan, results)]
    clean = _clean(plan, results)
    return {
        "version": REDTEAM_VERSION,
        "manifest_root": manifest.root,
        "multiset": f"sha256:{manifest.multiset}",
        "rows": manifest.rows,
        "roles": plan.roles.given(),
        "fdr": plan.policy.fdr,
        "alarm_rate": plan.policy.alarm_rate,
        "policy_digest": plan.policy.digest,
        "hash_key": key_id(),
        "trusted": plan.trusted and dict(plan.trusted),
        "counts": list(plan.counts),
        "seeds": plan.seeds,
        "power": POWER,
        "confidence": CONFIDENCE,
        "held": HELD,
        "dense": DENSE,
        "attacks": [
            {"name": n, "paper": attack(n).paper, "parameters": parameters(attack(n))}
            for n in plan.attacks
        ],
        "unfit": [{"name": n, "reason": reason} for n, reason in sorted(plan.unfit.items())],
        "curves": curves,
        "blind_spots": [
            {
                "attack": c["attack"],
                "arm": c["arm"],
                "count": c["counts"][-1]["count"],
                "best": c["counts"][-1]["fitted"],
            }
            for c in curves
            if c["rule"] == ANY and c["minimum"]["count"] is None
        ],
        "clean": clean["rules"],
        "clean_halves": clean["halves"],
        "not_measured": missing + clean["missing"],
    }


def unfinished(document: Mapping[str, Any]) -> bool:
    """Return whether trials were left out because the time was up, or no planting succeeded."""
    late = any(line["reason"] == OUT_OF_TIME for line in document["not_measured"])
    return late or not document["curves"]


def _curve(
    name: str, arm: str, rule: str, plan: Plan, results: Mapping[Trial, Result]
) -> dict[str, Any] | None:
    """Return one rule's power against one attack; None where no trial was made."""
    measured = [
        (count, [_of(rule, r) for r in made])
        for count in plan.counts
        if (made := _made(name, arm, count, plan, results))
    ]
    if not measured:
        return None
    planted, trials = [c for c, _ in measured], [len(every) for _, every in measured]
    found = [sum(one["found"] for one in every) for _, every in measured]
    alarmed = [sum(_alarmed(one) for one in every) for _, every in measured]
    curve = power_curve(planted, trials, found)
    return {
        "attack": name,
        "arm": arm,
        "rule": rule,
        "counts": [
            {
                "count": count,
                "trials": len(every),
                "found": hits,
                "alarmed": alarmed[i],
                "fitted": _rounded(curve.fitted[i]),
                "low": _rounded(curve.low[i]),
                "high": _rounded(curve.high[i]),
                "named": sum(one["rank"] > 0 for one in every),
                "contributor_named": sum(one["contributor_named"] for one in every),
                "recall": _rounded(fmean(one["caught"] / count for one in every)),
                "clean_flagged": _rounded(fmean(one["clean_flagged"] for one in every)),
                "level": max((one["level"] for one in every), key=_rank),
            }
            for i, ((count, every), hits) in enumerate(zip(measured, found, strict=True))
        ],
        "monotone": curve.monotone,
        "minimum": vars(curve.minimum()),
        "alarm_minimum": vars(power_curve(planted, trials, alarmed).minimum()),
    }


def _made(
    name: str, arm: str, count: int, plan: Plan, results: Mapping[Trial, Result]
) -> list[Result]:
    wanted = (Trial(name, arm, count, seed) for seed in range(plan.seeds))
    return [results[t] for t in wanted if t in results and "rules" in results[t]]


def _of(rule: str, result: Result) -> Mapping[str, Any]:
    """Return a rule's outcome; for ANY the best of all rules, figure by figure."""
    if rule != ANY:
        outcome: Mapping[str, Any] = result["rules"][rule]
        return outcome
    every = list(result["rules"].values())
    first = [one for one in every if one["found"]] or every
    return {
        "found": any(one["found"] for one in every),
        "rank": min((one["rank"] for one in every if one["rank"]), default=0),
        "contributor_named": any(one["contributor_named"] for one in every),
        "caught": max((one["caught"] for one in every), default=0),
        "clean_flagged": sum(one["clean_flagged"] for one in every),
        "level": max((one["level"] for one in first), key=_rank, default=""),
        "rejects": any(one["rejects"] for one in first),
    }


def _alarmed(outcome: Mapping[str, Any]) -> bool:
    """Return whether a rule found the planting, and the policy rejects for it."""
    return bool(outcome["found"] and outcome["rejects"])


def _missing(
    name: str, arm: str, plan: Plan, results: Mapping[Trial, Result]
) -> list[dict[str, Any]]:
    """Return a line for each count with trials that gave nothing."""
    lines = []
    for count in plan.counts:
        reasons: dict[str, int] = {}
        for seed in range(plan.seeds):
            result = results.get(Trial(name, arm, count, seed), {"refused": OUT_OF_TIME})
            if "refused" in result:
                reasons[result["refused"]] = reasons.get(result["refused"], 0) + 1
        lines += [_line(name, arm, count, n, why) for why, n in sorted(reasons.items())]
    return lines


def _line(name: str, arm: str, count: int, trials: int, reason: str) -> dict[str, Any]:
    return {"attack": name, "arm": arm, "count": count, "trials": trials, "reason": reason}


def _clean(plan: Plan, results: Mapping[Trial, Result]) -> dict[str, Any]:
    """Return the zero arm: what is found where nothing was planted."""
    whole = results.get(Trial("", CLEAN, 0, 0))
    halves = [
        results[t] for seed in range(plan.seeds) if (t := Trial("", HALF, 0, seed)) in results
    ]
    made = [half for half in halves if "rules" in half]
    rules = []
    for rule in plan.rules if whole is not None and "rules" in whole else ():
        outcome = whole["rules"][rule] if whole else {}
        of_halves = [half["rules"][rule] for half in made]
        rules.append(
            {
                "rule": rule,
                "findings": outcome["findings"],
                "level": outcome["level"],
                "rows": outcome["clean_flagged"],
                "rejects": outcome["rejects"],
                "halves_with_findings": sum(one["findings"] > 0 for one in of_halves),
                "halves_with_alarms": sum(one["rejects"] for one in of_halves),
                "half_rows_flagged": sum(one["clean_flagged"] for one in of_halves),
            }
        )
    missing = [] if whole else [_line("", CLEAN, 0, 1, OUT_OF_TIME)]
    lost = plan.seeds - len(halves)
    missing += [_line("", HALF, 0, lost, OUT_OF_TIME)] * (lost > 0)
    refused = sorted({half["refused"] for half in halves if "refused" in half})
    missing += [
        _line("", HALF, 0, sum(h.get("refused") == why for h in halves), why) for why in refused
    ]
    return {
        "rules": rules,
        "halves": {
            "trials": len(made),
            "rows": sum(half["rows"] for half in made),
            "alarms": sum(any(r["rejects"] for r in half["rules"].values()) for half in made),
        },
        "missing": missing,
    }


def _rank(level: str) -> int:
    return ["", "note", "warning", "error"].index(level)


def _rounded(value: float) -> float:
    return round(float(value), 4)
