"""foveate hands: boxes of the hands in a recording's video, for the view hands."""

import json
from pathlib import Path
from typing import Annotated

import typer

from foveate.cli.options import Declare, Quiet, RecordingPath, declared
from foveate.errors import UsageError


def command(
    rec: RecordingPath,
    out: Annotated[Path, typer.Option("-o", "--out", help="The table to write: a file that ends in .csv.")],
    models: Annotated[
        Path | None,
        typer.Option(
            "--models",
            metavar="WHEEL",
            help="A wheel of mediapipe up to 0.10.21 for any system, or a folder with its palm and hand networks.",
        ),
    ] = None,
    fps: Annotated[float, typer.Option("--fps", help="Frames looked at per second.")] = 10.0,
    min_confidence: Annotated[
        float, typer.Option("--min-confidence", help="Leave out hands of which the network is less sure (0 to 1).")
    ] = 0.5,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Find the hands in a recording's video; describe, ask and view take the table with --hands."""
    from foveate.cli.progress import progress
    from foveate.hands.detect import Detector, detect_hands, frames_to_look_at, summary
    from foveate.hands.networks import find_networks
    from foveate.job.disk import write_whole
    from foveate.recording import open_recording
    from foveate.recording.hands_file import hands_csv

    if out.suffix != ".csv" or out.is_dir():
        raise UsageError(f"-o takes a file that ends in .csv, got {out}")
    recording = open_recording(rec, **declared(declare))
    frames = len(frames_to_look_at(recording.scene.time_ns, fps=fps))
    networks = find_networks(models)
    detector = Detector(networks, min_confidence=min_confidence)
    with progress("frames looked at", frames, quiet=quiet or as_json) as advance:
        hands = detect_hands(recording, detector, fps=fps, progress=lambda done: advance())
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, hands_csv(hands))
    told = summary(hands)
    if as_json:
        about = {"recording": str(rec), "out": str(out), "networks": networks.source, "fingerprint": networks.fingerprint}
        print(json.dumps(about | told, indent=1))
    elif not quiet:
        print(
            f"{out}: {told['hands']} hands in {told['with_hands']} of {told['frames']} frames looked at, "
            f"none in {told['without_hands']}"
        )
        print(f"networks: {networks.source} ({networks.fingerprint}); whose hands, and which, is not told")
