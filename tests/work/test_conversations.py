"""What was asked and answered is read as a prompt and a response, whatever form data give it."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.core.shard import Roles
from provender.errors import InputError
from provender.work.conversations import laid_out, stored, view, viewed
from provender.work.roles import resolve_roles

CHAT = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
SHAREGPT = pa.list_(pa.struct([("from", pa.string()), ("value", pa.string())]))
WHO = st.sampled_from(["user", "assistant", "Assistant", "system", "tool", None])
MESSAGE = st.fixed_dictionaries({"role": WHO, "content": st.one_of(st.none(), st.text(max_size=4))})
RECORD = st.one_of(st.none(), st.lists(st.one_of(st.none(), MESSAGE), max_size=4))


def plainly(record: list | None, response: bool) -> str | None:
    """What a plain loop makes of a record."""
    if record is None:
        return None
    texts = []
    for one in record:
        if one is None or one["content"] is None:
            continue
        who = (one["role"] or "").lower()
        if (who == "assistant") if response else who not in ("assistant", "system"):
            texts.append(one["content"])
    return "\n".join(texts)


@settings(max_examples=150, deadline=None)
@given(st.lists(RECORD, max_size=6), st.integers(0, 6), st.integers(0, 6))
def test_a_view_says_what_a_plain_loop_says(records: list, first: int, most: int) -> None:
    batch = pa.record_batch({"messages": pa.array(records, CHAT)}).slice(first, most)
    seen = view(batch, viewed(batch.schema))
    own = records[first : first + most]
    assert seen["messages.prompt"].to_pylist() == [plainly(r, False) for r in own]
    assert seen["messages.response"].to_pylist() == [plainly(r, True) for r in own]
    assert seen["messages"].to_pylist() == own


@pytest.mark.parametrize("who", ["gpt", "chatgpt", "model", "bot", "AI"])
def test_other_names_of_the_assistant_and_other_types_of_lists(who: str) -> None:
    turns = [{"from": "human", "value": "why?"}, {"from": who, "value": "because"}]
    kind = pa.large_list(pa.struct([("from", pa.large_string()), ("value", pa.large_string())]))
    batch = pa.record_batch({"conversations": pa.array([turns], kind)})
    seen = view(batch, viewed(pa.schema([("conversations", SHAREGPT)])))
    assert seen["conversations.prompt"].to_pylist() == ["why?"]
    assert seen["conversations.response"].to_pylist() == ["because"]


def test_messages_of_both_forms_in_one_shard_are_all_read() -> None:
    one = {"role": "user", "content": "why?", "from": None, "value": None}
    other = {"role": None, "content": None, "from": "gpt", "value": "because"}
    batch = pa.record_batch({"c": pa.array([[one, other]])})
    seen = view(batch, viewed(batch.schema))
    assert seen["c.prompt"].to_pylist() == ["why?"]
    assert seen["c.response"].to_pylist() == ["because"]


def test_a_shard_without_the_column_has_nulls() -> None:
    schema = viewed(pa.schema([("messages", CHAT), ("n", pa.int64())]))
    seen = view(pa.record_batch({"n": [1, 2]}), schema)
    assert seen["messages.prompt"].to_pylist() == [None, None]
    empty = pa.record_batch({"messages": pa.array([[], None], pa.list_(pa.null()))})
    assert view(empty, schema)["messages.response"].to_pylist() == [None, None]


def test_only_what_is_needed_is_read() -> None:
    own = ["messages", "n", "x.prompt"]
    assert stored(("n", "messages.response", "messages.prompt"), own) == ["n", "messages"]
    assert stored(("x.prompt", "y.prompt"), own) == ["x.prompt"]
    assert stored(("instruction+input",), ["instruction"]) == ["instruction"]


def test_a_column_that_would_be_read_instead_is_refused() -> None:
    for name in ("messages.prompt", "messages.response", "instruction+input"):
        texts = [("instruction", pa.string()), ("input", pa.string()), (name, pa.string())]
        with pytest.raises(
            InputError, match=rf"'{re.escape(name)}'.* has the name of what is read"
        ):
            resolve_roles(pa.schema([("messages", CHAT), *texts]), Roles(prompt=name))


def test_what_is_used_of_a_view_takes_the_place_of_what_it_is_made_of() -> None:
    schema = viewed(pa.schema([("n", pa.int64()), ("a", CHAT), ("b", SHAREGPT)]))
    assert laid_out(schema, ("a.prompt", "a.response", "n")).names == [
        "n",
        "b",
        "a.prompt",
        "a.response",
    ]
    assert laid_out(schema, ("n",)).names == ["n", "a", "b"]
    assert all(field.metadata is None for field in laid_out(schema, ("a.prompt",)))


def test_other_lists_are_no_messages() -> None:
    parts = pa.list_(pa.struct([("role", pa.string()), ("content", pa.list_(pa.string()))]))
    schema = pa.schema([("a", pa.list_(pa.string())), ("b", parts)])
    assert viewed(schema).names == ["a", "b"]


def test_a_file_cannot_say_that_a_column_is_a_view() -> None:
    of = {b"of": b'["messages"]'}
    fields = [pa.field("messages", CHAT), pa.field("text.prompt", pa.string(), metadata=of)]
    turns = [{"role": "user", "content": "nothing bad"}]
    batch = pa.record_batch([pa.array([turns], CHAT), pa.array(["bad"])], pa.schema(fields))
    plan = viewed(pa.schema([("messages", CHAT), ("text.prompt", pa.string())]))
    assert view(batch, plan)["text.prompt"].to_pylist() == ["bad"]


def test_roles_are_inferred_where_no_columns_are_named_so() -> None:
    chat = pa.schema([("id", pa.int64()), ("messages", CHAT)])
    roles, inferred = resolve_roles(chat, Roles())
    assert (roles.prompt, roles.response) == ("messages.prompt", "messages.response")
    assert inferred == ["key", "prompt", "response"]
    own = [("prompt", pa.string()), ("response", pa.string()), ("messages", CHAT)]
    assert resolve_roles(pa.schema(own), Roles())[0].prompt == "prompt"
    lone = pa.schema([("prompt", pa.string()), ("messages", CHAT)])
    assert resolve_roles(lone, Roles())[0].prompt == "messages.prompt"


def test_an_instruction_and_its_input_are_one_prompt() -> None:
    columns = {
        "Instruction": ["add", "add", None, None],
        "input": pa.array(["1 2", None, "3", None], pa.large_string()),
        "output": ["3", "", "", ""],
    }
    batch = pa.record_batch(columns)
    stored_ = pa.schema([(name, pa.string()) for name in columns])
    plain = viewed(stored_)
    assert plain.names == [*columns, "Instruction+input"]
    assert view(batch, plain)["Instruction+input"].to_pylist() == ["add\n1 2", "add", "3", None]
    roles, _ = resolve_roles(stored_, Roles())
    assert (roles.prompt, roles.response) == ("Instruction+input", "output")
    assert stored(("Instruction+input", "output"), list(columns)) == [
        "output",
        "Instruction",
        "input",
    ]
    part = view(pa.record_batch({"Instruction": ["add", None]}), plain)
    assert part["Instruction+input"].to_pylist() == ["add", None], "a shard without inputs"
    alone = viewed(pa.schema([("instruction", pa.string()), ("input", pa.int64())]))
    assert alone.names == ["instruction", "input"], "numbers are no text"
