"""What a span costs in each way of showing: all views at one budget of visual tokens, told before anything is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foveate.description.budget import frame_tokens, view_for, within_budget
from foveate.errors import ViewError
from foveate.evaluation.study import Show
from foveate.evaluation.ways import Way
from foveate.geometry import Camera, Size
from foveate.model.model import Model
from foveate.view import Extent, Fit, Frame, View, ViewMaker, make_view
from foveate.view.fit import longest_side, native

EQUAL = 0.05
"""Ways whose tokens differ by no more than this share cost the same."""


@dataclass(frozen=True)
class Budget:
    """What a frame may cost in every way of showing but the native one, for one model."""

    tokens: int | None
    """Visual tokens; None where the model does not tell them, or there is no limit."""
    longest_px: int | None
    """Longest side of an image, where the model does not tell its tokens; None for no limit."""
    why: str
    """Where it comes from."""

    def fit(self, model: Model) -> Fit:
        """To which size a region is resampled."""
        if self.tokens is not None:
            return within_budget(model, self.tokens)
        return native if self.longest_px is None else longest_side(self.longest_px)

    def __str__(self) -> str:
        if self.tokens is not None:
            return f"{self.tokens} visual tokens a frame ({self.why})"
        return self.why if self.longest_px is None else f"images of at most {self.longest_px} px a side ({self.why})"


def budget_for(model: Model, show: Show, *, frame_px: Size, camera: Camera | None) -> Budget:
    """The budget that a study holds for a model.

    Args:
        model: who is shown the frames.
        show: the section of the study file.
        frame_px: size of a scene frame.
        camera: calibration, for crops in degrees.
    """
    if show.budget == 0:
        return Budget(None, None, "no limit: every view keeps its own pixels")
    if show.budget is not None:
        return Budget(show.budget, None, "budget in [show]")
    if model.usual_tokens is not None:
        return Budget(model.usual_tokens, None, f"what {model.name} was trained on")
    crop_px = Extent.parse(show.size[0]).size_px(frame_px, camera)
    (tokens,) = model.visual_tokens([crop_px])
    if tokens is not None:
        return Budget(tokens, None, f"what a crop of {show.size[0]} takes")
    return Budget(None, max(crop_px), f"as a crop of {show.size[0]}: {model.name} does not tell its visual tokens")


def maker_for(way: Way, model: Model, budget: Budget) -> ViewMaker | None:
    """The view of a way of showing, as a model gets it; None where it gets no image.

    Raises:
        ViewError: where the model cannot read it; the message names the way.
    """
    if way.view is None:
        return None
    limit = native if way.native_px is None else longest_side(way.native_px)
    maker = make_view(way.view, size=way.size, fit=limit if way.native else budget.fit(model), **way.options)
    return view_for(model, maker, size=way.size, budget_tokens=None)


def tokens_of_ways(
    ways: Sequence[Way], model: Model, budget: Budget, *, frame_px: Size, camera: Camera | None
) -> dict[str, int | None]:
    """Visual tokens of a frame that is looked at in its middle, in every way; None where the model does not tell.

    Raises:
        ViewError: for a way that the model cannot read, or that the budget leaves no room for.
    """
    frame = Frame(frame_px, 0, (frame_px.width_px / 2, frame_px.height_px / 2), camera)
    told: dict[str, int | None] = {}
    for way in ways:
        try:
            maker = maker_for(way, model, budget)
            if maker is None:  # no token, of a model that tells tokens at all
                counts = [None if count is None else 0 for count in model.visual_tokens([frame_px])]
            else:
                counts = frame_tokens(model, maker, View((), maker.plan(frame), frame))
        except ViewError as error:
            raise ViewError(f"{way.name!r} cannot be shown to {model.name}: {error}") from error
        known = [count for count in counts if count is not None]
        told[way.name] = sum(known) if len(known) == len(counts) else None
    return told


def unequal(tokens: Mapping[str, int | None], ways: Sequence[Way], *, first: str) -> list[str]:
    """What is told where ways that should cost the same do not; those at the model's own size and without images apart.

    Args:
        tokens: way of showing -> visual tokens of a frame.
        ways: of which those with more frames a second cost more, too.
        first: the way that others are held against.
    """
    priced = [way for way in ways if way.view and not way.native and tokens.get(way.name) is not None]
    rates = len({way.fps for way in priced}) > 1
    common = {way.name: (tokens[way.name] or 0) * (way.fps if rates else 1) for way in priced}
    if not common:
        return []
    of, unit = first if first in common else next(iter(common)), "visual tokens a second" if rates else "visual tokens"
    return [
        f"{name!r} takes {count:.10g} {unit} where {of!r} takes {common[of]:.10g}: their difference is also one of cost"
        for name, count in common.items()
        if abs(count - common[of]) > EQUAL * common[of]
    ]
