"""Tiny models of every family that a block can be attached to, and prompts with images for them."""

from functools import partial
from typing import Any

import numpy as np
import torch
import transformers as tf
from numpy.typing import NDArray
from PIL import Image

from foveate.gaze.patches import Patches
from foveate.train.builtin import architecture
from model import tiny

Pictures = list[list[NDArray[np.uint8]]]
"""The images of every row of a batch."""
ONE_TILE = {
    "smolvlm": {"do_image_splitting": False},
    "idefics3": {"do_image_splitting": False},
    "internvl": {"crop_to_patches": False},
}
"""What a processor is told so that every image is one tile."""
SIZES_PX = [[(96, 96), (96, 144)], [(120, 96)]]
"""(height, width) of the images of two prompts."""


def idefics3() -> tuple[Any, Any]:
    """Idefics3, with SmolVLM's tokenizer: SigLIP at 364 px with patches of 14, pixels shuffled by 2."""
    words = tiny.smolvlm()[0].tokenizer
    images = tf.Idefics3ImageProcessor(size={"longest_edge": 728}, max_image_size={"longest_edge": 364})
    processor = tf.Idefics3Processor(images, words, image_seq_len=169, chat_template=tiny.SMOLVLM_TEMPLATE)
    config = tf.Idefics3Config(
        vision_config={**tiny.VISION, "image_size": 364, "patch_size": 14, "model_type": "idefics3_vision"},
        text_config=tf.LlamaConfig(**tiny.TEXT, vocab_size=len(words), max_position_embeddings=16384),
        image_token_id=words.convert_tokens_to_ids("<image>"),
        scale_factor=2,
    )
    return processor, tf.Idefics3ForConditionalGeneration(config)


def builtin() -> tuple[Any, Any]:
    """The built-in model before training."""
    processor = architecture.make_processor()
    return processor, architecture.make_model(processor.tokenizer, seed=0)


OWN = {"idefics3": idefics3, "paddleocr_vl": builtin, "gemma3": partial(tiny.gemma3, side_px=448)}
"""Those that are not in tiny.FAMILIES, or smaller here."""


def make(family: str, *, larger: float = 3.0) -> tuple[Any, Any]:
    """A processor and a model with weights of a fixed seed, larger than initial ones: answers then depend on the images."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        processor, model = {**tiny.FAMILIES, **OWN}[family]()
    for parameter in model.parameters():
        parameter.data.mul_(larger)
    model.generation_config.eos_token_id = model.generation_config.pad_token_id = processor.tokenizer.pad_token_id
    return processor, model.eval()


def drawn(sizes_px: list[list[tuple[int, int]]] = SIZES_PX, *, seed: int = 0) -> Pictures:
    """Images of noise."""
    random = np.random.default_rng(seed)
    return [[random.integers(0, 255, (*size, 3), dtype=np.uint8) for size in row] for row in sizes_px]


def asked(processor: Any, images: int, question: str) -> str:
    """A prompt up to where the answer begins: a question about so many images."""
    content = [*({"type": "image"} for _ in range(images)), {"type": "text", "text": question}]
    return str(processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True))


def prompts(family: str, processor: Any, pictures: Pictures, *, answer: str = "", **options: Any) -> dict[str, Any]:
    """What the processor makes of one question about each row's images, every image one tile; an answer may follow."""
    texts = [asked(processor, len(row), "what is the person doing?") + answer for row in pictures]
    images = [[Image.fromarray(picture) for picture in row] for row in pictures]
    told = {"padding": True, "padding_side": "left", "return_tensors": "pt", **ONE_TILE.get(family, {}), **options}
    return dict(processor(text=texts, images=images, **told))


HEIGHT, WIDTH, SIDE = 120, 168, 40
"""Of a dark image, and of the bright square on it; the image is no square, so cropping, padding and squashing show."""
Square = tuple[int, int]
"""Left and top."""


def picture(square: Square) -> NDArray[Any]:
    image = np.random.default_rng(0).integers(20, 60, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    left, top = square
    image[top : top + SIDE, left : left + SIDE] = 250
    return image


def bright(rows: list[int], *, seed: int) -> tuple[Pictures, list[list[Square]]]:
    """Images for rows of so many frames; squares lie in the middle 120 px, which every family is shown."""
    random = np.random.default_rng(seed)
    squares = [[(int(random.integers(24, 144 - SIDE)), int(random.integers(0, 120 - SIDE))) for _ in range(n)] for n in rows]
    return [[picture(square) for square in row] for row in squares], squares


def shares(patches: tuple[Patches, ...], square: Square) -> NDArray[Any]:
    """(tokens,) the share of each patch that the square covers."""
    left, top = square
    found = []
    for part in patches:
        x, y = part.x_edges_px, part.y_edges_px
        across = (np.minimum(x[1:], left + SIDE) - np.maximum(x[:-1], left)).clip(0) / np.diff(x)
        down = (np.minimum(y[1:], top + SIDE) - np.maximum(y[:-1], top)).clip(0) / np.diff(y)
        found.append(np.outer(down, across).ravel())
    return np.concatenate(found)


def wanted(placed: Any, squares: list[list[Square]]) -> torch.Tensor:
    """(batch, frames, patches) the squares as targets, 0 in padding."""
    found = [[shares(*frame) for frame in zip(patches, its, strict=True)] for patches, its in zip(placed, squares, strict=True)]
    made = torch.zeros(len(found), max(map(len, found)), max(len(share) for row in found for share in row))
    for row, frames in enumerate(found):
        for index, share in enumerate(frames):
            made[row, index, : len(share)] = torch.from_numpy(share / share.sum())
    return made
