"""The report in a terminal: findings, what was not checked, the verdict, the next step."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from provender.report import gist
from provender.report.wording import count, expectation, plural, removal, shortened, visible

#: More lines than this scroll the verdict out of sight; the page and findings.json hold all.
MOST_LINES = 30
_COLOURS = {
    "error": "bold red",
    "warning": "yellow",
    "note": "cyan",
    "admit": "bold green",
    "reject": "bold red",
    "inconclusive": "bold yellow",
}
_STATES = {
    "could_not_check": "could not check",
    "partly": "checked in part",
    "not_applicable": "not applicable",
}


def render_terminal(
    findings: dict[str, Any],
    verdict: dict[str, Any],
    validation: dict[str, Any],
    console: Console,
    page: str = "report.html",
) -> None:
    """Print the report to ``console``: plain where it is not a terminal, readable at 80 columns.

    Args:
        findings, verdict, validation: the documents as docs/schemas describe them. Strings in
            them are never taken for markup, and control characters are shown as escapes.
        page: where the HTML report is, for the last line.
    """
    _print_findings(findings, console)
    _print_failed(validation, console)
    _print_gaps(verdict, validation, console)
    _print_verdict(verdict, console)
    console.print(_safe("Next"), style="bold")
    steps = [*gist.next_steps(verdict, findings, validation)]
    if any(f["level"] != "note" and f["examples"] for f in findings["findings"]):
        folder = page.rpartition("/")[0] or "."
        steps.append(f"`provender explain --findings {folder}` shows examples and rows like them.")
    for number, step in enumerate([*steps, f"Read {page} for evidence and places."], start=1):
        console.print(_hanging(f"{number}. ", step))


def _print_findings(findings: dict[str, Any], console: Console) -> None:
    ordered = gist.worst_first(findings["findings"])
    if not ordered:
        console.print(_safe("No findings."))
    else:
        table = _table(console, "severity", "rule", "where", "rows", "why")
        for finding in ordered[:MOST_LINES]:
            what = f"“{shortened(finding['what'], 60)}”: " if finding["what"] else ""
            table.add_row(
                _safe(finding["level"], _COLOURS[finding["level"]]),
                _safe(finding["rule"]),
                _safe(gist.where(finding)),
                _safe(count(finding["rows"])),
                _safe(what + shortened(finding["message"], 400) + _going(finding)),
            )
        console.print(table)
        _print_rest(len(ordered), "finding", "findings.json", console)
    console.print()


def _going(finding: dict[str, Any]) -> str:
    """Return which rows must go, for what may reject."""
    must = removal(finding) if finding["level"] != "note" else ""
    return f". To be removed: {must}" if must else ""


def _print_failed(validation: dict[str, Any], console: Console) -> None:
    failed = gist.failed(validation)
    if not failed:
        return
    console.print(_safe("Expectations not met"), style="bold")
    table = _table(console, "severity", "expectation", "column", "rows", "why")
    for result in failed[:MOST_LINES]:
        table.add_row(
            _safe(result["level"], _COLOURS[result["level"]]),
            _safe(expectation(result["expectation"])),
            _safe(gist.subject(result)),
            _safe(count(result["unexpected_count"])),
            _safe(shortened(result["reason"], 400)),
        )
    console.print(table)
    _print_rest(len(failed), "expectation", "validation.json", console)
    console.print()


def _print_gaps(verdict: dict[str, Any], validation: dict[str, Any], console: Console) -> None:
    gaps = gist.gaps(verdict, validation)
    if not gaps:
        console.print(_safe("Every check looked at everything it could look at."))
    else:
        console.print(_safe("Not checked, so not passed"), style="bold")
        table = _table(console, "check", "state", "why")
        for name, status, reason, required in gaps[:MOST_LINES]:
            state = _safe(_STATES[status], "yellow" if status != "not_applicable" else "")
            if required:
                state.append(" (required)", "bold")
            table.add_row(_safe(shortened(name, 120)), state, _safe(shortened(reason, 400)))
        console.print(table)
        _print_rest(len(gaps), "check", "verdict.json", console)
    console.print()


def _print_verdict(verdict: dict[str, Any], console: Console) -> None:
    headline, meaning = gist.HEADLINES[verdict["outcome"]]
    line = _safe(f"{headline.upper()} ", _COLOURS[verdict["outcome"]])
    line.append_text(_safe(meaning))
    console.print(line)
    for reason in verdict["reasons"]:
        limit = f" (limit: {reason['limit']})" if reason["limit"] else ""
        console.print(_hanging("- ", f"{reason['rule']}: {reason['message']}{limit}"))
    if verdict["waived"]:
        console.print(_safe(f"{plural(len(verdict['waived']), 'waiver')} applied."))
    console.print()


def _print_rest(total: int, noun: str, document: str, console: Console) -> None:
    if total > MOST_LINES:
        left = plural(total - MOST_LINES, f"more {noun}")
        console.print(_safe(f"  … and {left} in {document}."))


def _table(console: Console, *columns: str) -> Table:
    """Return a table whose last column explains: it takes what the others leave."""
    limits = {"rule": 20, "where": 16} if console.width < 100 else {"rule": 26, "where": 30}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for column in columns:
        table.add_column(
            column,
            overflow="fold",
            justify="right" if column == "rows" else "left",
            no_wrap=column in ("severity", "rows"),
            max_width=None if column == "why" else limits.get(column, 24),
        )
    return table


def _hanging(lead: str, text: str) -> Table:
    """Return ``text`` after ``lead``, its further lines indented."""
    grid = Table.grid()
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(_safe(lead), _safe(text))
    return grid


def _safe(text: str, style: str = "") -> Text:
    """Return ``text`` without markup, links, or characters that steer a terminal."""
    return Text(visible(text), style=style)
