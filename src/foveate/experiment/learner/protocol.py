"""Which worlds, how many clips, how long: everything that the experiments in training share, fixed before the first run."""

from dataclasses import dataclass

from foveate.dataset.toykitchen import TEST_SEEDS, THIRD_PERSON_SEEDS, TRAIN_SEEDS, UNSEEN_SEEDS, VALIDATION_SEEDS

FRAME_PX = 288
"""Side of a whole frame as the encoder is shown it."""
TILE_PX = 96
"""Side of the tiles that a frame is encoded in, each for itself."""
GRID = 12
"""Visual patches on a side: 24 px each, 120 px of the scene."""
WIDTH = 192
"""Of a visual token."""
FRAMES = {"activity": 3, "future": 5}
"""Task -> frames of a clip, at one a second."""

Worlds = tuple[tuple[str, range], ...]
"""Variants of the toy kitchen and seeds."""


@dataclass(frozen=True)
class Protocol:
    """What is drawn and how long is trained."""

    eyes: Worlds = (
        ("kitchen", TRAIN_SEEDS[2000:2090]),
        ("other", TRAIN_SEEDS[2090:2180]),
        ("third_person", TRAIN_SEEDS[2180:2200]),
    )
    """Worlds in which the encoder learns what a patch shows: never what anybody does."""
    eye_steps: int = 800
    naming: Worlds = (("kitchen", TRAIN_SEEDS[3000:3040]), ("other", TRAIN_SEEDS[3040:3080]))
    """Worlds in which the base model learns to name the thing that it is pointed at."""
    naming_steps: int = 500
    narrated: Worlds = (("kitchen", TRAIN_SEEDS[4000:4120]),)
    """Worlds in which the base model learns to narrate what it is pointed at."""
    narrated_steps: int = 900
    train: Worlds = (("kitchen", TRAIN_SEEDS[1000:1033]),)
    """Worlds of the clips that the arms are trained on; nothing is pointed at in them."""
    more: Worlds = (("kitchen", TRAIN_SEEDS[1033:1066]),)
    """As many again, for the arms that have more text."""
    stand: Worlds = (("third_person", TRAIN_SEEDS[5000:5034]),)
    """The same for the arms of a camera on a stand."""
    validation: Worlds = (("kitchen", VALIDATION_SEEDS[100:124]),)
    """Worlds that strength, rates and steps were chosen by."""
    tests: tuple[tuple[str, Worlds], ...] = (
        ("kitchen", (("kitchen", TEST_SEEDS[96:144]),)),
        ("other", (("other", UNSEEN_SEEDS[:48]),)),
        ("third_person", (("third_person", THIRD_PERSON_SEEDS[:48]),)),
    )
    """Condition -> worlds that are opened once. A seed is a recording, the unit of every interval and test."""
    spans: int = 8
    """Of each task and test recording, evenly over its course."""


PROTOCOL = Protocol()
QUICK = Protocol(
    eyes=(("kitchen", TRAIN_SEEDS[2000:2001]), ("other", TRAIN_SEEDS[2090:2091])),
    eye_steps=4,
    naming=(("kitchen", TRAIN_SEEDS[3000:3001]),),
    naming_steps=3,
    narrated=(("kitchen", TRAIN_SEEDS[4000:4001]),),
    narrated_steps=3,
    train=(("kitchen", TRAIN_SEEDS[1000:1002]),),
    more=(("kitchen", TRAIN_SEEDS[1033:1034]),),
    stand=(("third_person", TRAIN_SEEDS[5000:5001]),),
    validation=(("kitchen", VALIDATION_SEEDS[100:101]),),
    tests=(
        ("kitchen", (("kitchen", TEST_SEEDS[-2:]),)),
        ("other", (("other", UNSEEN_SEEDS[-2:]),)),
        ("third_person", (("third_person", THIRD_PERSON_SEEDS[-2:]),)),
    ),
    spans=2,
)
"""A few clips of worlds that the protocol does not test on: does the program run?"""
