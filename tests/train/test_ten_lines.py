"""The documented lines that add gaze to an own loop and to an own Trainer run as they stand, but for the model's name."""

import re
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from foveate.model.torchvision_ops import ensure_operators  # noqa: E402

ensure_operators()
pytest.importorskip("accelerate")

from foveate.model.attention import attach_saved  # noqa: E402
from model import tiny  # noqa: E402
from train.clips import write_shards  # noqa: E402

from transformers import AutoModelForImageTextToText, AutoProcessor  # noqa: E402  # isort: skip

PAGE = Path(__file__).parents[2] / "docs" / "training.md"
NAME = "Qwen/Qwen2.5-VL-3B-Instruct"


@pytest.mark.filterwarnings("ignore:.*pin_memory")  # of a Trainer on a machine without an accelerator
def test_the_ten_lines_run_as_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tiny.make("qwen2_5_vl", tmp_path / "tiny")
    write_shards(tmp_path / "shards", train=range(11))
    loop, own_trainer = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[:2]
    assert NAME in loop
    exec(loop.replace(NAME, "tiny"), {})
    model, told = AutoModelForImageTextToText.from_pretrained("out", output_loading_info=True)
    assert (list(told["missing_keys"]), list(told["unexpected_keys"])) == ([], [])
    attach_saved(model, "out")

    given = {"model": AutoModelForImageTextToText.from_pretrained("tiny"), "processor": AutoProcessor.from_pretrained("tiny")}
    exec(own_trainer, given)
    assert (tmp_path / "out" / "checkpoint-2" / "gaze_block.safetensors").is_file()
