"""``openai:<model>@<base url>``: models behind the chat protocol that OpenAI, Gemini, vLLM, Ollama and llama.cpp speak.

Images leave this machine only where the user said so; keys come from the environment and stand in no message, name or file.
"""

import logging
import math
import os
import re
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

from foveate.errors import ModelError, ServerGoneError
from foveate.geometry import Size
from foveate.model.model import Answer, Prompt, Usage, UsualFrames
from foveate.model.openai_errors import explained
from foveate.model.openai_host import host_at
from foveate.model.openai_request import JPEG_QUALITY, BrokenReplyError, Reply, read_reply, request_of
from foveate.model.openai_retry import NO_CONNECTION, Retries, ToldGone, Verdict, judge, refuses_schema
from foveate.model.openai_threads import in_threads

logger = logging.getLogger(__name__)

OPENAI_URL = "https://api.openai.com/v1"
NAME = re.compile(r"(?P<model>.+?)(?:@(?P<url>https?://.+))?")
FORMAT = "response_format"
"""The part of a request that holds an answer to a schema."""
SIMPLEST = Prompt("Say yes.", max_new_tokens=1)
"""A question that nothing can be wrong with."""


class OpenAiModel:
    """A served model behind the Model protocol; several prompts are asked at the same time."""

    is_toy = False
    usual_tokens: int | None = None
    usual_frames: UsualFrames = MappingProxyType({})
    instructions: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self,
        model: str,
        base_url: str,
        *,
        name: str,
        send: bool = False,
        concurrency: int = 4,
        attempts: int = 6,
        timeout_s: float = 120.0,
        backoff_s: float = 1.0,
    ) -> None:
        """Prepare to ask; nothing is sent yet.

        Args:
            model: id of the model at the server.
            base_url: such as ``http://localhost:11434/v1``; a bare host gets ``/v1``.
            name: the model's name in answers.
            send: whether images may leave this machine.
            concurrency: prompts asked at the same time.
            attempts: how often one prompt is tried in all.
            timeout_s: longest silence of the server.
            backoff_s: pause before the second try, doubled at every further one unless the server names another.

        Raises:
            ModelError: for an address that holds a key, or a key that is needed and not there.
        """
        import openai

        self.name, self._model, self._send = name, model, send
        self._host = host_at(base_url)
        self.is_remote = self._host.is_remote
        self._concurrency = concurrency
        self._retries = Retries(attempts, backoff_s)
        self._answered_s: float | None = None
        """When anything came from the server last, on the monotonic clock; None for a server that is not there."""
        self._told_gone = ToldGone()
        self._takes_schema = True
        """Until it answers without one what it refused with one."""
        self._client = openai.OpenAI(
            api_key=self._host.key or "none",
            base_url=self._host.url,
            max_retries=0,
            # a redirect, or a proxy named in the environment, could carry images to another host than the user named
            http_client=openai.DefaultHttpxClient(follow_redirects=False, timeout=timeout_s, trust_env=self.is_remote),
        )
        weakref.finalize(self, self._client.close)

    def __repr__(self) -> str:
        return f"OpenAiModel({self.name!r})"

    @property
    def pins(self) -> dict[str, str]:
        """What is known of its answers' origin before the first; which model a server really runs, answers tell."""
        return {"url": self._host.url, "asked_model": self._model, "jpeg_quality": str(JPEG_QUALITY)}

    def visual_tokens(self, sizes_px: Sequence[Size]) -> list[int | None]:
        """None for every size: a server does not tell."""
        return [None] * len(sizes_px)

    def answer(self, prompt: Prompt) -> Answer:
        """Answer one prompt, asking again where that can help."""
        *_, last = self._ask(prompt, hold=True)
        assert isinstance(last, Answer)
        return last

    def answers(self, prompts: Sequence[Prompt]) -> list[Answer | ModelError]:
        """Answer prompts at the same time; one that fails for good is its error.

        Once the server answers nobody, those that were not asked yet have that error as well.
        """

        def attempt(prompt: Prompt) -> Answer | ModelError:
            try:
                return self.answer(prompt)
            except ModelError as error:
                return error

        return in_threads(attempt, prompts, threads=self._concurrency)

    def stream(self, prompt: Prompt) -> Iterator[str | Answer]:
        """Yield pieces of the text as they come, then the Answer; nothing is asked again once a piece was yielded."""
        return self._ask(prompt, hold=False)

    def _ask(self, prompt: Prompt, *, hold: bool) -> Iterator[str | Answer]:
        """Pieces and the Answer; ``hold`` keeps the pieces back, so that a reply that breaks off can be asked for again."""
        import openai

        if prompt.images and self.is_remote and not self._send:
            raise ModelError(f"{self.name} runs on {self._host.name}: images leave this machine only with --send")
        told = prompt if self._takes_schema else replace(prompt, schema=None)
        request = request_of(told, model=self._model, is_openai=self._host.is_openai)
        failures: list[str] = []
        before_s = failed_s = math.inf
        while True:
            pieces: list[str] = []
            start_s = time.perf_counter()
            try:
                for item in read_reply(self._client, request):
                    self._answered_s = time.monotonic()
                    self._told_gone.answered(start_s)
                    if isinstance(item, Reply):
                        notes = self._notes(failures, item, unheld=prompt.schema is not None and FORMAT not in request)
                        yield self._answer("".join(pieces), item, request, time.perf_counter() - start_s, notes)
                        return
                    pieces.append(item)
                    if not hold:
                        yield item
            except (openai.OpenAIError, BrokenReplyError) as error:
                if FORMAT in request and refuses_schema(error):
                    del request[FORMAT]
                    continue
                before_s, failed_s = failed_s, time.monotonic()
                verdict = judge(error, reached=self._answered_s is not None)
                failures.append(verdict.reason)
                if (pieces and not hold) or not self._retries.may(len(failures), verdict):
                    raise self._failed(error, verdict, failures, before_s) from None
                if verdict.reason == NO_CONNECTION and self._told_gone.first():
                    logger.warning("no server answers at %s any more; it is waited for, up to five minutes", self._host.url)
                time.sleep(self._retries.pause_s(len(failures), verdict))

    def _notes(self, failures: Sequence[str], reply: Reply, *, unheld: bool) -> list[str]:
        """What had to be done for an answer; ``unheld``: it could not be held to its schema."""
        notes = [f"asked {len(failures) + 1} times ({', '.join(failures)})"] if failures else []
        if unheld:
            self._takes_schema = False
            notes.append(f"asked without the schema of its answer, which {self._host.name} refuses")
        if reply.finish_reason == "length":
            notes.append(f"cut at {reply.output_tokens} tokens" if reply.output_tokens else "cut at the limit of tokens")
        return notes

    def _answer(self, text: str, reply: Reply, request: Mapping[str, Any], total_s: float, notes: Sequence[str]) -> Answer:
        provenance = {
            "host": self._host.name,
            "asked_model": self._model,
            "jpeg_quality": str(JPEG_QUALITY),
            "temperature": str(request.get("temperature", "the server's own")),
            "openai": version("openai"),
        }
        if FORMAT in request:
            provenance[FORMAT] = request[FORMAT]["type"]
        if reply.reported_model:
            provenance["reported_model"] = reply.reported_model
        if reply.fingerprint:
            provenance["system_fingerprint"] = reply.fingerprint
        usage = Usage(reply.visual_tokens, reply.prompt_tokens, reply.output_tokens)
        return Answer(text.strip(), self.name, usage, reply.first_token_s, total_s, tuple(notes), provenance)

    def _failed(self, error: Exception, verdict: Verdict, failures: Sequence[str], before_s: float) -> ModelError:
        """Why a question has no answer; a ServerGoneError where no other would have one.

        Args:
            error: the last that came.
            verdict: what it means.
            failures: reasons of all tries.
            before_s: when the try before the last failed, on the monotonic clock; infinite where there was one only.
        """
        told = explained(error, verdict, failures, host=self._host, model=self._model, known=self._known)
        gone = verdict.others
        if gone is None:
            # a server under load may refuse even the simplest question while it answers others
            answers_others = self._answered_s is not None and self._answered_s > before_s
            gone = not answers_others and self._refuses_the_simplest()
        if not gone:
            return ModelError(told)
        self._answered_s = None  # the next question does not wait for it
        return ServerGoneError(told)

    def _refuses_the_simplest(self) -> bool:
        """Whether a question that nothing can be wrong with has no answer either."""
        import openai

        try:
            for _ in read_reply(self._client, request_of(SIMPLEST, model=self._model, is_openai=self._host.is_openai)):
                pass
        except openai.OpenAIError as error:
            return judge(error, reached=True).others is not False
        except (ModelError, BrokenReplyError):  # it answers, if only without words
            return False
        return False

    def _known(self) -> list[str] | None:
        """Models that the server lists; None where it tells none."""
        import openai

        try:
            return [model.id for model in self._client.models.list()]
        except (openai.OpenAIError, ValueError):
            return None


def load(
    rest: str,
    *,
    name: str,
    send: bool = False,
    concurrency: int = 4,
    attempts: int = 6,
    timeout_s: float = 120.0,
    backoff_s: float = 1.0,
) -> OpenAiModel:
    """An OpenAiModel of what stands after ``openai:``."""
    match = NAME.fullmatch(rest)
    if match is None or ("@" in rest and match["url"] is None):
        raise ModelError("openai: needs a model and an address, such as openai:qwen2.5vl:3b@http://localhost:11434/v1")
    url = match["url"] or os.environ.get("OPENAI_BASE_URL") or OPENAI_URL
    return OpenAiModel(
        match["model"],
        url,
        name=name,
        send=send,
        concurrency=concurrency,
        attempts=attempts,
        timeout_s=timeout_s,
        backoff_s=backoff_s,
    )
