"""What every rank of tests/train/test_distributed.py runs: the same model and its own part of one batch, over gloo."""

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from foveate.model.torchvision_ops import ensure_operators

ensure_operators()

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.distributed as dist  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from torch import nn  # noqa: E402

from foveate.train.builtin import architecture  # noqa: E402
from foveate.train.gaze import Gaze  # noqa: E402

RANKS = 2
ROWS = range(4)
"""Of the joined batch; each rank has half of them."""
VALID = {"unequal": (3, 1), "none on one rank": (2, 0)}
"""Frames with gaze on either rank, of four."""
MODES = ("block", "heads")
ANSWERED = (2, 2, 4, 4)
"""Tokens of each row that are an answer's."""


def make(mode: str) -> tuple[Gaze, nn.Module, Any]:
    """A small model with random weights, a block with open gates, and a processor; the same in every process."""
    torch.set_num_threads(1)
    processor = architecture.make_processor()
    model = architecture.make_model(processor.tokenizer, seed=0)
    for parameter in model.parameters():
        parameter.data.mul_(3)  # larger than the initial ones: attention is then not nearly even
    torch.manual_seed(1)
    options = {"heads": 2} if mode == "block" else {"layers": [1]}
    gaze = Gaze(model, strength=3.0, mode=mode, **options)  # type: ignore[arg-type]
    if gaze.block is not None:
        for parameter in gaze.block.parameters():
            parameter.data.mul_(3)
        torch.nn.init.constant_(gaze.block.gates, 0.5)
    return gaze, model.double(), processor  # so that what differs is no rounding


def make_batch(processor: Any, rows: Sequence[int], valid: tuple[int, int]) -> dict[str, Any]:
    """Some rows of the joined batch: two frames each, targets on their patches, the last words as the answer."""
    frames = [
        [np.random.default_rng([row, frame]).integers(0, 255, (96, 96, 3), dtype=np.uint8) for frame in range(2)]
        for row in rows
    ]
    turn = [{"role": "user", "content": [{"type": "image"}] * 2 + [{"type": "text", "text": "what is the person doing?"}]}]
    text = processor.apply_chat_template(turn, add_generation_prompt=True)
    batch = dict(processor(text=[text] * len(rows), images=frames, return_tensors="pt"))
    labels = torch.full_like(batch["input_ids"], -100)
    for place, row in enumerate(rows):
        labels[place, -ANSWERED[row] :] = batch["input_ids"][place, -ANSWERED[row] :]
    with_gaze = [row // 2 < len(valid) and (row % 2) * 2 + frame < valid[row // 2] for row in rows for frame in range(2)]
    target = torch.zeros(len(rows), 2, 16)
    for place, row in enumerate(rows):
        target[place, torch.arange(2), torch.tensor([row, row + 5])] = 1
    return {
        **batch,
        "pixel_values": batch["pixel_values"].double(),
        "labels": labels,
        "gaze_target": target,
        "gaze_valid": torch.tensor(with_gaze).view(len(rows), 2),
        "gaze_present": torch.ones(target.shape, dtype=torch.bool),
    }


def part_of_loss(model: nn.Module, gaze: Gaze, batch: dict[str, Any], *, tokens: int, frames: int) -> torch.Tensor:
    """What a batch adds to the loss of a step with so many answered tokens and frames with gaze."""
    text = model(**gaze.inputs(batch), num_items_in_batch=tokens).loss
    both: torch.Tensor = text + gaze.loss(batch, frames=frames)
    return both


def run_rank(rank: int, folder: str) -> None:
    """One rank: for every case, its part of the loss summed over ranks, and the gradients, written by rank 0."""
    told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": RANKS, "LOCAL_WORLD_SIZE": RANKS, "MASTER_ADDR": "127.0.0.1"}
    os.environ |= {name: str(value) for name, value in told.items()}  # as torchrun tells the Trainer
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=RANKS, timeout=timedelta(seconds=300)
    )
    for name, (wrap, mode, valid) in CASES.items():
        gaze, plain, processor = make(mode)
        model = WRAPPERS[wrap](plain, gaze)
        batch = make_batch(processor, [row for row in ROWS if row // 2 == rank], VALID[valid])
        loss = part_of_loss(model, gaze, batch, tokens=sum(ANSWERED), frames=sum(VALID[valid]))
        (RANKS * loss).backward()  # both wrappers average gradients over ranks
        found = {"loss": loss.detach()}
        dist.all_reduce(found["loss"])
        found.update({key: _whole(parameter) for key, parameter in plain.named_parameters() if parameter.grad is not None})
        if rank == 0:
            save_file(found, Path(folder, f"{name}.safetensors"))
    for mode in MODES:
        trained = train(mode, folder, batch_size=len(ROWS) // RANKS)
        if rank == 0:
            save_file(trained, Path(folder, f"trained-{mode}.safetensors"))
    dist.destroy_process_group()


def train(mode: str, folder: str, *, batch_size: int) -> dict[str, torch.Tensor]:
    """The weights after two steps of GazeTrainer, alone or as one of the ranks, on the same rows in either way."""
    from transformers import TrainingArguments

    from foveate.train.trainer import GazeTrainer

    gaze, model, processor = make(mode)
    arguments = TrainingArguments(
        folder,
        max_steps=2,
        per_device_train_batch_size=batch_size,
        max_grad_norm=0.0,
        use_cpu=True,
        dataloader_pin_memory=False,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    trainer = GazeTrainer(
        model,
        arguments,
        data_collator=lambda rows: make_batch(processor, rows, VALID["unequal"]),
        train_dataset=[*ROWS, *ROWS],  # type: ignore[arg-type]  # anything with a length and items
        gaze=gaze,
        # steps in proportion to gradients: one that is twice as large in one rank's share shows
        optimizers=(torch.optim.SGD(model.parameters(), lr=0.01), None),
    )
    trainer.train()
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def _whole(parameter: Any) -> torch.Tensor:
    grad = parameter.grad
    full: torch.Tensor = grad.full_tensor() if hasattr(grad, "full_tensor") else grad
    return full.contiguous()


def _ddp(model: nn.Module, gaze: Gaze) -> nn.Module:
    return nn.parallel.DistributedDataParallel(model)


def _fsdp(model: nn.Module, gaze: Gaze) -> nn.Module:
    """Every layer of the language model, the block as a whole, and the rest."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh("cpu", (RANKS,))
    parts = [*model.get_submodule("model.language_model.layers").children(), *([gaze.block] if gaze.block is not None else [])]
    for part in [*parts, model]:
        fully_shard(part, mesh=mesh)
    return model


WRAPPERS = {"ddp": _ddp, "fsdp": _fsdp}
CASES = {
    "ddp": ("ddp", "block", "unequal"),
    "ddp-no-gaze-on-one-rank": ("ddp", "block", "none on one rank"),
    "ddp-heads": ("ddp", "heads", "unequal"),
    "fsdp": ("fsdp", "block", "unequal"),
    "fsdp-heads": ("fsdp", "heads", "unequal"),
}
"""Name -> wrapper, mode of Gaze, key of VALID."""
