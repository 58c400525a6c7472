"""Unlabelled corpora for benchmarks/detectors_corpora.py, and which of them chose constants."""

from __future__ import annotations

import ast
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.detectors_random_words import CORPORA as NATURAL

_FEWEST = 15  # words of a docstring


def _library(_: Path) -> list[str]:
    """Return the docstrings of Python's own library."""
    found = set()
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")):
        if "site-packages" in path.parts or "test" in path.parts:
            continue
        try:
            tree = ast.parse(path.read_text("utf-8"))
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                found.add(ast.get_docstring(node) or "")
    return sorted(text for text in found if len(text.split()) >= _FEWEST)


def _headers(data: Path) -> list[str]:
    """Return mails with their headers, which lists and programs write."""
    mails = pq.read_table(data / "spamassassin.parquet", columns=["text"])["text"].to_pylist()
    return [mail[:6000] for mail in mails]


#: name → (documents, whether they chose the constants)
CORPORA: dict[str, tuple[Callable[[Path], list[str]], str]] = {
    "chat": (NATURAL["chat"][0], "development"),
    "r8": (NATURAL["r8"][0], "development"),
    "bbc": (NATURAL["bbc"][0], "looked at"),
    "books": (NATURAL["books"][0], "looked at"),
    "mail": (NATURAL["mail"][0], "looked at"),
    "docstrings": (NATURAL["docstrings"][0], "looked at"),
    "headers": (_headers, "blind"),
    "library": (_library, "blind"),
}
