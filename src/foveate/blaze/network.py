"""One network, run by LiteRT."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.errors import ModelError, require


class Network:
    """One network, ready to run."""

    def __init__(
        self,
        content: bytes,
        name: str,
        *,
        side_px: int,
        shapes: Sequence[tuple[int, ...]],
        outputs: tuple[str, str] = ("Identity", "Identity_1"),
        black: float = 0.0,
    ) -> None:
        """Load it, and hold it to the shapes that the code around it was written for.

        Args:
            content: bytes of a .tflite file.
            name: how errors call it.
            side_px: of its square RGB input.
            shapes: of two of its outputs; further ones are not used.
            outputs: what it calls these two.
            black: what it takes for black; white is 1.

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
        there = {detail["name"]: detail for detail in self._run.get_output_details()}
        wanted = dict(zip(outputs, shapes, strict=True))
        found = {each: tuple(there[each]["shape"].tolist()) if each in there else None for each in wanted}
        size = tuple(self._input["shape"].tolist())
        if found != wanted or size != (1, side_px, side_px, 3):
            raise ModelError(f"{name} takes {size} and gives {found}, expected (1, {side_px}, {side_px}, 3) and {wanted}")
        self._outputs = [there[each]["index"] for each in wanted]
        self._black = black

    def __call__(self, image: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The outputs for one image, (side_px, side_px, 3) RGB."""
        given = self._black + (1 - self._black) * (image[None].astype(np.float32) / 255)
        self._run.set_tensor(self._input["index"], given.astype(np.float32))
        self._run.invoke()
        return [self._run.get_tensor(index) for index in self._outputs]


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
