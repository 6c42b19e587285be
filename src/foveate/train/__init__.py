"""Training with gaze: what a loop or a Trainer of one's own takes; ``foveate train`` does it from a run file."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foveate.train.checkpoint import WholeCheckpoints as WholeCheckpoints
    from foveate.train.collate import Collator as Collator
    from foveate.train.gaze import Gaze as Gaze
    from foveate.train.shards import ShardDataset as ShardDataset
    from foveate.train.trainer import GazeTrainer as GazeTrainer
    from foveate.train.trainer import WithGaze as WithGaze

_PUBLIC = {
    "Collator": "foveate.train.collate",
    "Gaze": "foveate.train.gaze",
    "GazeTrainer": "foveate.train.trainer",
    "ShardDataset": "foveate.train.shards",
    "WholeCheckpoints": "foveate.train.checkpoint",
    "WithGaze": "foveate.train.trainer",
}
"""Public name -> the module that holds it, imported when it is first used: not all of them need transformers."""

__all__ = sorted(_PUBLIC)  # noqa: PLE0605 - the names of _PUBLIC, written once


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'foveate.train' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_PUBLIC[name]), name)
