"""A study: what is asked about, shown how, to whom, scored and compared by what; every key of a study file is a field here."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from foveate.errors import UsageError
from foveate.gaze.correction import Correction
from foveate.typed_toml import Within

Counted = Annotated[int, Within(least=1)]
CountedOrNone = Annotated[int, Within(least=0)]
Seed = Annotated[int, Within(least=0, most=2**32 - 1)]
Positive = Annotated[float, Within(above=0)]
NotNegative = Annotated[float, Within(least=0)]
Share = Annotated[float, Within(least=0, most=1)]
TOYKITCHEN = "toykitchen"
"""The data set that is drawn and needs no file."""
OF_OBJECTS = ("object_words", "chair_i", "chair_s")
"""Scores that need names of objects."""
TEXT_FILES = (".txt", ".md")
"""Endings of an instruction that is a file."""


@dataclass(frozen=True, kw_only=True)
class Samples:
    """What is asked about: spans of recordings, or a data set's samples."""

    recordings: tuple[Path, ...] = ()
    """Recordings, folders of them, lists (LIST.csv)."""
    dataset: str = ""
    """``toykitchen``, or the folder of a published data set."""
    name: str = ""
    """Key of DATASETS; empty to detect it."""
    videos: Path | None = None
    """Folder of a data set's videos, where they are not under its own."""
    tasks: tuple[str, ...] = ()
    """Which of a data set's tasks; none named: all."""
    side: Literal["", "train", "validation", "test"] = ""
    """Of a data set's own split; empty for all."""
    seeds: tuple[CountedOrNone, ...] = ()
    """Worlds of the toy kitchen."""
    worlds: Counted | None = None
    """The same as a number: so many of the worlds for validation."""
    variant: str = "kitchen"
    """Of the toy kitchen."""
    duration_s: Annotated[float, Within(least=10)] = 60.0
    """Length of a world."""
    spans: Counted | None = None
    """Samples of each recording and task, spread evenly over it; None for all."""
    segment: str = ""
    """How recordings are cut: seconds, events:NAME or a CSV file; empty for 10 s, or for the spans of ``references``."""
    references: Path | None = None
    """CSV: recording, start_s, stop_s, reference, reference_2 ..., category, participant."""
    objects: Path | None = None
    """CSV: recording, start_s, stop_s, objects (separated by semicolons): what can be seen in a clip."""
    gaze: str = ""
    """What stands in for measured gaze, as for ``--gaze``."""
    hands: Path | None = None
    """A table of the hands' boxes, as for ``--hands``."""
    offset_px: tuple[float, ...] = ()
    """(right, down) added to every gaze point, in scene pixels, as for ``--offset-px``; a list's own word goes first."""
    offset_deg: tuple[float, ...] = ()
    """The same in degrees of visual angle."""
    fix_drift: bool = False
    """Whether the clock error between gaze and video is estimated and corrected, as for ``--fix-drift``."""

    @property
    def correction(self) -> Correction:
        """What is corrected of the gaze of all recordings.

        Raises:
            UsageError: where that is no correction.
        """
        for name in ("offset_px", "offset_deg"):
            if len(getattr(self, name)) not in (0, 2):
                raise UsageError(
                    f"[samples] {name} takes two numbers, right and down, such as [12, -5], got {list(getattr(self, name))}"
                )
        try:
            return Correction(self.offset_px or None, self.offset_deg or None, self.fix_drift)  # type: ignore[arg-type]
        except UsageError as error:
            raise UsageError(f"[samples] {error}") from error

    def __post_init__(self) -> None:
        if self.correction and self.gaze:
            raise UsageError(
                "[samples] an offset or a drift is corrected of measured gaze, and gaze puts another there; leave one out"
            )
        if bool(self.recordings) == bool(self.dataset):
            both = "both are given" if self.dataset else "none is given"
            raise UsageError(f"[samples] needs recordings or dataset, one of them ({both})")
        if self.dataset == TOYKITCHEN and bool(self.seeds) == (self.worlds is not None):
            raise UsageError("[samples] of the toy kitchen needs worlds (how many) or seeds (which), one of them")
        if self.dataset != TOYKITCHEN and (self.seeds or self.worlds is not None):
            raise UsageError('[samples] seeds and worlds are those of dataset = "toykitchen"')
        if self.dataset and (self.segment or self.references):
            raise UsageError("[samples] segment and references cut recordings; a data set brings its own spans and references")
        if self.segment and self.references:
            raise UsageError("[samples] references tell the spans themselves, so segment cannot be given too")
        if len(set(self.seeds)) < len(self.seeds):
            raise UsageError("[samples] seeds names a world twice")


@dataclass(frozen=True, kw_only=True)
class Show:
    """The ways of showing a span."""

    views: tuple[str, ...] = ("gaze", "center")
    """Names of VIEWS, and the controls full_native, no image and shuffled gaze."""
    size: tuple[str, ...] = ("448",)
    """Sides of the crop: pixels, degrees or per cent."""
    fps: tuple[Positive, ...] = (1.0,)
    """Frames shown per second."""
    frames: str = "uniform"
    """Which frames of a span, a key of SAMPLINGS; ``moments``: those that a question speaks of."""
    most_frames: Counted | None = None
    """Most frames of a span: of a longer one fewer are shown per second."""
    budget: CountedOrNone | None = None
    """Visual tokens of a frame in every view; 0: no limit; None: the model's usual number, else what a crop takes."""
    native_px: Counted | None = None
    """Longest side of full_native; None: every pixel, which the model's own processor may make fewer."""
    noise_deg: tuple[NotNegative, ...] = (0.0,)
    """Standard deviation of an error added to gaze, on each axis, in degrees."""
    noise_px: tuple[NotNegative, ...] = (0.0,)
    """The same in pixels."""
    bias_deg: tuple[NotNegative, ...] = (0.0,)
    """Standard deviation of an error that all samples of a recording share, on each axis, in degrees."""
    bias_px: tuple[NotNegative, ...] = (0.0,)
    """The same in pixels."""
    delay_ms: tuple[float, ...] = (0.0,)
    """How much later than true gaze is stamped."""
    loss: tuple[Share, ...] = (0.0,)
    """Share of the gaze samples that are taken away."""
    burst_ms: NotNegative = 0.0
    """They are taken away in stretches of this length; 0: each for itself."""
    smoothing: tuple[str, ...] = ("none",)
    """Keys of SMOOTHINGS: how gaze is made steadier, after all that was done to it."""
    sweep: Literal["each", "all"] = "each"
    """Several values in several lists: one list at a time beside the first of all others, or every combination."""
    without_gaze: Literal["center", "skip"] = "center"
    """What to do with a frame without valid gaze for longer than the hold."""
    hold_ms: NotNegative = 500.0
    """How long the last valid gaze point stands in."""
    seed: Seed = 0
    """Of random crops, shuffled gaze, noise and loss."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, tuple) and (not value or len(set(value)) < len(value)):
                what = "names nothing" if not value else f"names {_twice(value)} twice"
                raise UsageError(f"[show] {each.name} {what}")


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Who is asked what."""

    models: tuple[str, ...] = ("builtin",)
    """As for ``--model``."""
    instructions: tuple[str, ...] = ()
    """Names of PROMPTS, ``own`` for a sample's own, text files, or texts; none named: own where a sample has one."""
    max_new_tokens: Counted = 128
    """Longest answer."""
    batch: Counted = 16
    """Samples asked at once."""
    device: str = "auto"
    """Of local models."""
    dtype: str = "auto"
    """Of local models."""

    def __post_init__(self) -> None:
        for name in ("models", "instructions"):
            value = getattr(self, name)
            if len(set(value)) < len(value):
                raise UsageError(f"[ask] {name} names {_twice(value)!r} twice")
        if not self.models:
            raise UsageError("[ask] models names nothing")


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """How answers are scored."""

    metrics: tuple[str, ...] = ("exact_match", "rouge_l", "sbert")
    """Names of SCORES."""
    object_names: tuple[str, ...] = ()
    """Words that count for scores of objects: "cup" or "cup, mug"; the toy kitchen's own where none are named."""
    sbert_model: str = ""
    """Embedder of the score sbert: any sentence-transformers name or folder; empty for all-MiniLM-L6-v2."""

    def __post_init__(self) -> None:
        if len(set(self.metrics)) < len(self.metrics):
            raise UsageError(f"[score] metrics names {_twice(self.metrics)!r} twice")

    def options(self, metric: str) -> dict[str, Any]:
        """What the factory of a score takes.

        Args:
            metric: a key of SCORES.
        """
        if metric == "sbert" and self.sbert_model:
            return {"model": self.sbert_model}
        return {"names": self.object_names} if metric in OF_OBJECTS else {}


@dataclass(frozen=True, kw_only=True)
class Comparing:
    """What is compared with what, for tables and the report."""

    first: str = "gaze"
    """The way of showing that all others are compared with; the first of all where there is none of that name."""
    against: tuple[str, ...] = ()
    """With which; none named: with all."""
    as_good_as: str = ""
    """The way that ``first`` may be shown to be as good as."""
    margin: dict[str, Positive] = field(default_factory=dict)
    """Score -> the largest difference that still counts as none, declared before data are seen."""

    def __post_init__(self) -> None:
        if self.as_good_as and not self.margin:
            raise UsageError(
                "[compare] as_good_as needs margin: per score, the largest difference that counts as none, { sbert = 0.02 }"
            )


@dataclass(frozen=True, kw_only=True)
class Study:
    """Everything that decides what a study asks; paths are absolute."""

    title: str = ""
    """What pages call it."""
    out: Path | None = None
    """Folder of the Run."""
    samples: Samples
    show: Show = Show()
    ask: Ask = Ask()
    score: Scoring = Scoring()
    compare: Comparing = Comparing()
    raters: Mapping[str, Any] = field(default_factory=dict)
    """For ``foveate study``, which reads it itself."""

    def __post_init__(self) -> None:
        named = [metric for metric in self.score.metrics if metric in OF_OBJECTS]
        if self.compare.margin and not self.compare.as_good_as:  # that of two Runs needs none, so that Comparing may lack it
            raise UsageError("[compare] margin says how near as_good_as must be; name that way too, or leave margin out")
        if named and not self.score.object_names:
            raise UsageError(f"[score] {named[0]} needs object_names, the words that count as objects")

    def data(self) -> dict[str, Any]:
        """As JSON values."""
        return {key: value for key, value in _plain(asdict(self)).items() if key != "out"}


def _twice(values: tuple[Any, ...]) -> Any:
    return next(value for place, value in enumerate(values) if value in values[:place])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Path) else value
