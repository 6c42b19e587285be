"""A visual-token budget, solved above views and models by asking the model what an image of a size would take."""

from functools import cache

from foveate.errors import ViewError
from foveate.geometry import Size
from foveate.model.model import Model
from foveate.view.fit import Fit


def within_budget(model: Model, budget_tokens: int) -> Fit:
    """Shrink regions, keeping their shape, to the largest size that takes at most a number of visual tokens.

    Args:
        model: tells the tokens of a size.
        budget_tokens: greatest number of visual tokens of one image.

    Raises:
        ViewError: (by the returned function) where the model cannot tell, or cannot go that low.
    """

    @cache
    def tokens(size: Size) -> int:
        (count,) = model.visual_tokens([size])
        if count is None:
            raise ViewError(f"{model.name} does not tell its visual tokens, so a budget cannot be held; use --size instead")
        return count

    @cache
    def fit(region_px: Size) -> Size:
        if tokens(region_px) <= budget_tokens:
            return region_px
        smallest, largest = 1, max(region_px)  # longest sides; the smallest may not fit either
        while largest - smallest > 1:
            middle = (smallest + largest) // 2
            if tokens(_scaled(region_px, middle)) <= budget_tokens:
                smallest = middle
            else:
                largest = middle
        size = _scaled(region_px, smallest)
        if tokens(size) > budget_tokens:
            raise ViewError(
                f"{model.name} takes at least {tokens(size)} visual tokens for an image of this shape, "
                f"more than the budget of {budget_tokens}; raise --budget"
            )
        return size

    return fit


def _scaled(region_px: Size, longest_px: int) -> Size:
    scale = longest_px / max(region_px)
    return Size(max(1, round(region_px[0] * scale)), max(1, round(region_px[1] * scale)))
