"""The trainer on a tiny model: a step is the same however it is cut, a run the same however often it is killed."""

import errno
import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from foveate.model.torchvision_ops import ensure_operators  # noqa: E402

ensure_operators()
pytest.importorskip("accelerate")
pytest.importorskip("peft")

from foveate.errors import FoveateError, JobError, ModelError, UsageError  # noqa: E402
from foveate.model.attention import attach_saved  # noqa: E402
from foveate.model.hf_load import load_folder  # noqa: E402
from foveate.train.build import build, part_of  # noqa: E402
from foveate.train.callbacks import Ending, Stop  # noqa: E402
from foveate.train.checkpoint import Trainer, WholeCheckpoints  # noqa: E402
from foveate.train.collate import Collator  # noqa: E402
from foveate.train.config import RunConfig  # noqa: E402
from foveate.train.gaze import Gaze  # noqa: E402
from foveate.train.run import arguments, make_trainer  # noqa: E402
from foveate.train.state_file import load_state, save_state  # noqa: E402
from foveate.train.trainer import GazeTrainer, WithGaze  # noqa: E402
from model import tiny  # noqa: E402
from train.clips import items  # noqa: E402

from transformers import AutoModelForImageTextToText, TrainerCallback, TrainingArguments  # noqa: E402  # isort: skip


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.make("qwen2_5_vl", tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def config(tiny_model: Path, tmp_path: Path) -> RunConfig:
    return RunConfig(
        model=f"hf:{tiny_model}",
        shards=tmp_path / "none",
        out=tmp_path / "run",
        steps=7,
        batch_size=2,
        accumulate=2,
        learning_rate=1e-2,
        tune="full",
        warm_up=0.2,
        lora_dropout=0.3,
        save_every=2,
        log_every=1,
        evaluate_on=0,
        block_heads=2,
        keep=9,
    )


class Act(TrainerCallback):
    """Does something before the optimiser steps, or after the step."""

    def __init__(self, *, before: Callable[..., Any] | None = None, after: Callable[..., Any] | None = None) -> None:
        self.before, self.after = before, after

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        if self.before:
            self.before(state.global_step + 1, **given)

    def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        if self.after:
            self.after(state.global_step, **given)


def trained(config: RunConfig, *callbacks: Any, clips: Any = None, resume: str | None = None, **given: Any) -> GazeTrainer:
    """A run up to its end, or to what its callbacks raise."""
    trainer = make_trainer(config, build(config), clips or items(range(11)), None, **given)
    for each in callbacks:
        trainer.add_callback(each)
    trainer.train(resume_from_checkpoint=resume)
    return trainer


def gradients(model: Any) -> dict[str, Any]:
    return {name: each.grad.clone() for name, each in model.named_parameters() if each.grad is not None}


def apart(one: dict[str, Any], other: dict[str, Any]) -> float:
    assert one.keys() == other.keys()
    return max(float((one[name] - other[name]).abs().max()) for name in one)


CUTS = {"8 x 1": (8, 1), "4 x 2": (4, 2), "2 x 4": (2, 4), "1 x 8": (1, 8), "3 x 3": (3, 3)}


def first_step(config: RunConfig, make: Callable[..., Any], batch_size: int, accumulate: int) -> tuple[dict[str, Any], float]:
    """The gradient of one step over the same eight clips in the same order, and the logged loss."""
    found: dict[str, Any] = {}
    built = build(config)
    torch.nn.init.constant_(built.gaze.block.gates, 0.5)
    built.model.double()
    args = arguments(replace(config, batch_size=batch_size, accumulate=accumulate, steps=1, max_grad_norm=0.0), evaluates=False)
    args.train_sampling_strategy = "sequential"
    collate = Collator(built.processor, built.model.config)
    trainer = make(built.model, args, data_collator=collate, train_dataset=items(range(8)), gaze=built.gaze)
    trainer.add_callback(Act(before=lambda step, model, **_: found.update(gradients(model))))
    trainer.train()
    return found, trainer.state.log_history[0]["loss"]


def test_a_step_is_the_same_however_it_is_cut(config: RunConfig) -> None:
    whole, loss = first_step(config, GazeTrainer, 8, 1)
    for name, cut in CUTS.items():
        part, part_loss = first_step(config, GazeTrainer, *cut)
        assert apart(whole, part) < 1e-6 * max(1.0, *(float(each.abs().max()) for each in whole.values())), name
        assert part_loss == pytest.approx(loss, rel=1e-5), name


class GazeOnly(Trainer):
    """Somebody's own Trainer, whose text loss is nothing, so that what is left is the gaze's."""

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
        outputs = model(**inputs)
        loss = 0 * outputs["loss"]
        return (loss, outputs) if return_outputs else loss


class Own(WithGaze, GazeOnly): ...


class OwnScaled(Own):
    loss_is_scaled_for_ga = True


@pytest.mark.parametrize("own", [Own, OwnScaled], ids=["divided by the accumulation", "taken as it is"])
def test_gaze_in_an_own_trainer_is_the_same_however_a_step_is_cut(config: RunConfig, own: type) -> None:
    whole, _ = first_step(config, own, 8, 1)
    assert any(float(each.abs().max()) > 1e-3 for each in whole.values())
    for name in ("2 x 4", "3 x 3"):
        assert apart(whole, first_step(config, own, *CUTS[name])[0]) < 1e-6, name


def test_parts_of_a_batch_add_up_in_an_own_loop(config: RunConfig) -> None:
    built = build(config)
    collate = Collator(built.processor, built.model.config)
    clips = items(range(6))
    batches = [collate(clips), collate(clips[:4]), collate(clips[4:])]
    frames = batches[0]["gaze_valid"].sum()
    whole, *parts = [built.model(**built.gaze.inputs(batch)) and built.gaze.loss(batch, frames=frames) for batch in batches]
    assert float(sum(parts).detach()) == pytest.approx(float(whole.detach()), rel=1e-6)
    assert float(built.gaze.loss(batches[2]).detach()) > float(parts[1].detach())
    assert not {"gaze_target", "gaze_valid", "gaze_present", "ids"} & set(built.gaze.inputs(batches[0]))


def text_alone(number: int) -> dict[str, Any]:
    (item,) = items([number])
    return {**item, **{name: [] for name in ("images", "time_s", "gaze_px", "gaze_target", "gaze_valid", "patches")}}


WAYS_TO_LOOK = {"block": {"block_heads": 2}, "heads": {"mode": "heads"}}


@pytest.mark.parametrize("way", WAYS_TO_LOOK.values(), ids=WAYS_TO_LOOK)
def test_batches_of_text_alone_stand_among_others(config: RunConfig, way: dict[str, Any]) -> None:
    """They cost what their text does, and every trained weight has a gradient, since ranks wait for it."""
    built = build(replace(config, **way))
    collate = Collator(built.processor, built.model.config)
    seen, text = collate(items(range(2))), collate([text_alone(number) for number in range(2)])
    for batch in (seen, text, {name: value for name, value in text.items() if not name.startswith("gaze_")}):
        built.model.zero_grad()
        loss = built.model(**built.gaze.inputs(batch)).loss
        gaze = built.gaze.loss(batch)
        (loss + gaze).backward()
        assert (float(gaze.detach()) > 0) == (batch is seen)
        if built.gaze.block is not None:
            assert all(each.grad is not None for each in built.gaze.block.parameters())
    with pytest.raises(ModelError, match="last forward pass had no images"):
        _ = built.gaze.looked
    del seen["gaze_valid"]
    with pytest.raises(UsageError, match="has images and no gaze_target, gaze_valid and gaze_present; Collator makes them"):
        built.gaze.loss(seen)


def test_a_trainer_takes_batches_of_text_alone(config: RunConfig) -> None:
    clips = [*items(range(2)), text_alone(2), text_alone(3)]
    trainer = trained(replace(config, steps=2, batch_size=1), clips=clips)
    assert trainer.state.global_step == 2


@pytest.mark.parametrize("strength", [-1.0, float("nan"), float("inf")])
def test_a_strength_that_teaches_to_look_away_is_refused(strength: float) -> None:
    with pytest.raises(UsageError, match="strength must be finite and at least 0, got"):
        Gaze(None, strength=strength)


def test_targets_for_another_grid_are_refused(config: RunConfig) -> None:
    built = build(config)
    batch = Collator(built.processor, built.model.config)(items(range(2)))
    with pytest.raises(ModelError, match="had no images to look at"):
        built.gaze.loss(batch)
    built.model(**built.gaze.inputs(batch))
    other = batch | {name: batch[name][..., :9] for name in ("gaze_target", "gaze_present")}
    with pytest.raises(UsageError, match=r"looked at \[1, 1\] frames of 16 patches, the targets are for .* of 9 patches"):
        built.gaze.loss(other)


WAYS = {
    "full": {"tune": "full", "encoder": "trained"},
    "lora with dropout": {"tune": "lora"},
    "heads": {"tune": "lora", "mode": "heads"},
    "bfloat16 and checkpointing": {"tune": "lora", "precision": "bfloat16", "checkpointing": True},
    "block alone": {"tune": "block"},
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_killed_run_ends_as_an_uninterrupted_one(config: RunConfig, tmp_path: Path, way: dict[str, Any]) -> None:
    config = replace(config, **way)
    orders: dict[str, list[list[str]]] = {}

    def spying(name: str) -> Any:
        real = Collator.__call__

        def collate(self: Any, given: Any) -> Any:
            orders.setdefault(name, []).append([item["id"] for item in given])
            return real(self, given)

        return collate

    def die(step: int) -> Act:
        def after(now: int, **_: Any) -> None:
            if now == step:
                raise KilledError

        return Act(after=after)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Collator, "__call__", spying("whole"))
        trained(replace(config, out=tmp_path / "whole"))
    # 11 clips in steps of 4: epochs end within, and at, a step
    for step in (3, 4, 6):
        out = tmp_path / f"killed-{step}"
        with pytest.raises(KilledError):
            trained(replace(config, out=out), die(step))
        last = max(int(each.name.removeprefix("checkpoint-")) for each in out.glob("checkpoint-*"))
        assert last == (step - 1) // 2 * 2
        torch.manual_seed(step)  # nothing of the process that died is left
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Collator, "__call__", spying(f"after {step}"))
            trained(replace(config, out=out), resume=str(out / f"checkpoint-{last}"))
        assert orders["whole"][-len(orders[f"after {step}"]) :] == orders[f"after {step}"]
        same_files(tmp_path / "whole/checkpoint-7", out / "checkpoint-7")
        log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
        assert [line["step"] for line in log if "loss" in line] == list(range(1, 8))


class KilledError(Exception):
    """As if by kill -9: nothing more is written."""


def same_files(one: Path, other: Path) -> None:
    """Weights, block, optimiser, schedule and random state, to the last bit."""
    names = {each.name for each in one.iterdir() if each.suffix == ".safetensors"}
    assert names == {each.name for each in other.iterdir() if each.suffix == ".safetensors"}
    assert {"optimizer.safetensors", "random-0.safetensors"} < names
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_no_pickle_and_a_plain_checkpoint(config: RunConfig) -> None:
    trainer = trained(replace(config, steps=2))
    folder = config.out / "checkpoint-2"
    endings = {each.suffix for each in config.out.rglob("*") if each.is_file()}
    assert endings == {".safetensors", ".json", ".jsonl", ".jinja"}
    _, told = AutoModelForImageTextToText.from_pretrained(folder, output_loading_info=True)
    assert not any(told[name] for name in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    again = attach_saved(load_folder(str(folder), **LOADED).model, folder)
    for name, tensor in trainer.gaze.block.state_dict().items():
        assert torch.equal(again.block.state_dict()[name], tensor)


LOADED: dict[str, Any] = {"dtype": "float32", "device": "cpu", "trust_remote_code": False, "processor_options": {}}


def test_a_loss_that_is_no_number_stops_before_the_step(config: RunConfig) -> None:
    def spoil(step: int, model: Any, **_: Any) -> None:
        if step == 3:
            model.get_input_embeddings().weight.data.fill_(float("nan"))

    with pytest.raises(
        ModelError, match=r"loss of step 4 is no number \(text nan, .*; samples clip-.*last good .*checkpoint-2;"
    ):
        trained(config, Act(after=spoil))
    assert not list(config.out.glob("*.part"))


def test_a_gradient_that_is_no_number_stops_before_the_step(config: RunConfig) -> None:
    built = build(config)
    trainer = make_trainer(config, built, items(range(8)), None)
    weight = built.model.get_input_embeddings().weight
    before = weight.detach().clone()
    weight.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(ModelError, match=r"gradient of step 1 is no number; .*there is no checkpoint yet; begin anew"):
        trainer.train()
    assert torch.equal(weight, before)


@pytest.mark.parametrize("name", ["model.safetensors", "gaze_block.safetensors", "optimizer.safetensors", "trainer_state.json"])
def test_a_full_disk_leaves_the_last_good_checkpoint(config: RunConfig, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    import safetensors.torch

    from foveate.job import disk

    trained(replace(config, out=config.out.with_name("whole")))
    full = True

    def refusing(real: Callable[..., Any], at: int) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            path = str(given[at])
            if full and "checkpoint-4" in path and Path(path).name.startswith(name):
                Path(path).write_bytes(b"half")
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
            return real(*given, **named)

        return call

    monkeypatch.setattr(safetensors.torch, "save_file", refusing(safetensors.torch.save_file, 1))
    monkeypatch.setattr("transformers.modeling_utils.safe_save_file", refusing(safetensors.torch.save_file, 1))
    monkeypatch.setattr("foveate.model.attention.block.write_whole", refusing(disk.write_whole, 0))
    monkeypatch.setattr(
        "transformers.trainer_callback.TrainerState.save_to_json",
        refusing(__import__("transformers").trainer_callback.TrainerState.save_to_json, 1),
    )
    with pytest.raises(
        JobError, match=r"cannot write .*checkpoint-4: .*No space left .*last good checkpoint is .*checkpoint-2;"
    ):
        trained(config)
    assert sorted(each.name for each in config.out.iterdir()) == ["checkpoint-2", "log.jsonl"]
    full = False
    trained(config, resume=str(config.out / "checkpoint-2"))
    same_files(config.out.with_name("whole") / "checkpoint-7", config.out / "checkpoint-7")


def test_sigterm_ends_after_the_step_with_a_checkpoint(config: RunConfig) -> None:
    stop = Stop()
    told: list[str] = []

    def ask(step: int, **_: Any) -> None:
        if step == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    with stop.on_signals(told.append):
        trainer = trained(config, Act(before=ask), stop=stop)
    assert (trainer.state.global_step, stop.asked) == (3, "SIGTERM")
    assert "SIGTERM: a checkpoint is written after this step" in told[0]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    trained(replace(config, out=config.out.with_name("whole")))
    trained(config, resume=str(config.out / "checkpoint-3"))
    same_files(config.out.with_name("whole") / "checkpoint-7", config.out / "checkpoint-7")


def test_the_best_and_the_newest_checkpoints_are_kept(config: RunConfig) -> None:
    def best(step: int, **_: Any) -> None:
        if step == 2:
            trainer.state.best_global_step = 2

    built = build(config)
    trainer = make_trainer(replace(config, keep=2), built, items(range(8)), None)
    trainer.add_callback(Act(after=best))
    trainer.train()
    assert sorted(each.name for each in config.out.glob("checkpoint-*")) == ["checkpoint-2", "checkpoint-7"]
    assert Path(trainer.state.best_model_checkpoint).name == "checkpoint-2"
    with torch.no_grad():
        built.gaze.block.gates.fill_(7.0)
    trainer._load_best_model()
    saved = attach_saved(load_folder(str(config.out / "checkpoint-2"), **LOADED).model, config.out / "checkpoint-2")
    assert torch.equal(built.gaze.block.gates, saved.block.gates)


ENDINGS = {
    "the best is the last": ([1.0, 2.0, 3.0], True, 2, False),
    "one worse is not enough": ([1.0, 3.0, 2.0], True, 2, False),
    "two that are no better": ([1.0, 3.0, 3.0, 2.0], True, 2, True),
    "less is better": ([3.0, 1.0, 2.0, 2.0], False, 2, True),
    "no patience asked for": ([3.0, 2.0, 1.0, 0.0], True, 0, False),
}


@pytest.mark.parametrize(("found", "higher", "patience", "over"), ENDINGS.values(), ids=ENDINGS)
def test_when_a_run_ends_early(found: list[float], higher: bool, patience: int, over: bool) -> None:
    from transformers.trainer_callback import TrainerState

    history = [{"loss": 1.0, "step": 1}, *({"eval_rouge_l": value, "step": 1} for value in found)]
    ending = Ending(best_by="rouge_l", higher=higher, patience=patience, evaluates=True)
    assert ending.is_over(TrainerState(global_step=4, max_steps=9, log_history=history)) is over
    assert ending.is_over(TrainerState(global_step=9, max_steps=9, log_history=history))


TRAINED = {
    "lora": ({"tune": "lora"}, {"language"}),
    "lora and the encoder": ({"tune": "lora", "encoder": "trained"}, {"language", "encoder"}),
    "full": ({"tune": "full"}, {"language", "projector"}),
    "full and the encoder": ({"tune": "full", "encoder": "trained"}, {"language", "projector", "encoder"}),
    "the block alone": ({"tune": "block"}, set()),
}


@pytest.mark.parametrize(("way", "parts"), TRAINED.values(), ids=TRAINED)
def test_what_is_trained(config: RunConfig, way: dict[str, Any], parts: set[str]) -> None:
    model = build(replace(config, **way)).model
    trained_names = [name for name, each in model.named_parameters() if each.requires_grad]
    assert {part_of(name) for name in trained_names if "gaze_block" not in name} == parts
    assert any("gaze_block" in name for name in trained_names)
    assert all("lora" in name or "gaze_block" in name for name in trained_names) is (way["tune"] != "full")
    assert all(each.dtype == torch.float32 for each in model.parameters() if each.requires_grad)


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_parts_of_every_family(family: str) -> None:
    with torch.device("meta"):
        _, model = tiny.FAMILIES[family]()
    parts = {part_of(name) for name, _ in model.named_parameters()}
    assert parts == {"encoder", "projector", "language"}


def test_states_come_back_to_the_last_bit(tmp_path: Path) -> None:
    state = {
        "state": {0: {"step": torch.tensor(3.0), "sum": torch.tensor([0.1, float("nan")], dtype=torch.bfloat16)}, 7: {}},
        "groups": [{"lr": 0.1 + 0.2, "betas": (0.9, 0.999), "fused": None, "flag": True, "name": 'a"b'}],
    }
    save_state(tmp_path / "state.safetensors", state)
    again = load_state(tmp_path / "state.safetensors")
    assert again["groups"] == state["groups"]
    assert list(again["state"]) == [0, 7]
    assert torch.equal(again["state"][0]["sum"].view(torch.int16), state["state"][0]["sum"].view(torch.int16))
    assert type(again["groups"][0]["betas"]) is tuple
    with pytest.raises(ModelError, match="holds a set, which cannot be kept without pickle"):
        save_state(tmp_path / "other.safetensors", {"a": {1}})
    (tmp_path / "broken.safetensors").write_bytes(b"\x80\x04")
    with pytest.raises(ModelError, match="cannot be read as a training's state"):
        load_state(tmp_path / "broken.safetensors")


def test_whole_checkpoints_serve_any_trainer(tmp_path: Path) -> None:
    class Plain(WholeCheckpoints, Trainer): ...

    model = torch.nn.Linear(2, 1)
    model.forward = lambda x, **_: {"loss": torch.nn.Linear.forward(model, x).sum()}  # type: ignore[method-assign]
    args = TrainingArguments(str(tmp_path), max_steps=2, save_steps=1, report_to="none", disable_tqdm=True, use_cpu=True)
    Plain(model, args, train_dataset=[{"x": torch.ones(2)}] * 4).train()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["checkpoint-1", "checkpoint-2"]
    assert not list(tmp_path.rglob("*.pt")) + list(tmp_path.rglob("*.bin")) + list(tmp_path.rglob("*.pth"))


def test_errors_are_ours() -> None:
    assert issubclass(JobError, FoveateError)
