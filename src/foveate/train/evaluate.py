"""How good a model in training is on clips it is not trained on: the text that it writes, and where it looks.

Text is generated, token after token, as in use; nothing is scored teacher-forced but ``loss``, which is the training's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from foveate.errors import ModelError
from foveate.model.attention import Looked
from foveate.model.hf_inputs import InputMaker
from foveate.score import Score, Scorer
from foveate.train.collate import prompt_of
from foveate.train.gaze import NOT_FOR_THE_MODEL, TARGET, VALID, Gaze
from foveate.train.metrics import Row, frame_scores, mean_over_frames
from foveate.train.sheet import SheetRow, sheet_frames, write_sheet

ON_SHEET = 6
"""Samples on the contact sheet of an evaluation."""


class Clips(Protocol):
    """What is evaluated on: items as those of a ShardDataset."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Told:
    """What came of one clip."""

    place: int
    """In the clips."""
    loss: float
    """Sum over its tokens."""
    tokens: int
    rows: tuple[Row, ...]
    """Of each of its frames."""
    hypothesis: str
    reference: str


@dataclass(frozen=True)
class Alone:
    """What an evaluation asks of a Trainer's accelerator, for one process."""

    device: Any
    num_processes: int = 1
    process_index: int = 0


@dataclass(frozen=True)
class Evaluation:
    """What to evaluate on, and how."""

    clips: Clips
    count: int
    """So many of them, spread evenly: clips of one recording lie side by side."""
    collate: Any
    """A Collator."""
    maker: InputMaker
    """Of the same processor."""
    scorers: Mapping[str, Scorer]
    """Name -> score of the text."""
    batch_size: int
    max_new_tokens: int

    @property
    def places(self) -> list[int]:
        """Which of the clips: so many at even distances."""
        count = min(self.count, len(self.clips))
        return [place * len(self.clips) // count for place in range(count)]

    def run(self, model: Any, gaze: Gaze | None, *, accelerator: Any, sheet: Path | None, title: str) -> dict[str, float]:
        """Evaluate on all ranks together.

        Args:
            model: in whatever mode; it is put back into training.
            gaze: attached to it; None for a stock model: there is then no attention to score or to draw.
            accelerator: of the Trainer: device and ranks.
            sheet: where the contact sheet goes; None for none. The first rank draws it.
            title: of the sheet.

        Returns:
            Name -> number: ``loss``, the scores of the text, and ``gaze_`` with the names of ``score.on_gaze``; what has no
            score is not in it.
        """
        return self._means(self.tell(model, gaze, accelerator=accelerator, sheet=sheet, title=title))

    def tell(
        self, model: Any, gaze: Gaze | None, *, accelerator: Any, sheet: Path | None = None, title: str = ""
    ) -> "list[Told]":
        """The same, clip by clip, in order of their places."""
        chosen, count = self.places, len(self.places)
        ranks, rank = accelerator.num_processes, accelerator.process_index
        # every rank runs as often as the others: models that are spread over ranks wait for each other
        mine = [chosen[number % count] for number in range(rank, -(-count // ranks) * ranks, ranks)]
        told: list[Told] = []
        drawn: list[SheetRow] = []
        was_training = model.training
        model.eval()
        with torch.no_grad():
            for start in range(0, len(mine), self.batch_size):
                places = mine[start : start + self.batch_size]
                found, rows = self._batch(model, gaze, places, device=accelerator.device, draw=ON_SHEET - len(drawn))
                told += found
                drawn += rows
        model.train(was_training)
        if sheet is not None and drawn and rank == 0:
            write_sheet(drawn, sheet, title=title)
        everything = {each.place: each for each in _gathered(accelerator, told)}
        return [everything[place] for place in sorted(everything)]

    def _batch(
        self, model: Any, gaze: Gaze | None, places: Sequence[int], *, device: torch.device, draw: int
    ) -> tuple[list[Told], list[SheetRow]]:
        items = [self.clips[place] for place in places]
        batch = {name: _on(device, value) for name, value in self.collate(items).items()}
        given = _given(gaze, batch)
        logits = model(**given)["logits"]
        looked = None if gaze is None else gaze.looked
        losses = _losses(logits, given["labels"])
        texts = self._written(model, gaze, items, device)
        told, drawn = [], []
        for row, (place, item, text) in enumerate(zip(places, items, texts, strict=True)):
            scores: list[Row] = []
            if gaze is not None and looked is not None:
                part = slice(row, row + 1)
                one = Looked(looked.attention[part], looked.present[part])
                where = {"places": [item["patches"]], "sizes_px": [[image.shape[:2] for image in item["images"]]]}
                scores = frame_scores(one, batch[TARGET][part], batch[VALID][part], smoothing=gaze.smoothing, **where)
            told.append(Told(place, *losses[row], tuple(scores), text, item["reference"]))
            if looked is not None and row < draw:
                target, valid = (batch[name].cpu().numpy() for name in (TARGET, VALID))
                frames = sheet_frames(looked, target, valid, row, item["images"], item["patches"])
                drawn.append(SheetRow(item["id"], frames, text, item["reference"]))
        return told, drawn

    def _written(self, model: Any, gaze: Gaze | None, items: Sequence[Mapping[str, Any]], device: torch.device) -> list[str]:
        """What the model answers to each, decoded greedily."""
        made = self.maker.make([prompt_of(item) for item in items], name=str(self.maker.config.model_type))
        inputs = {name: _on(device, value) for name, value in _given(gaze, made).items()}
        output = model.generate(**inputs, do_sample=False, num_beams=1, max_new_tokens=self.max_new_tokens, use_cache=True)
        new = output[:, inputs["input_ids"].shape[1] :]
        return [text.strip() for text in self.maker.processor.batch_decode(new, skip_special_tokens=True)]

    def _means(self, told: Sequence[Told]) -> dict[str, float]:
        found = {"loss": sum(each.loss for each in told) / max(1, sum(each.tokens for each in told))}
        for name, scorer in self.scorers.items():
            scores = scorer([each.hypothesis for each in told], [each.reference for each in told])
            if (mean := _mean(scores)) is not None:
                found[name] = mean
        rows = [row for each in told for row in each.rows]
        return found | (mean_over_frames(rows).to_log("gaze_") if rows else {})


def _given(gaze: Gaze | None, batch: Mapping[str, Any]) -> dict[str, Any]:
    """What a model takes of a batch, with gaze attached or without."""
    if gaze is not None:
        return gaze.inputs(batch)
    return {name: value for name, value in batch.items() if name not in NOT_FOR_THE_MODEL}


def _losses(logits: torch.Tensor, labels: torch.Tensor) -> list[tuple[float, int]]:
    """Of each row of a batch: the sum over its tokens, and how many there are."""
    wanted = labels[:, 1:]
    each = torch.nn.functional.cross_entropy(logits[:, :-1].float().transpose(1, 2), wanted, reduction="none")
    if not bool(torch.isfinite(each).all()):
        raise ModelError("the model's loss on the validation side is no number; begin anew with a lower learning rate")
    return list(zip(each.sum(dim=1).tolist(), (wanted != -100).sum(dim=1).tolist(), strict=True))


def _mean(scores: Sequence[Score]) -> float | None:
    values = [score.value for score in scores if score.value is not None]
    return sum(values) / len(values) if values else None


def _gathered(accelerator: Any, told: list[Told]) -> list[Told]:
    if accelerator.num_processes == 1:
        return told
    from accelerate.utils import gather_object

    gathered: list[Told] = gather_object(told)
    return gathered


def _on(device: torch.device, value: Any) -> Any:
    return value.to(device) if isinstance(value, torch.Tensor) else value
