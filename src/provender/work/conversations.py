"""A column of messages as two columns of text: what was asked, and what the assistant said.

Chat data hold a list of messages a record: ``{"role": "user", "content": …}``, or ``{"from":
"human", "value": …}``. Rules read texts: what users and tools say is the record's prompt, what the
assistant says its response, a line each message. What the system says is left out: it is the same
in most records, so that a short question would look as if it said more. These columns are made when
a batch is read. Only the plan's own schema says so, which no file can: identity and expectations
see what is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.io.schema import conform
from provender.io.widen import plain

#: Who speaks, and what is said, as chat data name it.
_FIELDS = (("role", "content"), ("from", "value"))
_ASSISTANT = pa.array(["assistant", "gpt", "model", "bot", "chatgpt", "ai"])
_SYSTEM = pa.array(["system", "developer"])
_PROMPT, _RESPONSE = ".prompt", ".response"
_OF = b"of"


def viewed(schema: pa.Schema) -> pa.Schema:
    """Return ``schema`` with a prompt and a response for each column of messages.

    Args:
        schema: unified over all shards, so without metadata.
    """
    made = [
        pa.field(f.name + side, pa.string(), metadata={_OF: f.name.encode()})
        for f in schema
        if _speaking(f.type) and not {f.name + _PROMPT, f.name + _RESPONSE} & {*schema.names}
        for side in (_PROMPT, _RESPONSE)
    ]
    return pa.schema([*schema, *made])


def sides(schema: pa.Schema) -> Iterator[tuple[str, str]]:
    """Yield (prompt, response) of each column of messages in a `viewed` schema."""
    for field in schema:
        if (of := _of(field)) and field.name.endswith(_PROMPT):
            yield field.name, of + _RESPONSE


def stored(columns: Collection[str], own: Collection[str]) -> list[str]:
    """Return the columns to read, of a shard's ``own``, so that `view` can give ``columns``."""
    bases = (c.removesuffix(_PROMPT).removesuffix(_RESPONSE) for c in columns if c not in own)
    return list(dict.fromkeys(c for c in (*columns, *bases) if c in own))


def view(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return ``batch`` in the columns and types of a `viewed` schema, or of some of its fields.

    Raises:
        InputError: as `conform`.
    """
    for field in schema:
        if (of := _of(field)) in batch.schema.names:
            made = _side(batch.select([of]), field.name.endswith(_RESPONSE))
            batch = batch.append_column(field.name, made)
    return conform(batch, schema)


def _of(field: pa.Field) -> str:
    return str((field.metadata or {}).get(_OF, b"").decode())


def _speaking(type_: pa.DataType) -> tuple[str, str] | None:
    """Return the names of who speaks and of what is said; None where these are no messages."""
    if not pa.types.is_list(type_) or not pa.types.is_struct(type_.value_type):
        return None
    kinds = {f.name: f.type for f in type_.value_type}
    return next((two for two in _FIELDS if all(kinds.get(n) == pa.string() for n in two)), None)


def _side(batch: pa.RecordBatch, response: bool) -> pa.Array:
    """Return string (rows,): what one side says; null where there are no messages."""
    type_ = plain(batch.schema.field(0).type)
    messages = conform(batch, pa.schema([(batch.schema.names[0], type_)])).column(0)
    names = _speaking(type_)
    if names is None:  # of a shard whose list was empty throughout
        return pa.nulls(len(messages), pa.string())
    who, what = (pc.struct_field(pc.list_flatten(messages), name) for name in names)
    assistant, system = (
        pc.is_in(pc.utf8_lower(who), value_set=of).to_numpy(zero_copy_only=False)
        for of in (_ASSISTANT, _SYSTEM)
    )
    said = what.is_valid().to_numpy(zero_copy_only=False)
    said = said & (assistant if response else ~(assistant | system))
    lengths = np.asarray(pc.fill_null(pc.list_value_length(messages), 0))
    each = np.bincount(np.repeat(np.arange(len(messages)), lengths)[said], minlength=len(messages))
    offsets = pa.array(np.concatenate(([0], np.cumsum(each))), pa.int32())
    lines = pa.ListArray.from_arrays(offsets, what.filter(pa.array(said)))
    texts = pc.binary_join(lines, "\n")
    return pc.if_else(messages.is_valid(), texts, pa.scalar(None, pa.string()))
