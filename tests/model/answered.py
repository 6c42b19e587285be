"""Tiny models of every family with prompts that are answered: what a trainer gives them, labels and all."""

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from foveate.model.attention import FAMILIES, Looked
from foveate.train.loss import gaze_kl
from model import tiny
from model.attached import asked, builtin

ANSWERS = ("a cup.", "the pan!")
LAYERS = 2


MAKERS: dict[str, Callable[[], tuple[Any, Any]]] = {
    name: make for name, make in {**tiny.FAMILIES, "paddleocr_vl": builtin}.items() if name in FAMILIES
}


def image(seed: int, width: int = 224, height: int = 224) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8))


def prompts(processor: Any, images: list[list[Image.Image]], answers: tuple[str, ...] = ANSWERS) -> dict[str, Tensor]:
    """What a processor makes of a question about each item's images with its answer, and the labels of the answer's tokens."""
    texts = [asked(processor, len(row), "What now?") + answer for row, answer in zip(images, answers, strict=True)]
    made = dict(processor(text=texts, images=images, padding=True, return_tensors="pt"))
    labels = torch.full_like(made["input_ids"], -100)
    for number, answer in enumerate(answers):
        said = len(processor.tokenizer(answer, add_special_tokens=False)["input_ids"])
        last = int(made["attention_mask"][number].nonzero().max())
        labels[number, last + 1 - said : last + 1] = made["input_ids"][number, last + 1 - said : last + 1]
    return {**made, "labels": labels}


def make(name: str, *, larger: float | None = None) -> SimpleNamespace:
    """A family's ``processor``, ``model`` and ``batch``: two prompts, of two images and of one.

    Weights are ``larger`` than the initial ones: attention is then far from uniform, but not of one patch.
    """
    torch.manual_seed(0)
    with mock.patch.dict(tiny.TEXT, num_hidden_layers=LAYERS):
        processor, model = MAKERS[name]()
    if name == "smolvlm":  # few tiles
        processor.image_processor.size = {"longest_edge": 512}
    for parameter in model.parameters():
        parameter.data.mul_(larger or (2.5 if name == "paddleocr_vl" else 6))
    batch = prompts(processor, [[image(0), image(1)], [image(2)]])
    return SimpleNamespace(name=name, processor=processor, model=model.eval(), batch=batch)


made = cache(make)
"""For tests that leave the model as it is."""


def target(looked: Looked) -> Tensor:
    """All gaze in the fourth patch of every frame."""
    one = torch.zeros_like(looked.attention)
    one[..., 3] = looked.present[..., 3]
    return one


def gaze_loss(looked: Looked) -> Tensor:
    return gaze_kl(looked.attention, target(looked), looked.present.any(dim=-1), present=looked.present)
