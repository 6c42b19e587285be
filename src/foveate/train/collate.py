"""A batch for training out of prepared clips: what the model's own processor makes of them, labels, and gaze beside them.

The prompt is written as for answering (``model.hf_inputs``), the answer is what the template puts after it, up to the token
that ends it. Nothing is ever cut: a cut prompt loses image tokens and says nothing, so a clip that is too long is an error.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from foveate.errors import DatasetError, UsageError
from foveate.model.attention.families import token_patches
from foveate.model.hf_inputs import InputMaker
from foveate.model.model import Prompt, TimedImage

IGNORED = -100
"""The label of what is no part of an answer."""
PREPARE = "prepare the shards for the model that is trained: foveate prepare ... --model"


class Collator:
    """Items of a ``ShardDataset`` -> a batch.

    The batch is a dict: the processor's tensors with the answers behind the prompts; ``labels`` (batch, length), IGNORED but on
    the answers; ``gaze_target`` (batch, frames, patches) float32, NaN where not valid; ``gaze_present`` of the same shape,
    which patches a frame has; ``gaze_valid`` (batch, frames); ``ids``, the names of the clips.
    """

    def __init__(self, processor: Any, config: Any, *, max_length: int | None = None, padding_side: str = "right") -> None:
        """Learn from a processor what its template is.

        Args:
            processor: the model's, as ``AutoProcessor`` loads it.
            config: the model's.
            max_length: most tokens of a clip, prompt and answer; None for what the model's positions hold.
            padding_side: right, or left.
        """
        if padding_side not in ("left", "right"):
            raise UsageError(f"padding_side is left or right, got {padding_side!r}")
        self._maker = InputMaker.of(processor, config, one_tile=True)
        self._padding_side = padding_side
        limits = (max_length, getattr(config.get_text_config(), "max_position_embeddings", None))
        self._most = min((limit for limit in limits if limit is not None), default=None)

    def __call__(self, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Make a batch.

        Raises:
            DatasetError: where the clips were prepared for another model or grid.
            UsageError: where a clip is too long.
        """
        prompts = [prompt_of(item) for item in items]
        inputs = self._maker.make(prompts, name=str(self._maker.config.model_type), padding_side=self._padding_side)
        self._check_grids(items, inputs)
        answers = [self._answer(prompt, item["reference"]) for prompt, item in zip(prompts, items, strict=True)]
        batch = self._joined(inputs, answers, [item["id"] for item in items])
        return {**batch, **gaze_tensors(items), "ids": [item["id"] for item in items]}

    def _check_grids(self, items: Sequence[Mapping[str, Any]], inputs: Any) -> None:
        """Every frame has as many placeholders as the processor made tokens, and its target lies on the same grid.

        ``token_patches`` compares the placeholders of each frame with what the processor made of its image.
        """
        sizes = [[image.shape[:2] for image in item["images"]] for item in items]
        made = token_patches(self._maker.processor, self._maker.config, inputs, sizes_px=sizes)
        for item, frames in zip(items, made, strict=True):
            prepared = [tuple(patches) for patches in item["patches"]]
            if list(frames) != prepared:
                was, now = (_grids(each) for each in (prepared, frames))
                raise DatasetError(f"{item['id']} was prepared for visual tokens of {was} and this model has {now}; {PREPARE}")
            tokens = [sum(map(len, patches)) for patches in prepared]
            if tokens != [len(target) for target in item["gaze_target"]]:
                raise DatasetError(f"the gaze targets of {item['id']} are not on its grids of {_grids(prepared)}; {PREPARE}")

    def _answer(self, prompt: Prompt, reference: str) -> list[int]:
        """Tokens of an answer with the one that ends it, as they follow the prompt's."""
        before, after = self._maker.writer.write(prompt), self._maker.writer.write_answer(prompt, reference)
        tokenizer = self._maker.processor.tokenizer
        near = before[-NEAR:]
        alone, joined = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in (near, near + after))
        # Where letters of both would merge into one token, the answer begins a token of its own, as it does in generation.
        return list(
            joined[len(alone) :] if joined[: len(alone)] == alone else tokenizer(after, add_special_tokens=False)["input_ids"]
        )

    def _joined(self, inputs: Any, answers: Sequence[Sequence[int]], ids: Sequence[str]) -> dict[str, Any]:
        """The processor's tensors with every row's answer put behind its prompt, and the labels."""
        mask = inputs["attention_mask"].bool()
        lengths = [int(row.sum()) + len(answer) for row, answer in zip(mask, answers, strict=True)]
        for clip, length in zip(ids, lengths, strict=True):
            if self._most is not None and length > self._most:
                raise UsageError(
                    f"{clip} takes {length} tokens with its answer, and at most {self._most} are allowed; nothing is cut: "
                    "prepare with a lower --fps or --budget, or allow more"
                )
        pad = self._maker.processor.tokenizer.pad_token_id
        shape = inputs["input_ids"].shape
        batch = dict(inputs)
        for name, tensor in inputs.items():
            if tensor.shape != shape:
                continue  # pixels and their sizes
            empty = pad if name == "input_ids" else 0
            rows = [
                torch.cat([row[here], self._behind(name, answer, row)])
                for row, here, answer in zip(tensor, mask, answers, strict=True)
            ]
            batch[name] = self._padded(rows, empty)
        labels = [
            torch.cat([torch.full((int(row.sum()),), IGNORED), torch.tensor(answer)])
            for row, answer in zip(mask, answers, strict=True)
        ]
        return {**batch, "labels": self._padded(labels, IGNORED)}

    @staticmethod
    def _behind(name: str, answer: Sequence[int], row: Tensor) -> Tensor:
        """What stands at the places of an answer: its tokens, attended to, of the type of text."""
        if name == "input_ids":
            return torch.tensor(answer, dtype=row.dtype)
        return torch.full((len(answer),), 1 if name == "attention_mask" else 0, dtype=row.dtype)

    def _padded(self, rows: Sequence[Tensor], empty: int) -> Tensor:
        return torch.nn.utils.rnn.pad_sequence(
            list(rows), batch_first=True, padding_value=empty, padding_side=self._padding_side
        )


NEAR = 64
"""Letters before an answer that tell how its first letters are tokenised."""


def prompt_of(item: Mapping[str, Any]) -> Prompt:
    """An item as a model is asked it."""
    images = zip(item["images"], item["time_s"], strict=True)
    return Prompt(item["prompt"], tuple(TimedImage(image, time_s) for image, time_s in images))


def gaze_tensors(items: Sequence[Mapping[str, Any]]) -> dict[str, Tensor]:
    """Targets of all items padded to the longest: see ``Collator``."""
    frames = max((len(item["gaze_target"]) for item in items), default=0)
    patches = max((len(target) for item in items for target in item["gaze_target"]), default=0)
    target = np.zeros((len(items), frames, patches), dtype=np.float32)
    present, valid = np.zeros(target.shape, dtype=np.bool_), np.zeros(target.shape[:2], dtype=np.bool_)
    for b, item in enumerate(items):
        for f, each in enumerate(item["gaze_target"]):
            target[b, f, : len(each)], present[b, f, : len(each)] = each, True
        valid[b, : len(item["gaze_valid"])] = item["gaze_valid"]
    return {
        "gaze_target": torch.from_numpy(target),
        "gaze_present": torch.from_numpy(present),
        "gaze_valid": torch.from_numpy(valid),
    }


def _grids(frames: Sequence[Sequence[Any]]) -> str:
    """Grids of frames in words: 5 x (8 x 8)."""
    told = [" + ".join(f"{part.rows} x {part.columns}" for part in patches) for patches in frames]
    return f"{len(told)} images ({told[0]})" if len(set(told)) == 1 else ", ".join(f"({each})" for each in told)
