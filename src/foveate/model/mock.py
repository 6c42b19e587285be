"""A model that says what it was given: deterministic, instant, offline; for examples, docs, tests and dry runs."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from foveate.clock import clock_text
from foveate.errors import ModelError
from foveate.geometry import Size
from foveate.model.model import WHOLE, Answer, Prompt, Region, TimedImage, Usage, UsualFrames
from foveate.model.places import pictures, place

PATCH_PX = 28
"""One visual token per begun square of this side, as in Qwen2.5-VL: 448 px -> 256 tokens."""

COLOURS = {
    "black": (0, 0, 0), "grey": (128, 128, 128), "white": (255, 255, 255), "red": (200, 30, 30), "green": (40, 160, 60),
    "blue": (40, 70, 190), "yellow": (225, 200, 50), "orange": (235, 130, 30), "brown": (120, 75, 40), "pink": (235, 150, 180),
    "purple": (120, 50, 150),
}  # fmt: skip


@dataclass(frozen=True)
class MockModel:
    """Answers with sizes, times and mean colours of its images, or with given texts."""

    name: str = "mock"
    texts: tuple[str, ...] = ()
    """Answers to give, in turn over the prompts of one call; empty for the text made from the images."""
    faults: Mapping[int, str] = field(default_factory=dict)
    """Index of a prompt within one call -> the reason it fails for."""
    delay_s: float = 0.0
    """Pause before each answer."""
    is_toy: bool = True
    is_remote: bool = False
    places_tokens: bool = True
    """Whether it counts as a Qwen2.5-VL that is told where images lie on a common picture."""
    usual_tokens: int | None = None
    usual_frames: UsualFrames = field(default_factory=dict)
    """As of a model that is made for some numbers of frames only."""
    instructions: Mapping[str, str] = field(default_factory=dict)
    """Prompt name -> the only wording that it is to be given, as for a model trained on its own instructions."""

    def visual_tokens(self, sizes_px: Sequence[Size]) -> list[int | None]:
        """One token per begun square of 28 px."""
        return [math.ceil(width / PATCH_PX) * math.ceil(height / PATCH_PX) for width, height in sizes_px]

    def placed_tokens(self, sizes_px: Sequence[Size], regions: Sequence[Region]) -> list[int]:
        """One token per begun square of 28 px that no finer image shows."""
        grids = [(math.ceil(height / PATCH_PX), math.ceil(width / PATCH_PX)) for width, height in sizes_px]
        if not self.places_tokens:
            return [rows * columns for rows, columns in grids]
        return [int(kept.sum()) for kept in place(grids, regions).kept]

    def answer(self, prompt: Prompt) -> Answer:
        """Answer one prompt; raises ModelError where a fault was given for index 0."""
        return self._answer(0, prompt)

    def answers(self, prompts: Sequence[Prompt]) -> list[Answer | ModelError]:
        """Answer prompts one after another."""
        results: list[Answer | ModelError] = []
        for index, prompt in enumerate(prompts):
            try:
                results.append(self._answer(index, prompt))
            except ModelError as error:
                results.append(error)
        return results

    def stream(self, prompt: Prompt) -> Iterator[str | Answer]:
        """Yield the answer word by word, then the Answer."""
        answer = self.answer(prompt)
        for index, word in enumerate(answer.text.split(" ")):
            yield word if index == 0 else f" {word}"
        yield answer

    def _answer(self, index: int, prompt: Prompt) -> Answer:
        start_s = time.perf_counter()
        if self.delay_s:
            time.sleep(self.delay_s)
        if index in self.faults:
            raise ModelError(self.faults[index])
        text = self.texts[index % len(self.texts)] if self.texts else describe_images(prompt)
        words = text.split()[: prompt.max_new_tokens]
        visual_tokens = sum(
            sum(self.placed_tokens([one.size_px for one in group], [one.region or WHOLE for one in group]))
            for group in pictures(prompt.images)
        )
        told = [prompt.text, *(part for turn in prompt.history for part in (turn.question, turn.answer))]
        usage = Usage(visual_tokens, visual_tokens + sum(len(part.split()) for part in told), len(words))
        total_s = time.perf_counter() - start_s
        return Answer(" ".join(words), self.name, usage, first_token_s=total_s, total_s=total_s)


def describe_images(prompt: Prompt) -> str:
    """What can be said of a prompt's images without any model."""
    if not prompt.images:
        return f"No image was shown; the question has {len(prompt.text.split())} words."
    first, last = prompt.images[0], prompt.images[-1]
    width_px, height_px = first.size_px
    colours = [colour_name(image) for image in prompt.images]
    changes = " then ".join(colour for index, colour in enumerate(colours) if index == 0 or colour != colours[index - 1])
    count = f"{len(prompt.images)} images" if len(prompt.images) > 1 else "one image"
    when = (
        f"from {clock_text(first.time_s)} to {clock_text(last.time_s)}"
        if len(prompt.images) > 1
        else f"at {clock_text(first.time_s)}"
    )
    return f"I was shown {count} of {width_px}x{height_px} pixels {when}; on average {changes}."


def colour_name(image: TimedImage) -> str:
    """The name of the colour that is nearest to an image's mean."""
    mean = image.image.reshape(-1, 3).mean(axis=0)
    return min(COLOURS, key=lambda name: float(np.sum((mean - np.asarray(COLOURS[name])) ** 2)))


def load(
    rest: str, *, name: str, texts: Sequence[str] = (), faults: Mapping[int, str] | None = None, delay_s: float = 0.0
) -> MockModel:
    """A MockModel; what stands after ``mock:`` is the one text that it answers."""
    return MockModel(name, texts=(rest,) if rest else tuple(texts), faults=faults or {}, delay_s=delay_s)
