"""The benchmark of latency: how a recording is played, how quantiles are told, and that it runs where little is installed."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from benchmarks.latency_live import Camera, Drawn, Played, Wall, drawn
from benchmarks.latency_report import quantile
from benchmarks.random_models import PARAMETERS, SIZES, random_model

from foveate.description.ask import Asker
from foveate.errors import UsageError
from foveate.model.mock import MockModel
from foveate.recording import GazeStream
from foveate.toykitchen import World
from foveate.view import make_view

ROOT = Path(__file__).parents[1]
MS = 1_000_000
MISSING_THERE = ("av", "polars", "openai", "pydantic")
"""What the machine with an accelerator does not have."""


def played(frames: int = 4, interval_ms: int = 40) -> Played:
    """A lap of a few frames, each of its own grey; gaze every 10 ms, at its own time in ms, lost at 20 ms."""
    images = [np.full((64, 64, 3), 10 * index, np.uint8) for index in range(frames)]
    time_ns = np.arange(frames, dtype=np.int64) * interval_ms * MS
    gaze_ns = np.arange(frames * interval_ms // 10, dtype=np.int64) * 10 * MS
    point_px = np.stack([gaze_ns / MS, np.full(len(gaze_ns), 32.0)], axis=1)
    valid = gaze_ns != 20 * MS
    point_px[~valid] = np.nan
    return Played("made", Drawn(images), time_ns, GazeStream(gaze_ns, point_px, valid))


def test_after_the_last_frame_comes_the_first_again() -> None:
    recording = played()
    frames = recording.frames(2)
    shown = [next(frames) for _ in range(11)]
    assert [number for number, _ in shown] == list(range(2, 13))
    assert [int(image[0, 0, 0]) for _, image in shown] == [10 * (number % 4) for number in range(2, 13)]
    assert [recording.at_ns(number) // MS for number, _ in shown] == [40 * number for number in range(2, 13)]


@pytest.mark.parametrize(
    ("now_ms", "sampled_ms", "x_px"),
    [
        pytest.param(0, 0, 0.0, id="the first"),
        pytest.param(19, 10, 10.0, id="never one to come"),
        pytest.param(25, 20, None, id="lost"),
        pytest.param(160 + 35, 160 + 30, 30.0, id="second lap"),
    ],
)
def test_the_newest_gaze_sample_is_told_with_its_time(now_ms: int, sampled_ms: int, x_px: float | None) -> None:
    sampled_ns, point_px = played().gaze_at(now_ms * MS)
    assert sampled_ns == sampled_ms * MS
    assert point_px == (None if x_px is None else (x_px, 32.0))


class Told(Wall):
    """A clock that a test sets: waiting takes no time, and the camera stops when it is late enough."""

    def __init__(self, until_s: float) -> None:
        self.told_s, self.until_s = 100.0, 100.0 + until_s

    def now_s(self) -> float:
        return self.told_s

    def wait(self, stopped: threading.Event, seconds: float) -> bool:
        if self.told_s + seconds > self.until_s:
            return True
        self.told_s += seconds
        return False


def test_the_window_is_full_at_the_first_frame() -> None:
    asker = Asker(MockModel(), make_view("gaze", size="16"), fps=5.0, window_s=1.0)
    with Camera(played(), asker, start=100, wall=Told(until_s=0.0)):
        images = asker.prompt("What?").images
    assert [round(image.time_s, 2) for image in images] == [3.0, 3.2, 3.4, 3.6, 3.8, 4.0]


def test_frames_come_when_they_were_captured() -> None:
    asker = Asker(MockModel(), make_view("gaze", size="16"), fps=5.0, window_s=1.0)
    with Camera(played(), asker, start=100, wall=Told(until_s=0.3)) as camera:
        pass
    assert camera.captured_s == pytest.approx(100.28)
    assert camera.in_hand_s == pytest.approx([0.0] * 8)  # at 0, 40, ... 280 ms
    assert camera.crop_s == [0.0] * 8
    assert camera.gaze_age_s == pytest.approx([0.0] * 8)
    assert camera.late == 0


def test_a_late_frame_is_seen_with_the_gaze_of_its_own_time() -> None:
    wall = Told(until_s=0.3)

    class Slow(Drawn):
        def all(self, start: int):  # type: ignore[no-untyped-def]
            for image in super().all(start):
                wall.told_s += 0.1  # two and a half frames
                yield image

    whole = played()
    slow = Played("slow", Slow(whole.pictures.images), whole.time_ns, whole.gaze)  # type: ignore[attr-defined]
    asker = Asker(MockModel(), make_view("gaze", size="16"), fps=5.0, window_s=1.0)
    with Camera(slow, asker, start=100, wall=wall) as camera:
        pass
    assert camera.in_hand_s == pytest.approx([0.1, 0.16, 0.22])
    assert camera.late == 3
    assert camera.gaze_age_s == pytest.approx([0.1, 0.16, 0.22])
    aims = {seen.frame.time_ns // MS: seen.frame.aim_px for seen in asker._seen}
    assert all(aim_px == (time_ms % 160, 32.0) for time_ms, aim_px in aims.items())


def test_the_wall_is_waited_by() -> None:
    wall, stopped = Wall(), threading.Event()
    began_s = wall.now_s()
    assert not wall.wait(stopped, 0.02)
    assert wall.now_s() - began_s >= 0.02
    stopped.set()
    assert wall.wait(stopped, 60.0)


def test_what_fails_in_the_camera_is_raised() -> None:
    class Broken(Drawn):
        def all(self, start: int):  # type: ignore[no-untyped-def]
            yield self.images[start]
            raise OSError("the camera is gone")

    whole = played()
    broken = Played("broken", Broken(whole.pictures.images), whole.time_ns, whole.gaze)  # type: ignore[attr-defined]
    asker = Asker(MockModel(), make_view("full"), fps=5.0, window_s=1.0)
    with pytest.raises(OSError, match="the camera is gone"), Camera(broken, asker, start=100):
        pass


def test_a_world_is_played_as_it_is_drawn() -> None:
    world = World(7, duration_s=1.0)
    shown = drawn(world, fps=4.0)
    assert len(shown.time_ns) == 4
    np.testing.assert_array_equal(shown.pictures.one(3), world.frame(750 * MS, world.scene_px))


@pytest.mark.parametrize(
    ("count", "share", "ranks"),
    [
        pytest.param(100, 0.5, (40, 61), id="median of 100"),
        pytest.param(11, 0.5, (2, 10), id="median of 11"),
        pytest.param(5, 0.5, (None, None), id="median of 5"),
        pytest.param(71, 0.95, (63, None), id="p95 of 71"),
        pytest.param(73, 0.95, (65, 73), id="p95 of 73"),
    ],
)
def test_quantiles_have_the_intervals_of_order_statistics(
    count: int, share: float, ranks: tuple[int | None, int | None]
) -> None:
    values = [float(rank) for rank in range(1, count + 1)]
    np.random.default_rng(0).shuffle(values)
    middle, low, high = quantile(values, share)
    assert middle == pytest.approx(np.quantile(values, share))
    assert (low, high) == ranks


def test_the_interval_of_a_quantile_covers_it_as_often_as_it_says() -> None:
    rng, true, inside = np.random.default_rng(1), np.log(20), 0
    for _ in range(400):
        _, low, high = quantile(list(rng.exponential(size=100)), 0.95)
        assert low is not None
        assert high is not None
        inside += low <= true <= high
    assert 0.93 <= inside / 400 <= 1.0


@pytest.mark.parametrize("name", SIZES)
def test_random_models_are_as_large_as_the_published_ones(name: str) -> None:
    model = random_model(name, device="meta", dtype="bfloat16")
    assert int(model.pins["parameters"]) == PARAMETERS[name]


def test_an_unknown_architecture_is_told() -> None:
    with pytest.raises(UsageError, match=r"no architecture 'qwen3_vl_4'; did you mean .*qwen3_vl_4b"):
        random_model("qwen3_vl_4", device="meta", dtype="bfloat16")


def test_it_runs_where_neither_pyav_nor_polars_is_installed(tmp_path: Path) -> None:
    program = (
        f"import sys, runpy\nfor name in {MISSING_THERE!r}: sys.modules[name] = None\n"
        "runpy.run_module('benchmarks.latency', run_name='__main__', alter_sys=True)"
    )
    asked = ["--model", "random:smolvlm2_2.2b", "--small", "--seconds", "0", "--scene-seconds", "1"]
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            program,
            *asked,
            "--questions",
            "2",
            "--native-questions",
            "2",
            "--tokens",
            "8",
            "-o",
            str(tmp_path),
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads((tmp_path / "latency-random-smolvlm2_2.2b.json").read_text())
    gaze, native = told["views"]["gaze"], told["views"]["full_native"]
    assert [each["output_tokens"] for each in gaze["asked"]] == [1, 8]
    assert [each["last_s"] is None for each in gaze["asked"]] == [True, False]
    assert {each["visual_tokens"] for each in gaze["asked"]} == {6 * 81}
    assert all(0 < each["processor_s"] < each["first_s"] for each in gaze["asked"])
    assert "the model holds 8192" in native["failure"]
    page = (tmp_path / "latency-random-smolvlm2_2.2b.md").read_text()
    assert "| gaze | 448x448 | 486 |" in page
    assert "full, all pixels: the prompt takes" in page
    assert "these times mean nothing" in page
