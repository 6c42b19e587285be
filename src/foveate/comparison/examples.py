"""The answers that differ most between two arms, with what each was shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np

from foveate.comparison.compare import Compared
from foveate.errors import FoveateError, UsageError
from foveate.evaluation.group import about_score
from foveate.evaluation.remake import Remaker
from foveate.evaluation.ways import Way
from foveate.geometry import Size
from foveate.report.pictures import Picture, pictures
from foveate.report.seen import data_uri, spread
from foveate.run import Run, RunLine
from foveate.run.images import kept_image
from foveate.view import make_view

MOST = 20
"""Samples on a page."""
FRAMES = 2
"""Frames of each answer on a page."""
THUMBNAIL_PX = 320


@dataclass(frozen=True)
class Told:
    """One arm's answer about a sample."""

    arm: str
    line: RunLine
    score: float | None
    """Of the score that samples were chosen by."""
    pictures: tuple[Picture, ...] = ()
    """What was shown, decoded anew from the recording."""
    frame_size: Size | None = None
    """Of the recording, where it is there."""
    kept: tuple[str, ...] = ()
    """Data URIs of images that were kept, where the recording is not there."""
    why_not: str = ""
    """Why there is no picture."""


@dataclass(frozen=True)
class Example:
    """A sample that two arms answer differently."""

    first: Told
    second: Told

    @property
    def gain(self) -> float:
        """Score of the first minus that of the second; 0 where either has none."""
        return 0.0 if self.first.score is None or self.second.score is None else self.first.score - self.second.score


def most_different(compared: Compared, score: str | None, *, count: int = MOST) -> list[Example]:
    """Samples of the first pair whose scores, then whose words, differ most: where the first is better, then the second.

    Of each kind up to half of ``count``, more where the other kind has fewer. Answers of the same words are none.

    Args:
        compared: its first pair is looked at.
        score: by which; None to look at words only.
        count: at most so many.
    """
    first, second = compared.family.pairs[0]
    mine, theirs = compared.family.arms[first], compared.family.arms[second]
    found = []
    for name, line in mine.items():
        other = theirs.get(name)
        if other is None or line.text is None or other.text is None or line.text.strip() == other.text.strip():
            continue
        told = [
            Told(arm, each, None if score is None else each.scores.get(score)) for arm, each in ((first, line), (second, other))
        ]
        found.append(Example(*told))
    sign = 1.0 if score is None or about_score(score).higher_is_better else -1.0
    found.sort(key=lambda each: (-abs(each.gain), alike(each)))
    better = [each for each in found if sign * each.gain >= 0]
    worse = [each for each in found if sign * each.gain < 0]
    half = count // 2
    return better[: max(half, count - len(worse))] + worse[: max(count - half, count - len(better))]


def alike(example: Example) -> float:
    """How alike two answers are word for word, from 0 to 1 (Ratcliff and Obershelp)."""
    mine, theirs = ((each.line.text or "").casefold().split() for each in (example.first, example.second))
    return float(SequenceMatcher(None, mine, theirs, autojunk=False).ratio())


def pictured(examples: Sequence[Example], runs: tuple[Run, Run]) -> list[Example]:
    """The examples with pictures of what each arm was shown.

    Frames are decoded anew from the recording where it is there; else they are the images that the Run kept; else it is said.

    Args:
        examples: without pictures.
        runs: of the first and of the second arm; the same one twice where it is one.
    """
    remakers = {str(run.folder): _remaker(run) for run in runs}
    return [
        Example(
            *(
                _pictured(told, run, remakers[str(run.folder)])
                for told, run in zip((each.first, each.second), runs, strict=True)
            )
        )
        for each in examples
    ]


def _remaker(run: Run) -> Remaker | None:
    """None where a Run does not tell how its views were made, as one put together by hand."""
    try:
        return Remaker(run)
    except (KeyError, TypeError):
        return None


def _pictured(told: Told, run: Run, remaker: Remaker | None) -> Told:
    line = told.line
    if not line.frames:
        return replace(told, why_not="no image was shown")
    chosen = spread(line.frames, FRAMES)
    try:
        if remaker is None or line.shown not in run.facts["shown"] or line.recording not in run.facts["recordings"]:
            raise UsageError("the Run does not tell how its views were made")
        recording = remaker.recording(line)
        way = Way.from_json(run.facts["shown"][line.shown])
        paint = make_view(way.view, size=way.size, **way.options).paint if way.view else None
        drawn = pictures(recording, chosen, thumbnail_px=THUMBNAIL_PX, paint=paint)
        return replace(told, pictures=tuple(drawn), frame_size=recording.scene.size_px)
    except (FoveateError, OSError) as error:
        kept = _kept(run, line)
        why = f"it cannot be made again ({error}), and the Run kept no images (--keep-images)"
        return replace(told, kept=kept) if kept else replace(told, why_not=why)


def _kept(run: Run, line: RunLine) -> tuple[str, ...]:
    """Some of the images that a line was shown, out of the Run's folder."""
    from PIL import Image

    files = [kept_image(run.folder, sha256) for sha256 in line.images_sha256]
    there = [file for file in files if file.is_file()]
    some = [there[k] for k in sorted({round(k) for k in np.linspace(0, len(there) - 1, FRAMES)})] if there else []
    return tuple(data_uri(np.asarray(Image.open(file).convert("RGB"))) for file in some)
