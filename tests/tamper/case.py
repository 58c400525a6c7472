"""What a tamper case is: what is done, and what must be said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: What is said: the kind of failure, and the shard or file it is about.
Named = tuple[str, str | None]


@dataclass(frozen=True)
class Answer:
    """What a verb gave.

    Attributes:
        failures: (kind, shard or path) of each, in no order.
        text: all that was said of them.
    """

    code: int
    failures: frozenset[Named]
    text: str


@dataclass(frozen=True)
class Verb:
    """A command that is asked about a scene.

    Attributes:
        words: as it is typed, for the table.
        ask: runs it.
    """

    words: str
    ask: Callable[[Any], Answer]


def nothing(_: Any) -> None:
    """The clean twin of most cases: data as they were sealed."""


@dataclass(frozen=True)
class Case:
    """One way to tamper.

    Attributes:
        number: of the case in docs/tamper-corpus.md; ``variant`` tells several of one number apart.
        what: what is done, in words.
        tamper: does it, to the folder of data where ``scene`` is 'data', else to the scene.
        verb: what is asked.
        code: the exit code that must come.
        says: all failures that must be named, and no others.
        text: words that must be in what is said.
        twin: done to clean data instead; the verb must then give 0 and name nothing.
        twin_what: the twin in words.
        scene: 'data' (sealed data, only the data are touched), 'sealed' (seal, trust file or
            surroundings too), 'judged' (sealed with evidence of a scan) or 'dvc' (a repository).
    """

    number: int
    variant: str
    what: str
    tamper: Callable[[Any], None]
    verb: Verb
    code: int
    says: tuple[Named, ...]
    text: str = ""
    twin: Callable[[Any], None] = nothing
    twin_what: str = "untouched"
    scene: str = "data"

    @property
    def name(self) -> str:
        return f"{self.number:02}-{self.variant}"

    def apply(self, scene: Any, tampered: bool) -> None:
        """Do to ``scene`` what this case or its twin does."""
        act = self.tamper if tampered else self.twin
        act(scene.data if self.scene == "data" else scene)


def executed(folder: Path) -> Path:
    """Where code that is hidden in data leaves its trace if anything ever runs it."""
    return folder / "executed"
