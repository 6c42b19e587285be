"""A visual-token budget, solved above views and models by asking the model what an image of a size would take."""

from functools import cache

from foveate.errors import ViewError
from foveate.geometry import Size
from foveate.model.model import Model
from foveate.view.fit import Fit, longest_side


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
            if tokens(longest_side(middle)(region_px)) <= budget_tokens:
                smallest = middle
            else:
                largest = middle
        size = longest_side(smallest)(region_px)
        if tokens(size) > budget_tokens:
            raise ViewError(
                f"{model.name} takes at least {tokens(size)} visual tokens for an image of this shape, "
                f"more than the budget of {budget_tokens}; raise --budget"
            )
        return size

    return fit
