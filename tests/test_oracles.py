"""The comparison with vendors' tools: what it counts as a difference, and that the documents show what it printed."""

import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
TODAY_NS = 1_763_600_000_000_000_001


@pytest.fixture(scope="module")
def oracles() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        yield importlib.import_module("oracles")


def test_the_document_shows_what_the_command_printed() -> None:
    shown = re.search(r"<!-- oracles -->\n(.*?)<!-- /oracles -->", (ROOT / "docs" / "recordings.md").read_text(), re.DOTALL)
    assert shown
    assert shown[1] == (RESULTS / "oracles.md").read_text()


def test_the_results_are_those_of_every_comparison_with_the_pinned_versions(oracles: ModuleType) -> None:
    told = json.loads((RESULTS / "oracles.json").read_text())
    rows = [oracles.Row(**{key: value for key, value in row.items() if key != "holds"}) for row in told["rows"]]
    assert oracles.table(rows, told["not_made"]) == (RESULTS / "oracles.md").read_text()
    assert told["not_made"] == []
    wanted = [(made.tool, made.recording, name) for made in oracles.COMPARISONS for name in made.limits]
    assert [(row.name, row.recording, row.quantity) for row in rows] == wanted
    for row in rows:
        assert row.holds, f"{row.recording}: {row.quantity}"
        assert row.samples > 0
        assert (row.tool, row.version) == oracles.TOOLS[row.name][:2]


NAN = float("nan")


@pytest.mark.parametrize(
    ("theirs", "mine", "limit", "found", "holds"),
    [
        pytest.param([TODAY_NS, 5], [TODAY_NS, 5], 0, (2, 0, 0.0), True, id="the same times"),
        pytest.param([TODAY_NS, 5], [TODAY_NS + 1, 5], 0, (2, 0, 1.0), False, id="one nanosecond, which float64 does not see"),
        pytest.param([[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.5], [3.0, 4.0]], 0.4, (2, 0, 0.5), False, id="a point"),
        pytest.param([[1.0, 2.0], [None, None]], [[1.0, 2.0], [NAN, NAN]], 0, (1, 0, 0.0), True, id="both missing"),
        pytest.param([[1.0, 2.0], [None, None]], [[1.0, 2.0], [0.0, 0.0]], 9, (1, 1, 0.0), False, id="missing in theirs only"),
        pytest.param([[1.0, 2.0, 3.0]], [[1.0, 2.0, NAN]], 9, (1, 1, 0.0), False, id="half missing in ours"),
        pytest.param([1.0, 2.0], [1.0], 9, (0, 0, None), False, id="a sample lost"),
        pytest.param(["begin", "end"], ["begin", "ends"], 0, (2, 0, 1.0), False, id="a name"),
    ],
)
def test_what_counts_as_a_difference(oracles: ModuleType, theirs, mine, limit, found, holds) -> None:
    row = oracles.Row("rec", "aria", "tool", "1.0", "gaze time (ns)", 0, 0, 0, 0, None, limit)
    row = oracles.difference(row, oracles.values_of(theirs), np.array(mine))
    assert (row.values, row.missing_apart, row.largest_difference) == found
    assert (row.samples, row.ours, row.holds) == (len(theirs), len(mine), holds)
    assert ("**missed**" in oracles.line([row])) is not holds


def test_what_was_not_compared_is_named(oracles: ModuleType, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["oracles.py", "--out", str(tmp_path)])
    assert oracles.main() == 0
    assert capsys.readouterr().out.count("Not made: ") == len(oracles.COMPARISONS)
    assert json.loads((tmp_path / "oracles.json").read_text())["rows"] == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param("ariia=python3", "no tool ariia; there are: glassestools, neon, aria", id="a tool that is none"),
        pytest.param("aria=/no/such/python", "projectaria-tools==2.3.0 in an environment of its own", id="no such Python"),
        pytest.param(
            f"aria={sys.executable}", "projectaria-tools .* failed on .*No module named", id="a Python without the tool"
        ),
    ],
)
def test_a_tool_that_cannot_be_had_is_told(oracles: ModuleType, tmp_path: Path, monkeypatch, capsys, given, message) -> None:
    monkeypatch.setattr(oracles, "COMPARISONS", [made for made in oracles.COMPARISONS if made.tool == "aria"][:1])
    (tmp_path / oracles.COMPARISONS[0].source).mkdir(parents=True)
    asked = ["oracles.py", "--oracle-python", given, "--data", str(tmp_path), "--out", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", asked)
    with pytest.raises(SystemExit) as stopped:
        oracles.main()
    assert re.search(message, f"{stopped.value}{capsys.readouterr().err}", re.DOTALL)
    assert not (tmp_path / "out").exists()
