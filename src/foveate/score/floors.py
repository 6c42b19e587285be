"""What a score says of texts that know nothing of the clip: its floors, to stand beside it.

Likeness of meaning has no zero of its own: sentences about the same kitchen are alike whatever happens in them. So each score
that compares with references is also taken of two texts that were written without a look at the clip. (The third floor, a model
that is given no image, is a way of showing: ``no image``.)
"""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError
from foveate.score.score import References, paired
from foveate.score.words import words

OTHER, CONSTANT = "another clip's reference", "constant sentence"
CHANCE, LETTER = "chance", "constant letter"
MOST_CANDIDATES = 400
"""Sentences that the constant one is chosen among; of more, that many are taken, evenly spread over the sorted ones."""


def floors(references: References, clusters: Sequence[str], *, seed: int = 0) -> dict[str, list[str | None]]:
    """Texts to score in the place of answers.

    - ``another clip's reference``: the first reference of an item that is drawn among those of other clusters.
    - ``constant sentence``: of the other clusters' first references the one that shares most words with all the others (by F1
      of words); so an item's constant never saw its recording. It is what one would say who knows the work and has not looked.

    Where all items are of one cluster, other items of it stand in for other clusters.

    Args:
        references: of every item.
        clusters: of every item, its participant or recording.
        seed: of the draw.

    Returns:
        Name of the floor -> one text per item; None where no other item has a reference. Score them with ``score_texts``.

    Raises:
        UsageError: for lists of unequal lengths.
    """
    if len(references) != len(clusters):
        raise UsageError(f"{len(references)} items need as many clusters, got {len(clusters)}")
    firsts = [told[0] if told else None for _, told in paired([""] * len(references), references)]
    whose = list(clusters) if len(set(clusters)) > 1 else [str(place) for place in range(len(clusters))]
    known = [place for place, text in enumerate(firsts) if text is not None]
    rng = np.random.default_rng(seed)
    others: list[str | None] = []
    for cluster in whose:
        free = [place for place in known if whose[place] != cluster]
        others.append(firsts[free[int(rng.integers(len(free)))]] if free else None)
    typical = _typical([(str(firsts[place]), whose[place]) for place in known])
    return {OTHER: others, CONSTANT: [typical(cluster) for cluster in whose]}


def choice_floors(
    choices: Sequence[Sequence[str]], answers: Sequence[int | None], clusters: Sequence[str]
) -> dict[str, list[float | None]]:
    """What ``choice`` says of answers that were given without a look at question or clip.

    - ``chance``: 1 / choices.
    - ``constant letter``: 1 where the letter that is right most often in the other clusters is right, else 0. Above chance, the
      right choices stand in some places more often than in others.

    Args:
        choices: of every item; empty where it is no question.
        answers: of every item, the place of the right choice; None where nobody told.
        clusters: of every item, as for ``floors``; where all are one, other items stand in for other clusters.

    Returns:
        Name of the floor -> one value per item; None where there is none.

    Raises:
        UsageError: for lists of unequal lengths.
    """
    if not len(choices) == len(answers) == len(clusters):
        raise UsageError(
            f"{len(choices)} items need as many answers and clusters, got {len(answers)} answers and {len(clusters)} clusters"
        )
    right = [answer if offered else None for offered, answer in zip(choices, answers, strict=True)]
    whose = list(clusters) if len(set(clusters)) > 1 else [str(place) for place in range(len(clusters))]
    total = Counter(place for place in right if place is not None)
    own: dict[str, Counter[int]] = {cluster: Counter() for cluster in whose}
    for cluster, place in zip(whose, right, strict=True):
        own[cluster].update([] if place is None else [place])
    constant: list[float | None] = []
    for cluster, place in zip(whose, right, strict=True):
        others = total - own[cluster]
        letter = min(others, key=lambda each: (-others[each], each), default=None)
        constant.append(None if place is None or letter is None else float(place == letter))
    by_chance = [None if place is None else 1 / len(offered) for offered, place in zip(choices, right, strict=True)]
    return {CHANCE: by_chance, LETTER: constant}


def _typical(told: Sequence[tuple[str, str]]) -> Callable[[str], str | None]:
    """Cluster -> the most typical sentence of the other clusters, out of (sentence, cluster) pairs."""
    distinct = sorted({text for text, _ in told})
    chosen: list[str] = distinct
    if len(distinct) > MOST_CANDIDATES:
        chosen = [distinct[int(row)] for row in np.linspace(0, len(distinct) - 1, MOST_CANDIDATES)]
    place = {text: row for row, text in enumerate(chosen)}
    counts = Counter((cluster, place[text]) for text, cluster in told if text in place)
    alike = _word_f1(chosen)
    of_cluster: dict[str, NDArray[np.float64]] = {cluster: np.zeros(len(chosen)) for _, cluster in told}
    for (cluster, row), count in counts.items():
        of_cluster[cluster][row] = count
    total = sum(of_cluster.values(), np.zeros(len(chosen)))

    def typical(cluster: str) -> str | None:
        weights = total - of_cluster.get(cluster, 0.0)
        if not weights.any():
            return None
        best = int(np.argmax(np.where(weights > 0, alike @ weights, -1.0)))
        return chosen[best]

    return typical


def _word_f1(texts: Sequence[str]) -> NDArray[np.float64]:
    """(texts, texts) F1 of their words, each with its count."""
    bags = [Counter(words(text)) for text in texts]
    column = {word: i for i, word in enumerate(sorted({word for bag in bags for word in bag}))}
    counts = np.zeros((len(texts), len(column)))
    for row, bag in enumerate(bags):
        for word, count in bag.items():
            counts[row, column[word]] = count
    lengths = counts.sum(axis=1)
    shared = np.array([np.minimum(counts, row).sum(axis=1) for row in counts]).reshape(len(texts), len(texts))
    return np.asarray(2 * shared / np.maximum(lengths[:, None] + lengths, 1))
