"""Exact gaze crops at 1 frame per second: CPU time beside ffmpeg's pure decode of every frame, and beside other decoders.

    python benchmarks/decode.py [--rounds 5] [--seconds 20] [--peer-python /path/to/python] [--hours 4]

Needs the ffmpeg program (with libx264 and libx265), which makes the clips and is the yardstick. decord and torchcodec are
measured where this Python, or the one named by --peer-python, has them. Jobs run one after another, round by round, so that
whatever else the machine does falls on all of them; ratios are taken within a round, and their medians reported.

Promised: at most 0.48 of pure decode at GOP 30 with 3 B-frames, 0.65 at GOP 250, 0.58 without B-frames, 0.50 for HEVC; at most
100 MB above the process after its imports, also over four hours. About 3 minutes per round on one free core.
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

import cv2
import numpy as np
from decode_jobs import center_px

SIDE, FPS = 1440, 30
JOBS_FILE = Path(__file__).with_name("decode_jobs.py")
X264 = "-c:v libx264 -preset medium -b:v 15M -maxrate 20M -bufsize 30M -sc_threshold 0 -bf {b} -g {g} -keyint_min {k}"
X265 = (
    "-c:v libx265 -preset fast -b:v 15M -tag:v hvc1 -x265-params keyint=30:min-keyint=30:bframes=3:scenecut=0:log-level=error"
)
CLIPS = {
    "h264, GOP 30, 3 B-frames": (X264.format(b=3, g=30, k=30), 0.48),
    "h264, GOP 250, 3 B-frames": (X264.format(b=3, g=250, k=25), 0.65),
    "h264, GOP 30, no B-frames": (X264.format(b=0, g=30, k=30), 0.58),
    "HEVC, GOP 30": (X265, 0.50),
}
"""How each clip is encoded, and the ratio that is promised for it."""
OWN = ("opencv_read", "pyav_sequential", "pyav_seek")
PEERS = ("decord", "torchcodec")
PURE, SELECT, SENDCMD = "ffmpeg pure decode", "ffmpeg select+crop", "ffmpeg sendcmd, 448 px video"
RENDER, RENDER_PROMISE = "render_crop", 1.35
"""A 448 px video of every frame; measured on the first clip only."""


def texture(path: Path) -> None:
    """Noise at every scale, falling off as in photographs: what a scene camera pans across."""
    rng, side = np.random.default_rng(0), 2400
    image = np.zeros((side, side, 3), np.float32)
    for octave in range(10):
        grain = rng.standard_normal((max(4, side >> octave),) * 2 + (3,)).astype(np.float32)
        image += cv2.resize(grain, (side, side), interpolation=cv2.INTER_CUBIC) * (side / len(grain)) ** 0.9
    image = (image - image.mean()) / image.std() * 45 + 128
    cv2.imwrite(str(path), np.clip(image, 0, 255).astype(np.uint8))


def make_clip(path: Path, picture: Path, encoding: str, seconds: int, *, frame_px: tuple[int, int] = (SIDE, SIDE)) -> None:
    """Pan over the texture as a head turns, with sensor noise."""
    if path.exists():
        return
    pan = "x='480+300*sin(t*0.9)+120*sin(t*3.1)':y='480+250*sin(t*0.7+1)+60*sin(t*4.3)'"
    looks = f"crop={frame_px[0]}:{frame_px[1]}:{pan},noise=alls=6:allf=t,format=yuv420p"
    source = ["-loop", "1", "-framerate", str(FPS), "-i", str(picture), "-t", str(seconds), "-vf", looks]
    part = path.with_suffix(".part.mp4")
    subprocess.run(["ffmpeg", "-v", "error", "-y", *source, *encoding.split(), str(part)], check=True)
    part.rename(path)


def ffmpeg(*arguments: str) -> dict[str, float]:
    """CPU seconds of one run of ffmpeg."""
    child = subprocess.Popen(["ffmpeg", "-v", "error", "-y", *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"ffmpeg failed with status {status}: {arguments}")
    return {"cpu_s": usage.ru_utime + usage.ru_stime}


def measured(job: str, clip: Path, frames: int, python: str) -> dict[str, float | str]:
    """What one job costs, by its own account."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    out = subprocess.run(
        [python, str(JOBS_FILE), job, str(clip), str(frames)], capture_output=True, text=True, check=False, env=environment
    )
    if out.returncode:
        return {"missing": (out.stderr.strip().splitlines() or ["died"])[-1]}
    result: dict[str, float | str] = json.loads(out.stdout.splitlines()[-1])
    return result


def sendcmd(clip: Path, frames: int) -> dict[str, float]:
    """ffmpeg's own way to a crop that moves: a file of commands, one per frame."""
    commands = clip.with_suffix(".commands")
    lines = []
    for number in range(frames):
        x, y = (int(center_px(axis, np.float64(number / FPS))) - 224 for axis in ("x", "y"))
        lines.append(f"{number / FPS:.4f} crop x {x}, crop y {y};\n")
    commands.write_text("".join(lines))
    encode = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-threads", "1", str(clip.with_suffix(".sendcmd.mp4")))
    result = ffmpeg("-threads", "1", "-i", str(clip), "-map", "0:v", "-vf", f"sendcmd=f={commands},crop=448:448", *encode)
    clip.with_suffix(".sendcmd.mp4").unlink()
    return result


def one_round(clip: Path, frames: int, jobs: dict[str, str]) -> dict[str, dict[str, float | str]]:
    """Every job once."""
    crop = "select='eq(mod(n-15,30),0)',crop=448:448:497:503"
    decode = ("-threads", "1", "-i", str(clip), "-map", "0:v")
    results: dict[str, dict[str, float | str]] = {
        PURE: {**ffmpeg(*decode, "-f", "null", "-")},
        SELECT: {**ffmpeg(*decode, "-vf", crop, "-vsync", "0", "-pix_fmt", "rgb24", "-f", "rawvideo", os.devnull)},
    }
    for job, python in jobs.items():
        results[job] = {**sendcmd(clip, frames)} if job == SENDCMD else measured(job, clip, frames, python)
    wanted = len(range(15, frames, 30))
    for job, result in results.items():
        if result.get("frames", wanted) != wanted:
            sys.exit(f"{job} brought {result['frames']} of {wanted} frames of {clip}")
    return results


def summary(rounds: list[dict[str, dict[str, float | str]]]) -> dict[str, dict[str, object]]:
    """Medians over rounds: ratio to pure decode within the round, seconds, peak memory."""
    told: dict[str, dict[str, object]] = {}
    for job in rounds[0]:
        if "missing" in rounds[0][job]:
            told[job] = {"missing": rounds[0][job]["missing"]}
            continue
        ratios = [float(result[job]["cpu_s"]) / float(result[PURE]["cpu_s"]) for result in rounds]
        told[job] = {
            "ratio": round(statistics.median(ratios), 3),
            "ratios": [round(ratio, 3) for ratio in ratios],
            "cpu_s": round(statistics.median(float(result[job]["cpu_s"]) for result in rounds), 2),
        }
        if "peak_mb" in rounds[0][job]:
            told[job]["peak_mb"] = round(statistics.median(float(result[job]["peak_mb"]) for result in rounds))
    return told


def long_video(folder: Path, picture: Path, hours: float) -> dict[str, object]:
    """Peak memory over a video of hours, made by repeating ten seconds without encoding again: one frame a minute is wanted."""
    short, long = folder / "ten_seconds.mp4", folder / "hours.mp4"
    make_clip(short, picture, CLIPS["h264, GOP 30, 3 B-frames"][0].replace("15M", "400k").replace("30M", "1M"), 10)
    repeats = round(hours * 360)
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-stream_loop", str(repeats - 1), "-i", str(short), "-c", "copy", str(long)], check=True
    )
    script = (
        "import sys,av,cv2;from foveate.video import Video;from decode_jobs import resident_mb;"
        "b=resident_mb('VmRSS');v=Video(sys.argv[1]);n=sum(1 for _ in v.frames(range(15,len(v),1800)));"
        "print(resident_mb('VmHWM')-b)"
    )
    peaks = [
        float(
            subprocess.run(
                [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True, cwd=JOBS_FILE.parent
            ).stdout
        )
        for path in (short, long)
    ]
    long.unlink()
    return {"hours": hours, "peak_mb": round(peaks[1]), "peak_mb_of_ten_seconds": round(peaks[0])}


def renew_memory(results: dict[str, dict[str, dict[str, object]]], paths: dict[str, Path], frames: int, peers: str) -> None:
    """Measure peak memory of the jobs in earlier results again, once each."""
    for clip, jobs in results.items():
        for job, result in jobs.items():
            result.pop("peak_mb", None)
            if "missing" not in result and not job.startswith("ffmpeg"):
                python = peers if job in PEERS else sys.executable
                result["peak_mb"] = round(float(measured(job, paths[clip], frames, python)["peak_mb"]))


def table(results: dict[str, dict[str, dict[str, object]]], machine: str, hours: dict[str, object] | None) -> str:
    """The results as Markdown."""
    lines = [
        "# Decoding: exact 448 px crops at 1 frame per second out of 1440x1440 at 30",
        "",
        "CPU time as a share of ffmpeg's pure decode of every frame with one thread, median of interleaved rounds.",
        "`foveate_untrusted` adds the probe of a file opened for the first time, in a child process: a fixed cost per file.",
        "Peak memory in MB: above the process after its imports.",
        "",
        machine,
        "",
    ]
    for clip, jobs in results.items():
        promise = CLIPS[clip][1]
        lines += [
            f"## {clip} (promised: {promise} for foveate)",
            "",
            "| job | ratio | rounds | CPU s | peak MB |",
            "|---|---|---|---|---|",
        ]
        for job, result in jobs.items():
            if "missing" in result:
                lines.append(f"| {job} | not measured: {result['missing']} | | | |")
            else:
                rounds = " ".join(str(ratio) for ratio in result["ratios"])  # type: ignore[attr-defined]
                lines.append(f"| {job} | {result['ratio']} | {rounds} | {result['cpu_s']} | {result.get('peak_mb', '')} |")
        if RENDER in jobs:
            lines += ["", f"Promised for {RENDER}, a 448 px video of every frame cropped around moving gaze: {RENDER_PROMISE}."]
        lines.append("")
    if hours:
        lines += [f"A video of {hours['hours']:g} hours, one frame a minute: {hours['peak_mb']} MB at its peak"
                  f" (ten seconds of it: {hours['peak_mb_of_ten_seconds']} MB).", ""]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=20, help="length of each clip")
    parser.add_argument("--hours", type=float, default=4, help="length of the video for the memory check; 0 for none")
    parser.add_argument("--peer-python", default=sys.executable, help="a Python that has decord and torchcodec")
    parser.add_argument("--no-peers", action="store_true", help="only foveate beside ffmpeg")
    parser.add_argument("--memory", action="store_true", help="keep the times in --out and measure memory only")
    parser.add_argument("--clips", type=Path, help="folder that keeps the clips; a temporary one otherwise")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    if shutil.which("ffmpeg") is None:
        sys.exit("the ffmpeg program makes the clips and is the yardstick, and was not found; install ffmpeg, then try again")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.clips or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        texture(folder / "texture.png")
        paths = {name: folder / f"clip_{number}_{options.seconds}s.mp4" for number, name in enumerate(CLIPS)}
        for name, path in paths.items():
            make_clip(path, folder / "texture.png", CLIPS[name][0], options.seconds)
        jobs = dict.fromkeys(("foveate", "foveate_untrusted"), sys.executable)
        if not options.no_peers:
            jobs |= dict.fromkeys(OWN, sys.executable) | dict.fromkeys(PEERS, options.peer_python)
        rendering, first = dict.fromkeys((RENDER, SENDCMD), sys.executable), next(iter(paths.values()))
        if options.memory:
            kept = json.loads((options.out / "decode.json").read_text())
            renew_memory(kept["clips"], paths, options.seconds * FPS, options.peer_python)
            hours = long_video(folder, folder / "texture.png", options.hours) if options.hours else None
            write(options.out, kept["clips"], kept["machine"], hours)
            return
        load_before = os.getloadavg()
        rounds: dict[str, list[dict[str, dict[str, float | str]]]] = {name: [] for name in CLIPS}
        for number in range(options.rounds):
            for name, path in paths.items():
                rounds[name].append(one_round(path, options.seconds * FPS, jobs | (rendering if path == first else {})))
                ratio = float(rounds[name][-1]["foveate"]["cpu_s"]) / float(rounds[name][-1][PURE]["cpu_s"])
                print(f"round {number + 1} of {options.rounds}, {name}: foveate {ratio:.3f}", flush=True)
        hours = long_video(folder, folder / "texture.png", options.hours) if options.hours else None
        results = {name: summary(rounds[name]) for name in CLIPS}
        bits = {name: round(path.stat().st_size * 8 / options.seconds / 1e6, 1) for name, path in paths.items()}
        version = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout.split()[2]
        machine = (
            f"{os.cpu_count()} processors ({platform.machine()}), Python {platform.python_version()}, ffmpeg {version}, "
            f"{options.rounds} rounds, clips of {options.seconds} s at {bits} Mbit/s; load average before "
            f"{load_before[0]:.1f}, after {os.getloadavg()[0]:.1f}."
        )
    write(options.out, results, machine, hours)


def write(out: Path, results: dict[str, dict[str, dict[str, object]]], machine: str, hours: dict[str, object] | None) -> None:
    """Write and print decode.md, and decode.json."""
    out.mkdir(parents=True, exist_ok=True)
    text = table(results, machine, hours)
    (out / "decode.md").write_text(text, encoding="utf-8")
    (out / "decode.json").write_text(json.dumps({"machine": machine, "clips": results, "long": hours}, indent=1) + "\n")
    print(text)


if __name__ == "__main__":
    main()
