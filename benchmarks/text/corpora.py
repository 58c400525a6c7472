"""Real texts as tables with roles; which of them the detectors' constants were chosen on."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from provender.core.shard import Roles


@dataclass(frozen=True)
class Corpus:
    """Texts of one kind.

    Attributes:
        part: 'development' where a constant of a detector was chosen with the set in sight,
            'looked at' where a design was, else 'blind'.
    """

    name: str
    part: str
    table: pa.Table
    roles: Roles

    def sample(self, rows: int, seed: int = 0) -> Corpus:
        """Return at most ``rows`` random rows."""
        chosen = np.random.default_rng(seed).permutation(self.table.num_rows)[:rows]
        return Corpus(self.name, self.part, self.table.take(pa.array(chosen)), self.roles)


_LABELLED = Roles(text="text", label="label")
_ANSWERED = Roles(prompt="prompt", response="response")
_BARE = Roles(text="text")
_FILE = ".parquet"


def _parquet(name: str) -> Callable[[Path], pa.Table]:
    def read(data: Path) -> pa.Table:
        table = pq.read_table(data / name, columns=["text", "label"])
        return table.set_column(0, "text", pc.utf8_slice_codeunits(table["text"], 0, 6000))

    return read


def _books(data: Path) -> pa.Table:
    """Passages of 80 words of each book, labelled by the book."""
    text: list[str] = []
    label: list[str] = []
    for book in sorted((data / "gutenberg").glob("*.txt")):
        words = book.read_text(encoding="utf-8", errors="replace").split()
        for start in range(2000, min(len(words) - 2000, 26_000), 80):
            text.append(" ".join(words[start : start + 80]))
            label.append(book.stem)
    return pa.table({"text": text, "label": label})


def _excerpts(data: Path) -> pa.Table:
    """All books in runs of 52 words, labelled by the author: some 40,000 rows."""
    text: list[str] = []
    label: list[str] = []
    for book in sorted((data / "gutenberg").glob("*.txt")):
        words = book.read_text(encoding="utf-8", errors="replace").split()
        text += [" ".join(words[i : i + 52]) for i in range(0, len(words), 52)]
        label += [book.stem.partition("-")[0]] * (len(text) - len(label))
    return pa.table({"text": text, "label": label})


def _chapters(data: Path) -> pa.Table:
    """Documents of 300 words of each book, unlabelled."""
    text = []
    for book in sorted((data / "gutenberg").glob("*.txt")):
        words = book.read_text(encoding="utf-8", errors="replace").split()[2000:-2000]
        text += [" ".join(words[i : i + 300]) for i in range(0, len(words) - 299, 300)]
    return pa.table({"text": text})


def _turns(data: Path) -> pa.Table:
    """Openings and late turns of dialogues, labelled so: short and noisy."""
    table = pq.read_table(data / "chitchat_pairs.parquet", columns=["turn", "prompt"])
    turn = table["turn"].to_numpy()
    kept = np.flatnonzero((turn < 2) | (turn > 10))[:12_000]
    label = np.where(turn[kept] < 2, "opening", "later")
    return pa.table({"text": table["prompt"].take(pa.array(kept)), "label": label})


def _asked(data: Path) -> pa.Table:
    """Turns of dialogues, labelled by whether the next one asks: content foretells it faintly."""
    table = pq.read_table(data / "chitchat_pairs.parquet", columns=["prompt", "response"])
    table = table.slice(20_000, 40_000)
    asks = pc.match_substring(table["response"], "?").to_numpy()
    return pa.table({"text": table["prompt"], "label": np.where(asks, "asked", "told")})


def _lines(data: Path) -> pa.Table:
    """Runs of 20 words of three novels by one author, labelled by the novel."""
    text: list[str] = []
    label: list[str] = []
    for book in sorted((data / "gutenberg").glob("austen-*.txt")):
        words = book.read_text(encoding="utf-8", errors="replace").split()[2000:82_000]
        text += [" ".join(words[i : i + 20]) for i in range(0, len(words), 20)]
        label += [book.stem] * (len(text) - len(label))
    return pa.table({"text": text, "label": label})


def _plays(data: Path) -> pa.Table:
    """Runs of 15 words of three tragedies, labelled by the play."""
    text: list[str] = []
    label: list[str] = []
    for play in ("caesar", "hamlet", "macbeth"):
        book = data / "gutenberg" / f"shakespeare-{play}.txt"
        words = book.read_text(encoding="utf-8", errors="replace").split()
        text += [" ".join(words[i : i + 15]) for i in range(0, len(words), 15)]
        label += [play] * (len(text) - len(label))
    return pa.table({"text": text, "label": label})


def _docstrings(_: Path) -> pa.Table:
    """First paragraphs of docstrings of installed packages, labelled by the package."""

    def first(node: _Named) -> str:
        return " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())

    return _of_packages(("numpy", "scipy", "sklearn", "pandas", "apache_beam"), first, 5)


def _functions(_: Path) -> pa.Table:
    """Program code, functions and classes of installed packages without docstrings, by package."""

    def code(node: _Named) -> str:
        said = ast.get_docstring(node, clean=False) is not None
        bare = [ast.unparse(one) for one in node.body[said:]]
        return "\n".join(bare)[:1500]

    return _of_packages(("scipy", "pandas", "pyarrow", "dvc"), code, 20)


_Named = ast.ClassDef | ast.FunctionDef


def _of_packages(packages: Sequence[str], of: Callable[[_Named], str], blanks: int) -> pa.Table:
    """What ``of`` tells of every class and function, where it has so many blanks."""
    text: list[str] = []
    label: list[str] = []
    for package in packages:
        found = find_spec(package)
        if found is None or found.origin is None:
            continue
        files = sorted(Path(found.origin).parent.rglob("*.py"))
        for path in (p for p in files if "test" not in str(p)):
            with warnings.catch_warnings(action="ignore"):
                tree = ast.parse(path.read_text(encoding="utf-8", errors="replace"))
            told = (of(node) for node in ast.walk(tree) if isinstance(node, _Named))
            text += [one for one in told if one.count(" ") >= blanks]
            label += [package] * (len(text) - len(label))
    table = pa.table({"text": text, "label": label})
    return table.group_by(["text", "label"], use_threads=False).aggregate([])


def _pairs(data: Path) -> pa.Table:
    return pq.read_table(data / "chitchat_pairs.parquet", columns=["prompt", "response"])


#: name → (part, how it is read, roles)
CORPORA: dict[str, tuple[str, Callable[[Path], pa.Table], Roles]] = {
    "bbc": ("development", _parquet("bbc.parquet"), _LABELLED),
    "r8": ("development", _parquet("reuters-r8-train.parquet"), _LABELLED),
    "spamassassin": ("development", _parquet("spamassassin.parquet"), _LABELLED),
    "books": ("looked at", _books, _LABELLED),
    "excerpts": ("looked at", _excerpts, _LABELLED),
    "turns": ("development", _turns, _LABELLED),
    "asked": ("development", _asked, _LABELLED),
    "lines": ("looked at", _lines, _LABELLED),
    "plays": ("looked at", _plays, _LABELLED),
    "docstrings": ("looked at", _docstrings, _LABELLED),
    "functions": ("blind", _functions, _LABELLED),
    "pairs": ("development", _pairs, _ANSWERED),
    "chapters": ("blind", _chapters, _BARE),
}


def corpus(name: str, data: Path, rows: int) -> Corpus:
    """Return a set of at most ``rows`` rows: one of ours by its name, or a Parquet file of yours.

    A file holds columns text and label, or prompt and response; it is a blind set.
    """
    if name.endswith(_FILE):
        return _own(Path(name)).sample(rows)
    part, read, roles = CORPORA[name]
    return Corpus(name, part, read(data), roles).sample(rows)


def _own(path: Path) -> Corpus:
    table = pq.read_table(path)
    has = set(table.column_names)
    roles = _LABELLED if {"text", "label"} <= has else _ANSWERED if "prompt" in has else _BARE
    return Corpus(path.name.removesuffix(_FILE), "blind", table, roles)
