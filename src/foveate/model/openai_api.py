"""``openai:<model>@<base url>``: models behind the chat protocol that OpenAI, Gemini, vLLM, Ollama and llama.cpp speak.

Images leave this machine only where the user said so; keys come from the environment and stand in no message, name or file.
"""

import ipaddress
import os
import re
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib.metadata import version
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from foveate.errors import ModelError
from foveate.geometry import Size
from foveate.model.model import Answer, Prompt, Usage
from foveate.model.openai_request import JPEG_QUALITY, BrokenReplyError, Reply, read_reply, request_of
from foveate.model.openai_retry import Retries, Verdict, judge

OPENAI_URL = "https://api.openai.com/v1"
NAME = re.compile(r"(?P<model>.+?)(?:@(?P<url>https?://.+))?")


class OpenAiModel:
    """A served model behind the Model protocol; several prompts are asked at the same time."""

    is_toy = False
    usual_tokens: int | None = None
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
        self._url = _checked_url(base_url)
        self._host = urlsplit(self._url).hostname or ""
        self.is_remote = not is_loopback(self._host)
        self._key_name, self._key = find_key(self._host)
        self._concurrency = concurrency
        self._retries = Retries(attempts, backoff_s)
        self._reached = threading.Event()
        self._client = openai.OpenAI(
            api_key=self._key or "none",
            base_url=self._url,
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
        return {"url": self._url, "asked_model": self._model, "jpeg_quality": str(JPEG_QUALITY)}

    def visual_tokens(self, sizes_px: Sequence[Size]) -> list[int | None]:
        """None for every size: a server does not tell."""
        return [None] * len(sizes_px)

    def answer(self, prompt: Prompt) -> Answer:
        """Answer one prompt, asking again where that can help."""
        *_, last = self._ask(prompt, hold=True)
        assert isinstance(last, Answer)
        return last

    def answers(self, prompts: Sequence[Prompt]) -> list[Answer | ModelError]:
        """Answer prompts at the same time; one that fails for good is its error."""

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
            raise ModelError(f"{self.name} runs on {self._host}: images leave this machine only with --send")
        request = request_of(prompt, model=self._model, is_openai=self._host == "api.openai.com")
        failures: list[str] = []
        while True:
            pieces: list[str] = []
            start_s = time.perf_counter()
            try:
                for item in read_reply(self._client, request):
                    self._reached.set()
                    if isinstance(item, Reply):
                        yield self._answer("".join(pieces), item, request, time.perf_counter() - start_s, failures)
                        return
                    pieces.append(item)
                    if not hold:
                        yield item
            except (openai.OpenAIError, BrokenReplyError) as error:
                verdict = judge(error, reached=self._reached.is_set())
                failures.append(verdict.reason)
                if (pieces and not hold) or not self._retries.may(len(failures), verdict):
                    raise ModelError(self._explain(error, verdict, failures)) from None
                time.sleep(self._retries.pause_s(len(failures), verdict))

    def _answer(self, text: str, reply: Reply, request: Mapping[str, Any], total_s: float, failures: list[str]) -> Answer:
        notes = [f"asked {len(failures) + 1} times ({', '.join(failures)})"] if failures else []
        if reply.finish_reason == "length":
            notes.append(f"cut at {reply.output_tokens} tokens" if reply.output_tokens else "cut at the limit of tokens")
        provenance = {
            "host": self._host,
            "asked_model": self._model,
            "jpeg_quality": str(JPEG_QUALITY),
            "temperature": str(request.get("temperature", "the server's own")),
            "openai": version("openai"),
        }
        if reply.reported_model:
            provenance["reported_model"] = reply.reported_model
        if reply.fingerprint:
            provenance["system_fingerprint"] = reply.fingerprint
        usage = Usage(reply.visual_tokens, reply.prompt_tokens, reply.output_tokens)
        return Answer(text.strip(), self.name, usage, reply.first_token_s, total_s, tuple(notes), provenance)

    def _explain(self, error: Exception, verdict: Verdict, failures: list[str]) -> str:
        """One line: what came, what is allowed, what to do."""
        status = getattr(error, "status_code", None)
        if status in (401, 403):
            return self._refused_key(status)
        if status == 404:
            return self._unknown_model()
        if verdict.reason == "no connection":
            return f"no server answers at {self._url}: start it (ollama serve, vllm serve ...) or mend the address after @."
        return self._gave_up(status, verdict, failures, told=self._scrubbed(_told_by(error)))

    def _refused_key(self, status: int) -> str:
        if self._key is None:
            return f"{self._host} wants a key ({status}) and none was sent: set FOVEATE_API_KEY."
        return f"{self._host} refused the key in {self._key_name} ({status}): set one that is valid for this server."

    def _gave_up(self, status: int | None, verdict: Verdict, failures: list[str], *, told: str) -> str:
        where = f"{self._model} at {self._host}"
        if verdict.reason == "quota used up":
            return f"{self._host}: the quota of the key in {self._key_name} is used up."
        if status is not None and not verdict.again:
            return f"{where} refused the request ({status}): {told}"
        if verdict.wait_s is not None and len(failures) < self._retries.attempts:
            return f"{where} asks to wait {verdict.wait_s:.0f} s ({verdict.reason}); try again later."
        tries = "one try" if len(failures) == 1 else f"{len(failures)} tries"
        return f"{where} gave no answer in {tries} ({', '.join(failures)}); try again later or lower the load."

    def _unknown_model(self) -> str:
        """What to do about a 404: the server's own list of models, the nearest first."""
        import openai

        try:
            known = [model.id for model in self._client.models.list()]
        except (openai.OpenAIError, ValueError):
            return (
                f"{self._url} knows neither the model {self._model!r} nor a list of models (404): does the address end in /v1?"
            )
        near = get_close_matches(self._model, known, n=3, cutoff=0.3)
        shown = ", ".join([*near, *(name for name in known if name not in near)][:8]) or "none"
        return f"{self._host} has no model {self._model!r}; it has: {shown}"

    def _scrubbed(self, text: str) -> str:
        text = " ".join(str(text).split())
        text = text.replace(self._key, "***") if self._key else text
        return text if len(text) <= 300 else f"{text[:297]}..."


def in_threads(
    work: Callable[[Prompt], Answer | ModelError], prompts: Sequence[Prompt], *, threads: int
) -> list[Answer | ModelError]:
    """Results in the order of the prompts; on Ctrl-C nothing further is begun, and nothing keeps the program from ending."""
    results: dict[int, Answer | ModelError | BaseException] = {}
    waiting = iter(enumerate(prompts))
    lock, stopped = threading.Lock(), threading.Event()

    def worker() -> None:
        while not stopped.is_set():
            with lock:
                index, prompt = next(waiting, (-1, None))
            if prompt is None:
                return
            try:
                results[index] = work(prompt)
            except BaseException as error:
                results[index] = error
                stopped.set()

    # not a ThreadPoolExecutor: Python waits for its threads before it ends
    workers = [threading.Thread(target=worker, name="foveate-openai", daemon=True) for _ in range(min(threads, len(prompts)))]
    try:
        for thread in workers:
            thread.start()
        for thread in workers:
            thread.join()
    finally:
        stopped.set()
    for result in results.values():
        if isinstance(result, BaseException) and not isinstance(result, ModelError):
            raise result
    return [results[index] for index in range(len(prompts))]  # type: ignore[misc]


def _told_by(error: Exception) -> str:
    """What a server wrote about an error: OpenAI's form, or the ``detail`` of servers made with FastAPI."""
    body = getattr(error, "body", None)
    detail = body.get("detail") or body.get("message") if isinstance(body, dict) else None
    return str(detail or getattr(error, "message", ""))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def find_key(host: str) -> tuple[str, str | None]:
    """The environment variable whose key goes to a host, and the key; OpenAI's own goes to OpenAI and to OPENAI_BASE_URL only.

    Raises:
        ModelError: where OpenAI itself is asked and no key is set.
    """
    if key := os.environ.get("FOVEATE_API_KEY", "").strip():
        return "FOVEATE_API_KEY", key
    own = {"api.openai.com", urlsplit(os.environ.get("OPENAI_BASE_URL", "")).hostname}
    if host in own and (key := os.environ.get("OPENAI_API_KEY", "").strip()):
        return "OPENAI_API_KEY", key
    if host == "api.openai.com":
        raise ModelError(
            "api.openai.com needs a key: set OPENAI_API_KEY, or name another server: openai:MODEL@http://localhost:11434/v1"
        )
    return "FOVEATE_API_KEY", None


def _checked_url(base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ModelError(f"the address of {parts.hostname} must hold no name, key or query; keys go into FOVEATE_API_KEY.")
    if not parts.hostname:
        raise ModelError(f"{base_url!r} names no host; write openai:MODEL@http://localhost:11434/v1")
    return base_url.rstrip("/") + ("/v1" if parts.path in ("", "/") else "")


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
