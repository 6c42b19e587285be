"""foveate prepare: shards of a study, resumed after a kill, with what is left out counted and what fails listed."""

import hashlib
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cli.test_many import KILLED
from command_line import Foveate
from foveate.batch.prepare import prepare, processor_of, shard_of
from foveate.dataset import samples
from foveate.errors import DatasetError
from foveate.job import ENGINES
from foveate.job.here import Here
from foveate.train.prepare import Recipe
from foveate.train.shards import ShardDataset
from foveate.train.source_toykitchen import ToyKitchen
from writers.table import write_table
from writers.video import SIZE, write_clip

HOW = ("--fps", "10", "--model", "builtin", "--check", "none", "--shares", "train=.5,validation=.5")


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work of a batch is done in this process."""
    monkeypatch.setitem(ENGINES, "local", Here)


def sample(recording: str, start_s: float, **told: object) -> dict[str, object]:
    line = {"recording": recording, "start_s": start_s, "stop_s": start_s + 0.3, "task": "activity", "instruction": "activity"}
    return {
        **line,
        "reference": "The person opens the blue box.",
        "participant": recording,
        "id": f"{recording}/{start_s}",
        **told,
    }


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Three recordings with gaze and one without, two samples each; one sample has nothing to say."""
    folder = tmp_path / "study"
    for name in ("ann", "bob", "cyd"):
        write_table(folder / name)
    (folder / "dee").mkdir()
    write_clip(folder / "dee" / "scene.mp4", frames=20, fps=25.0, size_px=SIZE)
    (folder / "dee" / "foveate.toml").write_text('[table]\nvideo = "scene.mp4"\n')
    lines = [sample(name, start_s) for name in ("ann", "bob", "cyd", "dee") for start_s in (0.1, 0.4)]
    lines.append(sample("bob", 0.2, reference=" "))
    lines.append(sample("cyd", 0.2, reference="The person opens the oyster."))
    (folder / "samples.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def contents(folder: Path) -> dict[str, str]:
    """Every file that counts -> its hash; the journal tells of seconds."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in ("journal.jsonl", "job.lock")]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_study_becomes_shards(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    code, out, err = foveate("prepare", study, *HOW, "-o", tmp_path / "shards")
    assert code == 0, err
    index = json.loads((tmp_path / "shards" / "index.json").read_text())
    assert index["counts"]["clips"] == 9
    assert index["counts"]["recordings"] == 4
    assert index["split"] == "participant and recording, seed 0"
    assert index["left_out"] == {"samples without a reference text": 1}
    assert index["text"] == {"references with words that the model does not know": 1}
    assert "9 clips of 4 recordings" in out
    assert "left out: 1 samples without a reference text" in out
    assert "references with words that the model does not know: 1" in out
    sides = {side: ShardDataset(tmp_path / "shards", side=side) for side in ("train", "validation")}
    people = {side: {item["participant"] for item in dataset} for side, dataset in sides.items()}
    assert people["train"] | people["validation"] == {"ann", "bob", "cyd", "dee"}
    assert not people["train"] & people["validation"]
    found = {item["id"]: item for dataset in sides.values() for item in dataset}
    assert list(map(len, (found["ann/0.1"]["images"], found["ann/0.1"]["gaze_target"]))) == [3, 3]
    assert found["ann/0.1"]["prompt"] == "What is the person doing?"
    assert all(found["ann/0.1"]["gaze_valid"])
    assert not any(found["dee/0.1"]["gaze_valid"])
    assert index["counts"]["frames"] - index["counts"]["frames with gaze"] == index["gaze"]["images without valid gaze"] == 6


def test_killed_it_goes_on_and_ends_as_if_it_had_not_been(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    whole, out = tmp_path / "whole", tmp_path / "killed"
    foveate("prepare", study, *HOW, "-o", whole)
    here = "from foveate.job import ENGINES\nfrom foveate.job.here import Here\nENGINES['local'] = Here\n"
    line = [sys.executable, "-c", here + KILLED, "2", "before", "prepare", str(study), *HOW, "-o", str(out)]
    assert subprocess.run(line, capture_output=True, check=False, timeout=300).returncode == -signal.SIGKILL
    with pytest.raises(DatasetError, match="are not finished"):
        ShardDataset(out)
    code, _, err = foveate("prepare", study, *HOW, "-o", out)
    assert (code, "going on: 1 of 4 parts were decided before" in err) == (0, True)
    assert contents(out) == contents(whole)
    code, _, err = foveate("prepare", study, *HOW, "-o", out, "--sigma-px", "5")
    assert code == 2
    assert "holds another job: setting recipe, sigma_px was 20.0, now 5.0" in err


def test_a_recording_that_fails_is_listed_and_takes_no_other_with_it(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    gaze = study / "bob" / "gaze.csv"
    kept = gaze.read_bytes()
    gaze.write_text("time_ns,x_px,y_px\nsoon,1,2\n")
    code, out, err = foveate("prepare", study, *HOW, "-o", tmp_path / "shards")
    assert code == 2
    assert "7 clips of 3 recordings" in out
    assert "1 of 4 parts failed, for the reasons above; --again tries them again" in err
    assert "bob" in err
    assert len(json.loads((tmp_path / "shards" / "index.json").read_text())["failures"]) == 1
    gaze.write_bytes(kept)
    code, out, _ = foveate("prepare", study, *HOW, "-o", tmp_path / "shards", "--again")
    assert (code, "9 clips of 4 recordings" in out) == (0, True)


def test_ctrl_c_while_training_prepares_ends_it_and_the_same_command_goes_on(
    study: Path, tmp_path: Path, foveate: Foveate, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("accelerate", "peft"):
        pytest.importorskip(module)
    words = [str(study), "--fps", "10", "--check", "none", "--shares", "train=.5,validation=.5"]
    keys: dict[str, object] = {"model": "builtin", "shards": "shards", "prepare": words, "out": "run", "steps": 1}
    keys |= {"batch_size": 1, "tune": "block", "evaluate_on": 0}
    file = tmp_path / "run.toml"
    file.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()), encoding="utf-8")
    calls = iter(range(9))

    def interrupted(*given: object, **more: object) -> object:
        if next(calls):
            raise KeyboardInterrupt
        return shard_of(*given, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr("foveate.batch.prepare.shard_of", interrupted)
        code, _, err = foveate("train", file)
    assert (code, "1 of 4 parts are decided; the same command goes on" in err) == (130, True), err
    assert "Traceback" not in err
    assert not (tmp_path / "run").exists()
    assert [path.name for path in (tmp_path / "shards").rglob("*.safetensors")] == ["clips.safetensors"]
    assert not (tmp_path / "shards" / "index.json").exists()
    code, out, err = foveate("train", file)
    assert (code, "1 steps; " in out, "going on: 1 of 4 parts were decided before" in err) == (0, True, True), err


def test_changed_samples_are_another_job(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    foveate("prepare", study, *HOW, "-o", tmp_path / "shards")
    file = study / "samples.jsonl"
    file.write_text(file.read_text().replace("blue box", "red box", 1))
    code, _, err = foveate("prepare", study, *HOW, "-o", tmp_path / "shards")
    assert (code, "1 items changed" in err) == (2, True)
    code, _, _ = foveate("prepare", study, *HOW, "-o", tmp_path / "shards", "--restart")
    assert code == 0
    assert "The person opens the red box." in {item["reference"] for item in ShardDataset(tmp_path / "shards", side=None)}


def test_the_data_sets_own_split_is_kept_where_it_keeps_people_apart(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    file = study / "samples.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]

    def give(side_of: dict[str, str]) -> None:
        file.write_text("".join(json.dumps({**line, "side": side_of[line["recording"]]}) + "\n" for line in lines))

    give({"ann": "train", "bob": "train", "cyd": "test", "dee": "test"})
    code, out, _ = foveate("prepare", study, *HOW[:-2], "--split", "train", "-o", tmp_path / "own")
    assert code == 0
    assert "4 clips of 2 recordings (train 4; split by the data set's own split)" in out
    assert "left out: 5 samples of the side test" in out
    for line, side in zip(lines, ("train", "test") * 5, strict=True):
        line["side"] = side
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    code, out, _ = foveate("prepare", study, *HOW[:-2], "-o", tmp_path / "anew")
    assert (code, "split by participant and recording, seed 0" in out) == (0, True)


def test_an_estimate_makes_a_few_clips_and_leaves_nothing(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    code, out, _ = foveate("prepare", study, *HOW, "--estimate")
    assert code == 0
    assert re.match(r"9 clips, 26 frames, 0\.000 GB, \d+\.\d min with one worker \(from 7 clips made in", out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["nowhere", "-o", "x"], "nowhere does not exist", id="no such data set"),
        pytest.param(
            ["toykitchn", "-o", "x", "--model", "builtin"],
            "toykitchn does not exist; did you mean 'toykitchen'",
            id="misspelt toykitchen",
        ),
        pytest.param(["toykitchen:othr", "-o", "x"], "no toy kitchen 'othr'; did you mean 'other'", id="misspelt variant"),
        pytest.param(["toykitchen"], "no folder for the shards was named; give one with -o", id="no folder"),
        pytest.param(["toykitchen", "-o", "x", "--split", "trian"], "no side 'trian'; did you mean 'train'", id="side"),
        pytest.param(["toykitchen", "-o", "x", "--shares", "train"], "--shares takes SIDE=SHARE", id="shares"),
        pytest.param(["toykitchen", "-o", "x", "--tasks", "code"], "no samples of the task 'code'", id="task"),
        pytest.param(["toykitchen", "-o", "x", "--worlds", "0"], "--worlds must be 1 or more", id="no worlds"),
        pytest.param(["toykitchen", "-o", "x", "--view", "ful"], "did you mean 'full'", id="view"),
        pytest.param(["toykitchen", "-o", "x", "--check", "global"], "no occlusion check 'global'", id="check"),
        pytest.param(["toykitchen", "-o", "x", "--images", "gif"], "png or jpeg, got 'gif'", id="images"),
        pytest.param(["toykitchen", "-o", "x", "--sigma-px", "0"], "sigma_px must be positive", id="sigma"),
        pytest.param(["toykitchen", "-o", "x", "--model", "mock"], "mock cannot be trained here", id="mock"),
        pytest.param(["toykitchen", "-o", "x", "--workers", "0"], "workers must be at least 1", id="workers"),
        pytest.param(["STUDY", "-o", "x"], "no model was named, and targets lie on the model's own grid", id="no model"),
        pytest.param(["STUDY", "-o", "STUDY", *HOW], "is not empty and holds no batch", id="folder of something else"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    arguments: list[str], message: str, study: Path, tmp_path: Path, foveate: Foveate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = foveate("prepare", *(str(study) if each == "STUDY" else each for each in arguments))
    assert code == 2
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "x").exists()


def test_too_few_people_for_the_sides(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    lines = [line for line in (study / "samples.jsonl").read_text().splitlines(keepends=True) if '"ann"' in line]
    (study / "samples.jsonl").write_text("".join(lines))
    code, _, err = foveate("prepare", study, *HOW[:-2], "-o", tmp_path / "x")
    assert (code, "name fewer with --shares, such as --shares train=1" in err) == (2, True)
    code, out, _ = foveate("prepare", study, *HOW[:-2], "-o", tmp_path / "x", "--shares", "train=1")
    assert (code, "2 clips of 1 recordings (train 2;" in out) == (0, True)


def test_worlds_of_the_toy_kitchen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One world of eight seconds, then one more on another side: the same folder goes on."""
    monkeypatch.setitem(ENGINES, "local", Here)
    model, recipe = processor_of("builtin"), Recipe(check=None, window_ms=30.0)
    for worlds in ({"train": 1}, {"train": 1, "validation": 1}):
        made = prepare(ToyKitchen(worlds, tasks=("activity",), duration_s=8.0), model, recipe, tmp_path / "shards")
        assert [shard["side"] for shard in made.index["shards"]] == list(worlds)
    train, validation = (ShardDataset(tmp_path / "shards", side=side) for side in ("train", "validation"))
    assert {item["recording"] for item in train} == {"toykitchen toykitchen-kitchen-0"}
    assert {item["recording"] for item in validation} == {"toykitchen toykitchen-kitchen-20000"}
    assert train[0]["images"][0].shape == (108, 108, 3)  # the largest image of 16 tokens
    assert np.argmax(train[0]["gaze_target"][0]) in range(16)


def test_the_study_is_what_its_samples_say(study: Path) -> None:
    assert len(list(samples(study))) == 10
