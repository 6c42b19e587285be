"""A model of your own: anything with these attributes and methods is one; here it names the brightest image."""

import time
from collections.abc import Iterator, Sequence

import foveate
from foveate.errors import ModelError
from foveate.geometry import Size
from foveate.model import Answer, Prompt, Usage
from foveate.toykitchen import World


class Brightest:
    """Says when it was brightest."""

    name = "brightest"
    is_toy = True
    is_remote = False
    usual_tokens = None
    usual_frames: dict[str, tuple[int, int | None]] = {}  # noqa: RUF012 - any number of frames will do
    instructions: dict[str, str] = {}  # noqa: RUF012 - any text will do

    def visual_tokens(self, sizes_px: Sequence[Size]) -> list[int | None]:
        return [1 for _ in sizes_px]

    def answer(self, prompt: Prompt) -> Answer:
        began_s = time.perf_counter()
        if not prompt.images:
            raise ModelError("brightest needs images; it cannot sum up")
        brightest = max(prompt.images, key=lambda timed: float(timed.image.mean()))
        usage = Usage(visual_tokens=len(prompt.images), prompt_tokens=None, output_tokens=None)
        return Answer(f"It was brightest at {brightest.time_s:.1f} s.", self.name, usage, None, time.perf_counter() - began_s)

    def answers(self, prompts: Sequence[Prompt]) -> list[Answer | ModelError]:
        return [self.answer(prompt) for prompt in prompts]

    def stream(self, prompt: Prompt) -> Iterator[str | Answer]:
        answer = self.answer(prompt)
        yield answer.text
        yield answer


description = foveate.describe(World(1, duration_s=8.0).recording(), model=Brightest(), segment="4")
print(*(span.text for span in description.spans), sep="\n")
