"""What of a data set is really here: recordings with video and gaze and without, sides, files missing or misnamed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from broken.whole import DATASETS as WHOLES
from foveate.dataset import DATASETS, counts, dataset_of
from foveate.errors import DatasetError
from writers import datasets as writers

HERE: dict[str, tuple[Callable[..., object], bool, tuple[int, int, int, int], dict[str, int]]] = {
    # writer, whether it writes videos -> recordings with and without video, with and without gaze; samples by side
    "ego4d": (writers.write_ego4d, True, (1, 1, 1, 1), {"not told": 6}),
    "egoexo4d": (writers.write_egoexo4d, True, (1, 0, 1, 0), {"train": 3, "validation": 1}),
    "egtea": (writers.write_egtea, True, (1, 1, 1, 1), {"test": 1, "train": 2}),
    "epic_kitchens": (writers.write_epic_kitchens, True, (1, 1, 0, 2), {"train": 3, "validation": 1}),
    "activitynet": (writers.write_activitynet, False, (0, 2, 0, 2), {"train": 2, "validation": 1}),
    "streamgaze": (writers.write_streamgaze, True, (1, 1, 0, 2), {"test": 4}),
    "egogazevqa": (writers.write_egogazevqa, False, (0, 2, 0, 2), {"not told": 3, "test": 3}),
    "jsonl": (WHOLES["jsonl"].write, False, (1, 0, 1, 0), {"not told": 6}),
}


@pytest.mark.parametrize("name", DATASETS)
def test_recordings_and_sides_are_counted(tmp_path, name):
    write, videos, recordings, sides = HERE[name]
    write(tmp_path, **({"videos": True} if videos else {}))
    told = counts(tmp_path)
    kinds = [f"recordings {which} {what} here" for what in ("video", "gaze") for which in ("with", "without")]
    assert tuple(told[kind] for kind in kinds) == recordings
    assert {key.removeprefix("samples of side "): count for key, count in told.items() if "of side" in key} == sides
    assert sum(sides.values()) == told["samples"]


ONLY_ONE = {
    # name -> (the file without which nothing can be told, as it is misnamed)
    "ego4d": ("v2/annotations/narration.json", "narrations.json"),
    "egtea": ("raw_annotations/action_labels.csv", "actions_labels.csv"),
    "jsonl": ("samples.jsonl", "sample.jsonl"),
}


@pytest.mark.parametrize("named", [False, True], ids=["detected", "named"])
@pytest.mark.parametrize("name", ONLY_ONE)
def test_the_only_file_misnamed(tmp_path, name, named):
    file, wrong = ONLY_ONE[name]
    HERE[name][0](tmp_path)
    moved = (tmp_path / file).rename((tmp_path / file).with_name(wrong))
    place = moved.relative_to(tmp_path).as_posix()
    what = name if named else "data set that is known"
    message = f"holds no {what} .found: .*did you mean {place} to be {name}'s {Path(file).name}. Looked for"
    with pytest.raises(DatasetError, match=message) as caught:
        counts(tmp_path, name=name if named else None)
    assert "\n" not in str(caught.value)


ONE_OF_SEVERAL = {
    "egoexo4d": ("annotations/keystep_val.json", "keysteps_val.json"),
    "epic_kitchens": ("EPIC_100_validation.csv", "EPIC_100_validations.csv"),
    "activitynet": ("train.json", "train (1).json"),
    "streamgaze": ("qa/past_scene_recall.json", "past-scene-recall.json"),
    "egogazevqa": ("qa_pairs/causal_egtea.json", "casual_egtea.json"),
}


@pytest.mark.parametrize("name", ONE_OF_SEVERAL)
def test_one_of_several_files_misnamed(tmp_path, name):
    file, wrong = ONE_OF_SEVERAL[name]
    HERE[name][0](tmp_path)
    whole = counts(tmp_path)
    moved = (tmp_path / file).rename((tmp_path / file).with_name(wrong))
    told = counts(tmp_path)
    new = {key: value for key, value in told.items() if key.startswith("not here: ") and key not in whole}
    (key,) = new
    assert key.removeprefix("not here: ").split(" or ")[0] == Path(file).name
    assert new[key] == f"did you mean {moved.relative_to(tmp_path).as_posix()}"
    assert told["samples"] < whole["samples"]


def test_every_data_set_is_misnamed():
    assert {*ONLY_ONE, *ONE_OF_SEVERAL} == set(DATASETS) == set(HERE)


@pytest.mark.parametrize("name", DATASETS)
def test_a_data_set_named_where_none_is(tmp_path, name):
    with pytest.raises(DatasetError, match=f"holds no {name} .found: nothing.. Looked for"):
        dataset_of(tmp_path, name=name)
