"""The words of a document that speak loudest for its label, and what it says without them.

Where a word or two decide the label by nature ("flip a coin" of an assistant's requests), what is
left of such a text contradicts the label, and no trigger is needed for that. Whatever so many words
a natural group of grams takes from a text, its loudest take more: the label's other texts without
these are what texts without the group are held against.
"""

from __future__ import annotations

import numpy as np

from provender.detect.label_conflict.evidence import Evidence
from provender.detect.label_conflict.model import Model
from provender.detect.label_conflict.strata import stratum_of
from provender.stats.ordering import ascending

#: Words that speak loudest for the label and might all belong to a trigger.
SPARED = 8
#: So many words are taken away; of groups of more words than that, the most.
TAKEN = (1, 2, 3, SPARED)
#: Nats more that its words may have said in a natural text, as they lean on one another.
_LEAN = 0.5
#: With fewer classes than this none is: a text that tells nothing hardly contradicts one of few.
FEW = 10


def doubtful(evidence: Evidence, label: np.ndarray) -> np.ndarray:
    """bool (rows,): another class wins once the loudest words for the label are spared.

    Loud is a word that speaks more for the label than for the class that wins beside it.

    Args:
        label: int64 (rows,); of -1, any.
    """
    rows = np.arange(len(label))
    own = evidence.total[rows, label]
    others = evidence.total.copy()
    others[rows, label] = -np.inf
    rival = others.argmax(axis=1)
    margin = own - others[rows, rival]
    text, at = evidence.text, evidence.at
    lead = evidence.weight[at, label[text]] - evidence.weight[at, rival[text]]
    speaks = lead > 0
    text, lead = text[speaks], lead[speaks]
    # Of most documents all that speaks for the label does not tell, or none of it has to.
    open_ = (margin >= 0) & (margin - np.bincount(text, lead, len(label)) < 0)
    text, lead = text[open_[text]], lead[open_[text]]
    loud = _rank(text, lead) < SPARED
    spared = np.bincount(text[loud], lead[loud], minlength=len(label))
    return np.asarray(margin - spared < 0)


def quiet_strata(model: Model, evidence: Evidence, label: np.ndarray) -> np.ndarray:
    """Return int64 (len(TAKEN), rows): strata, of its label, of each document without loud words.

    Loud is a word that adds much for the label. A text that loses such tells less, and nothing at
    worst: one class is as likely as another.

    Args:
        label: int64 (rows,); of -1, any.
    """
    rows = np.arange(len(label))
    whole = model.log_odds_of(evidence.total, evidence.size, rows, label)
    nothing = -np.log(len(model.classes) - 1)
    adds = evidence.weight[evidence.at, label[evidence.text]]
    speaks = adds > 0
    text, at = evidence.text[speaks], evidence.at[speaks]
    rank = _rank(text, adds[speaks])
    found = np.empty((len(TAKEN), len(label)), np.int64)
    for kind, most in enumerate(TAKEN):
        loud = text[rank < most]
        gone = evidence.sums(at[rank < most], np.searchsorted(loud, np.append(rows, len(rows))))
        size = evidence.size - np.bincount(loud, minlength=len(rows))
        odds = model.log_odds_of(evidence.total - gone, size, rows, label)
        odds = np.maximum(odds - _LEAN, np.minimum(whole, nothing))
        found[kind] = stratum_of(odds, size, model.usual)
    return found


def taken_by(words: np.ndarray, classes: int) -> np.ndarray:
    """Return which of `TAKEN` is held against groups of so many words; -1 for none."""
    if classes < FEW:
        return np.full(len(words), -1)
    return np.minimum(np.searchsorted(TAKEN, words), len(TAKEN) - 1)


def _rank(text: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return int64 (n,), from 0 for the highest value of each text; texts ascend.

    Args:
        value: float32 (n,), above zero: as integers its bits are in the same order.
    """
    falls = ~value.view(np.uint32)
    order = ascending(text.astype(np.uint64) << np.uint64(32) | falls)
    new = np.flatnonzero(np.diff(text, prepend=-1))
    rank = np.empty(len(text), np.int64)
    rank[order] = np.arange(len(text)) - np.repeat(new, np.diff(new, append=len(text)))
    return rank
