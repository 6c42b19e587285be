"""A Run made again from what it holds: its views from their recordings, its scores from its answers, its answers by a model.

Images are equal where their hashes are, so a difference of one grey level counts. Answers known from before are not looked up:
the model is asked anew, as many at once as then. What cannot be made again, for want of a recording, a package or a program,
is counted with its reason, apart from what differs.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from foveate.errors import FoveateError, ModelError, ServerGoneError, UsageError, VideoError, hint
from foveate.evaluation.remake import Remaker
from foveate.evaluation.score_run import score_run, scoring_of
from foveate.model.cache import pins_of
from foveate.model.model import Answer, Model, Prompt, TimedImage
from foveate.replay.images import how_far, same_frames, why_others
from foveate.replay.versions import Version, changed_contents, changed_versions
from foveate.run import Key, Run, RunLine, image_hash

SAME_SCORE = 1e-6
"""Scores nearer than this are equal: embeddings depend on which texts are in one batch."""


@dataclass(frozen=True)
class Difference:
    """One thing of a Run that is not as it was."""

    line: Key
    what: str
    """``images``, ``answer``, or the name of a score."""
    then: str
    now: str


@dataclass
class Part:
    """What came of making one part of a Run again."""

    same: int = 0
    differing: list[Difference] = field(default_factory=list)
    gone: Counter[str] = field(default_factory=Counter)
    """Why something could not be made again -> how often."""
    beside: Counter[str] = field(default_factory=Counter)
    """What was not meant to be made again -> how often."""

    @property
    def ok(self) -> bool:
        """Whether all that was meant to be made again is there and as it was."""
        return not self.differing and not self.gone


@dataclass(frozen=True)
class Replay:
    """A Run beside what is made of it now."""

    run: Run
    images: Part
    """By lines: each with all its images."""
    scores: Part
    """By scores of lines."""
    answers: Part | None
    """By lines; None where no model was asked."""
    versions: tuple[Version, ...]
    """What differs among code, packages, weights, metrics and the files of recordings; by itself no fault."""

    @property
    def ok(self) -> bool:
        return all(part.ok for part in (self.images, self.scores, self.answers) if part is not None)


def replay(run: Run, model: Model | None = None, *, advance: Callable[[int], None] = lambda done: None) -> Replay:
    """Make a Run again and tell what differs; nothing of it is changed.

    Args:
        run: made by ``foveate evaluate``.
        model: is asked again what the model of its name was asked; or, where the Run asked one model only, what that was.
        advance: told how many lines are done.

    Raises:
        UsageError: where the Run does not tell how it was shown, or asked several models and none of that name.
    """
    asked = None if model is None else asked_then(run, model.name)
    images, answers = Part(), Part()
    provenance: dict[str, str] = {}
    try:
        remaker, most = Remaker(run), int(run.facts["study"]["ask"]["batch"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{run.folder} does not tell how it was shown and asked ({type(error).__name__}: {error}); "
            "only Runs of foveate evaluate are replayed"
        ) from error
    asking = None if model is None else _Asking(model)
    for lines in _batches(run.lines, most=most):
        shown = [_images_again(remaker, run, line, images) for line in lines]
        if asking is not None and lines[0].model == asked:
            provenance |= _ask_again(asking, run, list(zip(lines, shown, strict=True)), answers)
        advance(len(lines))
    scores = _scores_again(run)
    speaking = {} if model is None else {**provenance, **pins_of(model)}
    versions = (*changed_versions(run, asked=asked, speaking=speaking), *changed_contents(run, remaker))
    return Replay(run, images, scores, None if model is None else answers, versions)


def asked_then(run: Run, name: str) -> str:
    """The model of a Run whose answers a model's are held against: that of its name, or the only one there is.

    Raises:
        UsageError: where the Run asked several, and none of that name.
    """
    models = list(dict.fromkeys(line.model for line in run.lines))
    if name in models:
        return name
    if len(models) == 1:
        return models[0]
    raise UsageError(f"the Run asked {', '.join(models) or 'nobody'}, not {name!r}{hint(name, models)}; name one of these")


def _batches(lines: Sequence[RunLine], *, most: int) -> list[list[RunLine]]:
    """Lines that were asked together: of one recording, shown in one way to one model with one instruction."""

    def together(line: RunLine) -> tuple[str, ...]:
        return line.recording, line.shown, line.model, line.instruction

    places = {key: place for place, key in reversed(list(enumerate(map(together, lines))))}
    ordered = sorted(lines, key=lambda line: places[together(line)])
    groups = [list(group) for _, group in groupby(ordered, key=together)]
    return [group[first : first + most] for group in groups for first in range(0, len(group), most)]


def _images_again(remaker: Remaker, run: Run, line: RunLine, found: Part) -> tuple[TimedImage, ...] | None:
    """The images of a line, made again and held against those it had; None where their pixels are not the same."""
    if line.text is None and not line.asked:
        found.beside["lines that were never asked"] += 1
        return None
    if unknown := _unknown(run, line):
        found.gone[unknown] += 1
        return None
    if run.facts["shown"][line.shown]["view"] is None:
        found.beside["lines that show no image"] += 1
        return ()
    try:
        shown, images = remaker.made(line)
    except FoveateError as error:
        _failed(line, error, found)
        return None
    hashes = tuple(image_hash(image.image) for image in images)
    same = hashes == line.images_sha256
    if same and same_frames(line.frames, shown.frames):
        found.same += 1
        return images
    then, now = why_others(line, shown.frames, hashes)
    far = "; its pixels are the same" if same else how_far(run.folder, line.images_sha256, [image.image for image in images])
    found.differing.append(Difference(line.key, "images", then, f"{now}{far}"))
    return images if same else None


def _unknown(run: Run, line: RunLine) -> str:
    """What of a line run.json does not tell, though it should; empty where it tells all."""
    names = {"shown": line.shown, "recordings": line.recording}
    unknown = [
        f"run.json tells nothing of {name!r} among its {part}" for part, name in names.items() if name not in run.facts[part]
    ]
    return "; ".join(unknown)


def _failed(line: RunLine, error: FoveateError, found: Part) -> None:
    """A line whose images cannot be made again."""
    if isinstance(error, UsageError):  # other frames would be shown
        found.differing.append(Difference(line.key, "images", f"{len(line.images_sha256)} images", str(error)))
    elif isinstance(error, VideoError) and not line.images_sha256 and line.text is None:
        found.same += 1  # nothing could be decoded then either
    else:
        found.gone[str(error)] += 1


@dataclass
class _Asking:
    """A model, asked until it answers nobody any more: what comes after that shares the reason, and waits for nothing."""

    model: Model
    gone: ServerGoneError | None = None

    def answers(self, prompts: Sequence[Prompt]) -> Sequence[Answer | ModelError]:
        if not prompts:
            return []
        if self.gone is not None:
            return [self.gone] * len(prompts)
        found = self.model.answers(prompts)
        self.gone = next((each for each in found if isinstance(each, ServerGoneError)), None)
        return found


def _ask_again(
    asking: _Asking, run: Run, shown: Sequence[tuple[RunLine, tuple[TimedImage, ...] | None]], found: Part
) -> dict[str, str]:
    """Ask what was asked, where there was an answer and the images are the same; what the answers tell of their model."""
    longest = int(run.facts["study"]["ask"]["max_new_tokens"])
    meant: list[tuple[RunLine, Prompt]] = []
    for line, images in shown:
        if line.text is None:
            found.beside["lines that had no answer"] += 1
        elif images is None:
            found.gone["its images are not the same, or not there"] += 1
        else:
            meant.append((line, Prompt(line.asked, images, max_new_tokens=longest)))
    provenance: dict[str, str] = {}
    for (line, _), answer in zip(meant, asking.answers([prompt for _, prompt in meant]), strict=True):
        provenance |= answer.provenance if isinstance(answer, Answer) else {}
        if not isinstance(answer, Answer):
            found.gone[str(answer)] += 1
        elif answer.text.strip() == line.text:
            found.same += 1
        else:
            found.differing.append(Difference(line.key, "answer", line.text or "", answer.text.strip()))
    return provenance


def _scores_again(run: Run) -> Part:
    """Every score that the study names, out of the answers as they stand."""
    found = Part()
    told = scoring_of(run)
    if not run.facts.get("complete", True) and not run.scored():
        found.beside["lines that were never scored: the Run was stopped before"] += len(run.lines)
        return found
    bare = replace(run, lines=tuple(replace(line, scores={}, unscored={}) for line in run.lines))
    for metric in told.metrics:
        try:
            again = score_run(bare, replace(told, metrics=(metric,)))
        except FoveateError as error:
            found.gone[f"{metric}: {error}"] += len(run.lines)
            continue
        for line, now in zip(run.lines, again.lines, strict=True):
            _hold_score(metric, line, now, found)
    for name in run.scored():
        if name not in told.metrics:
            found.beside[f"{name}, which the study does not compute"] += sum(
                name in line.scores or name in line.unscored for line in run.lines
            )
    return found


def _hold_score(metric: str, line: RunLine, now: RunLine, found: Part) -> None:
    """Hold one score of a line against what it was."""
    old, new = line.scores.get(metric), now.scores.get(metric)
    if old is not None and new is None:
        found.gone[f"{metric}: {now.unscored[metric]}"] += 1
    elif old is None and new is None and metric in line.unscored:
        found.beside["without a score, then as now"] += 1
    elif old is not None and new is not None and abs(old - new) <= SAME_SCORE:
        found.same += 1
    else:
        then = f"{old:.6g}" if old is not None else f"none ({line.unscored.get(metric, 'the Run has no such score')})"
        found.differing.append(
            Difference(line.key, metric, then, f"{new:.6g}" if new is not None else f"none ({now.unscored[metric]})")
        )
