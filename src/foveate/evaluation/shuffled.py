"""Another recording's gaze in the place of a recording's own: the control that has all of gaze but whose it is."""

from collections.abc import Sequence

import numpy as np

from foveate.errors import UsageError
from foveate.gaze.clean import clean_recording
from foveate.predict.source import OF_THE_TRACKER
from foveate.recording.gaze_source import STREAM, GazeSource
from foveate.recording.recording import GazeStream, Recording


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


def shuffled(recording: Recording, donor: Recording) -> Recording:
    """The recording with another one's gaze; that it is not its wearer's is told as of predicted gaze.

    What the vendor's program found in its own gaze (fixations, saccades, blinks) goes with it.
    """
    about = f"the gaze of {donor.name}, from its first frame on,"
    source = GazeSource("shuffled", "shuffled", about, True, len(recording.scene.time_ns), 0)
    return recording.replaced({"gaze": aligned(recording, donor), STREAM: source}, without=OF_THE_TRACKER)


def aligned(recording: Recording, donor: Recording) -> GazeStream:
    """The cleaned gaze of another recording on a recording's clock and frame.

    Time counts from the first scene frame of each; a shorter donor begins again where it ends. Points keep their share of the
    frame's width and height.
    """
    gaze = clean_recording(donor)
    own_ns, other_ns = recording.scene.time_ns, donor.scene.time_ns
    since_ns = gaze.time_ns - int(other_ns[0])
    period_ns = int(max(other_ns[-1], gaze.time_ns[-1]) - other_ns[0]) + 1
    inside = since_ns >= 0
    turns = 1 + int(own_ns[-1] - own_ns[0]) // period_ns
    time_ns = np.concatenate([int(own_ns[0]) + turn * period_ns + since_ns[inside] for turn in range(turns)])
    scale = np.array(recording.scene.size_px, dtype=np.float64) / np.array(donor.scene.size_px, dtype=np.float64)
    again = f", {turns} times in a row" if turns > 1 else ""
    return GazeStream(
        time_ns,
        np.tile(gaze.point_px[inside] * scale, (turns, 1)),
        np.tile(gaze.valid[inside], turns),
        notes=(f"the gaze of {donor.name} stands in{again}",),
    )
