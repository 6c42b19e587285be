"""Folders of tiny random models, one per family, made on the spot with the family's own classes and templates."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from foveate.model.torchvision_ops import ensure_operators

ensure_operators()

import torch  # noqa: E402
import transformers as tf  # noqa: E402
from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # noqa: E402

TEXT = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1}
VISION = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}


def tokenizer(specials: list[str], *, eos: str, bos: str | None = None, named: dict[str, str] | None = None) -> Any:
    """One token per byte and the family's special tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate([*alphabet, *specials])}
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(specials)
    return tf.PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token=eos, pad_token=eos, bos_token=bos, extra_special_tokens=named or {}
    )


LLAVA_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': ' }}{% endif %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] + ' ' }}{% endfor %}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)


def llava() -> tuple[Any, Any]:
    """LLaVA-1.5: CLIP at 336 px with patches of 14, 576 tokens for every image."""
    words = tokenizer(["<image>", "</s>", "<s>"], eos="</s>", bos="<s>")
    images = tf.CLIPImageProcessor(size={"shortest_edge": 336}, crop_size={"height": 336, "width": 336})
    processor = tf.LlavaProcessor(
        images,
        words,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=LLAVA_TEMPLATE,
    )
    config = tf.LlavaConfig(
        vision_config=tf.CLIPVisionConfig(**VISION, image_size=336, patch_size=14),
        text_config=tf.LlamaConfig(**TEXT, vocab_size=len(words), max_position_embeddings=8192),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
    )
    return processor, tf.LlavaForConditionalGeneration(config)


FAMILIES: dict[str, Callable[[], tuple[Any, Any]]] = {"llava": llava}


def make(family: str, folder: Path) -> Path:
    """Write the folder of a family's tiny model, with weights of a fixed seed."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        processor, model = FAMILIES[family]()
    for parameter in model.parameters():
        # larger weights than the initial ones: answers then depend on the images
        parameter.data.mul_(8)
    model.generation_config.eos_token_id = processor.tokenizer.eos_token_id
    model.generation_config.pad_token_id = processor.tokenizer.eos_token_id
    # only a few letters and the space (a byte-level "Ġ"), so that answers are printable and come in several pieces
    vocabulary = processor.tokenizer.get_vocab()
    model.generation_config.suppress_tokens = [
        index for token, index in vocabulary.items() if token not in ("a", "b", "o", "Ġ")
    ]
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
