"""Frames by index are those of sequential decoding, pixel for pixel, however the video was encoded and stored."""

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.geometry import Box, Size
from foveate.video import Video


def x264(**options):
    return {"options": {"x264-params": ":".join(f"{key.replace('_', '-')}={value}" for key, value in options.items())}}


def x265(**options):
    pairs = [f"{key.replace('_', '-')}={value}" for key, value in (options | {"log_level": "none"}).items()]
    return {"codec": "libx265", "options": {"preset": "ultrafast", "x265-params": ":".join(pairs)}}


ENCODINGS = {
    "no_b_frames.mp4": x264(bframes=0, keyint=30),
    "b_frames.mp4": x264(bframes=3, keyint=30),
    "b_pyramid.mp4": x264(bframes=5, keyint=30, b_pyramid="normal", b_adapt=0, ref=4),
    "strict_pyramid.mp4": x264(bframes=5, keyint=30, b_pyramid="strict", b_adapt=0),
    "gop_250.mp4": x264(bframes=3, keyint=250),
    "open_gop.mp4": x264(bframes=3, keyint=20, open_gop=1, b_adapt=0),
    "open_gop.mkv": x264(bframes=3, keyint=20, open_gop=1, b_adapt=0),
    "open_gop.ts": x264(bframes=3, keyint=20, open_gop=1, b_adapt=0),
    "intra_refresh.mp4": x264(bframes=0, keyint=20, intra_refresh=1),
    "interlaced.mp4": x264(bframes=3, keyint=30, tff=1),
    "hevc.mp4": x265(keyint=30, open_gop=0, bframes=3),
    "hevc_open_gop.mp4": x265(keyint=20, min_keyint=20, open_gop=1, bframes=3, b_adapt=0, scenecut=0),
    "hevc_radl.mp4": x265(keyint=20, min_keyint=20, open_gop=0, radl=2, bframes=3, b_adapt=0, scenecut=0),
    "hevc_layers.mp4": x265(keyint=30, temporal_layers=1, bframes=3, b_adapt=0),
    "hevc_10_bit.mp4": x265(keyint=30) | {"pix_fmt": "yuv420p10le"},
    "full_range_bt709.mp4": x264(keyint=30) | {"color": True},
    "yuv422.mp4": x264(keyint=30) | {"pix_fmt": "yuv422p"},
    "yuv444.mp4": x264(keyint=30) | {"pix_fmt": "yuv444p"},
    "variable_rate.mp4": x264(bframes=3, keyint=30) | {"pts": np.cumsum(np.tile([3, 59, 20, 41, 7], 18)).tolist()},
    "first_not_at_0.mp4": x264(bframes=3, keyint=30) | {"pts": list(range(700, 2500, 20))},
    "first_not_at_0.mkv": x264(bframes=3, keyint=30) | {"pts": list(range(700, 2500, 20))},
    "audio.mp4": x264(bframes=3, keyint=30) | {"audio": True},
    "mpeg4.avi": {"codec": "mpeg4", "options": {"bf": "0", "g": "12"}},
    "mpeg4_b_frames.mp4": {"codec": "mpeg4", "options": {"bf": "2", "g": "12"}},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"g": "30", "deadline": "realtime", "cpu-used": "8"}},
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
}


def assert_exact(video: Video, times_ns: np.ndarray, images: list[np.ndarray]) -> None:
    """Every selection brings what sequential decoding brought."""
    np.testing.assert_array_equal(video.frame_time_ns, times_ns)
    last = len(video) - 1
    for name, wanted in {
        "every frame": range(last + 1),
        "one per second": range(15, last + 1, 30),
        "every seventh": range(0, last + 1, 7),
        "around an entry": [number for number in (18, 19, 20, 21, 22) if number <= last],
        "the first": [0],
        "the last": [last],
    }.items():
        got = list(video.frames(list(wanted)))
        assert len(got) == len(wanted), name
        for number, image in zip(wanted, got, strict=True):
            np.testing.assert_array_equal(image, images[number], err_msg=f"{name}, frame {number}")


@pytest.mark.parametrize("name", ENCODINGS)
def test_frames_are_those_of_sequential_decoding(clips, name):
    path = clips(name, **ENCODINGS[name])
    assert_exact(Video(path, trusted=True, workers=1), *clips.sequential(path))


@pytest.mark.parametrize("workers", [2, 4])
@pytest.mark.parametrize("name", ["open_gop.mp4", "hevc_open_gop.mp4", "intra_refresh.mp4"])
def test_frames_are_the_same_from_several_decoders(clips, name, workers):
    path = clips(name, **ENCODINGS[name])
    assert_exact(Video(path, trusted=True, workers=workers), *clips.sequential(path))


@pytest.mark.parametrize("source", ["open_gop.mp4", "hevc_open_gop.mp4", "hevc_radl.mp4"])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_copy_that_starts_at_a_later_entry_leaves_out_what_cannot_be_decoded(clips, source, suffix):
    whole = clips(source, **ENCODINGS[source])
    second = clips.keys(whole)[1]
    cut = clips.copied(f"from_second_{source}.{suffix}", whole, keep=lambda number, packet: number >= second)
    assert_exact(Video(cut, trusted=True), *clips.sequential(cut))


def test_an_edit_list_hides_frames(clips):
    whole = clips("b_frames.mp4", **ENCODINGS["b_frames.mp4"])
    trimmed = clips.trimmed("trimmed.mp4", whole, start_ticks=25 * 512)
    times, images = clips.sequential(trimmed)
    assert len(images) < 90, "the edit list has no effect, so this test shows nothing"
    assert_exact(Video(trimmed, trusted=True), times, images)


def test_reference_frames_are_kept_and_others_dropped(clips):
    droppable = {name: int(Video(clips(name, **ENCODINGS[name]), trusted=True)._index.droppable.sum()) for name in ENCODINGS}
    assert droppable["no_b_frames.mp4"] == 0
    assert droppable["b_frames.mp4"] > 30
    assert droppable["hevc.mp4"] > 30


def test_intra_refresh_has_one_place_to_start_from(clips):
    video = Video(clips("intra_refresh.mp4", **ENCODINGS["intra_refresh.mp4"]), trusted=True)
    assert len(clips.keys(video.path)) > 1
    assert np.flatnonzero(video._index.entry).tolist() == [0]


@pytest.mark.parametrize("hflip", [False, True], ids=["turned", "turned and mirrored"])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation_of_the_container_is_honoured(clips, degrees, hflip):
    # The display matrix is given as a turn against the clock, then a mirror.
    path = clips(f"rotated_{degrees}_{hflip}.mp4", rotation=degrees, hflip=hflip, frames=10)
    video = Video(path, trusted=True)
    _, stored = clips.sequential(path)
    assert video.size_px == ((120, 160) if degrees % 180 else (160, 120))
    upright = np.rot90(stored[7], degrees // 90)
    if hflip:
        upright = upright[:, ::-1]
    else:
        assert video.rotation_deg == -degrees % 360
    np.testing.assert_array_equal(next(video.frames([7])), upright)
    box = Box(13, 21, 50, 33)
    np.testing.assert_array_equal(next(video.frames([7], boxes_px=[box])), upright[21:54, 13:63])


PIXELS = ["b_frames.mp4", "hevc_10_bit.mp4", "yuv422.mp4", "yuv444.mp4", "full_range_bt709.mp4", "mjpeg.avi"]


@pytest.mark.parametrize("name", PIXELS)
def test_a_box_equals_converting_the_whole_frame_and_cropping(clips, name):
    path = clips(name, **ENCODINGS[name])
    video = Video(path, trusted=True)
    _, images = clips.sequential(path)
    rng = np.random.default_rng(3)
    numbers = list(range(0, 90, 3))
    sizes = rng.integers(1, 100, (len(numbers), 2))
    boxes = [Box(int(rng.integers(0, 161 - w)), int(rng.integers(0, 121 - h)), int(w), int(h)) for w, h in sizes]
    boxes[-1] = Box(159, 119, 1, 1)
    assert {(box.left_px % 2, box.top_px % 2) for box in boxes} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    for number, box, image in zip(numbers, boxes, video.frames(numbers, boxes_px=boxes), strict=True):
        left, top, width, height = box
        whole = images[number][top : top + height, left : left + width]
        np.testing.assert_array_equal(image, whole, err_msg=str(box))


def test_sizes_resample_what_was_cropped(clips):
    video = Video(clips("b_frames.mp4", **ENCODINGS["b_frames.mp4"]), trusted=True)
    boxes, sizes = [Box(10, 20, 100, 80), None, Box(0, 0, 40, 40)], [Size(50, 40), Size(80, 60), None]
    shapes = [image.shape for image in video.frames([3, 4, 40], boxes_px=boxes, sizes_px=sizes)]
    assert shapes == [(40, 50, 3), (60, 80, 3), (40, 40, 3)]
    small, whole = (next(video.frames([3], boxes_px=[boxes[0]], sizes_px=[size])) for size in (sizes[0], None))
    by_area = whole.reshape(40, 2, 50, 2, 3).mean(axis=(1, 3))
    assert np.abs(small - by_area).max() <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"indices": [3, 3]}, "indices must increase"),
        ({"indices": [5, 4]}, "indices must increase"),
        ({"indices": [90]}, "from 0 to 89"),
        ({"indices": [-1]}, "from 0 to 89"),
        ({"indices": [1, 2], "boxes_px": [None]}, "2 frames were asked for with 1 boxes"),
        ({"indices": [1], "boxes_px": [Box(100, 0, 61, 10)]}, "leaves the frame of 160x120"),
        ({"indices": [1], "boxes_px": [Box(-1, 0, 10, 10)]}, "leaves the frame"),
        ({"indices": [1], "boxes_px": [Box(0, 0, 0, 10)]}, "leaves the frame"),
    ],
    ids=["same", "backwards", "too far", "negative", "too few boxes", "box right", "box left", "box empty"],
)
def test_what_cannot_be_asked_for(clips, arguments, message):
    video = Video(clips("b_frames.mp4", **ENCODINGS["b_frames.mp4"]), trusted=True)
    with pytest.raises(UsageError, match=message):
        video.frames(**arguments)


def test_no_frames_wanted_gives_none(clips):
    video = Video(clips("b_frames.mp4", **ENCODINGS["b_frames.mp4"]), trusted=True)
    assert list(video.frames([])) == []


def test_times_rate_and_duration(clips):
    video = Video(clips("first_not_at_0.mkv", **ENCODINGS["first_not_at_0.mkv"]), trusted=True)
    assert video.frame_time_ns[0] == 0
    assert video.start_ns == pytest.approx(700 / 600 * 1e9, abs=1e6)
    assert video.fps == pytest.approx(30, rel=0.02)
    assert video.duration_ns == pytest.approx(3e9, rel=0.02)
    assert not video.frame_time_ns.flags.writeable
