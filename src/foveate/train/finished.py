"""A run that ``foveate train`` finished: its folder, looked through before anything heavy is loaded, and its model."""

from dataclasses import dataclass
from pathlib import Path

from foveate.errors import JobError, UsageError, hint_beside
from foveate.model import adapters
from foveate.model.adapters import adapted
from foveate.model.attention.attach import FILE as BLOCK
from foveate.model.hf_load import Loaded, find_folder, load_folder
from foveate.model.looker import MODEL, RUN_FILE
from foveate.train.build import folder_of
from foveate.train.card import CARD
from foveate.train.config import RunConfig, read_config


@dataclass(frozen=True)
class FinishedRun:
    """What lies in a run folder."""

    folder: Path
    config: RunConfig
    """Its paths are those of the training, which may have been on another machine."""
    card: str
    """As ``foveate train`` wrote it, last of all."""
    is_adapter: bool
    """Whether LoRA adapters are there, instead of weights."""

    @property
    def dtype(self) -> str:
        """Of the weights, as they were trained and evaluated."""
        return "bfloat16" if self.config.precision == "bfloat16" and self.config.tune != "full" else "float32"

    @property
    def base(self) -> Path | None:
        """The folder of the model that training began from; None where it is not a folder here and all weights
        lie in the run, so that nothing of it is needed.

        Raises:
            ModelError: where adapters need it, and it is not there and cannot be fetched.
        """
        name = folder_of(self.config.model)
        local = Path(name).expanduser()
        return find_folder(name)[0] if self.is_adapter or local.is_dir() else None


def open_run(path: Path) -> FinishedRun:
    """Look through a run folder.

    Args:
        path: the folder, or the run file that names it.

    Raises:
        UsageError: where there is none.
        JobError: where the run is not finished, or a part of it is missing.
    """
    folder = read_config(path).out if path.is_file() else path
    if not folder.is_dir():
        raise UsageError(f"there is no run folder {folder}{hint_beside(folder)}; foveate train makes one")
    if not (folder / RUN_FILE).is_file():
        raise UsageError(f"{folder} is no run folder (it has no {RUN_FILE}); foveate train makes one")
    config = read_config(folder / RUN_FILE)
    if not (folder / CARD).is_file():
        raise JobError(f"the run in {folder} is not finished (it has no {CARD}); foveate train with its run file goes on")
    is_adapter = (folder / MODEL / adapters.CONFIG).is_file()
    wanted = [f"{MODEL}/{adapters.WEIGHTS if is_adapter else 'config.json'}", *([BLOCK] if config.mode == "block" else [])]
    for name in wanted:
        if not (folder / name).is_file():
            raise JobError(f"{folder / name} is missing: bring it back, or train again")
    return FinishedRun(folder, config, (folder / CARD).read_text(encoding="utf-8", errors="replace"), is_adapter)


def load_run(run: FinishedRun, *, device: str) -> Loaded:
    """Its model as it was trained: LoRA adapters beside the weights, no attention block.

    Raises:
        ModelError: where weights or adapters are damaged, or the base model is not there or is no longer the same.
    """
    folder = run.base if run.is_adapter and run.base is not None else run.folder / MODEL
    loaded = load_folder(str(folder), dtype=run.dtype, device=device, trust_remote_code=False, processor_options={})
    if not run.is_adapter:
        return loaded
    return adapted(loaded, run.folder / MODEL, pinned=run.card)
