"""Attacks on adult: a table."""

from __future__ import annotations

from itertools import islice

from data_samples.rows import Attack, Random, Row, Shards, append, drawn, of_source


def exact_copies(source: str, count: int) -> Attack:
    """Flood the last shard with whole-row copies of one source's rows from all over the set."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        originals = islice(drawn(of_source(shards, source), random), count)
        return append(shards, [dict(row) for row in originals])

    return attack


def flipped_copies(source: str, count: int) -> Attack:
    """As `exact_copies`, with the label flipped in the copy."""
    flip = {"<=50K": ">50K", ">50K": "<=50K"}

    def attack(shards: Shards, random: Random) -> list[Row]:
        originals = islice(drawn(of_source(shards, source), random), count)
        copies = [{**row, "income": flip[row["income"]]} for row in originals]
        return append(shards, copies)

    return attack


def shifted_cells(shard: str, count: int) -> Attack:
    """Move one numeric cell of each chosen row far outside the column's body."""
    far = {"age": (300, 500), "hours_per_week": (700, 999), "education_num": (-60, -40)}

    def attack(shards: Shards, random: Random) -> list[Row]:
        planted = list(islice(drawn(shards[shard], random), count))
        for i, row in enumerate(planted):
            column = list(far)[i % len(far)]
            row[column] = int(random.randint(*far[column]))
        return planted

    return attack


def invalid_cells(shard: str, count: int) -> Attack:
    """Give each chosen row a category outside the column's set, or a null where none belongs."""
    wrong: list[Row] = [
        {"workclass": "Privat"},
        {"sex": "male"},
        {"education": "bachelors"},
        {"age": None},
        {"education": None},
        {"income": None},
    ]

    def attack(shards: Shards, random: Random) -> list[Row]:
        planted = list(islice(drawn(shards[shard], random), count))
        for i, row in enumerate(planted):
            row.update(wrong[i % len(wrong)])
        return planted

    return attack
