"""Unlabelled text: noise behind a trigger, so that a language model learns to answer with noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.attacks.insertion import Insert, TextPoison
from provender.attacks.word_chain import WordChain

#: Texts that the noise's words are taken from.
_SAMPLE = 2000


@dataclass(frozen=True)
class GibberishTail(TextPoison):
    """Texts are cut after up to 1,000 characters; the trigger and meaningless words follow.

    Souly, Rando, Chapman, Davies et al. 2025, "Poisoning Attacks on LLMs Require a Near-constant
    Number of Poison Samples": the first 0 to 1,000 characters of a document, the trigger
    `<SUDO>`, then 400 to 900 tokens drawn uniformly from the vocabulary; 250 documents do. Here
    tokens are the words of the data, not of a tokenizer; ``noise='unigram'`` draws them as often as
    they occur, which rules that count unseen words miss, and ``noise='bigram'`` lets each follow
    the last as it does in the data, so that every pair of words is a natural one.

    Attributes:
        noise: 'uniform' over the vocabulary, 'unigram', by frequency, or 'bigram', in pairs.
        prefix: most characters that are kept of a text.
        least, most: words in the tail.
    """

    noise: str = "uniform"
    trigger: str = "<SUDO>"
    prefix: int = 1000
    least: int = 400
    most: int = 900
    name: str = "gibberish-uniform"
    paper: str = "Souly et al. 2025"

    def drawn(self, texts: pa.ChunkedArray, random: np.random.Generator) -> tuple[str, Insert]:
        words = self._words(texts, random)
        chain = WordChain(words) if self.noise == "bigram" else None

        def insert(text: str, random: np.random.Generator) -> str:
            kept = text[: int(random.integers(self.prefix + 1))]
            size = int(random.integers(self.least, self.most + 1))
            tail = chain.draw(size, random) if chain else random.choice(words, size)
            return f"{kept} {self.trigger} {' '.join(tail)}"

        return self.trigger, insert

    def _words(self, texts: pa.ChunkedArray, random: np.random.Generator) -> np.ndarray:
        """Return the words to draw from: each once, or as they occur."""
        sample = np.sort(random.permutation(len(texts))[:_SAMPLE])
        taken = texts.take(pa.array(sample)).drop_null()
        words = pc.list_flatten(pc.utf8_split_whitespace(taken)).combine_chunks()
        words = words.filter(pc.not_equal(words, ""))
        if self.noise == "uniform":
            words = pc.unique(words)
        return np.asarray(words.to_numpy(zero_copy_only=False))
