"""What users are told of a question that has no answer: one line with what came and what to do, and never a key."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches

from foveate.model.openai_host import Host
from foveate.model.openai_retry import KEY, NO_CONNECTION, QUOTA, Verdict

SHOWN_MODELS = 8
"""Models of a server that a message lists."""


def explained(
    error: Exception,
    verdict: Verdict,
    failures: Sequence[str],
    *,
    host: Host,
    model: str,
    known: Callable[[], Sequence[str] | None],
) -> str:
    """Why a question has no answer.

    Args:
        error: the last that came.
        verdict: what it means.
        failures: in a few words, why every try failed.
        host: who was asked.
        model: by its name there.
        known: the models that the server lists; None where it tells none. Asked only about a model that it does not know.
    """
    status = getattr(error, "status_code", None)
    if verdict.reason == KEY or status == 403:
        return _refused_key(status, host)
    if status == 404:
        return _unknown_model(model, host, known())
    if verdict.reason == NO_CONNECTION:
        return f"no server answers at {host.url}: start it (ollama serve, vllm serve ...) or mend the address after @."
    if verdict.reason == QUOTA:
        return f"{host.name}: the quota of the key in {host.key_name} is used up."
    if status is not None and not verdict.again:
        return f"{model} at {host.name} refused the request ({status}): {host.without_key(_told_by(error))}"
    return f"{model} at {host.name} {_gave_up(verdict, failures)}"


def _refused_key(status: int | None, host: Host) -> str:
    if host.key is None:
        return f"{host.name} wants a key ({status}) and none was sent: set FOVEATE_API_KEY."
    return f"{host.name} refused the key in {host.key_name} ({status}): set one that is valid for this server."


def _gave_up(verdict: Verdict, failures: Sequence[str]) -> str:
    if verdict.asks_too_long:
        return f"asks to wait {verdict.wait_s:.0f} s ({verdict.reason}); try again later."
    tries = "one try" if len(failures) == 1 else f"{len(failures)} tries"
    return f"gave no answer in {tries} ({', '.join(failures)}); try again later or lower the load."


def _unknown_model(model: str, host: Host, known: Sequence[str] | None) -> str:
    """What to do about a 404: the server's own list of models, the nearest first."""
    if known is None:
        return f"{host.url} knows neither the model {model!r} nor a list of models (404): does the address end in /v1?"
    near = get_close_matches(model, known, n=3, cutoff=0.3)
    shown = ", ".join([*near, *(name for name in known if name not in near)][:SHOWN_MODELS]) or "none"
    return f"{host.name} has no model {model!r}; it has: {shown}."


def _told_by(error: Exception) -> str:
    """What a server wrote about an error: OpenAI's form, or the ``detail`` of servers made with FastAPI."""
    body = getattr(error, "body", None)
    detail = body.get("detail") or body.get("message") if isinstance(body, dict) else None
    return str(detail or getattr(error, "message", ""))
