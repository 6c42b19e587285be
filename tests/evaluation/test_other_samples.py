"""A Run whose samples are others now: what became another is told in words, in place of a checksum."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import foveate
from evaluation.studies import REFERENCES, make_recordings, small_study
from foveate.errors import JobError
from foveate.run import Run
from writers.table import write_table

BEGUN = "was begun with other samples of this study: "
TO_DO = "; put them back, or give a new folder, or --restart to throw away what it holds"


def carried_out(home: Path, out: Path) -> Run:
    return foveate.evaluate(small_study(home, samples={"recordings": ["list.csv"]}), out=out, answers=None)


def table(old: str, new: str) -> Callable[[Path], None]:
    """A change of refs.csv."""
    return lambda home: (home / "refs.csv").write_text(REFERENCES.replace(old, new)) and None


def one_more(home: Path) -> None:
    write_table(home / "carl")
    (home / "list.csv").write_text("recording\nanna\nben\ncarl\n")
    (home / "refs.csv").write_text(f"{REFERENCES}carl,0,0.4,He waits.,,\n")


def another_order(home: Path) -> None:
    (home / "list.csv").write_text("recording\nben\nanna\n")


CHANGES = {
    "a span gone": (table("ben,0.4,0.8,,,take\n", ""), "1 sample gone (ben/0.400-0.800)"),
    "a span moved": (table("anna,0,0.4", "anna,0,0.3"), "1 sample gone (anna/0.000-0.400); 1 sample new (anna/0.000-0.300)"),
    "spans moved": (
        table(",0.8,", ",0.7,"),
        "2 samples gone (anna/0.400-0.800 ...); 2 samples new (anna/0.400-0.700 ...)",
    ),
    "a span moved by less than names tell": (
        table("anna,0,0.4", "anna,0.0001,0.4"),
        "the span of 1 sample changed (anna/0.000-0.400)",
    ),
    "a recording new": (one_more, "1 recording new (carl); 1 sample new (carl/0.000-0.400)"),
    "another order": (another_order, "its samples come in another order"),
}


@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES)
def test_what_changed_is_told_and_nothing_is_lost(tmp_path: Path, change: Callable[[Path], None], message: str) -> None:
    home = make_recordings(tmp_path / "data")
    (home / "list.csv").write_text("recording\nanna\nben\n")
    before = carried_out(home, tmp_path / "run")
    change(home)
    with pytest.raises(JobError, match=re.escape(f"{tmp_path / 'run'} {BEGUN}{message}{TO_DO}")):
        carried_out(home, tmp_path / "run")
    assert (tmp_path / "run" / "lines.jsonl").read_text().count("\n") == len(before.lines)


def test_references_put_right_are_no_other_samples(tmp_path: Path) -> None:
    home = make_recordings(tmp_path / "data")
    (home / "list.csv").write_text("recording\nanna\nben\n")
    carried_out(home, tmp_path / "run")
    table("She looks at the cup.", "She looks at the pot.")(home)
    run = carried_out(home, tmp_path / "run")
    assert any("She looks at the pot." in line.references for line in run.lines)
