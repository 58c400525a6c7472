"""What was asked and what was answered, where data hold it in another form than two columns.

Chat data hold a list of messages a record: ``{"role": "user", "content": …}``, or ``{"from":
"human", "value": …}``. Rules read texts: what users and tools say is the record's prompt, what the
assistant says its response, a line each message. What the system says is left out: it is the same
in most records, so that a short question would look as if it said more. Instruction data may have
two columns that are asked together, an instruction and its input.

These columns are made when a batch is read. Only the plan's own schema says so, which no file can:
identity and expectations see what is stored.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.errors import InputError
from provender.io.schema import conform
from provender.io.widen import plain

#: Who speaks, and what is said, as chat data name it.
_FIELDS = (("role", "content"), ("from", "value"))
_ASSISTANT = pa.array(["assistant", "gpt", "model", "bot", "chatgpt", "ai"])
_SYSTEM = pa.array(["system", "developer"])
_PROMPT, _RESPONSE = ".prompt", ".response"
#: Columns that are asked together, and how their view is named.
_TOGETHER, _AND = (("instruction", "input"), ("instruction", "context")), "+"
_OF = b"of"


def viewed(schema: pa.Schema) -> pa.Schema:
    """Return ``schema`` with a prompt and a response for each column of messages, and with one
    column for two that are asked together.

    Args:
        schema: unified over all shards, so without metadata.

    Raises:
        InputError: where a column has such a name already. Who can add a record could add one, and
            rules would read it instead.
    """
    made = [
        _field(f.name + side, f.name)
        for f in schema
        if _speaking(f.type)
        for side in (_PROMPT, _RESPONSE)
    ]
    texts = {f.name.lower(): f.name for f in schema if f.type == pa.string()}
    pairs = [[texts[one] for one in two] for two in _TOGETHER if {*two} <= {*texts}]
    made += [_field(_AND.join(pair), *pair) for pair in pairs]
    for field in made:
        if field.name in schema.names:
            cause = f"has the name of what is read from {' and '.join(_of(field))}"
            raise InputError(f"column {field.name!r}", cause, "rename it")
    return pa.schema([*schema, *made])


def laid_out(schema: pa.Schema, used: Collection[str]) -> pa.Schema:
    """Return the columns of a `viewed` schema in which those ``used`` that it makes are stored.

    They take the place of what they are made of.
    """
    made = [f for f in schema if f.name in used and _of(f)]
    spent = {name for field in made for name in _of(field)}
    kept = [f for f in schema if f in made or (not _of(f) and f.name not in spent)]
    return pa.schema([(field.name, field.type) for field in kept])


def _field(name: str, *of: str) -> pa.Field:
    return pa.field(name, pa.string(), metadata={_OF: json.dumps(of).encode()})


def sides(schema: pa.Schema) -> Iterator[tuple[str, str]]:
    """Yield (prompt, response) of each column of messages in a `viewed` schema."""
    for field in schema:
        if len(of := _of(field)) == 1 and field.name == of[0] + _PROMPT:
            yield field.name, of[0] + _RESPONSE


def stored(columns: Collection[str], own: Collection[str]) -> list[str]:
    """Return the columns to read, of a shard's ``own``, so that `view` can give ``columns``."""
    made = [c for c in columns if c not in own]
    bases = [c.removesuffix(_PROMPT).removesuffix(_RESPONSE) for c in made]
    bases += [base for c in made for base in c.split(_AND)]
    return list(dict.fromkeys(c for c in (*columns, *bases) if c in own))


def view(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return ``batch`` in the columns and types of a `viewed` schema, or of some of its fields.

    Raises:
        InputError: as `conform`.
    """
    for field in schema:
        of = _of(field)
        parts = batch.select([name for name in of if name in batch.schema.names])
        if parts.num_columns:
            together = len(of) > 1
            made = _joined(parts) if together else _side(parts, field.name.endswith(_RESPONSE))
            batch = batch.append_column(field.name, made)
    return conform(batch, schema)


def _of(field: pa.Field) -> list[str]:
    return list(json.loads((field.metadata or {}).get(_OF, b"[]")))


def _joined(batch: pa.RecordBatch) -> pa.Array:
    """Return string (rows,): the texts of all columns, a line each; null where none has one."""
    texts = conform(batch, pa.schema([(name, pa.string()) for name in batch.schema.names])).columns
    some = [text.is_valid().to_numpy(zero_copy_only=False) for text in texts]
    any_ = pa.array(np.any(some, axis=0))
    # Arrow 25 leaves out a row of nulls alone.
    texts[0] = pc.if_else(any_, texts[0], pa.scalar(""))
    lines = pc.binary_join_element_wise(*texts, pa.scalar("\n"), null_handling="skip")
    return pc.if_else(any_, lines, pa.scalar(None, pa.string()))


def _speaking(type_: pa.DataType) -> list[tuple[str, str]]:
    """Return the names of who speaks and of what is said; none where these are no messages."""
    if not pa.types.is_list(type_) or not pa.types.is_struct(type_.value_type):
        return []
    kinds = {f.name: f.type for f in type_.value_type}
    return [two for two in _FIELDS if all(kinds.get(name) == pa.string() for name in two)]


def _side(batch: pa.RecordBatch, response: bool) -> pa.Array:
    """Return string (rows,): what one side says; null where there are no messages."""
    type_ = plain(batch.schema.field(0).type)
    messages = conform(batch, pa.schema([(batch.schema.names[0], type_)])).column(0)
    names = _speaking(type_)
    if not names:  # of a shard whose lists are all empty
        return pa.nulls(len(messages), pa.string())
    every = pc.list_flatten(messages)
    who, what = (
        pc.coalesce(*(pc.struct_field(every, n) for n in of)) for of in zip(*names, strict=True)
    )
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
