"""Documents that tell the truth: README's tree, its length, links, and what must not stand in them."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def tracked() -> set[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout, so there is no list of files to compare with")
    return {line for line in listed.stdout.splitlines() if (ROOT / line).exists()}


def tree_paths() -> set[str]:
    """Paths in README's tree: two spaces of indentation per level, then a name, then what it is for."""
    block = re.search(r"## The tree\n.*?```text\n(.*?)```", README, re.DOTALL)
    assert block, "README has no tree"
    stack: list[str] = []
    paths = set()
    for line in block[1].splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        stack[depth:] = [line.split()[0].rstrip("/")]
        paths.add("/".join(stack))
    return paths


def test_readmes_tree_matches_the_files() -> None:
    files = tracked()
    folders = {str(parent) for file in files for parent in Path(file).parents}
    shown = tree_paths()
    assert shown <= files | folders, f"in the tree but not there: {sorted(shown - files - folders)}"
    expanded = {path for path in shown if any(other.startswith(f"{path}/") for other in shown)}
    there = {file.split("/")[0] for file in files if not file.startswith(".")}
    for folder in expanded:
        there |= {"/".join(file.split("/")[: folder.count("/") + 2]) for file in files if file.startswith(f"{folder}/")}
    there = {path for path in there if not path.endswith(("__init__.py", "__main__.py", "py.typed"))}
    assert there <= shown, f"there but not in the tree: {sorted(there - shown)}"


def test_readme_is_short() -> None:
    assert len(README.splitlines()) <= 200


@pytest.mark.parametrize("path", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS])
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_every_command_is_in_the_readme() -> None:
    from foveate.cli import COMMANDS

    for command in COMMANDS:
        assert f"foveate {command}" in README
