"""docs/tamper-corpus.md lists every case of the corpus, and what must be said of it."""

from __future__ import annotations

from tests.docs.pages import page, section
from tests.tamper.case import Case
from tests.tamper.corpus import CASES


def row(case: Case) -> str:
    """One case as a row of the table."""
    said = sorted({f"`{kind}`" for kind, _ in case.says}) or [f"“{case.text}”"]
    cells = (case.name, case.what, f"`{case.verb.words}`", str(case.code), ", ".join(said))
    return "| " + " | ".join((*cells, case.twin_what)) + " |"


def test_the_table_is_that_of_the_corpus() -> None:
    table = section(page("tamper-corpus.md"), "Cases").splitlines()
    rows = [line for line in table if line.startswith("| ")]
    assert rows[1:] == [row(case) for case in CASES]
