"""Many recordings at the command line: mixed folders, resumed runs, refusals, and what is left behind."""

import csv
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import Foveate
from foveate.batch.outputs import standing
from foveate.job import ENGINES
from foveate.job.here import Here
from writers.neon import write_neon
from writers.pupil_cloud import write_pupil_cloud
from writers.table import write_table
from writers.video import write_clip

pytestmark = pytest.mark.usefixtures("here")
HOW = ("--model", "mock", "--size", "20", "--segment", "0.2", "--fps", "10")
TIMES = ("first_token_s", "total_s")
"""Columns of tables that differ from run to run."""
SECONDS = re.compile(
    rb'"(first_token_s|total_s|model_s)": [\d.e-]+|[\d.]+ s( in the model|</b><span class="soft">in the model)'
    rb"|first token after [\d.]+ s( &middot; [\d.]+ s)?"
)
"""All that may differ from run to run, beside the columns TIMES."""


@pytest.fixture
def here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in this process, where a test does not ask for ``workers``: they are slow to start."""
    if "workers" not in request.fixturenames:
        monkeypatch.setitem(ENGINES, "local", Here)


@pytest.fixture
def workers() -> None:
    """Work in processes, as users do."""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Two good recordings, one without video, one that is broken, and half of one."""
    folder = tmp_path / "study"
    write_table(folder / "a_table")
    write_neon(folder / "b_neon")
    write_pupil_cloud(folder / "c_cloud")
    write_table(folder / "d_broken", {"time_ns": ["x"], "x_px": ["y"], "y_px": ["z"]})
    (folder / "e_half").mkdir()
    write_clip(folder / "e_half" / "scene.mp4", frames=3)
    (folder / "notes").mkdir()
    return folder


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def contents(folder: Path) -> dict[str, bytes]:
    """Every output, without what may differ from run to run."""
    found = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = file.relative_to(folder).as_posix()
        if name in ("job/journal.jsonl", "job/job.lock"):
            continue
        if file.name in ("all.csv", "description.csv"):
            rows = [{key: value for key, value in row.items() if key not in TIMES} for row in table(file)]
            found[name] = json.dumps(rows).encode()
        else:
            found[name] = SECONDS.sub(b"-", file.read_bytes())
    return found


@pytest.mark.usefixtures("workers")
def test_a_mixed_folder_is_described_and_what_failed_is_told(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    out = tmp_path / "out"
    code, said, err = foveate("describe", study, *HOW, "-o", out)
    assert code == 2
    assert err.splitlines()[-1] == (
        f"foveate: 3 of 5 recordings failed; {out / 'failures.csv'} says why, --again tries them again"
    )
    assert "Traceback" not in err
    assert "toy model: these answers say nothing about the real world\n" in said
    assert "2 of 5 recordings described (1 of them in part: 11 spans have no answer); index.html and all.csv are in" in said
    assert f"1 folder without a recording was passed over: {study / 'notes'}" in said
    assert {path.name for path in out.iterdir()} == {"index.html", "all.csv", "failures.csv", "recordings", "job"}
    files = {"description.json", "description.csv", "description.vtt", "description.md", "report.html"}
    assert {path.name: {file.name for file in path.iterdir()} for path in (out / "recordings").iterdir()} == {
        "a_table": files,
        "b_neon": files,
    }
    failures = {row["recording"]: row["reason"] for row in table(out / "failures.csv")}
    assert list(failures) == ["c_cloud", "d_broken", "e_half"]
    assert "has no scene stream" in failures["c_cloud"]
    assert "say which are meant: -D video=scene.mp4 -D gaze=TABLE, or open " in failures["e_half"]
    assert "scene.mp4 itself: a video alone opens without gaze" in failures["e_half"]
    rows = table(out / "all.csv")
    assert list(dict.fromkeys(row["recording"] for row in rows)) == ["a_table", "b_neon"]
    spans = json.loads((out / "recordings" / "a_table" / "description.json").read_text(encoding="utf-8"))["spans"]
    assert [row["text"] for row in rows if row["recording"] == "a_table"] == [span["text"] for span in spans]
    page = (out / "index.html").read_text(encoding="utf-8")
    assert page.index("<h2>Failed</h2>") < page.index('href="recordings/a_table/report.html"')
    assert not re.search(r"src=|url\(|<script|https?:", page)


KILLED = """
import os, signal, sys
from foveate.cli import main
from foveate.job.journal import Journal

lines, moment = int(sys.argv.pop(1)), sys.argv.pop(1)
append = Journal.append

def append_and_die(journal, outcome):
    global lines
    lines -= 1
    if lines == 0 and moment == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    append(journal, outcome)
    if lines == 0:
        os.kill(os.getpid(), signal.SIGKILL)

Journal.append = append_and_die
main()
"""
"""foveate, killed before or after it writes down the Nth of its decisions: its files are in place then, or are not."""


def test_killed_again_and_again_it_ends_as_if_it_had_not_been(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    whole, out = tmp_path / "whole", tmp_path / "killed"
    foveate("describe", study, *HOW, "-o", whole)
    for lines, moment, decided in ((2, "before", 1), (2, "after", 3)):
        line = [sys.executable, "-c", KILLED, str(lines), moment, "describe", str(study), *HOW, "-o", str(out)]
        assert subprocess.run(line, capture_output=True, check=False, timeout=600).returncode == -signal.SIGKILL
        assert standing(out).left == 5 - decided
        if moment == "after":  # the page of the first decision, which was written at once
            assert "So far: 3 recordings are still to do" in (out / "index.html").read_text(encoding="utf-8")
    code, _, err = foveate("describe", study, *HOW, "-o", out)
    assert (code, f"going on in {out}: 3 of 5 recordings were decided before" in err) == (2, True)
    assert contents(out) == contents(whole)


def test_ctrl_c_says_how_to_go_on_and_tells_what_is_done(
    study: Path, tmp_path: Path, foveate: Foveate, monkeypatch: pytest.MonkeyPatch
) -> None:
    from foveate.job.journal import Journal

    append = Journal.append

    def stop_after_two(self: Journal, outcome: object) -> None:
        append(self, outcome)  # type: ignore[arg-type]
        if len(outcomes := [*seen, outcome]) == 2:
            raise KeyboardInterrupt
        seen[:] = outcomes

    seen: list[object] = []
    monkeypatch.setattr(Journal, "append", stop_after_two)
    out = tmp_path / "out"
    code, _, err = foveate("describe", study, *HOW, "-o", out)
    assert (code, "recordings are decided; the same command goes on" in err) == (130, True)
    assert standing(out).left == 3
    assert "So far: 3 recordings are still to do" in (out / "index.html").read_text(encoding="utf-8")
    monkeypatch.setattr(Journal, "append", append)
    foveate("describe", study, *HOW, "-o", out)
    assert standing(out).left == 0
    assert "So far" not in (out / "index.html").read_text(encoding="utf-8")


def test_failures_are_tried_again_on_request_and_all_on_restart(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    out = tmp_path / "out"
    foveate("info", study, "-o", out)
    assert [row["recording"] for row in table(out / "failures.csv")] == ["d_broken", "e_half"]
    write_table(study / "d_broken")
    assert foveate("info", study, "-o", out)[0] == 2
    assert len(table(out / "failures.csv")) == 2
    foveate("info", study, "-o", out, "--again")
    assert [row["recording"] for row in table(out / "failures.csv")] == ["e_half"]
    assert [row["recording"] for row in table(out / "all.csv")] == ["a_table", "b_neon", "c_cloud", "d_broken"]
    code, _, err = foveate("check", study, "-o", out)
    assert (code, err.count("\n")) == (2, 1)
    assert "holds another job: setting command was 'info', now 'check'; give a new folder, or --restart" in err
    foveate("check", study, "-o", out, "--restart")
    assert {path.name for path in (out / "recordings" / "a_table").iterdir()} == {"check.json", "check.html"}


def test_recordings_that_come_later_are_done_too(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    out = tmp_path / "out"
    foveate("info", study, "-o", out)
    (out / "recordings" / "a_table" / "info.json").chmod(0o400)
    write_table(study / "0_later")
    _, _, err = foveate("info", study, "-o", out)
    assert "5 of 6 recordings were decided before" in err
    assert [row["recording"] for row in table(out / "all.csv")] == ["0_later", "a_table", "b_neon", "c_cloud"]
    assert (out / "recordings" / "a_table" / "info.json").stat().st_mode & 0o777 == 0o400, "it was made again"
    (study / "0_later").rename(tmp_path / "gone")
    assert "1 of its 6 items gone (0_later)" in foveate("info", study, "-o", out)[2]


@pytest.mark.parametrize("command", ["info", "check"])
def test_without_a_folder_all_is_printed_and_nothing_kept(
    command: str, study: Path, tmp_path: Path, foveate: Foveate, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    code, said, err = foveate(command, study)
    assert code == 2
    assert [line for line in said.splitlines() if line and line[0] in "abcd"] == ["a_table", "b_neon", "c_cloud"]
    assert re.search(r"^foveate: d_broken: .*\nfoveate: e_half: .*\n", err, re.MULTILINE)
    assert err.endswith("foveate: 2 of 5 recordings failed, for the reasons above\n")
    assert not list(Path().iterdir())
    told = json.loads(foveate(command, study, "--json")[1])
    assert [each["name"] for each in told] == ["a_table", "b_neon", "c_cloud"]


def test_a_list_carries_participants_into_every_table(tmp_path: Path, foveate: Foveate) -> None:
    write_table(tmp_path / "rec one")
    write_clip(tmp_path / "bare.mp4", frames=3)
    (tmp_path / "<i>broken").mkdir()
    (tmp_path / "<i>broken" / "gaze.csv").write_text("x")
    text = "recording,participant,note\nrec one,P1,=HYPERLINK(1)\nbare.mp4,<i>,-5\n<i>broken,P3,@x\n"
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    out = tmp_path / "out"
    foveate("check", tmp_path / "list.csv", "-o", out)
    rows = [(row["recording"], row["participant"], row["note"]) for row in table(out / "all.csv")]
    assert rows == [("rec one", "P1", "'=HYPERLINK(1)"), ("bare.mp4", "<i>", "-5")]
    assert [(row["participant"], row["note"]) for row in table(out / "failures.csv")] == [("P3", "'@x")]
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "participant P1 &middot; note =HYPERLINK(1)" in page
    assert "<i>" not in page
    assert page.count("&lt;i&gt;") == 4


def test_captions_of_many_make_one_file_of_samples(tmp_path: Path, foveate: Foveate) -> None:
    for name in ("p1", "p2"):
        write_neon(tmp_path / "study" / name, frames=(130,), samples=(800,))
    text = "recording,participant\nstudy/p1,A\nstudy/p2,\n"
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    answer = "mock:" + " ".join(f"{number}: The person holds a grey cup." for number in range(1, 11))
    out = tmp_path / "out"
    code, _, err = foveate("caption", tmp_path / "list.csv", "--model", answer, "-o", out, "--participant", "B")
    assert code == 0, err
    assert [row["recording"] for row in table(out / "all.csv")].count("p1") == 4
    lines = [json.loads(line) for line in (out / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {(line["recording"], line["participant"]) for line in lines} == {("../study/p1", "A"), ("../study/p2", "B")}
    alone = (out / "recordings" / "p1" / "captions.json").read_text(encoding="utf-8")
    assert json.loads(alone)["counts"]["images"] == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("--model", "mok"), "no model 'mok'; did you mean 'mock'", id="model"),
        pytest.param(("--model", "mock", "--view", "gase"), "did you mean 'gaze'", id="view"),
        pytest.param(("--model", "mock", "--prompt", "tsk"), "there is no prompt 'tsk'; did you mean 'task'", id="prompt"),
        pytest.param(("--model", "mock", "--segment", "ten"), "--segment 'ten' is not one of: seconds", id="segment"),
        pytest.param(("--model", "mock", "--segment", "gone.csv"), "segment file gone.csv is not there", id="segment-file"),
        pytest.param(
            ("--model", "mock", "--start", "5", "--stop", "2"), "foveate: --stop 2 s must be after --start 5 s", id="stretch"
        ),
        pytest.param(("--model", "mock", "--budget", "0"), "a budget must be 1 visual token or more", id="budget"),
        pytest.param(("--model", "mock", "--without-gaze", "nothing"), "without_gaze must be one of", id="without-gaze"),
        pytest.param((), "no model was named, and there is no silent default", id="no-model"),
        pytest.param(("--model", "openai:x@http://example.org/v1"), "images leave this machine only with --send", id="consent"),
        pytest.param(("--model", "mock", "--workers", "0"), "workers must be at least 1", id="workers"),
    ],
)
def test_what_is_wrong_for_all_is_told_once_and_leaves_nothing(
    arguments: tuple[str, ...], message: str, study: Path, tmp_path: Path, foveate: Foveate
) -> None:
    code, _, err = foveate("describe", study, *arguments, "-o", tmp_path / "out")
    assert code == 2
    assert err.count(message) == 1
    assert not (tmp_path / "out").exists()


def test_nothing_that_stands_is_replaced(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    out, rec = tmp_path / "one", study / "a_table"
    assert foveate("describe", rec, *HOW, "-o", out)[0] == 0
    before = contents(out)
    for given in ((rec,), (study,)):
        code, _, err = foveate("describe", *given, "--model", "mock:Else.", "-o", out)
        assert code == 2
        assert re.search(r"holds a description of a_table by mock; give another folder|is not empty and holds no batch", err)
    assert contents(out) == before
    assert foveate("describe", rec, "--model", "mock:Else.", "--size", "20", "-o", out, "--overwrite")[0] == 0
    assert contents(out) != before
    foveate("info", study, "-o", tmp_path / "many")
    assert "holds a batch of many recordings" in foveate("describe", rec, *HOW, "-o", tmp_path / "many")[2]


@pytest.mark.parametrize("option", ["--workers=2", "--restart", "--again"])
def test_options_of_many_mean_nothing_for_one(option: str, study: Path, foveate: Foveate) -> None:
    code, _, err = foveate("describe", study / "a_table", *HOW, option)
    assert (code, "is for many recordings, and one was given" in err) == (2, True)


def test_the_estimate_is_over_all(study: Path, foveate: Foveate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, said, err = foveate("describe", study, *HOW, "--estimate")
    assert code == 0
    assert re.search(r"recordings +2 of 5\nspans +\d+\nframes +\d+\nvisual tokens +\d+\ntime +\d+ s ", said)
    assert err.count("foveate: ") == 3
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_a_correction_reaches_every_recording(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    for number, offset in enumerate(("0,0", "3,0")):
        foveate("describe", study, *HOW, "--offset-px", offset, "-o", tmp_path / str(number))
    aims = [
        json.loads((tmp_path / str(number) / "recordings" / "b_neon" / "description.json").read_text())["spans"][0]["frames"]
        for number in range(2)
    ]
    assert aims[1][-1]["aim_px"][0] - aims[0][-1]["aim_px"][0] == pytest.approx(3)


def test_how_it_is_shown_reaches_every_recording_and_belongs_to_the_batch(
    study: Path, tmp_path: Path, foveate: Foveate
) -> None:
    out, prompt = tmp_path / "out", tmp_path / "prompt.txt"
    prompt.write_text("What is held?", encoding="utf-8")
    asked = (*HOW, "--view", "center", "--frames", "recent", "--prompt", prompt, "-o", out)
    foveate("describe", study, *asked)
    told = json.loads((out / "recordings" / "a_table" / "description.json").read_text(encoding="utf-8"))
    assert (told["view"]["name"], told["view"]["frames"], told["prompt"]["text"]) == ("center", "recent", "What is held?")
    prompt.write_text("What is seen?", encoding="utf-8")
    assert "holds another job: setting files, prompt.txt was" in foveate("describe", study, *asked)[2]


def test_predicted_gaze_reaches_every_recording_and_is_told_on_the_page(study: Path, tmp_path: Path, foveate: Foveate) -> None:
    out, predicted = tmp_path / "out", tmp_path / "predicted"
    predicted.mkdir()
    (predicted / "a_table.csv").write_text("frame,x_px,y_px\n" + "".join(f"{frame},40,20\n" for frame in range(20)))
    said, err = foveate("describe", study, *HOW, "--gaze", f"file:{predicted}", "-o", out)[1:]
    told = json.loads((out / "recordings" / "a_table" / "description.json").read_text(encoding="utf-8"))
    assert {frame["source"] for span in told["spans"] for frame in span["frames"]} == {"predicted"}
    notice = "gaze not measured: the predictions in predicted stood in for the measured gaze"
    assert notice in said
    assert f"toy model; {notice}" in (out / "index.html").read_text(encoding="utf-8")
    assert table(out / "all.csv")[0]["notice"] == f"toy model; {notice}"
    reasons = {row["recording"]: row["reason"] for row in table(out / "failures.csv")}
    assert "has no predictions for b_neon (found: a_table.csv)" in reasons["b_neon"]
    assert err.splitlines()[-1].startswith("foveate: 4 of 5 recordings failed")
