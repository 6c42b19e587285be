"""One rule on what is read of a folder that somebody else made, held by every format: no links out of it, no pipes."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from foveate.errors import FoveateError, RecordingError
from foveate.recording import open_recording
from foveate.recording.inside import inside, plain, read_json
from writers.aria import write_aria
from writers.egoexo4d import write_take
from writers.hd_epic import write_hd_epic
from writers.neon import write_neon
from writers.pupil_cloud import write_pupil_cloud
from writers.pupil_core import write_pupil_core, write_pupil_export
from writers.table import write_table
from writers.tobii_g2 import write_tobii_g2
from writers.tobii_g3 import write_tobii_g3
from writers.video import write_clip

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX's")

TOML = """\
video = "scene.mp4"
gaze = "gaze.csv"
time = "time_ns"
time_unit = "ns"
x = "x_px"
y = "y_px"
coordinates = "pixels"
origin = "top-left"
events = "events.csv"
"""


def declared_table(folder: Path) -> Path:
    return write_table(folder, toml=TOML, events="start_ns,name\n80000000,cut\n")


def flat(folder: Path, *files: str) -> Path:
    """A folder of Ego4D's or EGTEA's files, as users lay them together."""
    from writers import ego4d, egtea

    if files[0] == "ego4d":
        video = ego4d.write_ego4d(folder.parent / "whole")
        table = video.parents[1] / "gaze" / f"{video.stem}.csv"
    else:
        video = egtea.write_session(folder.parent / "whole")
        table = video.parents[1] / "gaze_data" / f"{video.stem}.txt"
    folder.mkdir()
    for file in (video, table):
        shutil.move(file, folder / file.name)
    return folder


FOLDERS: dict[str, Callable[[Path], Path]] = {
    "neon": lambda folder: write_neon(folder, frames=(4,), samples=(40,), whole=False),
    "pupil_cloud": write_pupil_cloud,
    "pupil_core": write_pupil_core,
    "pupil_core, exported": write_pupil_export,
    "tobii_g3": write_tobii_g3,
    "tobii_g2": write_tobii_g2,
    "egoexo4d": lambda folder: write_take(folder, names=("personalized",)),
    "ego4d": lambda folder: flat(folder, "ego4d"),
    "egtea": lambda folder: flat(folder, "egtea"),
    "hd_epic": lambda folder: write_hd_epic(folder, video=False),
    "aria": write_aria,
    "table": declared_table,
}


@contextmanager
def seconds(most: int) -> Iterator[None]:
    """A hang fails."""

    def late(*_: object) -> None:
        pytest.fail(f"it hung for {most} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(most)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def told(folder: Path, format: str) -> str:
    """All that opening a folder says: errors and warnings of every stream; anything but a FoveateError is a bug."""
    try:
        recording = open_recording(folder, format=format)
    except FoveateError as error:
        return str(error)
    said = []
    for name in recording.loaders:
        try:
            recording.stream(name)
        except FoveateError as error:
            said.append(str(error))
    return "\n".join([*said, *recording.warnings, *sorted(recording.loaders)])


def link_out(file: Path, elsewhere: Path) -> None:
    shutil.move(file, elsewhere)
    file.symlink_to(elsewhere)


def pipe(file: Path, _: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def folder_of_the_name(file: Path, _: Path) -> None:
    file.unlink()
    file.mkdir()


def dangling(file: Path, elsewhere: Path) -> None:
    file.unlink()
    file.symlink_to(elsewhere)


SWAPS = {"link": link_out, "dangling link": dangling, "pipe": pipe, "folder": folder_of_the_name}


@needs_pipes
@pytest.mark.parametrize("swap", SWAPS.values(), ids=SWAPS)
@pytest.mark.parametrize("name", FOLDERS)
def test_every_file_of_every_format(tmp_path, name, swap):
    """A file that is swapped for a link out of the folder, a pipe or a folder is refused, or as good as missing."""
    source = FOLDERS[name](tmp_path / "true")
    files = sorted(file.relative_to(source) for file in source.rglob("*") if file.is_file())
    assert len(files) > 1
    refused = 0
    for number, file in enumerate(files):
        kept = {}
        for case, change in {"swapped": swap, "missing": lambda file, _: file.unlink()}.items():
            folder = tmp_path / f"{number}" / source.name
            shutil.copytree(source, folder, copy_function=os.link)
            change(folder / file, tmp_path / f"{number}-elsewhere{file.suffix}")
            with seconds(20):
                kept[case] = told(folder, name.split(",")[0])
            shutil.rmtree(folder)
            if "leads out of" in kept[case] or "where a file is expected" in kept[case]:
                refused += 1
                break
        else:
            assert kept["swapped"] == kept["missing"], file
    assert refused or swap is not link_out


def test_a_folder_of_links_within_is_a_recording(tmp_path):
    source = declared_table(tmp_path / "rec")
    (source / "raw").mkdir()
    for file in [file for file in source.iterdir() if file.suffix in (".csv", ".mp4")]:
        shutil.move(file, source / "raw" / file.name)
        file.symlink_to(Path("raw", file.name))
    (tmp_path / "linked").symlink_to(source)
    assert len(open_recording(tmp_path / "linked").gaze) == 160


def test_what_the_user_names_may_be_a_link(tmp_path):
    folder = write_table(tmp_path / "rec")
    for name in ("scene.mp4", "gaze.csv"):
        link_out(folder / name, tmp_path / f"real-{name}")
    with pytest.raises(RecordingError, match=r"'scene.mp4' leads out of .* To allow it, name it: -D video=scene.mp4"):
        open_recording(folder)
    with pytest.raises(RecordingError, match=r"'gaze.csv' leads out of .* To allow it, name it: -D gaze=gaze.csv"):
        open_recording(folder, video="scene.mp4")
    assert len(open_recording(folder, video="scene.mp4", gaze="gaze.csv").gaze) == 160
    assert len(open_recording(folder / "scene.mp4", gaze=folder / "gaze.csv").gaze) == 160


def test_what_a_toml_that_the_user_names_names(tmp_path):
    folder = declared_table(tmp_path / "rec")
    link_out(folder / "gaze.csv", tmp_path / "gaze.csv")
    with pytest.raises(RecordingError, match=r"'gaze.csv' leads out of .* To allow it, open .*rec/foveate.toml itself"):
        open_recording(folder)
    assert len(open_recording(folder / "foveate.toml").gaze) == 160


@needs_pipes
def test_a_pipe_is_no_recording(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    with seconds(5), pytest.raises(RecordingError, match=r"pipe\.mp4 is a pipe or a device where a file is expected"):
        open_recording(tmp_path / "pipe.mp4")
    with seconds(5), pytest.raises(RecordingError, match="is a pipe or a device"):
        read_json(tmp_path / "pipe.mp4")
    clip = write_clip(tmp_path / "clip.mp4", frames=2)
    with seconds(5), pytest.raises(RecordingError, match="is a pipe or a device"):
        _ = open_recording(clip, gaze=tmp_path / "pipe.mp4").gaze


@needs_pipes
def test_a_device_is_no_recording():
    with seconds(5), pytest.raises(RecordingError, match="/dev/zero is a pipe or a device where a file is expected"):
        open_recording("/dev/zero")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../a", "'../a' leads out of the recording's folder; only files inside of it are read. Copy the file"),
        ("sub/../../a", "leads out"),
        ("/etc/passwd", "leads out"),
        ("a\0b", "is no path"),
        ("loop", "is no path|cannot be read"),
        ("sub", "sub is a folder where a file is expected"),
    ],
)
def test_names_that_are_refused(tmp_path, name, message):
    (tmp_path / "rec" / "sub").mkdir(parents=True)
    (tmp_path / "rec" / "loop").symlink_to("loop")
    with pytest.raises(RecordingError, match=message):
        inside(tmp_path / "rec", name)


def test_names_that_are_not(tmp_path):
    (tmp_path / "file").write_text("1")
    for name in ("file", "nothing", "no/such/folder/file", "sub/../file", "file/below"):
        assert inside(tmp_path, name) == tmp_path / name
    assert plain(tmp_path / "nothing") == tmp_path / "nothing"
