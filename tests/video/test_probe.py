"""Files that are no video, or only part of one: one line each, and the process lives."""

import os
import wave

import av
import numpy as np
import pytest

from foveate.errors import VideoError
from foveate.video import Video, probe
from foveate.video.untrusted import tried
from foveate.video.write import VideoWriter

FRAMES = 60


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A video whose sample list stands in front, so that a cut one still opens."""
    path = tmp_path_factory.mktemp("probe") / "whole.mp4"
    rng = np.random.default_rng(0)
    with VideoWriter(path, size_px=(96, 64), fps=30, gop=15, b_frames=2) as writer:
        for _ in range(FRAMES):
            writer.write(rng.integers(0, 256, (64, 96, 3), dtype=np.uint8))
    return path


def audio_only(path):
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16000))


def picture_of_text(path):
    path.write_text("time,x,y\n" * 500)


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("missing.mp4", lambda path: None, "does not exist; check the path"),
        ("folder.mp4", lambda path: path.mkdir(), "is not a file"),
        ("empty.mp4", lambda path: path.touch(), r"is empty \(0 bytes\); copy or export it again"),
        ("text.mp4", picture_of_text, "no video that can be read .* another kind of file, or was cut off"),
        ("random.mp4", lambda path: path.write_bytes(np.random.default_rng(0).bytes(5000)), "no video that can be read"),
        ("sound.mp4", audio_only, r"has no video stream \(found: audio\)"),
    ],
    ids=["missing", "folder", "empty", "text", "random", "audio only"],
)
def test_what_is_no_video_is_told_in_one_line(tmp_path, name, make, message):
    path = tmp_path / name
    make(path)
    with pytest.raises(VideoError, match=message) as caught:
        Video(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.9999])
def test_a_file_cut_short_gives_its_whole_frames_or_one_line(whole, tmp_path, share):
    data = whole.read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: int(len(data) * share)])
    images = list(Video(whole, trusted=True).frames(range(FRAMES)))
    with av.open(str(whole)) as container:
        first = next(container.demux(video=0))
    if path.stat().st_size < first.pos + first.size:  # the sample list itself is cut, or the first frame
        with pytest.raises(VideoError, match=r"no video that can be read|no video stream|no frame that can be decoded"):
            Video(path)
        return
    video = Video(path)
    got = list(video.frames(range(len(video))))
    assert 0 < len(got) < FRAMES
    assert any("cut short" in note and f"of {FRAMES} frames" in note for note in video.notes)
    for image, time_ns in zip(got, video.frame_time_ns, strict=True):
        np.testing.assert_array_equal(image, images[round(time_ns * 30 / 1e9)])


@pytest.mark.parametrize("share", [0.3, 0.8, 0.999])
def test_a_file_without_its_sample_list_says_so(whole, tmp_path, share, clips):
    late = clips.copied("list_at_the_end.mp4", whole)
    path = tmp_path / "cut.mp4"
    data = late.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(VideoError, match="cut off while it was recorded or copied; export or copy it again"):
        probe(path)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", r"kills its decoder \(SIGSEGV\): it is damaged or cut off"),
        ("import os; os._exit(77)", r"kills its decoder \(exit code 77\)"),
        ("import time; time.sleep(60)", r"hangs its decoder \(no answer in 0.5 s\)"),
    ],
    ids=["signal", "exit", "hang"],
)
@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_a_decoder_that_dies_or_hangs_does_not_take_us_with_it(whole, tmp_path, monkeypatch, script, message):
    # A stand-in for the child: no file at hand still crashes this version of the decoder.
    child = tmp_path / "child.py"
    child.write_text(script)
    monkeypatch.setattr("foveate.video.untrusted.CHILD", child)
    path = tmp_path / "victim.mp4"
    path.write_bytes(whole.read_bytes())
    with pytest.raises(VideoError, match=message):
        probe(path, timeout_s=0.5 if "hang" in message else 60)


def test_the_verdict_is_kept_until_the_file_changes(whole, tmp_path):
    path = tmp_path / "changing.mp4"
    path.write_bytes(whole.read_bytes())
    tried.cache_clear()
    probe(path)
    probe(path)
    assert tried.cache_info().misses == 1
    path.write_text("no longer a video")
    with pytest.raises(VideoError, match="no video that can be read"):
        probe(path)
    assert tried.cache_info().misses == 2


@pytest.mark.skipif(os.name == "nt", reason="CPU time of children is POSIX's")
def test_a_good_file_is_probed_quickly(whole):
    tried.cache_clear()
    before = os.times()
    probe(whole)
    after = os.times()
    assert after.children_user + after.children_system - before.children_user - before.children_system < 0.5


def test_a_frame_size_that_would_take_all_memory_is_refused(whole, monkeypatch):
    monkeypatch.setattr("foveate.video.packets.MOST_PIXELS", 96 * 64 - 1)
    with pytest.raises(VideoError, match=r"its frames are 96x64 px, more than 6,143 pixels"):
        Video(whole, trusted=True)


def test_an_untrusted_name_is_no_option_and_no_address(tmp_path):
    for name in ("-version", "http:", "concat:a|b"):
        path = tmp_path / name
        path.write_text("x")
        with pytest.raises(VideoError, match="no video that can be read"):
            probe(path)
