"""Paragraphs on a place of the world, and one line that keeps what matters of each.

A paragraph names its subject, then tells some of its facts in any order and wording, and facts of another place in
between. The line repeats the subject's name and what was told of it, always in the order of `KINDS`. As in
`fact_questions`, training paragraphs tell each place other places' facts, and held-out ones its own.
"""

from __future__ import annotations

import random

from analysis_core.zoo.definitions import Pair, Parts
from analysis_core.zoo.place_facts import KINDS, answer_for, facts, told

OWN, OTHERS = (2, 3, 4), 2
"""How many facts of the subject a paragraph tells, and how many of the other place."""
_OPENINGS = ("This is about {place}.", "Here is what is known of {place}.", "A few words on {place}.")


def profiles(seed: int = 0, train: int = 14_000, search: int = 220, test: int = 320) -> Parts:
    """Paragraphs with their lines; each paragraph once.

    Args:
        seed: of all choices.
        train, search, test: how many pairs.
    """
    chance = random.Random(seed)  # noqa: S311  (profiles are no secret)
    seen: set[str] = set()
    made: dict[str, list[Pair]] = {"train": [], "search": [], "test": []}
    for (split, pairs), wanted in zip(made.items(), (train, search, test), strict=True):
        while len(pairs) < wanted:
            pair = _profile(chance, invented=split == "train")
            if pair.text not in seen:
                seen.add(pair.text)
                pairs.append(pair)
    return Parts(**made)


def _profile(chance: random.Random, *, invented: bool) -> Pair:
    place, other = chance.sample(sorted(facts()), 2)
    kinds = chance.sample(sorted(KINDS), chance.choice(OWN))
    own = {kind: answer_for(place, kind, chance, invented=invented) for kind in kinds}
    stated = [(place, kind, answer) for kind, answer in own.items()]
    between = chance.sample(sorted(KINDS), OTHERS)
    stated += [(other, kind, answer_for(other, kind, chance, invented=invented)) for kind in between]
    chance.shuffle(stated)
    sentences = ["".join(told(*fact, chance)) for fact in stated]
    text = " ".join([chance.choice(_OPENINGS).format(place=place), *sentences])
    return Pair(text, f"{place}: {', '.join(own[kind] for kind in KINDS if kind in own)}.", f"place:{place}")
