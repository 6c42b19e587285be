"""A study from its recordings to its Run: what is asked, kept, counted, and asked only once."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

import foveate
from evaluation.studies import make_recordings, small_study
from foveate.errors import JobError, ModelError, RecordingError, UsageError
from foveate.evaluation.estimate import estimate
from foveate.evaluation.plan import loader, plan_study
from foveate.evaluation.remake import Remaker, images_of
from foveate.evaluation.run_study import run_study
from foveate.evaluation.study import Study
from foveate.model import Answer, Prompt
from foveate.model.mock import MockModel
from foveate.run import Run, RunLine, read_run, write_scores
from foveate.run.images import image_hash


@dataclass(frozen=True)
class Listener(MockModel):
    """A mock that remembers what it was asked, and may fail, or be killed."""

    asked: list[Prompt] = field(default_factory=list)
    fails_on: tuple[int, ...] = ()
    """Questions, counted from the first, that have no answer."""
    stops_at: int | None = None
    """Question at which somebody presses Ctrl-C."""
    pins: dict[str, str] = field(default_factory=dict)

    def answers(self, prompts: Sequence[Prompt]) -> list[Answer | ModelError]:
        found: list[Answer | ModelError] = []
        for prompt in prompts:
            if len(self.asked) == self.stops_at:
                raise KeyboardInterrupt
            self.asked.append(prompt)
            failed = len(self.asked) - 1 in self.fails_on
            found.append(ModelError("out of luck") if failed else super().answers([prompt])[0])
        return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_recordings(tmp_path_factory.mktemp("study"))


def carried_out(study: Study, folder: Path, model: MockModel | None = None, **how: object) -> Run:
    return foveate.evaluate(study, out=folder, models={"mock": model or Listener()}, **{"answers": None, **how})


def test_a_run_holds_every_sample_shown_in_every_way(home: Path, tmp_path: Path) -> None:
    model = Listener(texts=("The person takes the cup.",))
    run = carried_out(small_study(home), tmp_path / "run", model)
    assert len(run.lines) == 4 * 3 == len(model.asked)
    assert Counter(line.shown for line in run.lines) == {"gaze": 4, "center": 4, "no image": 4}
    (line,) = [line for line in run.lines if (line.sample, line.shown) == ("anna/0.400-0.800", "gaze")]
    assert (line.recording, line.start_s, line.stop_s, line.category) == ("anna", 0.4, 0.8, "take")
    assert [frame.index for frame in line.frames] == [12, 17]
    assert {frame.source for frame in line.frames} == {"measured"}
    assert line.scores == {"exact_match": 1.0}
    assert line.references == ("The person takes the cup.",)
    assert len(line.images_sha256) == 2
    (none,) = [line for line in run.lines if (line.sample, line.shown) == ("anna/0.400-0.800", "no image")]
    assert (none.images_sha256, none.frames, none.visual_tokens) == ((), (), 0)
    assert read_run(tmp_path / "run").lines == run.lines


def test_several_references_count_and_an_empty_one_is_no_zero(home: Path, tmp_path: Path) -> None:
    run = carried_out(small_study(home), tmp_path / "run", Listener(texts=("She looks at the cup.",)))
    of = {line.sample: line for line in run.lines if line.shown == "gaze"}
    assert of["anna/0.000-0.400"].scores == {"exact_match": 1.0}
    assert of["ben/0.400-0.800"].scores == {}
    assert of["ben/0.400-0.800"].unscored == {"exact_match": "the sample has no reference"}


def test_facts_tell_what_was_shown_and_with_what(home: Path, tmp_path: Path) -> None:
    facts = carried_out(small_study(home, views=["gaze", "full", "full_native"]), tmp_path / "run").facts
    assert facts["complete"] is True
    assert facts["shown"]["gaze"]["view"] == "gaze"
    assert facts["shown"]["gaze"]["budget_tokens"] == 1
    assert facts["shown"]["full_native"]["budget_tokens"] is None
    assert facts["budgets"]["mock"]["span_tokens"] == {"gaze": 2.0, "full": 2.0, "full_native": 12.0}
    assert facts["recordings"]["anna"]["path"] == str(home / "anna")
    assert facts["metrics"]["exact_match"]
    (version,) = facts["versions"]
    assert version["lines"] == 12
    assert {"numpy", "av"} <= set(version["pins"]["packages"])
    assert facts["notice"] == "toy model"
    assert facts["study"]["title"] == "small"


def test_a_second_run_of_the_same_asks_nothing(home: Path, tmp_path: Path) -> None:
    carried_out(small_study(home), tmp_path / "run")
    before = (tmp_path / "run" / "lines.jsonl").read_bytes()
    model = Listener()
    carried_out(small_study(home), tmp_path / "run", model)
    assert model.asked == []
    assert (tmp_path / "run" / "lines.jsonl").read_bytes() == before


def test_stopped_it_tells_what_is_done_and_goes_on(home: Path, tmp_path: Path) -> None:
    model = Listener(stops_at=5)
    with pytest.raises(KeyboardInterrupt):
        carried_out(small_study(home), tmp_path / "run", model)
    part = read_run(tmp_path / "run")
    assert part.facts["complete"] is False
    assert len(part.lines) == 4, "two items of two samples are done, the third is not"
    again = Listener()
    whole = carried_out(small_study(home), tmp_path / "run", again)
    assert (len(whole.lines), len(again.asked)) == (12, 8)


def test_another_study_does_not_go_on_with_this_run(home: Path, tmp_path: Path) -> None:
    carried_out(small_study(home), tmp_path / "run")
    with pytest.raises(JobError, match=r"holds another job: setting show, views was .*--restart"):
        carried_out(small_study(home, views=["full"]), tmp_path / "run")
    assert len(carried_out(small_study(home, views=["full"]), tmp_path / "run", restart=True).lines) == 4


@pytest.mark.parametrize("place", ["notes", "notes/run", "notes/runs/mine"])
@pytest.mark.parametrize("restart", [False, True], ids=["", "restart"])
def test_a_run_cannot_lie_in_a_file(tmp_path: Path, place: str, restart: bool, home: Path) -> None:
    (tmp_path / "notes").write_text("years of work")
    with pytest.raises(JobError, match=rf"^{re.escape(str(tmp_path / 'notes'))} is a file; give a folder with -o$"):
        carried_out(small_study(home), tmp_path / place, restart=restart)


def test_a_folder_with_anything_else_is_left_alone(home: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(JobError, match=r"not empty and holds no Run \(found: thesis.txt\)"):
        carried_out(small_study(home), tmp_path)


def test_what_failed_has_its_reason_and_is_asked_again_on_request(home: Path, tmp_path: Path) -> None:
    run = carried_out(small_study(home), tmp_path / "run", Listener(fails_on=(1, 7)))
    failed = [line for line in run.lines if line.text is None]
    assert {line.reason for line in failed} == {"out of luck"}
    assert all(line.unscored == {"exact_match": "there is no answer: out of luck"} for line in failed)
    assert len(failed) == 2
    model = Listener()
    mended = carried_out(small_study(home), tmp_path / "run", model, again=True)
    assert all(line.text for line in mended.lines)
    assert len(model.asked) == 4, "the two items that held them"


def test_answers_are_known_by_content_and_only_by_it(home: Path, tmp_path: Path) -> None:
    pinned = {"weights_sha256": "0" * 64}
    how = {"answers": tmp_path / "answers"}
    first = carried_out(small_study(home), tmp_path / "one", Listener(pins=pinned), **how)
    same = Listener(pins=pinned)
    second = carried_out(small_study(home), tmp_path / "two", same, **how)
    assert same.asked == []
    assert [line.text for line in second.lines] == [line.text for line in first.lines]
    assert {(line.model_s, line.first_token_s, line.total_s) for line in second.lines} == {(None, None, None)}
    assert all(line.known for line in second.lines)
    assert sum(not line.known for line in first.lines) >= DISTINCT
    for other, study in (
        (Listener(pins={"weights_sha256": "1" * 64}), small_study(home)),
        (Listener(pins=pinned), small_study(home, ask={"max_new_tokens": 5})),
        (Listener(pins=pinned), small_study(home, ask={"instructions": ["next"]})),
        (Listener(), small_study(home)),
    ):
        carried_out(study, tmp_path / "other", other, restart=True, **how)
        assert len(other.asked) == (DISTINCT if other.pins else 12)
    wider = Listener(pins=pinned)
    carried_out(small_study(home, views=["gaze", "full"]), tmp_path / "three", wider, **how)
    assert len(wider.asked) == 4, "the view that is new"


DISTINCT = 5
"""Crops of these grey frames are the same wherever they lie, and without an image all samples are: 4 spans, and none."""


def test_an_empty_answer_is_a_failure_and_is_not_kept(home: Path, tmp_path: Path) -> None:
    pinned, how = {"weights_sha256": "0" * 64}, {"answers": tmp_path / "answers"}
    run = carried_out(small_study(home), tmp_path / "run", Listener(texts=(" ",), pins=pinned), **how)
    assert {line.reason for line in run.lines} == {"the answer is empty"}
    better = Listener(pins=pinned)
    assert all(line.text for line in carried_out(small_study(home), tmp_path / "run", better, again=True, **how).lines)
    assert len(better.asked) == DISTINCT


ALL_VIEWS = ["gaze", "mass", "hands", "dual", "warp", "foveated", "mark", "text", "center", "random", "full", "full_native"]


def test_every_view_is_remade_to_the_last_pixel_without_the_model(home: Path, tmp_path: Path) -> None:
    show = {"noise_px": 3, "smoothing": "one_euro", "seed": 3, "budget": 0}
    run = carried_out(small_study(home, views=[*ALL_VIEWS, "shuffled gaze", "no image"], show=show), tmp_path / "run")
    assert len(run.facts["shown"]) == 14
    remaker = Remaker(run)
    for line in run.lines:
        assert tuple(image_hash(image.image) for image in remaker.images(line)) == line.images_sha256, line.shown
        assert remaker.shown(line).frames == line.frames
    assert images_of(run, run.lines[0])[0].image.shape == (20, 20, 3)


def test_recordings_whose_clocks_are_equal_are_cut_at_random_places_of_their_own(home: Path, tmp_path: Path) -> None:
    run = carried_out(small_study(home, views=["random"], show={"fps": 25}), tmp_path / "run")
    boxes = {
        name: [frame.boxes_px for line in run.lines if line.recording == name for frame in line.frames]
        for name in ("anna", "ben")
    }
    assert len(boxes["anna"]) == len(boxes["ben"]) == 20
    assert sum(one == other for one, other in zip(boxes["anna"], boxes["ben"], strict=True)) <= 1


def test_another_recording_in_the_place_of_the_one_that_was_shown_is_noticed(home: Path, tmp_path: Path) -> None:
    run = carried_out(small_study(home), tmp_path / "run")
    gone = {name: {**place, "path": str(home / "nobody")} for name, place in run.facts["recordings"].items()}
    with pytest.raises(RecordingError, match="nobody"):
        Remaker(replace(run, facts={**run.facts, "recordings": gone})).images(run.lines[0])
    moved = replace(run.lines[0], start_s=0.1)
    with pytest.raises(UsageError, match=r"would now show the frame at .* which it did not show then"):
        Remaker(run).images(moved)


def test_what_is_done_to_gaze_moves_the_crop_and_the_seed_decides_how(home: Path, tmp_path: Path) -> None:
    def aims(run: Run, shown: str) -> list[tuple[float, float]]:
        return [frame.aim_px for line in run.lines if line.shown == shown for frame in line.frames]

    noisy, late, other = "gaze, noise 3 px", "gaze, 100 ms late", "shuffled gaze"
    show = {"noise_px": [0, 3], "delay_ms": [0, 100]}
    run = carried_out(small_study(home, views=["gaze", other], show=show), tmp_path / "one")
    assert len({tuple(aims(run, shown)) for shown in ("gaze", noisy, late)}) == 3
    assert all(x < y for (x, _), (y, _) in zip(aims(run, late), aims(run, "gaze"), strict=True)), "gaze walks to the right"
    again = carried_out(small_study(home, views=["gaze", other], show=show), tmp_path / "two")
    assert aims(again, noisy) == aims(run, noisy)
    reseeded = carried_out(small_study(home, views=["gaze", other], show={**show, "seed": 1}), tmp_path / "three")
    assert aims(reseeded, noisy) != aims(run, noisy)
    assert {frame.source for line in run.lines if line.shown == other for frame in line.frames} == {"predicted"}
    assert run.facts["shown"][other]["donors"] == {"anna": "ben", "ben": "anna"}


def test_images_are_kept_where_asked(home: Path, tmp_path: Path) -> None:
    run = carried_out(small_study(home), tmp_path / "run", keep_images=True)
    kept = {file.stem for file in (tmp_path / "run" / "images").iterdir()}
    assert kept == {sha256 for line in run.lines for sha256 in line.images_sha256}


def test_several_workers_make_the_same_run(home: Path, tmp_path: Path) -> None:
    study = small_study(home, ask={"models": ["mock:Fine."]})

    def plain(run: Run) -> list[RunLine]:
        return [replace(line, total_s=None, first_token_s=None, model_s=None) for line in run.lines]

    one = foveate.evaluate(study, out=tmp_path / "one", answers=None)
    two = foveate.evaluate(study, out=tmp_path / "two", answers=None, workers=2)
    assert plain(one) == plain(two)


def test_the_estimate_asks_a_few_and_counts_all(home: Path) -> None:
    study = small_study(home)
    model = Listener()
    load = loader(study, send=False, models={"mock": model})
    guess = estimate(plan_study(study, load), load)
    assert (guess.questions, guess.sampled, len(model.asked)) == (12, 9, 9)
    assert (guess.images, guess.visual_tokens) == (16, 16)


def test_progress_reaches_the_count(home: Path, tmp_path: Path) -> None:
    study, steps = small_study(home), list[int]()
    load = loader(study, send=False)
    run_study(plan_study(study, load), tmp_path / "run", load, advance=steps.append)
    assert sum(steps) == 12


def test_two_models_and_instructions_are_told_apart(home: Path, tmp_path: Path) -> None:
    study = small_study(
        home, views=["gaze"], ask={"models": ["mock", "mock:Ja."], "instructions": ["activity", "What is held?"]}
    )
    run = foveate.evaluate(study, out=tmp_path / "run", answers=None)
    assert Counter((line.model, line.instruction) for line in run.lines) == {
        (model, instruction): 4 for model in ("mock", "mock:Ja.") for instruction in ("activity", "What is held?")
    }
    assert {line.asked for line in run.lines if line.instruction == "What is held?"} == {"What is held?"}
    assert json.loads((tmp_path / "run" / "run.json").read_text())["instructions"]["What is held?"] == "What is held?"


def test_a_loaded_model_answers_in_this_process_only(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="workers must be 1, got 2"):
        carried_out(small_study(home), tmp_path / "run", workers=2)


def test_a_reference_that_is_put_right_is_scored_anew_without_asking(tmp_path: Path) -> None:
    home = make_recordings(tmp_path / "data")
    carried_out(small_study(home), tmp_path / "run", Listener(texts=("The lid is opened.",)))
    table = (home / "refs.csv").read_text()
    (home / "refs.csv").write_text(table.replace("The person takes the pan.", "The lid is opened.").replace(",take", ",open"))
    model = Listener()
    run = carried_out(small_study(home), tmp_path / "run", model)
    (line,) = [line for line in run.lines if (line.sample, line.shown) == ("ben/0.000-0.400", "gaze")]
    assert (line.references, line.category, line.scores) == (("The lid is opened.",), "open", {"exact_match": 1.0})
    assert model.asked == []


def test_a_metric_that_the_study_names_no_more_is_no_score_of_the_run(home: Path, tmp_path: Path) -> None:
    run = carried_out(small_study(home, score={"metrics": ["exact_match", "rouge_1"]}), tmp_path / "run")
    assert set(run.scored()) == {"exact_match", "rouge_1"}
    write_scores(replace(run, lines=tuple(replace(one, scores={**one.scores, "judge_truth": 4.0}) for one in run.lines)))
    run = carried_out(small_study(home), tmp_path / "run")
    assert set(run.scored()) == {"exact_match", "judge_truth"}


def test_an_instruction_may_be_a_file_beside_the_study_and_is_part_of_it(tmp_path: Path) -> None:
    home = make_recordings(tmp_path / "data")
    (home / "ask.txt").write_text("What is held?\n")
    study = small_study(home, ask={"instructions": ["ask.txt", "Tell " + "me " * 40 + "more."]})
    run = carried_out(study, tmp_path / "run")
    assert {line.asked for line in run.lines if line.instruction == "file:ask.txt"} == {"What is held?"}
    (long,) = {line.instruction for line in run.lines} - {"file:ask.txt"}
    assert long.startswith("Tell me me")
    assert len(long) <= 60
    (home / "ask.txt").write_text("Who is there?\n")
    with pytest.raises(JobError, match=r"setting instructions, .*ask.txt was .*held"):
        carried_out(study, tmp_path / "run")


def test_two_instructions_of_one_name_are_refused(home: Path, tmp_path: Path) -> None:
    study = small_study(home, ask={"instructions": ["Tell me " * 20 + "a", "Tell me " * 20 + "b"]})
    with pytest.raises(UsageError, match="two instructions would both be called 'Tell me Tell me"):
        carried_out(study, tmp_path / "run")


@pytest.mark.parametrize(
    ("compare", "message"),
    [
        ({"first": "gaez"}, r"\[compare\] nothing is shown as 'gaez'; did you mean 'gaze'; shown are: gaze; center; no image"),
        ({"against": ["centre"]}, "nothing is shown as 'centre'; did you mean 'center'"),
        ({"as_good_as": "full", "margin": {"exact_match": 0.1}}, "nothing is shown as 'full'"),
        (
            {"as_good_as": "center", "margin": {"exact_mach": 0.1}},
            "margin is of no metric: 'exact_mach'; did you mean 'exact_match'; scored are: exact_match",
        ),
    ],
    ids=["first", "against", "as good as", "margin"],
)
def test_what_could_not_be_compared_is_told_before_anything_is_asked(
    compare: dict[str, object], message: str, home: Path, tmp_path: Path
) -> None:
    model = Listener()
    with pytest.raises(UsageError, match=message):
        carried_out(small_study(home, compare=compare), tmp_path / "run", model)
    assert model.asked == []


def test_the_first_of_all_comes_first_where_gaze_is_not_shown_and_a_judge_may_grade_later(home: Path) -> None:
    compare = {"as_good_as": "full", "margin": {"judge_correctness": 0.5, "human_accuracy": 0.5}}
    study = small_study(home, views=["center", "full"], compare=compare)
    assert plan_study(study, loader(study, send=False)).questions > 0
