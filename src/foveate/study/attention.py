"""How each rater worked: pages, checks, time, sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from foveate.study.answers import Answered, passed
from foveate.study.config import PAIRWISE
from foveate.study.design import CHECK, RATED
from foveate.study.store import Store


@dataclass(frozen=True)
class Attention:
    """One rater."""

    rater: str
    finished: bool
    rated: int
    """Pages that count and are done."""
    checks: int
    """Checks that are done."""
    failed: int
    """Of these, answered otherwise than they ask."""
    left: float | None
    """Share of the left side among choices of a side; None without any."""
    ties: float | None
    """Share of "no difference"; None in a study with scales."""
    seconds: float | None
    """Median per page that counts, from its first sight to the last answer on it."""
    watched: float | None
    """Share of the pages that count on which the clip was played to its end; None where clips are frames."""

    def fails(self, most_failed: int) -> bool:
        return self.failed > most_failed


def attention(store: Store, answers: Sequence[Answered], *, mode: str, video: bool) -> list[Attention]:
    """Every rater, those who answered nothing too."""
    played = {(row["name"], row["place"]) for row in store.rows(PLAYED)}
    of: dict[str, list[Answered]] = {}
    for answer in answers:
        of.setdefault(answer.rater, []).append(answer)
    return [_one(rater.name, rater.finished, of.get(rater.name, []), played, mode, video) for rater in store.raters()]


PLAYED = "SELECT DISTINCT name, place FROM clicks JOIN named_raters ON named_raters.id = clicks.rater WHERE what = 'played'"


def _one(
    name: str, finished: bool, answers: Sequence[Answered], played: set[tuple[str, int]], mode: str, video: bool
) -> Attention:
    pages = [list(page) for _, page in groupby((each for each in answers if each.done), key=lambda each: each.place)]
    rated = [page for page in pages if page[0].kind == RATED]
    checks = [page for page in pages if page[0].kind == CHECK]
    values = [each.value for page in rated for each in page] if mode == PAIRWISE else []
    sides = [value for value in values if value != "tie"]
    return Attention(
        rater=name,
        finished=finished,
        rated=len(rated),
        checks=len(checks),
        failed=sum(not passed(page, mode) for page in checks),
        left=sides.count("left") / len(sides) if sides else None,
        ties=values.count("tie") / len(values) if values else None,
        seconds=median(max(each.seconds for each in page) for page in rated) if rated else None,
        watched=sum((name, page[0].place) in played for page in rated) / len(rated) if rated and video else None,
    )
