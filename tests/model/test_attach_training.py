"""Training a model with a block: gradients reach block and LoRA, losses fall, and what is saved is a stock checkpoint."""

import logging
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from foveate.model.torchvision_ops import ensure_operators  # noqa: E402

ensure_operators()

import transformers as tf  # noqa: E402
from peft import LoraConfig, get_peft_model  # noqa: E402
from torch import Tensor  # noqa: E402

from foveate.errors import ModelError  # noqa: E402
from foveate.model.attention import FAMILIES, Attached, attach, attach_saved, token_patches  # noqa: E402
from foveate.train.loss import gaze_kl  # noqa: E402
from model.attached import HEIGHT, WIDTH, bright, make, prompts, wanted  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # peft asks for it
STEPS = 30
LORA = LoraConfig(target_modules=r".*(language_model|text_model)\..*(q_proj|v_proj)", r=2, lora_alpha=8)
ANSWER = "put a cup"


def batch(family: str, processor: Any, model: Any) -> tuple[dict[str, Tensor], Tensor]:
    """Two prompts with answers, of two frames and of one, and where a bright square is in each; answers are the last tokens."""
    pictures, squares = bright([2, 1], seed=0)
    inputs = prompts(family, processor, pictures, answer=ANSWER)
    placed = token_patches(processor, model.config, inputs, sizes_px=[[(HEIGHT, WIDTH)] * len(row) for row in pictures])
    answer = len(processor.tokenizer(ANSWER, add_special_tokens=False)["input_ids"])
    labels = torch.full_like(inputs["input_ids"], -100)
    labels[:, -answer:] = inputs["input_ids"][:, -answer:]
    return {**inputs, "labels": labels}, wanted(placed, squares)


def gaze_loss(attached: Attached, target: Tensor) -> Tensor:
    looked = attached.last
    assert looked is not None
    return gaze_kl(looked.attention, target, looked.present.any(dim=-1), present=looked.present)


def gradients(model: Any, attached: Attached, inputs: dict[str, Tensor], target: Tensor) -> dict[str, Tensor]:
    model.zero_grad()
    (model(**attached.inputs(inputs)).loss + gaze_loss(attached, target)).backward()
    return {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}


@pytest.mark.parametrize("family", FAMILIES)
def test_losses_fall_with_lora_and_what_is_saved_is_a_stock_checkpoint(family: str, tmp_path: Path, caplog: Any) -> None:
    processor, base = make(family)
    model = get_peft_model(base.train(), LORA)
    torch.manual_seed(1)
    attached = attach(model, heads=2)
    inputs, target = batch(family, processor, model)
    trained = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    optimiser = torch.optim.Adam(trained.values(), lr=0.4 / attached.block.options["width"])
    losses = []
    for _ in range(STEPS):
        optimiser.zero_grad()
        words = model(**inputs).loss
        gaze = gaze_loss(attached, target)
        (words + gaze).backward()
        optimiser.step()
        losses.append((words.item(), gaze.item()))
    # A and the gates of LoRA and block start at 0, so that the weights behind them get a gradient from the second step on.
    assert all(weight.grad is not None and bool(weight.grad.any()) for weight in trained.values())
    assert {name.split(".")[-1] for name in trained} >= {"gates", "weight"}
    assert losses[-1][0] < losses[0][0]
    assert losses[-1][1] < losses[0][1] - 0.3

    stock = model.merge_and_unload().eval()
    with torch.no_grad():
        with_block = stock(**inputs).logits
    words = stock.generate(
        **prompts(family, processor, bright([2, 1], seed=0)[0]), max_new_tokens=3, do_sample=False
    )  # no gaze is given
    stock.save_pretrained(tmp_path / "model")
    processor.save_pretrained(tmp_path / "model")
    attached.save(tmp_path)
    attached.detach()
    with torch.no_grad():
        without = stock(**inputs).logits
    assert not torch.equal(with_block, without)

    with caplog.at_level(logging.WARNING, logger="transformers"):
        caplog.clear()
        tf.logging.enable_propagation()
        loaded, told = tf.AutoModelForImageTextToText.from_pretrained(tmp_path / "model", output_loading_info=True)
        tf.logging.disable_propagation()
    assert not any(told.values()), told
    assert [record.message for record in caplog.records if "rope_parameters" not in record.message] == []
    with torch.no_grad():
        torch.testing.assert_close(loaded(**inputs).logits, without)
    read = tf.AutoProcessor.from_pretrained(tmp_path / "model")
    again = attach_saved(loaded, tmp_path)
    with torch.no_grad():
        torch.testing.assert_close(loaded(**inputs).logits, with_block)
    assert again.last is not None
    asked = prompts(family, read, bright([2, 1], seed=0)[0])
    assert loaded.generate(**asked, max_new_tokens=3, do_sample=False).tolist() == words.tolist()


@pytest.mark.parametrize("output", ["pooled", "scaled", "token"])
@pytest.mark.parametrize("how", [{"use_reentrant": False}, {"use_reentrant": True}], ids=["checkpointed", "reentrant"])
def test_checkpointing_changes_no_gradient(how: dict[str, bool], output: str) -> None:
    processor, model = make("qwen3_vl")
    model.train()
    attached = attach(model, heads=2, output=output)
    attached.block.gates.data.fill_(0.3)
    inputs, target = batch("qwen3_vl", processor, model)
    plain = gradients(model, attached, inputs, target)
    model.activation_checkpointing_enable(how)
    model.enable_input_require_grads()
    checkpointed = gradients(model, attached, inputs, target)
    assert plain.keys() == checkpointed.keys()
    assert all(bool(plain[name].any()) for name in plain if name.startswith("gaze_block"))
    for name, grad in plain.items():
        torch.testing.assert_close(checkpointed[name], grad, msg=name)


def test_a_float32_block_works_in_a_bfloat16_model_and_inside_autocast() -> None:
    processor, model = make("qwen2_5_vl")
    inputs, target = batch("qwen2_5_vl", processor, model)
    with torch.autocast("cpu", torch.bfloat16):
        before = model(**inputs).logits
        attached = attach(model, heads=2)
        assert torch.equal(model(**inputs).logits, before)
        assert gaze_loss(attached, target).dtype == torch.float32
    attached.detach()
    model.to(torch.bfloat16)
    before = model(**inputs).logits
    attached = attach(model, heads=2)
    assert torch.equal(model(**inputs).logits, before)
    assert model.dtype == torch.bfloat16
    found = gradients(model, attached, inputs, target)
    assert found["gaze_block.gates"].dtype == torch.float32
    assert bool(found["gaze_block.gates"].any())


def test_qwen3s_early_features_are_scaled_as_its_tokens_are() -> None:
    processor, model = make("qwen3_vl")
    inputs, _ = batch("qwen3_vl", processor, model)
    handed: dict[str, Any] = {}
    language = model.get_decoder()
    hook = language.register_forward_pre_hook(lambda _, args, kwargs: handed.update(kwargs), with_kwargs=True, prepend=True)
    deep = []
    for output in ("pooled", "scaled"):
        attached = attach(model, heads=2, output=output)
        attached.block.gates.data.fill_(0.7)
        late = language.register_forward_pre_hook(lambda _, args, kwargs: deep.append(kwargs), with_kwargs=True)
        with torch.no_grad():
            model(**inputs)
        looked = attached.last
        late.remove()
        attached.detach()
    hook.remove()
    before, places = handed["deepstack_visual_embeds"], handed["visual_pos_masks"]
    pooled, scaled = deep
    assert all(torch.equal(one, other) for one, other in zip(pooled["deepstack_visual_embeds"], before, strict=True))
    patches = looked.present.sum(dim=-1, keepdim=True)
    scale = (1 + 0.7 * (patches * looked.attention - 1))[looked.present][:, None]  # all frames in order, as the places are
    for level, was in zip(scaled["deepstack_visual_embeds"], before, strict=True):
        torch.testing.assert_close(level, was * scale)
    torch.testing.assert_close(scaled["inputs_embeds"][places], handed["inputs_embeds"][places] * scale)


def test_data_parallel_ranks_take_batches_without_images(tmp_path: Path) -> None:
    """A weight that takes no part in a pass would stop the other ranks, which wait for its gradient."""
    processor, model = make("qwen2_5_vl")
    model.model.visual.requires_grad_(False)
    attached = attach(model.train(), heads=2)
    images, target = batch("qwen2_5_vl", processor, model)
    words = processor.tokenizer(["what now?"], return_tensors="pt")
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        parallel = torch.nn.parallel.DistributedDataParallel(model)
        for inputs in (words, images, words, words):
            out = parallel(**inputs)
            (out.logits.sum() + (gaze_loss(attached, target) if "pixel_values" in inputs else 0)).backward()
            assert (attached.last is None) == (inputs is words)
    finally:
        torch.distributed.destroy_process_group()


def test_a_block_that_peft_has_frozen_is_told() -> None:
    processor, base = make("qwen2_5_vl")
    inputs, _ = batch("qwen2_5_vl", processor, base)
    attached = attach(base.train(), heads=2)
    model = get_peft_model(base, LORA)
    with pytest.raises(ModelError, match=r"froze it: attach after peft"):
        model(**inputs)
    attached.detach()
    attached = attach(model, heads=2)
    assert attached.block.gates.requires_grad
    model(**inputs).loss.backward()
    assert attached.block.gates.grad is not None
