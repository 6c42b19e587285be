"""Floors of a Run's scores: what texts score that know nothing of the clip, beside every score that reads references."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from foveate.errors import FoveateError, JobError
from foveate.evaluation.group import Group, about_score
from foveate.evaluation.score_run import scoring_of
from foveate.job.disk import write_whole
from foveate.run import Run, RunLine
from foveate.score import Score, choice_floors, floors, score_texts

FILE = "floors.json"
"""In the Run's folder; scored anew where the references, the floors' own texts or the scores are others."""

CHOICE = "choice"
NO_OTHER = "no other item tells its right choice"


@dataclass(frozen=True)
class Floors:
    """Lines that nobody was asked for, of one group of a Run."""

    lines: Mapping[str, Mapping[str, RunLine]] = field(default_factory=dict)
    """Floor -> sample -> a line with the floor's text and scores."""
    lacking: Mapping[str, str] = field(default_factory=dict)
    """Score -> why it has no floor here."""


def floors_of(run: Run, group: Group, scores: Sequence[str]) -> Floors:
    """The floors of a group's samples, by every score that compares with references, and by the accuracy of choices.

    Args:
        run: says how its scores were computed; its folder keeps what was scored.
        group: whose samples.
        scores: names; those that need no references have no floor.
    """
    samples = {name: line for lines in group.shown.values() for name, line in lines.items()}
    of_texts, of_choices = _of_texts(run, group, scores, samples), _of_choices(group, scores, samples)
    return Floors({**of_texts.lines, **of_choices}, of_texts.lacking)


def _of_choices(group: Group, scores: Sequence[str], samples: Mapping[str, RunLine]) -> dict[str, dict[str, RunLine]]:
    told = [line for line in samples.values() if line.choices and line.answer is not None]
    if CHOICE not in scores or not told:
        return {}
    clusters = [group.clusters[line.sample] for line in told]
    found = choice_floors([line.choices for line in told], [line.answer for line in told], clusters)
    return {
        floor: {
            line.sample: _line(floor, line, None, {CHOICE: Score.unscored(reason=NO_OTHER) if value is None else Score(value)})
            for line, value in zip(told, values, strict=True)
        }
        for floor, values in found.items()
    }


def _of_texts(run: Run, group: Group, scores: Sequence[str], samples: Mapping[str, RunLine]) -> Floors:
    wanted = [score for score in scores if not is_judged(run, score) and about_score(score).needs == ("references",)]
    told = [line for line in samples.values() if any(text.strip() for text in line.references)]
    if not told or not wanted:
        return Floors()
    texts = floors([line.references for line in told], [group.clusters[line.sample] for line in told])
    known = _known(run)
    lacking: dict[str, str] = {}
    found: dict[str, list[Score]] = {}
    for score in wanted:
        for floor, said in texts.items():
            key = f"{floor}|{score}|{_digest(run, score, said, told)}"
            try:
                known[key] = known.get(key) or _score(run, score, said, told)
            except FoveateError as error:
                lacking[score] = str(error)
                continue
            found[f"{floor}|{score}"] = [Score(value, reason) for value, reason in known[key]]
    _keep(run, known)
    return Floors({floor: _lines(floor, said, told, found) for floor, said in texts.items()}, lacking)


def is_judged(run: Run, score: str) -> bool:
    """Whether a model gave it, not a metric of the study."""
    return score not in ((run.facts.get("study", {}).get("score") or {}).get("metrics") or ())


def _digest(run: Run, score: str, said: Sequence[str | None], told: Sequence[RunLine]) -> str:
    """What a floor's scores depend on: its texts, the references, the options of the score and what pins it."""
    how = [scoring_of(run).options(score), (run.facts.get("metrics") or {}).get(score)]
    texts = [[line.sample, line.references, text] for line, text in zip(told, said, strict=True)]
    return hashlib.sha256(json.dumps([how, texts]).encode()).hexdigest()


def _score(run: Run, score: str, said: Sequence[str | None], told: Sequence[RunLine]) -> list[tuple[float | None, str]]:
    scored = score_texts(score, said, [line.references for line in told], **scoring_of(run).options(score))
    return [(each.value, each.reason) for each in scored]


def _lines(
    floor: str, said: Sequence[str | None], told: Sequence[RunLine], found: Mapping[str, Sequence[Score]]
) -> dict[str, RunLine]:
    lines = {}
    for place, (line, text) in enumerate(zip(told, said, strict=True)):
        mine = {key.partition("|")[2]: scores[place] for key, scores in found.items() if key.partition("|")[0] == floor}
        lines[line.sample] = _line(floor, line, text, mine)
    return lines


def _line(floor: str, line: RunLine, text: str | None, scores: Mapping[str, Score]) -> RunLine:
    return RunLine(
        sample=line.sample,
        shown=floor,
        model="",
        instruction=line.instruction,
        recording=line.recording,
        participant=line.participant,
        category=line.category,
        task=line.task,
        start_s=line.start_s,
        stop_s=line.stop_s,
        asked="",
        references=line.references,
        text=text,
        scores={name: score.value for name, score in scores.items() if score.value is not None},
        unscored={name: score.reason for name, score in scores.items() if score.value is None},
    )


def _known(run: Run) -> dict[str, list[tuple[float | None, str]]]:
    """What was scored before; a damaged file counts as none."""
    try:
        told = json.loads((run.folder / FILE).read_text(encoding="utf-8"))
        return {key: [(value, reason) for value, reason in rows] for key, rows in told.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _keep(run: Run, known: Mapping[str, list[tuple[float | None, str]]]) -> None:
    """For the next time; a Run that may only be read has its floors scored every time."""
    if known == _known(run):
        return
    with suppress(JobError):
        write_whole(
            run.folder / FILE, json.dumps(known, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace")
        )
