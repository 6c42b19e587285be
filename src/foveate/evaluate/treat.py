"""A recording as a way of showing sees its wearer's gaze: made worse, smoothed, or another wearer's."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from foveate.errors import UsageError
from foveate.evaluate.ways import Treatment
from foveate.gaze.clean import clean_recording
from foveate.gaze.degrade import degrade
from foveate.gaze.smooth import one_euro
from foveate.predict.source import OF_THE_TRACKER
from foveate.recording.gaze_source import STREAM, GazeSource
from foveate.recording.recording import GazeStream, Recording


def treated(
    recording: Recording, treatment: Treatment, *, donors: Mapping[str, str], open_other: Callable[[str], Recording]
) -> Recording:
    """The recording with its gaze as a treatment leaves it; what was done stands in the notes of its gaze.

    The vendor's own fixations and blinks go with gaze that is no longer the one they were found in.

    Args:
        recording: with gaze.
        treatment: what to do; nothing gives back the same recording.
        donors: recording -> whose gaze stands in where gaze is shuffled, see ``donors_of``.
        open_other: opens another recording of the study.

    Raises:
        UsageError: for noise in degrees without a calibration.
    """
    if not treatment:
        return recording
    if treatment.shuffled:
        donor = open_other(donors[recording.name])
        about = f"the gaze of {donor.name}, from the same time on"
        source = GazeSource("shuffled", "shuffled", about, True, len(recording.scene.time_ns), 0)
        return recording.replaced({"gaze": in_place_of(recording, donor), STREAM: source}, without=OF_THE_TRACKER)
    gaze = degrade(
        clean_recording(recording),
        noise_deg=treatment.noise_deg,
        noise_px=treatment.noise_px,
        camera=recording.camera if treatment.noise_deg else None,
        delay_ms=treatment.delay_ms,
        loss=treatment.loss,
        burst_ms=treatment.burst_ms,
        seed=(treatment.seed, number_of(recording.name)),
    )
    if treatment.smoothing == "one_euro":
        gaze = one_euro(gaze)
    return recording.replaced({"gaze": gaze}, without=OF_THE_TRACKER)


def donors_of(recordings: Sequence[str], *, seed: int) -> dict[str, str]:
    """For every recording another one, whose gaze stands in for its own; each is used once.

    Args:
        recordings: two or more names.
        seed: of the order.

    Raises:
        UsageError: where there is one only.
    """
    names = list(dict.fromkeys(recordings))
    if len(names) < 2:
        raise UsageError(
            f"the view 'shuffled gaze' takes the gaze of another recording, and there is one only ({names[0]}); "
            "add recordings, or leave that view out"
        )
    order = [names[place] for place in np.random.default_rng(seed).permutation(len(names))]
    # one circle through all of them: so nobody gets its own
    return dict(zip(order, [*order[1:], order[0]], strict=True))


def in_place_of(recording: Recording, donor: Recording) -> GazeStream:
    """The gaze of another recording on a recording's clock and frame: from first frame to first frame, a shorter one again
    and again; points by their share of the frame's width and height.
    """
    gaze = clean_recording(donor)
    own_ns, other_ns = recording.scene.time_ns, donor.scene.time_ns
    since_ns = gaze.time_ns - int(other_ns[0])
    period_ns = int(max(other_ns[-1], gaze.time_ns[-1]) - other_ns[0]) + 1
    inside = (since_ns >= 0) & (since_ns < period_ns)
    times = 1 + int(own_ns[-1] - own_ns[0]) // period_ns
    time_ns = np.concatenate([int(own_ns[0]) + turn * period_ns + since_ns[inside] for turn in range(times)])
    scale = np.array(recording.scene.size_px, dtype=np.float64) / np.array(donor.scene.size_px, dtype=np.float64)
    point_px = np.tile(gaze.point_px[inside] * scale, (times, 1))
    again = f", {times} times in a row" if times > 1 else ""
    notes = (f"the gaze of {donor.name} stands in{again}",)
    return replace(
        gaze, time_ns=time_ns, point_px=point_px, valid=np.tile(gaze.valid[inside], times), confidence=None, notes=notes
    )


def number_of(name: str) -> int:
    """A number that a name always gives."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:4], "big")
