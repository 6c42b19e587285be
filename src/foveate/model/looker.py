"""Where a model looks: a run folder of ``foveate train``, or any model of FAMILIES, shown images and asked nothing more.

A run in mode ``block`` tells it by its attention block; a run in mode ``heads`` by the heads that it was trained in; a model
that was not trained with gaze by all heads of its language model. Heads are read in the prompt's last token, which predicts the
first word of an answer. Text is not generated: one pass over the prompt tells it all.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from foveate.errors import ModelError, UsageError, hint_beside
from foveate.gaze.patches import Patches
from foveate.geometry import Size
from foveate.model import adapters, builtin
from foveate.model.adapters import adapted
from foveate.model.hf_inputs import InputMaker
from foveate.model.hf_load import Loaded, find_folder, load_folder
from foveate.model.model import Prompt, TimedImage

RUN_FILE, MODEL, BLOCK, CARD = "run.toml", "model", "gaze_block.safetensors", "card.md"
"""What a run folder holds: its settings, the model or adapters, the attention block in mode ``block``, and, written last, a
card that tells which weights training began from."""
QUESTION = builtin.INSTRUCTIONS["activity"]
"""What is asked about the images; the answer is not waited for."""
TAKES = "a run folder, builtin, hf:ID-OR-FOLDER or a model's folder"


@dataclass(frozen=True)
class Watchable:
    """What a user named, looked through before weights are read."""

    name: str
    """How outputs call it."""
    weights: str
    """A folder, or an id of Hugging Face's."""
    run: Path | None = None
    """Its run folder; None for a model that was not trained with gaze."""
    mode: Literal["block", "heads"] = "heads"
    """What tells where it looks."""
    layers: tuple[int, ...] | None = None
    """Whose heads; None for all."""
    heads: tuple[int, ...] | None = None
    """Which of these; None for all."""
    dtype: str = "auto"
    is_toy: bool = False
    """Whether it knows nothing of the real world."""

    @property
    def files(self) -> list[Path]:
        """Small files that change where the model does."""
        folder = Path(self.weights).expanduser()
        own = [folder / "config.json", folder / "model.safetensors.index.json"]
        ran = [] if self.run is None else [self.run / name for name in (RUN_FILE, CARD, BLOCK)]
        return [path for path in (*own, *ran) if path.is_file()]

    @property
    def how(self) -> str:
        """What tells where it looks, in words."""
        if self.mode == "block":
            return "its attention block"
        return "the heads that were trained" if self.run is not None else "the mean of its heads, none trained with gaze"


def open_watchable(name: str) -> Watchable:
    """Find what a user named.

    Args:
        name: a run folder, ``builtin``, ``hf:`` and a folder or id, or a model's folder.

    Raises:
        UsageError: where there is none.
        ModelError: where a run is not finished, or a part of it is missing.
    """
    scheme, _, rest = name.partition(":")
    if name == "builtin":
        return Watchable("builtin", str(builtin.FOLDER), is_toy=True)
    if scheme == "hf" and rest:
        return Watchable(name, rest)
    if not name:
        raise UsageError(f"no model was named; allowed: {TAKES}")
    folder = Path(name).expanduser()
    if (folder / RUN_FILE).is_file():
        return _of_run(folder)
    if (folder / "config.json").is_file():
        return Watchable(folder.name, str(folder))
    what = f"{name} holds neither {RUN_FILE} nor config.json" if folder.is_dir() else f"there is no {name}"
    raise UsageError(f"{what}{'' if folder.is_dir() else hint_beside(folder)}; allowed: {TAKES}")


def _of_run(run: Path) -> Watchable:
    try:
        told = tomllib.loads((run / RUN_FILE).read_text(encoding="utf-8"))
        base, mode = str(told["model"]), told["mode"]
        narrow = told["precision"] == "bfloat16" and told["tune"] != "full"
        layers, heads = (tuple(map(int, told[key])) or None for key in ("layers", "heads"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{run / RUN_FILE} is not one that foveate train wrote: {error}") from error
    is_adapter = (run / MODEL / adapters.CONFIG).is_file()
    wanted = [CARD, f"{MODEL}/{adapters.WEIGHTS if is_adapter else 'config.json'}", *([BLOCK] if mode == "block" else [])]
    for file in wanted:
        if not (run / file).is_file():
            raise ModelError(f"{run} has no {file}: the run is not finished, or was damaged; foveate train goes on with it")
    toy = base == "builtin"
    weights = str(builtin.FOLDER) if toy else base.removeprefix("hf:")
    return Watchable(
        run.resolve().name,
        weights if is_adapter else str(run / MODEL),
        run=run,
        mode=mode,
        layers=layers if mode == "heads" else None,
        heads=heads if mode == "heads" else None,
        dtype="bfloat16" if narrow else "float32",
        is_toy=toy,
    )


@dataclass(frozen=True)
class LookedAt:
    """Attention over the visual tokens of one image."""

    probability: NDArray[np.float64]
    """(tokens,) of sum 1, in the model's order."""
    layout: tuple[Patches, ...]
    """Where they lie on the image, in its pixels."""


class Looker:
    """A model at work that tells where it looks."""

    def __init__(self, watchable: Watchable, *, device: str = "auto") -> None:
        """Load it.

        Raises:
            ModelError: where weights are missing, damaged or others than those of the training, or the family is not known.
        """
        self.watchable = watchable
        loaded = _load(watchable, device)
        self._device, self._model = loaded.device, loaded.model
        self._maker = InputMaker.of(loaded.processor, loaded.model.config)
        self._watched = _watched(watchable, loaded.model)
        self.usual_tokens = builtin.USUAL_TOKENS if watchable.is_toy else None
        """Visual tokens of the images that it was trained on most; None where any size will do."""

    def look(self, images: Sequence[TimedImage]) -> list[LookedAt]:
        """Show images together, in one prompt.

        Args:
            images: in order of time.

        Returns:
            One per image.
        """
        import torch

        from foveate.model.attention.families import token_patches

        inputs = self._maker.make([Prompt(QUESTION, tuple(images))], name=self.watchable.name)
        sizes = [[(image.size_px.height_px, image.size_px.width_px) for image in images]]
        (layouts,) = token_patches(self._maker.processor, self._maker.config, inputs, sizes_px=sizes)
        given = {
            name: value.to(self._device) if isinstance(value, torch.Tensor) else value
            for name, value in (self._watched.inputs(inputs) if self.watchable.mode == "block" else inputs).items()
        }
        with torch.no_grad():
            self._model(**given)
        looked = self._watched.last
        if looked is None:
            raise ModelError(f"{self.watchable.name} did not look at the images that it was shown")
        attention, present = looked.attention[0].double().cpu().numpy(), looked.present[0].cpu().numpy()
        found = [LookedAt(row[there], layout) for row, there, layout in zip(attention, present, layouts, strict=True)]
        for each in found:
            if not np.isfinite(each.probability).all() or not each.probability.sum() > 0:
                raise ModelError(f"the attention of {self.watchable.name} is no number; its weights are damaged")
        return found

    def tokens(self, size_px: Size) -> int:
        """Visual tokens of an image of a size."""
        blank = TimedImage(np.zeros((size_px.height_px, size_px.width_px, 3), dtype=np.uint8), 0.0)
        return int(self._maker.count_visual(self._maker.make([Prompt("", (blank,))], name=self.watchable.name))[0])


def _load(watchable: Watchable, device: str) -> Loaded:
    how: dict[str, Any] = {"device": device, "trust_remote_code": False, "processor_options": {}}
    run = watchable.run
    if run is None or not (run / MODEL / adapters.CONFIG).is_file():
        return load_folder(watchable.weights, dtype=watchable.dtype, **how)
    base = load_folder(str(find_folder(watchable.weights)[0]), dtype=watchable.dtype, **how)
    return adapted(base, run / MODEL, pinned=(run / CARD).read_text(encoding="utf-8", errors="replace"))


def _watched(watchable: Watchable, model: Any) -> Any:
    if watchable.mode == "block" and watchable.run is not None:
        from foveate.model.attention.attach import attach_saved

        return attach_saved(model, watchable.run)
    from foveate.model.attention.heads import watch_heads

    return watch_heads(model, layers=watchable.layers, heads=watchable.heads, rows="last")
