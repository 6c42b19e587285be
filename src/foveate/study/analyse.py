"""What raters said, as numbers: of all raters, and of those who passed their checks, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foveate.errors import UsageError
from foveate.study.answers import Answered, read_answers
from foveate.study.attention import Attention, attention
from foveate.study.begun import check_begun
from foveate.study.choices import Strength, WinRate, agreement, strengths, win_rates
from foveate.study.config import PAIRWISE, Raters
from foveate.study.design import RATED
from foveate.study.items import LeftOut
from foveate.study.metrics import Agreeing, Scores, agreeing
from foveate.study.ratings import Difference, Rated, Scale, differing, rated, scales
from foveate.study.seen import Seen, read_seen
from foveate.study.store import Store

ALL, PASSED = "all raters", "without those who failed"


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a set of raters said."""

    raters: int
    """With an answer that counts."""
    answers: int
    wins: tuple[WinRate, ...] = ()
    strengths: tuple[Strength, ...] = ()
    agreement: Mapping[str, float | None]
    """Question -> Krippendorff's alpha; None where nothing was rated twice."""
    rated: tuple[Rated, ...] = ()
    differences: tuple[Difference, ...] = ()
    scales: tuple[Scale, ...] = ()
    scores: tuple[Agreeing, ...] = ()
    """How well each score of the Run agrees with these raters; empty where the Run has none."""


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """All of a study."""

    run: Mapping[str, Any]
    """Which Run was rated: folder, title, notice."""
    left_out: LeftOut
    """What could not be asked: pairs of the same words, descriptions that are missing."""
    mode: str
    questions: Mapping[str, str]
    attention: tuple[Attention, ...]
    """Every rater."""
    most_failed: int
    """Checks that a rater may fail."""
    open_answers: int
    """Answers on pages that were not gone on from, which do not count."""
    findings: Mapping[str, Findings]
    """All raters; and without those who failed, where any did."""
    faces: Mapping[str, Any] | None
    """What was blurred in the clips; None where faces were shown."""
    not_held: str
    """Which scores of the Run could not be held against raters, and why; empty where all could."""

    @property
    def failing(self) -> list[str]:
        """Raters who failed more checks than they may."""
        return [each.rater for each in self.attention if each.fails(self.most_failed)]


def analyse(store: Store, raters: Raters) -> Analysis:
    """Count and test everything.

    Raises:
        UsageError: where nobody has answered yet, or the settings are not those that raters began with.
    """
    answers, who = _read(store, raters)
    sets = _sets(store, answers, who, raters)
    scores, not_held = _scores(store, raters)
    return Analysis(
        run=store.fact("run") or {},
        left_out=store.fact("not asked") or {},
        faces=store.fact("faces"),
        mode=raters.mode,
        questions=raters.questions,
        attention=tuple(who),
        most_failed=raters.most_failed,
        open_answers=sum(each.kind == RATED and not each.done for each in answers),
        findings={name: _find(found, store, raters, scores) for name, found in sets.items()},
        not_held=not_held,
    )


def counting(store: Store, raters: Raters, *, passed: bool) -> list[Answered]:
    """Answers that count.

    Args:
        store: of the study.
        raters: its settings.
        passed: only of raters who failed no more checks than they may.

    Raises:
        UsageError: where there is none, or the settings are not those that raters began with.
    """
    sets = _sets(store, *_read(store, raters), raters)
    found = sets.get(PASSED, sets[ALL]) if passed else sets[ALL]
    if not found:
        raise UsageError("every rater failed more checks than most_failed allows: nothing is left to join")
    return found


def _read(store: Store, raters: Raters) -> tuple[list[Answered], list[Attention]]:
    """Every answer, and how each rater worked."""
    check_begun(store, raters.design())
    answers = read_answers(store)
    return answers, attention(store, answers, mode=raters.mode, video=raters.clip == "video")


def _sets(store: Store, answers: Sequence[Answered], who: Sequence[Attention], raters: Raters) -> dict[str, list[Answered]]:
    """Those that count, of ALL raters; and of those who PASSED, where any failed."""
    done = [each for each in answers if each.kind == RATED and each.done]
    if not done:
        raise UsageError(
            f"{store.path} has no page yet that counts and is done ({len(who)} raters began); let people rate first"
        )
    failing = {each.rater for each in who if each.fails(raters.most_failed)}
    return {ALL: done} | ({PASSED: [each for each in done if each.rater not in failing]} if failing else {})


def _scores(store: Store, raters: Raters) -> tuple[Scores, str]:
    """What the Run scored of the descriptions that raters saw; and what keeps scores from being held against raters.

    Answers are analysed without the Run as well: it may lie elsewhere.
    """
    try:
        seen = read_seen(store, raters)
    except UsageError as error:
        return {}, f"no score of the Run could be held against raters: {error}"
    if not seen.scores:
        return {}, f"{seen.run.folder} has no score of what raters saw; foveate evaluate and foveate judge make them"
    return seen.scores, _changed(seen)


def _changed(seen: Seen) -> str:
    told = f"descriptions that raters saw and the Run has no more, or in other words: {seen.changed}; their scores do not count"
    return told if seen.changed else ""


def _find(answers: Sequence[Answered], store: Store, raters: Raters, scores: Scores) -> Findings:
    conditions: list[str] = store.fact("conditions")
    questions = list(raters.questions)
    if not answers:
        return Findings(raters=0, answers=0, agreement={})
    count = len({each.rater for each in answers})
    if raters.mode == PAIRWISE:
        pairs = [(first, second) for first, second in store.fact("pairs")]
        return Findings(
            raters=count,
            answers=len(answers),
            wins=tuple(win_rates(answers, pairs, questions)),
            strengths=tuple(each for question in questions for each in strengths(answers, conditions, question)),
            agreement={question: agreement(answers, question) for question in questions},
            scores=tuple(agreeing(answers, scores, questions, mode=raters.mode)) if scores else (),
        )
    found = scales(answers, conditions, questions)
    return Findings(
        raters=count,
        answers=len(answers),
        rated=tuple(rated(answers, conditions, questions, points=raters.points)),
        differences=tuple(differing(answers, conditions, questions)),
        scales=tuple(found),
        agreement={each.question: each.alpha for each in found},
        scores=tuple(agreeing(answers, scores, questions, mode=raters.mode)) if scores else (),
    )
