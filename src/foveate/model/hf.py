"""``hf:<id or folder>``: any image-text-to-text model of transformers, through the processor that its authors published."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from foveate.errors import ModelError
from foveate.geometry import Size
from foveate.model.hf_generate import Watch, end_tokens, generate, release_memory, stream, trimmed
from foveate.model.hf_inputs import InputMaker
from foveate.model.hf_load import Loaded, load_folder
from foveate.model.hf_places import Grid, can_place, grids, placed_inputs
from foveate.model.model import Answer, Prompt, Region, TimedImage, Usage, UsualFrames
from foveate.model.places import place

NO_INSTRUCTIONS: Mapping[str, str] = MappingProxyType({})
ANY_FRAMES: UsualFrames = MappingProxyType({})


class HfModel:
    """A model of transformers behind the Model protocol; decoding is greedy, so that answers repeat."""

    is_remote = False

    def __init__(
        self,
        folder_or_id: str,
        *,
        name: str,
        is_toy: bool = False,
        dtype: str = "auto",
        device: str = "auto",
        batch_size: int | None = None,
        trust_remote_code: bool = False,
        processor_options: dict[str, Any] | None = None,
        instructions: Mapping[str, str] = NO_INSTRUCTIONS,
        usual_tokens: int | None = None,
        usual_frames: UsualFrames = ANY_FRAMES,
    ) -> None:
        """Find and load the model.

        Args:
            folder_or_id: a folder, or ``owner/name`` of huggingface.co with an optional ``@revision``.
            name: the model's name in answers.
            is_toy: whether it knows nothing of the real world.
            dtype: "auto" (float32 on a CPU where it fits, else as stored), "float32", "bfloat16" or "float16".
            device: "auto" (cuda, mps, cpu in that order) or one of torch's.
            batch_size: prompts that run at once; None for 8 on an accelerator and 4 on a CPU.
            trust_remote_code: whether code that comes with the model may run; never unless the user writes it.
            processor_options: given to the processor when it is made, such as ``max_pixels``.
            instructions: prompt name -> the only wording that the model was trained on; empty where it takes any.
            usual_tokens: visual tokens of the images that it was trained on most; None where any size will do.
            usual_frames: prompt name -> fewest and most frames that it is made for; empty where any number will do.

        Raises:
            ModelError: where the model is not there or cannot be loaded.
        """
        self.name, self.is_toy, self.instructions = name, is_toy, instructions
        self.usual_tokens, self.usual_frames = usual_tokens, usual_frames
        self._loaded: Loaded = load_folder(
            folder_or_id,
            dtype=dtype,
            device=device,
            trust_remote_code=trust_remote_code,
            processor_options=processor_options or {},
        )
        self.maker = InputMaker.of(self._loaded.processor, self._loaded.model.config)
        self._batch_size = batch_size or (4 if self._loaded.device == "cpu" else 8)
        self._tokens_of: dict[tuple[Size, bool], int] = {}
        self._grid_of: dict[Size, Grid] = {}
        self.places_tokens = can_place(self._loaded)
        # tokenizer and model are not made for two threads at once
        self._lock = threading.Lock()

    @property
    def pins(self) -> dict[str, str]:
        """What its answers depend on beside the prompt, known before the first."""
        return dict(self._loaded.provenance)

    def visual_tokens(self, sizes_px: Sequence[Size]) -> list[int | None]:
        """Visual tokens of an image of each size, counted in what the processor makes of blank ones.

        They hold for a prompt with several images: LLaVA-OneVision spends more on an image that is alone.
        """
        return [self._tokens(Size(*size), several=True) for size in sizes_px]

    def placed_tokens(self, sizes_px: Sequence[Size], regions: Sequence[Region]) -> list[int]:
        """Visual tokens that are kept of each image of one picture, see ``foveate.model.places``."""
        kept = place([self._grid(Size(*size)) for size in sizes_px], regions).kept
        return [int(image.sum()) for image in kept]

    def answer(self, prompt: Prompt) -> Answer:
        """Answer one prompt."""
        return self._run([prompt])[0]

    def answers(self, prompts: Sequence[Prompt]) -> list[Answer | ModelError]:
        """Answer prompts in batches of those that can run together; a batch that does not fit in memory is halved."""
        results: list[Answer | ModelError | None] = [None] * len(prompts)
        for indices in self._batches(prompts):
            for index, result in zip(indices, self._run_or_halve([prompts[index] for index in indices]), strict=True):
                results[index] = result
        return [result for result in results if result is not None]

    def stream(self, prompt: Prompt) -> Iterator[str | Answer]:
        """Yield pieces of the text as they are generated, then the Answer; an error of the model is raised here."""
        watch = Watch()
        with self._lock:
            inputs = self._inputs([prompt])
        tokens: list[int] = []
        pieces: list[str] = []
        for piece in trimmed(
            stream(self._loaded, inputs, max_new_tokens=prompt.max_new_tokens, watch=watch, lock=self._lock, tokens=tokens)
        ):
            pieces.append(piece)
            yield piece
        yield self._finish(prompt, "".join(pieces), tokens, inputs=inputs, row=0, watch=watch)

    def _fixed_tokens(self, *, several: bool) -> int | None:
        """Visual tokens of an image of any size, where the family takes no notice of it."""
        if self.maker.tiler.tiles(several=several):
            return None
        small, large = (self._tokens(Size(side_px, side_px), several=several) for side_px in (224, 672))
        return small if small == large else None

    def _tokens(self, size_px: Size, *, several: bool) -> int:
        # the number of images matters only to a family that tiles a lone one
        several = several and self.maker.tiler.tiles(several=False) and not self.maker.tiler.tiles(several=True)
        key = (size_px, several)
        if key not in self._tokens_of:
            blank = TimedImage(np.zeros((size_px.height_px, size_px.width_px, 3), dtype=np.uint8), 0.0)
            count = 2 if several else 1
            with self._lock:  # a view asks while the next span is decoded, in another thread than answers are made in
                inputs = self._inputs([Prompt("", (blank,) * count)])
            self._tokens_of[key] = int(self.maker.count_visual(inputs)[0]) // count
        return self._tokens_of[key]

    def _grid(self, size_px: Size) -> Grid:
        """Rows and columns of visual tokens of an image, by a family that places them."""
        if size_px not in self._grid_of:
            blank = TimedImage(np.zeros((size_px.height_px, size_px.width_px, 3), dtype=np.uint8), 0.0)
            with self._lock:
                (self._grid_of[size_px],) = grids(self._loaded, self._inputs([Prompt("", (blank,))]))
        return self._grid_of[size_px]

    def _batches(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Indices of prompts that can share a batch: tiled alike, with and without images apart, of one longest answer."""
        groups: dict[tuple[str, bool, int], list[int]] = defaultdict(list)
        for index, prompt in enumerate(prompts):
            tiling = self.maker.tiling(prompt)
            groups[repr(tiling.options), bool(prompt.images), prompt.max_new_tokens].append(index)
        return [
            indices[start : start + self._batch_size]
            for indices in groups.values()
            for start in range(0, len(indices), self._batch_size)
        ]

    def _run_or_halve(self, prompts: list[Prompt]) -> list[Answer | ModelError]:
        try:
            return list(self._run(prompts))
        except ModelError as error:
            if len(prompts) == 1:
                return [error]
        # one item of a batch failed, or all together were too much: find out which
        release_memory(self._loaded)
        half = len(prompts) // 2
        return self._run_or_halve(prompts[:half]) + self._run_or_halve(prompts[half:])

    def _run(self, prompts: list[Prompt]) -> list[Answer]:
        watch = Watch()
        with self._lock:
            inputs = self._inputs(prompts)
            rows = generate(self._loaded, inputs, max_new_tokens=prompts[0].max_new_tokens, watch=watch)
            texts = self._loaded.processor.batch_decode(rows, skip_special_tokens=True)
        return [
            self._finish(prompt, text.strip(), tokens, inputs=inputs, row=row, watch=watch)
            for row, (prompt, text, tokens) in enumerate(zip(prompts, texts, rows, strict=True))
        ]

    def _inputs(self, prompts: list[Prompt]) -> Any:
        """What the processor makes of prompts that are tiled alike, and what is left of it where images share a picture."""
        inputs = self.maker.make(prompts, name=self.name)
        if self.places_tokens and any(image.region is not None for prompt in prompts for image in prompt.images):
            return placed_inputs(self._loaded, inputs, prompts, image_token_id=self.maker.image_token_id)
        return inputs

    def _finish(self, prompt: Prompt, text: str, tokens: list[int], *, inputs: Any, row: int, watch: Watch) -> Answer:
        usage = Usage(
            visual_tokens=int(self.maker.count_visual(inputs)[row]),
            prompt_tokens=int(inputs["attention_mask"][row].sum()),
            output_tokens=len(tokens),
        )
        return Answer(
            text,
            self.name,
            usage,
            watch.first_token_s,
            watch.total_s,
            self._notes(prompt, tokens),
            dict(self._loaded.provenance),
        )

    def _notes(self, prompt: Prompt, tokens: list[int]) -> tuple[str, ...]:
        notes = list(self.maker.writer.notes)
        if prompt.images:
            if note := self.maker.tiling(prompt).note:
                notes.append(note)
            if fixed_tokens := self._fixed_tokens(several=len(prompt.images) > 1):
                notes.append(f"this model takes {fixed_tokens} tokens for an image of any size: a smaller one saves none")
        if len(tokens) >= prompt.max_new_tokens and (not tokens or tokens[-1] not in end_tokens(self._loaded)):
            notes.append(f"cut at {prompt.max_new_tokens} tokens")
        return tuple(notes)


def load(
    rest: str,
    *,
    name: str,
    dtype: str = "auto",
    device: str = "auto",
    batch_size: int | None = None,
    trust_remote_code: bool = False,
    processor_options: dict[str, Any] | None = None,
) -> HfModel:
    """An HfModel of what stands after ``hf:``."""
    if not rest:
        raise ModelError("hf: needs a model, such as hf:HuggingFaceTB/SmolVLM2-2.2B-Instruct or hf:/path/to/folder")
    return HfModel(
        rest,
        name=name,
        dtype=dtype,
        device=device,
        batch_size=batch_size,
        trust_remote_code=trust_remote_code,
        processor_options=processor_options,
    )
