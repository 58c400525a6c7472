""".dvcignore rules: which of them hides a file from DVC.

Only names what was found otherwise: an added file is found by its absence from the record. Each
part of a pattern is matched by ``fnmatch``, whose patterns take linear time, so a hostile rule
cannot stall the audit.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass

MOST_BYTES = 2**18
_MOST_RULES = 1000
_MOST_PATTERN = 1000


@dataclass(frozen=True)
class Rule:
    """One line of a .dvcignore file.

    Attributes:
        said: file and line, for messages.
        folder: where the file lies, relative to the repository.
        parts: a pattern for each part of a path; None for '**'.
    """

    said: str
    folder: str
    parts: tuple[re.Pattern[str] | None, ...]
    hides: bool
    folders_only: bool

    def matches(self, path: str, is_folder: bool) -> bool:
        prefix = f"{self.folder}/" if self.folder else ""
        if not path.startswith(prefix) or (self.folders_only and not is_folder):
            return False
        return _matches(self.parts, path[len(prefix) :].split("/"))


def read_rules(raw: bytes, path: str) -> list[Rule]:
    """Return the rules of the .dvcignore file at ``path``; lines that mean nothing are left out."""
    folder = path.rpartition("/")[0]
    rules = []
    lines = raw.decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines[:_MOST_RULES], 1):
        pattern = line.strip()
        if not pattern or pattern.startswith("#") or len(pattern) > _MOST_PATTERN:
            continue
        hides = not pattern.startswith("!")
        pattern = pattern.removeprefix("!").removeprefix("\\")
        folders_only = pattern.endswith("/")
        anchored = "/" in pattern.rstrip("/")
        parts = [part for part in pattern.split("/") if part]
        if parts and not anchored:
            parts.insert(0, "**")
        if parts:
            said = f"{path} line {number}: {line.strip()[:80]}"
            compiled = tuple(None if part == "**" else _pattern(part) for part in parts)
            rules.append(Rule(said, folder, compiled, hides, folders_only))
    return rules


def hiding_rule(rules: list[Rule], path: str) -> Rule | None:
    """Return the rule that hides the file ``path`` or a folder above it, or None."""
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        here = "/".join(parts[:depth])
        for rule in reversed(rules):
            if rule.matches(here, depth < len(parts)):
                if rule.hides:
                    return rule
                break
    return None


def _pattern(part: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(re.sub(r"\*+", "*", part)))


def _matches(parts: tuple[re.Pattern[str] | None, ...], names: list[str]) -> bool:
    """Match name by name; on a mismatch the last '**' takes one name more."""
    at, name = 0, 0
    again: tuple[int, int] | None = None
    while name < len(names):
        here = parts[at : at + 1]
        if here == (None,):
            at, again = at + 1, (at + 1, name + 1)
        elif here and here[0] and here[0].match(names[name]):
            at, name = at + 1, name + 1
        elif again:
            at, name = again
            again = (at, name + 1)
        else:
            return False
    return all(part is None for part in parts[at:])
