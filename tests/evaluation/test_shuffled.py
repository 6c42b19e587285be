"""Another recording's gaze in the place of its own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drawn import FRAME_PX, drawn_recording
from evaluation.studies import make_recordings
from foveate.errors import UsageError
from foveate.evaluation.opener import Opener
from foveate.evaluation.shuffled import aligned, donors_of, shuffled
from foveate.evaluation.study import Show
from foveate.evaluation.ways import ways_of
from foveate.geometry import Size
from foveate.recording.gaze_source import gaze_came_from, gaze_notice


@pytest.mark.parametrize("count", [2, 3, 20])
def test_nobody_has_its_own_and_everybody_gives_once(count: int) -> None:
    names = [f"rec {number}" for number in range(count)]
    for seed in range(30):
        donors = donors_of(names, seed=seed)
        assert sorted(donors) == sorted(donors.values()) == sorted(names)
        assert all(name != donor for name, donor in donors.items())
    assert donors_of(names, seed=5) == donors_of(names, seed=5)


def test_the_seed_decides() -> None:
    names = [f"rec {number}" for number in range(20)]
    assert donors_of(names, seed=1) != donors_of(names, seed=2)


def test_one_recording_has_no_other() -> None:
    with pytest.raises(UsageError, match=r"takes the gaze of another recording, and there is one only \(anna\)"):
        donors_of(["anna", "anna"], seed=0)


def test_time_counts_from_the_first_frame_of_each() -> None:
    own, other = drawn_recording(start_ns=5_000_000_000), drawn_recording(start_ns=77_000_000_000, name="other")
    gaze = aligned(own, other)
    assert np.array_equal(gaze.time_ns, own.gaze.time_ns)
    assert np.array_equal(gaze.point_px, other.gaze.point_px)


def test_a_shorter_one_begins_again() -> None:
    own, other = drawn_recording(seconds=6), drawn_recording(seconds=2.5, name="other")
    gaze = aligned(own, other)
    assert len(gaze) == 3 * len(other.gaze)
    assert np.all(np.diff(gaze.time_ns) > 0)
    assert gaze.time_ns[-1] >= own.scene.time_ns[-1]
    assert "3 times in a row" in gaze.notes[0]
    assert np.array_equal(gaze.point_px[:250], gaze.point_px[250:500])


def test_points_keep_their_share_of_the_frame() -> None:
    own, other = drawn_recording(), drawn_recording(name="other")
    large = replace(own.scene, size_px=Size(FRAME_PX.width_px * 2, FRAME_PX.height_px * 3))
    gaze = aligned(own.replaced({"scene": large}), other)
    assert np.allclose(gaze.point_px, other.gaze.point_px * [2, 3])


def test_it_is_told_as_gaze_that_was_not_measured_here_and_the_vendors_events_go() -> None:
    own = drawn_recording().replaced({"blinks": object(), "fixations": object()})
    seen = shuffled(own, drawn_recording(name="other"))
    assert gaze_came_from(seen) == "predicted"
    assert "the gaze of other" in str(gaze_notice(seen))
    assert not {"blinks", "fixations"} & set(seen.loaders)


@pytest.mark.parametrize("noise_px", [0.0, 50.0])
def test_another_gaze_is_treated_as_the_wearers_own_would_be(noise_px: float, tmp_path: Path) -> None:
    home = make_recordings(tmp_path)
    places = {name: {"path": str(home / name), "called": name} for name in ("anna", "ben")}
    (way,) = ways_of(Show(views=("shuffled gaze",), noise_px=(noise_px,), seed=3))
    (own,) = ways_of(Show(views=("gaze",), noise_px=(noise_px,), seed=3))
    opener = Opener(places, {"anna": "ben", "ben": "anna"})
    # both recordings have the same frames, so that what ben's wearer would be shown by it is what anna's is
    assert np.array_equal(opener.seen("anna", way).gaze.point_px, opener.seen("ben", own).gaze.point_px, equal_nan=True)
