"""provender rules and explain: what is looked for, and what cannot be seen."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict

import click

from provender.cli.options import format_option
from provender.core.finding import Rule
from provender.errors import UsageError


@click.command()
@format_option
def rules(format_: str) -> int:
    """List all rules."""
    from provender.detect.registry import rules as all_rules

    found = all_rules()
    if format_ == "json":
        print(json.dumps([asdict(rule) for rule in found], indent=2, sort_keys=True))
        return 0
    width = max(len(rule.id) for rule in found)
    for rule in found:
        print(f"{rule.id:{width}}  {rule.level.value:7}  {rule.title}")
    print("\nFailing expectations are found under expect/<expectation type>.")
    return 0


@click.command()
@click.argument("rule")
@format_option
def explain(rule: str, format_: str) -> int:
    """Explain RULE: what it sees, what it cannot see, its null model and false alarms."""
    from provender.detect.registry import rules as all_rules

    known = {r.id: r for r in all_rules()}
    if rule not in known:
        raise UsageError(rule, "is not a rule", f"the rules are {', '.join(sorted(known))}")
    found = known[rule]
    print(
        json.dumps(asdict(found), indent=2, sort_keys=True) if format_ == "json" else _text(found)
    )
    return 0


def _text(rule: Rule) -> str:
    parts = (
        ("sees", rule.sees),
        ("cannot see", rule.blind),
        ("null model", rule.null_model),
        ("false alarms", rule.false_alarms),
        ("level", rule.level.value),
        ("references", "\n".join(rule.references) or "none"),
    )
    lines = [f"{rule.id}: {rule.title}", ""]
    for title, text in parts:
        wrapped = [
            line for paragraph in text.splitlines() for line in textwrap.wrap(paragraph, 76) or [""]
        ]
        lines += [title, *(f"    {line}" for line in wrapped)]
    return "\n".join(lines)
