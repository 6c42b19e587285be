"""--gaze attention: a model that was trained with gaze looks where a bright square is, and every output says who looked."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foveate.model.torchvision_ops import ensure_operators

ensure_operators()
torch = pytest.importorskip("torch")

from safetensors.torch import load_file, save_file  # noqa: E402

from drawn import drawn_recording, torn_recording  # noqa: E402
from foveate.errors import FoveateError, ModelError, RecordingError, UsageError  # noqa: E402
from foveate.gaze.patches import Patches, tiles_and_thumbnail, whole  # noqa: E402
from foveate.geometry import Size  # noqa: E402
from foveate.model.looker import LookedAt, open_watchable  # noqa: E402
from foveate.predict import attention, files_of, from_anywhere, predict, with_gaze  # noqa: E402
from foveate.predict.score import compare  # noqa: E402
from foveate.recording.recording import GazeStream, Recording  # noqa: E402
from foveate.train.config import RunConfig  # noqa: E402
from foveate.train.run import run  # noqa: E402
from foveate.video.resample import resample  # noqa: E402
from model import tiny  # noqa: E402
from train.clips import write_shards  # noqa: E402

KINDS: dict[str, dict[str, Any]] = {
    "block": {"mode": "block", "tune": "block", "block_heads": 2, "steps": 40, "block_learning_rate": 0.05},
    "extra token": {"mode": "block", "tune": "lora", "lora_rank": 2, "block_heads": 2, "output": "token", "steps": 1},
    "heads, LoRA": {"mode": "heads", "tune": "lora", "lora_rank": 2, "layers": (0,), "heads": (1,), "steps": 1},
    "heads, full": {"mode": "heads", "tune": "full", "steps": 1},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model taught on bright squares, one run of each kind."""
    folder = tmp_path_factory.mktemp("looks")
    base = tiny.make("qwen2_5_vl", folder / "base")
    write_shards(folder / "shards", train=range(24))
    for name, options in KINDS.items():
        config = RunConfig(
            model=f"hf:{base}",
            shards=folder / "shards",
            out=folder / name,
            batch_size=8,
            evaluate_on=0,
            strength=10.0,
            **options,
        )
        run(config, tell=lambda step, found: None, say=lambda line: None)
    return folder


CORNERS = (0, 3, 1, 2, 0, 2, 3, 1)
"""Where the square is in each second."""
SIDE_PX = 224


@dataclass(frozen=True)
class Squares:
    """A scene of 10 frames a second with a bright square in one corner of each second."""

    time_ns: Any
    notes: tuple[str, ...] = ()

    @property
    def size_px(self) -> Size:
        return Size(SIDE_PX, SIDE_PX)

    @property
    def timed_frames(self) -> int:
        return len(self.time_ns)

    def frames(self, indices: Sequence[int], *, boxes_px: Any = None, sizes_px: Any = None) -> Any:
        for index, size in zip(indices, sizes_px, strict=True):
            image = np.random.default_rng(index).integers(0, 30, (SIDE_PX, SIDE_PX, 3), np.uint8)
            left, top = corner_px(index)
            image[top : top + SIDE_PX // 2, left : left + SIDE_PX // 2] += 200
            yield resample(image, size)


def corner_px(index: int) -> tuple[int, int]:
    down, right = divmod(CORNERS[index // 10], 2)
    return right * SIDE_PX // 2, down * SIDE_PX // 2


def squares(*, gaze: bool = True) -> Recording:
    plain = drawn_recording(seconds=len(CORNERS), name="squares")
    time_ns = plain.scene.time_ns
    point = np.array([corner_px(index) for index in range(len(time_ns))], dtype=np.float64) + SIDE_PX / 4
    measured = GazeStream(time_ns, point, np.ones(len(time_ns), dtype=bool))
    loaders = {"scene": lambda: Squares(time_ns), **({"gaze": lambda: measured} if gaze else {})}
    return replace(plain, loaders=loaders, _streams={})


def test_a_trained_block_looks_at_the_square(runs: Path) -> None:
    told = predict(squares(), f"attention:{runs / 'block'}")
    asked = range(5, len(told.gaze), 10)  # between two squares the nearest frame that was shown may be of the other
    away = np.array([np.subtract(told.gaze.point_px[k], corner_px(k)) for k in asked])
    assert told.gaze.valid.all()
    assert ((away >= 0) & (away <= SIDE_PX / 2)).all(axis=1).mean() > 0.8, away
    assert told.about == "where the model block looks (its attention block; 1 frame a second)"


def test_it_is_scored_beside_the_middle(runs: Path) -> None:
    found = compare(squares(), f"attention:{runs / 'block'}")
    assert found.compared == found.frames == 80
    better = found.source.scores["auc_judd"].value, found.baseline.scores["auc_judd"].value
    assert (better[0] or 0) > (better[1] or 0) + 0.1


@pytest.mark.parametrize("kind", [*KINDS, "base"])
def test_every_kind_of_run_looks(kind: str, runs: Path) -> None:
    told = predict(squares(gaze=False), f"attention:{runs / kind}")
    assert told.gaze.valid.all()
    assert ((told.gaze.point_px >= 0) & (told.gaze.point_px < SIDE_PX)).all()
    assert len(np.unique(told.gaze.point_px, axis=0)) <= len(CORNERS)


def test_watched_heads_are_those_of_the_run(runs: Path) -> None:
    found = open_watchable(str(runs / "heads, LoRA"))
    assert (found.mode, found.layers, found.heads, found.how) == ("heads", (0,), (1,), "the heads that were trained")
    assert open_watchable(str(runs / "base")).how == "the mean of its heads, none trained with gaze"


def test_every_output_says_who_looked(runs: Path) -> None:
    recording = with_gaze(squares(), f"attention:{runs / 'block'}")
    notice = recording.stream("gaze_source").notice
    assert notice.startswith("gaze not measured: where the model block looks")
    assert notice.endswith("stood in for the measured gaze")


def test_frames_that_cannot_be_decoded_are_counted(runs: Path) -> None:
    told = predict(torn_recording(seconds=12.0), f"attention:{runs / 'block'}")
    assert told.gaze.notes == ("5 of 12 frames that were to be shown cannot be decoded",)
    assert not told.gaze.valid[:50].any()
    assert told.gaze.valid[51:].all()


def test_a_recording_without_video_is_refused(runs: Path) -> None:
    from foveate.predict.prediction import frames_of

    blind = replace(frames_of(squares()), scene=None)
    with pytest.raises(RecordingError, match="squares has no scene video, and --gaze attention looks at its images"):
        attention.predict(blind, str(runs / "block"))


GRID = whole((4, 4), (80, 80))


@pytest.mark.parametrize(
    ("layout", "mass", "wanted"),
    [
        pytest.param(GRID, {5: 1.0}, (30.0, 30.0), id="all in one patch: its middle"),
        pytest.param(GRID, {5: 0.6, 6: 0.4}, (38.0, 30.0), id="between two: nearer to the heavier"),
        pytest.param(GRID, {0: 0.6, 15: 0.4}, (10.0, 10.0), id="what does not touch does not count"),
        pytest.param(GRID, {15: 0.7, 10: 0.3}, (64.0, 64.0), id="in the last corner"),
        pytest.param(GRID, {4: 0.6, 7: 0.4}, (10.0, 30.0), id="the other end of a row does not touch"),
        pytest.param(tiles_and_thumbnail((1, 2), (2, 2), (80, 80)), {6: 1.0}, (50.0, 60.0), id="in the second of two tiles"),
        pytest.param(tiles_and_thumbnail((1, 2), (2, 2), (80, 80)), {11: 1.0}, (60.0, 60.0), id="in the thumbnail"),
        pytest.param((Patches(2, 2, (-40.0, 0.0, 160.0, 80.0)),), {0: 1.0}, (0.0, 20.0), id="of an image that was padded"),
    ],
)
def test_the_peak(layout: tuple[Patches, ...], mass: dict[int, float], wanted: tuple[float, float]) -> None:
    probability = np.zeros(sum(map(len, layout)))
    for place, share in mass.items():
        probability[place] = share
    assert attention.peak(LookedAt(probability, layout)) == pytest.approx(wanted)


def test_ids_mean_the_same_everywhere_and_paths_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path)
    assert attention.anywhere("run") == str(tmp_path / "run")
    assert attention.anywhere("hf:run") == f"hf:{tmp_path / 'run'}"
    assert attention.anywhere("hf:owner/name") == "hf:owner/name"
    assert attention.anywhere("builtin") == "builtin"
    assert from_anywhere("attention:builtin") == "attention:builtin"


@pytest.mark.parametrize(
    ("breaks", "error", "told"),
    [
        pytest.param(
            lambda run: (run / "card.md").unlink(), ModelError, r"has no card.md: the run is not finished", id="unfinished"
        ),
        pytest.param(lambda run: (run / "gaze_block.safetensors").unlink(), ModelError, "has no gaze_block", id="no block"),
        pytest.param(
            lambda run: (run / "run.toml").write_text("x ="), ModelError, "not one that foveate train wrote", id="no TOML"
        ),
        pytest.param(shutil.rmtree, UsageError, "there is no .*block; allowed: a run folder, builtin", id="gone"),
        pytest.param(
            lambda run: (run / "run.toml").unlink(), UsageError, "holds neither run.toml nor config.json", id="no run"
        ),
    ],
)
def test_what_cannot_be_watched_is_told_before_anything_is_opened(
    breaks: Any, error: type[FoveateError], told: str, runs: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(runs / "block", tmp_path / "block"))
    breaks(copy)
    with pytest.raises(error, match=told):
        files_of(f"attention:{copy}")


def test_adapters_go_with_the_weights_that_they_were_trained_on(runs: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(runs / "heads, LoRA", tmp_path / "run"))
    other = Path(shutil.copytree(runs / "base", tmp_path / "base"))
    weights = load_file(other / "model.safetensors")
    save_file({name: value + 1 for name, value in weights.items()}, other / "model.safetensors", metadata={"format": "pt"})
    text = (copy / "run.toml").read_text().replace(str(runs / "base"), str(other))
    (copy / "run.toml").write_text(text)
    with pytest.raises(ModelError, match="are not those that the run began from"):
        predict(squares(), f"attention:{copy}")
