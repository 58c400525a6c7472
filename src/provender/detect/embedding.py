"""Rows as short vectors of whole numbers: from embeddings, pixels or text, the same everywhere.

Every step is either exact in float64 (whole numbers below 2**53) or acts on one number at a
time, so a row's features do not depend on the batch it came in or on the order of summing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.core.shard import Roles
from provender.stats import secret
from provender.stats.cell_hash import mix
from provender.stats.covariance import WIDEST
from provender.stats.grams import grams, words_of

#: Values are first scaled to whole numbers within ± this.
_FINE = 4096
#: Large vectors are taken a few rows at a time: 32 MiB of numbers.
_NUMBERS_AT_ONCE = 2**22
_TEXT_BITS = 14


@dataclass(frozen=True)
class Embedding:
    """How the vectors of a data set are made.

    Attributes:
        column: where they come from.
        kind: 'vector' and 'image' (lists of numbers; images may be height × width or
            height × width × 3, square, rows first) or 'text'.
        width: longest vector kept as it is; longer images are averaged over blocks of pixels,
            other vectors and text are projected on random signs (Achlioptas 2003).
        seed: of the signs, which are drawn from the secret key too where there is one.
    """

    column: str
    kind: str
    width: int = 256
    seed: int = 0

    def blocks(self, batch: pa.RecordBatch) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield (length before reduction, int64 (n,) row numbers, float64 (n, d) features).

        Features are whole numbers within ±`WIDEST`; each row has Euclidean norm `WIDEST`. Rows
        that are null, all zero, or hold a null or a non-finite number are left out.
        """
        column = batch.column(self.column)
        if self.kind == "text":
            rows = np.flatnonzero(np.asarray(column.is_valid()))
            if len(rows):
                yield from _unit(2**_TEXT_BITS, rows, self._of_text(column.drop_null()))
            return
        lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
        for length in np.unique(lengths[lengths > 0]):
            every = np.flatnonzero(lengths == length)
            step = max(1, _NUMBERS_AT_ONCE // int(length))
            for start in range(0, len(every), step):
                rows = every[start : start + step]
                flat = column.take(pa.array(rows)).flatten().cast(pa.float64(), safe=False)
                table = np.asarray(flat.to_numpy(zero_copy_only=False)).reshape(-1, length)
                largest = np.abs(table).max(axis=1)
                good = np.isfinite(largest) & (largest > 0)
                whole = np.rint(table[good] / largest[good, None] * _FINE)
                yield from _unit(int(length), rows[good], self._reduced(whole))

    def _reduced(self, whole: np.ndarray) -> np.ndarray:
        if whole.shape[1] <= self.width:
            return whole
        if self.kind == "image" and (shape := _square(whole.shape[1])):
            return _blocks_of_pixels(whole, *shape, self.width)
        return np.asarray(whole @ _signs(whole.shape[1], self.width // 2, secret.seed(self.seed)))

    def _of_text(self, column: pa.Array) -> np.ndarray:
        """Return signed counts of hashed words and word pairs (Weinberger 2009), projected."""
        from scipy.sparse import coo_array

        words = words_of(column)
        found = [grams(words, length) for length in (1, 2)]
        hashes = mix(np.concatenate([h for h, _ in found]))
        texts = np.concatenate([words.text[first] for _, first in found])
        signs = np.where(hashes & np.uint64(1), 1.0, -1.0)
        places = (hashes >> np.uint64(64 - _TEXT_BITS)).astype(np.int64)
        counts = coo_array((signs, (texts, places)), shape=(len(column), 2**_TEXT_BITS)).tocsr()
        return np.asarray(counts @ _signs(2**_TEXT_BITS, self.width // 2, secret.seed(self.seed)))


def choose_embedding(schema: pa.Schema, roles: Roles) -> Embedding | None:
    """Return the data set's embedding: by role, else a list of floats, else the text role."""
    for column, kind in ((roles.embedding, "vector"), (roles.image, "image")):
        if column is not None and _is_vector(schema.field(column).type):
            return Embedding(column, kind)
    for field in schema:
        if _is_vector(field.type) and pa.types.is_floating(field.type.value_type):
            return Embedding(field.name, "vector")
    if roles.text is not None:
        return Embedding(roles.text, "text")
    return None


def _is_vector(kind: pa.DataType) -> bool:
    if not (
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    ):
        return False
    inner = kind.value_type
    return bool(pa.types.is_floating(inner) or pa.types.is_integer(inner))


def _unit(
    length: int, rows: np.ndarray, whole: np.ndarray
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    largest = np.abs(whole).max(axis=1, initial=0)
    rows, whole, largest = rows[largest > 0], whole[largest > 0], largest[largest > 0]
    whole = np.rint(whole / largest[:, None] * _FINE)
    norms = np.sqrt(np.einsum("ij,ij->i", whole, whole))
    if len(rows):
        yield length, rows, np.rint(whole / norms[:, None] * WIDEST)


@lru_cache(maxsize=4)
def _signs(inputs: int, outputs: int, seed: int) -> np.ndarray:
    """Return float64 (inputs, outputs) of ±1."""
    bits = np.random.Generator(np.random.PCG64(seed)).integers(0, 2, (inputs, outputs))
    return np.asarray(2.0 * bits - 1.0)


def _square(length: int) -> tuple[int, int] | None:
    """Return (side, channels) of a square image with so many numbers."""
    for channels in (1, 3):
        side = isqrt(length // channels)
        if side * side * channels == length:
            return side, channels
    return None


def _blocks_of_pixels(whole: np.ndarray, side: int, channels: int, width: int) -> np.ndarray:
    """Return sums over the smallest square blocks that leave at most ``width`` numbers."""
    block = 2
    while (-(-side // block)) ** 2 * channels > width:
        block += 1
    blocks = -(-side // block)
    pad = blocks * block - side
    pixels = whole.reshape(len(whole), side, side, channels)
    pixels = np.pad(pixels, ((0, 0), (0, pad), (0, pad), (0, 0)))
    cut = pixels.reshape(len(whole), blocks, block, blocks, block, channels)
    return np.asarray(cut.sum(axis=(2, 4)).reshape(len(whole), -1))
