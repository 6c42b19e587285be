"""Optical flow behind one interface."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from foveate.errors import MissingExtraError, ModelError, UsageError
from foveate.gaze.flow import make_flow
from gaze.pictures import shifted, texture


@pytest.mark.parametrize("by", [(0, 0), (5, 0), (-4, 7), (12, -9)])
@pytest.mark.parametrize("size", [pytest.param((270, 360), id="frame"), pytest.param((96, 96), id="region")])
def test_dis_finds_a_translation(by, size):
    moved = make_flow("dis")(*shifted(3, by, size))
    assert moved.shape == (*size, 2)
    assert moved.dtype == np.float32
    inside = moved[20:-20, 20:-20].reshape(-1, 2)
    assert np.median(np.abs(inside - by), axis=0).max() < 0.1


def test_a_small_image_does_not_change_the_flow_of_larger_ones():
    """A DIS object that has seen a small image works at a finer scale for ever after."""
    pair, small = shifted(1, (3, 2)), shifted(1, (1, 1), (24, 24))
    one = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    first = one.calc(*pair, None)
    one.calc(*small, None)
    assert not np.array_equal(one.calc(*pair, None), first), "OpenCV's trap is gone: one object would do"
    flow = make_flow("dis")
    flow(*small)
    assert np.array_equal(flow(*pair), first)


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (11, 11), (40, 7)])
def test_dis_takes_images_of_any_size(size):
    image = texture(0)[: size[0], : size[1]]
    assert np.abs(make_flow("dis")(image, image)).max() == 0
    assert make_flow("dis")(image, image).shape == (*size, 2)


def test_dis_takes_a_crop_that_is_not_contiguous():
    before, after = shifted(2, (4, 3))
    flow = make_flow("dis")
    cut = flow(before[30:130, 40:140], after[30:130, 40:140])
    whole = flow(before[30:130, 40:140].copy(), after[30:130, 40:140].copy())
    assert np.array_equal(cut, whole)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param(np.zeros((20, 20), np.uint8), np.zeros((20, 21), np.uint8), r"one size, got \(20, 20\)", id="sizes"),
        pytest.param(np.zeros((20, 20, 3), np.uint8), np.zeros((20, 20, 3), np.uint8), "gray images", id="colour"),
        pytest.param(np.zeros((20, 20)), np.zeros((20, 20)), "of float64", id="floats"),
        pytest.param(np.zeros((0, 20), np.uint8), np.zeros((0, 20), np.uint8), "gray images", id="empty"),
    ],
)
def test_what_is_no_pair_is_refused(before, after, message):
    with pytest.raises(UsageError, match=message):
        make_flow("dis")(before, after)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        pytest.param("rafd", {}, "no flow 'rafd'; did you mean 'raft'; allowed: dis, raft", id="typo"),
        pytest.param("dis", {"weights": "x"}, "'dis' takes no option 'weights'; allowed: none", id="option"),
    ],
)
def test_names_and_options(name, options, message):
    with pytest.raises(UsageError, match=message):
        make_flow(name, **options)


@pytest.fixture(scope="module")
def raft_file(tmp_path_factory):
    """RAFT's small form with random weights."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    from foveate.model.torchvision_ops import ensure_operators

    ensure_operators()
    from torchvision.models.optical_flow import raft_small

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("raft") / "raft_small.safetensors"
    save_file(raft_small(weights=None).state_dict(), path)
    return path


@pytest.mark.parametrize("size", [(96, 96), (133, 150)])
def test_raft_takes_images_of_any_size(raft_file, size):
    flow = make_flow("raft", weights=raft_file, size="small")
    before, after = shifted(3, (5, 2), size)
    moved = flow(before, after)
    assert moved.shape == (*size, 2)
    assert moved.dtype == np.float32
    assert np.isfinite(moved).all()
    assert np.array_equal(flow(before, after), moved)


def test_raft_sees_what_torchvision_asks_for(raft_file):
    """Three channels in [-1, 1], padded to a multiple of 8 by the border; flow by its last round, x before y."""
    import torch
    from safetensors.torch import load_file
    from torchvision.models.optical_flow import raft_small

    before, after = shifted(3, (5, 2), (130, 128))
    ours = make_flow("raft", weights=raft_file, size="small")(before, after)
    network = raft_small(weights=None).eval()
    network.load_state_dict(load_file(raft_file))
    images = [np.pad(image, ((0, 6), (0, 0)), mode="edge") / 255 * 2 - 1 for image in (before, after)]
    with torch.inference_mode():
        theirs = network(*(torch.tensor(np.stack([image] * 3)[None], dtype=torch.float32) for image in images))[-1][0]
    assert ours == pytest.approx(theirs.permute(1, 2, 0).numpy()[:130], abs=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"size": "tiny"}, "small or large, got size 'tiny'", id="size"),
        pytest.param({"weights": "raft_smal.safetensors"}, "did you mean .*raft_small.safetensors; RAFT needs", id="no file"),
        pytest.param({"size": "large"}, "does not hold the weights of raft_large: .*Missing key", id="other weights"),
        pytest.param({"weights": "broken.safetensors"}, "does not hold the weights of raft_small", id="no safetensors"),
    ],
)
def test_raft_tells_what_is_wrong_with_its_weights(raft_file, options, message):
    (raft_file.parent / "broken.safetensors").write_bytes(b"no weights at all, but rather more than eight bytes")
    weights = raft_file.parent / options.get("weights", raft_file.name)
    with pytest.raises(ModelError if "weights" in message or "RAFT" in message else UsageError, match=message):
        make_flow("raft", **{"size": "small", **options, "weights": weights})


MISFIT = """
import sys, pathlib
folder = pathlib.Path(sys.argv[1]) / "misfit"
(folder / "torchvision").mkdir(parents=True)
(folder / "torchvision" / "__init__.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
sys.path.insert(0, str(folder))
from foveate.errors import ModelError
from foveate.gaze.flow import make_flow
try:
    make_flow("raft", weights=sys.argv[2])
except ModelError as error:
    print(error)
"""


def test_a_torchvision_that_does_not_fit_is_told(raft_file, tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", MISFIT, str(tmp_path), str(raft_file)], capture_output=True, text=True, check=True
    )
    assert "does not fit this torch (operator torchvision::nms does not exist)" in told.stdout
    assert "ensure_operators()" in told.stdout


def test_without_torchvision_the_extra_is_named(raft_file, monkeypatch):
    monkeypatch.setattr("foveate.errors.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"torch is not installed; .* pip install 'foveate\[local\]'"):
        make_flow("raft", weights=raft_file)
