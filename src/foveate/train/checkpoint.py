"""Checkpoints that are there whole or not at all, and hold no pickle: a mixin for subclasses of transformers' Trainer.

The Trainer writes into a checkpoint's final folder, file by file, and keeps optimiser, schedule, random state and arguments
with torch.save. Here a checkpoint is written into ``checkpoint-N.part``, put on the disk, and renamed; states are safetensors.
What FSDP and DeepSpeed write of their own stays theirs.

Weights are read back as ``from_pretrained`` reads them. The Trainer takes the names in the file for the model's own, which they
are not in families whose modules were renamed since (Qwen2.5-VL): it leaves those weights as they are, and warns in its log.
"""

import os
import shutil
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from foveate.errors import JobError, ModelError
from foveate.job.disk import sync_folder, sync_tree
from foveate.model.hf_load import one_line
from foveate.model.torchvision_ops import ensure_operators
from foveate.train.state_file import load_state, random_state, save_state, set_random_state

ensure_operators()

from transformers import PreTrainedModel, Trainer  # noqa: E402
from transformers.trainer import TRAINING_ARGS_NAME  # noqa: E402
from transformers.trainer_callback import ExportableState  # noqa: E402
from transformers.trainer_utils import get_last_checkpoint  # noqa: E402

__all__ = ["Trainer", "WholeCheckpoints"]

STATE = "trainer_state.json"
OPTIMIZER = "optimizer.safetensors"
SCALER = "scaler.safetensors"
PART = ".part"


class WholeCheckpoints(Trainer):  # type: ignore[misc]
    """May stand left of another Trainer among a class's bases."""

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        run = Path(self._get_output_dir(trial=trial))
        final = run / f"checkpoint-{self.state.global_step}"
        part = final.with_name(f"{final.name}{PART}")
        self.store_flos()
        try:
            if self.args.should_save:
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir(parents=True)
            self.accelerator.wait_for_everyone()
            self._write_checkpoint(part)
            self.accelerator.wait_for_everyone()
            if self.args.should_save:
                self._write_state(part, run)
                sync_tree(part)
                shutil.rmtree(final, ignore_errors=True)
                os.replace(part, final)
                sync_folder(run)
                self._forget_old(run)
        except (OSError, SafetensorError) as error:
            shutil.rmtree(part, ignore_errors=True)
            raise JobError(
                f"cannot write {final}: {one_line(error)}; {self.last_good()}; "
                "make room or make it writable, then run the same command again"
            ) from error

    def last_good(self) -> str:
        """For messages: which checkpoint a training would go on from."""
        last = get_last_checkpoint(self.args.output_dir) if os.path.isdir(self.args.output_dir) else None
        return f"the last good checkpoint is {last}" if last else "there is no checkpoint yet"

    def _write_checkpoint(self, part: Path) -> None:
        self.save_model(str(part), _internal_call=True)
        if not self.args.save_only_model:
            self._save_optimizer_and_scheduler(str(part))
            self._save_scaler(str(part))
            self._save_rng_state(str(part))

    def _write_state(self, part: Path, run: Path) -> None:
        """Steps, log and best evaluation, as the Trainer keeps them."""
        if self.state.best_global_step:
            best = run / f"checkpoint-{self.state.best_global_step}"
            if best.is_dir() or best.name == part.stem:
                self.state.best_model_checkpoint = str(best)
        for callback in [*self.callback_handler.callbacks, self.control]:
            if isinstance(callback, ExportableState):
                self.state.stateful_callbacks[type(callback).__name__] = callback.state()
        self.state.save_to_json(str(part / STATE))

    def _forget_old(self, run: Path) -> None:
        """Delete all but the newest ``save_total_limit`` checkpoints; the best one counts among them and stays."""
        if not self.args.save_total_limit:
            return
        best = Path(self.state.best_model_checkpoint or "none").name
        names = [each for each in run.glob("checkpoint-*") if each.name.removeprefix("checkpoint-").isdigit()]
        newest = sorted(names, key=lambda each: int(each.name.removeprefix("checkpoint-")), reverse=True)
        spare = [each for each in newest[1:] if each.name != best]
        kept = self.args.save_total_limit - (len(newest) - len(spare))
        for old in spare[max(kept, 0) :]:
            shutil.rmtree(old, ignore_errors=True)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        super()._save(output_dir, state_dict)
        if self.args.should_save:
            Path(output_dir or self.args.output_dir, TRAINING_ARGS_NAME).unlink(missing_ok=True)  # a pickle that nobody reads

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        if self.is_fsdp_enabled or self.is_deepspeed_enabled:
            super()._save_optimizer_and_scheduler(output_dir)
        elif self.args.should_save:
            state = {"optimizer": self.optimizer.state_dict(), "schedule": self.lr_scheduler.state_dict()}
            save_state(Path(output_dir, OPTIMIZER), state)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is None or self.is_fsdp_enabled or self.is_deepspeed_enabled:
            super()._load_optimizer_and_scheduler(checkpoint)
            return
        state = load_state(Path(checkpoint, OPTIMIZER))
        self.optimizer.load_state_dict(state["optimizer"])
        self.lr_scheduler.load_state_dict(state["schedule"])

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        if not self._load_plain(resume_from_checkpoint):
            super()._load_from_checkpoint(resume_from_checkpoint, model)

    def _load_best_model(self) -> None:
        if not self._load_plain(self.state.best_model_checkpoint):
            super()._load_best_model()

    def _load_plain(self, folder: str) -> bool:
        """Read the weights of a checkpoint into a plain model; False where it is spread over ranks, or has adapters."""
        if not isinstance(self.model, PreTrainedModel) or self.is_fsdp_enabled or self.is_deepspeed_enabled:
            return False
        saved, told = type(self.model).from_pretrained(
            folder, dtype=self.model.dtype, use_safetensors=True, local_files_only=True, output_loading_info=True
        )
        found = self.model.load_state_dict(saved.state_dict(), strict=False)
        apart = set(self.model._keys_to_ignore_on_save or ())  # kept elsewhere, such as an attention block
        if wrong := [*told["missing_keys"], *(set(found.missing_keys) - apart), *found.unexpected_keys]:
            raise ModelError(f"the weights in {folder} are not this model's ({', '.join(sorted(wrong)[:3])} ...); delete it")
        return True

    def _save_scaler(self, output_dir: str) -> None:
        scaler = getattr(self.accelerator, "scaler", None)
        if scaler is not None and self.args.should_save:
            save_state(Path(output_dir, SCALER), scaler.state_dict())

    def _load_scaler(self, checkpoint: str | None) -> None:
        scaler = getattr(self.accelerator, "scaler", None)
        if checkpoint is not None and scaler is not None:
            scaler.load_state_dict(load_state(Path(checkpoint, SCALER)))

    def _save_rng_state(self, output_dir: str) -> None:
        save_state(self._random_file(output_dir), random_state())

    def _load_rng_state(self, checkpoint: str | None) -> None:
        if checkpoint is not None:
            set_random_state(load_state(self._random_file(checkpoint)))

    def _random_file(self, folder: str) -> Path:
        return Path(folder, f"random-{self.args.process_index}.safetensors")
