"""LoRA adapters beside the weights that they were trained on."""

import warnings
from pathlib import Path
from typing import Any

from foveate.errors import ModelError, require
from foveate.model.hf_load import Loaded, one_line

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
"""What peft writes."""
HASH_LETTERS = 16
"""Of a hash of weights, where a person reads it."""


def adapted(base: Loaded, adapters: Path, *, pinned: str) -> Loaded:
    """Put adapters into the model that they were trained in.

    Args:
        base: that model.
        adapters: the folder that peft wrote.
        pinned: a text that tells the beginning of the hash of the weights that training began from.

    Raises:
        ModelError: where the weights are other ones, or the adapters cannot be read.
    """
    require("peft")
    from peft import PeftModel
    from safetensors import SafetensorError

    weights = base.provenance["weights_sha256"][:HASH_LETTERS]
    if weights not in pinned:
        raise ModelError(
            f"the weights of the base model ({weights}) are not those that the run began from (see {adapters.parent}): "
            "its adapters do not fit them; bring the former ones back"
        )
    try:
        with warnings.catch_warnings():
            # peft 0.21 asks transformers for it
            warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
            model: Any = PeftModel.from_pretrained(base.model, adapters).eval()
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError) as error:
        raise ModelError(f"the adapters in {adapters} cannot be loaded: {one_line(error)}; train again") from error
    return Loaded(base.processor, model, base.device, base.provenance)
