"""Raters whose opinions are known, who answer through the store as a page would."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

from foveate.run import read_run, write_scores
from foveate.study import Raters, read_raters
from foveate.study.design import CHECK, INSTRUCTED, Trial, make_design, trials
from foveate.study.items import read_items
from foveate.study.rater import ANSWER, NEXT, Click, Rater
from foveate.study.store import Store
from made_study import make_study

Decide = Callable[[Trial, str, int], str]
"""What is answered of a page, by its question and the place of a description (-1 for a side)."""
_uid = count()


def begun(folder: Path, text: str = "", **run: object) -> tuple[Raters, Store]:
    """A study without raters, its clips not cut."""
    raters = read_raters(make_study(folder, text, **run))
    store = Store(raters.store, create=True)
    items = read_items(read_run(raters.run), raters)
    store.keep_fact("conditions", items.conditions)
    store.keep_fact("pairs", items.pairs)
    return raters, store


def click(place: int, what: str, question: str = "", description: int = -1, value: str = "", since_ms: int = 0) -> Click:
    return Click(f"click-{next(_uid)}", place, what, question, description, value, since_ms)


def rate(store: Store, raters: Raters, decide: Decide, *, stop_before: int | None = None, attends: bool = True) -> Rater:
    """One rater, from consent to the last page.

    Args:
        store: where answers go.
        raters: the study.
        decide: their opinion.
        stop_before: the page that they answer and do not go on from.
        attends: whether instructed checks are answered as they say.
    """
    design = make_design(read_items(read_run(raters.run), raters), raters)
    secret = f"secret-{next(_uid)}"
    mine: list[Trial] = []
    rater = store.join(secret, lambda slot: mine.extend(trials(design, slot)) or mine, consent="yes", most=raters.most_raters)
    for place, trial in enumerate(mine):
        places = range(len(trial.texts)) if raters.mode == "likert" else (-1,)
        for question in raters.questions:
            for description in places:
                told = trial.kind == CHECK and INSTRUCTED in trial.conditions and attends
                value = trial.expected if told else decide(trial, question, description)
                assert store.add(rater, click(place, ANSWER, question, description, value, 5000), needed=0)
        if place == stop_before:
            return rater
        assert store.add(rater, click(place, NEXT), needed=len(raters.questions) * len(places))
    return rater


def prefers(*order: str) -> Decide:
    """Somebody who always chooses what comes first in an order."""

    def decide(trial: Trial, question: str, description: int) -> str:
        if not set(trial.conditions) <= set(order):
            return "left"
        ranks = [order.index(condition) for condition in trial.conditions]
        return "left" if ranks[0] < ranks[1] else "right"

    return decide


def gives(**points: int) -> Decide:
    """Somebody who always gives a condition the same points."""
    return lambda trial, question, description: str(points.get(trial.conditions[description], 1))


def scored(folder: Path, **scores: dict[str, float]) -> None:
    """Give every line of the Run made by hand its scores, by the way of showing."""
    run = read_run(folder)
    lines = [
        replace(line, scores={name: of[line.shown] for name, of in scores.items() if line.shown in of}) for line in run.lines
    ]
    write_scores(replace(run, lines=tuple(lines)))


LIKES = {"gaze": 3.0, "full": 2.0, "center": 1.0}
"""What the raters of these studies prefer."""
