"""How many frames the questions of a study show, before any is decoded."""

from collections.abc import Iterator, Sequence

from foveate.description.usual_frames import unusual
from foveate.evaluation.ask import question_of
from foveate.evaluation.samples import Case
from foveate.evaluation.ways import MOMENTS, Way
from foveate.model.model import Model
from foveate.view.sampling import sampling


def unusual_in(model: Model, cases: Sequence[Case], ways: Sequence[Way], asked: Sequence[str]) -> str:
    """What is to be told of a model that is shown another number of frames than it is made for; empty for nothing.

    Args:
        model: who is asked.
        cases: about what.
        ways: how it is shown; frames that gaze or the question chooses are not counted.
        asked: instructions, as the study names them.
    """

    def questions() -> Iterator[tuple[str, int]]:
        counted = [way for way in ways if way.view and way.frames != MOMENTS and not sampling(way.frames).uses_fixations]
        for case in cases:
            for given in asked:
                words, span = question_of(case, given, model).text, case.sample.span
                for way in counted:
                    yield words, len(sampling(way.frames).times(span, fps=way.rate(span)))

    return unusual(model, questions())
