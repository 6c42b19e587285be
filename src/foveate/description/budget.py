"""A visual-token budget, solved above views and models by asking the model what an image of a size would take."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from foveate.errors import ViewError
from foveate.geometry import Box, Size
from foveate.model.model import Model, Region
from foveate.model.places import places_tokens, tokens_of_picture
from foveate.view import View, ViewMaker, make_view
from foveate.view.fit import Fit, as_long_as, longest_side, native

_Made = TypeVar("_Made")


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
    if view.one_picture:
        places = "told to the model" if places_tokens(model) else "not told: the model takes plain images only"
        view = replace(view, options=(*view.options, ("places", places)))
    return view


def frame_tokens(model: Model, maker: ViewMaker, seen: View) -> list[int | None]:
    """Visual tokens of each image of a frame; what a model that is told their places is not shown twice is not counted.

    Args:
        model: who is shown them.
        maker: the view.
        seen: what it makes of the frame.
    """
    sizes = [glimpse.size_px for glimpse in seen.glimpses]
    if not maker.one_picture:
        return model.visual_tokens(sizes)
    return tokens_of_picture(model, sizes, [Region.of(glimpse.box_px, seen.frame.size_px) for glimpse in seen.glimpses])


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
            raise self._too_little(least, len(sizes))
        for place, region in enumerate(regions_px):
            others = sum(self._tokens(size) for size in (*sizes[:place], *sizes[place + 1 :]))
            sizes[place] = replace(self, most_tokens=self.most_tokens - others)(region)
        return tuple(sizes)

    def nested(self, boxes_px: Sequence[Box], frame_px: Size) -> tuple[Size, ...]:
        """The longest images that fit; what that leaves over makes the first longer, then the others up to the first."""
        regions = [Region.of(box, frame_px) for box in boxes_px]

        def fits(sizes: Sequence[Size]) -> bool:
            return self._together(sizes, regions) <= self.most_tokens

        longest_px = max(boxes_px[0].size_px)
        sizes = _longest(lambda side_px: as_long_as(side_px, boxes_px), longest_px, fits)
        if not fits(sizes):
            raise self._too_little(self._together(sizes, regions), len(sizes))
        for place, box in enumerate(boxes_px):
            longer = _longest(partial(_resized, sizes, place, box), longest_px, fits)
            if fits(longer) and max(longer[place]) > max(sizes[place]):
                sizes = longer
            longest_px = max(sizes[0])
        return sizes

    def _together(self, sizes: Sequence[Size], regions: Sequence[Region]) -> int:
        """Tokens of images that lie on one picture."""
        if places_tokens(self.model):
            return sum(count or 0 for count in tokens_of_picture(self.model, sizes, regions))
        return sum(map(self._tokens, sizes))

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

    def _too_little(self, least_tokens: int, images: int) -> ViewError:
        return ViewError(
            f"{self.model.name} takes at least {least_tokens} visual tokens for the {images} images of a frame, "
            f"more than the budget of {self.most_tokens}; raise --budget"
        )

    def _fit(self, region_px: Size) -> Size:
        size = _longest(
            lambda side_px: longest_side(side_px)(region_px),
            max(region_px),
            lambda size_px: self._tokens(size_px) <= self.most_tokens,
        )
        if self._tokens(size) > self.most_tokens:
            raise ViewError(
                f"{self.model.name} takes at least {self._tokens(size)} visual tokens for an image of this shape, "
                f"more than the budget of {self.most_tokens}; raise --budget"
            )
        return size


def _longest(made: Callable[[int], _Made], most_px: int, fits: Callable[[_Made], bool]) -> _Made:
    """What is made with the longest side that fits, found by halving; with that of 1 px where none does."""
    if fits(whole := made(most_px)):
        return whole
    fitting, too_long = 1, most_px
    while too_long - fitting > 1:
        middle = (fitting + too_long) // 2
        fitting, too_long = (middle, too_long) if fits(made(middle)) else (fitting, middle)
    return made(fitting)


def _resized(sizes: Sequence[Size], place: int, box_px: Box, side_px: int) -> tuple[Size, ...]:
    """Sizes of images, one of them with another longest side."""
    return (*sizes[:place], longest_side(side_px)(box_px.size_px), *sizes[place + 1 :])
