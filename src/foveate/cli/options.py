"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from foveate.errors import UsageError

RecordingPath = Annotated[
    Path, typer.Argument(metavar="REC", help="A recording: a folder as it comes off the device, or a table file.")
]
RecordingPaths = Annotated[
    list[Path],
    typer.Argument(metavar="REC...", help="One recording, or many: several, a folder that holds them, or a list (LIST.csv)."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what an earlier run left in -o.")]
ModelName = Annotated[
    str | None,
    typer.Option("--model", help="mock, builtin, hf:ID-OR-FOLDER or openai:MODEL@URL. No silent default.", metavar="MODEL"),
]
ViewName = Annotated[
    str,
    typer.Option(
        "--view", help="What the model is shown: gaze, dual, warp, foveated, mass, hands, mark, text, full, center or random."
    ),
]
CropSize = Annotated[
    str, typer.Option("--size", help="Side of the crop: pixels (448), degrees (30deg) or per cent of the frame (25%).")
]
Fps = Annotated[float, typer.Option("--fps", help="Frames shown per second.")]
Frames = Annotated[
    str,
    typer.Option(
        "--frames", help="Which frames: uniform, recent (denser towards the end), fixation or shift (at gaze shifts)."
    ),
]
HandsFile = Annotated[
    Path | None,
    typer.Option(
        "--hands", metavar="FILE", help="For the view hands: a table with time_ns, left_px, top_px, width_px, height_px."
    ),
]
Budget = Annotated[
    int | None,
    typer.Option(
        "--budget", help="Greatest number of visual tokens per frame; shrinks images to hold it; builtin has 16 by default."
    ),
]
Send = Annotated[bool, typer.Option("--send", help="Let images leave this machine, for a model that runs elsewhere.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Device = Annotated[str, typer.Option("--device", help="Where a local model runs: auto, cpu, cuda, mps.")]
Dtype = Annotated[str, typer.Option("--dtype", help="Numbers of a local model: auto, float32, bfloat16, float16.")]
WithoutGaze = Annotated[str, typer.Option("--without-gaze", help="Frames without valid gaze for over 500 ms: center or skip.")]
OffsetPx = Annotated[
    str | None,
    typer.Option("--offset-px", metavar="X,Y", help="Add to every gaze point: pixels of the scene frame, right and down."),
]
OffsetDeg = Annotated[
    str | None, typer.Option("--offset-deg", metavar="X,Y", help="The same in degrees of visual angle; needs a calibration.")
]
FixDrift = Annotated[
    bool,
    typer.Option(
        "--fix-drift",
        help="Estimate the clock error between gaze and video (decodes up to 288 s), and correct the times of gaze.",
    ),
]
GazeFrom = Annotated[
    str | None,
    typer.Option(
        "--gaze",
        metavar="SOURCE",
        help="Where nobody wore a tracker: center, center:PRIOR.json, file:PREDICTIONS or attention:RUN (docs/predict.md).",
    ),
]
Declare = Annotated[
    list[str] | None,
    typer.Option(
        "--declare",
        "-D",
        metavar="NAME=VALUE",
        help="What the files do not tell: video=, gaze=, time=, time_unit=, frame_index=, x=, y=, origin= ... (repeat it).",
    ),
]


def declared(pairs: list[str] | None) -> dict[str, str]:
    """The keywords of ``open_recording`` out of NAME=VALUE pairs."""
    for pair in pairs or []:
        if not pair.partition("=")[2]:
            raise UsageError(f"--declare takes NAME=VALUE, such as -D time=timestamp, got {pair!r}")
    return {pair.partition("=")[0].strip(): pair.partition("=")[2].strip() for pair in pairs or []}
