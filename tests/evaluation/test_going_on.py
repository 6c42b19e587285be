"""A Run goes on with what it was begun with: other versions and other recordings are refused, or told line by line."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

import foveate
from evaluation.studies import make_recordings, small_study
from foveate.errors import JobError
from foveate.evaluation.content import BLOCK_BYTES, BLOCKS, content_of, file_hash
from foveate.evaluation.pins import code_version, differing
from foveate.evaluation.table_text import markdown, mixed_versions
from foveate.model.mock import MockModel
from foveate.recording import open_recording
from foveate.replay.replay import replay
from foveate.run import Run
from foveate.toykitchen import World
from writers.table import FPS, FRAMES
from writers.video import write_clip

OLD = {"foveate": "0.0.9", "git": None, "python": "3.11.1", "platform": "Linux-1", "packages": {"numpy": "2.0.0", "av": "18.0"}}


class Stopping(MockModel):
    """A mock at whose fifth question somebody presses Ctrl-C."""

    def answers(self, prompts: Any) -> Any:
        object.__setattr__(self, "count", getattr(self, "count", 0) + len(prompts))
        if self.count > 4:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        return super().answers(prompts)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_recordings(tmp_path / "data")


def carried_out(home: Path, folder: Path, model: MockModel | None = None, **how: Any) -> Run:
    return foveate.evaluate(small_study(home), out=folder, models={"mock": model or MockModel()}, answers=None, **how)


def begun(home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, pins: dict[str, Any] = OLD) -> None:
    """Four of twelve questions asked with other versions."""
    with monkeypatch.context() as then:
        then.setattr("foveate.evaluation.plan.versions", lambda: pins)
        with pytest.raises(KeyboardInterrupt):
            carried_out(home, folder, Stopping())


def now(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    monkeypatch.setattr("foveate.evaluation.plan.versions", lambda: {**OLD, **changed})


def test_other_versions_are_refused_with_what_is_another(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(home, tmp_path / "run", monkeypatch)
    now(monkeypatch, foveate="0.1.0", packages={"numpy": "2.1.0"})
    with pytest.raises(
        JobError,
        match=r"run was asked with other versions \(foveate 0.0.9 then, 0.1.0 now; numpy 2.0.0 then, 2.1.0 now; av 18.0 then, "
        r"none now\); install those, or --restart to ask all anew, or --mix-versions to go on",
    ):
        carried_out(home, tmp_path / "run")
    assert carried_out(home, tmp_path / "run", restart=True).versions == [
        {**OLD, "foveate": "0.1.0", "packages": {"numpy": "2.1.0"}}
    ]


def test_mixed_on_request_every_line_tells_with_which(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(home, tmp_path / "run", monkeypatch)
    now(monkeypatch, foveate="0.1.0")
    run = carried_out(home, tmp_path / "run", mix_versions=True)
    assert run.facts["versions"] == [{"lines": 4, "pins": OLD}, {"lines": 8, "pins": {**OLD, "foveate": "0.1.0"}}]
    assert [sum(line.version == place for line in run.lines) for place in (0, 1)] == [4, 8]
    said = "its lines were asked with different versions of foveate (4 and 8 lines); run.json and each line tell"
    assert mixed_versions(run) == said
    assert f"**I{said[1:]}.**" in markdown(run, [])
    monkeypatch.setattr("foveate.replay.versions.pins", lambda: OLD)
    (version,) = (each for each in replay(run).versions if each.name == "foveate")
    assert (version.then, version.now) == ("0.0.9 and 0.1.0", "0.0.9")


def test_where_nothing_is_asked_the_first_versions_stay(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as then:
        then.setattr("foveate.evaluation.plan.versions", lambda: OLD)
        carried_out(home, tmp_path / "run")
    now(monkeypatch, foveate="0.1.0")
    run = carried_out(home, tmp_path / "run", again=True)
    assert run.facts["versions"] == [{"lines": 12, "pins": OLD}]
    assert mixed_versions(run) == ""


@pytest.mark.parametrize("changed", [{"platform": "Linux-2"}, {"packages": {**OLD["packages"], "sacrebleu": "2.6"}}])
def test_what_no_answer_depends_on_may_change_and_is_kept(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    begun(home, tmp_path / "run", monkeypatch)
    now(monkeypatch, **changed)
    run = carried_out(home, tmp_path / "run")
    assert run.versions == [OLD, {**OLD, **changed}]
    assert mixed_versions(run) == ""


def test_differing_names_each_package() -> None:
    assert differing(OLD, {**OLD, "git": "a", "packages": {"numpy": "2.0.0"}}) == {"git": ("none", "a"), "av": ("18.0", "none")}


def other_video(data: Path) -> None:
    write_clip(data / "anna" / "scene.mp4", frames=FRAMES, fps=FPS, first=9)


def other_gaze(data: Path) -> None:
    file = data / "anna" / "gaze.csv"
    rows = file.read_text().splitlines()
    file.write_text("\n".join([rows[0], rows[1].replace(rows[1].split(",")[1], "1.25", 1), *rows[2:]]) + "\n")


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        (
            other_video,
            r"anna \(.*anna\) is not the recording that .*run was begun with \(another video\); put it back, or --restart",
        ),
        (other_gaze, r"anna \(.*anna\) is not the recording that .*run was begun with \(another gaze\)"),
    ],
    ids=["video", "gaze"],
)
@pytest.mark.parametrize("done", [False, True], ids=["interrupted", "done"])
def test_a_file_that_was_replaced_is_noticed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replaced: Any, message: str, done: bool
) -> None:
    now(monkeypatch)
    if done:
        carried_out(home, tmp_path / "run")
    else:
        begun(home, tmp_path / "run", monkeypatch)
    replaced(home)
    with pytest.raises(JobError, match=message):
        carried_out(home, tmp_path / "run", mix_versions=True)
    assert carried_out(home, tmp_path / "run", restart=True).facts["complete"] is True


def test_a_file_that_was_touched_or_copied_is_the_same(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now(monkeypatch)
    begun(home, tmp_path / "run", monkeypatch)
    video = home / "anna" / "scene.mp4"
    video.write_bytes(video.read_bytes())
    (home / "anna" / "notes.md").write_text("a note beside it")
    run = carried_out(home, tmp_path / "run")
    assert run.facts["recordings"]["anna"]["content"] == content_of(open_recording(home / "anna"))


@pytest.mark.parametrize("place", [0, 1_000_000, -1], ids=["first byte", "within", "last byte"])
def test_a_long_file_is_told_by_its_length_and_some_of_its_bytes(tmp_path: Path, place: int) -> None:
    file, size = tmp_path / "long.bin", 2 * BLOCKS * BLOCK_BYTES
    data = bytearray(size)
    file.write_bytes(data)
    before = file_hash(file)
    data[place] = 1
    file.write_bytes(data)
    assert (file_hash(file) != before) == (place != 1_000_000), "what lies between the blocks that are read is not seen"
    file.write_bytes(bytes(size + 1))
    assert file_hash(file) != before


def test_what_is_drawn_is_told_by_its_times_and_gaze() -> None:
    one, same, other = (content_of(World(seed, duration_s=10).recording()) for seed in (3, 3, 4))
    assert one == same
    assert set(one) == {"frames", "gaze", "camera"}
    assert one["gaze"] != other["gaze"]


def test_the_code_is_told_only_where_a_repository_holds_it(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tmp_path, check=True, capture_output=True
        )

    (tmp_path / "mine" / "evaluation").mkdir(parents=True)
    (tmp_path / "mine" / "evaluation" / "pins.py").write_text("one = 1\n")
    (tmp_path / "site" / "evaluation").mkdir(parents=True)
    (tmp_path / "site" / "evaluation" / "pins.py").write_text("one = 1\n")
    (tmp_path / ".gitignore").write_text("site\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "all")
    commit = code_version(tmp_path / "mine" / "evaluation")
    assert commit is not None
    assert len(commit) == 40
    assert code_version(tmp_path / "site" / "evaluation") is None, "installed within its user's repository"
    (tmp_path / "mine" / "evaluation" / "pins.py").write_text("one = 2\n")
    assert code_version(tmp_path / "mine" / "evaluation") == f"{commit}+changes"
