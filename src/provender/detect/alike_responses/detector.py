"""instruct/alike-responses: responses that are alike although their prompts are not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from provender.core.finding import Level, Rule
from provender.detect.alike_responses.signing import AnswerSigning
from provender.detect.base import DataView, Unchecked
from provender.detect.listed_rows import UndividedRows, pack_listed
from provender.stats.cell_hash import is_text
from provender.stats.minhash import agreements, band_rows, banded_pairs, equal_pairs
from provender.stats.signature_rows import SignatureRows

RULE = Rule(
    id="instruct/alike-responses",
    title="alike responses to unlike prompts",
    sees=(
        "clusters of at least 5 different responses of eight words or more that share three in "
        "ten of their pairs of words (up to three apart), while their prompts have other words: "
        "the rows about the middle of each, scored by the number of different responses"
    ),
    blind=(
        "paraphrases that share few words, and what is said inside long responses that differ; "
        "fewer than 5; equal responses alone, which are instruct/one-response's; whether the "
        "prompts ask the same thing in other words; forms of words that others use with changes; "
        "in crowds of like responses each is compared with its neighbours, not with all"
    ),
    null_model=(
        "a form of words that people use is used with changes: of all responses that are at least "
        "a third as alike as a cluster's must be to its middle, at most one in three is two "
        "thirds as alike, with a prompt of other words. Binomial tail, times the clusters there "
        "are; a row has that p-value times the share of rows that are listed with it"
    ),
    false_alarms=(
        "at a rate of 1 %: none in 41 parts of 6,000 rows of real dialogues, in all 131,569, in 10 "
        "whose responses were shuffled, nor in books, BBC and Reuters news cut into prompt and "
        "response; 212 of 6,040 mails, newsletters under subjects of their own"
    ),
    level=Level.NOTE,
    references=(
        "Yan et al. 2024, Backdooring Instruction-Tuned Large Language Models with Virtual "
        "Prompt Injection (NAACL)",
        "Broder 1997, On the Resemblance and Containment of Documents",
    ),
)
#: Different responses that make a cluster.
_FEWEST = 5
#: Each costs a comparison with all rows.
_EXAMINED = 1_000
#: Of a cluster, so many are compared with each other to find its middle.
_COMPARED = 500
#: The null's: at most this share of like responses is in the cluster.
_INSIDE = 1 / 3
_RECALL = 0.95  # of pairs exactly at the threshold
_REACH = 16


@dataclass(frozen=True)
class AlikeResponses(UndividedRows):
    """Reads the prompt and the response once.

    Attributes:
        alike: least share of agreeing permutations of two responses (an estimate of the Jaccard
            similarity of their pairs of words).
        unlike: the share of their prompts' (of words) must be below.
        least: words that a response must have.
        of_response, of_prompt: permutations of each signature.
        seed: of the permutations and of the background.
        most: rows that are kept, the first in canonical order: 512 bytes each.
        prompt, response: the columns, once bound.
    """

    alike: float = 0.3
    unlike: float = 0.3
    least: int = 8
    of_response: int = 96
    of_prompt: int = 32
    seed: int = 1
    most: int = 1_000_000
    prompt: str = ""
    response: str = ""

    rule: ClassVar[Rule] = RULE

    def bind(self, view: DataView) -> Self | Unchecked:
        prompt, response = view.roles.prompt, view.roles.response
        if prompt is None or response is None:
            return Unchecked("needs a prompt column and a response column")
        for side, name in (("prompt", prompt), ("response", response)):
            if not is_text(view.schema.field(name).type):
                return Unchecked(f"the {side} column {name!r} does not hold strings")
        return replace(self, prompt=prompt, response=response)

    def analysis(self, round: int, profile: bytes | None) -> AnswerSigning:  # noqa: ARG002
        return AnswerSigning(
            f"{RULE.id}#0",
            self.prompt,
            self.response,
            self.least,
            self.of_response,
            self.of_prompt,
            self.seed,
            self.most,
        )

    def profile(self, round: int, state: SignatureRows) -> bytes:  # noqa: ARG002
        """Return the rows about each cluster's middle: rows, their number as score, p-value."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        rows, found = state.joined
        said = np.ascontiguousarray(found[:, : self.of_response])
        same = equal_pairs(said)
        own = np.arange(len(rows))
        own[same[:, 1]] = same[:, 0]
        asked = np.ascontiguousarray(found[:, self.of_response :])
        pairs = self._alike_pairs(said, asked, np.unique(own))
        links = coo_array((np.ones(len(pairs), bool), pairs.T), shape=(len(rows), len(rows)))
        cluster = connected_components(links, directed=False)[1] if len(rows) else own
        first = np.unique(own)
        sizes = np.bincount(cluster[first], minlength=len(rows))
        many = np.flatnonzero(sizes >= _FEWEST)
        score, p_value = np.zeros(len(rows)), np.ones(len(rows))
        largest = many[np.argsort(-sizes[many], kind="stable")][:_EXAMINED]
        for number in largest.tolist():
            ball, chance = self._ball(said, asked, first, first[cluster[first] == number])
            inside = np.isin(own, ball)
            share = len(many) * chance * inside.sum() / state.total
            score[inside] = np.maximum(score[inside], len(ball))
            p_value[inside] = np.minimum(p_value[inside], share)
        listed = np.flatnonzero(score >= _FEWEST)
        alone = np.full(len(listed), -1)
        limits = self._limits(state, len(many) - len(largest))
        return pack_listed(rows[listed], score[listed], p_value[listed], alone, limits)

    def _alike_pairs(self, said: np.ndarray, asked: np.ndarray, apart: np.ndarray) -> np.ndarray:
        """Return int64 (pairs, 2) of rows whose responses are alike and whose prompts are not."""
        kept = [np.zeros((0, 2), np.int64)]
        wide = band_rows(self.alike, self.of_response, _RECALL)
        for pairs in banded_pairs(said[apart], wide, _REACH):
            pairs = apart[pairs]
            near = agreements(said, pairs) >= self.alike * self.of_response
            pairs = pairs[near]
            kept.append(pairs[self._unlike(asked, pairs)])
        return np.concatenate(kept)

    def _ball(
        self, said: np.ndarray, asked: np.ndarray, first: np.ndarray, members: np.ndarray
    ) -> tuple[np.ndarray, float]:
        """Return the rows about the middle of a cluster, and the p-value that they are so many.

        Args:
            said, asked: uint32 (rows, permutations), signatures of responses and of prompts.
            first: int64 (n,), a row of each different response.
            members: int64 (m,), those in the cluster.
        """
        from scipy.special import bdtrc  # of scipy.stats, which takes half a second to import

        some, least = members[:_COMPARED], self.alike * self.of_response
        near = [int(((said[some] == said[row]).sum(axis=1) >= least).sum()) for row in some]
        middle = some[int(np.argmax(near))]
        pairs = np.stack([np.full(len(first), middle), first], axis=1)
        alike, other = agreements(said, pairs), self._unlike(asked, pairs)
        inside = ((alike >= least * 2 / 3) & other) | (first == middle)
        within, about = int(inside.sum()) - 1, int((alike >= least / 3).sum()) - 1
        return first[inside], float(bdtrc(within - 1, about, _INSIDE))

    def _unlike(self, asked: np.ndarray, pairs: np.ndarray) -> np.ndarray:
        """Return bool (pairs,): whether the prompts have other words."""
        return agreements(asked, pairs) < self.unlike * self.of_prompt

    def _limits(self, state: SignatureRows, clusters: int) -> str:
        told = []
        if state.unsigned:
            told.append(
                f"{state.unsigned} rows without a prompt or with fewer than {self.least} words of "
                "response"
            )
        if state.beyond:
            told.append(f"{state.beyond} rows after the first {self.most}, which are kept")
        if clusters:
            told.append(f"{clusters} clusters after the {_EXAMINED} largest")
        return "; ".join(told)
