"""A Prompt as a request of the chat protocol, and the reply read piece by piece."""

import base64
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.clock import clock_text
from foveate.errors import ModelError
from foveate.model.model import Prompt, TimedImage

JPEG_QUALITY = 90
FIXED_TEMPERATURE = re.compile(r"(o\d|gpt-5)")
"""Models of OpenAI's that refuse a temperature."""


class BrokenReplyError(Exception):
    """A reply that broke off, was no JSON or held no text; asking again can help."""


@dataclass(frozen=True)
class Reply:
    """What a server told beside the text."""

    finish_reason: str
    reported_model: str | None
    fingerprint: str | None
    """What the server calls the state of its backend, where it tells."""
    prompt_tokens: int | None
    output_tokens: int | None
    visual_tokens: int | None
    first_token_s: float | None
    """None where the reply came in one piece."""


def request_of(prompt: Prompt, *, model: str, is_openai: bool) -> dict[str, Any]:
    """The keywords of a chat completion: earlier turns, then images with their times, then the question."""
    messages: list[dict[str, Any]] = []
    for turn in prompt.history:
        messages += [{"role": "user", "content": turn.question}, {"role": "assistant", "content": turn.answer}]
    content: list[dict[str, Any]] = []
    for image in prompt.images:
        if len(prompt.images) > 1:
            content.append({"type": "text", "text": clock_text(image.time_s)})
        content.append({"type": "image_url", "image_url": {"url": jpeg_url(image)}})
    messages.append({"role": "user", "content": [*content, {"type": "text", "text": prompt.text}] if content else prompt.text})
    request: dict[str, Any] = {"model": model, "messages": messages, "stream": True, "stream_options": {"include_usage": True}}
    # OpenAI has renamed the limit; the others know the old name
    request["max_completion_tokens" if is_openai else "max_tokens"] = prompt.max_new_tokens
    if not (is_openai and FIXED_TEMPERATURE.match(model)):
        request["temperature"] = 0
    if prompt.schema is not None:
        told = {"name": "answer", "strict": True, "schema": dict(prompt.schema)}
        request["response_format"] = {"type": "json_schema", "json_schema": told}
    return request


def jpeg_url(image: TimedImage) -> str:
    """An image as the data URL of a JPEG."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg(image.image)).decode('ascii')}"


def jpeg(image: NDArray[np.uint8]) -> bytes:
    """An image (height, width, 3) RGB as the file of a JPEG of a pinned quality, as servers are sent it."""
    done, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ModelError(f"an image of {image.shape[1]}x{image.shape[0]} px cannot be written as JPEG.")
    return data.tobytes()


def read_reply(client: Any, request: dict[str, Any]) -> Iterator[str | Reply]:
    """Ask once; yield pieces of the text as they come and the Reply last.

    Raises:
        BrokenReplyError: for a reply that broke off or holds nothing.
        openai.OpenAIError: for everything that the server or the line refuses.
    """
    start_s = time.perf_counter()
    with client.chat.completions.with_streaming_response.create(**request) as response:
        try:
            if "event-stream" in response.headers.get("content-type", ""):
                yield from _streamed(response.parse(), start_s)
            else:
                yield from _whole(response.json())
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise BrokenReplyError("cut JSON") from error
        except Exception as error:
            # the client leaves errors of its transport (httpx, or httpx2 since its version 3) as they are while a body is read
            if type(error).__module__.split(".")[0] not in ("httpx", "httpx2"):
                raise
            raise BrokenReplyError("the connection broke") from error


def _streamed(chunks: Any, start_s: float) -> Iterator[str | Reply]:
    finish_reason, reported_model, fingerprint, usage, first_token_s, found_text = None, None, None, None, None, False
    for chunk in chunks:
        reported_model = chunk.model or reported_model
        fingerprint = chunk.system_fingerprint or fingerprint
        usage = chunk.usage or usage
        for choice in chunk.choices or []:
            finish_reason = choice.finish_reason or finish_reason
            if choice.delta is not None and choice.delta.content:
                if first_token_s is None:
                    first_token_s = time.perf_counter() - start_s
                found_text = found_text or bool(choice.delta.content.strip())
                yield choice.delta.content
    if finish_reason is None:
        raise BrokenReplyError("the reply broke off")
    _check(found_text, finish_reason)
    told = {"model": reported_model, "system_fingerprint": fingerprint, "usage": None if usage is None else usage.model_dump()}
    yield _reply(finish_reason, told, first_token_s)


def _whole(body: Any) -> Iterator[str | Reply]:
    """A reply in one piece, from a server that does not stream."""
    try:
        choice = body["choices"][0]
        text, finish_reason = choice["message"]["content"] or "", choice.get("finish_reason") or "stop"
    except (KeyError, IndexError, TypeError) as error:
        raise BrokenReplyError("a reply without an answer") from error
    _check(bool(text.strip()), finish_reason)
    yield text
    yield _reply(finish_reason, body, None)


def _check(found_text: bool, finish_reason: str) -> None:
    if found_text:
        return
    if finish_reason == "content_filter":
        raise ModelError("the server's content filter held the answer back.")
    if finish_reason == "length":
        raise ModelError(
            "the model used up its tokens before it wrote any text; allow longer answers or take a model that reasons less."
        )
    raise BrokenReplyError("empty answer")


def _reply(finish_reason: str, told: dict[str, Any], first_token_s: float | None) -> Reply:
    usage = told.get("usage") or {}
    details = usage.get("prompt_tokens_details") or {}
    return Reply(
        finish_reason,
        told.get("model"),
        told.get("system_fingerprint"),
        usage.get("prompt_tokens"),
        usage.get("completion_tokens"),
        details.get("image_tokens"),
        first_token_s,
    )
