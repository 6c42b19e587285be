"""Shards on disk: what is written is what is read, in any order and in any process; what is broken is told in one line."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from torch.utils.data import DataLoader

from foveate.errors import DatasetError, UsageError
from foveate.gaze.patches import tiles_and_thumbnail, whole
from foveate.train.controls import CONTROLS, ClipGaze, FrameTarget
from foveate.train.shard import About, Clip, ClipImage, Shard, write_shard
from foveate.train.shards import INDEX, INDEX_FORMAT, ShardDataset
from foveate.train.throughput import Throughput

SIZE = (32, 48)
GRIDS = {"one grid": whole((4, 6), SIZE), "tiles": tiles_and_thumbnail((1, 2), (2, 2), SIZE)}


def clip(recording: str, number: int, *, frames: int = 3, grid: str = "one grid", lost: tuple[int, ...] = ()) -> Clip:
    """A clip whose pixels and targets tell which it is."""
    rng = np.random.default_rng([len(recording), *recording.encode(), number])
    images = []
    for k in range(frames):
        tokens = sum(map(len, GRIDS[grid]))
        probability = rng.dirichlet(np.ones(tokens)).astype(np.float32)
        target = FrameTarget(GRIDS[grid], SIZE, probability, True)
        points = rng.uniform(0, 32, (0 if k in lost else 6, 2))
        image = rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8)
        images.append(ClipImage(image, 0.5 + k, target.masked if k in lost else target, points))
    told = {"participant": recording, "task": "activity", "kind": "", "prompt": "What is it?", "reference": f"It is {number}."}
    about = About(id=f"{recording}/{number}", recording=recording, side="train", start_ns=number, stop_ns=number + 3, **told)
    return Clip(about, tuple(images))


def write(folder: Path, shards: dict[str, list[Clip]], *, side: str = "train") -> Path:
    """A folder as foveate prepare leaves it."""
    listed = []
    for name, clips in shards.items():
        (folder / name).mkdir(parents=True)
        counts = write_shard(folder / name / "clips.safetensors", clips, encoding=lambda size_px: "png")
        listed.append({"file": f"{name}/clips.safetensors", "side": side, "recording": name, **counts})
    (folder / INDEX).write_text(json.dumps({"format": INDEX_FORMAT, "shards": listed}))
    return folder


@pytest.fixture
def clips() -> dict[str, list[Clip]]:
    return {
        "a": [clip("a", 0), clip("a", 1, frames=5), clip("a", 2, lost=(0, 2))],
        "empty": [],
        "b": [clip("b", 0), clip("b", 1, grid="tiles"), clip("b", 2, frames=5)],
        "c": [clip("c", 0)],
    }


@pytest.fixture
def folder(tmp_path: Path, clips: dict[str, list[Clip]]) -> Path:
    return write(tmp_path / "shards", clips)


def same(item: dict, wanted: Clip) -> None:
    assert (item["id"], item["reference"], item["recording"]) == (
        wanted.about.id,
        wanted.about.reference,
        wanted.about.recording,
    )
    assert item["time_s"] == [each.time_s for each in wanted.images]
    assert item["gaze_valid"] == [each.target.valid for each in wanted.images]
    assert item["patches"] == [each.target.patches for each in wanted.images]
    for k, each in enumerate(wanted.images):
        np.testing.assert_array_equal(item["images"][k], each.image)
        np.testing.assert_array_equal(item["gaze_target"][k], each.target.probability)
        np.testing.assert_array_equal(item["gaze_px"][k], each.point_px)


def test_every_clip_comes_back_in_any_order(folder: Path, clips: dict[str, list[Clip]]) -> None:
    wanted = [each for some in clips.values() for each in some]
    dataset = ShardDataset(folder)
    assert len(dataset) == len(wanted)
    for place in (6, 0, 3, 5, 1, 4, 2):
        same(dataset[place], wanted[place])
    same(dataset[-1], wanted[-1])
    with pytest.raises(IndexError, match="7 clips, got place 7"):
        dataset[7]


def test_other_processes_read_it_too(folder: Path) -> None:
    dataset = ShardDataset(folder, targets="shuffled")
    first = dataset[0]  # opens a file, which must not travel
    loader = DataLoader(dataset, batch_size=None, num_workers=1, multiprocessing_context="spawn")
    items = list(loader)
    assert [item["id"] for item in items] == [dataset[k]["id"] for k in range(len(dataset))]
    np.testing.assert_array_equal(items[0]["gaze_target"][0], first["gaze_target"][0])


def test_only_so_many_files_stay_open(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foveate.train.shards.OPEN", 2)
    dataset = ShardDataset(folder)
    assert [dataset[k]["id"] for k in (0, 6, 3, 0)] == ["a/0", "c/0", "b/0", "a/0"]
    assert len(dataset._open) == 2
    assert not pickle.loads(pickle.dumps(dataset))._open


def test_jpeg_keeps_colours_apart(tmp_path: Path) -> None:
    image = np.zeros((*SIZE, 3), dtype=np.uint8)
    image[:, ::2, 0], image[:, 1::2, 2] = 200, 200
    drawn = Clip(clip("a", 0).about, (ClipImage(image, 0.0, clip("a", 0).images[0].target, np.empty((0, 2))),))
    write_shard(tmp_path / "j", [drawn], encoding=lambda size_px: "jpeg")
    read = Shard(tmp_path / "j").clip(0).images[0].image
    assert np.abs(read.astype(int) - image).mean() < 6
    with pytest.raises(UsageError, match="png or jpeg, got 'webp'"):
        write_shard(tmp_path / "w", [drawn], encoding=lambda size_px: "webp")


def truncate(folder: Path) -> None:
    file = folder / "a" / "clips.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])


def flip(folder: Path) -> None:
    """Of the same size, but its header is none."""
    file = folder / "b" / "clips.safetensors"
    data = bytearray(file.read_bytes())
    data[8:40] = b"x" * 32
    file.write_bytes(data)


def other_version(folder: Path) -> None:
    index = json.loads((folder / INDEX).read_text())
    (folder / INDEX).write_text(json.dumps({**index, "format": "foveate shards 0"}))


def other_shard(folder: Path) -> None:
    file = folder / "a" / "clips.safetensors"
    file.write_bytes(file.read_bytes().replace(b"foveate shard 1", b"foveate shard 0"))


def no_shard(folder: Path) -> None:
    """Somebody else's file, of the same size."""
    file = folder / "a" / "clips.safetensors"
    size = file.stat().st_size
    told = {"x": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}
    header = json.dumps(told).encode().ljust(size - 9)
    file.write_bytes(len(header).to_bytes(8, "little") + header + b"\0")


def blank_images(folder: Path) -> None:
    """The header is whole, the images are not."""
    file = folder / "a" / "clips.safetensors"
    data = bytearray(file.read_bytes())
    begin = 8 + int.from_bytes(data[:8], "little")
    start, stop = json.loads(data[8:begin])["image"]["data_offsets"]
    data[begin + start : begin + stop] = bytes(stop - start)
    file.write_bytes(data)


def unfinished(folder: Path) -> None:
    (folder / INDEX).unlink()
    (folder / "job").mkdir()


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        pytest.param(truncate, r"a/clips\.safetensors is truncated or changed .* delete it, and run the same", id="truncated"),
        pytest.param(
            lambda f: (f / "a/clips.safetensors").unlink(), "is not there; run the same foveate prepare", id="missing"
        ),
        pytest.param(flip, r"b/clips\.safetensors is damaged", id="damaged"),
        pytest.param(
            other_version, "of the layout 'foveate shards 0', and this .* reads .*; prepare again with --restart", id="layout"
        ),
        pytest.param(
            other_shard, "clips.* of the layout 'foveate shard 0', and .*; prepare again with --res", id="shard's layout"
        ),
        pytest.param(no_shard, r"clips\.safetensors is of no layout that is known.*--restart", id="no shard"),
        pytest.param(blank_images, "a/clips.* is damaged at the clip a/0; delete it, and run the same", id="damaged images"),
        pytest.param(lambda f: (f / INDEX).write_text('{"format": "foveate shards 1"}'), "names no shards", id="empty index"),
        pytest.param(unfinished, "are not finished", id="unfinished"),
        pytest.param(lambda f: (f / INDEX).unlink(), "holds no shards .* foveate prepare DATASET -o", id="no index"),
        pytest.param(lambda f: (f / INDEX).write_text("{"), "index.json cannot be read", id="broken index"),
    ],
)
def test_what_is_broken_is_told(folder: Path, harm, message: str) -> None:
    harm(folder)
    with pytest.raises(DatasetError, match=message):
        [ShardDataset(folder)[k] for k in range(7)]


def test_a_side_without_clips_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no clip of the side 'test' \(clips there: train 7\)"):
        ShardDataset(folder, side="test")
    with pytest.raises(DatasetError, match=r"no clip of the side 'train' \(clips there: train 0\)"):
        ShardDataset(write(tmp_path / "none", {"x": []}))
    with pytest.raises(DatasetError, match=r"did you mean .*shards"):
        ShardDataset(folder.with_name("shard"))
    assert len(ShardDataset(folder, side=None)) == 7


class Study:
    """Clips in memory, as controls take them."""

    def __init__(self, recordings: dict[str, int], *, frames: int = 3) -> None:
        self.clips = [
            clip(name, k, frames=frames, lost=(1,) if k == 0 else ()) for name, n in recordings.items() for k in range(n)
        ]

    def __len__(self) -> int:
        return len(self.clips)

    def gaze(self, place: int):
        each = self.clips[place]
        return ClipGaze(each.about.recording, tuple(image.target for image in each.images))


def targets(study: Study, name: str, *, seed: int = 0) -> list[tuple[FrameTarget, ...]]:
    made = CONTROLS[name](study, seed)
    return [made.frames(study, place) for place in range(len(study))]


def donors(study: Study, seed: int) -> list[int]:
    """Whose gaze each clip has."""
    own = [tuple(t.probability.tobytes() for t in study.gaze(k).frames) for k in range(len(study))]
    return [own.index(tuple(t.probability.tobytes() for t in frames)) for frames in targets(study, "shuffled", seed=seed)]


@pytest.mark.parametrize(
    ("recordings", "within"),
    [
        pytest.param({"a": 5, "b": 5, "c": 3}, 0, id="three"),
        pytest.param({"a": 1, "b": 1}, 0, id="two of one"),
        pytest.param({"a": 4, "b": 1, "c": 1, "d": 2}, 0, id="one half of all"),
        pytest.param({"a": 6, "b": 2}, 4, id="mostly one"),
        pytest.param({"a": 7}, 7, id="only one"),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_shuffled_is_never_its_own_and_uses_every_gaze_once(recordings: dict[str, int], within: int, seed: int) -> None:
    study = Study(recordings)
    found = donors(study, seed)
    assert sorted(found) == list(range(len(study)))
    assert all(donor != place for place, donor in enumerate(found))
    same = sum(study.gaze(place).recording == study.gaze(donor).recording for place, donor in enumerate(found))
    assert same == within
    note = CONTROLS["shuffled"](study, seed).note
    assert note == (f"{within} clips have the gaze of another clip of the same recording" if within else "")
    assert found == donors(study, seed)


def test_another_seed_shuffles_otherwise() -> None:
    study = Study({"a": 9, "b": 9, "c": 9})
    assert donors(study, 0) != donors(study, 1)


def test_shuffled_keeps_to_its_own_grids(folder: Path) -> None:
    dataset = ShardDataset(folder, targets="shuffled", seed=3)
    assert dataset.control.note == "1 clips have no other with as many images of the same grids, and no target"
    own = ShardDataset(folder)
    alone = [k for k in range(len(own)) if not any(dataset[k]["gaze_valid"])]
    assert [own[k]["id"] for k in alone] == ["b/1"]
    for k in range(len(own)):
        assert [len(t) for t in dataset[k]["gaze_target"]] == [len(t) for t in own[k]["gaze_target"]]
        np.testing.assert_array_equal(dataset[k]["gaze_px"][1], own[k]["gaze_px"][1])


def test_mean_is_the_mean_of_the_valid_frames_of_the_recording() -> None:
    study = Study({"a": 3, "b": 2})
    for place, frames in enumerate(targets(study, "mean")):
        mine = [k for k in range(5) if study.gaze(k).recording == study.gaze(place).recording]
        wanted = np.mean([f.probability for k in mine for f in study.gaze(k).frames if f.valid], axis=0)
        for frame, own in zip(frames, study.gaze(place).frames, strict=True):
            assert frame.valid == own.valid
            np.testing.assert_allclose(frame.probability, wanted if own.valid else np.nan, rtol=1e-5)


def test_center_lies_in_the_middle_and_none_carries_nothing() -> None:
    study = Study({"a": 2})
    for frames in targets(study, "center"):
        for frame, valid in zip(frames, (f.valid for f in frames), strict=True):
            if valid:
                grid = frame.probability.reshape(4, 6)
                np.testing.assert_allclose(grid, grid[::-1, ::-1], rtol=1e-5)
                assert frame.probability.sum() == pytest.approx(1)
                assert grid[1:3, 2:4].min() > grid[0].max()
    assert not any(frame.valid for frames in targets(study, "none") for frame in frames)
    assert all(np.isnan(frame.probability).all() for frames in targets(study, "none") for frame in frames)


def test_a_control_that_there_is_not(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"no targets 'shufled'; did you mean 'shuffled'.*own, none, center, shuffled, mean"):
        ShardDataset(folder, targets="shufled")


def test_throughput_counts_waiting_and_working(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("foveate.train.throughput.time.perf_counter", lambda: now[0])

    def coming():
        for _ in range(3):
            now[0] += 1
            yield {"ids": ["x", "y"]}

    meter = Throughput()
    for _ in meter.over(coming()):
        now[0] += 3
    assert (meter.clips, meter.clips_per_s, meter.waiting) == (6, 0.5, 0.25)
    assert str(meter) == "0.5 clips/s, 25% of the time waiting for data"
    assert str(Throughput()) == "0.0 clips/s, 0% of the time waiting for data"
