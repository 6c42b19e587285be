"""How large should the crop be, at the same cost? GazeLLM took 448 of 1440 px and tried no other (arXiv 2504.00221)."""

from foveate.experiment.sweep import Curve, Setting, Sweep, count, run

__all__ = ["PROTOCOL", "QUICK", "count", "run"]

SIZES_PX = (224, 320, 448, 560, 672, 896)
AXIS = "side of the crop, px of 1440"


def _of(view: str) -> tuple[tuple[float, Setting], ...]:
    return tuple((size, Setting(view, size_px=size)) for size in SIZES_PX)


PROTOCOL = Sweep(
    "crop_size",
    title="How large the crop should be",
    question=(
        "Crops of 224 to 896 px of a frame of 1440 x 1440, each scaled to the same 16 visual tokens a frame, around "
        "gaze and in the middle; the whole frame at 16 tokens beside them. The model was trained on crops of 448 px "
        "(give or take 8%) and on whole frames, and saw crops of no other size: what is measured is the size and what "
        "the model is used to, together."
    ),
    curves=(Curve(AXIS, "gaze", _of("gaze"), "px"), Curve(AXIS, "center", _of("center"), "px")),
    beside=(Setting("full"),),
    pairs=(
        *((Setting(), Setting(size_px=size)) for size in SIZES_PX if size != Setting.size_px),
        *((Setting(size_px=size), Setting("center", size_px=size)) for size in SIZES_PX),
    ),
)
QUICK = PROTOCOL.quick()
