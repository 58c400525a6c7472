"""Which column plays which part, read off names and types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import pyarrow as pa

from provender.core.shard import Roles
from provender.errors import UsageError
from provender.work.conversations import sides, viewed


def _text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _numbers(kind: pa.DataType) -> bool:
    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in lists) and (
        pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)
    )


def _plain(kind: pa.DataType) -> bool:
    return not pa.types.is_nested(kind)


#: role → (names that say so, in order of preference; what the type must be)
_NAMES: dict[str, tuple[tuple[str, ...], Callable[[pa.DataType], bool]]] = {
    "label": (("label", "labels", "class", "target", "y", "category", "sentiment"), _plain),
    "text": (
        ("text", "body", "content", "document", "message", "sentence", "review", "comment"),
        _text,
    ),
    "prompt": (
        (
            "prompt",
            "instruction+input",
            "instruction+context",
            "instruction",
            "question",
            "input",
        ),
        _text,
    ),
    "response": (("response", "completion", "answer", "output"), _text),
    "embedding": (("embedding", "embeddings", "vector", "emb"), _numbers),
    "image": (("image", "pixels", "img"), _numbers),
    "source": (("source", "contributor", "author", "origin", "provider"), _plain),
    "annotator": (("annotator", "annotator_id", "labeler", "labeller", "rater"), _plain),
    "key": (("id", "key", "uuid", "record_id", "row_id", "doc_id"), _plain),
}


def resolve_roles(schema: pa.Schema, given: Roles) -> tuple[Roles, list[str]]:
    """Return the roles, and which of them were inferred rather than given.

    Args:
        schema: unified over all shards; columns of `conversations.viewed` may play a part too.

    Raises:
        UsageError: when a given column does not exist or has a type that cannot play the part.
        InputError: when a column has the name of a view (`conversations.viewed`).
    """
    schema = viewed(schema)
    columns = {name.lower(): name for name in reversed(schema.names)}
    roles, inferred = given, []
    for role in (f.name for f in fields(Roles)):
        names, fits = _NAMES[role]
        column = getattr(given, role)
        if column is not None:
            if column not in schema.names:
                raise UsageError(
                    f"--{role} {column}",
                    "there is no such column",
                    f"the columns are {', '.join(schema.names[:20])}",
                )
            if not fits(schema.field(column).type):
                raise UsageError(
                    f"--{role} {column}",
                    f"a column of type {schema.field(column).type} cannot be the {role}",
                    "name another column",
                )
            continue
        taken = set(roles.given().values())
        found = next(
            (
                columns[n]
                for n in names
                if n in columns and columns[n] not in taken and fits(schema.field(columns[n]).type)
            ),
            None,
        )
        if found is not None:
            roles = replace(roles, **{role: found})
            inferred.append(role)
    # A prompt without a response, or the reverse, is just a column of that name.
    if (roles.prompt is None) != (roles.response is None):
        lone = "prompt" if roles.prompt is not None else "response"
        if lone in inferred:
            roles, inferred = replace(roles, **{lone: None}), [r for r in inferred if r != lone]
    if roles.prompt is None and roles.response is None:
        for prompt, response in sides(schema):
            roles = replace(roles, prompt=prompt, response=response)
            return roles, [*inferred, "prompt", "response"]
    return roles, inferred
