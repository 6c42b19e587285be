"""Pictures in the world at one instant."""

from dataclasses import dataclass

from foveate.toykitchen.hands import cuff_px, hand_sprite, sleeve_sprite
from foveate.toykitchen.sprite import Matrix, Sprite, chained, placed


@dataclass(frozen=True)
class Layer:
    """One picture in the world."""

    name: str
    """What it is: ``thing 3``, ``right hand``, ``passage 0``; a shadow has none."""
    sprite: Sprite
    matrix: Matrix
    """From its own coordinates to the world's."""
    opacity: float = 1.0


def arm_layers(name: str, grip: str, hand: Matrix, skin: int, sleeve: int) -> list[Layer]:
    """A hand at a place, and the sleeve that it comes out of."""
    dx, dy = cuff_px(grip)
    return [
        Layer(f"{name}", hand_sprite(grip, skin), hand),
        Layer(f"{name}, sleeve", sleeve_sprite(sleeve), chained(hand, placed(dx, dy))),
    ]
