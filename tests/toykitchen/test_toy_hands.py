"""The boxes of the toy kitchen's hands against its pixels."""

import numpy as np

from foveate.clock import NS_PER_S
from foveate.recording.hands import hand_boxes
from foveate.toykitchen import SCENE_PX, World
from foveate.toykitchen.sprite import apply, inverse


def test_boxes_hold_the_hands_that_are_drawn_and_little_more() -> None:
    world = World(7, duration_s=12)
    recording = world.recording()
    hands = recording.stream("hands")
    assert np.array_equal(np.unique(hands.time_ns), recording.scene.time_ns)
    covered = []
    for second in (1.2, 3.7, 6.1, 9.4):
        instant = int(recording.scene.time_ns[round(second * 30)])
        boxes = hand_boxes(recording, np.array([instant]))[0]
        layers = [layer for layer in world.layers(instant) if layer.name in ("left hand", "right hand")]
        head = inverse(world.head.at(instant / NS_PER_S))
        for box in boxes:
            # which of the box's points are solid in one of the hands
            xs, ys = np.linspace(box[0], box[0] + box[2], 25), np.linspace(box[1], box[1] + box[3], 25)
            solid = [
                max(layer.sprite.alpha_at(*apply(inverse(layer.matrix), *apply(head, x, y))) for layer in layers)
                for x in xs
                for y in ys
            ]
            covered.append(float(np.mean(np.array(solid) > 0.9)))
    assert len(covered) >= 4
    assert min(covered) > 0.25  # a turned hand in an upright box


def test_a_hand_off_the_frame_has_no_box() -> None:
    hands = World(7).hands(fps=2)
    off = ~hands.valid
    assert np.isnan(hands.box_px[off]).all()
    left, top, width, height = hands.box_px[~off].T
    assert (left < SCENE_PX[0]).all()
    assert (top < SCENE_PX[1]).all()
    assert (left + width > 0).all()
    assert (top + height > 0).all()
