"""A faithful session of EGTEA Gaze+: a small 4:3 video at 24 fps and BeGaze's text in both of its layouts."""

from pathlib import Path

from foveate.geometry import Size
from writers.video import write_clip

SESSION = "OP01-R01-PastaSalad"
SIZE = Size(64, 48)
FPS = 24


def time_code(frame: int) -> str:
    seconds, rest = divmod(frame, FPS)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{rest:02d}"


def preamble(samples: int, *, layout: str) -> list[str]:
    """34 lines, of which the tenth or eleventh tells the number of samples."""
    lines = ["## [BeGaze]", "## Converted from:\tC:\\session.idf", "## Date:\t12.07.2016", "## Version:\tBeGaze 3.6.52"]
    lines += ["##"] * (5 if layout == "short" else 6)
    lines.append(f"## Number of Samples:\t{samples}")
    return lines + ["##"] * (33 - len(lines))


def header(layout: str) -> str:
    if layout == "short":
        return "Time\tType\tTrial\tL POR X [px]\tL POR Y [px]\tFrame\tL Event Info"
    middle = [f"unused {number}" for number in range(17)]
    names = ["Time", "Type", "Trial", "L Dia X [px]", "L Dia Y [px]", "B POR X [px]", "B POR Y [px]", *middle]
    return "\t".join([*names, "Frame", "B Event Info"])


def sample(number: int, frame: int, x: float, y: float, kind: str, *, layout: str) -> str:
    time_us = 9_000_000_000 + number * 33_333
    if layout == "short":
        return f"{time_us}\tSMP\t1\t{x:.2f}\t{y:.2f}\t{frame}\t{kind}"
    return "\t".join([str(time_us), "SMP", "1", "0", "0", f"{x:.2f}", f"{y:.2f}", *(["0"] * 17), time_code(frame), kind])


def gaze_lines(*, layout: str = "short", frames: int = 48, kinds: dict[int, str] | None = None) -> list[str]:
    """30 samples a second, number k at (320 + k, 480) px of 1280 x 960, fixations where ``kinds`` says nothing else."""
    lines = []
    for number in range(frames * 30 // FPS):
        kind = (kinds or {}).get(number, "Fixation")
        x, y = (0.0, 0.0) if kind in ("Blink", "-") else (320.0 + number, 480.0)
        lines.append(sample(number, number * FPS // 30, x, y, kind, layout=layout))
    return lines


def write_text(file: Path, *, layout: str = "short", lines: list[str] | None = None, named: bool = True) -> Path:
    """Write a gaze text only; ``named`` writes the header line."""
    body = gaze_lines(layout=layout) if lines is None else lines
    file.parent.mkdir(parents=True, exist_ok=True)
    head = [*preamble(len(body), layout=layout), header(layout) if named else "##"]
    file.write_text("\r\n".join([*head, *body]) + "\r\n")
    return file


def write_session(
    root: Path, *, session: str = SESSION, frames: int = 48, text_name: str | None = None, **text: object
) -> Path:
    """Write ``videos/SESSION.mp4`` and ``gaze_data/SESSION.txt``; returns the video."""
    (root / "videos").mkdir(parents=True, exist_ok=True)
    video = write_clip(root / "videos" / f"{session}.mp4", frames=frames, fps=FPS, size_px=SIZE)
    write_text(root / "gaze_data" / f"{text_name or session}.txt", **text)
    return video
