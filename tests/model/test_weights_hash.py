"""What pins a model: its weights, however large, and the files beside them that change its answers."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from foveate.model import hf_load
from foveate.model.hf_load import load_folder, weights_hash
from model import tiny


def written(folder: Path, *, scale: float = 1.0) -> list[Path]:
    """Weights of two tensors, of which training would change the second one."""
    folder.mkdir()
    tensors = {"frozen": np.ones((64, 64), np.float32), "tuned": np.full((64, 64), scale, np.float32)}
    save_file(tensors, folder / "model.safetensors")
    return [folder / "model.safetensors"]


@pytest.mark.parametrize("whole_bytes", [10**9, 0], ids=["small", "large"])
def test_a_model_and_one_tuned_from_it_have_other_hashes(
    whole_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hf_load, "WHOLE_HASH_BYTES", whole_bytes)
    base, same, tuned = written(tmp_path / "a"), written(tmp_path / "b"), written(tmp_path / "c", scale=1.001)
    assert weights_hash(base) == weights_hash(same) != weights_hash(tuned)
    assert weights_hash(base).startswith("sampled:") == (whole_bytes == 0)


@pytest.mark.parametrize("content", [b"", b"123", b"\x04" + bytes(7) + b"[{]}", b"\x02" + bytes(7) + b"[]"])
def test_damaged_weights_have_a_hash_and_are_told_by_whoever_loads_them(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hf_load, "WHOLE_HASH_BYTES", -1)
    (tmp_path / "model.safetensors").write_bytes(content)
    assert weights_hash([tmp_path / "model.safetensors"]).startswith("sampled:")


def test_the_same_weights_with_another_processor_are_another_model(tmp_path: Path) -> None:
    folder = shutil.copytree(tiny.make("llava", tmp_path / "made"), tmp_path / "model")

    def pinned(**options: object) -> dict[str, str]:
        how = {"dtype": "float32", "device": "cpu", "trust_remote_code": False}
        return load_folder(str(folder), **how, processor_options=options).provenance

    first = pinned()
    assert pinned() == first
    assert pinned(patch_size=14)["settings_sha256"] != first["settings_sha256"]
    template = folder / "chat_template.jinja"
    template.write_text(template.read_text() + " ")
    changed = pinned()
    assert changed["settings_sha256"] != first["settings_sha256"]
    assert changed["weights_sha256"] == first["weights_sha256"]
