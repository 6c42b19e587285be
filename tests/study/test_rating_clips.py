"""What raters see of a clip: its length, size and frames, and no gaze unless it is asked for."""

import json
import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from drawn import drawn_recording, torn_recording
from foveate.blaze.anchors import Found
from foveate.errors import UsageError
from foveate.recording import Recording
from foveate.study.clips import cut_clips
from foveate.study.config import Raters
from foveate.study.items import Item
from foveate.video import Video

ITEM = Item(
    sample="one",
    recording="drawn",
    participant="",
    category="",
    start_s=1.0,
    stop_s=3.0,
    texts={"a": "x", "b": "y"},
    reference="",
)


def raters(out: Path, **given: object) -> Raters:
    return Raters(run=out, out=out, **{"clip_px": 101, **given})  # type: ignore[arg-type]


class OneFace:
    """In place of the networks: a face in the middle of every frame but those from 1.3 to 2.3 s."""

    def __init__(self, fingerprint: str = "f1") -> None:
        self.fingerprint = fingerprint

    def __call__(self, image: np.ndarray) -> list[Found]:
        seen = not 12.5 < image[..., 2].mean() < 22.5
        return [Found(0.9, np.array([40.0, 15, 60, 35]), np.zeros((6, 2)))] if seen else []


def cut(
    out: Path, *, item: Item = ITEM, recording: Recording | None = None, faces: OneFace | None = None, **given: object
) -> list[Path]:
    asked = raters(out, **given)
    made = cut_clips([item], asked, lambda name: recording or drawn_recording(), faces=faces)  # type: ignore[arg-type]
    return [asked.clip_folder / name for name in made[item.clip]]


def test_a_video_is_the_span_at_its_own_rate_or_slower(tmp_path: Path) -> None:
    # the drawn recording has 10 frames a second of 200 x 100 px; blue tells the frame
    for fps, frames in ((15.0, 20), (5.0, 10)):
        (file,) = cut(tmp_path, clip_fps=fps)
        video = Video(file)
        assert video.size_px == (100, 50)
        assert len(video.frame_time_ns) == frames
        blue = [float(image[..., 2].mean()) for image in video.frames(range(frames))]
        assert blue == pytest.approx(np.linspace(10, 30, frames, endpoint=False) + 10 / frames - 0.5, abs=4)


def test_a_strip_is_spread_over_the_span(tmp_path: Path) -> None:
    files = cut(tmp_path, clip="frames", clip_frames=4)
    assert [file.suffix for file in files] == [".jpg"] * 4
    blue = [float(np.asarray(Image.open(file))[..., 2].mean()) for file in files]
    assert blue == pytest.approx([12, 17, 22, 27], abs=4)


def test_a_strip_of_more_frames_than_there_are_shows_some_twice(tmp_path: Path) -> None:
    files = cut(tmp_path, item=replace(ITEM, stop_s=1.2), clip="frames", clip_frames=4)
    assert all(file.is_file() for file in files)
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()


def test_gaze_is_drawn_only_where_it_is_asked_for(tmp_path: Path) -> None:
    plain = [np.asarray(Image.open(file)).astype(int) for file in cut(tmp_path, clip="frames", clip_frames=2)]
    drawn = [
        np.asarray(Image.open(file)).astype(int) for file in cut(tmp_path, clip="frames", clip_frames=2, gaze_overlay=True)
    ]
    # the ring is bright where the plain frame's red is its column and green its row
    columns = np.arange(100)[None, :] * 2
    assert all(np.abs(image[..., 0] - columns).mean() < 8 for image in plain)
    assert all(np.abs(with_ring - image).max() > 60 for image, with_ring in zip(plain, drawn, strict=True))


def test_clips_are_cut_once_and_again_where_they_are_made_otherwise(tmp_path: Path) -> None:
    (first,) = cut(tmp_path)
    before = first.stat().st_mtime_ns
    assert cut(tmp_path) == [first]
    assert first.stat().st_mtime_ns == before
    assert cut(tmp_path, gaze_overlay=True) != [first]


@pytest.mark.parametrize("faces", [None, "blurred"], ids=["faces shown", "faces blurred"])
def test_two_servers_may_cut_the_same_strip_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faces: str | None) -> None:
    given = {"clip": "frames", "faces": OneFace() if faces else None}
    cutting: list[threading.Thread] = []

    def slow(descriptor: int, data: bytes) -> None:
        if not cutting:  # while the first file of the first server is under way, the second server cuts all
            cutting.append(threading.Thread(target=cut, args=(tmp_path,), kwargs=given))
            cutting[0].start()
            cutting[0].join()
        os.write(descriptor, data)

    monkeypatch.setattr("foveate.job.disk.write_all", slow)
    files = cut(tmp_path, **given)  # type: ignore[arg-type]
    assert not cutting[0].is_alive()
    beside = {f"{files[0].stem}.faces.json"} if faces else set()
    assert {path.name for path in files[0].parent.iterdir()} == {path.name for path in files} | beside


@pytest.mark.parametrize("clip", ["video", "frames"])
def test_faces_are_blurred_and_counted_beside_the_clip(tmp_path: Path, clip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # a frame of a smooth gradient changes little by blurring; here it turns white
    monkeypatch.setattr("foveate.faces.blur.blur", lambda image, boxes: np.full_like(image, 255) if list(boxes) else image)
    given = {"clip": clip, "clip_frames": 4}
    files = cut(tmp_path, faces=OneFace(), **given)
    plain = cut(tmp_path, **given)
    assert set(files).isdisjoint(plain)  # a clip that shows faces is never taken for one that does not

    def images(files: list[Path]) -> np.ndarray:
        shown = [np.asarray(Image.open(file)) for file in files] if clip == "frames" else Video(files[0]).frames(range(20))
        return np.stack([image.astype(float) for image in shown])

    blurred = images(files).mean(axis=(1, 2, 3)) > 200
    assert images(plain).mean() < 100
    # the video's face is held for 0.3 s where it is missed; the frames of a strip lie apart
    assert blurred.tolist() == ([True] * 6 + [False] * 4 + [True] * 10 if clip == "video" else [True, False, False, True])
    (beside,) = tmp_path.rglob("*.faces.json")
    frames, boxes = (20, 10) if clip == "video" else (4, 2)
    assert json.loads(beside.read_text()) == {"frames": frames, "frames with faces": boxes, "boxes": boxes}


def test_clips_that_show_faces_do_not_stay_beside_those_that_do_not(tmp_path: Path) -> None:
    (plain,) = cut(tmp_path)
    other = plain.with_name("another-clip.mp4")
    other.touch()
    plain.with_name(f".{plain.stem}.77.part.mp4").touch()  # of a server that was killed while it cut
    (blurred,) = cut(tmp_path, faces=OneFace())
    assert {file.name for file in plain.parent.iterdir()} == {blurred.name, f"{blurred.stem}.faces.json", other.name}


def test_clips_are_cut_again_for_other_networks_and_where_the_count_is_lost(tmp_path: Path) -> None:
    (first,) = cut(tmp_path, faces=OneFace())
    assert cut(tmp_path, faces=OneFace("f2")) != [first]
    cut(tmp_path, faces=OneFace())
    beside = first.with_name(first.stem + ".faces.json")
    beside.unlink()
    assert cut(tmp_path, faces=OneFace()) == [first]
    assert beside.is_file()


@pytest.mark.parametrize(
    ("item", "recording", "message"),
    [
        (ITEM, torn_recording(), "the clip of one cannot be cut: the frame at 2.500 s cannot be decoded"),
        (replace(ITEM, start_s=90.0, stop_s=92.0), drawn_recording(), "has no frame from 90.000 to 92.000 s"),
    ],
    ids=["torn", "past the end"],
)
def test_a_clip_that_cannot_be_cut(tmp_path: Path, item: Item, recording: Recording, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        cut(tmp_path, item=item, recording=recording)
    assert not list((tmp_path / "clips").iterdir())
