"""Greedy generation with a transformers model: timed, streamed, and with errors that say what to do."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from foveate.errors import ModelError
from foveate.model.hf_load import Loaded, one_line
from foveate.model.hf_places import PlacedInputs

FEWER_IMAGES = "lower --size, --fps or --segment"


@dataclass
class Watch:
    """A stopping criterion that stops for the caller only, and notes when the first token came."""

    start_s: float = field(default_factory=time.perf_counter)
    first_token_s: float | None = None
    total_s: float = 0.0
    stopped: threading.Event = field(default_factory=threading.Event)

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        """Called after every token of the batch; (batch,) whether to stop."""
        import torch

        if self.first_token_s is None:
            input_ids[:, -1].tolist()  # an accelerator is only told what to do by now: wait until the token is there
            self.first_token_s = time.perf_counter() - self.start_s
        return torch.full((input_ids.shape[0],), self.stopped.is_set(), dtype=torch.bool, device=input_ids.device)

    def finish(self) -> None:
        self.total_s = time.perf_counter() - self.start_s


def generate(loaded: Loaded, inputs: Any, *, max_new_tokens: int, watch: Watch, streamer: Any = None) -> list[list[int]]:
    """New tokens of every prompt of a batch, each up to and with its end token.

    Raises:
        ModelError: where memory, or the length that the model can hold, does not suffice.
    """
    import torch
    from transformers.generation import StoppingCriteriaList

    prompt_tokens = inputs["input_ids"].shape[1]
    limit = getattr(loaded.model.config.get_text_config(), "max_position_embeddings", None)
    if limit is not None and prompt_tokens + max_new_tokens > limit:
        raise ModelError(
            f"the prompt takes {prompt_tokens} tokens, the answer {max_new_tokens}; the model holds {limit}: {FEWER_IMAGES}."
        )
    try:
        with torch.inference_mode():
            placed = isinstance(inputs, PlacedInputs)
            output = loaded.model.generate(
                **(inputs.encoded(loaded) if placed else inputs.to(loaded.device, loaded.model.dtype)),
                do_sample=False,
                num_beams=1,
                max_new_tokens=max_new_tokens,
                stopping_criteria=StoppingCriteriaList([watch]),
                streamer=streamer,
            )
    except (RuntimeError, ValueError, IndexError, MemoryError) as error:
        if is_out_of_memory(error):
            raise ModelError(
                f"out of memory on {loaded.device} with {prompt_tokens} tokens a prompt: {FEWER_IMAGES}."
            ) from error
        raise ModelError(f"the model failed ({type(error).__name__}: {one_line(error)})") from error
    watch.finish()
    return [_until_end(row, loaded) for row in output[:, prompt_tokens:].tolist()]


def stream(
    loaded: Loaded, inputs: Any, *, max_new_tokens: int, watch: Watch, lock: threading.Lock, tokens: list[int]
) -> Iterator[str]:
    """Yield pieces of one answer's text as they come; its tokens are put into ``tokens`` at the end.

    The model runs in a thread: its error is raised here, and leaving the loop early stops it.
    """
    from transformers import TextIteratorStreamer

    streamer = TextIteratorStreamer(loaded.processor.tokenizer, skip_prompt=True, skip_special_tokens=True)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with lock:
                tokens.extend(generate(loaded, inputs, max_new_tokens=max_new_tokens, watch=watch, streamer=streamer)[0])
        except BaseException as error:
            failures.append(error)
            streamer.on_finalized_text("", stream_end=True)

    thread = threading.Thread(target=work, name="foveate-generate", daemon=True)
    thread.start()
    try:
        for piece in streamer:
            if piece:
                yield piece
    finally:
        watch.stopped.set()
        with suppress(RuntimeError):
            thread.join()
    if failures:
        raise failures[0]


def trimmed(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces without the white space before the first word and after the last."""
    held, started = "", False
    for piece in pieces:
        text = held + piece if started else (held + piece).lstrip()
        body = text.rstrip()
        held = text[len(body) :]
        if body:
            started = True
            yield body


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch's means that memory ran out; on a CPU it is a plain RuntimeError."""
    import torch

    told = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "out of memory" in told or "not enough memory" in told


def release_memory(loaded: Loaded) -> None:
    """Give back what torch keeps for later; after a failure it lies in pieces that a smaller batch may not fit into."""
    import torch

    if loaded.device.startswith("cuda"):
        torch.cuda.empty_cache()


def end_tokens(loaded: Loaded) -> set[int]:
    """Ids that end an answer."""
    ends = loaded.model.generation_config.eos_token_id
    return set() if ends is None else {ends} if isinstance(ends, int) else set(ends)


def _until_end(row: list[int], loaded: Loaded) -> list[int]:
    ends = end_tokens(loaded)
    for index, token in enumerate(row):
        if token in ends:
            return row[: index + 1]
    return row
