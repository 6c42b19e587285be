"""The two benchmarks of a training step: what they do on an accelerator, done small and in bfloat16 on this machine."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from benchmarks import heads, on_device, regulariser

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("arm", regulariser.ARMS)
def test_a_step_of_the_encoder_leaves_gradients_in_bfloat16(arm: str) -> None:
    setting = regulariser.Setting(frames=2, width=32, inner=64, layers=2, dtype="bfloat16", patches=16, heads=2)
    step = regulariser.Step(setting, device="cpu")
    step.ready(arm)
    step.run(arm)
    first = next(step.encoder.parameters())
    assert first.dtype == torch.bfloat16
    assert first.grad is not None
    assert torch.isfinite(first.grad).all()
    assert any(each.grad is not None for each in step.block.parameters()) == (arm == "block")
    step.ready("plain")
    assert first.grad is None


@pytest.mark.parametrize("arm", heads.ARMS)
def test_a_step_of_the_language_model_leaves_gradients_in_bfloat16(arm: str) -> None:
    setting = replace(heads.SETTINGS["cpu"], width=64, inner=64, heads=1, key_heads=1, dtype="bfloat16")
    model, batch = heads.make_model(setting), heads.make_batch(setting)
    watched = heads.ready(model, arm)
    heads.step(model, batch, arm, watched)
    embedding = model.get_input_embeddings().weight
    assert embedding.dtype == torch.bfloat16
    assert torch.isfinite(embedding.grad).all()
    assert (watched is not None) == (arm == "watched")


def test_arms_take_turns_and_the_first_two_rounds_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def measured(work):  # type: ignore[no-untyped-def]
        work()
        return {"ms": float(len(done)), "mb": 0.0}

    monkeypatch.setattr(on_device, "on_device", measured)
    found = on_device.in_turns("abc", lambda arm: lambda: done.append(arm), rounds=2)
    assert "".join(done) == "abcbcacababc"
    assert [each["a"]["ms"] for each in found] == [8.0, 10.0]


def test_they_import_neither_pyav_nor_polars() -> None:
    program = (
        "import sys\nfor name in ('av', 'polars'): sys.modules[name] = None\n"
        "import benchmarks.heads, benchmarks.regulariser, benchmarks.on_device\n"
        "from foveate.model.attention import PatchAttention\nfrom foveate.train.loss import gaze_kl"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
