"""The section [raters]: every mistake told in one line."""

import re
from pathlib import Path

import pytest

from foveate.errors import UsageError
from foveate.study import read_raters
from foveate.study.config import QUESTIONS

HEAD = 'out = "run"\n[samples]\ndataset = "toykitchen"\nworlds = 2\n'


def study(folder: Path, text: str, head: str = HEAD) -> Path:
    (folder / "study.toml").write_text(head + text, encoding="utf-8")
    return folder / "study.toml"


def test_defaults_come_from_the_study_file(tmp_path: Path) -> None:
    found = read_raters(study(tmp_path, "[raters]\nseed = 3\n"))
    assert (found.run, found.out) == (tmp_path / "run", tmp_path / "run" / "raters")
    assert found.questions == QUESTIONS["pairwise"]
    assert found.clip_folder == tmp_path / "run" / "raters" / "clips"
    assert not found.gaze_overlay
    assert read_raters(study(tmp_path, '[raters]\nmode = "likert"\n')).questions == QUESTIONS["likert"]


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "consent.md").write_text("Yes?", encoding="utf-8")
    found = read_raters(study(tmp_path, '[raters]\nrun = "other"\nout = "people"\nconsent = "consent.md"\n'))
    assert (found.run, found.out, found.consent) == (tmp_path / "other", tmp_path / "people", tmp_path / "consent.md")


BAD = {
    "no section": ("", "has no section \\[raters\\]"),
    "a typo": ("[raters]\nmodes = 'likert'", "there is no key 'modes'; did you mean 'mode'; the keys are in docs/raters.md"),
    "a mode that is none": ("[raters]\nmode = 'pairs'", "mode cannot be \"pairs\"; did you mean 'pairwise'"),
    "no whole number": ("[raters]\nitems = 2.5", "items must be a whole number, got 2.5"),
    "nothing to rate": ("[raters]\nitems = 0", "items must be at least 1, got 0"),
    "networks and faces that are shown": (
        "[raters]\nface_models = 'a.whl'",
        'faces = "show" leaves faces as they are; write faces = ',
    ),
    "faces that are neither": ("[raters]\nfaces = 'hide'", 'faces cannot be "hide"'),
    "a scale of two": ("[raters]\nmode = 'likert'\npoints = 2", "points must be at least 3 and at most 9"),
    "too few points to check": ("[raters]\nmode = 'likert'\npoints = 3", "an instructed check needs a scale of 4 points"),
    "a pair of one": ("[raters]\npairs = [['gaze']]", "an entry of pairs is two names that differ"),
    "a pair with itself": ("[raters]\npairs = [['gaze', 'gaze']]", "an entry of pairs is two names that differ"),
    "a pair of others": (
        "[raters]\ncompare = ['gaze', 'full']\npairs = [['gaze', 'ful']]",
        "pairs has 'ful', which compare has not; did you mean 'full'",
    ),
    "pairs of scales": ("[raters]\nmode = 'likert'\npairs = [['a', 'b']]", "pairs belong to mode"),
    "twice the same": ("[raters]\ncompare = ['gaze', 'gaze']", "compare names one twice"),
    "a question of two words": ("[raters.questions]\n'how good' = 'x'", "the name of a question is one word"),
    "a question without words": ("[raters.questions]\ngood = ''", "questions are names with texts"),
    "a consent that is not there": ("[raters]\nconsent = 'c.md'", "there is no consent text"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_mistakes(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_raters(study(tmp_path, text))


def test_a_run_must_be_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="run must be given, the folder of a Run"):
        read_raters(study(tmp_path, "[raters]\nseed = 1\n", HEAD.replace('out = "run"\n', "")))


def test_every_key_is_in_the_docs() -> None:
    from dataclasses import fields

    from foveate.study import Raters

    page = (Path(__file__).parents[2] / "docs" / "raters.md").read_text(encoding="utf-8")
    table = "".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    assert {each.name for each in fields(Raters)} == set(re.findall("`(.*?)`", table))
