"""Which models are offered to which machine."""

from dataclasses import replace
from pathlib import Path

import pytest

from foveate.model.offer import CANDIDATES, CPU_PARAMETERS_B, Machine, fitting, hub_folder, is_downloaded, look, offer

LAPTOP = Machine(ram_gb=12, disk_gb=100, gpu=None, gpu_gb=0, has_local=True)
CASES = {
    "laptop": (
        LAPTOP,
        ["Qwen/Qwen3-VL-2B-Instruct", "HuggingFaceTB/SmolVLM2-2.2B-Instruct", "HuggingFaceTB/SmolVLM2-500M-Video-Instruct"],
    ),
    "large memory, no GPU": (replace(LAPTOP, ram_gb=500), None),
    "24 GB GPU": (
        replace(LAPTOP, gpu="RTX 4090", gpu_gb=24),
        ["Qwen/Qwen3-VL-8B-Instruct", "Qwen/Qwen3-VL-2B-Instruct", "HuggingFaceTB/SmolVLM2-500M-Video-Instruct"],
    ),
    "little memory": (replace(LAPTOP, ram_gb=3), ["HuggingFaceTB/SmolVLM2-500M-Video-Instruct"]),
    "little disk": (replace(LAPTOP, disk_gb=2), ["OpenGVLab/InternVL3-1B-hf"]),
    "full disk": (replace(LAPTOP, disk_gb=0), []),
    "full disk, one here": (
        replace(LAPTOP, disk_gb=0, downloaded=frozenset({"Qwen/Qwen3-VL-2B-Instruct"})),
        ["Qwen/Qwen3-VL-2B-Instruct"],
    ),
}


@pytest.mark.parametrize(("machine", "expected"), CASES.values(), ids=CASES)
def test_at_most_three_that_fit_are_offered(machine: Machine, expected: list[str] | None) -> None:
    fits = fitting(machine)
    if expected is not None:
        assert [name for name, _ in fits] == expected
    assert len(fits) <= 3
    for name, one in fits:
        assert one.memory_gb <= (machine.gpu_gb or machine.ram_gb)
        assert machine.gpu or one.parameters_b <= CPU_PARAMETERS_B
        assert name in machine.downloaded or one.download_gb <= machine.disk_gb


def test_the_offer_is_one_line_with_commands() -> None:
    told = offer(LAPTOP)
    assert "\n" not in told
    assert told.count("--model hf:") == 3
    assert "RAM 12 GB free, disk 100 GB free, no GPU" in told
    assert "--model openai:qwen2.5vl:3b@http://localhost:11434/v1 (after ollama pull qwen2.5vl:3b)" in told
    assert "pip install" not in told


def test_the_offer_tells_what_is_lacking_and_what_is_here() -> None:
    told = offer(replace(LAPTOP, has_local=False, downloaded=frozenset(CANDIDATES)))
    assert "after pip install 'foveate[local]'" in told
    assert "already here" in told
    assert "No local model that foveate knows fits" in offer(replace(LAPTOP, disk_gb=0))


def test_this_machine_is_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "new" / "home"))
    assert hub_folder() == tmp_path / "new" / "home" / "hub"
    assert not is_downloaded(hub_folder(), "Qwen/Qwen3-VL-2B-Instruct")
    snapshot = hub_folder() / "models--Qwen--Qwen3-VL-2B-Instruct" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").touch()
    machine = look()
    assert machine.ram_gb > 0.1
    assert machine.disk_gb >= 0
    assert machine.downloaded == {"Qwen/Qwen3-VL-2B-Instruct"}
