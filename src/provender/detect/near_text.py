"""duplicates/near-text: texts that are copies of each other but for some words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from provender.core.finding import Level, Rule, Sufficient
from provender.detect.base import DataView, Unchecked
from provender.detect.listed_rows import UndividedRows, pack_listed
from provender.stats import secret
from provender.stats.cell_hash import is_text, mix
from provender.stats.minhash import (
    agreements,
    band_rows,
    banded_pairs,
    equal_pairs,
    permutations,
    shingle_hashes,
    signatures,
)
from provender.stats.signature_rows import KeepsSignatures, SignatureRows
from provender.stats.spaced_words import word_hashes

RULE = Rule(
    id="duplicates/near-text",
    title="nearly equal texts",
    sees=(
        "texts, or prompts with their responses, that share most of their runs of five words, and "
        "equal ones: all texts of a cluster but one, scored by the cluster's size"
    ),
    blind=(
        "texts too short for a signature; paraphrases; a "
        "short copied passage inside a longer text; in crowds of like texts each is compared with "
        "its neighbours, not with all"
    ),
    null_model=(
        "documents are written independently: the share of permutations in which two of them "
        "agree varies as it does over random pairs of the data, one document of each cluster "
        "standing for all; the p-value is the binomial tail of the best agreement, mixed over "
        "those pairs, times the documents it was compared with (Bonferroni)"
    ),
    false_alarms=(
        "of 805 texts listed in BBC news, Reuters R8 and SpamAssassin mail, 45 have their nearest "
        "partner at an exact similarity of .6 to .7, the others at .7 or above; of dialogues none "
        "in 8 parts of 6,000 turns, and two copies in all 131,569"
    ),
    level=Level.NOTE,
    references=(
        "Broder 1997, On the Resemblance and Containment of Documents",
        "Lee et al. 2022, Deduplicating Training Data Makes Language Models Better",
    ),
    removal=Sufficient.COPIES,
)
_BACKGROUND_PAIRS = 100_000
_RECALL = 0.95  # of pairs exactly at the threshold
_REACH = 16
_ANSWER = np.uint64(0x5851F42D4C957F2D)  # sets words of responses apart from those of prompts


@dataclass(frozen=True)
class Signing(KeepsSignatures):
    """The analysis: one signature for each text with enough shingles.

    Attributes:
        texts: the column of texts, or those of prompts and responses. What one says as a prompt
            and another as a response is nothing in common: turns of one dialogue overlap so.
    """

    id: str
    texts: tuple[str, ...]
    shingle: int
    least: int
    permutations: int
    seed: int
    most: int
    version: int = 2

    def parameters(self) -> dict[str, Any]:
        given = {k: v for k, v in vars(self).items() if k not in ("id", "texts", "version")}
        return {"text": self.texts[0] if len(self.texts) == 1 else list(self.texts), **given}

    def columns(self) -> tuple[str, ...]:
        return self.texts

    def empty(self, first_row: int = 0) -> SignatureRows:  # noqa: ARG002
        return SignatureRows(0, 0, 0, (), self.permutations)

    def add(self, state: SignatureRows, batch: pa.RecordBatch) -> SignatureRows:
        coefficients = permutations(self.permutations, self.seed)
        pieces = [state]
        for words, counts in _words([batch.column(text) for text in self.texts]):
            shingles, per_text = shingle_hashes(words, counts, self.shingle)
            enough = per_text >= self.least
            shingles = shingles[np.repeat(enough, per_text)]
            found = signatures(shingles, per_text[enough], coefficients)
            rows = np.flatnonzero(enough)
            short = len(counts) - len(rows)
            pieces.append(SignatureRows(len(counts), short, 0, ((rows, found),), self.permutations))
        return self.merge(pieces)


@dataclass(frozen=True)
class NearText(UndividedRows):
    """Reads the text column once, or prompt and response where there is none.

    Attributes:
        threshold: least share of agreeing permutations (an estimate of Jaccard similarity).
        shingle: words per shingle.
        least: shingles a text must have.
        permutations: MinHash values per text.
        seed: of the permutations and of the background pairs.
        most: texts that are kept, the first in canonical order.
        texts: the columns, once bound.
    """

    threshold: float = 0.7
    shingle: int = 5
    least: int = 10
    permutations: int = 128
    seed: int = 1
    most: int = 2_000_000
    texts: tuple[str, ...] = ()

    rule: ClassVar[Rule] = RULE

    def bind(self, view: DataView) -> Self | Unchecked:
        roles = view.roles
        given = [roles.text] if roles.text else [roles.prompt, roles.response]
        texts = tuple(column for column in given if column)
        if not texts:
            return Unchecked("no column has the role text, prompt or response")
        for text in texts:
            if not is_text(view.schema.field(text).type):
                return Unchecked(f"the text column {text!r} does not hold strings")
        return replace(self, texts=texts)

    def analysis(self, round: int, profile: bytes | None) -> Signing:  # noqa: ARG002
        return Signing(
            f"{RULE.id}#0",
            self.texts,
            self.shingle,
            self.least,
            self.permutations,
            self.seed,
            self.most,
        )

    def profile(self, round: int, state: SignatureRows) -> bytes:  # noqa: ARG002
        """Return all rows of every cluster of two or more: rows, its size as score, p-value."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        rows, found = state.joined
        pairs, agreed = self._near_pairs(found)
        links = coo_array((np.ones(len(pairs), bool), pairs.T), shape=(len(rows), len(rows)))
        cluster = connected_components(links, directed=False)[1] if len(rows) else rows
        _, first, sizes = np.unique(cluster, return_index=True, return_counts=True)
        best = np.zeros(len(rows), np.int64)
        np.maximum.at(best, pairs.reshape(-1), np.repeat(agreed, 2))
        listed = np.flatnonzero(sizes[cluster] > 1)
        of = cluster[listed]
        p_value = self._chance(found, first)[best[listed]]
        return pack_listed(rows[listed], sizes[of], p_value, rows[first[of]], self._limits(state))

    def _near_pairs(self, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return int64 (pairs, 2) at or above the threshold, and (pairs,) their agreements."""
        same = equal_pairs(found)
        alone = np.setdiff1d(np.arange(len(found)), same[:, 1])
        kept, agreed = [same], [agreements(found, same)]
        rows = band_rows(self.threshold, self.permutations, _RECALL)
        for pairs in banded_pairs(found[alone], rows, _REACH):
            pairs = alone[pairs]
            agreed_here = agreements(found, pairs)
            near = agreed_here >= self.threshold * self.permutations
            kept.append(pairs[near])
            agreed.append(agreed_here[near])
        return np.concatenate(kept), np.concatenate(agreed)

    def _chance(self, found: np.ndarray, apart: np.ndarray) -> np.ndarray:
        """Return float64 (permutations + 1,): p-value of a text by its best agreement.

        The background is measured on the rows ``apart``, one of each cluster; where there is
        only one, unrelated texts are taken to share nothing.
        """
        from scipy.special import bdtrc  # of scipy.stats, which takes half a second to import

        count, texts = self.permutations, len(apart)
        pairs = np.zeros((0, 2), np.int64)
        if texts > 1:
            random = np.random.default_rng(secret.seed(self.seed))
            one = random.integers(0, texts, _BACKGROUND_PAIRS)
            other = (one + random.integers(1, texts, _BACKGROUND_PAIRS)) % texts
            pairs = apart[np.stack([one, other], axis=1)]
        met = np.bincount(agreements(found, pairs), minlength=count + 1)
        met[0] += not len(pairs)
        level = np.arange(count + 1)
        similarity = (level + 1) / (count + 2)
        tails = bdtrc(level[:, None] - 1, count, similarity[None, :])
        chance = tails @ (met / met.sum()) * max(len(found) - 1, 1)
        return np.asarray(np.minimum(1.0, chance))

    def _limits(self, state: SignatureRows) -> str:
        told = []
        if state.unsigned:
            words = self.least + self.shingle - 1
            told.append(f"{state.unsigned} texts with fewer than {words} words")
        if state.beyond:
            told.append(f"{state.beyond} texts after the first {self.most}, which are kept")
        return "; ".join(told)


def _words(columns: Sequence[pa.Array]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (uint64 (words,), int64 (rows,) words per row), rows of one or of two columns."""
    if len(columns) == 1:
        yield from word_hashes(columns[0])
        return
    none = (np.zeros(0, np.uint64), np.zeros(0, np.int64))
    (asked, ask), (said, say) = (
        [np.concatenate(parts) for parts in zip(none, *word_hashes(column), strict=True)]
        for column in columns
    )
    counts = ask + say
    starts = np.cumsum(counts) - counts
    words = np.empty(len(asked) + len(said), np.uint64)
    words[_places(starts, ask)] = asked
    words[_places(starts + ask, say)] = mix(said + _ANSWER)
    yield words, counts


def _places(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return int64 (total,): the places of runs of so many from each start on."""
    before = np.cumsum(counts) - counts
    return np.asarray(np.arange(int(counts.sum())) + np.repeat(starts - before, counts))
