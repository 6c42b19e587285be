"""A finished run becomes a checkpoint that plain transformers loads: adapters merged, no block, and a card that says so."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foveate.model.torchvision_ops import ensure_operators

ensure_operators()
torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from safetensors.torch import load_file, save_file  # noqa: E402
from transformers import AutoModelForImageTextToText, AutoProcessor, GenerationConfig  # noqa: E402

from foveate.errors import DatasetError, FoveateError, JobError, ModelError, UsageError  # noqa: E402
from foveate.model.attention.block import load_block, save_block  # noqa: E402
from foveate.train.card import base_of  # noqa: E402
from foveate.train.collate import Collator  # noqa: E402
from foveate.train.config import RunConfig  # noqa: E402
from foveate.train.export import export  # noqa: E402
from foveate.train.export_card import export_card, stated_licence  # noqa: E402
from foveate.train.finished import load_run, open_run  # noqa: E402
from foveate.train.run import run  # noqa: E402
from foveate.train.shards import ShardDataset  # noqa: E402
from model import tiny  # noqa: E402
from train.clips import write_shards  # noqa: E402

KINDS: dict[str, dict[str, Any]] = {
    "block, LoRA": {"mode": "block", "tune": "lora", "lora_rank": 2, "block_heads": 2},
    "heads, full": {"mode": "heads", "tune": "full"},
    "block alone": {"mode": "block", "tune": "block", "block_heads": 2},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model, shards, and a run of one step of each kind."""
    folder = tmp_path_factory.mktemp("export")
    base = tiny.make("qwen2_5_vl", folder / "base")
    sampling = json.loads((base / "generation_config.json").read_text()) | {"do_sample": True, "temperature": 0.7}
    (base / "generation_config.json").write_text(json.dumps(sampling))
    write_shards(folder / "shards", train=range(4), validation=range(100, 106))
    for name, options in KINDS.items():
        config = RunConfig(
            model=f"hf:{base}",
            shards=folder / "shards",
            out=folder / name,
            steps=1,
            batch_size=4,
            learning_rate=0.02,
            evaluate_on=0,
            max_new_tokens=4,
            **options,
        )
        run(config, tell=lambda step, found: None, say=lambda line: None)
        if config.mode == "block":
            block = load_block(folder / name / "gaze_block.safetensors")
            torch.nn.init.constant_(block.gates, 2.0)  # one step hardly opens them
            save_block(block, folder / name / "gaze_block.safetensors")
    return folder


def logits(model: Any, shards: Path) -> torch.Tensor:
    processor = AutoProcessor.from_pretrained(shards.parent / "base")
    items = ShardDataset(shards, side="validation")
    batch = Collator(processor, model.config)([items[0], items[1]])
    with torch.no_grad():
        found: torch.Tensor = model(
            **{name: batch[name] for name in ("input_ids", "attention_mask", "pixel_values", "image_grid_thw")}
        ).logits
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_plain_transformers_load_what_was_trained_without_a_block(kind: str, place: Path, tmp_path: Path) -> None:
    opened = open_run(place / kind)
    done = export(opened, tmp_path / "out", score=False)
    model, told = AutoModelForImageTextToText.from_pretrained(tmp_path / "out", output_loading_info=True)
    assert not any(told.values()), told
    trained = load_run(opened, device="cpu").model
    torch.testing.assert_close(logits(model, place / "shards"), logits(trained, place / "shards"), rtol=1e-4, atol=1e-4)
    untrained = AutoModelForImageTextToText.from_pretrained(place / "base")
    assert (kind == "block alone") == torch.equal(logits(model, place / "shards"), logits(untrained, place / "shards"))
    assert (
        AutoProcessor.from_pretrained(tmp_path / "out").chat_template
        == AutoProcessor.from_pretrained(place / "base").chat_template
    )
    card = (tmp_path / "out" / "README.md").read_text()
    assert (kind == "block alone") == ("these are the base's own weights" in card)
    assert done.drops_block == (opened.config.mode == "block")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    kept = GenerationConfig.from_pretrained(tmp_path / "out")
    assert (kept.do_sample, kept.temperature) == (True, 0.7), "the base's own settings, which loading takes back"
    weights = {name for path in (tmp_path / "out").glob("*.safetensors") for name in load_file(path)}
    assert not [name for name in weights if "gaze_block" in name or "lora" in name]


def test_what_leaving_out_the_block_costs_stands_on_the_card(place: Path, tmp_path: Path) -> None:
    said: list[str] = []
    done = export(open_run(place / "block, LoRA"), tmp_path / "out", samples=5, say=said.append)
    assert said == ["loading the run", "scoring it with its block", "writing", "scoring what was written"]
    assert (done.clips, done.recordings) == (5, 1)
    assert done.with_block["loss"] != pytest.approx(done.scores["loss"], abs=1e-3), "a block with open gates does something"
    card = (tmp_path / "out" / "README.md").read_text()
    was, now = done.with_block["loss"], done.scores["loss"]
    assert f"| loss, less is better | {was:.3f} | {now:.3f} | {now - was:+.3f} |" in card
    assert "| exact_match | " in card
    assert "5 clips of 1 recording, of" in card
    assert "**it is left out here**" in card


def test_heads_lose_nothing_and_the_card_says_so(place: Path, tmp_path: Path) -> None:
    done = export(open_run(place / "heads, full"), tmp_path / "out", samples=2)
    assert done.with_block == {}
    card = (tmp_path / "out" / "README.md").read_text()
    assert "nothing is left out" in card
    assert f"| loss, less is better | {done.scores['loss']:.3f} |\n" in card
    before, after = (load_file(folder / "model.safetensors") for folder in (place / "heads, full" / "model", tmp_path / "out"))
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_the_card_tells_data_privacy_licence_and_training_and_no_place_on_this_machine(place: Path, tmp_path: Path) -> None:
    opened = open_run(place / "block, LoRA")
    done = export(opened, tmp_path / "mine", score=False, dtype="bfloat16")
    card = (tmp_path / "mine" / "README.md").read_text()
    for words in (
        "# mine\n",
        "`base`, trained by `foveate train`",
        "in bfloat16",
        "LoRA adapters were merged",
        "Exported with `--no-score`: what leaving out the block costs was not measured.",
        "lora_rank = 2\n",
        'Data: `{"clips": 10}`',
        "personal data of the wearer and of bystanders",
        "under the licence of `base`. No licence was found",
        "arXiv 2510.21356",
    ):
        assert words in card, words
    assert str(place) not in card
    assert "Toy model" not in card
    assert "base_model" not in card
    assert load_file(tmp_path / "mine" / "model.safetensors")["lm_head.weight"].dtype == torch.bfloat16
    toy = replace(done, run=replace(opened, config=replace(opened.config, model="builtin")))
    assert "**Toy model.**" in export_card(toy, name="mine")
    hub = replace(done, run=replace(opened, config=replace(opened.config, model="hf:Qwen/Qwen3-VL-4B-Instruct")))
    assert export_card(hub, name="mine").startswith("---\nbase_model: Qwen/Qwen3-VL-4B-Instruct\nlibrary_name:")


@pytest.mark.parametrize(
    ("model", "base"),
    [
        ("builtin", ("builtin", False)),
        ("hf:Qwen/Qwen3-VL-4B-Instruct", ("Qwen/Qwen3-VL-4B-Instruct", True)),
        ("hf:/home/someone/models/mine", ("mine", False)),
        ("hf:../mine", ("mine", False)),
    ],
)
def test_a_base_is_told_without_its_path(model: str, base: tuple[str, bool]) -> None:
    assert base_of(model) == base


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: apache-2.0\nlibrary_name: x\n---\n# A", "apache-2.0"),
        ("---\nlibrary_name: x\n---\nlicense: mit\n", None),
        ("# A\nlicense: mit\n", None),
        (None, None),
    ],
    ids=["in the header", "below the header", "no header", "no card"],
)
def test_a_licence_is_what_the_bases_own_card_names(card: str | None, licence: str | None, tmp_path: Path) -> None:
    if card is not None:
        (tmp_path / "README.md").write_text(card)
    assert stated_licence(tmp_path) == licence
    assert stated_licence(None) is None


def _without(name: str) -> Any:
    return lambda run, base: (run / name).unlink()


def _other_base(run: Path, base: Path) -> None:
    weights = load_file(base / "model.safetensors")
    save_file({name: value + 1 for name, value in weights.items()}, base / "model.safetensors", {"format": "pt"})


BROKEN: dict[str, tuple[Any, type[FoveateError], str]] = {
    "not finished": (_without("card.md"), JobError, r"is not finished \(it has no card.md\); foveate train .* goes on"),
    "no run file": (_without("run.toml"), UsageError, "is no run folder .*foveate train makes one"),
    "no block": (
        _without("gaze_block.safetensors"),
        JobError,
        "gaze_block.safetensors is missing: bring it back, or train again",
    ),
    "no adapters": (_without("model/adapter_model.safetensors"), JobError, "adapter_model.safetensors is missing"),
    "a broken run file": (lambda run, base: (run / "run.toml").write_text("steps = "), UsageError, "run.toml is no TOML"),
    "truncated adapters": (
        lambda run, base: (run / "model/adapter_model.safetensors").write_bytes(b"\x08"),
        ModelError,
        "the adapters in .* cannot be loaded: .*; train again",
    ),
    "truncated block": (
        lambda run, base: (run / "gaze_block.safetensors").write_bytes(b"\x08"),
        ModelError,
        "cannot be read as an attention block",
    ),
    "another base": (_other_base, ModelError, "are not those that the run began from .* its adapters do not fit them"),
    "no base": (lambda run, base: shutil.rmtree(base), ModelError, "no model folder .*base"),
    "no shards": (
        lambda run, base: shutil.rmtree(base.parent / "shards"),
        DatasetError,
        "holds no shards .*; --shards names where they are now, --no-score exports without scores",
    ),
}


@pytest.mark.parametrize(("harm", "kind", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_run_is_told_in_a_line_and_leaves_nothing(
    harm: Any, kind: type[FoveateError], message: str, place: Path, tmp_path: Path
) -> None:
    for name in ("base", "shards", "block, LoRA"):
        shutil.copytree(place / name, tmp_path / name)
    folder = tmp_path / "block, LoRA"
    (folder / "run.toml").write_text((folder / "run.toml").read_text().replace(str(place), str(tmp_path)))
    harm(folder, tmp_path / "base")
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(kind, match=message) as raised:
        export(open_run(folder), tmp_path / "out", samples=1)
    assert "\n" not in str(raised.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"out": "taken"}, "taken is there already; choose another folder or remove it", id="taken"),
        pytest.param({"out": "file/out"}, "cannot write .*out", id="no folder there"),
        pytest.param({"dtype": "float8"}, "dtype 'float8' is not known; it can be auto, float32", id="dtype"),
        pytest.param({"samples": 0}, "at least one sample, got 0; --no-score", id="samples"),
    ],
)
def test_options_that_are_not_allowed(options: dict[str, Any], message: str, place: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "file").write_text("dear")
    out = tmp_path / options.pop("out", "out")
    with pytest.raises(FoveateError, match=message):
        export(open_run(place / "heads, full"), out, **options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "taken"]
    assert (tmp_path / "file").read_text() == "dear"


def test_a_full_disk_leaves_nothing(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("foveate.train.export.sync_tree", full)
    with pytest.raises(JobError, match=r"cannot write .*out: No space left on device; make room"):
        export(open_run(place / "heads, full"), tmp_path / "out", score=False)
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_found_by_its_folder_or_its_file(place: Path, tmp_path: Path) -> None:
    assert open_run(place / "heads, full" / "run.toml").folder == place / "heads, full"
    with pytest.raises(UsageError, match=r"there is no run folder .*; did you mean .*heads, full"):
        open_run(place / "heads, ful")


def test_the_dataset_of_another_place_is_named(place: Path, tmp_path: Path) -> None:
    index = json.loads((place / "shards" / "index.json").read_text())
    index["counts"] = {"clips": 6, "recordings": 1, "bytes": 9}
    shutil.copytree(place / "shards", tmp_path / "moved")
    (tmp_path / "moved" / "index.json").write_text(json.dumps(index))
    done = export(open_run(place / "heads, full"), tmp_path / "out", shards=tmp_path / "moved", samples=1)
    assert done.data == {"clips": 6, "recordings": 1}
