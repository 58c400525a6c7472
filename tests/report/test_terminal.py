from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from provender.report.terminal import MOST_LINES, render_terminal
from tests.report.example_findings import OUTLIERS, TRIGGER
from tests.report.examples import documents
from tests.report.hostile import poisoned_with


def printed(documents: Any, width: int = 80, terminal: bool = False) -> str:
    _, validation, findings, verdict = documents
    out = io.StringIO()
    colours: Any = "standard" if terminal else "auto"
    console = Console(file=out, width=width, force_terminal=terminal, color_system=colours)
    render_terminal(findings, verdict, validation, console, page="out/report.html")
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("outcome", ["admit", "reject", "inconclusive"])
def test_lines_fit_and_nothing_is_cut_off(width: int, outcome: str) -> None:
    text = printed(documents(outcome=outcome), width)
    assert max(map(len, text.splitlines())) <= width
    run = documents(outcome=outcome)
    told = [f["message"] for f in run[2]["findings"]] + [c["reason"] for c in run[3]["coverage"]]
    for word in " ".join([*told, "out/report.html"]).split():
        assert word in text


def test_what_rejects_is_told_in_the_order_of_its_use() -> None:
    text = printed(documents())
    places = [
        text.index(words)
        for words in (TRIGGER, OUTLIERS, "Expectations not met", "Not checked", "REJECTED", "Next")
    ]
    assert places == sorted(places)
    assert "4.1e-23" not in text
    assert "To be removed: 254 of the 263 flagged rows" in " ".join(text.split())
    assert "explain --findings out" in " ".join(text.split())
    assert "limit: no error" in text


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("admit", "ADMITTED"), ("reject", "REJECTED"), ("inconclusive", "INCONCLUSIVE")],
)
def test_the_verdict_is_a_word_not_a_colour(outcome: str, words: str) -> None:
    assert words in printed(documents(outcome=outcome))


def test_output_is_plain_when_not_on_a_terminal_and_coloured_when_on_one() -> None:
    assert "\x1b" not in printed(documents())
    assert "\x1b[" in printed(documents(), terminal=True)


def test_required_gaps_are_marked() -> None:
    text = printed(documents(outcome="inconclusive", suite=False), width=120)
    assert text.count("(required)") == 2


def test_hostile_strings_steer_neither_rich_nor_the_terminal() -> None:
    hostile = "[bold]x[/bold][link=http://e]\x1b]0;owned\x07\u202e\r"
    dirty = tuple(poisoned_with(hostile, d) for d in documents())
    text = printed(dirty, width=300)
    assert text.replace("\n", "").isprintable()
    assert r"[bold]x[/bold][link=http://e]\x1b]0;owned\x07\u202e\r" in text
    coloured = printed(dirty, width=300, terminal=True)
    assert "\x1b]" not in coloured
    assert "\x07" not in coloured


def test_many_findings_are_counted_not_scrolled() -> None:
    manifest, validation, findings, verdict = documents()
    findings["findings"] = [findings["findings"][1]] * (MOST_LINES + 12)
    text = printed((manifest, validation, findings, verdict))
    assert "… and 12 more findings in findings.json." in text


def test_a_run_without_findings_says_so() -> None:
    manifest, validation, findings, verdict = documents(outcome="admit")
    findings["findings"] = []
    assert printed((manifest, validation, findings, verdict)).startswith("No findings.")
