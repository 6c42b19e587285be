"""A faithful piece of Ego4D: full_scale/, clips/, gaze/; every gaze point and time is known."""

from pathlib import Path

from foveate.geometry import Size
from writers.video import write_clip

UID = "4e07da0c-450f-4c37-95e9-e793cb5d8f7f"
CLIP = "0a1b2c3d-0000-4000-8000-000000000001"
SIZE = Size(68, 68)
HEADER = "component_idx,canonical_timestamp_s,component_timestamp_s,world_index,confidence,norm_pos_x,norm_pos_y"


def gaze_rows(samples: int = 60, *, hz: float = 30.0, confidence: float = 1.0) -> list[str]:
    """Sample k looks a quarter from the left and, from the BOTTOM, at 0.75 + k / 1000."""
    return [f"0,{k / hz:.6f},{k / hz + 3.5:.6f},{k},{confidence},0.25,{0.75 + k / 1000:.4f}" for k in range(samples)]


def write_gaze(file: Path, *, rows: list[str] | None = None, header: str = HEADER) -> Path:
    """Write a table of gaze only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([header, *(gaze_rows() if rows is None else rows)]) + "\n")
    return file


def write_ego4d(root: Path, *, frames: int = 60, rows: list[str] | None = None, suffix: str = ".csv") -> Path:
    """Write ``full_scale/UID.mp4``, ``gaze/UID`` + suffix and a clip from 1 s to 2 s with its manifest; returns the video."""
    (root / "full_scale").mkdir(parents=True, exist_ok=True)
    video = write_clip(root / "full_scale" / f"{UID}.mp4", frames=frames, size_px=SIZE)
    write_gaze(root / "gaze" / f"{UID}{suffix}", rows=rows)
    (root / "clips").mkdir(exist_ok=True)
    write_clip(root / "clips" / f"{CLIP}.mp4", frames=30, first=2, size_px=SIZE)
    manifest = "exported_clip_uid,parent_video_uid,parent_start_sec,parent_end_sec,s3_path\n"
    (root / "clips" / "manifest.csv").write_text(f"{manifest}{CLIP},{UID},1.0,2.0,s3://bucket/{CLIP}.mp4\n")
    return video
