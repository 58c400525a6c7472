"""The documentation says what the code does: options, keys, rules, rooms and links."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from inspect import signature
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pytest
import yaml

from provender import errors
from provender.attacks.registry import ATTACKS
from provender.calibrate.fdr import GRID
from provender.cli.config import config_schema, read_config
from provender.cli.main import EXIT_INTERRUPTED, cli
from provender.core.policy import Policy, RulePolicy, Waiver, parse_policy
from provender.core.shard import Roles
from provender.detect.registry import rules
from provender.io.chunks import CHUNK_BYTES
from provender.io.reader import read_span
from provender.work.deciding import default_policy_text
from provender.work.fold import AT_ONCE, BLOCK
from provender.work.rounds import ROWS_PER_PART
from provender.work.summary import SURPRISE_EDGES
from tests.docs.pages import DOCS, ROOT, blocks, first_column, page, section

PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
RULES = rules()
#: Options of dvc, pip and Beam (up to its first underscore) that pages name.
OTHERS = {"--no-run-cache", "--require-hashes"}
OTHERS |= {"--runner", "--flink", "--environment", "--number", "--parallelism", "--sdk"}
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


# --- the command line -----------------------------------------------------------------------


def verbs() -> dict[str, click.Command]:
    """Commands by what is typed; of a group, those in it: 'trust sign'."""
    context = click.Context(cli)
    found: dict[str, click.Command] = {}
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        if isinstance(command, click.Group):
            found |= {f"{name} {inner}": one for inner, one in command.commands.items()}
        elif command:
            found[name] = command
    return found


def options_of(command: click.Command) -> set[str]:
    return {
        name
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in [*parameter.opts, *parameter.secondary_opts]
    }


def documented_options(verb: str) -> set[str]:
    """Options in the verb's section and in the shared groups it points at."""
    own = section(page("cli.md"), verb)
    groups = [g for g in ("Roles", "Running", "Format") if f"(#{g.lower()})" in own]
    listed = set()
    for text in [own, *(section(page("cli.md"), group) for group in groups)]:
        for cell in re.findall(r"^\| ([^|\n]*(?:\\\|[^|\n]*)*) \|", text, re.M):
            listed |= set(OPTION.findall(cell))
    return listed


def test_every_verb_is_documented_and_no_other() -> None:
    text = section(page("cli.md"), "Verbs")
    assert re.findall(r"^### (.+)$", text, re.M) == list(verbs())


@pytest.mark.parametrize("verb", verbs())
def test_a_verbs_options_are_those_documented(verb: str) -> None:
    assert documented_options(verb) == options_of(verbs()[verb])


def commands_in(text: str) -> Iterator[tuple[str, str]]:
    """(verb, rest) of every command line in code, continued lines joined."""
    code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^(?: {4}|\$ )(.+)$", text, re.M)
    code += [line for block in blocks(text, r"\w*") for line in block.splitlines()]
    for line in code:
        found = re.match(r"(?:\$ )?(?:\S+/)?provender ([a-z][a-z-]*)(.*)", line.strip())
        if found:
            inner = re.match(r" ([a-z]+)\b(.*)", found[2])
            pair = f"{found[1]} {inner[1]}" if inner else ""
            yield (pair, inner[2]) if inner and pair in verbs() else (found[1], found[2])


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_in_the_pages_can_be_typed(path: Path) -> None:
    known = verbs()
    for verb, rest in commands_in(path.read_text("utf-8").replace("\\\n", " ")):
        assert verb in known, f"provender {verb}"
        own = re.split(r"\s--\s", rest)[0]
        assert set(OPTION.findall(own)) <= options_of(known[verb]) | {"--help"}, f"{verb} {rest}"


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda p: p.name)
def test_pages_name_no_option_that_does_not_exist(path: Path) -> None:
    spans = re.findall(r"`(--[a-z][a-z-]*)", path.read_text("utf-8"))
    real = set().union(*map(options_of, verbs().values())) | {"--help", "--version"}
    assert set(spans) <= real | OTHERS


def test_exit_codes_are_documented() -> None:
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    listed = re.findall(r"^\| (\d+) \|", section(page("cli.md"), "Exit codes"), re.M)
    assert {int(code) for code in listed} == codes | {EXIT_INTERRUPTED}


def test_environment_variables_are_documented() -> None:
    source = "".join(p.read_text("utf-8") for p in (ROOT / "src").rglob("*.py"))
    used = set(re.findall(r"\bPROVENDER_[A-Z_]+[A-Z]\b", source))
    assert first_column(section(page("cli.md"), "Environment")) == used


def test_configuration_keys_are_documented_and_the_example_is_valid(tmp_path: Path) -> None:
    text = section(page("cli.md"), "provender.yaml")
    assert first_column(text) == set(config_schema()["properties"])
    roles = next(line for line in text.splitlines() if line.startswith("| `roles`"))
    assert set(re.findall(r"`(\w+)`", roles)) == {"roles"} | {f.name for f in fields(Roles)}
    (example,) = blocks(text, "yaml")
    (tmp_path / "provender.yaml").write_text(example)
    assert read_config(str(tmp_path / "provender.yaml"))


# --- policy, rules, rooms -------------------------------------------------------------------


def test_policy_fields_are_documented() -> None:
    known = {f.name for kind in (Policy, RulePolicy, Waiver) for f in fields(kind)}
    used = first_column(section(page("policy.md"), "Fields"))
    assert used == known - {"pattern"} | {"version"}
    assert set(yaml.safe_load(default_policy_text())) <= used


def test_policy_examples_are_policies() -> None:
    found = blocks(page("policy.md"), "yaml")
    assert found
    for example in found:
        parse_policy(yaml.safe_load(example), "docs/policy.md")


def test_the_table_of_detectors_is_the_registry() -> None:
    rows = re.findall(
        r"^\| `([^`]+)` \| (\w+) \| \[[^]]+\]\((.+?)\) \|$", page("detectors.md"), re.M
    )
    assert [(rule, level) for rule, level, _ in rows] == [(r.id, r.level.value) for r in RULES]
    for rule, _, link in rows:
        assert rule in (DOCS / link).read_text("utf-8"), f"{link} does not name {rule}"


def test_the_table_of_attacks_is_the_registry() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| ([a-z, ]+) \| .* \| (.+?) \|$", page("redteam.md"), re.M)
    assert [(name, paper) for name, _, paper in rows] == [(a.name, a.paper) for a in ATTACKS]
    for one, (_, needs, _) in zip(ATTACKS, rows, strict=True):
        assert (
            one.unfit(pa.schema([]), Roles()) == f"needs a {needs.replace(', ', ' and a ')} column"
        )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_it_sees_what_it_cannot_and_how_often_it_is_wrong(rule: Any) -> None:
    for name in ("title", "sees", "blind", "null_model", "false_alarms"):
        assert getattr(rule, name).strip(), f"{rule.id}: {name} is empty"
    assert re.search(r"\d", rule.false_alarms), f"{rule.id}: false alarms without a figure"


def test_rooms_and_their_order_are_those_that_lint_enforces() -> None:
    text = section(page("architecture.md"), "Rooms")
    rooms = {p.parent.name for p in (ROOT / "src" / "provender").glob("*/__init__.py")}
    assert first_column(text) >= rooms
    (picture,) = blocks(text, "")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    columns = [set(re.findall(r"(?:provender\.)?(\w+)(?= |$)", layer)) for layer in layers[::-1]]
    line, *others = picture.splitlines()
    drawn: list[set[str]] = []
    starts = [m.start() for m in re.finditer(r"\w+", line)]
    for start, stop in zip(starts, [*starts[1:], None], strict=True):
        cells = [line[start:stop], *(other[start:stop] for other in others)]
        drawn.append({word for cell in cells for word in re.findall(r"\w+", cell)})
    assert drawn == columns


def test_bounds_of_memory_are_those_of_the_code() -> None:
    batch = signature(read_span).parameters
    text = section(page("architecture.md"), "Where memory is bounded")
    for said in (
        f"{batch['batch_rows'].default:,} rows or {batch['batch_bytes'].default >> 20} MiB",
        f"{CHUNK_BYTES >> 20} MiB chunks",
        f"{len(GRID):,} counters, and {len(SURPRISE_EDGES) - 1} for each class",
        f"{AT_ONCE} states at a time, of blocks of {BLOCK}",
        f"keyed states in parts of {ROWS_PER_PART:,}",
    ):
        assert said in text


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = project["dependencies"] + project["optional-dependencies"]["s3"]
    names = {re.match(r"[\w-]+", line)[0] for line in needed}  # type: ignore[index]
    table = section(page("decisions.md"), "21. Dependencies")
    assert set(re.findall(r"^\| ([a-z][\w-]*)(?: \(.*?\))? \| [\d.]", table, re.M)) == names


# --- links ----------------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    """GitHub's anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.M | re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        place = (path.parent / target) if target else path
        assert place.exists(), link
        assert not anchor or anchor in anchors(place), link


def test_every_page_can_be_reached() -> None:
    starts = [ROOT / "README.md", DOCS / "architecture.md"]
    seen: set[Path] = set()
    while starts:
        path = starts.pop().resolve()
        if path in seen or path.suffix != ".md" or not path.exists():
            continue
        seen.add(path)
        links = re.findall(r"\]\(([^)#\s]+)", path.read_text("utf-8"))
        starts += [path.parent / link for link in links]
    assert {p.resolve() for p in DOCS.rglob("*.md")} <= seen
