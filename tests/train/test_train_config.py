"""The run file: what it says, what it refuses and how, and that the document tells every key."""

import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from foveate.errors import UsageError
from foveate.train.config import HIGHER_IS_BETTER, RunConfig, changed, config_of, read_config, toml_of

LEAST = 'model = "builtin"\nshards = "made/shards"\nout = "../run"\nsteps = 10\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "run.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_relative_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path)
    config = read_config(written(tmp_path / "runs", LEAST).relative_to(tmp_path))
    assert config.shards == (tmp_path / "runs/made/shards").resolve()
    assert config.out == (tmp_path / "run").resolve()
    assert (config.steps, config.mode, config.strength) == (10, "block", 1.0)


def test_a_run_survives_being_written(tmp_path: Path) -> None:
    more = 'strength = 3\nbest_by = "loss"\nobject_names = ["r\\u00e9d", "a\\"b"]\nlayers = [0, 3]\ncheckpointing = true\n'
    more += 'mode = "heads"\n'
    config = read_config(written(tmp_path, LEAST + more))
    assert config.strength == 3.0
    assert isinstance(config.strength, float)
    assert config.object_names == ("réd", 'a"b')
    (tmp_path / "elsewhere").mkdir()
    again = read_config(written(tmp_path / "elsewhere", toml_of(config)))
    assert again == config


REFUSED = {
    "a misspelt key": ("strenght = 1", r"run.toml: there is no key 'strenght'; did you mean 'strength'"),
    "a section": ("[gaze]\nstrength = 1", r"\[gaze\] is a section; a run file is flat"),
    "a text for a number": ('strength = "1"', r'strength must be a number, got "1"'),
    "a number for a text": ("model = 1", r"model must be a text, got 1"),
    "true for a whole number": ("batch_size = true", r"batch_size must be a whole number, got true"),
    "half a step": ("accumulate = 1.5", r"accumulate must be a whole number, got 1.5"),
    "no list": ('report_to = "tensorboard"', r'report_to must be a list in brackets, got "tensorboard"'),
    "an entry of a list": ("layers = [0, 0.5]", r"an entry of layers must be a whole number, got 0.5"),
    "a date": ("best_by = 1979-05-27", r"best_by cannot be 1979-05-27"),
    "no such choice": ('mode = "blok"', r"mode cannot be \"blok\"; did you mean 'block'; it is one of: block, heads"),
    "no such tracker": ('report_to = ["tensorbord"]', r"did you mean 'tensorboard'"),
    "a wrong type of choice": ("tune = 3", r"tune cannot be 3; it is one of: lora, full, block"),
    "below the least": ("batch_size = 0", r"batch_size must be at least 1, got 0"),
    "not above": ("learning_rate = 0", r"learning_rate must be more than 0, got 0"),
    "nan": ("strength = nan", r"strength must be finite and at least 0, got nan"),
    "inf": ("strength = inf", r"strength must be finite and at least 0, got inf"),
    "out of both bounds": ("lora_dropout = 1", r"lora_dropout must be at least 0 and less than 1, got 1"),
    "smoothing of 0": ("smoothing = 0", r"smoothing must be more than 0 for attention_to_gaze"),
    "a block that is not there": ('mode = "heads"\ntune = "block"', r'mode = "heads" has none'),
    "patience without evaluations": ("patience = 2", r"set evaluate_every too"),
    "patience without samples": ("patience = 2\nevaluate_every = 1\nevaluate_on = 0", r"and evaluate_on to more than 0"),
    "heads of a block": ("layers = [0]", r'layers and heads are those of mode = "heads", and this run has mode = "block"'),
    "a folder for prepare": ('prepare = ["toykitchen", "--out=x"]', r"prepare must not hold --out=x: its folder is shards"),
    "a model for prepare": ('prepare = ["toykitchen", "--model", "builtin"]', r"prepare must not hold --model"),
    "a seed that NumPy has not": ("seed = 4294967296", r"seed must be at least 0 and at most 4294967295, got 4294967296"),
    "a number beyond all": (f"strength = {10**400}", r"strength is a number of 333 hexadecimal digits; TOML's .* 64 bits"),
    "a number too long to read": (f"seed = 1{'0' * 5000}", r"run.toml is no TOML: Exceeds the limit"),
    "no TOML": ("strength =", r"run.toml is no TOML"),
}


@pytest.mark.parametrize(("line", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        read_config(
            written(
                tmp_path,
                f"{LEAST}{line}\n".replace(
                    LEAST, LEAST.removeprefix('model = "builtin"\n') if line.startswith("model") else LEAST
                ),
            )
        )
    assert str(caught.value).startswith(str(tmp_path / "run.toml"))


def test_a_model_beside_the_run_file_is_found_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs" / "tiny").mkdir(parents=True)
    (tmp_path / "runs" / "tiny" / "config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    for name, found in {"hf:tiny": f"hf:{tmp_path / 'runs' / 'tiny'}", "hf:owner/tiny": "hf:owner/tiny"}.items():
        assert read_config(written(tmp_path / "runs", LEAST.replace("builtin", name))).model == found


def test_a_folder_is_no_run_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is a folder; name the run file itself, such as .*run\.toml"):
        read_config(tmp_path)


def test_what_must_be_given() -> None:
    with pytest.raises(UsageError, match=r"^model, shards, out, steps must be given"):
        config_of({}, folder=Path("/"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    written(tmp_path, LEAST)
    with pytest.raises(UsageError, match=r"there is no run file .*run.tml; did you mean .*run.toml"):
        read_config(tmp_path / "run.tml")


def test_what_changed_between_two_runs(tmp_path: Path) -> None:
    before = read_config(written(tmp_path, LEAST))
    after = read_config(written(tmp_path, LEAST + "strength = 0.1\nkeep = 5\n"))
    assert changed(before, after) == ["strength 1.0 -> 0.1"]
    assert changed(before, before) == []


def test_choices_are_those_of_the_parts() -> None:
    pytest.importorskip("torch")
    from typing import get_args, get_type_hints

    from foveate.model.attention.block import OUTPUTS, QUERIES
    from foveate.train.loss import DIRECTIONS

    types = get_type_hints(RunConfig)
    for name, there in (("direction", DIRECTIONS), ("query", QUERIES), ("output", OUTPUTS), ("best_by", HIGHER_IS_BETTER)):
        assert set(get_args(types[name])) == set(there), name


def test_the_document_tells_every_key_and_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| (?:`(.*?)`|must be given) \|", page, re.MULTILINE))
    import json

    for each in fields(RunConfig):
        default = "" if each.default is MISSING else "none" if each.default is None else json.dumps(each.default)
        assert told.get(each.name) == default, each.name
    assert set(told) == {each.name for each in fields(RunConfig)}
