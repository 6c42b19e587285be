"""The built-in model before training: a small PaddleOCR-VL, its word-level tokenizer and its image-only processor.

PaddleOCR-VL is a standard architecture of transformers: a vision transformer whose visual tokens follow the image's size
(2-D rotary positions), a projector that merges 2 x 2 patches into one token, and an Ernie language model with multimodal rotary
positions. Its processor handles images only, so that it works without torchvision. Nothing of its published weights is used.
"""

from itertools import product
from typing import Any

from foveate.model.builtin import INSTRUCTIONS
from foveate.toykitchen.words import COLOURS, KINDS, SURFACES, VERBS, sentence

PATCH_PX = 12
MERGE = 2
TOKEN_PX = PATCH_PX * MERGE
"""Side of the square of pixels that one visual token stands for."""
LARGEST_PX = 288
"""Side of the largest image that is not scaled down: 144 visual tokens; the model's own size for a full frame."""
SMALLEST_PX = 48
"""Side of the smallest image that is not scaled up."""

PAD, UNKNOWN, END, IMAGE, FRAME, ANSWER = "<pad>", "<unk>", "<end>", "<image>", "<frame>", "<answer>"
SPECIAL_TOKENS = (PAD, UNKNOWN, END, IMAGE, FRAME, ANSWER)

CHAT_TEMPLATE = (
    "{%- set content = messages[-1]['content'] -%}"
    "{%- if content is string -%}{{ content }}{%- else -%}"
    "{%- for part in content -%}"
    "{%- if part['type'] == 'image' -%}<frame><image>{%- else -%}{{ part['text'] }}{%- endif -%}"
    "{%- endfor -%}{%- endif -%}"
    "{%- if add_generation_prompt -%}<answer>{%- endif -%}"
)
"""Only the last turn is written: the model was never trained on conversations."""


def sentences() -> list[str]:
    """Everything that can happen in a toy kitchen, in words."""
    return [
        sentence(verb, colour, kind, surface)
        for verb, colour, kind in product(VERBS, COLOURS, KINDS)
        for surface in (SURFACES if verb == "put" else (None,))
    ]


def make_tokenizer() -> Any:
    """A tokenizer of whole words: those of every narration and of the two instructions; anything else is unknown.

    Times such as ``0:12.5``, which prompts put before images, are left out: the model cannot read numbers.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    split = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("isolated")])
    texts = [*sentences(), *INSTRUCTIONS.values()]
    words = sorted({word for text in texts for word, _ in split.pre_tokenize_str(text)})
    vocabulary = {word: index for index, word in enumerate([*SPECIAL_TOKENS, *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Replace(Regex(r"-?\d+(:\d\d)+(\.\d)?"), " ")
    tokenizer.pre_tokenizer = split
    # Joins words with spaces and pulls the full stop to its word.
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=True)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        unk_token=UNKNOWN,
        eos_token=END,
        extra_special_tokens={"image_token": IMAGE, "frame_token": FRAME, "answer_token": ANSWER},
        padding_side="left",
    )


def make_processor() -> Any:
    """The processor: images to patches, at most LARGEST_PX squared pixels each; text to words."""
    from transformers import PaddleOCRVLImageProcessorPil, PaddleOCRVLProcessor

    image_processor = PaddleOCRVLImageProcessorPil(
        patch_size=PATCH_PX,
        merge_size=MERGE,
        size={"shortest_edge": SMALLEST_PX**2, "longest_edge": LARGEST_PX**2},
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.25, 0.25, 0.25],
    )
    return PaddleOCRVLProcessor(image_processor, make_tokenizer(), chat_template=CHAT_TEMPLATE)


def make_model(tokenizer: Any, *, seed: int) -> Any:
    """The model with random weights."""
    import torch
    from transformers import PaddleOCRVLConfig, PaddleOCRVLForConditionalGeneration

    image_token, pad, end = (tokenizer.convert_tokens_to_ids(token) for token in (IMAGE, PAD, END))
    config = PaddleOCRVLConfig(
        vision_config={
            "hidden_size": 192,
            "intermediate_size": 512,
            "num_hidden_layers": 4,
            "num_attention_heads": 6,
            "image_size": LARGEST_PX,
            "patch_size": PATCH_PX,
            "spatial_merge_size": MERGE,
        },
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": 192,
            "intermediate_size": 512,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 48,
            "max_position_embeddings": 8192,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [8, 8, 8]},
            "pad_token_id": pad,
            "bos_token_id": None,
            "eos_token_id": end,
        },
        image_token_id=image_token,
        # The family's video and vision marks are not used; they must be some token that never stands for an image.
        video_token_id=pad,
        vision_start_token_id=pad,
        vision_end_token_id=pad,
        pad_token_id=pad,
        eos_token_id=end,
        tie_word_embeddings=True,
    )
    torch.manual_seed(seed)
    model = PaddleOCRVLForConditionalGeneration(config)
    model.generation_config.pad_token_id, model.generation_config.eos_token_id = pad, end
    return model
