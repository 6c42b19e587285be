"""Published data sets: the samples that their own files hold, what is left out and counted, and errors that name the place."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from foveate.clock import Span, seconds_to_ns
from foveate.dataset import DATASETS, counts, dataset_of, samples
from foveate.errors import DatasetError, RecordingError
from shared_data import shared
from writers import datasets as writers
from writers.video import write_clip

WRITERS = {
    "ego4d": writers.write_ego4d,
    "egoexo4d": writers.write_egoexo4d,
    "egtea": writers.write_egtea,
    "epic_kitchens": writers.write_epic_kitchens,
    "activitynet": writers.write_activitynet,
    "streamgaze": writers.write_streamgaze,
    "egogazevqa": writers.write_egogazevqa,
}


def span(start_s: float, stop_s: float) -> Span:
    return Span(seconds_to_ns(start_s), seconds_to_ns(stop_s))


def read(folder: Path, **options) -> tuple[list, Counter]:
    left_out = Counter()
    return list(samples(folder, left_out=left_out, **options)), left_out


@pytest.mark.parametrize("name", WRITERS)
def test_each_is_recognised_and_its_ids_differ(tmp_path, name):
    folder = WRITERS[name](tmp_path)
    assert dataset_of(folder)[0] == name
    found, _ = read(folder)
    assert found
    assert len({sample.id for sample in found}) == len(found)
    assert [sample.id for sample in read(folder)[0]] == [sample.id for sample in found]


@pytest.mark.parametrize("name", WRITERS)
def test_counts_agree_with_the_samples(tmp_path, name):
    folder = WRITERS[name](tmp_path)
    found, left_out = read(folder)
    told = counts(folder)
    assert told["samples"] == len(found)
    assert told["recordings"] == len({sample.recording.name for sample in found})
    assert {key.removeprefix("left out: "): value for key, value in told.items() if key.startswith("left out")} == left_out
    by_task = [value for key, value in told.items() if key.startswith("samples of task")]
    assert sum(by_task) == len(found)


def test_every_data_set_but_ones_own_is_written_here():
    assert set(DATASETS) == {*WRITERS, "jsonl"}


@pytest.mark.parametrize("flat", [False, True], ids=["under videos", "flat"])
def test_ego4d_narrations(tmp_path, flat):
    found, left_out = read(writers.write_ego4d(tmp_path, flat=flat))
    told = [(sample.id, sample.span, sample.instruction, sample.reference, sample.participant) for sample in found]
    uid = writers.UID
    assert told == [
        (f"{uid}/1/0/activity", span(0.0, 3.0), "activity", "The person picks a bag of clothes.", "bristol-7"),
        (f"{uid}/1/1/activity", span(5.0, 8.0), "activity", "The person puts down the bag.", "bristol-7"),
        (f"{uid}/1/1/future", span(1.5, 6.5), "next", "The person puts down the bag.", "bristol-7"),
        (f"{uid}/2/0/activity", span(0.5, 3.5), "activity", "The person lifts a bag.", "bristol-7"),
        (f"{writers.OTHER}/1/0/activity", span(18.5, 21.5), "activity", "The person walks.", ""),
        (f"{writers.OTHER}/1/0/future", span(15.0, 20.0), "next", "The person walks.", ""),
    ]
    assert left_out == {
        "narrations of what others do (not #C C)": 1,
        "narrations with #unsure": 1,
        "narrations without a time or text": 1,
        "videos whose narrations are redacted": 1,
    }


def test_ego4d_counts_gaze_by_metadata_by_files_and_by_what_can_be_read(tmp_path):
    told = counts(writers.write_ego4d(tmp_path, videos=True))
    assert told["videos that ego4d.json says have gaze"] == 2
    assert told["gaze tables"] == 2
    assert told["gaze tables called .mp4"] == 1
    assert told["gaze tables with samples"] == 1
    assert told["gaze samples"] == 60
    assert told["gaze tables whose video is here"] == 1
    assert (told["recordings with video here"], told["recordings with gaze here"]) == (1, 1)


def test_ego4d_samples_open_their_video_and_gaze(tmp_path):
    found, left_out = read(writers.write_ego4d(tmp_path, videos=True), with_video=True)
    assert {sample.recording.name for sample in found} == {writers.UID}
    assert left_out["samples whose video is not on this machine"] == 2
    assert len(found[0].recording.gaze) == 60
    assert found[0].recording is found[1].recording


def test_a_sample_without_its_video_says_so_when_it_is_looked_at(tmp_path):
    found, _ = read(writers.write_ego4d(tmp_path))
    with pytest.raises(RecordingError, match=r"has no scene stream .found: nothing.. Download it with: ego4d"):
        _ = found[0].recording.scene


def test_egoexo4d_descriptions_and_keysteps(tmp_path):
    found, left_out = read(writers.write_egoexo4d(tmp_path, videos=True))
    told = [(sample.kind, sample.task, sample.span, sample.reference, sample.side) for sample in found]
    assert told == [
        ("atomic", "activity", span(23.6, 26.6), "The person arranges the covid test materials on the table.", "train"),
        ("atomic", "future", span(20.1, 25.1), "The person arranges the covid test materials on the table.", "train"),
        ("atomic", "activity", span(1.5, 4.5), "The person opens the box.", "train"),
        ("keystep", "activity", span(1.5, 4.0), "Open the test kit", "validation"),
    ]
    assert {sample.participant for sample in found} == {"388"}
    assert left_out == {
        "descriptions of what others do (subject is not C)": 1,
        "descriptions that their annotator was unsure of": 1,
        "descriptions of what the wearer's camera does not see": 1,
        "descriptions of annotators whose work was rejected": 1,
        "keysteps without a span or text": 1,
    }
    assert len(found[0].recording.gaze) == 10
    told = counts(tmp_path)
    assert told["takes that takes.json says have gaze"] == 1
    assert told["takes with general_eye_gaze_2d.csv here"] == 1


def test_egoexo4d_without_takes_json_has_the_capture_for_a_participant(tmp_path):
    found, _ = read(writers.write_egoexo4d(tmp_path, takes=False))
    assert {sample.participant for sample in found if sample.kind == "keystep"} == {"nus_covidtest_29"}


def test_egtea_actions(tmp_path):
    found, left_out = read(writers.write_egtea(tmp_path, videos=True))
    told = [(sample.task, sample.recording.name, sample.span, sample.reference, sample.side) for sample in found]
    assert told == [
        ("activity", "P05-R01-PastaSalad", span(583.261, 586.055), "Cut tomato", "train"),
        ("future", "P05-R01-PastaSalad", span(578.261, 583.261), "Cut tomato", "train"),
        ("activity", "OP01-R01-PastaSalad", span(1.0, 1.5), "Transfer cucumber, cutting board, bowl", "test"),
    ]
    assert [sample.participant for sample in found] == ["P05", "P05", "OP01"]
    assert left_out == {"actions without a session, span or label": 1}
    assert len(found[2].recording.gaze) == 60
    assert counts(tmp_path)["sessions with video and gaze here"] == 1


def test_epic_kitchens_has_no_gaze(tmp_path):
    found, left_out = read(writers.write_epic_kitchens(tmp_path, videos=True))
    told = [(sample.id, sample.span, sample.reference, sample.participant, sample.side) for sample in found]
    assert told == [
        ("P01_01_0/activity", span(0.14, 3.37), "open door", "P01", "train"),
        ("P01_01_1/activity", span(60.5, 66.17), "turn on, then wait", "P01", "train"),
        ("P01_01_1/future", span(55.5, 60.5), "turn on, then wait", "P01", "train"),
        ("P02_03_0/activity", span(1.0, 2.5), "take cup", "P02", "validation"),
    ]
    assert left_out == {"narrations without a video, span or text": 1}
    assert set(found[0].recording.loaders) == {"scene"}
    told = counts(tmp_path)
    assert (told["recordings with video here"], told["recordings with gaze here"]) == (1, 0)
    found, left_out = read(tmp_path, with_video=True, with_gaze=True)
    assert found == []
    assert left_out["samples whose gaze is not on this machine"] == 3


def test_activitynet_spans_are_cut_to_their_video(tmp_path):
    found, left_out = read(writers.write_activitynet(tmp_path))
    told = [(sample.id, sample.span, sample.reference, sample.side) for sample in found]
    assert told == [
        ("train/v_one/0", span(0.83, 19.86), "A man sits.", "train"),
        ("train/v_one/1", span(60.81, 82.73), "He leaves.", "train"),
        ("val_1/v_four/0", span(0.0, 5.0), "A dog runs.", "validation"),
    ]
    assert left_out == {
        "sentences without a span inside their video, or without text": 2,
        "videos without as many sentences as timestamps": 1,
    }


def test_streamgaze_sees_no_more_than_its_tasks_allow(tmp_path):
    found, left_out = read(writers.write_streamgaze(tmp_path))
    told = [(sample.kind, sample.span, sample.choices, sample.letter, sample.participant) for sample in found]
    alert, four, three = ("Yes", "No"), ("pan", "pot", "knife", "cup"), ("pan", "pot", "knife")
    assert told == [
        ("past_scene_recall", span(0.0, 800.0), four, "C", "OP01"),
        ("present_object_identification_easy", span(30.0, 90.0), three, "A", ""),
        ("proactive_gaze_triggered_alert", span(0.0, 122.0), alert, "B", ""),
        ("proactive_gaze_triggered_alert", span(0.0, 152.0), alert, "A", ""),
    ]
    assert found[0].reference == "knife"
    assert found[0].asked == (
        "What was used?\nA. pan\nB. pot\nC. knife\nD. cup\nAnswer with the letter of the right choice only."
    )
    assert left_out == {
        "questions without a time, text, options or a right one among them": 1,
        "entries without a video or questions": 1,
        "test points without a time, text or expected answer": 1,
    }


def test_streamgaze_never_takes_videos_with_gaze_drawn_into_them(tmp_path):
    found, _ = read(writers.write_streamgaze(tmp_path, videos=True))
    drawn_on = next(sample for sample in found if sample.kind.startswith("present")).recording
    assert len(drawn_on.scene.time_ns) == 30
    (tmp_path / "videos" / "original_video" / "R0027-12-GoPro.mp4").unlink()
    found, _ = read(tmp_path, with_video=True)
    assert found == []


@pytest.mark.parametrize("as_csv", [False, True], ids=["json", "csv"])
def test_egogazevqa_questions_and_narrations(tmp_path, as_csv):
    found, left_out = read(writers.write_egogazevqa(tmp_path, as_csv=as_csv))
    questions = [sample for sample in found if sample.task == "question"]
    assert [sample.kind for sample in questions] == ["spatial", "temporal", "causal"]
    one = questions[0]
    assert one.span == span(9601 / 24, 9903 / 24)
    assert one.moments_ns == tuple(seconds_to_ns(frame / 24) for frame in (9601, 9779, 9902))
    assert (one.choices[1], one.letter, one.reference, one.participant) == ("choice b", "B", "choice b", "OP01")
    told = [(sample.recording.name, sample.span, sample.reference) for sample in found if sample.task == "activity"]
    assert told == [
        ("OP01-R01-PastaSalad", span(0.5, 3.5), "Take pasta container"),
        ("OP01-R01-PastaSalad", span(0.0, 3.0), "Put pot"),
        (writers.TAKE, span(754 / 30 - 1.5, 754 / 30 + 1.5), "Arrange the materials"),
    ]
    assert left_out == {"questions without key frames in order, text, options or a right one among them": 1}
    told = counts(tmp_path)
    assert (told["egtea: lines narrated"], told["egtea: lines with a gaze point"]) == (2, 1)


def test_the_real_egogazevqa_has_the_counts_of_its_readme():
    folder = shared("egogazevqa")
    told = counts(folder)
    assert (told["egtea: videos narrated"], told["egtea: lines narrated"]) == (82, 14_236)
    assert (told["egoexo: videos narrated"], told["egoexo: lines narrated"]) == (161, 4_524)
    assert told["egtea: lines with a gaze point"] == 14_236 - 442
    assert (told["egtea: questions"], told["egoexo: questions"]) == (491, 689)
    assert told["samples of task question"] == 491 + 689
    assert told["samples of task activity"] == 14_236 + 4_524
    assert not any(key.startswith("left out") for key in told)


def test_tasks_can_be_chosen(tmp_path):
    folder = writers.write_epic_kitchens(tmp_path)
    assert {sample.task for sample in samples(folder, tasks=("future",))} == {"future"}
    with pytest.raises(DatasetError, match="epic_kitchens has no samples of the task 'question'; it has: activity, future"):
        list(samples(folder, tasks=("question",)))


def test_videos_may_lie_elsewhere_and_in_any_case(tmp_path):
    folder = writers.write_epic_kitchens(tmp_path / "annotations")
    (tmp_path / "disk").mkdir()
    write_clip(tmp_path / "disk" / "P01_01.mp4", frames=10).rename(tmp_path / "disk" / "P01_01.MP4")
    found, _ = read(folder, videos=tmp_path / "disk", with_video=True)
    assert {sample.recording.name for sample in found} == {"P01_01"}


def test_a_broken_video_is_told_and_does_not_stop_the_rest(tmp_path):
    folder = writers.write_egtea(tmp_path, videos=True)
    (tmp_path / "gaze_data" / "P05-R01-PastaSalad.txt").symlink_to("/etc/hostname")
    (tmp_path / "videos" / "P05-R01-PastaSalad.mp4").write_bytes(b"no video")
    found, _ = read(folder)
    assert len(found) == 3
    assert found[0].recording.loaders == {}
    assert "leads out of the recording's folder" in found[0].recording.notes[0]


@pytest.mark.parametrize(
    ("name", "file", "content", "message"),
    [
        ("ego4d", "v2/annotations/narration.json", "{", "narration.json is no JSON"),
        ("ego4d", "v2/annotations/narration.json", [], "the file should be a JSON object, found a list"),
        ("ego4d", "v2/ego4d.json", "[1]", "the file should be a JSON object, found a list"),
        ("egoexo4d", "annotations/keystep_val.json", {}, "'annotations' should be a JSON object, found a NoneType"),
        ("egtea", "raw_annotations/action_labels.csv", "1; 2\n", "has no column 'Clip Prefix .Unique.' .found: 1, 2."),
        ("egtea", "raw_annotations/action_labels.csv", "", "has no column 'Clip Prefix .Unique.' .found: nothing."),
        ("epic_kitchens", "EPIC_100_train.csv", "narration_id;video_id\n", "has no column 'narration_id'"),
        ("activitynet", "val_1.json", "3", "the file should be a JSON object, found a int"),
        ("streamgaze", "qa/past_scene_recall.json", {}, "should hold a list of videos, found a dict"),
        ("egogazevqa", "narrations/egtea.json", "nothing", "egtea.json is no JSON"),
    ],
)
def test_broken_files_are_named(tmp_path, name, file, content, message):
    folder = WRITERS[name](tmp_path)
    writers.put(folder / file, content)
    with pytest.raises(DatasetError, match=message) as caught:
        counts(folder, name=name)
    assert "\n" not in str(caught.value)
    assert file.rpartition("/")[2] in str(caught.value)


@pytest.mark.parametrize(
    "entry", [None, 3, "text", [], {"status": 1}, {"narration_pass_1": []}, {"narration_pass_1": {"narrations": [1]}}]
)
def test_strange_entries_are_no_crash(tmp_path, entry):
    writers.put(tmp_path / "narration.json", {"videos": {"uid": entry}})
    assert read(tmp_path)[0] == []


def test_binary_tables_are_refused(tmp_path):
    folder = writers.write_epic_kitchens(tmp_path)
    (folder / "EPIC_100_train.csv").write_bytes(b"\xff\xfe\x00narration_id")
    with pytest.raises(DatasetError, match="cannot be read as a table"):
        list(samples(folder))


def test_unknown_folders_and_names(tmp_path):
    with pytest.raises(DatasetError, match=r"holds no data set that is known .found: nothing.. Looked for ego4d: Ego4D"):
        dataset_of(tmp_path)
    with pytest.raises(DatasetError, match="there is no data set 'egtee'; did you mean 'egtea'; allowed: ego4d"):
        dataset_of(tmp_path, name="egtee")
    with pytest.raises(DatasetError, match="does not exist"):
        dataset_of(tmp_path / "nowhere")


STRANGE = [None, True, -1, 1e308, float("nan"), "", "x", [], {}, [[]], {"a": 1}, 10**400, "9" * 400, "../../etc/passwd", "\0"]


def mutated(found, rng: random.Random):
    """JSON with one of its values, at any depth, replaced by a strange one."""
    places = []

    def walk(value) -> None:
        for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
            places.append((value, key))
            walk(value[key])

    walk(found)
    holder, key = rng.choice(places)
    holder[key] = rng.choice(STRANGE)
    return found


@pytest.mark.parametrize("name", ["ego4d", "egoexo4d", "activitynet", "streamgaze", "egogazevqa"])
def test_strange_values_anywhere_are_typed_errors_or_left_out(tmp_path, name):
    folder = WRITERS[name](tmp_path)
    rng = random.Random(name)
    for file in sorted(folder.rglob("*.json")):
        whole = file.read_text()
        for _ in range(20):
            file.write_text(json.dumps(mutated(json.loads(whole), rng)))
            try:
                told = counts(folder, name=name)
            except DatasetError as error:
                assert file.name in str(error)  # noqa: PT017 - either is right, but an error names its file
            else:
                assert told["samples"] >= 0
        file.write_text(whole)
