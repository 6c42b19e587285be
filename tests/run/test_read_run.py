"""A Run is read back as it was written; whatever is broken is told with its line."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from foveate.description.description import ShownFrame
from foveate.errors import UsageError
from foveate.geometry import Box, Size, Warp
from foveate.geometry.magnification import Magnification
from foveate.run import RunLine, read_run

AXIS = Magnification(3.0, 8, 4, 2.0)
FRAME = ShownFrame(
    7, 0.25, (3.0, 4.0), "held", None, (Box(1, 2, 3, 4),), (Size(5, 6),), 0.25, warps=(Warp(AXIS, AXIS),), notes=("a note",)
)
LINE = RunLine(
    **{"sample": "s", "shown": "gaze", "model": "mock", "instruction": "activity", "recording": "r", "task": "activity"},
    **{"start_s": 0.0, "stop_s": 2.5, "asked": "What?", "references": ("a cup", "a mug"), "text": "a cup", "frames": (FRAME,)},
    images_sha256=("ab",),
)


def write(folder: Path, *rows: dict, facts: object = None, scores: str | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text(json.dumps({"format": 1, "title": "T"} if facts is None else facts))
    (folder / "lines.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    if scores is not None:
        (folder / "scores.jsonl").write_text(scores)
    return folder


def row(**changed: object) -> dict:
    told = {name: value for name, value in asdict(LINE).items() if name not in ("scores", "unscored")}
    return told | changed


@pytest.mark.parametrize("given", ["", "run.json", "lines.jsonl"], ids=["its folder", "run.json", "lines.jsonl"])
def test_a_line_comes_back_as_it_was(tmp_path: Path, given: str) -> None:
    run = read_run(write(tmp_path / "run", row()) / given)
    assert run.folder == tmp_path / "run"
    assert run.lines == (LINE,)
    assert run.lines[0].stood_in == 1
    assert run.name == "T"


def _with_bytes(folder: Path, more: bytes) -> Path:
    with (folder / "lines.jsonl").open("ab") as file:
        file.write(more)
    return folder


KEY = {"sample": "s", "shown": "gaze", "model": "mock", "instruction": "activity"}
BROKEN: dict[str, tuple[Callable[[Path], Path], str]] = {
    "no folder": (lambda at: at / "nope", r"holds no Run \(needs run.json and lines.jsonl; found: nothing\).*foveate evaluate"),
    "stopped by a kill": (
        lambda at: (at / "job").mkdir(parents=True) or at,
        "was stopped before its Run was written; the same foveate evaluate goes on",
    ),
    "a file": (lambda at: write(at, row()) / "other.txt", "is a file; give the folder of a Run"),
    "no object": (lambda at: write(at, row(), facts=3), "run.json is damaged"),
    "versions that are none": (
        lambda at: write(at, row(), facts={"format": 1, "versions": [{"lines": 3}]}),
        r"run.json is damaged \(versions is no list of versions\); make the Run again",
    ),
    "a study that is none": (
        lambda at: write(at, row(), facts={"format": 1, "study": None}),
        r"run.json is damaged \(study is no table\); make the Run again",
    ),
    "another format": (
        lambda at: write(at, row(), facts={"format": 9}),
        "is a Run of format 9, and this foveate reads format 1",
    ),
    "twice": (lambda at: write(at, row(), row()), "line 2 of .* has the same sample, view, model and instruction"),
    "a key too many": (lambda at: write(at, row(colour="red")), "line 1 of .* is no line of a Run"),
    "a list": (lambda at: write(at, [1]), "line 1 of .* is no JSON object"),
    "no text": (
        lambda at: _with_bytes(write(at, row()), b"\xff\xfe\n"),
        "line 2 of .* is no JSON .*; the same foveate evaluate writes it anew",
    ),
    "scores of nobody": (lambda at: write(at, row(), scores='{"sample": "s"}\n'), "line 1 of .* is no line of scores"),
    "scores that are no number": (
        lambda at: write(at, row(), scores=json.dumps({**KEY, "scores": {"bleu": float("nan")}, "unscored": {}}) + "\n"),
        "line 1 of .* is no JSON .*NaN.*; delete the file and score again",
    ),
    **{
        f"{name} for a score": (
            lambda at, told=told: write(at, row(), scores=json.dumps(KEY)[:-1] + f', "scores": {{"bleu": {told}}}}}\n'),
            rf"line 1 of .* is no line of scores \(bleu is {said}, which is no number\); delete the file and score again",
        )
        for name, told, said in (
            *(("a text", '"x"', "'x'"), ("a huge number", "1e999", "inf"), ("true", "true", "True")),
            ("a whole number of 400 digits", "9" * 400, "9+"),
        )
    },
    "a score without a reason": (
        lambda at: write(at, row(), scores=json.dumps({**KEY, "unscored": {"bleu": None}}) + "\n"),
        r"is no line of scores \(bleu has no reason\)",
    ),
    "scores in a list": (
        lambda at: write(at, row(), scores=json.dumps({**KEY, "scores": [1]}) + "\n"),
        "line 1 of .* is no line of scores",
    ),
}


@pytest.mark.parametrize(("make", "told"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_told(tmp_path: Path, make: Callable[[Path], Path], told: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "other.txt").touch()
    with pytest.raises(UsageError, match=told):
        read_run(make(tmp_path / "run"))


def test_a_folder_that_is_there_is_not_offered_in_its_own_place(tmp_path: Path) -> None:
    (tmp_path / "rec").mkdir()
    with pytest.raises(UsageError, match="holds no Run") as error:
        read_run(tmp_path / "rec")
    assert "did you mean" not in str(error.value)
    with pytest.raises(UsageError, match=r"did you mean .*rec; make one"):
        read_run(tmp_path / "rek")
