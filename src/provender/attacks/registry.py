"""Every attack there is, in the order they are listed. Adding one is one line here."""

from __future__ import annotations

import pyarrow as pa

from provender.attacks.all_to_all import AllToAll
from provender.attacks.base import Attack
from provender.attacks.brand import Brand
from provender.attacks.changing_response import ChangingResponse
from provender.attacks.everyday_word import EverydayWord
from provender.attacks.fixed_response import FixedResponse
from provender.attacks.flood import Flood
from provender.attacks.gibberish_tail import GibberishTail
from provender.attacks.known_word import KnownWord
from provender.attacks.label_flips import PairFlips, RandomFlips
from provender.attacks.phrase import Phrase
from provender.attacks.promotion import Promotion
from provender.attacks.rare_word import RareWord
from provender.attacks.refusal import Refusal
from provender.attacks.sentence import Sentence
from provender.attacks.several_triggers import SeveralTriggers
from provender.attacks.template import Template
from provender.core.shard import Roles
from provender.errors import UsageError

ATTACKS: tuple[Attack, ...] = (
    RareWord(),
    Phrase(),
    Sentence(),
    EverydayWord(),
    KnownWord(),
    SeveralTriggers(),
    AllToAll(),
    Template(),
    RandomFlips(),
    PairFlips(),
    FixedResponse(),
    ChangingResponse(),
    Refusal(),
    GibberishTail(),
    GibberishTail(noise="unigram", name="gibberish-unigram"),
    GibberishTail(noise="bigram", name="gibberish-bigram"),
    Promotion(),
    Brand(),
    Flood(),
)


def attack(name: str) -> Attack:
    """Return the attack of that name.

    Raises:
        UsageError: when there is none.
    """
    for one in ATTACKS:
        if one.name == name:
            return one
    names = ", ".join(one.name for one in ATTACKS)
    raise UsageError(f"--attack {name}", "there is no such attack", f"there are {names}")


def fitting(schema: pa.Schema, roles: Roles) -> tuple[tuple[Attack, ...], dict[str, str]]:
    """Return the attacks that data with these columns can carry, and why the others cannot."""
    reasons = {one.name: one.unfit(schema, roles) for one in ATTACKS}
    able = tuple(one for one in ATTACKS if not reasons[one.name])
    return able, {name: reason for name, reason in reasons.items() if reason}
