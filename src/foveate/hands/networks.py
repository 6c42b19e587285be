"""The two networks of MediaPipe Hands, out of a wheel or a folder that the user names, run by LiteRT."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from foveate.errors import ModelError, hint_beside, require

PALM = "palm_detection_full.tflite"
HAND = "hand_landmark_full.tflite"
GET = "pip download mediapipe==0.10.21 --no-deps --only-binary=:all: --python-version 3.12 --platform manylinux_2_28_x86_64"
"""Any wheel will do on any system, since only its two model files are read; later ones than 0.10.21 may bring none."""


@dataclass(frozen=True)
class Networks:
    """The bytes of both networks."""

    palm: bytes
    hand: bytes
    source: str
    """Where they were taken from."""

    @property
    def fingerprint(self) -> str:
        """Twelve digits that tell these weights from others."""
        return sha256(self.palm + self.hand).hexdigest()[:12]


def find_networks(path: Path | None) -> Networks:
    """Both networks, out of a wheel of mediapipe, a folder that holds the two files somewhere, or the installed mediapipe.

    Raises:
        ModelError: where they are not there.
    """
    if path is None:
        spec = find_spec("mediapipe")
        if spec is None or not spec.submodule_search_locations:
            raise ModelError(
                f"the networks that find hands do not come with foveate: name a wheel of mediapipe with --models; {GET}"
            )
        path = Path(spec.submodule_search_locations[0])
    if path.is_dir():
        return Networks(_in_folder(path, PALM), _in_folder(path, HAND), str(path))
    if not path.exists():
        raise ModelError(f"{path} is not there{hint_beside(path)}; --models takes a wheel of mediapipe or a folder")
    try:
        with ZipFile(path) as wheel:
            inside = {name.rpartition("/")[2]: name for name in wheel.namelist()}
            lacking = [name for name in (PALM, HAND) if name not in inside]
            if lacking:
                raise ModelError(f"{path} holds no {lacking[0]}; wheels of mediapipe up to 0.10.21 do: {GET}")
            return Networks(wheel.read(inside[PALM]), wheel.read(inside[HAND]), str(path))
    except (BadZipFile, OSError) as error:
        raise ModelError(f"{path} is no wheel ({error}); --models takes a wheel of mediapipe or a folder") from error


def _in_folder(folder: Path, name: str) -> bytes:
    found = sorted(folder.rglob(name))
    if not found:
        raise ModelError(f"{folder} holds no {name}; --models takes a folder with {PALM} and {HAND}, or a wheel: {GET}")
    return found[0].read_bytes()


@contextmanager
def _silent() -> Iterator[None]:
    """Keep off the terminal what LiteRT's C++ writes there of its own accord: the name of its delegate, every time."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


class Network:
    """One network, ready to run."""

    def __init__(self, content: bytes, name: str, *, side_px: int, shapes: Sequence[tuple[int, ...]]) -> None:
        """Load it, and hold it to the shapes that the code around it was written for.

        Args:
            content: bytes of a .tflite file.
            name: how errors call it.
            side_px: of its square RGB input.
            shapes: of its outputs ``Identity`` and ``Identity_1``; further ones are not used.

        Raises:
            MissingExtraError: without the extra ``hands``.
            ModelError: where it is no such network.
        """
        require("ai_edge_litert")
        from ai_edge_litert.interpreter import Interpreter

        try:
            with _silent():
                self._run: Any = Interpreter(model_content=content)
                self._run.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{name} is no network that LiteRT can run: {error}") from error
        (self._input,) = self._run.get_input_details()
        outputs = {detail["name"]: detail for detail in self._run.get_output_details()}
        wanted = dict(zip(("Identity", "Identity_1"), shapes, strict=True))
        found = {each: tuple(outputs[each]["shape"].tolist()) if each in outputs else None for each in wanted}
        size = tuple(self._input["shape"].tolist())
        if found != wanted or size != (1, side_px, side_px, 3):
            raise ModelError(f"{name} takes {size} and gives {found}, expected (1, {side_px}, {side_px}, 3) and {wanted}")
        self._outputs = [outputs[each]["index"] for each in wanted]

    def __call__(self, image: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The outputs for one image, (side_px, side_px, 3) RGB."""
        self._run.set_tensor(self._input["index"], image[None].astype(np.float32) / 255)
        self._run.invoke()
        return [self._run.get_tensor(index) for index in self._outputs]
