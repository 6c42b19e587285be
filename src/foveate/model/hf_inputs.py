"""What a processor makes of prompts: texts by the family's template, images as one tile each where they are small."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from foveate.errors import ModelError
from foveate.model.hf_load import one_line
from foveate.model.hf_prompt import PromptWriter
from foveate.model.model import Prompt
from foveate.model.tiles import Tiler, Tiling, shrink


@dataclass(frozen=True)
class InputMaker:
    """Prompts -> what a model of one family takes; the same for answering and for training."""

    processor: Any
    """As ``AutoProcessor`` loads it."""
    config: Any
    """Of the model."""
    writer: PromptWriter
    tiler: Tiler

    @classmethod
    def of(cls, processor: Any, config: Any, *, one_tile: bool = False) -> "InputMaker":
        """Learn from a processor what its template and its tiles are.

        Args:
            processor: as ``AutoProcessor`` loads it.
            config: of the model.
            one_tile: whether every image goes as one tile, as in training.
        """
        return cls(processor, config, PromptWriter.of(processor), replace(Tiler.of(processor), one_tile=one_tile))

    @property
    def image_token_id(self) -> int:
        """The id of the placeholder that stands for one visual token.

        Raises:
            ModelError: where nothing names it.
        """
        for holder, key in (
            (self.config, "image_token_id"),
            (self.config, "image_token_index"),
            (self.processor, "image_token_id"),
        ):
            if isinstance(token := getattr(holder, key, None), int):
                return token
        raise ModelError(f"{type(self.processor).__name__} names no image token; this model family is not supported.")

    def tiling(self, prompt: Prompt) -> Tiling:
        """How the images of a prompt are given."""
        return self.tiler.tiling([image.size_px for image in prompt.images])

    def make(self, prompts: Sequence[Prompt], *, name: str, padding_side: str = "left") -> Any:
        """What the processor makes of prompts that are tiled alike; padded, never cut.

        Args:
            prompts: one or more, with or without images, whose tilings have the same options.
            name: the model's, for errors.
            padding_side: left to generate, right to train.

        Raises:
            ModelError: where the processor refuses them, or makes no visual token of an image.
        """
        tilings = [self.tiling(prompt) for prompt in prompts]
        images = [
            [Image.fromarray(shrink(image.image, tiling.longest_px)) for image in prompt.images]
            for prompt, tiling in zip(prompts, tilings, strict=True)
        ]
        texts = [self.writer.write(prompt) for prompt in prompts]
        bos = self.processor.tokenizer.bos_token
        try:
            inputs = self.processor(
                text=texts,
                images=images if any(images) else None,
                padding=True,
                padding_side=padding_side,
                # a template that writes the first token itself would get it twice
                add_special_tokens=not (bos and texts[0].startswith(bos)),
                return_tensors="pt",
                **(tilings[0].options if any(images) else {}),
            )
        except (ValueError, TypeError, IndexError) as error:
            raise ModelError(f"the processor of {name} refuses the prompt ({one_line(error)})") from error
        if any(images) and not bool((self.count_visual(inputs) > 0).all()):
            raise ModelError(f"the processor of {name} made no visual tokens; this model family is not supported.")
        return inputs

    def count_visual(self, inputs: Any) -> Any:
        """(batch,) placeholders of images in the prompts; the model itself refuses a number that is not its features'."""
        return (inputs["input_ids"] == self.image_token_id).sum(dim=1)
