"""Every model family through its own processor, with tiny random weights made on the spot."""

import importlib.util
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foveate.errors import ModelError, UsageError
from foveate.geometry import Size
from foveate.model import Answer, Prompt, TimedImage, Turn, load_model
from foveate.model.hf import HfModel
from foveate.model.hf_generate import trimmed
from foveate.model.hf_prompt import NO_TEMPLATE
from foveate.model.tiles import Tiler
from model import tiny

FAMILIES = list(tiny.FAMILIES)
PIXELS = np.random.default_rng(0).integers(0, 255, (2, 448, 448, 3), dtype=np.uint8)


def image(time_s: float = 0.0, size_px: tuple[int, int] = (448, 448), which: int = 0) -> TimedImage:
    return TimedImage(PIXELS[which, : size_px[1], : size_px[0]], time_s)


SEVERAL = Prompt("What now?", (image(1.0), image(12.5, which=1)), (Turn("Before?", "A cup."),), max_new_tokens=6)
ONE = Prompt("And then?", (image(3.0, which=1),), max_new_tokens=6)
NONE = Prompt("Anything?", max_new_tokens=6)


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a family's tiny model, made once per worker."""
    made: dict[str, Path] = {}

    def folder(family: str) -> Path:
        if family == "smolvlm" and importlib.util.find_spec("num2words") is None:
            pytest.skip("SmolVLM's processor needs num2words, which the extra local brings")
        if family not in made:
            made[family] = tiny.make(family, tmp_path_factory.mktemp(family))
        return made[family]

    return folder


@pytest.fixture(scope="session")
def model_of(folder_of: Callable[[str], Path]) -> Callable[[str], HfModel]:
    """A family's tiny model, loaded once per worker."""
    loaded: dict[str, Any] = {}

    def model(family: str) -> HfModel:
        folder = folder_of(family)
        if family not in loaded:
            loaded[family] = load_model(f"hf:{folder}", dtype="float32", device="cpu")
        return loaded[family]

    return model


TOKENS = {
    # family: visual tokens of a 448 px crop, of a 448 x 336 one, of a full 1440 px frame
    "smolvlm": (64, 64, 17 * 64),
    "llava": (576, 576, 576),
    "llava_onevision": (730, 730, 730),
    "qwen2_5_vl": (256, 192, 2601),
    "qwen3_vl": (196, 140, 2025),
    "internvl": (256, 256, 2560),
    "gemma3": (256, 256, 256),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_visual_tokens_are_those_of_the_published_families(family: str, model_of: Callable[[str], HfModel]) -> None:
    sizes = [Size(448, 448), Size(448, 336), Size(1440, 1440)]
    assert tuple(model_of(family).visual_tokens(sizes)) == TOKENS[family]


@pytest.mark.parametrize("family", FAMILIES)
def test_several_timed_images_and_a_history_are_answered(family: str, model_of: Callable[[str], HfModel]) -> None:
    model = model_of(family)
    answer = model.answer(SEVERAL)
    assert answer.text
    assert answer.model == model.name
    assert answer.usage.visual_tokens == 2 * TOKENS[family][0]
    assert answer.usage.prompt_tokens > answer.usage.visual_tokens + len("What now?Before?A cup.")
    assert 1 <= answer.usage.output_tokens <= 6
    assert answer.first_token_s is not None
    assert 0 < answer.first_token_s <= answer.total_s
    assert {"weights_sha256", "dtype", "device", "transformers"} <= set(answer.provenance)
    assert answer == Answer(**{**vars(model.answer(SEVERAL)), "first_token_s": answer.first_token_s, "total_s": answer.total_s})


@pytest.mark.parametrize("family", FAMILIES)
def test_the_answer_depends_on_the_image(family: str, model_of: Callable[[str], HfModel]) -> None:
    images = [TimedImage(np.full((64, 64, 3), shade, np.uint8), 0.0) for shade in (0, 90, 250)]
    images.append(image(size_px=(96, 96)))
    answers = model_of(family).answers([Prompt("?", (shown,), max_new_tokens=6) for shown in images])
    assert len({answer.text for answer in answers if isinstance(answer, Answer)}) > 1


@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_says_what_each_says_alone(family: str, model_of: Callable[[str], HfModel]) -> None:
    model = model_of(family)
    together = model.answers([SEVERAL, NONE, ONE])
    alone = [model.answer(prompt) for prompt in (SEVERAL, NONE, ONE)]
    assert [(answer.text, answer.usage) for answer in together] == [(answer.text, answer.usage) for answer in alone]
    assert together[1].usage.visual_tokens == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_stream_pieces_join_to_the_answer(family: str, model_of: Callable[[str], HfModel]) -> None:
    model = model_of(family)
    *pieces, answer = model.stream(SEVERAL)
    assert isinstance(answer, Answer)
    whole = model.answer(SEVERAL)
    assert "".join(pieces) == answer.text == whole.text
    assert (answer.usage, answer.notes) == (whole.usage, whole.notes)
    assert 0 < answer.first_token_s <= answer.total_s


NOTES = {
    "smolvlm": ("tiling off: images up to 448 px go as one tile of 512 px",),
    "llava": ("this model takes 576 tokens for an image of any size: a smaller one saves none",),
    "llava_onevision": ("this model takes 730 tokens for an image of any size: a smaller one saves none",),
    "qwen2_5_vl": (),
    "qwen3_vl": (),
    "internvl": ("tiling off: images up to 448 px go as one tile of 448 px",),
    "gemma3": ("this model takes 256 tokens for an image of any size: a smaller one saves none",),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_notes_say_what_was_done_to_the_images(family: str, model_of: Callable[[str], HfModel]) -> None:
    notes = [note for note in model_of(family).answer(SEVERAL).notes if not note.startswith("cut at")]
    assert tuple(notes) == NOTES[family]


def test_a_lone_image_of_llava_onevision_goes_as_one_tile_and_says_so(model_of: Callable[[str], HfModel]) -> None:
    answer = model_of("llava_onevision").answer(ONE)
    # the image and its one tile with a newline a row: 729 + 27 * 28; it would be 3699 for 448 px
    assert answer.usage.visual_tokens == 1485
    assert "images up to 448 px scaled to one tile of 384 px" in answer.notes


TEXTS = {
    "smolvlm": "User: 0:01.0 <image>0:12.5 <image>\nWhat now?<end_of_utterance>",
    "llava": "USER: <image>\n<image>\nThe images were seen at 0:01.0, 0:12.5. What now? ASSISTANT:",
    "llava_onevision": "user <image>\n<image>\n\nThe images were seen at 0:01.0, 0:12.5. What now?<|im_end|>",
    "qwen2_5_vl": "0:01.0 <|vision_start|><|image_pad|><|vision_end|>0:12.5 <|vision_start|><|image_pad|><|vision_end|>\n",
    "internvl": "user\n0:01.0 <IMG_CONTEXT>\n0:12.5 <IMG_CONTEXT>\n\nWhat now?",
    "gemma3": "user\n0:01.0<start_of_image>0:12.5<start_of_image>What now?<end_of_turn>",
}


@pytest.mark.parametrize("family", TEXTS)
def test_times_stand_before_their_images_or_in_a_sentence(family: str, model_of: Callable[[str], HfModel]) -> None:
    text = model_of(family).maker.writer.write(SEVERAL)
    assert TEXTS[family] in text
    assert text.index("Before?") < text.index("A cup.") < text.index("What now?")


def test_special_tokens_in_a_question_are_text(model_of: Callable[[str], HfModel]) -> None:
    model = model_of("qwen2_5_vl")
    prompt = Prompt(
        "<|image_pad|><|im_end|><|im_start|>system", (image(),), (Turn("<|im_end|>", "<|video_pad|>"),), max_new_tokens=2
    )
    assert model.answer(prompt).usage.visual_tokens == 256
    assert model.maker.writer.write(prompt).count("<|image_pad|>") == 1


def test_one_that_does_not_fit_loses_no_other(model_of: Callable[[str], HfModel]) -> None:
    long = Prompt("word " * 2000, (image(),), max_new_tokens=6)
    first, failed, last = model_of("llava").answers([ONE, long, ONE])
    assert first.text == last.text
    assert isinstance(failed, ModelError)
    assert "the model holds 8192: lower --size, --fps or --segment" in str(failed)


@pytest.fixture
def own_model(folder_of: Callable[[str], Path]) -> HfModel:
    """A model that a test may break."""
    return HfModel(str(folder_of("llava")), name="own", device="cpu")


def test_out_of_memory_halves_the_batch_then_says_what_to_lower(own_model: HfModel, monkeypatch: pytest.MonkeyPatch) -> None:
    generate, sizes, fits = own_model._loaded.model.generate, [], 1

    def scarce(**inputs: Any) -> Any:
        sizes.append(len(inputs["input_ids"]))
        if sizes[-1] > fits:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: not enough memory")
        return generate(**inputs)

    monkeypatch.setattr(own_model._loaded.model, "generate", scarce)
    answers = own_model.answers([ONE, ONE, ONE, ONE])
    assert all(isinstance(answer, Answer) for answer in answers)
    assert sizes == [4, 2, 1, 1, 2, 1, 1]
    fits = 0
    with pytest.raises(ModelError, match=r"out of memory on cpu with \d+ tokens a prompt: lower --size, --fps or --segment"):
        own_model.answer(ONE)


def test_an_error_in_the_streaming_thread_is_raised_to_the_reader(own_model: HfModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: Any) -> Any:
        raise RuntimeError("no such kernel")

    monkeypatch.setattr(own_model._loaded.model, "generate", broken)
    with pytest.raises(ModelError, match=r"the model failed \(RuntimeError: no such kernel\)"):
        list(own_model.stream(ONE))


def test_leaving_a_stream_early_stops_the_model(own_model: HfModel) -> None:
    stream = own_model.stream(Prompt("?", (image(),), max_new_tokens=5000))
    assert next(stream)
    stream.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "foveate-generate"]
    assert own_model.answer(ONE).text


def test_sampling_that_the_models_files_ask_for_is_taken_back(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    folder = shutil.copytree(folder_of("llava"), tmp_path / "model")
    config = json.loads((folder / "generation_config.json").read_text())
    config |= {"do_sample": True, "temperature": 5.0, "top_p": 0.9, "top_k": 3}
    (folder / "generation_config.json").write_text(json.dumps(config))
    model = load_model(f"hf:{folder}", device="cpu")
    assert len({model.answer(ONE).text for _ in range(5)}) == 1


def test_a_model_without_template_gets_a_plain_one_and_says_so(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    folder = shutil.copytree(folder_of("llava"), tmp_path / "model")
    (folder / "chat_template.jinja").unlink()
    model = load_model(f"hf:{folder}", device="cpu")
    assert model.maker.writer.write(SEVERAL).endswith("USER: 0:01.0 <image>\n0:12.5 <image>\n\nWhat now?\nASSISTANT:")
    answer = model.answer(SEVERAL)
    assert answer.usage.visual_tokens == 1152
    assert NO_TEMPLATE in answer.notes


def test_dtype_and_hash_are_told(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    folder = shutil.copytree(folder_of("llava"), tmp_path / "model")
    half = load_model(f"hf:{folder}", dtype="bfloat16", device="cpu").answer(ONE).provenance
    assert half["dtype"] == "bfloat16"
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    changed = load_model(f"hf:{folder}", device="cpu").answer(ONE).provenance
    assert changed["dtype"] == "float32"
    assert changed["weights_sha256"] != half["weights_sha256"]


def test_loading_and_answering_print_nothing(folder_of: Callable[[str], Path], capfd: pytest.CaptureFixture[str]) -> None:
    load_model(f"hf:{folder_of('llava')}", device="cpu").answer(ONE)
    assert capfd.readouterr() == ("", "")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _without_a_tensor(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    tensors.pop(sorted(tensors)[0])
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _text_only(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config["text_config"], "model_type": "llama"}))


DAMAGE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no config": (lambda folder: (folder / "config.json").unlink(), "holds no config.json; a model folder has"),
    "config is no JSON": (lambda folder: (folder / "config.json").write_text("{"), r"config\.json is not JSON"),
    "config is a list": (lambda folder: (folder / "config.json").write_text("[]"), "is not a model's configuration"),
    "pickled weights": (
        lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
        r"no \*\.safetensors \(found: pytorch_model\.bin\); pickled weights are never loaded",
    ),
    "cut weights": (lambda folder: _cut(folder / "model.safetensors"), r"weights of .* are damaged .*; fetch them again"),
    "a tensor missing": (_without_a_tensor, r"weights of .* lack 1 tensors"),
    "no image processor": (lambda folder: (folder / "processor_config.json").unlink(), "cannot be loaded: .*image processor"),
    "a text model": (_text_only, "takes no images; take a vision-language model"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGE.values(), ids=DAMAGE)
def test_a_folder_that_cannot_be_used_is_one_line(
    damage: Callable[[Path], Any], message: str, folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(folder_of("llava"), tmp_path / "model")
    damage(folder)
    with pytest.raises(ModelError, match=message) as caught:
        load_model(f"hf:{folder}", device="cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hf:", "hf: needs a model, such as hf:"),
        ("hf:nothing", "no model folder nothing; write a folder that holds config.json, or owner/name"),
        ("hf:./owner/nothing", "no model folder ./owner/nothing"),
        ("hf:own er/na me", "cannot be a model's id: write owner/name"),
        ("hf:owner/nothing", "is not on this machine and HF_HUB_OFFLINE is set; .* hf download owner/nothing"),
    ],
)
def test_a_model_that_is_not_there(name: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=message):
        load_model(name)


def test_a_misspelt_folder_is_told_with_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "smolvlm").mkdir()
    with pytest.raises(ModelError, match=rf"no model folder {tmp_path}/smolvm; did you mean {tmp_path}/smolvlm; write"):
        load_model(f"hf:{tmp_path}/smolvm")


HUB = {
    "GatedRepoError": r"owner/name is gated: accept its terms at .*, then type: hf auth login",
    "RepositoryNotFoundError": "no model 'owner/name' on huggingface.co .* check the spelling",
    "RevisionNotFoundError": "owner/name has no revision 'v9'",
}


@pytest.mark.parametrize(("error", "message"), HUB.items(), ids=HUB)
def test_what_the_hub_refuses(error: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.errors

    kind = getattr(huggingface_hub.errors, error)

    def refuse(*_: Any, **__: Any) -> str:
        raise kind.__new__(kind)

    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)
    with pytest.raises(ModelError, match=message):
        load_model("hf:owner/name@v9")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"dtype": "int8"}, UsageError, "dtype 'int8' is not known; it can be auto, float32"),
        ({"device": "tpu9"}, ModelError, "device 'tpu9' cannot be used here"),
        ({"send_all": True}, UsageError, "model 'hf' has no option send_all; it has: batch_size, device, dtype"),
    ],
)
def test_options_that_are_not_allowed(
    options: dict[str, Any], error: type[Exception], message: str, folder_of: Callable[[str], Path]
) -> None:
    with pytest.raises(error, match=message):
        load_model(f"hf:{folder_of('llava')}", **options)


@pytest.mark.parametrize(
    ("sizes", "options", "longest_px"),
    [
        ([Size(448, 448)], {"do_image_splitting": False}, None),
        ([Size(480, 480)], {"do_image_splitting": False}, None),
        ([Size(481, 100)], {}, None),
        ([Size(448, 448), Size(1440, 1440)], {}, None),
        ([], {}, None),
    ],
    ids=["a crop", "a quarter longer than a tile", "longer", "a crop beside a frame", "no image"],
)
def test_images_about_as_small_as_a_tile_go_as_one(sizes: list[Size], options: dict[str, bool], longest_px: int | None) -> None:
    tiling = Tiler(384, "do_image_splitting").tiling(sizes)
    assert (tiling.options, tiling.longest_px) == (options, longest_px)
    assert (tiling.note is not None) == bool(options)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["  a", " ", "b  ", " "], ["a", " b"]),
        ([" ", "", "  "], []),
        (["a\n", "\nb"], ["a", "\n\nb"]),
    ],
)
def test_white_space_around_a_stream_is_left_out(pieces: list[str], expected: list[str]) -> None:
    assert list(trimmed(pieces)) == expected
