"""Training a language model's own attention: the loss falls, adapters and wrappers go with it, and nothing is left behind."""

from copy import copy
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

torch = pytest.importorskip("torch")

from foveate.errors import ModelError, UsageError  # noqa: E402
from foveate.model.attention import heads  # noqa: E402
from foveate.model.attention.heads import CARRIED, watch_heads  # noqa: E402
from model.answered import MAKERS, gaze_loss, image, made, make, prompts  # noqa: E402


@pytest.mark.parametrize("name", MAKERS)
def test_the_gaze_loss_falls_in_30_steps(name: str) -> None:
    family = make(name, larger=2)
    batch = prompts(family.processor, [[image(0)]], ("a cup.",))
    watched = watch_heads(family.model.requires_grad_(False), layers=[1])
    trained = family.model.get_decoder().layers[1].self_attn.requires_grad_(True)
    optimiser = torch.optim.Adam(trained.parameters(), lr=0.03)
    encoder, encoded, losses = family.model.model, [], []

    def once(*args: Any, encode: Any = encoder.get_image_features, **kwargs: Any) -> Any:
        if not encoded:
            encoded.append(encode(*args, **kwargs))
        return copy(encoded[0])

    with mock.patch.object(encoder, "get_image_features", once):
        for _ in range(30):
            family.model(**batch)
            losses.append(gaze_loss(watched.last))
            optimiser.zero_grad()
            losses[-1].backward()
            optimiser.step()
    watched.detach()
    assert losses[-1] < losses[0] - 0.3, losses


def test_reentrant_checkpointing_is_refused() -> None:
    family = make("qwen2_5_vl")
    family.model.train().activation_checkpointing_enable({"use_reentrant": True})
    watched = watch_heads(family.model)
    with pytest.raises(
        UsageError, match=r"use_reentrant=True keeps no gradient of attention; turn it on with \{'use_reentrant': F"
    ):
        family.model(**family.batch)
    watched.detach()


def test_detaching_puts_every_function_and_hook_back() -> None:
    from transformers import AttentionInterface
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    one, other = made("qwen2_5_vl").model, made("llava").model
    # models of other tests in this process may still be watched
    fused, _ = heads._INSTALLED.pop("sdpa", (ALL_ATTENTION_FUNCTIONS["sdpa"], 0))
    AttentionInterface.register("sdpa", fused)
    hooks = [list(module._forward_pre_hooks) + list(module._forward_hooks) for module in one.modules()]
    first, second, third = watch_heads(one), watch_heads(other), watch_heads(one, heads=[0])
    assert ALL_ATTENTION_FUNCTIONS["sdpa"] is not fused
    assert one.config.get_text_config()._attn_implementation == "sdpa"
    one(**made("qwen2_5_vl").batch)
    assert None not in (first.last, third.last)
    assert second.last is None
    torch.testing.assert_close(first.each[:, [0, 2]], third.each)
    for watched in (second, first, first):
        watched.detach()
        assert ALL_ATTENTION_FUNCTIONS["sdpa"] is not fused
    third.detach()
    assert ALL_ATTENTION_FUNCTIONS["sdpa"] is fused
    assert hooks == [list(module._forward_pre_hooks) + list(module._forward_hooks) for module in one.modules()]


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_whichever_attention_the_model_has_is_watched(attention: str) -> None:
    family = make("qwen2_5_vl")
    watched = watch_heads(family.model)
    family.model(**family.batch)
    watched.detach()
    family.model.set_attn_implementation({"text_config": attention})
    again = watch_heads(family.model)
    family.model(**family.batch)
    again.detach()
    torch.testing.assert_close(again.each, watched.each, atol=1e-5, rtol=0)


def test_a_change_of_attention_after_watching_is_told() -> None:
    family = make("qwen2_5_vl")
    watched = watch_heads(family.model, layers=[1])
    family.model.set_attn_implementation({"text_config": "eager"})
    with pytest.raises(ModelError, match=rf"attention of layers \[1\] was not seen: .*{CARRIED}.*; watch it again"):
        family.model(**family.batch)
    watched.detach()


@pytest.mark.parametrize("name", MAKERS)
def test_no_token_sees_a_later_one_while_watched(name: str) -> None:
    family = made(name)
    changed = {**family.batch, "input_ids": family.batch["input_ids"].clone()}
    last = changed["attention_mask"][0].nonzero().max()
    changed["input_ids"][0, last] = changed["input_ids"][0, last - 1]
    assert changed["input_ids"][0, last] != family.batch["input_ids"][0, last]
    watched = watch_heads(family.model)
    with torch.no_grad():
        before, after = family.model(**family.batch).logits[0], family.model(**changed).logits[0]
    watched.detach()
    torch.testing.assert_close(after[:last], before[:last], atol=1e-5, rtol=1e-5)
    assert not torch.allclose(after[last], before[last], atol=1e-3)


def test_gemma_with_a_window_looks_only_at_what_its_layers_see() -> None:
    family = make("gemma3")
    text = family.model.config.get_text_config()
    assert text.layer_types == ["sliding_attention"] * 2
    watched = watch_heads(family.model)
    family.model(**family.batch)
    wide = watched.last
    text.sliding_window = 120
    for layer in family.model.get_decoder().layers:
        layer.self_attn.sliding_window = 120
    family.model(**family.batch)
    watched.detach()
    frames = wide.present.any(dim=-1)
    assert torch.equal(wide.attention.sum(dim=-1) > 0.99, frames)
    near = watched.last.attention.sum(dim=-1)
    assert near[0, 0] == 0  # it is behind the window
    assert near[0, 1] > 0.99
    assert int((watched.last.attention[0, 1] > 0).sum()) < 120 < int((wide.attention[0, 1] > 0).sum())


def test_passes_without_answer_or_images_show_nothing_and_generation_goes_on() -> None:
    family = made("qwen2_5_vl")
    asked = {key: value for key, value in family.batch.items() if key != "labels"}
    plain = family.model.generate(**asked, max_new_tokens=3, do_sample=False)
    answers, prompt = watch_heads(family.model), watch_heads(family.model, rows="last")
    family.model(**family.batch)
    assert answers.last is not None
    said = family.model.generate(**asked, max_new_tokens=3, do_sample=False)
    assert torch.equal(said, plain)
    assert answers.last is None
    torch.testing.assert_close(prompt.last.attention.sum(dim=-1), prompt.last.present.any(dim=-1).float())
    seen = prompt.last
    family.model(input_ids=asked["input_ids"][:, -6:], labels=asked["input_ids"][:, -6:])
    assert answers.last is prompt.last is None
    for watched in (answers, prompt):
        watched.detach()
    # the same of one prompt alone, and of a cache of fixed size, whose masks come finished
    alone = {key: value for key, value in prompts(family.processor, [[image(2)]], ("the pan!",)).items() if key != "labels"}
    last = watch_heads(family.model, rows="last")
    for cache in ("dynamic", "static"):
        family.model.generate(**alone, max_new_tokens=3, do_sample=False, cache_implementation=cache)
        patches = last.last.attention.shape[-1]
        torch.testing.assert_close(last.last.attention[0, 0], seen.attention[1, 0, :patches], atol=1e-5, rtol=0)
    last.detach()


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # peft asks for it
def test_adapters_autocast_and_the_checkpoint(tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from safetensors.torch import load_file

    family = make("smolvlm")
    family.model.save_pretrained(tmp_path / "plain")
    adapted = get_peft_model(family.model, LoraConfig(r=2, target_modules=["q_proj", "k_proj"], init_lora_weights=False))
    watched = watch_heads(adapted, layers=[1])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = adapted(**family.batch)
        assert watched.last.attention.dtype == torch.float32
        (output.loss + gaze_loss(watched.last)).backward()
    attention = family.model.get_decoder().layers[1].self_attn
    for part in (attention.q_proj, attention.k_proj):
        assert part.lora_A["default"].weight.grad.abs().max() > 0
    family.model.save_pretrained(tmp_path / "watched", state_dict=load_file(tmp_path / "plain/model.safetensors"))
    watched.detach()
    assert set(load_file(tmp_path / "watched/model.safetensors")) == set(load_file(tmp_path / "plain/model.safetensors"))


@pytest.mark.filterwarnings("ignore:FSDP2-wrapped module:UserWarning")  # of the logits, which nothing changes in place
@pytest.mark.parametrize("wrapper", ["ddp", "fsdp"])
def test_one_backward_pass_through_data_parallel_training(wrapper: str, tmp_path: Path) -> None:
    from torch import distributed
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard
    from torch.nn.parallel import DistributedDataParallel

    def step(model: Any) -> list[Any]:
        watched = watch_heads(model, layers=[0, 1])
        model.zero_grad()
        (model(**family.batch).loss + gaze_loss(watched.last)).backward()
        watched.detach()
        gradients = [parameter.grad for parameter in model.parameters()]
        return [one.full_tensor() if hasattr(one, "full_tensor") else one.clone() for one in gradients]

    family = make("internvl")
    alone = step(family.model)
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'ranks'}", rank=0, world_size=1)
    try:
        if wrapper == "ddp":
            together = step(DistributedDataParallel(family.model))
        else:
            mesh = init_device_mesh("cpu", (1,))
            for layer in family.model.get_decoder().layers:
                fully_shard(layer, mesh=mesh)
            together = step(fully_shard(family.model, mesh=mesh))
    finally:
        distributed.destroy_process_group()
    for one, other in zip(alone, together, strict=True):
        torch.testing.assert_close(other, one)
