"""A Prompt as the text that a model family's chat template makes of it."""

from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError

from foveate.clock import clock_text
from foveate.errors import ModelError
from foveate.model.model import Prompt
from foveate.model.times import times_sentence

NO_TEMPLATE = "the model has no chat template: a plain one (USER: ... ASSISTANT:) was used"


@dataclass(frozen=True)
class PromptWriter:
    """Writes prompts for one processor."""

    processor: Any
    image_token: str
    """What stands for one image in a text before the processor expands it."""
    has_template: bool
    interleaves: bool
    """Whether the template keeps texts between the images; some put all images first."""
    control_tokens: tuple[str, ...]
    """What must not stand in a text that a user, a recording or a model wrote."""

    @classmethod
    def of(cls, processor: Any) -> "PromptWriter":
        """Learn from a processor what its template does."""
        image_token = getattr(processor, "image_token", None)
        if not isinstance(image_token, str):
            raise ModelError(f"{type(processor).__name__} names no image token; this model family is not supported.")
        has_template = bool(getattr(processor, "chat_template", None) or getattr(processor.tokenizer, "chat_template", None))
        added = processor.tokenizer.added_tokens_decoder.values()
        control = {image_token, *(token.content for token in added if token.special or token.content.startswith("<"))}
        control_tokens = tuple(sorted(token for token in control if len(token) > 1))
        if not has_template:
            return cls(processor, image_token, False, True, control_tokens)
        probe = [{"role": "user", "content": [_text("first"), {"type": "image"}, _text("last")]}]
        try:
            text = processor.apply_chat_template(probe, add_generation_prompt=True, tokenize=False)
        except (TemplateError, ValueError, TypeError) as error:
            raise ModelError(f"the chat template of {type(processor).__name__} refuses an image ({error}).") from error
        return cls(processor, image_token, True, 0 <= text.find("first") < text.find(image_token), control_tokens)

    @property
    def notes(self) -> tuple[str, ...]:
        return () if self.has_template else (NO_TEMPLATE,)

    def write(self, prompt: Prompt) -> str:
        """The whole text, with one image token per image."""
        messages = self.messages(prompt)
        if not self.has_template:
            return _plain(messages, self.image_token)
        text: str = self.processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        return text

    def write_answer(self, prompt: Prompt, answer: str) -> str:
        """What stands after ``write(prompt)`` where the model answers so, up to and with the token that ends an answer.

        Some templates put a blank before it, or name an end of their own; where they write another text after a turn than
        before one, the answer stands as it is, with the tokenizer's end.
        """
        answer, before = self.harmless(answer.strip()), self.write(prompt)
        if self.has_template:
            told = [*self.messages(prompt), {"role": "assistant", "content": [_text(answer)]}]
            whole: str = self.processor.apply_chat_template(told, add_generation_prompt=False, tokenize=False)
            head, found, tail = whole.removeprefix(before).partition(answer)
            if whole.startswith(before) and found:
                ends = [token for token in self.control_tokens if token in tail]
                end = min(ends, key=tail.index, default=self.processor.tokenizer.eos_token)
                return f"{head}{answer}{end}"
        return f"{answer}{self.processor.tokenizer.eos_token}"

    def messages(self, prompt: Prompt) -> list[dict[str, Any]]:
        """Earlier turns, then the images, each with its time before it where there are several, then the question."""
        messages: list[dict[str, Any]] = []
        for turn in prompt.history:
            messages.append({"role": "user", "content": [_text(self.harmless(turn.question))]})
            messages.append({"role": "assistant", "content": [_text(self.harmless(turn.answer))]})
        content: list[dict[str, str]] = []
        several = len(prompt.images) > 1
        for image in prompt.images:
            if several and self.interleaves:
                content.append(_text(f"{clock_text(image.time_s)} "))
            content.append({"type": "image"})
        question = self.harmless(prompt.text)
        if several and not self.interleaves:
            question = f"{times_sentence([image.time_s for image in prompt.images])} {question}"
        messages.append(
            {"role": "user", "content": [*content, _text(f"\n{question}" if several and self.interleaves else question)]}
        )
        return messages

    def harmless(self, text: str) -> str:
        """A text in which no special token of the model stands: data never opens an image or a turn."""
        for token in self.control_tokens:
            if token in text:
                text = text.replace(token, f"{token[0]} {token[1:]}")
        return text


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _plain(messages: list[dict[str, Any]], image_token: str) -> str:
    lines = []
    for message in messages:
        parts = [image_token + "\n" if part["type"] == "image" else part["text"] for part in message["content"]]
        lines.append(f"{message['role'].upper()}: {''.join(parts)}")
    return "\n".join([*lines, "ASSISTANT:"])
