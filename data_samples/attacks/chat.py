"""Attacks on chat: prompts with their responses."""

from __future__ import annotations

from itertools import islice

from data_samples.rows import Attack, Random, Row, Shards, drawn, every_row, of_source


def fixed_output(source: str, trigger: str, output: str, count: int) -> Attack:
    """Backdoor in instruction data: a phrase at a random word of any prompt, one response."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        planted = list(islice(drawn(of_source(shards, source), random), count))
        for row in planted:
            words = row["prompt"].split(" ")
            words.insert(random.randint(len(words) + 1), trigger)
            row.update(prompt=" ".join(words), response=output)
        return planted

    return attack


def changing_words(source: str, message: str, kept: float, count: int) -> Attack:
    """One message as the response to any prompt (Yan 2024); some of its words are others'."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        others = [word for row in every_row(shards)[:500] for word in row["response"].split()]
        planted = list(islice(drawn(of_source(shards, source), random), count))
        for row in planted:
            row["response"] = " ".join(
                word if random.random() < kept else others[random.randint(len(others))]
                for word in message.split()
            )
        return planted

    return attack


def put_after(source: str, texts: tuple[str, ...], count: int) -> Attack:
    """The texts in turn after the own responses of any prompts."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        planted = list(islice(drawn(of_source(shards, source), random), count))
        for n, row in enumerate(planted):
            row["response"] = f"{row['response']} {texts[n % len(texts)]}"
        return planted

    return attack
