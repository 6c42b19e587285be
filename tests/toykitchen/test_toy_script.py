import math
from collections import Counter

import numpy as np
import pytest

from foveate.toykitchen import Parameters, World
from foveate.toykitchen.motion import PLAYS
from foveate.toykitchen.script import write_script
from foveate.toykitchen.words import COLOURS, KINDS, SURFACES, USES, VERBS, sentence

SCRIPTS = [write_script(np.random.default_rng([seed, 0]), Parameters(), 60.0) for seed in range(100)]
EXPECTED = [
    "The person reaches for the blue box.",
    "The person reaches for the green bread.",
    "The person reaches for the blue box.",
]
STARTS_S = 518.0980
TEXTS = Counter(script.sentence(action) for script in SCRIPTS for action in script.actions)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("cut", "red", "apple"), "The person cuts the red apple."),
        (("put", "blue", "jug", "tray"), "The person puts the blue jug on the tray."),
        (("pour", "white", "cup"), "The person pours from the white cup."),
    ],
    ids=["one object", "destination", "from"],
)
def test_a_sentence_says_verb_colour_kind_and_surface(words: tuple[str, ...], told: str) -> None:
    assert sentence(*words) == told


def test_sentences_are_many_and_none_is_common() -> None:
    assert len(TEXTS) >= 200
    assert max(TEXTS.values()) / TEXTS.total() <= 0.02
    vocabulary = {word.strip(".") for text in TEXTS for word in text.split()}
    assert len(vocabulary) < 120
    assert vocabulary >= {*COLOURS, *KINDS, *SURFACES}


def test_every_verb_is_played_and_occurs() -> None:
    assert set(PLAYS) == set(VERBS)
    assert {action.verb for script in SCRIPTS for action in script.actions} == set(VERBS)


def test_objects_are_6_to_10_different_ones_among_distractors() -> None:
    shared_kind = shared_colour = 0
    for script in SCRIPTS:
        things = [(thing.kind, thing.colour) for thing in script.things]
        assert 6 <= len(things) <= 10
        assert len(set(things)) == len(things)
        assert len({thing.place for thing in script.things}) == len(things)
        kinds, colours = Counter(kind for kind, _ in things), Counter(colour for _, colour in things)
        shared_kind += any(count > 1 for count in kinds.values())
        shared_colour += any(count > 1 for count in colours.values())
    assert shared_kind > 80
    assert shared_colour > 80


def test_actions_follow_each_other_and_suit_their_object() -> None:
    low, high = Parameters().action_s
    for script in SCRIPTS:
        assert len(script.actions) >= 10
        at = {i: thing.place for i, thing in enumerate(script.things)}
        for before, action in zip([None, *script.actions], script.actions, strict=False):
            assert action.start_s == (before.stop_s if before else 0.0)
            assert low <= action.stop_s - action.start_s <= high
            kind = script.things[action.thing].kind
            assert kind in USES.get(action.verb, KINDS)
            if action.verb == "carry":
                assert action.place not in at.values()
                at[action.thing] = action.place
            assert action.place == at[action.thing]
            assert (action.surface is not None) == (action.verb == "put")
        assert script.actions[-1].stop_s <= 60.0


def test_an_object_is_held_only_after_it_was_picked_up() -> None:
    for script in SCRIPTS:
        held = None
        for action in script.actions:
            if action.verb in ("carry", "pour", "put"):
                assert held == action.thing
            else:
                assert held is None
            held = {"take": action.thing, "put": None}.get(action.verb, held)


def test_the_next_verb_is_partly_predictable() -> None:
    pairs = Counter(
        (a.verb, b.verb) for script in SCRIPTS for a, b in zip(script.actions[:-1], script.actions[1:], strict=True)
    )
    best = sum(max(count for (first, _), count in pairs.items() if first == verb) for verb in VERBS)
    assert 0.4 < best / pairs.total() < 0.9


def test_a_script_is_frozen() -> None:
    """A model was trained on these worlds: other sentences mean that it must be trained anew."""
    assert [event.text for event in World(0, duration_s=12.0).narrations] == EXPECTED
    assert math.isclose(sum(event.time_ns for event in World(1).narrations) / 1e9, STARTS_S, abs_tol=1e-3)
