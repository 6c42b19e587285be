"""Training with gaze through transformers' Trainer: a mixin for anybody's own subclass, and the one of ``foveate train``.

    class MyTrainer(WithGaze, Trainer): ...

    MyTrainer(model, arguments, data_collator=Collator(processor, model.config), train_dataset=..., gaze=Gaze(model)).train()

Sums are those of the whole step: the text's loss is a mean over its tokens, the gaze's over its frames, however a step is cut
into forward passes (accumulation) and spread over ranks.
"""

import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from foveate.errors import ModelError, UsageError
from foveate.train.checkpoint import Trainer, WholeCheckpoints
from foveate.train.evaluate import Evaluation
from foveate.train.gaze import VALID, Gaze
from foveate.train.throughput import Throughput

IGNORED = -100
BEGIN_ANEW = "begin anew with a lower learning rate or strength"


class ExactSteps(Trainer):  # type: ignore[misc]
    """A step's text loss is the mean over its tokens, for every model, and a step whose gradient is no number is not taken.

    The Trainer divides by the tokens of a step only for models that take the count themselves, which most vision-language
    models do not: of others it averages means, so that a short answer in a batch of its own weighs more.
    """

    loss_is_scaled_for_ga = True

    def get_batch_samples(self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device) -> tuple[list[Any], Any]:
        """The step's batches, and how many tokens they teach on all ranks."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        return batches, over_ranks(self, sum((_taught(batch) for batch in batches), torch.tensor(0)))

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The model's mean over a batch as its share of the mean over the step."""
        outputs = model(**inputs)
        loss = outputs["loss"]
        if num_items_in_batch is not None:
            # times the ranks, since these average their gradients
            loss = loss * (_taught(inputs) / num_items_in_batch * self.args.world_size)
        return (loss, outputs) if return_outputs else loss

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> Any:
        norm = super()._get_grad_norm(model, grad_norm)
        scaled = getattr(self.accelerator, "scaler", None) is not None  # float16: a scaler skips such steps by itself
        if not scaled and not math.isfinite(norm):
            raise ModelError(
                f"the gradient of step {self.state.global_step + 1} is no number; no weight was changed by it; "
                f"{_goes_on_from(self)}; {BEGIN_ANEW}"
            )
        return norm


class WithGaze(Trainer):  # type: ignore[misc]
    """Adds the gaze loss to a Trainer; stands left of it among a class's bases, and takes one argument more, ``gaze``.

    Beside the loss it saves the block with every checkpoint and reads it back, and logs the gaze loss as ``gaze_loss``.
    """

    def __init__(self, *args: Any, gaze: Gaze, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.args.n_gpu > 1:
            raise UsageError(
                f"{self.args.n_gpu} GPUs in one process would each train a copy of the model; start one process for each with "
                "torchrun --nproc-per-node, or name one: CUDA_VISIBLE_DEVICES=0"
            )
        self.gaze = gaze
        self.args.remove_unused_columns = False  # the Trainer would drop all that its model does not take: images, targets
        self._gaze_frames: Tensor | None = None
        self._gaze_losses: list[Tensor] = []
        self._gaze_steps = 0

    def get_batch_samples(self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device) -> tuple[list[Any], Any]:
        """The Trainer's; counts the step's frames with gaze beside its tokens."""
        batches, items = super().get_batch_samples(epoch_iterator, num_batches, device)
        self._gaze_frames = over_ranks(self, sum((batch[VALID].sum() for batch in batches if VALID in batch), torch.tensor(0)))
        self._gaze_steps += 1
        return batches, items

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The Trainer's own loss, whatever it is, and the gaze loss."""
        text, outputs = super().compute_loss(model, self.gaze.inputs(inputs), True, num_items_in_batch)
        gaze = self.gaze.loss(inputs, frames=self._gaze_frames if model.training else None)
        self._check_finite(text, gaze, inputs)
        if model.training:
            self._gaze_losses.append(gaze.detach())
            # ranks average their gradients and some losses are divided by the accumulation after this: undone for a sum
            gaze = gaze * self.args.world_size
            if not self._is_scaled(num_items_in_batch):
                gaze = gaze * self.current_gradient_accumulation_steps
        loss = text + gaze
        return (loss, outputs) if return_outputs else loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """The Trainer's, with the mean gaze loss of the steps since the last line."""
        if "loss" in logs and self._gaze_losses:
            logs["gaze_loss"] = float(over_ranks(self, torch.stack(self._gaze_losses).sum())) / self._gaze_steps
            self._gaze_losses, self._gaze_steps = [], 0
        super().log(logs, start_time)

    def _is_scaled(self, items: Any) -> bool:
        """Whether ``training_step`` takes a loss as it is, and does not divide it by the accumulation."""
        if self.loss_is_scaled_for_ga is not None:
            return bool(self.loss_is_scaled_for_ga)
        return (self.model_accepts_loss_kwargs and items is not None) or self.compute_loss_func is not None

    def _check_finite(self, text: Tensor, gaze: Tensor, inputs: dict[str, Any]) -> None:
        """Before the backward pass, so that no weight is touched."""
        text, gaze = text.detach(), gaze.detach()
        if bool(torch.isfinite(text + gaze)):
            return
        raise ModelError(
            f"the loss of step {self.state.global_step + 1} is no number (text {float(text):.4g}, gaze {float(gaze):.4g}; "
            f"samples {', '.join(map(str, inputs.get('ids', ['unknown'])))}); no weight was changed by it; "
            f"{_goes_on_from(self)}; {BEGIN_ANEW}"
        )

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        super()._save(output_dir, state_dict)
        if self.args.should_save:
            self.gaze.save(output_dir or self.args.output_dir)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        self.gaze.load(resume_from_checkpoint)

    def _load_best_model(self) -> None:
        super()._load_best_model()
        self.gaze.load(self.state.best_model_checkpoint)


class GazeTrainer(WithGaze, ExactSteps, WholeCheckpoints):
    """The Trainer of ``foveate train``: gaze, exact steps, whole checkpoints without pickle, and generated text scored."""

    def __init__(self, *args: Any, evaluation: Evaluation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.control: Any
        self.evaluation = evaluation
        self.throughput = Throughput()
        self._worked_since_s: float | None = None

    def get_batch_samples(self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device) -> tuple[list[Any], Any]:
        """The step's batches, and how long they were waited for."""
        began_s = time.perf_counter()
        if self._worked_since_s is not None:
            self.throughput.worked_s += began_s - self._worked_since_s
        found = super().get_batch_samples(epoch_iterator, num_batches, device)
        self._worked_since_s = time.perf_counter()
        self.throughput.waited_s += self._worked_since_s - began_s
        self.throughput.clips += sum(len(batch["labels"]) for batch in found[0])
        return found

    def evaluate(self, *args: Any, metric_key_prefix: str = "eval", **kwargs: Any) -> dict[str, float]:
        """As ``Evaluation.run`` says, with a contact sheet in the run folder."""
        if self.evaluation is None:
            return dict(super().evaluate(*args, metric_key_prefix=metric_key_prefix, **kwargs))
        step = self.state.global_step
        sheet = Path(self.args.output_dir) / f"sheet-{step}.png"
        model = self.model_wrapped if self.is_fsdp_enabled else self.model
        found = self.evaluation.run(model, self.gaze, accelerator=self.accelerator, sheet=sheet, title=f"step {step}")
        metrics = {f"{metric_key_prefix}_{name}": value for name, value in found.items()}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        self._worked_since_s = None
        return metrics

    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:
        """The best so far is kept: a checkpoint is written of it."""
        name = f"eval_{self.args.metric_for_best_model}"
        if name not in metrics:
            there = ", ".join(each.removeprefix("eval_") for each in metrics if each != "epoch")
            raise UsageError(f"this evaluation has no {name.removeprefix('eval_')} to choose the best by; it has: {there}")
        is_best = bool(super()._determine_best_metric(metrics, trial))
        self.control.should_save |= is_best
        return is_best


def over_ranks(trainer: Trainer, count: Tensor) -> Tensor:
    """The sum of a number over all ranks."""
    total: Tensor = trainer.accelerator.reduce(count.to(trainer.args.device), reduction="sum")
    return total


def _taught(batch: Mapping[str, Any]) -> Tensor:
    """How many tokens of a batch are predicted: the first of a row never is."""
    count: Tensor = (batch["labels"][:, 1:] != IGNORED).sum()
    return count


def _goes_on_from(trainer: Trainer) -> str:
    if isinstance(trainer, WholeCheckpoints):
        return trainer.last_good()
    return f"its checkpoints are in {trainer.args.output_dir}"
