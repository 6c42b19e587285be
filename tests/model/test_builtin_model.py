"""The model that ships with foveate."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from foveate.clock import NS_PER_S
from foveate.dataset.toykitchen import VALIDATION_SEEDS, activity_samples, future_samples
from foveate.description.budget import within_budget
from foveate.description.viewer import Viewer
from foveate.errors import ModelError
from foveate.geometry import Size
from foveate.model import Prompt, TimedImage, load_model
from foveate.model.builtin import FOLDER, INSTRUCTIONS, load
from foveate.toykitchen import World
from foveate.view import make_view


@pytest.fixture(scope="module")
def model():
    return load_model("builtin", batch_size=8)


def test_it_says_that_it_is_a_toy_and_which_prompts_it_understands(model) -> None:
    assert model.is_toy
    assert not model.is_remote
    assert dict(model.instructions) == dict(INSTRUCTIONS)


def test_it_is_small_and_holds_no_code_and_no_pickle() -> None:
    weights = FOLDER / "model.safetensors"
    assert weights.stat().st_size < 25_000_000
    assert {path.suffix for path in FOLDER.iterdir()} <= {".json", ".safetensors", ".jinja", ".md"}
    header_bytes = int.from_bytes(weights.read_bytes()[:8], "little")
    header = json.loads(weights.read_bytes()[8 : 8 + header_bytes])
    assert {entry["dtype"] for name, entry in header.items() if name != "__metadata__"} == {"BF16"}


def test_the_card_says_what_it_does_not_know() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert "knows the toy kitchen only" in card


@pytest.mark.parametrize(("side_px", "tokens"), [(96, 16), (448, 144), (1440, 144)], ids=["crop", "native", "frame"])
def test_visual_tokens_follow_the_size_up_to_its_own(model, side_px: int, tokens: int) -> None:
    assert model.visual_tokens([Size(side_px, side_px)]) == [tokens]


def test_images_of_several_sizes_and_none_share_a_call(model) -> None:
    def image(side_px: int) -> TimedImage:
        return TimedImage(np.full((side_px, side_px, 3), 127, dtype=np.uint8), 1.0)

    text = INSTRUCTIONS["activity"]
    prompts = [Prompt(text, (image(96), image(288))), Prompt(text, (image(120),)), Prompt(text)]
    together = model.answers(prompts)
    assert [answer.usage.visual_tokens for answer in together] == [160, 25, 0]
    assert [answer.text for answer in together] == [model.answer(prompt).text for prompt in prompts]


@pytest.mark.parametrize(
    ("make", "prompt", "least"), [(activity_samples, "activity", 0.6), (future_samples, "next", 0.4)], ids=["activity", "next"]
)
def test_it_says_what_happens_in_a_kitchen_that_it_never_saw(model, make, prompt: str, least: float) -> None:
    maker = make_view("gaze", size="448", fit=within_budget(model, 16))
    samples = list(make(World(VALIDATION_SEEDS[-1])))
    prompts = [
        Prompt(
            INSTRUCTIONS[prompt],
            tuple(
                TimedImage(image, view.frame.time_ns / NS_PER_S)
                for view in Viewer(sample.recording, maker).show(sample.span).views
                for image in view.images
            ),
            max_new_tokens=24,
        )
        for sample in samples
    ]
    right = [answer.text == sample.reference for answer, sample in zip(model.answers(prompts), samples, strict=True)]
    assert np.mean(right) >= least


def test_a_name_after_builtin_is_refused() -> None:
    with pytest.raises(ModelError, match="takes nothing after its name, got 'large'; write builtin"):
        load_model("builtin:large")


def test_missing_weights_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"install foveate again, or run runs/builtin\.sh"):
        load("", name="builtin", folder=tmp_path)


WITHOUT_TORCHVISION = """
import importlib.abc, importlib.util, sys
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name.split(".")[0] == "torchvision" else find_spec(name, *rest)
class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torchvision":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Refuse())
import numpy as np
from foveate.model import Prompt, TimedImage, load_model
grey = TimedImage(np.full((96, 96, 3), 127, dtype=np.uint8), 0.0)
print(load_model("builtin").answer(Prompt("What is the person doing?", (grey,), max_new_tokens=16)).usage.visual_tokens)
assert "torchvision" not in sys.modules
"""


def test_it_needs_no_torchvision() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_TORCHVISION], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "16", done.stderr
