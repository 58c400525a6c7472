"""One finding as lines of text: what it is, what must go, examples and clean rows like them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from provender.report import gist
from provender.report.wording import (
    count,
    in_context,
    p_value,
    removal,
    share,
    shortened,
    value_text,
    visible,
)

_WIDTH, _NAME, _MOST_NAMES = 80, 11, 5


def lines_of(finding: dict[str, Any]) -> list[str]:
    """Return a finding as lines of at most 80 columns, without characters that steer a terminal.

    Args:
        finding: as docs/schemas/findings.schema.json describes it.
    """
    what = shortened(finding["what"], 120)
    head = visible(f"{finding['level']}  {finding['rule']}" + (f"  “{what}”" if what else ""))
    found = textwrap.wrap(head, _WIDTH, subsequent_indent="    ")
    for name, text in _told(finding):
        found += _named(name, text, 4)
    for number, example in enumerate(finding["examples"], start=1):
        found += _named(f"example {number}", _place(example), 4)
        if context := example.get("context"):
            found += _named("", in_context(context), 4)
        elif "text" in example:
            found += _named("", shortened(example["text"], 240), 4)
        for near in example.get("nearest", []):
            found += _named("like it", f"{_place(near)}, {share(near['similarity'])} alike", 8)
            if "text" in near:
                found += _named("", shortened(near["text"], 240), 8)
    return found


def _told(finding: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "why", finding["message"]
    if finding["trigger"]:
        yield "trigger", "; ".join(f"“{shortened(text, 120)}”" for text in finding["trigger"])
    if finding["target"] is not None:
        yield "target", f"label {finding['target']}"
    yield "rows", f"{count(finding['rows'])}, p = {p_value(finding['p_value'])}"
    yield "where", gist.where(finding)
    for name in ("sources", "annotators"):
        if finding[name]:
            yield name, _fullest(finding[name])
    if finding["removal"]:
        yield "remove", removal(finding)
    for name, value in sorted(finding["evidence"].items()):
        yield "figure", f"{name}: {value_text(value)}"


def _fullest(pairs: list[list[Any]]) -> str:
    """Return the names with the most flagged rows, and of how many they are the first."""
    shown = [f"{shortened(name, 60)} ({count(rows)})" for name, rows in pairs[:_MOST_NAMES]]
    left = len(pairs) - len(shown)
    return ", ".join(shown) + (f" and {count(left)} more" if left else "")


def _place(row: dict[str, Any]) -> str:
    parts = [f"{row['shard']} row {count(row['row'])}"]
    told = [name for name in ("label", "source", "annotator") if row.get(name) is not None]
    parts += [f"{name} {value_text(row[name])}" for name in told]
    return ", ".join(parts)


def _named(name: str, text: str, indent: int) -> list[str]:
    lead = " " * indent + f"{name:{_NAME}}"
    return textwrap.wrap(
        visible(" ".join(text.split())) or "–",
        _WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
    )
