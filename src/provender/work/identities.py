"""A shard's manifest entry, merged from the identities of its pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import chain
from sys import intern

from provender import __version__
from provender.core.entries import Entries, Schema, ShardEntry
from provender.core.manifest import Manifest
from provender.core.shard import ShardFailure
from provender.identity.analysis import IdentityAnalysis
from provender.identity.encoding import RECORD_ENCODING
from provender.identity.multiset import MULTISET_HASH, Multiset
from provender.io.chunks import CHUNK_BYTES, CHUNK_HASH
from provender.io.states import StateStore
from provender.stats.packing import pack, unpack
from provender.work.analyse import Analysed
from provender.work.shards import load_shards
from provender.work.task import load_chunks
from provender.work.wire import message, some_failures

IDENTITY = IdentityAnalysis()
_KIND = "entries/1"
#: Store kind of sums of records: named by their own digest, which is the manifest's.
_SUM = "multiset"


@message
@dataclass(frozen=True)
class PageIdentities:
    """Manifest entries of neighbouring shards.

    Attributes:
        number: the page's place among all.
        name: store name of the entries and of the sum of their records; '' after a failure.
        shards_read, rows_read: what had to be decoded.
    """

    number: int
    name: str
    shards_read: int = 0
    rows_read: int = 0
    failures: tuple[ShardFailure, ...] = ()


def identities(
    grouped: tuple[int, Sequence[Analysed]], pages: tuple[str, ...], store: StateStore
) -> PageIdentities:
    """Store the manifest entries of a page of shards, merged from the states of their pieces.

    Args:
        grouped: the page's number, and what became of its pieces, in order.
        pages: store names of all pages of shards.
    """
    number, analysed = grouped
    failures = some_failures(a.failure for a in analysed if a.failure)
    if failures:
        return PageIdentities(number, "", failures=failures)
    names: dict[int, list[str]] = {}
    for piece in analysed:
        names.setdefault(piece.shard_index, []).append(piece.names[0])
    total = Multiset.empty()
    entries = []
    for shard, pieces in zip(load_shards(pages[number], store), names.values(), strict=True):
        state = IDENTITY.unpack(store.require(pieces[0]))
        for name in pieces[1:]:
            state = IDENTITY.merge([state, IDENTITY.unpack(store.require(name))])
        total = total + state.multiset
        entries.append(
            ShardEntry(
                name=shard.ref.name,
                size=shard.ref.size,
                sha256=shard.sha256,
                chunk_root=shard.chunk_root,
                rows=state.multiset.count,
                row_root=state.tree.root().hex(),
                row_multiset=state.multiset.digest(),
                schema=shard.schema,
                chunks=load_chunks(store, shard),
            )
        )
    read = {a.shard_index for a in analysed if a.rows_read}
    return PageIdentities(
        number,
        store.put_content("entries", _packed(entries, total)),
        len(read),
        sum(a.rows_read for a in analysed),
    )


def _packed(entries: Sequence[ShardEntry], total: Multiset) -> bytes:
    chunks = [e.chunks.hex() for e in entries]
    schemas = list(dict.fromkeys(e.schema for e in entries))
    meta = {
        "schemas": [[list(pair) for pair in schema] for schema in schemas],
        "count": total.count,
        "entries": [
            {**asdict(e), "schema": schemas.index(e.schema), "chunks": c}
            for e, c in zip(entries, chunks, strict=True)
        ],
    }
    return pack(_KIND, meta, {"lanes": total.lanes})


def load_entries(name: str, store: StateStore) -> tuple[Entries, Multiset]:
    """Return the entries of a page of shards, and the sum of their records."""
    meta, arrays = unpack(_KIND, store.require(name))
    schemas = [_schema(tuple((n, t) for n, t in schema)) for schema in meta["schemas"]]
    entries = Entries(
        ShardEntry(
            **{
                **e,
                "name": intern(e["name"]),
                "schema": schemas[e["schema"]],
                "chunks": bytes.fromhex(e["chunks"]),
            }
        )
        for e in meta["entries"]
    )
    return entries, Multiset(arrays["lanes"], meta["count"])


@lru_cache(maxsize=1024)
def _schema(schema: Schema) -> Schema:
    """Return the one object that stands for equal schemas: 100,000 shards share it."""
    return schema


def manifest_of(parts: Sequence[PageIdentities], store: StateStore) -> Manifest:
    """Return the manifest of all shards.

    Args:
        parts: of every page, none failed.
    """
    total = Multiset.empty()
    pages: list[Entries] = []
    for part in sorted(parts, key=lambda part: part.number):
        page, records = load_entries(part.name, store)
        pages.append(page)
        total = total + records
    entries = Entries(chain.from_iterable(pages))
    made = {
        "tool": f"provender {__version__}",
        "record": RECORD_ENCODING,
        "multiset": MULTISET_HASH,
        "tree": "RFC 6962, SHA-256",
        "chunk": CHUNK_HASH,
        "chunk_bytes": CHUNK_BYTES,
    }
    store.put_content(_SUM, total.to_bytes())
    return Manifest(entries, total.count, total.digest(), made)


def load_sum(manifest: Manifest, store: StateStore) -> bytes:
    """Return the sum of all records (`Multiset.to_bytes`) that was stored with a manifest."""
    return store.require(f"{_SUM}/{manifest.multiset}")
