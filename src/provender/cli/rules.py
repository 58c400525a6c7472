"""provender rules and explain: what is looked for, and what cannot be seen."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict
from typing import Any

import click

from provender.cli.options import format_option
from provender.core.finding import Rule, Sufficient
from provender.errors import InputError, UsageError

_REMOVAL = {
    Sufficient.EACH: "every flagged row, or as many as the finding says",
    Sufficient.COPIES: "every flagged row: of each group of equals what stays is not flagged",
}


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
@click.argument("rule", required=False)
@click.option("--findings", metavar="DIR", help="Output folder: why its findings are there.")
@format_option
def explain(rule: str | None, findings: str | None, format_: str) -> int:
    """Explain RULE: what it sees, what it cannot see, its null model and false alarms.

    With --findings DIR also each of its findings there, or of all rules where none is named:
    trigger, target label, p-value, rows to remove, examples and the clean rows most like them.
    """
    from provender.detect.registry import rules as all_rules

    if rule is None and findings is None:
        raise UsageError("explain", "nothing was named", "name a rule, or a folder with --findings")
    known = {r.id: r for r in all_rules()}
    documents = [] if findings is None else _findings(findings)
    met = dict.fromkeys(f["rule"] for f in documents)
    if rule is not None and rule not in {*known, *met}:
        raise UsageError(rule, "is not a rule", f"the rules are {', '.join(sorted(known))}")
    shown = [f for f in documents if rule in (None, f["rule"])]
    told = [known[name] for name in ([rule] if rule else met) if name in known]
    if format_ == "json":
        value = asdict(told[0]) if findings is None else _json(told, shown)
        print(json.dumps(value, indent=2, sort_keys=True))
    else:
        print("\n\n".join([*map(_text, told if rule else []), *_why(shown, findings, told, rule)]))
    return 0


def _json(told: list[Rule], shown: list[dict[str, Any]]) -> dict[str, Any]:
    return {"rules": [asdict(rule) for rule in told], "findings": shown}


def _why(
    shown: list[dict[str, Any]], folder: str | None, told: list[Rule], rule: str | None
) -> list[str]:
    """Return each finding as text, and below all what their rules cannot see."""
    from provender.report.terminal import MOST_LINES
    from provender.report.why import lines_of
    from provender.report.wording import plural

    parts = ["\n".join(lines_of(finding)) for finding in shown[:MOST_LINES]]
    if len(shown) > MOST_LINES:
        parts.append(f"{plural(len(shown) - MOST_LINES, 'more finding')} in findings.json")
    if folder is not None and not shown:
        parts.append("No finding." if rule is None else f"No finding of {rule}.")
    if rule is None and shown:
        parts += [f"{one.id} cannot see\n{_wrapped(one.blind)}" for one in told]
    return parts


def _findings(place: str) -> list[dict[str, Any]]:
    """Return the findings in an output folder, worst first."""
    from provender.core.finding import Finding
    from provender.io.outputs import OutputFolder
    from provender.report.gist import worst_first
    from provender.work.documents import FINDINGS_VERSION, stored_document

    folder = OutputFolder(place)
    document = stored_document(folder, "findings.json")
    if document is None:
        raise UsageError(place, "holds no findings.json", "run `provender scan` or `detect` first")
    name = folder.place("findings.json")
    if document.get("version") != FINDINGS_VERSION:
        raise InputError(name, f"is not a {FINDINGS_VERSION} document", "run the stage again")
    try:
        return worst_first([Finding.from_json(f).to_json() for f in document["findings"]])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(name, f"is damaged ({error})", "run the stage again") from error


def _text(rule: Rule) -> str:
    parts = (
        ("sees", rule.sees),
        ("cannot see", rule.blind),
        ("null model", rule.null_model),
        ("false alarms", rule.false_alarms),
        ("level", rule.level.value),
        ("what must go", _REMOVAL[rule.removal]),
        ("references", "\n".join(rule.references) or "none"),
    )
    lines = [f"{rule.id}: {rule.title}", ""]
    for title, text in parts:
        lines += [title, _wrapped(text)]
    return "\n".join(lines)


def _wrapped(text: str) -> str:
    lines = [line for part in text.splitlines() for line in textwrap.wrap(part, 76) or [""]]
    return "\n".join(f"    {line}" for line in lines)
