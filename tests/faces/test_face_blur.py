"""Faces blurred, with a margin and held for a while; what finds them is a stand-in that knows where they are."""

from collections import Counter

import numpy as np
import pytest

from foveate.blaze.anchors import Found
from foveate.faces.blur import GRAIN, HOLD_NS, blur, blurred

MS = 1_000_000
NOISE = np.random.default_rng(0).integers(0, 256, (90, 120, 3)).astype(np.uint8)


def box(*corners):
    return np.array(corners, dtype=np.float64)


def changed(image):
    """(90, 120) where an image differs from the noise."""
    return (image != NOISE).any(axis=2)


def test_a_box_is_blurred_with_its_margin_and_nothing_else():
    done = blur(NOISE, [box(40, 30, 60, 50)])
    where = np.argwhere(changed(done))
    # 0.35 of 20 px on each side
    assert (where.min(axis=0).tolist(), where.max(axis=0).tolist()) == ([23, 33], [56, 66])
    assert changed(done)[23:57, 33:67].mean() > 0.99
    # of 34 px of noise four patches remain, between which colours run smoothly
    steps = np.abs(np.diff(done[23:57, 33:67].astype(int), axis=1))
    assert steps.max() <= 256 / (34 / GRAIN)
    assert NOISE.std() > 3 * done[23:57, 33:67].std()


@pytest.mark.parametrize(
    ("corners", "whole"),
    [
        pytest.param((-30, -30, 10, 10), 24 * 24, id="a corner"),
        pytest.param((110, 80, 300, 300), 77 * 87, id="the other corner"),
        pytest.param((-500, -500, 500, 500), 90 * 120, id="all"),
        pytest.param((200, 200, 220, 220), 0, id="outside"),
        pytest.param((50, 50, 50, 50), 0, id="nothing"),
    ],
)
def test_boxes_reach_beyond_the_frame(corners, whole):
    assert changed(blur(NOISE, [box(*corners)])).sum() == pytest.approx(whole, rel=0.02)


def test_the_image_that_was_given_stays():
    before = NOISE.copy()
    blur(NOISE, [box(0, 0, 120, 90)])
    assert (before == NOISE).all()


@pytest.mark.parametrize(
    ("times_ms", "found", "blurred_in"),
    [
        pytest.param((0, 100, 200, 300, 400, 500, 900, 1000), (2, 7), (0, 1, 2, 3, 4, 6, 7), id="a video"),
        pytest.param((0, 2000, 4000), (1,), (1,), id="a strip, whose frames lie apart"),
        pytest.param((0, 100), (), (), id="no face"),
        pytest.param((), (), (), id="no frame"),
    ],
)
def test_a_face_that_is_missed_for_some_frames_is_held(monkeypatch, times_ms, found, blurred_in):
    boxes_in = {}
    monkeypatch.setattr(
        "foveate.faces.blur.blur", lambda image, boxes: boxes_in.update({int(image[0, 0, 0]): len(list(boxes))})
    )
    frames = [(time * MS, np.full_like(NOISE, place)) for place, time in enumerate(times_ms)]
    face = Found(1.0, box(40, 30, 60, 50), np.zeros((6, 2)))
    count: Counter[str] = Counter()
    list(blurred(frames, lambda image: [face] if image[0, 0, 0] in found else [], count, hold_ns=200 * MS))
    assert [place for place, boxes in boxes_in.items() if boxes] == list(blurred_in)
    assert len(boxes_in) == count["frames"] == len(times_ms)
    assert count["frames with faces"] == count["boxes"] == len(found)


def test_frames_come_in_order_and_few_wait():
    given = []

    def frames():
        for place in range(30):
            given.append(place)
            yield place * 100 * MS, np.full_like(NOISE, place)

    out = blurred(frames(), lambda image: [], Counter())
    order = []
    for image in out:
        order.append(int(image[0, 0, 0]))
        assert len(given) - len(order) <= HOLD_NS // (100 * MS) + 1
    assert order == list(range(30))
