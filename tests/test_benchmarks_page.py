"""benchmarks/README.md: every benchmark is there with the command that its docstring names, and every result is linked."""

import ast
import re
from pathlib import Path

import pytest
from benchmarks.frames_and_task import of_experiment

FOLDER = Path(__file__).parents[1] / "benchmarks"
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"python (?:-m benchmarks\.|benchmarks/)(\w+)(?:\.py)?")
LISTED = {found[1]: found[0] for found in COMMAND.finditer(PAGE)}
"""Name -> command, as far as the name."""


def modules() -> dict[str, ast.Module]:
    return {file.stem: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.py"))}


def is_run(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.If) and "__main__" in ast.unparse(node.test) for node in tree.body)


def is_package_member(tree: ast.Module) -> bool:
    """Whether it imports others by the package's name, which only ``python -m`` finds."""
    imports = [node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)]
    return any(module.split(".")[0] == "benchmarks" for module in imports)


def is_folder_member(tree: ast.Module, names: set[str]) -> bool:
    """Whether it imports others by their bare names, which only a run of its file finds."""
    return any(isinstance(node, ast.ImportFrom) and node.module in names for node in tree.body)


MODULES = modules()
RUN = [name for name, tree in MODULES.items() if is_run(tree)]
PARTS = {"decode_jobs"}
"""Run by another."""


@pytest.mark.parametrize("name", [name for name in RUN if name not in PARTS])
def test_every_benchmark_is_listed_with_a_command_that_runs_and_its_docstring_names(name: str) -> None:
    assert name in LISTED, f"benchmarks/README.md does not list {name}"
    tree = MODULES[name]
    assert LISTED[name] in (ast.get_docstring(tree) or ""), f"{name}'s docstring names another command than README.md"
    by_package = LISTED[name].startswith("python -m")
    assert by_package or not is_package_member(tree)
    assert not (by_package and is_folder_member(tree, set(MODULES)))


def test_nothing_is_listed_that_is_not_there() -> None:
    assert set(LISTED) <= set(RUN)


@pytest.mark.parametrize("result", sorted(file.name for file in (FOLDER / "results").glob("*.md")))
def test_every_result_is_linked(result: str) -> None:
    assert f"](results/{result})" in PAGE


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert links
    assert [link for link in links if not (FOLDER / link).exists()] == []


def test_without_the_experiments_answers_its_result_is_not_written_over(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="has no answers of the experiment; run foveate experiment fps first"):
        of_experiment(tmp_path, {})
