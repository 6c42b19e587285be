"""Faithful small folders of published data sets: their annotation files, and videos where a test asks for them."""

import csv
import json
from pathlib import Path
from typing import Any

from writers import ego4d, egoexo4d, egtea
from writers.video import write_clip

UID, OTHER, REDACTED = ego4d.UID, "5819e52c-4e12-4f86-ad69-76fc215dfbcb", "83081c5a-8456-44d8-af67-280034f8f0a6"
TAKE_UID, TAKE = "979fd973-086f-420e-b3af-9718eb171258", "nus_covidtest_29_2"


def put(file: Path, content: Any) -> Path:
    """Write text as it is, anything else as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def narration(seconds: Any, text: Any) -> dict[str, Any]:
    return {"timestamp_sec": seconds, "timestamp_frame": 0, "narration_text": text, "annotation_uid": "a"}


def write_ego4d(root: Path, *, flat: bool = False, videos: bool = False) -> Path:
    """v2/annotations/narration.json, v2/ego4d.json, and with ``videos`` one video with its gaze and a misnamed table."""
    narrations = {
        UID: {
            "status": "complete",
            "narration_pass_1": {
                "narrations": [
                    narration(1.0, "#C C picks a bag of clothes"),
                    narration(6.5, "#C C Puts down the bag."),
                    narration(7.0, "#O man X stands near a chair"),
                    narration(8.0, "#C C cuts the #unsure"),
                    narration(None, "#C C waits"),
                ],
                "summaries": [],
            },
            "narration_pass_2": {"narrations": [narration(2.0, "#c C lifts a bag")], "summaries": []},
        },
        OTHER: {"status": "complete", "narration_pass_1": {"narrations": [narration(20.0, "#C C walks")]}},
        REDACTED: {"status": "redacted"},
    }
    put(root / "v2" / "annotations" / "narration.json", narrations if flat else {"version": "v2", "videos": narrations})
    metadata = [
        {"video_uid": UID, "has_gaze": True, "fb_participant_id": 7, "video_source": "bristol"},
        {"video_uid": OTHER, "has_gaze": True, "fb_participant_id": None, "video_source": "bristol"},
        {"video_uid": REDACTED, "has_gaze": False},
    ]
    put(root / "v2" / "ego4d.json", {"version": "v2", "videos": metadata})
    if videos:
        ego4d.write_ego4d(root / "v2")
        ego4d.write_gaze(root / "v2" / "gaze" / f"{OTHER}.mp4", rows=[])
    return root


def description(timestamp: float, text: str, **told: Any) -> dict[str, Any]:
    return {"text": text, "timestamp": timestamp, "subject": "C", "ego_visible": True, "unsure": False, **told}


def write_egoexo4d(root: Path, *, takes: bool = True, videos: bool = False) -> Path:
    """takes.json, atomic descriptions and keysteps; with ``videos`` one take on disk."""
    if takes:
        entry = {"take_uid": TAKE_UID, "take_name": TAKE, "participant_uid": 388, "has_trimmed_eye_gaze": True}
        put(root / "takes.json", [entry, {"take_uid": "u2", "take_name": "cmu_bike12_3", "has_trimmed_eye_gaze": False}])
    good = [
        description(25.1, "C arranges the covid test materials on the table"),
        description(3.0, "C opens the box"),
        description(30.0, "O nods", subject="O"),
        description(31.0, "C holds a thing", unsure=True),
        description(32.0, "C stands up", ego_visible=False),
    ]
    rejected = {"descriptions": [description(1.0, "C does nothing")], "rejected": True}
    atomic = {"annotations": {TAKE_UID: [{"descriptions": good, "rejected": False}, rejected]}}
    put(root / "annotations" / "atomic_descriptions_train.json", atomic)
    segments = [
        {"step_name": "Open the kit", "step_description": "Open the test kit", "start_time": 1.5, "end_time": 4.0},
        {"step_name": "Nothing", "start_time": 9.0, "end_time": 8.0},
    ]
    keystep = {"annotations": {TAKE_UID: {"take_uid": TAKE_UID, "take_name": TAKE, "segments": segments}}}
    put(root / "annotations" / "keystep_val.json", keystep)
    if videos:
        egoexo4d.write_take(root / "takes" / TAKE)
    return root


LABELS = """# Clip ID (Unique, used only internally); Clip Prefix (Unique); Video Session; \
Starting Time (ms);  Ending Time (ms); Action Label; Verb Label; Noun Label(s)
1; P05-R01-PastaSalad-583261-586055; P05-R01-PastaSalad; 583261; 586055; Cut tomato; Cut; tomato
2; OP01-R01-PastaSalad-1000-1500; OP01-R01-PastaSalad; 1000; 1500; Transfer cucumber,cutting_board,bowl; Transfer; cucumber
3; OP01-R01-PastaSalad-1700-1600; OP01-R01-PastaSalad; 1700; 1600; Take bowl; Take; bowl
"""


def write_egtea(root: Path, *, videos: bool = False) -> Path:
    """raw_annotations/action_labels.csv and the first split; with ``videos`` one session."""
    put(root / "raw_annotations" / "action_labels.csv", LABELS)
    put(root / "train_split1.txt", "P05-R01-PastaSalad-583261-586055-F014000-F014067 4 2 7\n")
    put(root / "test_split1.txt", "OP01-R01-PastaSalad-1000-1500-F000024-F000036 5 3 8 9\n")
    if videos:
        egtea.write_session(root)
    return root


EPIC_HEADER = (
    "narration_id,participant_id,video_id,narration_timestamp,start_timestamp,stop_timestamp,start_frame,stop_frame,narration"
)


def write_epic_kitchens(root: Path, *, rows: list[str] | None = None, videos: bool = False) -> Path:
    rows = ["P01_01_0,P01,P01_01,00:00:01.089,00:00:00.14,00:00:03.37,8,202,open door",
            'P01_01_1,P01,P01_01,00:01:02.629,00:01:00.50,00:01:06.17,250,300,"turn on, then wait"',
            "P01_01_2,P01,P01_01,00:00:09,00:00:09,00:00:09,1,1,no time"] if rows is None else rows  # fmt: skip
    put(root / "EPIC_100_train.csv", "\n".join([EPIC_HEADER, *rows]) + "\n")
    put(root / "EPIC_100_validation.csv", f"{EPIC_HEADER}\nP02_03_0,P02,P02_03,00:00:01,00:00:01,00:00:02.5,1,2,take cup\n")
    if videos:
        (root / "P01" / "videos").mkdir(parents=True)
        write_clip(root / "P01" / "videos" / "P01_01.mp4", frames=30)
    return root


def write_activitynet(root: Path) -> Path:
    train = {
        "v_one": {
            "duration": 82.73,
            "timestamps": [[0.83, 19.86], [60.81, 90.0]],
            "sentences": ["A man sits.", " He  leaves."],
        },
        "v_two": {"duration": 10.0, "timestamps": [[9.0, 4.0], [12.0, 15.0]], "sentences": ["Backwards.", "After the end."]},
        "v_three": {"duration": 10.0, "timestamps": [[1.0, 2.0]], "sentences": []},
    }
    put(root / "train.json", train)
    put(root / "val_1.json", {"v_four": {"duration": 5.0, "timestamps": [[0, 5]], "sentences": ["A dog runs."]}})
    return root


def write_streamgaze(root: Path, *, videos: bool = False) -> Path:
    question = {
        "question": "What was used?",
        "time_stamp": "13:20",
        "answer": "C",
        "options": ["A. pan", "B. pot", "C. knife", "D. cup"],
    }
    past = [{"response_time": "[02:22 - 13:20]", "questions": [question], "video_path": "OP01-R01-PastaSalad.mp4"}]
    put(root / "qa" / "past_scene_recall.json", past)
    broken = {**question, "answer": "F"}
    plain = {**question, "time_stamp": "00:01:30", "options": ["pan", "pot", "knife"], "answer": "a"}
    present = [{"questions": [plain, broken], "video_path": "dataset/videos/R0027-12-GoPro.mp4"}, {"questions": []}]
    put(root / "qa" / "present_object_identification_easy.json", present)
    points = [{"realtime": "02:02", "type": 0}, {"realtime": "02:32", "type": 1}, {"realtime": "", "type": 1}]
    alert = {"question": "Alert me when I gaze on the <plate>.", "time_stamp": "00:08", "test_info": points}
    put(root / "qa" / "proactive_gaze_triggered_alert.json", [{"questions": [alert], "video_path": "R0027-12-GoPro.mp4"}])
    if videos:
        for place in ("original_video", "gaze_viz_video"):
            (root / "videos" / place).mkdir(parents=True)
            frames = 30 if place == "original_video" else 10
            write_clip(root / "videos" / place / "R0027-12-GoPro.mp4", frames=frames)
    return root


def key_frames(*frames: int) -> list[str]:
    return [f"{frame}.jpg" for frame in frames]


def write_egogazevqa(root: Path, *, as_csv: bool = False) -> Path:
    """Two of the three parts, with one question of each kind in the first."""
    options = [f"{letter}: choice {letter.lower()}" for letter in "ABCDE"]
    frames = key_frames(9601, 9779, 9902)
    for kind in ("spatial", "temporal", "causal"):
        entry = {
            "clip_name": "9601_9902.mp4", "clip_path": "9601_9902.mp4", "frames": frames,
            "question": f"A {kind} question in Frame 2?", "answer_options": options, "correct_answer": "B",
        }  # fmt: skip
        if as_csv:
            (root / "qa_pairs").mkdir(parents=True, exist_ok=True)
            with (root / "qa_pairs" / f"{kind}_egtea.csv").open("w", newline="") as opened:
                writer = csv.writer(opened)
                writer.writerow(["video_id", "group_id", "Question", "Answer Options", "Correct Answer"])
                writer.writerow(["OP01-R01-PastaSalad", "\n".join(frames), entry["question"], "\n".join(options), "B"])
        else:
            put(root / "qa_pairs" / f"{kind}_egtea.json", {"OP01-R01-PastaSalad": [entry]})
    lines = [
        {"timestamp_frame": 48, "narration_text": "Take pasta_container", "gaze_info": gaze(0.5, 0.5, "fixation")},
        {"timestamp_frame": 24, "narration_text": "Put pot", "gaze_info": gaze(0.0, 0.0, "untracked")},
    ]
    put(root / "narrations" / "egtea.json", {"OP01-R01-PastaSalad": {"narrations": lines}})
    told = {"timestamp_sec": 25.1, "timestamp_frame": 754, "description": "Arrange the materials", "gaze_info": gaze(0.5, 0.7)}
    put(root / "narrations" / "egoexo.json", {TAKE_UID: {"take_name": TAKE, "scenario": "Covid", "narrations": [told]}})
    backwards = {"frames": key_frames(90, 30), "question": "When?", "answer_options": options, "correct_answer": "A"}
    put(root / "qa_pairs" / "temporal_egoexo.json", {TAKE_UID: [backwards]})
    return root


def gaze(x: float, y: float, kind: str | None = None) -> dict[str, Any]:
    return {"gaze_x": x, "gaze_y": y, **({"gaze_type": kind} if kind else {})}
