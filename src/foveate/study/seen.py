"""The Run as raters saw it: its scores, to be held against what they said, and theirs, to be joined to it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from foveate.evaluation.group import about_score
from foveate.judge.plan import slug
from foveate.judge.run import with_scores
from foveate.run import Key, Run, RunLine, read_run, write_scores
from foveate.score import Score
from foveate.study.answers import Answered
from foveate.study.choices import share
from foveate.study.config import PAIRWISE, Raters
from foveate.study.items import rated_lines
from foveate.study.store import Store, plain, unpacked

HUMAN = "human_"
"""What names of scores begin with that people gave."""
NOBODY, OTHER_WORDS = "nobody rated it", "it was written anew since people rated it"


@dataclass(frozen=True)
class Seen:
    """A Run, and which of its lines raters saw."""

    run: Run
    lines: Mapping[tuple[str, str], RunLine]
    """(sample, condition), as the file of answers has them -> its line, where that has the words that raters saw."""
    others: Mapping[Key, str]
    """Lines of what was compared that nobody saw as they are -> why people give them no score."""
    changed: int
    """Descriptions that raters saw and the Run has no more, or in other words."""
    names: tuple[str, ...]
    """Of all scores that people of this study can give."""

    @property
    def scores(self) -> dict[str, dict[tuple[str, str], float]]:
        """Each score of the lines, turned so that the higher is the better; what people gave themselves is not in it."""
        names = [name for name in self.run.scored() if not name.startswith(HUMAN)]
        found: dict[str, dict[tuple[str, str], float]] = {}
        for name in names:
            sign = 1.0 if about_score(name).higher_is_better else -1.0
            known = {place: sign * line.scores[name] for place, line in self.lines.items() if name in line.scores}
            if known:
                found[name] = known
        return found


def read_seen(store: Store, raters: Raters) -> Seen:
    """Find the lines that raters saw.

    Raises:
        UsageError: where the Run is not there, damaged, or has not what was compared.
    """
    run = read_run(raters.run)
    shown: dict[tuple[str, str], str] = {}
    for row in map(unpacked, store.rows("SELECT sample, conditions, texts FROM pages WHERE kind = 'rated'")):
        shown |= {(row["sample"], name): text for name, text in zip(row["conditions"], row["texts"], strict=True)}
    conditions = set(store.fact("conditions"))
    lines: dict[tuple[str, str], RunLine] = {}
    others: dict[Key, str] = {}
    for line in rated_lines(run, raters):
        place = (plain(line.sample), getattr(line, raters.by))
        if place in shown and plain(line.text or "") == shown[place]:
            lines[place] = line
        elif place[1] in conditions:
            others[line.key] = OTHER_WORDS if place in shown else NOBODY
    return Seen(run, lines, others, len(shown) - len(lines), _names(raters, store.fact("pairs")))


def into_run(seen: Seen, answers: Sequence[Answered], raters: Raters) -> tuple[Run, dict[str, int]]:
    """Join what people said to the Run's scores, in place of all that people of this study gave before.

    On scales a description gets its mean points, ``human_QUESTION``. Of choices both of a pair get their share, as from a
    judge that compares: ``human_QUESTION_A_or_B``; one of each pair, since the clips of a pair are its own.

    Args:
        seen: the Run, read just now: others may write scores too.
        answers: on pages that count and are done.
        raters: the section of the study file.

    Returns:
        The Run as it is written, and score -> lines that have it.
    """
    given: dict[str, dict[Key, list[float]]] = {}
    for each in answers:
        for name, condition, value in _told(each, raters.mode):
            of = given.setdefault(name, {})
            if (line := seen.lines.get((each.sample, condition))) is not None:
                of.setdefault(line.key, []).append(value)
    lacking = dict.fromkeys((line.key for line in seen.lines.values()), NOBODY) | dict(seen.others)

    def joined(line: RunLine) -> RunLine:
        if (why_not := lacking.get(line.key)) is None:
            return line
        found = {name: of.get(line.key) for name, of in given.items()}
        scores = {name: Score(fmean(values)) if values else Score.unscored(reason=why_not) for name, values in found.items()}
        # without those that nobody gives any more: of a pair that only a rater saw who was forgotten
        return with_scores(line.without(seen.names), scores)

    run = replace(seen.run, lines=tuple(map(joined, seen.run.lines)))
    write_scores(run)
    return run, {name: len(of) for name, of in given.items()}


def out_of_run(seen: Seen) -> tuple[Run, list[str]]:
    """Take out of the Run's scores what people of this study gave, since somebody is forgotten who may have a share in it.

    Returns:
        The Run as it is written, and the scores that it had.
    """
    own = {line.key for line in seen.lines.values()} | set(seen.others)
    there = [name for name in seen.names if any(name in line.scores for line in seen.run.lines if line.key in own)]
    lines = tuple(line.without(seen.names) if line.key in own else line for line in seen.run.lines)
    run = replace(seen.run, lines=lines)
    if there:
        write_scores(run)
    return run, there


def _told(answer: Answered, mode: str) -> Iterator[tuple[str, str, float]]:
    """Name of the score, condition and value of each description that an answer is about."""
    if mode != PAIRWISE:
        yield f"{HUMAN}{answer.question}", answer.chosen, float(answer.value)
        return
    name = _of_pair(answer.question, answer.conditions)
    for condition in answer.conditions:
        yield name, condition, share(answer, condition)


def _names(raters: Raters, pairs: Sequence[Sequence[str]]) -> tuple[str, ...]:
    if raters.mode != PAIRWISE:
        return tuple(f"{HUMAN}{question}" for question in raters.questions)
    return tuple(_of_pair(question, pair) for question in raters.questions for pair in pairs)


def _of_pair(question: str, pair: Sequence[str]) -> str:
    return f"{HUMAN}{question}_{'_or_'.join(slug(condition) for condition in sorted(pair))}"
