"""foveate lets vision-language models see egocentric video the way its wearer did."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foveate.description.api import describe as describe
    from foveate.description.ask import Asker as Asker
    from foveate.description.ask import ask as ask
    from foveate.evaluation.api import evaluate as evaluate
    from foveate.model import load_model as load_model
    from foveate.recording import open_recording as open_recording
    from foveate.view import make_view as make_view

_PUBLIC = {
    "open_recording": "foveate.recording",
    "make_view": "foveate.view",
    "load_model": "foveate.model",
    "describe": "foveate.description.api",
    "ask": "foveate.description.ask",
    "Asker": "foveate.description.ask",
    "evaluate": "foveate.evaluation.api",
}
"""Public name -> the module that holds it, imported when it is first used, so that ``import foveate`` stays quick."""

__all__ = sorted(_PUBLIC)  # noqa: PLE0605 - the names of _PUBLIC, written once


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'foveate' has no attribute {name!r}; it has {', '.join(sorted(_PUBLIC))}")
    module = import_module(_PUBLIC[name])
    return getattr(module, name)
