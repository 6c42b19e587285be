"""What pins an image, and the files in which a Run keeps images."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from foveate.errors import JobError
from foveate.run import image_hash, keep_image

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 60, 3)).astype(np.uint8)


def changed(image: NDArray[np.uint8], *at: int) -> NDArray[np.uint8]:
    copy = image.copy()
    copy[at] ^= 1
    return copy


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(changed(IMAGE, 0, 0, 0), id="first value"),
        pytest.param(changed(IMAGE, 39, 59, 2), id="last value"),
        pytest.param(IMAGE.reshape(60, 40, 3), id="same bytes, other shape"),
        pytest.param(IMAGE[:-1], id="a row less"),
        pytest.param(IMAGE[..., ::-1], id="BGR"),
    ],
)
def test_another_image_has_another_hash(other: NDArray[np.uint8]) -> None:
    assert image_hash(other) != image_hash(IMAGE)


def test_the_hash_is_that_of_shape_and_pixels_on_every_machine() -> None:
    assert image_hash(np.zeros((2, 3, 3), np.uint8)) == "e6313b50127a40b88a236c837e55e45d96ed41f2d4212ef8141153527a4dfffd"


def test_how_an_image_lies_in_memory_does_not_matter() -> None:
    turned = np.asfortranarray(IMAGE)
    assert not turned.flags["C_CONTIGUOUS"]
    assert image_hash(turned) == image_hash(IMAGE)


@pytest.mark.parametrize("image", [IMAGE[..., 0], IMAGE.astype(np.float32), IMAGE[..., :2]], ids=["grey", "float", "two"])
def test_what_is_no_image_is_refused(image: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match=r"an image is \(height, width, 3\) of uint8, got \(40, 60"):
        image_hash(image)


def test_an_image_is_kept_once_under_its_hash(tmp_path) -> None:
    smooth = np.full((32, 48, 3), (200, 60, 10), np.uint8)
    file = keep_image(tmp_path, smooth)
    assert file == tmp_path / "images" / f"{image_hash(smooth)}.jpg"
    read = cv2.imread(str(file))[..., ::-1]
    assert np.abs(read.astype(int) - smooth).max() <= 3
    before = file.stat().st_mtime_ns
    assert keep_image(tmp_path, smooth) == file
    assert file.stat().st_mtime_ns == before
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_a_disk_that_refuses_is_named(tmp_path) -> None:
    (tmp_path / "images").write_text("in the way")
    with pytest.raises(JobError, match=r"cannot write .*images"):
        keep_image(tmp_path, IMAGE)
