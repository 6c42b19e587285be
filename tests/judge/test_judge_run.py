"""A Run judged: what each line is owed, what a stop leaves, what is asked again."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foveate.batch.speaker import Speaker
from foveate.errors import JobError, ModelError, UsageError
from foveate.evaluation.table import make_tables
from foveate.evaluation.table_text import unscored_told
from foveate.job.lock import locked
from foveate.judge.facts import preferences
from foveate.judge.forget import forget_judge
from foveate.judge.plan import plan_grades, plan_pairs, split_pair
from foveate.judge.run import NOT_YET, JudgeDownError, Judging, judge_run
from foveate.judge.text import told_of_run
from foveate.run import Run, RunLine, read_run
from foveate.score.judge import read_rubric
from judge.judges import always, by_text, grades_by, order_of, same_words, the_same
from made_run import line, make_run
from model.stub_server import Fault, StubServer

RUBRIC = read_rubric()


def judging(server: StubServer, **told: Any) -> Judging:
    return Judging(Speaker(server.name), RUBRIC, **{"repeats": 1, **told})


def judge(run: Run, server: StubServer, *, pair: tuple[str, str] | None = None, **how: Any) -> tuple[Run, dict[str, Any]]:
    """Judge a Run as it is on disk, one question at a time in this process."""
    read = read_run(run.folder)
    repeats = how.pop("repeats", 1)
    plan = plan_grades(read) if pair is None else plan_pairs(read, *pair)
    return judge_run(read, plan, judging(server, repeats=repeats), engine="here", **how)


def of(run: Run, name: str) -> dict[tuple[str, str], float | str]:
    """Every line's score, or the reason why it has none, as they are on disk."""
    lines = read_run(run.folder).lines
    return {(each.sample, each.shown): each.scores.get(name, each.unscored.get(name, "nothing")) for each in lines}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    lines = [
        line("a:0", "gaze", text="good", scores={"exact_match": 1.0}),
        line("a:0", "center", text="bad"),
        line("a:1", "gaze", text="good"),
        line("a:1", "center", text="good"),
        line("b:0", "gaze", text=None, reason="no frames"),
        line("b:0", "center", text="bad"),
        line("b:1", "gaze", text="good", references=()),
        line("b:1", "center", text="bad", references=()),
    ]
    return make_run(tmp_path / "run", lines)


def test_every_line_gets_its_grade_or_its_reason_and_keeps_what_it_had(run: Run) -> None:
    with StubServer(says=by_text({"good": 9, "bad": 2})) as server:
        _, facts = judge(run, server)
    assert of(run, "judge_correctness") == {
        ("a:0", "gaze"): 9.0,
        ("a:0", "center"): 2.0,
        ("a:1", "gaze"): 9.0,
        ("a:1", "center"): 9.0,
        ("b:0", "gaze"): "no answer: no frames",
        ("b:0", "center"): 2.0,
        ("b:1", "gaze"): "there is neither a reference nor frames to judge by",
        ("b:1", "center"): "there is neither a reference nor frames to judge by",
    }
    assert read_run(run.folder).lines[0].scores["exact_match"] == 1.0
    assert len(server.requests) == 4, "lines of a sample with the same text are one question"
    assert facts["pins"][0] | {"openai": ""} == {
        **{"answers": 4, "asked_model": "stub-vl", "host": "127.0.0.1", "jpeg_quality": "90"},
        **{"openai": "", "reported_model": "stub-vl-2", "response_format": "json_schema"},
        **{"system_fingerprint": "fp_7", "temperature": "0"},
    }
    assert facts["rubric"]["sha256"] == RUBRIC.sha256
    assert facts["scores"]["judge_no_hallucination"] == {"low": 1, "high": 10}
    assert json.loads((run.folder / "judge" / "judge.json").read_text(encoding="utf-8")) == json.loads(json.dumps(facts))


def test_every_question_and_answer_is_kept(run: Run) -> None:
    with StubServer(says=by_text({"good": 9, "bad": 2})) as server:
        judge(run, server, repeats=2)
    rows = [json.loads(row) for row in (run.folder / "judge" / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    kept = [each["exchange"] for row in rows for each in row["result"]["graded"]]
    sent = [request["messages"][-1]["content"] for request in server.requests]
    assert sorted(each["asked"] for each in kept) == sorted(sent)
    assert {json.loads(each["answered"])["correctness"] for each in kept} == {9, 2}
    assert order_of(kept[0]["asked"]) == ["correctness", "completeness", "no_hallucination"]


def test_a_score_is_the_mean_of_the_rounds_that_could_be_read_and_their_agreement_is_told(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [line(f"rec-{n}:0", "gaze", text=f"text {n}") for n in range(3)])
    with StubServer(says=by_text({"text 0": [4, 4, 4], "text 1": [4, 7, 4], "text 2": [8]})) as server:
        _, facts = judge(run, server, repeats=3)
    assert of(run, "judge_correctness") == {("rec-0:0", "gaze"): 4.0, ("rec-1:0", "gaze"): 5.0, ("rec-2:0", "gaze"): 8.0}
    told = facts["agreement"]["judge_correctness"]
    assert (told["items"], told["same"]["mean"], told["spread"]["mean"]) == (2, 0.5, 1.5)
    assert told["same"]["low"] is None, "two recordings are too few for an interval"
    assert (facts["fell_short"], facts["silent"]) == (1, 0)


def test_a_judge_that_is_down_stops_early_and_what_is_left_is_asked_later(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [line(f"rec-{n:02d}:0", "gaze", text=f"text {n}") for n in range(12)])
    grades = {f"text {n}": 3 for n in range(12)}
    with StubServer(says=by_text(grades), faults=[None, None, *[Fault(status=400)] * 5]) as server:
        with pytest.raises(
            JudgeDownError,
            match=r"refused the request \(400\): .*[^.]\. This was so 5 times in a row, and 5 items were not asked",
        ):
            judge(run, server)
        found = list(of(run, "judge_correctness").values())
        assert found[:2] == [3.0, 3.0]
        assert all("refused the request (400)" in str(each) for each in found[2:7])
        assert found[7:] == [NOT_YET] * 5
        judge(run, server)
        assert [each for each in of(run, "judge_correctness").values() if each != 3.0] == found[2:7]
        assert len(server.requests) == 12
        judge(run, server, again=True)
        assert set(of(run, "judge_correctness").values()) == {3.0}
        assert len(server.requests) == 17, "what was done is not asked again"


def test_prose_is_unscored_and_asked_again_on_request_only(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [line("a:0", "gaze", text="one"), line("a:1", "gaze", text="two")])
    with StubServer(says=by_text({"one": 3, "two": []})) as server:
        _, facts = judge(run, server)
        assert (facts["silent"], facts["failed"]) == (1, 0)
        assert "without the JSON object" in str(of(run, "judge_correctness")["a:1", "gaze"])
        judge(run, server)
        assert len(server.requests) == 2
        server.says = by_text({"two": 7})
        judge(run, server, again=True)
    assert of(run, "judge_correctness") == {("a:0", "gaze"): 3.0, ("a:1", "gaze"): 7.0}


def test_a_run_that_has_grown_is_asked_about_what_is_new(run: Run) -> None:
    with StubServer(says=by_text({"good": 9, "bad": 2, "new": 4})) as server:
        judge(run, server)
        before = len(server.requests)
        make_run(run.folder, [*read_run(run.folder).lines, line("c:0", "gaze", text="new")])
        judge(run, server)
        assert len(server.requests) == before + 1
    assert of(run, "judge_correctness")["c:0", "gaze"] == 4.0


def test_another_rubric_is_another_judge(run: Run) -> None:
    with StubServer(says=by_text({"good": 9, "bad": 2})) as server:
        judge(run, server)
        other = replace(judging(server), rubric=replace(RUBRIC, text=f"{RUBRIC.text}\n# changed"))
        with pytest.raises(JobError, match="holds another job: setting rubric"):
            judge_run(run, plan_grades(run), other, engine="here")
        judge_run(run, plan_grades(run, name="judge-two"), other, engine="here")
    assert of(run, "judge_two_correctness")["a:0", "gaze"] == of(run, "judge_correctness")["a:0", "gaze"] == 9.0


def test_grades_by_the_rubric_of_before_a_restart_leave_the_run(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'role = "You grade."\nlow = 1\nhigh = 10\ncompare = "Which?"\n'
        '[[criterion]]\nname = "correctness"\nasks = "Is it true?"\nlow_means = "no"\nhigh_means = "yes"\n',
        encoding="utf-8",
    )
    with StubServer(says=by_text({"good": 9, "bad": 2})) as server:
        judge(run, server)
        mine = replace(judging(server), rubric=read_rubric(str(file)))
        judged, _ = judge_run(read_run(run.folder), plan_grades(run), mine, engine="here", restart=True)
    assert judged.scored() == read_run(run.folder).scored() == ["exact_match", "judge_correctness"]


@pytest.mark.parametrize("by_hand", [False, True], ids=["with its folder", "its folder is gone already"])
@pytest.mark.parametrize(("forgotten", "kept"), [("judge", "judge_two"), ("judge-two", "judge")])
def test_one_judge_of_two_is_forgotten(run: Run, forgotten: str, kept: str, by_hand: bool) -> None:
    with StubServer(says=by_text({"good": 9, "bad": 2})) as server:
        for name in ("judge", "judge-two"):
            judge_run(read_run(run.folder), plan_grades(run, name=name), judging(server), engine="here")
    if by_hand:
        shutil.rmtree(run.folder / forgotten)
    after, names = forget_judge(read_run(run.folder), forgotten)
    criteria = ("correctness", "completeness", "no_hallucination")
    assert names == [f"{forgotten.replace('-', '_')}_{each}" for each in criteria]
    assert read_run(run.folder).lines == after.lines
    assert after.scored() == ["exact_match", *(f"{kept}_{each}" for each in criteria)]
    assert not (run.folder / forgotten).exists()
    assert (run.folder / kept.replace("_", "-") / "judge.json").exists()
    with pytest.raises(UsageError, match=f"has no judge '{forgotten}'"):
        forget_judge(after, forgotten)


def test_a_judge_that_is_at_work_is_not_forgotten(run: Run) -> None:
    with StubServer(says=by_text({"good": 9, "bad": 2})) as server:
        judge(run, server)
    with locked(run.folder / "judge"), pytest.raises(JobError, match="is being worked on by"):
        forget_judge(read_run(run.folder), "judge")
    assert of(run, "judge_correctness")["a:0", "gaze"] == 9.0


def test_a_judge_that_cannot_be_loaded_leaves_nothing(run: Run) -> None:
    with pytest.raises(ModelError, match="there is no model"):
        judge_run(run, plan_grades(run), Judging(Speaker("nobody:x"), RUBRIC), engine="here")
    assert not (run.folder / "judge").exists()


def test_the_shorter_question_is_told_so_that_no_view_is_given_away(tmp_path: Path) -> None:
    lines = [line("a:0", "text", asked="At 0:01 the wearer looked at (3, 4).\nWhat?"), line("a:0", "gaze", asked="What?")]
    run = make_run(tmp_path / "run", lines)
    with StubServer(says=always("A")) as server:
        judge(run, server)
    assert len(server.requests) == 2
    assert not any("looked at" in request["messages"][-1]["content"] for request in server.requests)


def test_a_comparison_gives_each_side_its_share(run: Run) -> None:
    run = make_run(run.folder, [replace(each, references=("good",)) for each in run.lines])
    with StubServer(says=grades_by(the_same)) as server:
        judged, facts = judge(run, server, pair=("center", "gaze"), repeats=2)
    assert of(run, "judge_center_or_gaze") == {
        ("a:0", "gaze"): 1.0,
        ("a:0", "center"): 0.0,
        ("a:1", "gaze"): 0.5,
        ("a:1", "center"): 0.5,
        ("b:0", "gaze"): "no answer: no frames",
        ("b:0", "center"): "no answer: no frames",
        ("b:1", "gaze"): 1.0,
        ("b:1", "center"): 0.0,
    }
    assert len(server.requests) == 2 * 2 * 2, "two pairs, two orders, two rounds; the same words are a tie unasked"
    (told,) = facts["preferred"]
    assert (told["wins"], told["ties"], told["losses"]) == (0, 1, 2)
    assert told["share"]["mean"] == pytest.approx((0.25 + 0.0) / 2), "recordings count alike"
    assert (facts["same_words"], facts["orders_agree"]["mean"]) == (1, 1.0)
    text = "\n".join(told_of_run(judged, plan_pairs(run, "center", "gaze"), facts))
    assert "center beside gaze: 0 won, 1 ties, 2 lost; preferred 12%" in text


def test_a_judge_that_takes_whatever_stands_first_prefers_nothing(run: Run) -> None:
    with StubServer(says=always("A")) as server:
        _, facts = judge(run, server, pair=("gaze", "center"))
    assert of(run, "judge_gaze_or_center")["a:0", "gaze"] == 0.5
    assert facts["orders_agree"]["mean"] == 0.0


def test_models_are_compared_as_views_are(tmp_path: Path) -> None:
    lines = [line("a:0", "gaze", text="cuts an apple", model="one"), line("a:0", "gaze", text="no", model="two, tuned")]
    run = make_run(tmp_path / "run", [*lines, line("a:1", "gaze", model="one")])
    with StubServer(says=grades_by(same_words)) as server:
        judged, _ = judge(run, server, pair=split_pair(run, "one,two, tuned"))
    score = "judge_one_or_two_tuned"
    assert [each.scores.get(score, each.unscored.get(score)) for each in judged.lines] == [
        *(1.0, 0.0),
        "there is no line of two, tuned to compare it with",
    ]


def test_tables_say_of_ways_that_a_comparison_is_not_about_that_it_is_not(run: Run) -> None:
    others = [replace(each, shown="full", text="none", scores={}) for each in run.lines if each.shown == "gaze"]
    make_run(run.folder, [*run.lines, *others])
    with StubServer(says=always("A")) as server:
        judged, facts = judge(run, server, pair=("gaze", "center"))
    assert facts["lines"] == 8, "those of the two"
    told = "\n".join(line for table in make_tables(judged) for line in unscored_told(table))
    assert "4 answers without judge gaze or center: it compares gaze and center only." in told
    assert "judge gaze or center: not scored yet" not in told


@pytest.mark.parametrize(
    ("told", "message"),
    [
        pytest.param("gaze", "takes two ways of showing", id="one"),
        pytest.param("gaze,centre", "it has: center; gaze", id="a typo"),
        pytest.param("gaze,gaze", "needs two that differ", id="twice the same"),
        pytest.param("gaze,mock", "has not both 'gaze' and 'mock'", id="a view and a model"),
    ],
)
def test_a_pair_that_is_none(run: Run, told: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        plan_pairs(run, *split_pair(run, told))


@pytest.mark.parametrize(
    ("lines", "how", "message"),
    [
        pytest.param([line("a:0", "gaze", references=())], {}, "not one line.*neither a reference", id="no reference"),
        pytest.param([line("a:0", "gaze", text=None)], {}, "not one line.*no answer", id="no answer"),
        pytest.param([line("a:0", "gaze")], {"name": "mine"}, "is called judge or judge-NAME", id="a name of its own"),
        pytest.param([line("a:0", "gaze")], {"frames": True}, "does not tell where the recording 'a' lies", id="no place"),
    ],
)
def test_what_cannot_be_planned_is_told(tmp_path: Path, lines: list[RunLine], how: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        plan_grades(make_run(tmp_path / "run", lines), **how)


def test_a_judge_that_looks_gets_whole_frames_and_their_hashes_are_kept(tmp_path: Path) -> None:
    place = {"world": {"seed": 20_000, "variant": "kitchen", "duration_s": 10.0}}
    lines = [line("a:0", shown, text=shown, start_s=1.0, stop_s=4.0, references=()) for shown in ("gaze", "center")]
    run = make_run(tmp_path / "run", lines, recordings={"a": place})
    with StubServer(says=always("A")) as server:
        _, facts = judge_run(run, plan_grades(run, frames=True), judging(server, frames=True), engine="here")
    assert (facts["images"], facts["frames"]["longest_px"]) == (6, 768)
    content = server.requests[0]["messages"][-1]["content"]
    assert [part["type"] for part in content].count("image_url") == 3
    assert "The images show what the person saw" in content[-1]["text"]
    rows = [json.loads(row) for row in (run.folder / "judge" / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows[0]["result"]["frames"] == rows[1]["result"]["frames"], "the same frames, whatever the model was shown"
    assert len(set(rows[0]["result"]["frames"]["sha256"])) == 3


def test_a_recording_of_which_other_warnings_are_told_is_the_same_to_a_judge(tmp_path: Path) -> None:
    """Of a Run that goes on with another version of foveate only the words may be others: what was judged stays."""
    place = {"path": "/data/a", "content": {"video": "00"}}
    warned = {**place, "warnings": ["gaze is late"], "frames": 300, "frames_with_video": 30}
    items = []
    for number, told in enumerate((place, warned, {**warned, "warnings": ["its gaze is late"]}, {**place, "content": {}})):
        run = make_run(tmp_path / str(number), [line("a:0", "gaze", text="x")], recordings={"a": told})
        items.append(plan_grades(run, frames=True).items)
    assert items[0] == items[1] == items[2] != items[3]


def test_a_judge_of_its_own_answers_and_one_that_changed_are_told(run: Run) -> None:
    with StubServer(says=by_text({"good": 9, "bad": 2})) as server:
        run = make_run(run.folder, [replace(each, model=server.name) for each in run.lines])
        judged, facts = judge(run, server)
    facts["pins"] *= 2
    text = "\n".join(told_of_run(judged, plan_grades(judged), facts))
    assert "one of the models that it judges" in text
    assert "changed under way" in text
    assert "unscored    2 of 8 lines: there is neither a reference" in text


def test_preferences_of_several_models_are_corrected_together(tmp_path: Path) -> None:
    """Each alone can reach p = .03 with six recordings; the two together cannot."""
    lines = [
        line(f"rec-{n}:0", shown, model=model, scores={"judge_gaze_or_center": value})
        for model in ("one", "two")
        for n in range(6)
        for shown, value in (("gaze", 1.0), ("center", 0.0))
    ]
    run = make_run(tmp_path / "run", lines)
    found = preferences(run, plan_pairs(run, "gaze", "center"))
    assert [(each["of"], each["wins"]) for each in found] == [("one", 6), ("two", 6)]
    assert [each["p"] for each in found] == [2 / 64, 2 / 64]
    assert [each["p_holm"] for each in found] == [4 / 64, 4 / 64]
