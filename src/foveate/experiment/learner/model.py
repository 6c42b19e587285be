"""The learner: frozen tokens, a connector with a little sight of its surroundings, the attention block, and a language model.

What reaches the language model of a frame is little: four pooled tokens, and what the block found. So where it looks decides.
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from foveate.experiment.learner.protocol import GRID, WIDTH
from foveate.model.attention import PatchAttention
from foveate.model.builtin import FOLDER, INSTRUCTIONS
from foveate.train.builtin.architecture import ANSWER, END, make_tokenizer
from foveate.train.builtin.batches import IGNORED, PROMPT_OF_TASK

POOL, FINE_POOL = 6, 3
"""A frame's patches reach the language model as means of squares of so many on a side: 4 tokens, or 16 where its own attention
is to be told where to look."""
PATCHES = GRID * GRID


@dataclass(frozen=True)
class Told:
    """What the learner makes of a batch."""

    logits: Float[Tensor, "clips answer words"]
    """Of every token of the answer, each after the right ones before it."""
    attention: Float[Tensor, "clips frames patches"] | None
    """Where it looked; None without a block."""
    hidden: Float[Tensor, "clips width"]
    """What the language model holds when it begins to answer."""


class Connector(nn.Module):
    """Frozen tokens to tokens of the language model: a linear map, and two small convolutions beside it.

    The encoder saw every tile for itself; with these a token knows what is next to it, such as a hand beside an object.
    """

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.straight, self.beside = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.near = nn.ModuleList(nn.Conv2d(WIDTH, WIDTH, 3, padding=1, groups=WIDTH) for _ in range(2))
        nn.init.zeros_(self.beside.weight)
        nn.init.zeros_(self.beside.bias)

    def forward(self, features: Float[Tensor, "clips frames patches width"]) -> Float[Tensor, "clips frames patches width"]:
        mapped = self.straight(self.norm(features))
        around = mapped.flatten(0, 1).transpose(1, 2).unflatten(2, (GRID, GRID))
        for convolution in self.near:
            around = functional.gelu(convolution(around))
        found: Tensor = mapped + self.beside(around.flatten(2).transpose(1, 2)).view_as(mapped)
        return found


class Learner(nn.Module):
    """Reads frames and says what is done; its language model and tokenizer are the built-in model's."""

    def __init__(self, block: PatchAttention | None = None, *, fine: bool = False) -> None:
        """Make one, with the built-in model's language model and everything else at random.

        Args:
            block: between connector and language model.
            fine: whether frames reach the language model as more tokens, and its own attention to them is told.
        """
        super().__init__()
        from transformers import AutoModelForImageTextToText

        # eager, since the weights of fused attention cannot be read; at this size it costs little
        own = {"attn_implementation": "eager"} if fine else {}
        whole: Any = AutoModelForImageTextToText.from_pretrained(FOLDER, dtype=torch.float32, **own)
        self.fine, self.pool = fine, FINE_POOL if fine else POOL
        self.language, self.head = whole.model.language_model, whole.lm_head
        self.connector, self.block = Connector(), block
        self.tokenizer = make_tokenizer()
        self._prompts = {
            task: torch.tensor(self.tokenizer(INSTRUCTIONS[name] + ANSWER)["input_ids"])
            for task, name in PROMPT_OF_TASK.items()
        }

    def forward(
        self,
        features: Float[Tensor, "clips frames patches width"],
        task: str,
        answers: Int[Tensor, "clips answer"],
        *,
        pointed: Float[Tensor, "clips frames patches"] | None = None,
        words: Float[Tensor, "clips words width"] | None = None,
    ) -> Told:
        """Read clips of one task.

        Args:
            features: of the frozen encoder.
            task: activity or future.
            answers: tokens of the right answers, then IGNORED.
            pointed: weights on the patches that stand in for the block's, where the model is told where to look.
            words: embeddings that stand before the prompt, such as gaze in words.
        """
        read, place, attention = self.read(features, task, pointed, words)
        spoken = self.language.embed_tokens(answers.clamp(min=0)[:, :-1])
        embedded = torch.cat([read, spoken], dim=1)
        after = place[:, -1:] + torch.arange(1, spoken.shape[1] + 1)
        positions = torch.cat([place, after], dim=1)[:, None].expand(3, len(embedded), -1)
        out = self.language(inputs_embeds=embedded, position_ids=positions, use_cache=False, output_attentions=self.fine)
        hidden = out.last_hidden_state[:, read.shape[1] - 1 :]
        if self.fine:
            attention = _of_frames(out.attentions, answers, features.shape[1], (GRID // self.pool) ** 2)
        return Told(self.head(hidden).float(), attention, hidden[:, 0].float())

    def read(
        self, features: Tensor, task: str, pointed: Tensor | None = None, words: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """What stands before the answer: embeddings (clips, length, width), their positions (3, length), and attention."""
        clips, frames = features.shape[:2]
        tokens, attention = self.connector(features.float()), pointed
        found: Tensor | None = None
        if pointed is not None:
            found = (pointed[..., None].to(tokens.dtype) * tokens).sum(dim=2, keepdim=True)
        elif self.block is not None:
            looked = self.block(tokens)
            tokens, found, attention = looked.tokens[:, :, :PATCHES], looked.tokens[:, :, PATCHES:], looked.attention
        grid = tokens.flatten(0, 1).transpose(1, 2).unflatten(2, (GRID, GRID))
        pooled = functional.avg_pool2d(grid, self.pool).flatten(2).transpose(1, 2).reshape(clips, frames, -1, WIDTH)
        shown = pooled if found is None else torch.cat([pooled, found.to(pooled.dtype)], dim=2)
        prompt = self.language.embed_tokens(self._prompts[task]).expand(clips, -1, -1)
        parts = [shown.flatten(1, 2).to(prompt.dtype), prompt]
        if words is not None:
            parts.insert(1, words.to(prompt.dtype))
        read = torch.cat(parts, dim=1)
        return read, _positions(frames, pooled.shape[2], shown.shape[2] - pooled.shape[2], read.shape[1]), attention

    @torch.inference_mode()
    def generate(self, read: Tensor, place: Tensor, *, longest: int = 14) -> list[str]:
        """Greedy answers to what was read, token after token."""
        end = self.tokenizer.convert_tokens_to_ids(END)
        cache, embedded, at = None, read, place
        said: list[Tensor] = []
        for _ in range(longest):
            positions = at[:, None].expand(3, len(read), -1)
            out = self.language(inputs_embeds=embedded, position_ids=positions, use_cache=True, past_key_values=cache)
            token = self.head(out.last_hidden_state[:, -1]).argmax(dim=-1)
            said.append(token)
            cache, embedded, at = out.past_key_values, self.language.embed_tokens(token[:, None]), at[:, -1:] + 1
            if bool(torch.stack(said).eq(end).any(dim=0).all()):
                break
        rows = torch.stack(said, dim=1).tolist()
        cut = [row[: row.index(end)] if end in row else row for row in rows]
        return [text.strip() for text in self.tokenizer.batch_decode(cut, skip_special_tokens=True)]

    def answers(self, texts: list[str]) -> Int[Tensor, "clips answer"]:
        """Right answers as tokens, END at the end, then IGNORED."""
        tokens = self.tokenizer([text + END for text in texts])["input_ids"]
        longest = max(map(len, tokens))
        return torch.tensor([[*row, *[IGNORED] * (longest - len(row))] for row in tokens])


def _of_frames(attentions: tuple[Tensor, ...], answers: Tensor, frames: int, patches: int) -> Tensor:
    """How the attention from the answer's tokens divides over each frame's tokens, (clips, frames, patches).

    The mean over tokens, heads and layers of the language model, and then a frame's shares of what it has of that: a head that
    hardly looks at a frame hardly counts there.
    """
    rows = torch.stack([rows[..., -answers.shape[1] :, : frames * patches].float().mean(dim=1) for rows in attentions]).mean(
        dim=0
    )
    spoken = (answers != IGNORED).to(rows.dtype)[:, :, None]
    seen = ((rows * spoken).sum(dim=1) / spoken.sum(dim=1)).view(-1, frames, patches)
    found: Tensor = seen / seen.sum(dim=-1, keepdim=True).clamp(min=1e-12)
    return found


def _positions(frames: int, pooled: int, extra: int, length: int) -> Int[Tensor, "3 length"]:
    """Time, height and width of every token: pooled tokens by their place on the frame, all others one after another."""
    side, at = round(pooled**0.5), 0
    found: list[tuple[int, int, int]] = []
    for _ in range(frames):
        found += [(at, at + k // side, at + k % side) for k in range(pooled)]
        found += [(at + side + k,) * 3 for k in range(extra)]
        at += side + extra
    found += [(at + k,) * 3 for k in range(length - len(found))]
    return torch.tensor(found).T
