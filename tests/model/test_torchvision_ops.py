"""torchvision's missing operators: declared only where exactly they are missing."""

import subprocess
import sys

import pytest

# a torchvision whose import fails as told, and counts how often it was tried
FAKE = """
import logging, pathlib, sys
logging.getLogger("foveate").setLevel(sys.argv[2])
logging.lastResort.setLevel("DEBUG")
folder = pathlib.Path(sys.argv[1])
(folder / "torchvision").mkdir()
(folder / "torchvision" / "__init__.py").write_text({code!r})
sys.path.insert(0, str(folder))
import foveate.model.torchvision_ops as ops
print(ops.ensure_operators(), ops.ensure_operators())
if "torch" in sys.modules:
    import torch
    print(hasattr(torch.ops.torchvision, "nms"), hasattr(torch.ops.torchvision, "qnms"))
"""
MISFIT = """
import torch
if not hasattr(torch.ops.torchvision, "nms"):
    raise RuntimeError("operator torchvision::nms does not exist")
"""
SAID = "declared its operators nms and qnms"


@pytest.mark.parametrize(
    ("code", "printed", "said"),
    [
        (MISFIT, "True True\nTrue True\n", 1),
        ("x = 1", "False False\n", 0),
        ("raise RuntimeError('CUDA driver too old')", "False False\n", 0),
        ("import no_such_module", "False False\n", 0),
    ],
    ids=["operators missing", "imports", "fails otherwise", "something else is not installed"],
)
def test_operators_are_declared_once_and_only_where_missing(code: str, printed: str, said: int, tmp_path: object) -> None:
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", FAKE.format(code=code), str(tmp_path), "DEBUG"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == printed
    assert told.stderr.count(SAID) == said


def test_who_asked_for_nothing_is_told_nothing(tmp_path: object) -> None:
    """No command depends on it; ``foveate doctor`` tells."""
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", FAKE.format(code=MISFIT), str(tmp_path), "NOTSET"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (told.stdout, told.stderr) == ("True True\nTrue True\n", "")
