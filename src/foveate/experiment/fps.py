"""How many frames a second are worth their tokens? GazeLLM showed one (arXiv 2504.00221)."""

from foveate.experiment.sweep import Curve, Setting, Sweep, count, run

__all__ = ["PROTOCOL", "QUICK", "count", "run"]

RATES = (0.5, 1.0, 2.0, 4.0)
TOKENS_AT = {0.5: 36, 1.0: 16, 2.0: 9, 4.0: 4}
"""Frames a second -> tokens a frame, so that a second takes 16 to 18: the square numbers that come next to it."""
AXIS = "frames per second"
EQUAL = tuple((fps, Setting(budget_tokens=TOKENS_AT[fps], fps=fps)) for fps in RATES)


def _of(view: str) -> tuple[tuple[float, Setting], ...]:
    return tuple((fps, Setting(view, fps=fps)) for fps in RATES)


PROTOCOL = Sweep(
    "fps",
    title="How many frames a second",
    question=(
        "Half a frame to four a second of spans of 3 s (activity) and 5 s (future): at 16 visual tokens a frame, so "
        "that twice the frames cost twice as much, and at about the same tokens a second (36, 16, 9 and 4 a frame: 16 "
        "to 18 a second), where more frames are smaller ones. The model was trained at one frame a second, nearly "
        "always at 16 tokens."
    ),
    curves=(
        Curve(AXIS, "gaze, 16 tokens a frame", _of("gaze"), "fps"),
        Curve(AXIS, "gaze, 16 to 18 tokens a second", EQUAL, "fps"),
        Curve(AXIS, "center, 16 tokens a frame", _of("center"), "fps"),
    ),
    pairs=(
        *((Setting(), setting) for _, setting in (*_of("gaze"), *EQUAL) if setting != Setting()),
        *((gaze, center) for (_, gaze), (_, center) in zip(_of("gaze"), _of("center"), strict=True)),
    ),
)
QUICK = PROTOCOL.quick()
