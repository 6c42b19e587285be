"""Images as a model was given them: what pins their pixels, and the files of ``--keep-images``."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.job.disk import naming, write_whole
from foveate.model.openai_request import jpeg

IMAGES = "images"
"""Folder of a Run in which the images lie that were kept."""


def image_hash(image: NDArray[np.uint8]) -> str:
    """Pin an image: the sha256 of its shape and its pixels, 64 letters.

    Args:
        image: (height, width, 3) RGB; how it lies in memory does not matter.

    Raises:
        ValueError: where it is no such image.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"an image is (height, width, 3) of uint8, got {image.shape} of {image.dtype}")
    digest = hashlib.sha256("x".join(map(str, image.shape)).encode())
    digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()


def kept_image(folder: Path | str, sha256: str) -> Path:
    """Where a Run keeps an image, whether or not it did."""
    return Path(folder) / IMAGES / f"{sha256}.jpg"


def keep_image(folder: Path | str, image: NDArray[np.uint8]) -> Path:
    """Keep an image in a Run's folder as a JPEG, as servers are sent it; one that is kept already is not written again.

    The name pins the pixels before the JPEG, which a model on this machine was given.

    Args:
        folder: of the Run.
        image: (height, width, 3) RGB.

    Returns:
        The file.

    Raises:
        ValueError: where it is no image.
        JobError: where the disk refuses.
    """
    file = kept_image(folder, image_hash(image))
    if not file.exists():
        with naming(file.parent):
            file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, jpeg(image), by_several=True)
    return file
