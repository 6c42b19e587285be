"""Architectures of real size whose weights are random numbers, made on the spot: for measuring time and memory, where nothing
can be fetched. What they answer means nothing; what it takes is what the published weights take.

Sizes are those of the published ``config.json``. Processors and chat templates are the families' own classes as the tests make
them (tests/model/tiny.py), but their tokenizer has one token per byte, so that words take about four times their tokens.
"""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import patch

from foveate.errors import UsageError, hint
from foveate.model.hf import HfModel
from foveate.model.hf_load import Loaded

SIZES: dict[str, dict[str, Any]] = {
    "qwen2_5_vl_7b": {
        "family": "qwen2_5_vl",
        "text": {
            "hidden_size": 3584,
            "intermediate_size": 18944,
            "num_hidden_layers": 28,
            "num_attention_heads": 28,
            "num_key_value_heads": 4,
            "vocab_size": 152064,
            "max_position_embeddings": 128000,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
        },
        "vision": {
            "depth": 32,
            "hidden_size": 1280,
            "intermediate_size": 3420,
            "num_heads": 16,
            "out_hidden_size": 3584,
            "patch_size": 14,
            "window_size": 112,
            "fullatt_block_indexes": [7, 15, 23, 31],
        },
    },
    "qwen3_vl_4b": {
        "family": "qwen3_vl",
        "tied": True,
        "text": {
            "hidden_size": 2560,
            "intermediate_size": 9728,
            "num_hidden_layers": 36,
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "vocab_size": 151936,
            "max_position_embeddings": 262144,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 5e6,
                "mrope_section": [24, 20, 20],
                "mrope_interleaved": True,
            },
        },
        "vision": {
            "depth": 24,
            "hidden_size": 1024,
            "intermediate_size": 4096,
            "num_heads": 16,
            "out_hidden_size": 2560,
            "patch_size": 16,
            "deepstack_visual_indexes": [5, 11, 17],
        },
    },
    "smolvlm2_2.2b": {
        "family": "smolvlm",
        "processor": {"side_px": 384, "patch_px": 14, "scale": 3},
        "text": {
            "hidden_size": 2048,
            "intermediate_size": 8192,
            "num_hidden_layers": 24,
            "num_attention_heads": 32,
            "num_key_value_heads": 32,
            "vocab_size": 49280,
            "max_position_embeddings": 8192,
        },
        "vision": {
            "hidden_size": 1152,
            "intermediate_size": 4304,
            "num_hidden_layers": 27,
            "num_attention_heads": 16,
            "image_size": 384,
            "patch_size": 14,
        },
    },
}
"""Name -> what its published configuration says, as far as it matters to time and memory."""
PARAMETERS = {"qwen2_5_vl_7b": 8_292_166_656, "qwen3_vl_4b": 4_437_815_808, "smolvlm2_2.2b": 2_246_784_880}
"""Name -> the number of parameters of the published weights."""


def random_model(name: str, *, device: str, dtype: str, small: bool = False) -> HfModel:
    """A model of random weights that answers as a loaded one does; no token ends its answers.

    Args:
        name: a key of SIZES.
        device: one of torch's.
        dtype: of the weights, such as bfloat16.
        small: whether one narrow layer stands in for the whole, to try a program.

    Raises:
        UsageError: for a name that there is not.
    """
    if name not in SIZES:
        raise UsageError(f"there is no architecture {name!r}{hint(name, SIZES)}; it can be {', '.join(SIZES)}")
    import torch

    processor, config = _configured(SIZES[name], small=small)
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(getattr(torch, dtype))
        with torch.device(device), torch.random.fork_rng():
            torch.manual_seed(0)
            model = _class_of(config)(config).eval()
    finally:
        torch.set_default_dtype(before)
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = processor.tokenizer.eos_token_id
    provenance = {
        "weights_sha256": "random",
        "architecture": type(model).__name__,
        "dtype": dtype,
        "device": device,
        "torch": version("torch"),
        "transformers": version("transformers"),
        "attention": str(model.config._attn_implementation),
        "parameters": str(sum(parameter.numel() for parameter in model.parameters())),
    }
    loaded = Loaded(processor, model, device, provenance)
    with patch("foveate.model.hf.load_folder", return_value=loaded):  # there is no folder to load
        return HfModel(name, name=f"random:{name}")


def _configured(size: dict[str, Any], *, small: bool) -> tuple[Any, Any]:
    """A family's processor, and its configuration of a size."""
    import torch

    threads = torch.get_num_threads()
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "model"))
    import tiny  # tests are no package; on import it takes one thread, which a processor must not be measured with

    torch.set_num_threads(threads)
    processor, model = tiny.FAMILIES[size["family"]](**size.get("processor", {}))
    text, vision = dict(size["text"]), dict(size["vision"])
    if small:
        _narrow(text, vision)
    told = {
        key: value
        for key in ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id", "scale_factor")
        if (value := getattr(model.config, key, None)) is not None
    }
    return processor, type(model.config)(
        text_config={"model_type": model.config.text_config.model_type, "bos_token_id": None, "eos_token_id": None, **text},
        vision_config={"model_type": model.config.vision_config.model_type, **vision},
        **told,
        tie_word_embeddings=size.get("tied", False),
    )


def _narrow(text: dict[str, Any], vision: dict[str, Any]) -> None:
    """Make one narrow layer of each."""
    text |= {"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 1}
    text |= {"num_attention_heads": 2, "num_key_value_heads": 2} | ({"head_dim": 32} if "head_dim" in text else {})
    if "rope_parameters" in text:  # half the width of a head, over time, height and width
        text["rope_parameters"] = {**text["rope_parameters"], "mrope_section": [6, 5, 5]}
    vision |= {"hidden_size": 64, "intermediate_size": 64}
    if "depth" in vision:
        vision |= {"depth": 1, "num_heads": 2, "out_hidden_size": 64}
        vision |= {key: [0] for key in ("fullatt_block_indexes", "deepstack_visual_indexes") if key in vision}
    else:
        vision |= {"num_hidden_layers": 1, "num_attention_heads": 2}


def _class_of(config: Any) -> Any:
    """The class that a configuration is for."""
    from transformers import AutoModelForImageTextToText

    return AutoModelForImageTextToText._model_mapping[type(config)]
