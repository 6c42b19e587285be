"""foveate train, as a user types it: to the end, killed with SIGKILL, and what it refuses."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from foveate.model.torchvision_ops import ensure_operators  # noqa: E402

ensure_operators()
pytest.importorskip("accelerate")
pytest.importorskip("peft")
pytest.importorskip("rouge_score")

from foveate import cli, errors  # noqa: E402
from foveate.train.shards import INDEX  # noqa: E402
from model import tiny  # noqa: E402
from train.clips import write_shards  # noqa: E402

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model and shards for it."""
    folder = tmp_path_factory.mktemp("train")
    tiny.make("qwen2_5_vl", folder / "model")
    write_shards(folder / "shards", train=range(11), validation=range(20, 25))
    write_shards(folder / "unseen", gaze=False, train=range(4), validation=range(4, 6))
    return folder


def run_file(work: Path, out: Path, **more: Any) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    keys = {
        **{"model": f"hf:{work / 'model'}", "shards": str(work / "shards"), "out": out.name, "steps": 6, "batch_size": 2},
        **{"accumulate": 2, "save_every": 2, "log_every": 1, "evaluate_every": 3, "evaluate_on": 4, "block_heads": 2},
        **{"learning_rate": 0.01, "lora_dropout": 0.3, "max_new_tokens": 6, "object_names": ["a", "b"], **more},
    }
    path = out.with_suffix(".toml")
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()), encoding="utf-8")
    return path


def called(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["foveate", *words])
    capsys.readouterr()
    try:
        cli.main()
        code = 0
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    told = capsys.readouterr()
    return code, told.out, told.err


def same(one: Path, other: Path) -> None:
    for name in ("adapter_model.safetensors", "gaze_block.safetensors", "optimizer.safetensors", "random-0.safetensors"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_to_the_end_and_after_a_sigkill(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    code, out, err = called(monkeypatch, capsys, "train", str(run_file(work, whole)))
    assert code == 0, err
    assert "6 steps; " in out
    assert "of the time waiting for data" in out
    assert "step 3: loss" in err
    there = {each.name for each in whole.iterdir()}
    assert {"run.toml", "log.jsonl", "card.md", "model", "gaze_block.safetensors", "sheet-3.png", "sheet-6.png"} <= there
    log = [json.loads(line) for line in (whole / "log.jsonl").read_text().splitlines()]
    evaluations = [line for line in log if "eval_loss" in line]
    assert [line["step"] for line in evaluations] == [3, 6]
    assert {"eval_exact_match", "eval_rouge_l", "eval_object_words", "eval_gaze_kl", "eval_gaze_top_10"} <= set(evaluations[0])
    card = (whole / "card.md").read_text()
    assert "rouge_l" in card
    assert "personal data" in card
    assert str(tmp_path) not in card
    assert str(work) not in card
    code, out, _ = called(monkeypatch, capsys, "train", str(whole.with_suffix(".toml")))
    assert (code, "is finished" in out) == (0, True)

    path = run_file(work, killed)
    with (tmp_path / "stderr.txt").open("w") as err_file:
        process = subprocess.Popen(
            [sys.executable, "-m", "foveate", "train", str(path)], env=ENVIRONMENT, stdout=err_file, stderr=err_file
        )
        try:
            wait_for(lambda: lines(killed / "log.jsonl") >= 3, process, tmp_path / "stderr.txt")
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert not (killed / "card.md").exists()
    (killed / "checkpoint-9.part").mkdir()
    code, _, err = called(monkeypatch, capsys, "train", str(path))
    assert code == 0, err
    assert "going on from" in err
    same(whole / "checkpoint-6", killed / "checkpoint-6")
    for name in ("gaze_block.safetensors", "model/adapter_model.safetensors"):
        assert (whole / name).read_bytes() == (killed / name).read_bytes(), name
    assert not list(killed.glob("*.part"))

    # killed between the last checkpoint and the card
    (killed / "card.md").unlink()
    code, _, err = called(monkeypatch, capsys, "train", str(path))
    assert code == 0, err
    assert (killed / "card.md").exists()
    assert (whole / "gaze_block.safetensors").read_bytes() == (killed / "gaze_block.safetensors").read_bytes()


def lines(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.exists() else 0


def wait_for(done: Any, process: "subprocess.Popen[bytes]", told: Path, *, most_s: float = 900.0) -> None:
    stop_s = time.monotonic() + most_s
    while not done():
        assert process.poll() is None, told.read_text()
        assert time.monotonic() < stop_s, told.read_text()
        time.sleep(0.02)


REFUSED = {
    "a misspelt key": ({"strenght": 1}, "there is no key 'strenght'; did you mean 'strength'"),
    "no shards": ({"shards": "nowhere"}, "holds no shards"),
    "no model": ({"model": "hf:/nowhere"}, "no model folder /nowhere"),
    "a served model": ({"model": "openai:gpt"}, "cannot be trained; write builtin, or hf:"),
    "no gaze": ({"shards": "unseen"}, "no frame of the training clips in .* has gaze, .*strength = 0 trains without"),
    "a tracker that is not installed": ({"report_to": ["mlflow"]}, "mlflow is not installed, .*; type: pip install mlflow"),
    "no gaze to choose by": (
        {"shards": "unseen", "strength": 0, "best_by": "gaze_kl"},
        "no frame of the validation clips in .* has gaze, so best_by = 'gaze_kl' has nothing",
    ),
    "no such layer": ({"mode": "heads", "layers": [7]}, "this language model has the layers 0 alone; got"),
    "no words that count": ({"best_by": "object_words", "object_names": []}, "needs object_names, the words that count"),
}


@pytest.mark.parametrize(("more", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(
    work: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: dict[str, Any],
    message: str,
) -> None:
    monkeypatch.setattr("foveate.train.run.find_spec", lambda name: None)
    if more.get("shards") == "unseen":
        more = more | {"shards": str(work / "unseen")}
    code, _, err = called(monkeypatch, capsys, "train", str(run_file(work, tmp_path / "run", **more)))
    said = [line for line in err.splitlines() if line.startswith("foveate: ")]
    assert (code, len(said)) == (2, 1), err
    assert re.search(message, said[0]), said[0]


def test_a_folder_of_another_run_is_left_alone(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    path = run_file(work, out)
    code, _, err = called(monkeypatch, capsys, "train", str(path))
    assert (code, "holds something else (thesis.txt); name another folder" in err) == (2, True)
    (out / "thesis.txt").unlink()
    (out / "checkpoint-2").mkdir()
    (out / "run.toml").write_text(path.read_text().replace('"run"', '"."') + "strength = 0.5\n")
    code, _, err = called(monkeypatch, capsys, "train", str(path))
    assert (code, "holds a run with other settings (strength 0.5 -> 1.0)" in err) == (2, True)
    shutil.rmtree(out)
    out.write_text("mine")
    code, _, err = called(monkeypatch, capsys, "train", str(path))
    assert (code, f"{out} is a file; name a folder with out" in err, out.read_text()) == (2, True, "mine")


def test_what_was_refused_before_its_first_checkpoint_may_be_put_right(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    refused = run_file(work, out, mode="heads", layers=[7], evaluate_on=0, steps=1, accumulate=1)
    assert called(monkeypatch, capsys, "train", str(refused))[0] == 2
    assert (out / "run.toml").exists()
    code, _, err = called(
        monkeypatch, capsys, "train", str(run_file(work, out, mode="heads", evaluate_on=0, steps=1, accumulate=1))
    )
    assert code == 0, err
    shutil.rmtree(out / "checkpoint-1")
    again = run_file(work, out, mode="heads", layers=[7], evaluate_on=0, steps=1, accumulate=1)
    code, _, err = called(monkeypatch, capsys, "train", str(again))
    assert (code, "holds a run with other settings" in err) == (2, True)


def test_shards_are_prepared_where_they_are_not_there(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = run_file(work, tmp_path / "run", shards="made", prepare=["nowhere", "--split", "train"])
    code, _, err = called(monkeypatch, capsys, "train", str(path), "--quiet")
    assert code == 2
    assert "nowhere does not exist" in err
    monkeypatch.setenv("WORLD_SIZE", "2")
    code, _, err = called(monkeypatch, capsys, "train", str(path))
    assert (code, "before several processes train, make them: foveate prepare nowhere" in err) == (2, True)
    assert not (tmp_path / "made" / INDEX).exists()


def test_what_the_end_needs_is_asked_for_before_anything_is_prepared(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = errors.find_spec
    monkeypatch.setattr(errors, "find_spec", lambda name: None if name == "rouge_score" else found(name))
    path = run_file(work, tmp_path / "run", shards="made", prepare=["nowhere", "--split", "train"])
    code, _, err = called(monkeypatch, capsys, "train", str(path), "--quiet")
    assert (code, err) == (2, "foveate: rouge_score is not installed; it comes with: pip install 'foveate[metrics]'\n")
