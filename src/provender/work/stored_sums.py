"""The sum of a shard's records out of the store, by the digest of its bytes: nothing is read."""

from __future__ import annotations

from provender.core.entries import ShardEntry
from provender.core.shard import SurveyedShard
from provender.errors import InputError
from provender.identity.multiset import Multiset
from provender.io.discover import shard_ref
from provender.io.states import StateStore
from provender.work.identities import IDENTITY
from provender.work.survey import stored_layout
from provender.work.task import SpanTask, span_state_name


def stored_sum(entry: ShardEntry, store: StateStore, span_bytes: int) -> Multiset:
    """Return the sum of the records of a shard that was fingerprinted before.

    Raises:
        InputError: when its states are not in the store, or are of other records.
    """
    ref = shard_ref(entry.name, "", entry.size)
    layout = stored_layout(ref, entry.sha256, store, span_bytes)
    total = Multiset.empty()
    if layout is not None:
        schema, spans = layout
        shard = SurveyedShard(
            ref,
            entry.sha256,
            entry.chunk_root,
            entry.schema,
            bytes(schema.serialize()),
            tuple(spans),
        )
        for span in spans:
            task = SpanTask(0, 0, 0, shard, span, ("", 0, 0, 0, 0, 0))
            state = store.get(span_state_name(IDENTITY, task, None))
            if state is None:
                break
            total = total + IDENTITY.unpack(state).multiset
    if total.digest() != entry.row_multiset:
        raise InputError(
            entry.name,
            "the sum of its records is not in the store",
            "fingerprint the old data with this store first, or make a new seal with `seal`",
        )
    return total
