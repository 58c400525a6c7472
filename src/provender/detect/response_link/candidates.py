"""Which pairs of prompt gram and answer are looked at more closely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from provender.detect.response_link.grams import FEWEST, UNIT
from provender.detect.response_link.marks import MARKS
from provender.detect.response_link.pairs import HALF, PairState
from provender.detect.response_link.tests import log_tails, mostly
from provender.detect.response_link.turns import CANNED, LONG, RUN_OF, SHORT
from provender.stats.gram_table import Counts
from provender.stats.packing import pack, unpack

#: Pairs that are looked at more closely.
_MOST = 128
#: Families of runs from which on the wording follows the prompt by nature.
_NATURAL = 8
#: Share of responses that are short and recur (`Grams.closed`) from which on those do: chat has
#: .05 at most, tasks put by templates three times that and more.
_CLOSED = 0.1
#: Answers that are many texts.
POOLED = (CANNED, *MARKS)
_KIND = "response-link-candidates/3"
_ARRAYS = ("trigger", "answer", "member", "member_of", "tested", "strength", "searched", "canned")


@dataclass(frozen=True)
class Candidates:
    """Pairs too surprising, before likeness and overlap are weighed; the least p-value first.

    Attributes:
        trigger, answer: uint64 (candidates,), their keys.
        member, member_of: uint64 and int64 (members,), the keys of all grams with the rows of a
            candidate's trigger, ascending: the pieces of a phrase or sentence.
        tested: int64 (candidates, 3): rows with both, with the answer, with the trigger.
        strength: float64 (candidates,), nats: minus the log of the exact tail.
        searched: int64 (candidates,): what each p-value is multiplied by.
        canned: uint64 (n,): long responses that several rows have; empty without a candidate.
        words: rows (one column) by word of the prompts; empty without a candidate.
        rows: telling rows.
        natural: kinds of answers that go with grams so often that such a pair shows nothing of
            a plant.
        unseen: what of the data was not looked at.
    """

    trigger: np.ndarray
    answer: np.ndarray
    member: np.ndarray
    member_of: np.ndarray
    tested: np.ndarray
    strength: np.ndarray
    searched: np.ndarray
    canned: np.ndarray
    words: Counts
    rows: int
    natural: tuple[int, ...]
    unseen: str

    def pack(self) -> bytes:
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        words = {"word_keys": self.words.keys, "word_counts": self.words.values}
        meta = {"rows": self.rows, "natural": self.natural, "unseen": self.unseen}
        return pack(_KIND, meta, {**arrays, **words})

    @staticmethod
    def unpack(data: bytes) -> Candidates:
        meta, arrays = unpack(_KIND, data)
        words = Counts(arrays.pop("word_keys"), arrays.pop("word_counts"))
        meta["natural"] = tuple(meta["natural"])
        return Candidates(**arrays, words=words, **meta)


def candidates_of(state: PairState, highest_p: float) -> Candidates:
    """Return the pairs with a family-wise p-value of at most ``highest_p``."""
    grams, pairs = state.grams, state.pairs.total()
    answers, triggers = grams.answers.keys, grams.triggers.keys
    told = [grams.unseen] if grams.unseen else []
    if (seen := state.seen) < len(answers):
        told.append(f"{len(answers) - seen} of {len(answers)} repeated answers were not searched")
    counted = np.rint(state.weight / UNIT).astype(np.int64)
    counted[seen : len(answers)] = 0
    by_answer, by_trigger = np.split(counted[:-1], [len(answers)])
    one, other = np.split(state.signature, [len(answers)])
    answer = (pairs.keys >> HALF).astype(np.int64)
    trigger = (pairs.keys & np.uint64(0xFFFF_FFFF)).astype(np.int64)
    both = np.rint(pairs.values[:, 0] / UNIT).astype(np.int64)
    tested = np.stack([both, by_answer[answer], by_trigger[trigger]], axis=1)
    tried = np.flatnonzero((both >= FEWEST) & (answer < seen))
    # Marked responses come by nature too, beside those that a trigger brings.
    marked = np.isin(answers[answer[tried]] & np.uint64(255), list(MARKS))
    tried = tried[marked | mostly(tested[tried])]
    answer, trigger, tested = answer[tried], trigger[tried], tested[tried]
    strength = -log_tails(tested, int(counted[-1]))
    every = len(np.unique(other[by_trigger >= FEWEST]))
    pooled = np.isin(answers[answer] & np.uint64(255), POOLED)
    held = np.where(pooled, _held(by_trigger, other)[trigger], every)
    searched = held * _searched(answers, one, by_answer)[answer]
    surprise = strength - np.log(searched)
    order = np.lexsort((trigger, answer, -surprise))
    order = order[surprise[order] >= -np.log(highest_p)]
    kind = (answers[answer] & np.uint64(255)).astype(np.int64)
    order = order[_once(np.stack([one[answer], other[trigger]], axis=1)[order], kind[order])]
    best, kind = _best(answers[answer[order]], trigger[order]), kind[order]
    natural, why = _by_nature(int(best[kind == RUN_OF].sum()), grams.closed)
    if why:
        told.append(why)
    if len(order) > _MOST:
        told.append(f"{_MOST} of {len(order)} pairs were weighed, the best of each gram and answer")
        order = order[_seated(kind, best)]
    member, member_of = _members(triggers, other, trigger[order])
    words = Counts.none(1)
    if len(order):
        single = triggers & np.uint64(255) == 1
        words = Counts(triggers[single] & ~np.uint64(255), grams.triggers.values[single])
    return Candidates(
        triggers[trigger[order]],
        answers[answer[order]],
        member,
        member_of,
        tested[order],
        strength[order],
        searched[order],
        grams.canned.keys if len(order) else grams.canned.keys[:0],
        words,
        grams.rows,
        natural,
        "; ".join(told),
    )


def _by_nature(families: int, closed: float) -> tuple[tuple[int, ...], str]:
    """Return the kinds of answers that follow prompts by nature, and how that is told.

    Args:
        families: pairs of a gram and a run that are the best of both. Where they meet at random,
            there would be one in one data set of twenty.
        closed: as `Grams.closed`.
    """
    if closed >= _CLOSED:
        why = (
            f"{closed:.0%} of the responses are short and come again, as answers to tasks do: "
            "short responses and shared words are leads, no row is flagged for them; where they "
            "are few, they are checked as labels if the columns are given as --text and --label"
        )
        return (SHORT, RUN_OF), why
    if families > _NATURAL:
        why = (
            f"the wording of responses follows prompts in {families} families: responses that "
            "only share words are leads, no row is flagged for them"
        )
        return (RUN_OF,), why
    return (), ""


def _once(rows: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Return the places, ascending, at which each pair of sets of rows is met first.

    A whole response comes before its runs, which are in the same rows: it says more of them.
    """
    runs_last = np.argsort(kind == RUN_OF, kind="stable")
    return np.sort(runs_last[_first_of(rows[runs_last])])


def _first_of(values: np.ndarray) -> np.ndarray:
    """Return the places, ascending, at which each value (row) is met first."""
    return np.sort(np.unique(values, axis=0, return_index=True)[1])


def _best(answer: np.ndarray, trigger: np.ndarray) -> np.ndarray:
    """Return bool (pairs,): the first of its gram and, but for pooled answers, of its answer.

    A topic is hundreds of pairs, of each word of it with each run of what is answered; few of
    them are the best of both, and what is planted is.
    """
    places = np.arange(len(answer))
    pooled = np.isin(answer & np.uint64(255), POOLED)
    of_answer = np.isin(places, _first_of(answer)) | pooled
    return np.asarray(np.isin(places, _first_of(trigger)) & of_answer)


def _seated(kind: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Return the `_MOST` places, ascending, of the pairs to look at.

    The best come first and the kinds of answers take turns: neither a topic nor a kind crowds out
    the others.
    """
    places = np.arange(len(kind))
    order = np.lexsort((places, ~best, kind))
    turn = places - np.searchsorted(kind[order], kind[order])
    return np.sort(order[np.lexsort((order, turn))][:_MOST])


def _searched(answers: np.ndarray, signature: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return int64 (answers,): how many answers each one's p-value must pay for.

    Answers with the same rows are one. The budget is shared equally by the kinds that there are
    (weighted Bonferroni, Genovese et al. 2006): wholes are few, canned answers and each mark one.
    Which kinds there are is told by the answers alone, and the null is conditional on them.
    """
    kind = answers & np.uint64(255)
    often = rows >= FEWEST
    many = np.zeros(len(answers), np.int64)
    for one in (SHORT, RUN_OF, LONG, CANNED, *MARKS):
        many[kind == one] = len(np.unique(signature[often & (kind == one)]))
    return many * len(np.unique(kind[often]))


def _held(rows: np.ndarray, signature: np.ndarray) -> np.ndarray:
    """Return int64 (triggers,): how many grams each one's p-value must pay for.

    Grams with the same rows are one. The budget is shared equally by the orders of magnitude of
    their rows, in twos: of the grams in as many rows as an everyday word there are few. So canned
    and marked responses are searched; what everybody says goes with everyday words by nature.
    """
    order = np.log2(np.maximum(rows, 1)).astype(np.int64)
    often = rows >= FEWEST
    many = np.zeros(len(rows), np.int64)
    for one in (orders := np.unique(order[often])):
        many[order == one] = len(np.unique(signature[often & (order == one)]))
    return many * len(orders)


def _members(
    keys: np.ndarray, signature: np.ndarray, chosen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return (key, place in ``chosen``) of all grams with the signature of a chosen one."""
    order = np.argsort(signature, kind="stable")
    low = np.searchsorted(signature[order], signature[chosen])
    each = np.searchsorted(signature[order], signature[chosen], side="right") - low
    at = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each) + np.repeat(low, each)
    member, member_of = keys[order[at]], np.repeat(np.arange(len(chosen)), each)
    by_key = np.lexsort((member_of, member))
    return member[by_key], member_of[by_key]
