"""Everything decided about a study, and refused where it cannot be, before anything is decoded or asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from foveate.description.description import notice_of
from foveate.errors import UsageError, hint
from foveate.evaluation.ask import OWN, name_of, question_of
from foveate.evaluation.budgets import Budget, budget_for, tokens_of_ways, unequal
from foveate.evaluation.content import content_of
from foveate.evaluation.frames_asked import unusual_in
from foveate.evaluation.known_words import USUAL, check_words
from foveate.evaluation.large_crops import large_crops
from foveate.evaluation.not_here import not_here
from foveate.evaluation.pins import pins as versions
from foveate.evaluation.recording_warnings import Warned, warned
from foveate.evaluation.samples import Case, Gathered, gather_samples
from foveate.evaluation.score_run import check_metrics
from foveate.evaluation.shuffled import donors_of
from foveate.evaluation.study import Comparing, Study
from foveate.evaluation.ways import MOMENTS, Way, needs, ways_of
from foveate.model import load_model
from foveate.model.cache import pins_of
from foveate.model.model import Model, Prompt

Load = Callable[[str], Model]
"""Opens a model by name."""
JUDGED = ("judge", "human_")
"""What the names of scores begin with that a judge, or people, give later."""
PINNED = "weights_sha256"
"""Of a model that has it, the answers' origin is known without asking."""


@dataclass(frozen=True)
class Speaker:
    """What is known of a model before the first sample is asked."""

    is_toy: bool
    is_remote: bool
    """Whether images leave this machine."""
    pins: Mapping[str, str]
    """What its answers depend on beside the prompt; empty where nothing pins it."""
    budget: Budget
    """What a frame may cost."""
    frame_tokens: Mapping[str, int | None]
    """Way of showing -> visual tokens of a frame of the first recording; None where the model does not tell."""
    notice: str | None
    """What every output must bear."""
    unusual: str
    """What is to be told where it is made for another number of frames than it will be shown; else empty."""


@dataclass(frozen=True)
class Plan:
    """A study, decided."""

    study: Study
    gathered: Gathered
    ways: tuple[Way, ...]
    donors: Mapping[str, str]
    """Recording -> whose gaze stands in where gaze is shuffled; empty where it is not."""
    instructions: Mapping[str, str]
    """Each as the study names it -> its words, as the first model gets them about the first sample."""
    speakers: Mapping[str, Speaker]
    """By the name of the model."""
    signatures: Mapping[str, str]
    """Metric -> what pins it."""
    not_here: Mapping[str, str]
    """Metric -> why it cannot be computed on this machine."""
    pins: Mapping[str, Any]
    """Versions of the program and its packages, as they are now."""
    content: Mapping[str, Mapping[str, str]]
    """Recording -> checksums of what its views are made of."""
    warned: Mapping[str, Warned]
    """Recording -> what it warns of."""

    @property
    def questions(self) -> int:
        """How many answers there will be."""
        return len(self.gathered.cases) * len(self.ways) * len(self.speakers) * len(self.instructions)

    @property
    def large_crops(self) -> list[str]:
        """What is told before the start of crops that are cut at the frame."""
        return large_crops(self.ways, {name: cases[0].sample.recording for name, cases in self.gathered.recordings().items()})

    @property
    def warnings(self) -> list[str]:
        """What is told before the start: views that cost more or less than others."""
        first = self.study.compare.first
        return [
            f"{warning} (of {name})" if len(self.speakers) > 1 else warning
            for name, speaker in self.speakers.items()
            for warning in unequal(speaker.frame_tokens, self.ways, first=first)
        ]


def loader(study: Study, *, send: bool, models: Mapping[str, Model] | None = None) -> Load:
    """What opens a study's models by name: those that are given, others as the study says.

    Args:
        study: names them, their device and dtype.
        send: whether images may leave this machine.
        models: those that are loaded already.
    """
    options = {key: value for key, value in (("device", study.ask.device), ("dtype", study.ask.dtype)) if value != "auto"}
    return partial(_load, given=dict(models or {}), send=send, options=options, batch=study.ask.batch)


def _load(name: str, *, given: Mapping[str, Model], send: bool, options: Mapping[str, str], batch: int) -> Model:
    if name in given:
        return given[name]
    return load_model(name, send=send, **options, **({"batch_size": batch} if name == "builtin" else {}))


def plan_study(study: Study, load: Load, *, send: bool = False) -> Plan:
    """Decide everything; a server is asked one question without an image, to know that it answers and what runs there.

    Args:
        study: what is asked for.
        load: opens a model by name.
        send: whether images may leave this machine.

    Raises:
        UsageError: where images would leave this machine, and may not.
        FoveateError: for what does not fit.
    """
    ways = tuple(ways_of(study.show))
    _check_comparing(study, [way.name for way in ways])
    check_words(study)
    signatures, lacking = check_metrics(study.score), not_here(study.score.metrics)
    gathered = gather_samples(study.samples, known=None, **needs(ways))
    donors = donors_of(list(gathered.places), seed=study.show.seed) if any(way.shuffled for way in ways) else {}
    if study.show.frames == MOMENTS and not any(case.sample.moments_ns for case in gathered.cases):
        raise UsageError('[show] frames = "moments" shows what questions speak of, and no sample speaks of any; take "uniform"')
    first = gathered.cases[0]
    asked = study.ask.instructions or default_instructions(first)
    names = [name_of(given) for given in asked]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"[ask] two instructions would both be called {twice!r}; begin them with other words")
    instructions: dict[str, str] = {}
    speakers: dict[str, Speaker] = {}
    for name in study.ask.models:
        model = load(name)
        if model.is_remote and not send and any(way.view for way in ways):
            raise UsageError(f"{name} runs elsewhere and images leave this machine only with --send")
        words = {given: question_of(first, given, model).text for given in asked}
        instructions = instructions or words
        speakers[name] = _speaker(model, study, ways, gathered.cases, words)
    recordings = {name: cases[0].sample.recording for name, cases in gathered.recordings().items()}
    content = {name: content_of(recording) for name, recording in recordings.items()}
    found = {name: warned(recording) for name, recording in recordings.items()}
    return Plan(study, gathered, ways, donors, instructions, speakers, signatures, lacking, versions(), content, found)


def _check_comparing(study: Study, ways: Sequence[str]) -> None:
    """Refuse what could not be compared after hours of asking; a judge and people score later, so that those names are free."""
    told = study.compare
    first = () if told.first == Comparing.first else (told.first,)
    for name in (*first, *told.against, *((told.as_good_as,) if told.as_good_as else ())):
        if name not in ways:
            raise UsageError(f"[compare] nothing is shown as {name!r}{hint(name, ways)}; shown are: {'; '.join(ways)}")
    for score in told.margin:
        if score not in study.score.metrics and not score.startswith(JUDGED):
            scored = ", ".join(study.score.metrics)
            raise UsageError(
                f"[compare] margin is of no metric: {score!r}{hint(score, study.score.metrics)}; scored are: {scored}"
            )


def default_instructions(case: Case) -> tuple[str, ...]:
    """What is asked where the study does not say: a sample's own, where it has one."""
    return (OWN,) if case.sample.instruction else (USUAL,)


def _speaker(model: Model, study: Study, ways: tuple[Way, ...], cases: Sequence[Case], words: Mapping[str, str]) -> Speaker:
    recording = cases[0].sample.recording
    where: dict[str, Any] = {"frame_px": recording.scene.size_px, "camera": recording.camera}
    budget = budget_for(model, study.show, **where)
    tokens = tokens_of_ways(ways, model, budget, **where)
    pins = pins_of(model)
    if pins and PINNED not in pins:
        told = model.answer(Prompt(next(iter(words.values())), max_new_tokens=study.ask.max_new_tokens)).provenance
        pins |= {key: value for key, value in told.items() if key == "reported_model"}
    notice, unusual = notice_of(model, recording), unusual_in(model, cases, ways, tuple(words))
    return Speaker(model.is_toy, model.is_remote, pins, budget, tokens, notice, unusual)
