"""Folders of tiny random models, one per family, made on the spot with the family's own classes and templates."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from foveate.model.torchvision_ops import ensure_operators

ensure_operators()

import torch  # noqa: E402
import transformers as tf  # noqa: E402
from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # noqa: E402

# tests run beside each other: threads that wait for one another cost more than they bring
torch.set_num_threads(1)

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


def chatml(*, system: str, image: str) -> str:
    """A template of the ChatML kind, which keeps texts and images in their order."""
    return (
        "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}" + system + "{% endif %}"
        "<|im_start|>{{ message['role'] }}\n{% for content in message['content'] %}"
        "{% if content['type'] == 'image' %}" + image + "{% else %}{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>\n"
        "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )


ONEVISION_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + ' ' }}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ '\n' + content['text'] }}{% endfor %}"
    "{{ '<|im_end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SMOLVLM_TEMPLATE = (
    "<|im_start|>{% for message in messages %}{{ message['role'] | capitalize }}"
    "{% if message['content'][0]['type'] == 'image' %}{{ ':' }}{% else %}{{ ': ' }}{% endif %}"
    "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{ line['text'] }}"
    "{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)
GEMMA_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ '<start_of_turn>' }}"
    "{{ 'model' if message['role'] == 'assistant' else message['role'] }}{{ '\n' }}"
    "{% for item in message['content'] %}{% if item['type'] == 'image' %}{{ '<start_of_image>' }}"
    "{% else %}{{ item['text'] | trim }}{% endif %}{% endfor %}{{ '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)


def llava_onevision() -> tuple[Any, Any]:
    """LLaVA-OneVision: SigLIP at 384 px with patches of 14, 729 tokens a tile."""
    words = tokenizer(["<image>", "<video>", "<|im_start|>", "<|im_end|>"], eos="<|im_end|>")
    processor = tf.LlavaOnevisionProcessor(
        tf.LlavaOnevisionImageProcessor(),
        words,
        tf.LlavaOnevisionVideoProcessor(),
        num_image_tokens=729,
        vision_feature_select_strategy="full",
        chat_template=ONEVISION_TEMPLATE,
    )
    config = tf.LlavaOnevisionConfig(
        vision_config=tf.SiglipVisionConfig(**VISION, image_size=384, patch_size=14, vision_use_head=False),
        text_config=tf.Qwen2Config(**TEXT, vocab_size=len(words), max_position_embeddings=32768),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        video_token_index=words.convert_tokens_to_ids("<video>"),
    )
    return processor, tf.LlavaOnevisionForConditionalGeneration(config)


def smolvlm(*, side_px: int = 512, patch_px: int = 16, scale: int = 4) -> tuple[Any, Any]:
    """SmolVLM2-500M: SigLIP at 512 px with patches of 16, pixels shuffled by 4: 64 tokens a tile, images scaled to 2048 px."""
    specials = ["<image>", "<fake_token_around_image>", "<global-img>", "<|im_start|>", "<end_of_utterance>"]
    words = tokenizer(
        [*specials, *(f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7))], eos="<end_of_utterance>"
    )
    tile = {"longest_edge": side_px}
    images = tf.SmolVLMImageProcessor(size={"longest_edge": 4 * side_px}, max_image_size=tile)
    videos = tf.SmolVLMVideoProcessor(size=tile, max_image_size=tile, num_frames=64, fps=1)
    tokens = (side_px // patch_px // scale) ** 2
    processor = tf.SmolVLMProcessor(images, words, videos, image_seq_len=tokens, chat_template=SMOLVLM_TEMPLATE)
    config = tf.SmolVLMConfig(
        vision_config={**VISION, "image_size": side_px, "patch_size": patch_px, "model_type": "smolvlm_vision"},
        text_config=tf.LlamaConfig(**TEXT, vocab_size=len(words), max_position_embeddings=16384),
        image_token_id=words.convert_tokens_to_ids("<image>"),
        scale_factor=scale,
    )
    return processor, tf.SmolVLMForConditionalGeneration(config)


QWEN_SPECIALS = ["<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
QWEN_VISION = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16}
QWEN_IMAGE = "<|vision_start|><|image_pad|><|vision_end|>"


def _qwen_ids(words: Any) -> dict[str, int]:
    keys = {"image_token_id": 4, "video_token_id": 5, "vision_start_token_id": 2, "vision_end_token_id": 3}
    return {key: words.convert_tokens_to_ids(QWEN_SPECIALS[index]) for key, index in keys.items()}


def qwen2_5_vl() -> tuple[Any, Any]:
    """Qwen2.5-VL: patches of 14 merged by 2, at the published max_pixels of 12845056."""
    words = tokenizer(QWEN_SPECIALS, eos="<|im_end|>")
    size = {"shortest_edge": 3136, "longest_edge": 12845056}
    template = chatml(system="<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n", image=QWEN_IMAGE)
    processor = tf.Qwen2_5_VLProcessor(
        tf.Qwen2VLImageProcessor(size=size), words, tf.Qwen2VLVideoProcessor(size=size), chat_template=template
    )
    config = tf.Qwen2_5_VLConfig(
        vision_config={**QWEN_VISION, "fullatt_block_indexes": [0]},
        text_config={
            **TEXT,
            "vocab_size": len(words),
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [1, 1, 2]},
            "bos_token_id": None,
            "eos_token_id": words.eos_token_id,
        },
        **_qwen_ids(words),
    )
    return processor, tf.Qwen2_5_VLForConditionalGeneration(config)


def qwen3_vl() -> tuple[Any, Any]:
    """Qwen3-VL: patches of 16 merged by 2."""
    words = tokenizer(QWEN_SPECIALS, eos="<|im_end|>")
    size = {"shortest_edge": 65536, "longest_edge": 16777216}
    processor = tf.Qwen3VLProcessor(
        tf.Qwen2VLImageProcessor(patch_size=16, size=size, image_mean=[0.5] * 3, image_std=[0.5] * 3),
        words,
        tf.Qwen3VLVideoProcessor(),
        chat_template=chatml(system="", image=QWEN_IMAGE),
    )
    config = tf.Qwen3VLConfig(
        vision_config={**QWEN_VISION, "deepstack_visual_indexes": [0]},
        text_config={
            **TEXT,
            "head_dim": 8,
            "vocab_size": len(words),
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 5e6,
                "mrope_section": [2, 1, 1],
                "mrope_interleaved": True,
            },
        },
        **_qwen_ids(words),
    )
    return processor, tf.Qwen3VLForConditionalGeneration(config)


def internvl() -> tuple[Any, Any]:
    """InternVL3: tiles of 448 px, 256 tokens each, at most 12 and a thumbnail."""
    named = {
        "start_image_token": "<img>",
        "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }
    words = tokenizer(["<|im_start|>", "<|im_end|>", *named.values()], eos="<|im_end|>", named=named)
    processor = tf.InternVLProcessor(
        tf.GotOcr2ImageProcessor(size={"height": 448, "width": 448}, max_patches=12),
        words,
        tf.InternVLVideoProcessor(size={"height": 448, "width": 448}),
        image_seq_length=256,
        chat_template=chatml(system="", image="<IMG_CONTEXT>\n"),
    )
    config = tf.InternVLConfig(
        vision_config={**VISION, "image_size": [448, 448], "patch_size": [14, 14]},
        text_config=tf.Qwen2Config(**TEXT, vocab_size=len(words), max_position_embeddings=32768),
        image_token_id=words.convert_tokens_to_ids("<IMG_CONTEXT>"),
        tie_word_embeddings=False,
    )
    return processor, tf.InternVLForConditionalGeneration(config)


def gemma3(*, side_px: int = 896) -> tuple[Any, Any]:
    """Gemma 3: 896 px with patches of 14, pooled to 256 tokens for every image; in proportion where that is smaller."""
    tokens = (side_px // 56) ** 2
    named = {"image_token": "<image_soft_token>", "boi_token": "<start_of_image>", "eoi_token": "<end_of_image>"}
    words = tokenizer(
        ["<bos>", "<start_of_turn>", "<end_of_turn>", *named.values()], eos="<end_of_turn>", bos="<bos>", named=named
    )
    processor = tf.Gemma3Processor(
        tf.Gemma3ImageProcessor(size={"height": side_px, "width": side_px}),
        words,
        image_seq_length=tokens,
        chat_template=GEMMA_TEMPLATE,
    )
    config = tf.Gemma3Config(
        vision_config=tf.SiglipVisionConfig(**VISION, image_size=side_px, patch_size=14, vision_use_head=False),
        text_config=tf.Gemma3TextConfig(**TEXT, head_dim=8, vocab_size=len(words), max_position_embeddings=32768),
        mm_tokens_per_image=tokens,
        tie_word_embeddings=False,
        **{f"{key}_index": words.convert_tokens_to_ids(token) for key, token in named.items()},
    )
    model = tf.Gemma3ForConditionalGeneration(config)
    # it starts as zeros, which would hide the images
    model.model.multi_modal_projector.mm_input_projection_weight.data.normal_()
    return processor, model


FAMILIES: dict[str, Callable[[], tuple[Any, Any]]] = {
    "smolvlm": smolvlm,
    "llava": llava,
    "llava_onevision": llava_onevision,
    "qwen2_5_vl": qwen2_5_vl,
    "qwen3_vl": qwen3_vl,
    "internvl": internvl,
    "gemma3": gemma3,
}


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
