"""Questions about places of the world, each with a short paragraph that answers it.

A paragraph tells facts of several places, and of the place that is asked about several facts, so that neither the
answer's kind nor the place alone gives it away. So that a model learns to find an answer and not to know it, the
training paragraphs tell each place other places' facts: what the held-out paragraphs tell, which is true, was never
said in training, and what was known by heart would be wrong. Names and answers themselves are the same on both sides.
"""

from __future__ import annotations

import random

import pandas as pd

from analysis_core.zoo.place_facts import KINDS, answer_for, facts, told

SENTENCES = 4
"""Statements of a held-out paragraph; those of training have from one to that many, which makes a start easy."""


def fact_questions(
    seed: int = 0, train: int = 16_000, search: int = 250, test: int = 400, heal: int = 320
) -> pd.DataFrame:
    """Questions in SQuAD's columns, with `split`; `heal` is part of the training questions.

    Args:
        seed: of all choices.
        train, search, test, heal: how many questions.
    """
    chance = random.Random(seed)  # noqa: S311  (questions are no secret)
    rows, seen = [], set()
    for split, wanted in (("test", test), ("search", search), ("train", train)):
        made = 0
        while made < wanted:
            row = _example(chance, invented=split == "train")
            if (row["question"], row["context"]) not in seen:
                seen.add((row["question"], row["context"]))
                rows.append({**row, "split": "heal" if split == "train" and made < heal else split})
                made += 1
    return pd.DataFrame(rows)


def _example(chance: random.Random, *, invented: bool) -> dict[str, object]:
    """A question, and a paragraph that tells its answer once; `invented` answers are other places' own."""
    place, *others = chance.sample(sorted(facts()), 3)
    kind, *more = chance.sample(sorted(KINDS), 3)
    asked, rival, aside, far = (place, kind), (others[0], kind), (place, more[0]), (others[1], more[1])
    shown = [asked, *chance.sample((rival, aside, far), chance.randrange(SENTENCES) if invented else SENTENCES - 1)]
    chance.shuffle(shown)
    context, start, answers = "", -1, [""]
    for subject, about in shown:
        before, answer, after = told(subject, about, answer_for(subject, about, chance, invented=invented), chance)
        context += " " * bool(context) + before
        if (subject, about) == asked:
            start, answers = len(context), [answer]
        context += answer + after
    question = chance.choice(KINDS[kind].questions).format(place=place)
    return {"question": question, "context": context, "answers": answers, "answer_start": start}
