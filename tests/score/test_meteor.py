"""METEOR beside the COCO evaluation's own pipeline where that is installed, and what is said where it is not."""

import shutil
import sys

import pytest

from foveate.score import Score, score_texts
from foveate.score.meteor import why_not

needs_meteor = pytest.mark.skipif(bool(why_not()), reason=why_not())
needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="java is not installed here")

HYPOTHESES = [
    "A person slices the red apple.",
    "a man rides a horse",
    "the person holds a cup's handle-bar (red) ||| and more\nin two lines",
    "",
    "...",
    "x",
]
REFERENCES: list[list[str]] = [
    ["The person cuts the red apple.", "Someone slices an apple."],
    ["a man rides a horse"],
    ["the person's cup, red"],
    ["A cup, on the tray!"],
    ["Nothing."],
    [""],
]


@needs_meteor
def test_equal_to_the_coco_evaluation():
    tokenizer = pytest.importorskip("pycocoevalcap.tokenizer.ptbtokenizer").PTBTokenizer()
    program = pytest.importorskip("pycocoevalcap.meteor.meteor").Meteor()
    known = range(len(REFERENCES) - 1)  # the last has no reference
    said = tokenizer.tokenize({i: [{"caption": HYPOTHESES[i].replace("|||", " ")}] for i in known})
    wanted = tokenizer.tokenize({i: [{"caption": text} for text in REFERENCES[i]] for i in known})
    _, expected = program.compute_score(wanted, said)
    for pipe in (program.meteor_p.stdin, program.meteor_p.stdout, program.meteor_p.stderr):
        pipe.close()
    program.meteor_p.kill()
    program.meteor_p.wait()
    found = score_texts("meteor", HYPOTHESES, REFERENCES)
    assert [score.value for score in found[:-1]] == pytest.approx(expected, abs=1e-12)
    assert found[1].value == 1
    assert found[-1] == Score.unscored(reason="there is no reference")


@needs_meteor
def test_a_text_that_kills_the_program_is_unscored_alone(monkeypatch):
    endless = "cup " * 20_000
    monkeypatch.setattr("foveate.score.meteor.LONGEST_S", 60.0)
    before, within, after = score_texts("meteor", ["a cup", endless, "a cup"], ["a cup", endless, "the cup"])
    assert before.value == 1
    assert within.reason.startswith("METEOR's Java program failed: it ended, or needed more than 60 s; it said: ")
    assert 0 < after.value < 1


def test_without_java_every_item_is_unscored(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert score_texts("meteor", ["a", None], ["a", "b"]) == [
        Score.unscored(reason="METEOR needs java, which is not installed here"),
        Score.unscored(reason="there is no answer"),
    ]


@needs_java
def test_without_the_package_every_item_is_unscored(monkeypatch):
    monkeypatch.setattr("foveate.score.meteor.find_spec", lambda module: None)
    (found,) = score_texts("meteor", ["a"], ["a"])
    assert found.reason.endswith("it comes with: pip install 'foveate[meteor]'")


@needs_java
def test_a_package_whose_programs_are_missing_or_broken_says_so(monkeypatch, tmp_path):
    jars = [tmp_path / "pycocoevalcap" / name for name in ("meteor/meteor-1.5.jar", "tokenizer/stanford-corenlp-3.4.1.jar")]
    for jar in jars:
        jar.parent.mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    for loaded in [name for name in sys.modules if name.split(".")[0] == "pycocoevalcap"]:
        monkeypatch.delitem(sys.modules, loaded)
    (found,) = score_texts("meteor", ["a"], ["a"])
    assert "METEOR needs meteor-1.5.jar, which is missing in" in found.reason
    for jar in jars:
        jar.write_bytes(b"no program")
    found, twice = score_texts("meteor", ["a", "b"], ["a", "b"])
    assert found.reason.startswith("METEOR's Java program failed: 2 texts became 0 lines of tokens; it said: Error")
    assert twice == found
