"""The section ``[raters]`` of a study file: what people compare, how many of them, and what they are asked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

from foveate.errors import UsageError, hint, hint_beside
from foveate.evaluation.study_file import read_study
from foveate.typed_toml import Within, typed

PAIRWISE, LIKERT = "pairwise", "likert"
QUESTIONS: dict[str, dict[str, str]] = {
    PAIRWISE: {"better": "Which text describes better what happens in the clip?"},
    LIKERT: {
        "accuracy": "Accurate: nothing in it is wrong",
        "completeness": "Complete: nothing that matters is missing",
    },
}
"""Mode -> name -> what is asked, where the file asks nothing of its own."""
MAY_CHANGE = (
    *("out", "most_failed", "most_raters", "consent", "completion", "completion_code", "contact", "recordings"),
    *("faces", "face_models"),
)
"""Keys that may change while raters are at work; faces too, since one that is noticed only then must not be shown further."""

LONGEST_NAME = 40
"""Letters of the name of a question."""

Counted = Annotated[int, Within(least=1)]
CountedOrNone = Annotated[int, Within(least=0)]


@dataclass(frozen=True, kw_only=True)
class Raters:
    """A study with people; every field is a key of ``[raters]``."""

    run: Path
    """Folder of the Run whose answers are compared; the ``out`` of the study file where it is not given."""
    out: Path
    """Folder for clips and answers; ``raters`` in the Run's folder where it is not given."""
    mode: Literal["pairwise", "likert"] = "pairwise"
    """Two descriptions of which one is chosen, or all of them rated on scales."""
    by: Literal["shown", "model"] = "shown"
    """What differs between the descriptions of a clip: the way of showing, or the model."""
    compare: tuple[str, ...] = ()
    """Which ways of showing (or models) are compared; all of the Run where none is named."""
    pairs: tuple[tuple[str, ...], ...] = ()
    """Of pairwise: which pairs of ``compare`` are asked for; all where none is named."""
    shown: str = ""
    """Of ``by = "model"``: the one way of showing; needed where the Run has several."""
    model: str = ""
    """Of ``by = "shown"``: the one model; needed where the Run has several."""
    instruction: str = ""
    """The one instruction; needed where the Run has several."""
    questions: Mapping[str, str] = field(default_factory=dict)
    """Name -> what is asked; ``better`` of pairwise, ``accuracy`` and ``completeness`` of likert where none is named."""
    ties: bool = True
    """Of pairwise: whether "no difference" can be chosen."""
    points: Annotated[int, Within(least=3, most=9)] = 7
    """Of likert: points of each scale."""
    clips: CountedOrNone = 0
    """Clips that are rated in all, drawn by the seed; 0: every one of the Run."""
    items: Counted = 20
    """Pages that count, of each rater: a pair of one clip, or all descriptions of one clip."""
    training: CountedOrNone = 2
    """Pages before these that do not count, of clips that nobody rates."""
    checks: CountedOrNone = 2
    """Pages among these that see whether the rater attends."""
    check_by: Literal["instruction", "other clip"] = "instruction"
    """A text that says what to choose, or the clip's reference against that of another recording."""
    most_failed: CountedOrNone = 0
    """A rater who fails more checks than this is told apart."""
    seed: CountedOrNone = 0
    """Of which clips, and of their order."""
    most_raters: Counted = 200
    """Who comes after these is turned away."""
    consent: Path | None = None
    """A text to agree to before anything is shown; a plain one of foveate's own where it is not given."""
    contact: str = ""
    """Whom to write to, shown with the consent."""
    completion: str = "Thank you. All your answers are stored."
    """Shown at the end."""
    completion_code: str = ""
    """Shown at the end, the same for all; each rater gets an own one where it is not given."""
    clip: Literal["video", "frames"] = "video"
    """What is shown of a clip: a video, or a strip of frames."""
    clip_px: Annotated[int, Within(least=64, most=2048)] = 640
    """Its longer side, at most."""
    clip_fps: Annotated[float, Within(above=0, most=60)] = 15.0
    """Of a video: frames per second, at most."""
    clip_frames: Annotated[int, Within(least=1, most=24)] = 6
    """Of a strip: how many."""
    gaze_overlay: bool = False
    """Draw gaze on the clip; that tells raters where the wearer looked, which one of the models may not have known."""
    faces: Literal["show", "blur"] = "show"
    """What becomes of faces in clips; many are found and blurred, not all (docs/raters.md)."""
    face_models: Path | None = None
    """Of ``faces = "blur"``: a wheel of mediapipe, or a folder with its face network; else the installed mediapipe."""
    recordings: tuple[Path, ...] = ()
    """Where the recordings are now, if they have been moved since the Run was made."""

    def __post_init__(self) -> None:
        if len(set(self.compare)) != len(self.compare):
            raise UsageError(f"compare names one twice: {', '.join(self.compare)}")
        if self.mode != PAIRWISE and self.pairs:
            raise UsageError('pairs belong to mode = "pairwise"; a page of likert has all that compare names')
        for pair in self.pairs:
            if len(pair) != 2 or pair[0] == pair[1]:
                raise UsageError(f"an entry of pairs is two names that differ, got {list(pair)}")
            for name in pair:
                if self.compare and name not in self.compare:
                    raise UsageError(f"pairs has {name!r}, which compare has not{hint(name, self.compare)}")
        if self.face_models is not None and self.faces == "show":
            raise UsageError('face_models is given, and faces = "show" leaves faces as they are; write faces = "blur"')
        if self.check_by == "instruction" and self.mode == LIKERT and self.checks and self.points < 4:
            raise UsageError("an instructed check needs a scale of 4 points or more")

    @property
    def store(self) -> Path:
        """The file of answers."""
        return self.out / "raters.sqlite"

    @property
    def left_out(self) -> Path:
        """The table of what nobody is asked."""
        return self.out / "left_out.csv"

    @property
    def clip_folder(self) -> Path:
        """The one folder that media are served from."""
        return self.out / "clips"

    def design(self) -> dict[str, Any]:
        """What must stay the same from the first rater to the last, as JSON has it."""
        kept = {name: value for name, value in asdict(self).items() if name not in (*MAY_CHANGE, "run")}
        return {**kept, "pairs": [list(pair) for pair in self.pairs], "compare": list(self.compare)}


def read_raters(path: Path) -> Raters:
    """Read the section ``[raters]`` of a study file.

    Args:
        path: TOML; relative paths in it are relative to its folder.

    Raises:
        UsageError: where it is no study file, has no such section, or a key or value is wrong.
    """
    study = read_study(path)
    if not isinstance(study.raters, dict) or not study.raters:
        raise UsageError(f"{path} has no section [raters]; its keys are in docs/raters.md")
    try:
        return raters_of(study.raters, folder=path.resolve().parent, run=study.out)
    except UsageError as error:
        raise UsageError(f"{path}, [raters]: {error}") from error


def raters_of(section: Mapping[str, Any], *, folder: Path, run: Path | None = None) -> Raters:
    """The section as TOML has it, checked.

    Args:
        section: keys are fields of Raters.
        folder: what relative paths are relative to.
        run: the study file's own ``out``.

    Raises:
        UsageError: for a key that is not known, or a value of a wrong type or out of its range.
    """
    types = get_type_hints(Raters, include_extras=True)
    for name in section:
        if name not in types:
            raise UsageError(f"there is no key {name!r}{hint(name, types)}; the keys are in docs/raters.md")
    told = dict(section)
    questions = _questions(told.pop("questions", {}))
    if "run" not in told:
        if run is None:
            raise UsageError('run must be given, the folder of a Run: run = "runs/mine"')
        told["run"] = str(run)
    values = {name: typed(name, value, types[name], folder=folder) for name, value in told.items()}
    values.setdefault("out", values["run"] / "raters")
    values["questions"] = questions or QUESTIONS[values.get("mode", PAIRWISE)]
    if (consent := values.get("consent")) is not None and not consent.is_file():
        raise UsageError(f"there is no consent text {consent}{hint_beside(consent)}")
    return Raters(**values)


def _questions(given: Any) -> dict[str, str]:
    if not isinstance(given, dict) or not all(isinstance(text, str) and text.strip() for text in given.values()):
        raise UsageError('questions are names with texts: questions = {better = "Which text is better?"}')
    for name in given:
        if not name.isidentifier() or len(name) > LONGEST_NAME:
            raise UsageError(f"the name of a question is one word of up to {LONGEST_NAME} letters, digits and _, got {name!r}")
    return dict(given)
