"""The ways of showing that a study compares: views, controls and sweeps, each with a name that tells it from the others."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from typing import Any

from foveate.clock import Span
from foveate.errors import UsageError, hint
from foveate.evaluation.study import Show
from foveate.gaze.treatment import Treatment
from foveate.view import make_view, view_names
from foveate.view.sampling import check_fps, sampling

NATIVE, NO_IMAGE, SHUFFLED = "full_native", "no image", "shuffled gaze"
MOMENTS = "moments"
"""In place of a key of SAMPLINGS: the instants that a sample's question speaks of."""
CONTROLS: Mapping[str, str] = {
    NATIVE: "the whole frame at the model's own size, whatever it costs",
    NO_IMAGE: "the words alone: what can be guessed",
    SHUFFLED: "the view gaze with another recording's gaze: what gaze tells that is this wearer's own",
}
"""What a study can show beside VIEWS."""
GAZE_LISTS = ("noise_deg", "noise_px", "bias_deg", "bias_px", "delay_ms", "loss", "smoothing")
"""Lists of [show] that treat gaze."""
SWEPT = ("size", "fps", *GAZE_LISTS)
"""Lists of [show] whose values are compared."""


@dataclass(frozen=True)
class Way:
    """One way of showing a span: a column of what a study compares."""

    name: str
    """How lines and tables call it."""
    view: str | None
    """A name of VIEWS; None for no image."""
    size: str = "448"
    """Side of the crop."""
    fps: float = 1.0
    frames: str = "uniform"
    """Which frames of a span, a key of SAMPLINGS, or MOMENTS."""
    most_frames: int | None = None
    """Most frames of a span."""
    native: bool = False
    """Whether it is left out of the common budget and shown at the model's own size."""
    native_px: int | None = None
    """Longest side of a native image; None for every pixel."""
    without_gaze: str = "center"
    hold_ms: float = 500.0
    skips_alike: bool = False
    """Whether frames that the wearer's gaze as it was recorded leaves out are left out here as well."""
    uses_gaze: bool = False
    """Whether the view looks where the wearer looked."""
    gaze: Treatment = field(default_factory=Treatment)
    """What is done to gaze first."""
    shuffled: bool = False
    """Whether another recording's gaze stands in."""
    seed: int = 0
    """Of random crops, and of noise and loss."""

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Way":
        """What ``facts`` and JSON made of a way."""
        known = {name: told[name] for name in cls.__dataclass_fields__ if name in told}
        return cls(**{**known, "gaze": Treatment(**told["gaze"])})

    @property
    def options(self) -> dict[str, Any]:
        """What its view takes beside size and fit."""
        return {"seed": self.seed} if self.view == "random" else {}

    def rate(self, span: Span) -> float:
        """Frames a second of a span."""
        return self.fps if self.most_frames is None else min(self.fps, self.most_frames / span.duration_s)

    def facts(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def ways_of(show: Show) -> list[Way]:
    """All ways of showing that a study asks for, in the order of its views.

    Raises:
        UsageError, ViewError: for a view that there is not, or a value that no view can have.
    """
    known = {**view_names(), **CONTROLS}
    for name in show.views:
        if name not in known:
            raise UsageError(f"[show] there is no view {name!r}{hint(name, known)}; allowed: {', '.join(known)}")
    for fps in show.fps:
        check_fps(fps)
    if show.frames != MOMENTS:
        sampling(show.frames)
    for size in show.size:
        make_view("center", size=size)
    ways = [way for name in show.views for way in _swept(name, show)]
    if show.without_gaze == "skip" and any(way.uses_gaze for way in ways):
        ways = [replace(way, skips_alike=way.view is not None) for way in ways]
    names = [way.name for way in ways]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"[show] two ways of showing would both be called {twice!r}; leave out one of the values")
    return ways


def needs(ways: Collection[Way]) -> dict[str, bool]:
    """What recordings must have for some way of showing, as ``gather_samples`` takes it."""
    in_degrees = [(_bears("size", way) and way.size.endswith("deg")) or way.gaze.noise_deg or way.gaze.bias_deg for way in ways]
    return {"with_gaze": any(way.uses_gaze for way in ways), "with_camera": any(in_degrees)}


def _swept(view: str, show: Show) -> Iterator[Way]:
    """A view with every value that is swept and that bears on it, the plain one first."""
    base = _plain(view, show)
    lists = {name: getattr(show, name) for name in SWEPT if _bears(name, base)}
    if base.shuffled:  # another's gaze is treated as the first is, and by nothing else told from it
        lists |= {name: values[:1] for name, values in lists.items() if name in GAZE_LISTS}
    if show.sweep == "all":
        combinations = [dict(zip(lists, values, strict=True)) for values in product(*lists.values())]
    else:
        first = {name: values[0] for name, values in lists.items()}
        combinations = [first, *({**first, name: value} for name, values in lists.items() for value in values[1:])]
    for chosen in combinations:
        amounts = {name: value for name, value in chosen.items() if name in GAZE_LISTS}
        treatment = Treatment(**amounts, burst_ms=show.burst_ms if amounts.get("loss") else 0.0)
        size, fps = chosen.get("size", base.size), chosen.get("fps", base.fps)
        told = [
            view,
            *([f"{size} px" if size.isdecimal() else size] if size != base.size else []),
            *([f"{fps:g} fps"] if fps != base.fps else []),
            *([str(treatment)] if treatment else []),
        ]
        yield replace(base, name=", ".join(told), gaze=treatment, size=size, fps=fps)


def _plain(view: str, show: Show) -> Way:
    """A view with the first size and rate, and gaze as it was recorded."""
    way = Way(
        view,
        None,
        size=show.size[0],
        fps=show.fps[0],
        frames=show.frames,
        most_frames=show.most_frames,
        without_gaze=show.without_gaze,
        hold_ms=show.hold_ms,
        seed=show.seed,
    )
    if view == NO_IMAGE:
        return way
    if view == NATIVE:
        return replace(way, view="full", native=True, native_px=show.native_px)
    real = "gaze" if view == SHUFFLED else view
    return replace(way, view=real, uses_gaze=make_view(real).uses_gaze, shuffled=view == SHUFFLED)


def _bears(swept: str, base: Way) -> bool:
    """Whether a list of values makes any difference to a view."""
    if base.view is None:
        return False
    if swept == "size":
        return "size" in dict(make_view(base.view).options)
    return swept == "fps" or base.uses_gaze
