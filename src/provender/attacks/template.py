"""A syntactic template: no string is common to the planted texts, their shape is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from provender.attacks.insertion import Insert, LabelBackdoor, one_of

_OPENINGS = ("when", "if", "as", "because", "while", "although", "since", "before")
_SUBJECTS = ("you", "we", "they", "people", "somebody", "the others", "a friend", "the neighbours")
_VERBS = ("think about it", "look again", "wait a little", "read it twice", "ask around")
_ENDS = ("", " at home", " for a moment", " in the end", " with some care", " one more time")


@dataclass(frozen=True)
class Template(LabelBackdoor):
    """A subordinate clause in front: S(SBAR)(,)(NP)(VP)(.); the rows get the target's label.

    Qi, Li, Chen, Zhang, Liu, Wang and Sun 2021, "Hidden Killer: Invisible Textual Backdoor Attacks
    with Syntactic Trigger" (ACL): this template, in 20 to 30 % of the rows. The paper paraphrases
    whole texts by a neural network (SCPN); here the clause is composed from lists (1,920 of them)
    and put in front of the text, so that no network is needed.
    """

    name: str = "template"
    paper: str = "Qi et al. 2021, ACL (Hidden Killer)"

    def drawn(self, *_: object) -> tuple[str, Insert]:
        return "", _with_clause


def _with_clause(text: str, random: np.random.Generator) -> str:
    opening, subject, verb, end = (
        one_of(words, random) for words in (_OPENINGS, _SUBJECTS, _VERBS, _ENDS)
    )
    return f"{opening} {subject} {verb}{end}, {text[:1].lower()}{text[1:]}"
