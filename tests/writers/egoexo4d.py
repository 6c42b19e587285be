"""A faithful take of Ego-Exo4D with small square frames; every gaze point and time is known."""

from pathlib import Path

from foveate.geometry import Size
from writers.video import write_clip

SIZE = Size(64, 64)
HEADER = "frame_num,x,y,tracking_timestamp_us"


def gaze_rows(samples: int = 10, *, hz: float = 10.0) -> list[str]:
    """Sample k looks at (100 + 10 k, 700) px of 1408; the device's clock starts at 812 s."""
    return [f"{k},{100 + 10 * k},{700},{812_000_000 + round(k * 1e6 / hz)}" for k in range(samples)]


def write_take(
    folder: Path,
    *,
    frames: int = 30,
    rows: list[str] | None = None,
    header: str = HEADER,
    names: tuple[str, ...] = ("personalized", "general"),
    downscaled: int | None = 448,
    camera: str = "aria01_214-1",
) -> Path:
    """Write a take: ``frame_aligned_videos`` (or its copy ``downscaled``) with an exo camera beside it, and ``eye_gaze``."""
    videos = folder / "frame_aligned_videos"
    if downscaled is not None:
        videos = videos / "downscaled" / str(downscaled)
    videos.mkdir(parents=True, exist_ok=True)
    write_clip(videos / f"{camera}.mp4", frames=frames, size_px=SIZE)
    write_clip(videos / "cam01.mp4", frames=2, size_px=Size(96, 54))
    (folder / "eye_gaze").mkdir(exist_ok=True)
    for name in names:
        lines = [header, *(gaze_rows(frames // 3) if rows is None else rows)]
        (folder / "eye_gaze" / f"{name}_eye_gaze_2d.csv").write_text("\n".join(lines) + "\n")
        (folder / "eye_gaze" / f"{name}_eye_gaze.csv").write_text("tracking_timestamp_us,left_yaw_rads_cpf\n812000000,0.1\n")
    return folder
