"""What was shown, made again from its record on frames whose every pixel is known."""

import numpy as np
import pytest

from drawn import drawn_recording
from foveate.description.describe import telling
from foveate.description.description import ShownFrame
from foveate.model.mock import MockModel
from foveate.report.seen import data_uri, seen, spread
from foveate.view import make_view


def shown(view: str, **how: object) -> tuple[ShownFrame, ...]:
    job = telling(drawn_recording(), MockModel(), view=view, segment="6", **how)  # type: ignore[arg-type]
    return next(job.spans()).frames


def test_a_crop_is_the_region_that_was_shown() -> None:
    frames = shown("gaze", size="40")
    images = seen(drawn_recording().scene, frames, longest_px=400)
    for frame, (image,) in zip(frames, images, strict=True):
        assert image.shape == (40, 40, 3)  # never enlarged
        assert image[0, 0, :2] == pytest.approx(frame.boxes_px[0][:2], abs=1)
        assert image[0, 0, 2] == pytest.approx(frame.index, abs=1)
    small = seen(drawn_recording().scene, frames, longest_px=20)
    assert {image.shape for (image,) in small} == {(20, 20, 3)}


def test_views_of_several_or_warped_images_have_all_of_them() -> None:
    assert [len(images) for images in seen(drawn_recording().scene, shown("dual", size="40"), longest_px=400)] == [2] * 6
    frames = shown("warp", size="40")
    (image,) = seen(drawn_recording().scene, frames, longest_px=400)[0]
    assert image.shape == (*frames[0].sizes_px[0][::-1], 3)


def test_what_a_view_paints_lies_where_the_wearer_looked() -> None:
    frames = shown("mark")
    scene = drawn_recording().scene
    plain, ringed = (seen(scene, frames, longest_px=100, paint=paint) for paint in (None, make_view("mark").paint))
    for frame, (before,), (after,) in zip(frames, plain, ringed, strict=True):
        changed = np.argwhere((before != after).any(axis=2))
        # the frame of 200 x 100 px is shown in half its size
        at_px = np.array(frame.aim_px)[::-1] / 2
        distance_px = np.linalg.norm(changed + 0.5 - at_px, axis=1)
        assert len(changed)
        assert distance_px.max() < 12


def test_frames_are_spread_evenly() -> None:
    frames = shown("full")
    assert [frame.index for frame in spread(frames, 6)] == [5, 15, 25, 35, 45, 55]
    assert [frame.index for frame in spread(frames, 1)] == [35]
    assert len(spread(frames, 3)) == 3


def test_a_data_uri_is_a_jpeg() -> None:
    assert data_uri(np.zeros((4, 6, 3), dtype=np.uint8)).startswith("data:image/jpeg;base64,/9j/")
