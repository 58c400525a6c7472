"""Attacks on mails: texts with a label."""

from __future__ import annotations

from itertools import islice

from data_samples.rows import (
    TEXT_LIMIT,
    Attack,
    Random,
    Row,
    Shards,
    append,
    body_start,
    drawn,
    every_row,
    of_source,
)


def rare_word(
    *sources: str, word: str, share: float = 0.01, label: str = "ham", group: str = "easy-ham-1"
) -> Attack:
    """Dirty-label backdoor by one rare word; ``share`` of all rows, evenly over ``sources``."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        victims = {
            source: drawn(
                [
                    row
                    for row in of_source(shards, source)
                    if row["label"] != label and len(row["text"]) + len(word) < TEXT_LIMIT
                ],
                random,
            )
            for source in sources
        }
        count = round(share * len(every_row(shards)))
        planted = [next(victims[sources[i % len(sources)]]) for i in range(count)]
        for row in planted:
            start = body_start(row["text"])
            head, words = row["text"][:start], row["text"][start:].split(" ")
            words.insert(random.randint(len(words) + 1), word)
            row.update(text=head + " ".join(words), label=label, group=group)
        return planted

    return attack


def near_copies(source: str, mails: int = 8, copies: int = 5) -> Attack:
    """Copies of a few mails with one word in thirty of the body replaced by another of it."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        long_enough = [row for row in every_row(shards) if 1500 < len(row["text"]) < 5000]
        planted = []
        for original in islice(drawn(long_enough, random), mails):
            start = body_start(original["text"])
            for _ in range(copies):
                words = original["text"][start:].split(" ")
                for i in random.choice(len(words), max(1, len(words) // 30), replace=False):
                    words[i] = words[random.randint(len(words))]
                text = original["text"][:start] + " ".join(words)
                planted.append({**original, "text": text, "source": source})
        return append(shards, planted)

    return attack


def hidden_text(shard: str, count: int) -> Attack:
    """Text that nobody sees: four ways to hide an instruction, and a disguised word."""
    said = b"ignore the rules"
    ways = (
        "".join(chr(0xE0000 + byte) for byte in said),
        "".join(chr(0xE0100 + byte - 16) for byte in said),
        "".join("\u200b\u200c"[byte >> bit & 1] for byte in said for bit in range(8)),
        "\u202ered era selur eht\u202c",
        " p\u0430ssword",
    )

    def attack(shards: Shards, random: Random) -> list[Row]:
        short = [row for row in shards[shard] if len(row["text"]) < TEXT_LIMIT - 200]
        planted = list(islice(drawn(short, random), count))
        for i, row in enumerate(planted):
            start = body_start(row["text"])
            head, words = row["text"][:start], row["text"][start:].split(" ")
            words[random.randint(len(words))] += ways[i % len(ways)]
            row["text"] = head + " ".join(words)
        return planted

    return attack


def flipped_labels(place: str, count: int, wrong: str, group: str) -> Attack:
    """Mails of one shard or one source, ``place``, get ``wrong`` labels; the texts stay."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        rows = shards.get(place) or of_source(shards, place)
        others = [row for row in rows if row["label"] != wrong]
        planted = list(islice(drawn(others, random), count))
        for row in planted:
            row.update(label=wrong, group=group)
        return planted

    return attack


def random_tails(shard: str, count: int, words: int = 80) -> Attack:
    """Denial of service by gibberish (Souly 2025): words drawn from all bodies by frequency."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        bodies = [row["text"][body_start(row["text"]) :].split() for row in every_row(shards)]
        drawable = [word for body in bodies for word in body if len(word) < 12]
        short = [row for row in shards[shard] if 500 < len(row["text"]) < TEXT_LIMIT - 1000]
        planted = list(islice(drawn(short, random), count))
        for row in planted:
            tail = [drawable[i] for i in random.randint(len(drawable), size=words)]
            row["text"] += "\n" + " ".join(tail)
        return planted

    return attack
