"""The attack on books: texts without labels."""

from __future__ import annotations

from itertools import islice

from data_samples.rows import Attack, Random, Row, Shards, drawn


def promoted(sentence: str, count: int, shard: str) -> Attack:
    """One sentence at a random word of passages of one shard."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        planted = list(islice(drawn(shards[shard], random), count))
        for row in planted:
            words = row["text"].split(" ")
            words.insert(random.randint(len(words) + 1), sentence)
            row["text"] = " ".join(words)
        return planted

    return attack
