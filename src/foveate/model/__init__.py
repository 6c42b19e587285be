"""Models answer prompts about timed images: MODELS is the visible list, ``load_model`` opens one by name."""

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, cast

from foveate.errors import ModelError, UsageError, hint
from foveate.model.model import Answer, Model, Prompt, TimedImage, Turn, Usage

__all__ = ["MODELS", "Answer", "Model", "Prompt", "TimedImage", "Turn", "Usage", "load_model"]

MODELS = {
    "mock": "foveate.model.mock",
    "builtin": "foveate.model.builtin",
    "hf": "foveate.model.hf",
    "openai": "foveate.model.openai_api",
}
"""Scheme, the part of a model's name before the colon -> the module that holds ``load(rest, *, name, **options)``; one that
understands only its own words holds INSTRUCTIONS too."""

ENTRY_POINTS = "foveate.models"


def load_model(name: str, *, send: bool = False, **options: Any) -> Model:
    """Open a model by its name.

    Args:
        name: ``mock``, ``builtin``, ``hf:<id or folder>``, ``openai:<model>@<base url>``, or a scheme that an entry point of
            the group ``foveate.models`` brings.
        send: whether images may leave this machine; only a model that runs elsewhere asks.
        options: of that model's file; None stands for its default.

    Raises:
        ModelError: for a name that no scheme knows, or a model that is not there.
        UsageError: for an option that the scheme does not have.
    """
    scheme, _, rest = name.partition(":")
    load = _loader(scheme, name)
    allowed = {key for key, value in inspect.signature(load).parameters.items() if value.kind is value.KEYWORD_ONLY}
    given = {key: value for key, value in options.items() if value is not None}
    if unknown := sorted(set(given) - allowed):
        known = ", ".join(sorted(allowed - {"name", "send"})) or "none"
        raise UsageError(f"model {scheme!r} has no option {', '.join(unknown)}; it has: {known}")
    if "send" in allowed:
        given["send"] = send
    return cast(Model, load(rest, name=name, **given))


def instructions_of(name: str) -> Mapping[str, str]:
    """The only wordings that models of a name's scheme understand, known before one is loaded; empty where only loading tells.

    Raises:
        ModelError: for a name that no scheme knows.
    """
    module = inspect.getmodule(_loader(name.partition(":")[0], name))
    return cast(Mapping[str, str], getattr(module, "INSTRUCTIONS", {}))


def may_send(name: str) -> bool:
    """Whether models of a name's scheme may run elsewhere; those load at once, since there is nothing to load.

    Raises:
        ModelError: for a name that no scheme knows.
    """
    return "send" in inspect.signature(_loader(name.partition(":")[0], name)).parameters


def _loader(scheme: str, name: str) -> Callable[..., Any]:
    if scheme in MODELS:
        return cast(Callable[..., Any], import_module(MODELS[scheme]).load)
    plugins = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if scheme in plugins:
        return cast(Callable[..., Any], plugins[scheme].load())
    schemes = sorted({*MODELS, *plugins})
    near = hint(scheme, schemes) or (f"; for one of Hugging Face's write hf:{name}" if "/" in name else "")
    raise ModelError(f"there is no model {name!r}{near}; a name starts with one of: {', '.join(schemes)}")
