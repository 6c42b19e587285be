"""What a run is told to take: counts equal those of the model that is trained, arithmetic and memory follow by hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foveate.model.torchvision_ops import ensure_operators

ensure_operators()
torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from foveate.errors import DatasetError  # noqa: E402
from foveate.train.build import build  # noqa: E402
from foveate.train.config import RunConfig  # noqa: E402
from foveate.train.estimate import DEVICES, Need, OneClip, Weights, clip_flop, estimate, on  # noqa: E402
from foveate.train.estimate_text import lines  # noqa: E402
from model import tiny  # noqa: E402
from train.clips import write_shards  # noqa: E402

KINDS: dict[str, dict[str, Any]] = {
    "LoRA and block": {"tune": "lora", "lora_rank": 2, "block_heads": 2},
    "LoRA, encoder too": {"tune": "lora", "lora_rank": 3, "encoder": "trained", "mode": "heads"},
    "full": {"tune": "full", "block_heads": 2, "blocks": 1},
    "full with the encoder": {"tune": "full", "encoder": "trained", "mode": "heads"},
    "the block alone": {"tune": "block", "block_heads": 2, "output": "scaled"},
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    folder = tmp_path_factory.mktemp("estimate")
    model = tiny.make("qwen2_5_vl", folder / "tiny")
    shards = write_shards(folder / "shards", train=range(8), validation=range(100, 104))
    return RunConfig(model=f"hf:{model}", shards=shards, out=folder / "run", steps=10, batch_size=2, evaluate_on=4)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_trained_is_counted_as_it_is(kind: str, config: RunConfig) -> None:
    asked = replace(config, **KINDS[kind])
    need = estimate(asked, measure=0)
    model = build(asked).model
    assert need.weights.trained == sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    frozen = sum(weight.numel() for weight in model.parameters() if not weight.requires_grad)
    assert need.weights.stored - need.weights.trained_within == frozen


def test_a_clip_is_counted_by_the_models_own_processor(config: RunConfig) -> None:
    clip = estimate(config, measure=0).clip
    assert clip.visual == pytest.approx(16 * 1.5)  # one or two frames of 4 x 4 tokens, as many of each
    assert clip.patches == 4 * clip.visual  # Qwen2.5-VL merges 2 x 2
    assert clip.tokens > clip.visual


PARTS = Weights(
    encoder=100, language=1000, trained_within=0, adapters=10, block=0, layers=2, width=8, vocabulary=50, stored=1100
)
CLIP = OneClip(tokens=20, visual=10, patches=40)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        pytest.param(
            {"tune": "lora"}, 2 * 100 * 40 + 4 * 1000 * 20 + 6 * 10 * 20, id="LoRA: gradients pass the frozen weights"
        ),
        pytest.param({"tune": "full"}, 2 * 100 * 40 + 6 * 1000 * 20 + 6 * 10 * 20, id="full"),
        pytest.param({"tune": "full", "encoder": "trained"}, 6 * 100 * 40 + 6 * 1000 * 20 + 6 * 10 * 20, id="the encoder too"),
        pytest.param({"tune": "lora", "checkpointing": True}, 2 * 100 * 40 + 6 * 1000 * 20 + 6 * 10 * 20, id="computed twice"),
    ],
)
def test_arithmetic_by_hand(options: dict[str, Any], wanted: float, config: RunConfig) -> None:
    assert clip_flop(replace(config, **options), PARTS, CLIP) == wanted


def need(*, state_gb: float, activation_gb: float) -> Need:
    return Need(10, 4, CLIP, PARTS, 0.3 * 989e12 * 7200, state_gb * 1e9, activation_gb * 1e9, 0, 0.0, None, "not measured")


@pytest.mark.parametrize(
    ("state_gb", "activation_gb", "gpus"),
    [
        pytest.param(50, 20, 1, id="it fits"),
        pytest.param(100, 22, 2, id="weights are shared out"),
        pytest.param(100, 73, 0, id="one batch is too much"),
    ],
)
def test_gpus_and_hours_by_hand(state_gb: float, activation_gb: float, gpus: int) -> None:
    found = on(need(state_gb=state_gb, activation_gb=activation_gb), "H100 SXM 80 GB")  # 72 GB may be filled
    assert (found.gpus, found.hours) == (gpus, pytest.approx(2.0))


def test_steps_are_timed_on_this_device(config: RunConfig) -> None:
    found = estimate(config, measure=1)
    assert found.measured == "measured here for 1 steps on cpu"
    assert found.step_s is not None
    assert found.step_s > 0
    assert not config.out.exists()
    told = "\n".join(lines(config, found))
    assert "clips: 8 to train on, 4 of validation" in told
    assert "each training clip is seen 2.5 times" in told
    assert all(name in told for name in DEVICES)
    assert "an estimate: 30% of what makers state" in told


def test_a_model_that_does_not_fit_is_not_tried(config: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foveate.train.estimate._free_bytes", lambda: 1e5)
    found = estimate(config, measure=1)
    assert found.step_s is None
    assert found.measured.endswith("GB are needed, 0.0 GB are free")


def test_without_shards_it_says_what_to_type(config: RunConfig, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="make them: foveate prepare DATASET"):
        estimate(replace(config, shards=tmp_path), measure=0)
