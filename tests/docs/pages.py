"""Reads the pages of the documentation for the tests beside it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def section(text: str, title: str) -> str:
    """The text below the heading ``title``, up to the next one of its rank or above."""
    rank = re.search(rf"^(#+) {re.escape(title)}$", text, re.M)
    assert rank, f"no heading {title!r}"
    below = text[rank.end() :]
    end = re.search(rf"^#{{1,{len(rank[1])}}} ", below, re.M)
    return below[: end.start()] if end else below


def first_column(text: str) -> set[str]:
    """The code spans in the first cells of a section's tables."""
    cells = re.findall(r"^\| ([^|\n]*) \|", text, re.M)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)
