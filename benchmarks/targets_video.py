"""Gaze targets of a long video, decoding included: CPU time beside ffmpeg's pure decode of every frame.

    python benchmarks/targets_video.py [--minutes 3 30] [--rounds 3]        # about 25 minutes of one core

Needs the ffmpeg program. A clip of ten seconds, 1600x1200 at 30 fps, h264 with GOP 30 and 3 B-frames, is repeated without
encoding again; gaze comes at 200 Hz. Promised: patch targets at 1 frame per second out of 30 minutes of it (the gaze of the
200 ms before, occlusion checked and points moved) in less CPU time than decoding every frame takes.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from decode import X264, ffmpeg, make_clip, texture
from decode_jobs import cpu_s, resident_mb

FRAME_PX, FPS, CLIP_S, GAZE_HZ = (1600, 1200), 30, 10, 200
ENCODING = X264.format(b=3, g=30, k=30).replace("medium", "veryfast").replace("15M", "7M")
"""The bit rate of a Neon's scene video."""
GRID = (16, 16)


def targets(path: Path) -> dict[str, float]:
    """Make them all in this process, and tell what it cost after the imports."""
    from foveate.gaze.aggregate import aggregate
    from foveate.gaze.patches import whole
    from foveate.gaze.target import target_on
    from foveate.recording.recording import GazeStream
    from foveate.recording.scene import ScenePart, VideoScene

    start_mb, began_s = resident_mb("VmRSS"), cpu_s()
    scene = VideoScene([ScenePart(path, None)])
    time_ns = np.arange(0, int(scene.time_ns[-1]), 10**9 // GAZE_HZ)
    time_s = time_ns / 1e9
    point = np.stack([800 + 500 * np.sin(1.3 * time_s), 600 + 350 * np.cos(1.7 * time_s)], axis=1)
    gaze = GazeStream(time_ns, point, np.ones(len(time_ns), dtype=bool))
    patches = whole(GRID, (scene.size_px.height_px, scene.size_px.width_px))
    made = points = 0
    for window in aggregate(gaze, scene, range(FPS // 2, len(scene.time_ns), FPS)):
        made += target_on(window.point_px, patches).valid
        points += len(window)
    return {"cpu_s": cpu_s() - began_s, "peak_mb": resident_mb("VmHWM") - start_mb, "targets": made, "points": points}


def repeated(clip: Path, minutes: float) -> Path:
    """The clip again and again in one file, its packets copied."""
    path = clip.with_name(f"{minutes:g}_minutes.mp4")
    times = round(minutes * 60 / CLIP_S)
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-stream_loop", str(times - 1), "-i", str(clip), "-c", "copy", str(path)], check=True
    )
    return path


def measured(path: Path, rounds: int) -> dict[str, object]:
    """Both jobs in turn, round by round."""
    ours, decode = [], []
    for number in range(rounds):
        decode.append(ffmpeg("-threads", "1", "-i", str(path), "-map", "0:v", "-f", "null", "-")["cpu_s"])
        told = subprocess.run(
            [sys.executable, __file__, "--job", str(path)],
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        ours.append(json.loads(told.stdout.splitlines()[-1]))
        print(f"{path.name}, round {number + 1} of {rounds}: {ours[-1]['cpu_s'] / decode[-1]:.3f}", flush=True)
    ratios = [one["cpu_s"] / every for one, every in zip(ours, decode, strict=True)]
    return {
        "ratio": round(statistics.median(ratios), 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "cpu_s": round(statistics.median(one["cpu_s"] for one in ours), 2),
        "decode_cpu_s": round(statistics.median(decode), 2),
        "peak_mb": round(max(one["peak_mb"] for one in ours)),
        "targets": ours[0]["targets"],
        "points": ours[0]["points"],
    }


def table(results: dict[str, dict[str, object]], machine: str) -> str:
    lines = [
        "# Gaze targets at 1 frame per second out of 1600x1200 at 30, gaze at 200 Hz, decoding included",
        "",
        "CPU time as a share of ffmpeg's pure decode of every frame with one thread, median of interleaved rounds; promised:"
        " below 1. Peak memory in MB: above the process after its imports.",
        "",
        machine,
        "",
        "| minutes | targets | ratio | rounds | CPU s | decode, CPU s | peak MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for minutes, found in results.items():
        rounds = " ".join(map(str, found["ratios"]))  # type: ignore[call-overload]
        lines.append(
            f"| {minutes} | {found['targets']} | {found['ratio']} | {rounds} | {found['cpu_s']} | {found['decode_cpu_s']}"
            f" | {found['peak_mb']} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, nargs="+", default=[3, 30])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--job", type=Path, help="measure this video in this process and print JSON")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    if options.job:
        print(json.dumps(targets(options.job)))
        return
    if shutil.which("ffmpeg") is None:
        sys.exit("the ffmpeg program makes the clips and is the yardstick, and was not found; install ffmpeg, then try again")
    results: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        texture(folder / "texture.png")
        clip = folder / "ten_seconds.mp4"
        make_clip(clip, folder / "texture.png", ENCODING, CLIP_S, frame_px=FRAME_PX)
        for minutes in options.minutes:
            path = repeated(clip, minutes)
            results[f"{minutes:g}"] = measured(path, options.rounds)
            path.unlink()
        bits = round(clip.stat().st_size * 8 / CLIP_S / 1e6, 1)
    machine = (
        f"{os.cpu_count()} processors ({platform.machine()}), rounds: {options.rounds}; "
        f"a clip of {CLIP_S} s at {bits} Mbit/s, repeated."
    )
    text = table(results, machine)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "targets_video.md").write_text(text, encoding="utf-8")
    (options.out / "targets_video.json").write_text(json.dumps({"machine": machine, "videos": results}, indent=1) + "\n")
    print(text)


if __name__ == "__main__":
    main()
