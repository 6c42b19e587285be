"""A browser, and studies that are served to it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from real_browser import real_browser

if TYPE_CHECKING:
    from served_study import Served

FEW = "items = 4\ntraining = 1\nchecks = 1\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with real_browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def pairwise(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Served"]:
    from served_study import served

    with served(tmp_path_factory.mktemp("pairwise"), FEW) as study:
        yield study


@pytest.fixture(scope="module")
def likert(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Served"]:
    from served_study import served

    with served(
        tmp_path_factory.mktemp("likert"), FEW + 'mode = "likert"\ncompare = ["gaze", "center"]\nclip = "frames"\n'
    ) as study:
        yield study
