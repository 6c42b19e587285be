"""Which cases there are: most of the mutations that fit a recording's main files, and some of those that fit others."""

import os
import random
from pathlib import Path

from broken.mutations import fitting
from broken.whole import Whole

OF_MAIN, OF_OTHERS = 18, 1
"""Mutations of each main file, and of each other file, drawn by its name; so a run ends within half an hour."""
NEEDS_A_USER = "permission denied"
"""Mutation that means nothing to root."""


def main_files(whole: Whole, root: Path) -> list[str]:
    """The files that matter most, relative to the folder."""
    return [sorted(root.glob(pattern))[0].relative_to(root).as_posix() for pattern in whole.first]


def cases(whole: Whole, root: Path) -> list[tuple[str, str]]:
    """(file, mutation), files relative to the folder, in an order that does not change."""
    main = main_files(whole, root)
    others = sorted({file.relative_to(root).as_posix() for file in root.rglob("*") if file.is_file()} - set(main))
    found = []
    for file in [*main, *others]:
        fits = [name for name in fitting(Path(file)) if name != NEEDS_A_USER or os.geteuid() != 0]
        most = OF_MAIN if file in main else OF_OTHERS
        chosen = set(random.Random(f"{root.name}/{file}").sample(fits, min(most, len(fits))))
        found += [(file, mutation) for mutation in fits if mutation in chosen]
    return found
