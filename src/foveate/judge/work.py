"""What a judge does with one item of a job: look at the clip where it may, grade a text, compare two, tell every word of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from foveate.batch.speaker import Speaker
from foveate.clock import Span, seconds_to_ns
from foveate.description.viewer import Shown, Viewer, timed_images
from foveate.errors import ModelError
from foveate.evaluation.places import Place, open_place
from foveate.job import Item, Json, Work
from foveate.model.model import TimedImage
from foveate.recording import Recording
from foveate.run.images import image_hash
from foveate.score.judge import Case, Compared, Exchange, Graded, Judge
from foveate.score.judge.rubric import rubric_of
from foveate.view import make_view
from foveate.view.fit import longest_side

FRAMES = {"view": "full", "fps": 1.0, "longest_px": 768}
"""What a judge that looks is shown of a clip: whole frames, the same however the model that it judges was shown them."""

DOWN = "the judge gave no answer"
"""What the reason of an item begins with whose questions were all left without an answer."""


@dataclass(frozen=True)
class Clip:
    """Where a judge finds the frames of a sample."""

    place: Place
    """How its recording is opened."""
    start_s: float
    """Of the span, in seconds from the first scene frame."""
    stop_s: float
    """First instant outside."""


def judge_item(
    id: str,
    case: Case,
    *,
    grade: str | None = None,
    compare: tuple[str, str] | None = None,
    clip: Clip | None = None,
) -> Item:
    """An item of a job of judging.

    Args:
        id: names it for good.
        case: references and the describer's instruction; frames come with ``clip``.
        grade: a description to grade.
        compare: two descriptions to compare.
        clip: where the frames are; None for a judge that only reads.
    """
    told = {"references": list(case.references), "asked": case.asked}
    clip_told = None if clip is None else asdict(clip) | {"place": dict(clip.place)}
    return Item(id, told | {"grade": grade, "compare": None if compare is None else list(compare), "clip": clip_told})


def make_work(settings: Mapping[str, Json], *, speaker: Speaker) -> Work:
    """Judge items, with the judge loaded once.

    Args:
        settings: rubric (name and text), repeats, seed, max_new_tokens, frames.
        speaker: who judges, and what the grades do not depend on.
    """
    rubric = rubric_of(settings["rubric"]["text"], settings["rubric"]["name"])
    limits = {name: settings[name] for name in ("repeats", "seed", "max_new_tokens")}
    judge = Judge(speaker.load(), rubric, **limits)
    look = _Look(settings["frames"])

    def work(item: Item, folder: Path) -> Json:
        told = item.payload
        images, frames = look.at(told["clip"])
        case = Case(tuple(told["references"]), told["asked"], images)
        graded = [] if told["grade"] is None else judge.grade(case, told["grade"])
        compared = [] if told["compare"] is None else judge.compare(case, *told["compare"])
        _check_up([*(each.exchange for each in graded), *(one for each in compared for one in (each.forth, each.back))])
        told_of = {"toy": judge.model.is_toy, "sent": judge.model.is_remote}
        return {"graded": list(map(_graded, graded)), "compared": list(map(_compared, compared)), "frames": frames, **told_of}

    return work


def fell_short(result: Json) -> bool:
    """Whether any round of a finished item has no valid grade or verdict."""
    return any(each["unscored"] for each in (*result["graded"], *result["compared"]))


def silent(result: Json) -> bool:
    """Whether a finished item has no valid grade by some criterion, or no verdict, in any round."""
    lacks = [each["unscored"].keys() for each in result["graded"]]
    return bool(lacks and set.intersection(*map(set, lacks))) or bool(
        result["compared"] and all(each["unscored"] for each in result["compared"])
    )


def _check_up(exchanges: Sequence[Exchange]) -> None:
    """Fail where not one question was answered: the judge is down, and the item is tried again on request."""
    if all(each.answered is None for each in exchanges):
        raise ModelError(f"{DOWN}: {exchanges[0].reason}")


def _graded(each: Graded) -> dict[str, Json]:
    grades = {name: score.value for name, score in each.scores.items() if score.value is not None}
    unscored = {name: score.reason for name, score in each.scores.items() if score.value is None}
    return {"grades": grades, "unscored": unscored, "exchange": asdict(each.exchange)}


def _compared(each: Compared) -> dict[str, Json]:
    return {
        "value": each.score.value,
        "steady": each.steady,
        "by_order": list(each.by_order),
        "unscored": each.score.reason,
        "forth": asdict(each.forth),
        "back": asdict(each.back),
    }


class _Look:
    """The frames of clips; the recording and the clip that were looked at last stay open, since items of one come together."""

    def __init__(self, how: Mapping[str, Any] | None) -> None:
        self._how = how
        self._place: Place | None = None
        self._recording: Recording | None = None
        self._clip: Mapping[str, Any] | None = None
        self._seen: tuple[tuple[TimedImage, ...], dict[str, Json]] = ((), {})

    def at(self, clip: Mapping[str, Any] | None) -> tuple[tuple[TimedImage, ...], dict[str, Json] | None]:
        """The images of a clip and their record."""
        if clip is None or self._how is None:
            return (), None
        if clip != self._clip:
            self._seen, self._clip = self._shown(clip, self._how), clip
        return self._seen

    def _shown(self, clip: Mapping[str, Any], how: Mapping[str, Any]) -> tuple[tuple[TimedImage, ...], dict[str, Json]]:
        if clip["place"] != self._place or self._recording is None:
            self._recording, self._place = open_place(clip["place"]), clip["place"]
        first_ns = int(self._recording.scene.time_ns[0])
        span = Span(first_ns + seconds_to_ns(clip["start_s"]), first_ns + seconds_to_ns(clip["stop_s"]))
        maker = make_view(how["view"], fit=longest_side(how["longest_px"]))
        shown: Shown = Viewer(self._recording, maker, fps=how["fps"]).show(span)
        images = timed_images(shown.views, maker, first_ns=first_ns)
        record = {
            "indices": [frame.index for frame in shown.frames],
            "sha256": [image_hash(each.image) for each in images],
            "skipped": shown.skipped,
        }
        return images, record
