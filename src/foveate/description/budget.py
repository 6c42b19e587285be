"""A visual-token budget, solved above views and models by asking the model what an image of a size would take."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from foveate.errors import ViewError
from foveate.geometry import Size
from foveate.model.model import Model
from foveate.view import ViewMaker, make_view
from foveate.view.fit import Fit, longest_side, native


def view_for(model: Model, view: str | ViewMaker, *, size: str, budget_tokens: int | None) -> ViewMaker:
    """A view of frames that a model is to be shown.

    Args:
        model: who is shown it.
        view: a name of VIEWS, or a view made by ``make_view``, which keeps its own sizes.
        size: side of the crop.
        budget_tokens: greatest number of visual tokens of one frame; None for no limit.

    Raises:
        ViewError: for a view that there is not, or one that tells in words what the model cannot read.
    """
    if isinstance(view, str):
        view = make_view(view, size=size, fit=native if budget_tokens is None else within_budget(model, budget_tokens))
    if view.note is not None and model.instructions:
        raise ViewError(
            f"{model.name} understands only its own prompts, so the view {view.name!r}, which tells gaze in words, "
            "tells it nothing; name another view or another model"
        )
    return view


def within_budget(model: Model, budget_tokens: int) -> Fit:
    """Shrink regions, keeping their shape, to the largest size that takes at most a number of visual tokens.

    Args:
        model: tells the tokens of a size.
        budget_tokens: greatest number of visual tokens of one frame, whether it is shown as one image or as several.

    Raises:
        ViewError: (by what is returned) where the model cannot tell, or cannot go that low.
    """
    return _Budget(model, budget_tokens)


@dataclass(frozen=True)
class _Budget:
    """The sizes that a budget leaves, worked out once for each size of region."""

    model: Model
    """Tells the tokens of a size."""
    most_tokens: int
    """Of one frame."""
    _known: dict[Size, int] = field(default_factory=dict, repr=False, compare=False)
    _fitted: dict[tuple[Size, int], Size] = field(default_factory=dict, repr=False, compare=False)

    def __call__(self, region_px: Size) -> Size:
        key = Size(*region_px), self.most_tokens
        if key not in self._fitted:
            self._fitted[key] = self._fit(Size(*region_px))
        return self._fitted[key]

    def together(self, regions_px: Sequence[Size], shares: Sequence[float]) -> tuple[Size, ...]:
        """Each image by its share of the tokens; what that leaves over goes to the images in their order."""
        sizes = [
            self._least(region, int(self.most_tokens * share + 1e-9)) for region, share in zip(regions_px, shares, strict=True)
        ]
        if (least := sum(map(self._tokens, sizes))) > self.most_tokens:
            raise ViewError(
                f"{self.model.name} takes at least {least} visual tokens for the {len(sizes)} images of a frame, "
                f"more than the budget of {self.most_tokens}; raise --budget"
            )
        for place, region in enumerate(regions_px):
            others = sum(self._tokens(size) for size in (*sizes[:place], *sizes[place + 1 :]))
            sizes[place] = replace(self, most_tokens=self.most_tokens - others)(region)
        return tuple(sizes)

    def _least(self, region_px: Size, tokens: int) -> Size:
        """What fits into a share, or the smallest image that there is where nothing does: the others then have less."""
        try:
            return replace(self, most_tokens=tokens)(region_px)
        except ViewError:
            return longest_side(1)(region_px) if self._tokens(region_px) > tokens else region_px

    def _tokens(self, size_px: Size) -> int:
        if size_px not in self._known:
            (count,) = self.model.visual_tokens([size_px])
            if count is None:
                raise ViewError(
                    f"{self.model.name} does not tell its visual tokens, so a budget cannot be held; use --size instead"
                )
            self._known[size_px] = count
        return self._known[size_px]

    def _fit(self, region_px: Size) -> Size:
        if self._tokens(region_px) <= self.most_tokens:
            return region_px
        smallest, largest = 1, max(region_px)  # longest sides; the smallest may not fit either
        while largest - smallest > 1:
            middle = (smallest + largest) // 2
            if self._tokens(longest_side(middle)(region_px)) <= self.most_tokens:
                smallest = middle
            else:
                largest = middle
        size = longest_side(smallest)(region_px)
        if self._tokens(size) > self.most_tokens:
            raise ViewError(
                f"{self.model.name} takes at least {self._tokens(size)} visual tokens for an image of this shape, "
                f"more than the budget of {self.most_tokens}; raise --budget"
            )
        return size
