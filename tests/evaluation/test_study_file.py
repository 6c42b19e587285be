"""A study file: what it may hold, and one line for everything else."""

from pathlib import Path
from typing import Any

import pytest

from foveate.errors import UsageError
from foveate.evaluation.study_file import read_study, study_of

TOY = '[samples]\ndataset = "toykitchen"\nworlds = 2\n'


def write(folder: Path, text: str) -> Path:
    file = folder / "study.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_key_stands_in_the_documentation() -> None:
    from dataclasses import fields, is_dataclass
    from typing import get_type_hints

    from foveate.evaluation.study import Study

    page = (Path(__file__).parents[2] / "docs" / "study.md").read_text(encoding="utf-8")
    sections = {name: type_ for name, type_ in get_type_hints(Study).items() if is_dataclass(type_)}
    keys = [each.name for type_ in sections.values() for each in fields(type_)]
    assert [key for key in keys if f"`{key}`" not in page] == []
    assert [name for name in sections if f"[{name}]" not in page] == []


def test_paths_are_relative_to_the_file_and_one_value_stands_for_a_list(tmp_path: Path) -> None:
    text = '[samples]\nrecordings = "a"\n[show]\nviews = "full"\nsize = [448, "30deg"]\nfps = 2\n[ask]\nmodels = "mock"\n'
    study = read_study(write(tmp_path, text))
    assert study.samples.recordings == (tmp_path / "a",)
    assert (study.show.views, study.show.size, study.show.fps, study.ask.models) == (
        ("full",),
        ("448", "30deg"),
        (2.0,),
        ("mock",),
    )


def test_numbers_stand_for_texts_to_their_last_digit(tmp_path: Path) -> None:
    study = study_of(
        {"samples": {"recordings": ["a"], "segment": 1234567.5}, "show": {"size": [1000000, 448.0]}}, folder=tmp_path
    )
    assert (study.samples.segment, study.show.size) == ("1234567.5", ("1000000", "448"))


def test_seeds_are_a_list_or_the_first_and_the_last(tmp_path: Path) -> None:
    head = '[samples]\ndataset = "toykitchen"\n'
    assert read_study(write(tmp_path, f"{head}seeds = [5, 9]")).samples.seeds == (5, 9)
    assert read_study(write(tmp_path, f'{head}seeds = "5-8"')).samples.seeds == (5, 6, 7, 8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"study.toml: the section \[samples\] is missing"),
        ("title = ", "is no TOML: "),
        ("[sample]\n", "there is no section or key 'sample'; did you mean 'samples'"),
        (f'views = ["gaze"]\n{TOY}', r"no section or key 'views'; it belongs into \[show\]"),
        (f"show = 3\n{TOY}", r"show is a section: write \[show\] on a line"),
        (f'{TOY}[show]\nview = "gaze"', r"\[show\] has no key 'view'; did you mean 'views'"),
        (f'{TOY}[show]\nfps = "one"', r"\[show\] an entry of fps must be a number, got \"one\""),
        (f"{TOY}[show]\nfps = 0", r"\[show\] an entry of fps must be more than 0, got 0"),
        (f"{TOY}[show]\nloss = nan", r"\[show\] an entry of loss must be finite and at least 0 and at most 1, got nan"),
        (f"{TOY}[show]\nviews = []", r"\[show\] views names nothing"),
        (f'{TOY}[show]\nviews = ["gaze", "gaze"]', r"\[show\] views names gaze twice"),
        (f'{TOY}[ask]\nmodels = ["mock", "mock"]', r"\[ask\] models names 'mock' twice"),
        (f'{TOY}[score]\nmetrics = ["bleu", "bleu"]', r"\[score\] metrics names 'bleu' twice"),
        ("[samples]\n", r"\[samples\] needs recordings or dataset, one of them \(none is given\)"),
        ('[samples]\ndataset = "toykitchen"\nrecordings = ["a"]', r"one of them \(both are given\)"),
        ('[samples]\ndataset = "toykitchen"', r"needs worlds \(how many\) or seeds \(which\)"),
        ('[samples]\nrecordings = "a"\nworlds = 3', r'seeds and worlds are those of dataset = "toykitchen"'),
        ('[samples]\nrecordings = "a"\nsegment = 5\nreferences = "r.csv"', r"references tell the spans themselves"),
        ('[samples]\ndataset = "toykitchen"\nworlds = 1\nsegment = 5', r"segment and references cut recordings"),
        ('[samples]\ndataset = "toykitchen"\nseeds = [4, 4]', r"seeds names a world twice"),
        ('[samples]\ndataset = "toykitchen"\nseeds = "9-4"', r"the first and the last such as \"30150-30169\", got '9-4'"),
        (f'{TOY}[compare]\nas_good_as = "full"', r"as_good_as needs margin"),
        (f"{TOY}[compare]\nmargin = {{ sbert = 0.02 }}", r"\[compare\] margin says how near as_good_as must be; name that"),
        (f"{TOY}[compare]\nmargin = 0.1", r"\[compare\] margin must be a table, such as { a = 1 }, got 0.1"),
        (f"{TOY}[compare]\nmargin = {{ sbert = 0 }}", r"\[compare\] sbert of margin must be more than 0, got 0"),
        ('[samples]\nrecordings = "~nobody-of-this-name/a"', r"\[samples\] an entry of recordings is no path, \"~nobody"),
        ('[samples]\ndataset = "a\\u0000"', r"\[samples\] dataset is no path, \"a\\u0000\": .*write where it lies"),
        (f'{TOY}[ask]\ninstructions = "~nobody-of-this-name/a.txt"', r"\[ask\] instructions is no path"),
        ('[samples]\nrecordings = "a"\n[score]\nmetrics = "chair_i"', r"\[score\] chair_i needs object_names"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        read_study(write(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "message"),
    [("study.tml", "there is no study file .*; did you mean .*study.toml"), (".", "is a folder; name the study file itself")],
    ids=["a typo", "a folder"],
)
def test_a_file_that_is_none(name: str, message: str, tmp_path: Path) -> None:
    write(tmp_path, TOY)
    with pytest.raises(UsageError, match=message):
        read_study(tmp_path / name)


def test_a_study_is_data_without_its_folder(tmp_path: Path) -> None:
    given: dict[str, Any] = {"out": "run", "samples": {"recordings": ["a"]}}
    given["compare"] = {"as_good_as": "full", "margin": {"sbert": 0.02}}
    study = study_of(given, folder=tmp_path)
    assert "out" not in study.data()
    assert study.data()["samples"]["recordings"] == [str(tmp_path / "a")]
    assert study.data()["compare"]["margin"] == {"sbert": 0.02}


def test_the_toy_kitchen_brings_its_own_words(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, f'{TOY}[score]\nmetrics = ["object_words"]'))
    assert {"red", "cup", "tray"} < set(study.score.options("object_words")["names"])
    assert study.score.options("rouge_l") == {}
