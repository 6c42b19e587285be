"""The recordings of a study by name, as its ways of showing see them."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from foveate.clock import Span
from foveate.description.viewer import Viewer
from foveate.evaluation.places import Place, open_place
from foveate.evaluation.shuffled import shuffled
from foveate.evaluation.ways import MOMENTS, SHUFFLED, Way
from foveate.gaze.treatment import treated
from foveate.recording.recording import Recording
from foveate.view import ViewMaker

OPEN_AT_ONCE = 8
"""Recordings, and treatments of them, that are held: a toy world takes 20 MB, its treatments share them."""


class Opener:
    """Opens recordings; the last few stay open."""

    def __init__(self, places: Mapping[str, Place], donors: Mapping[str, str], *, most: int = OPEN_AT_ONCE) -> None:
        """Nothing is opened yet.

        Args:
            places: recording -> how it is opened.
            donors: recording -> whose gaze stands in where gaze is shuffled.
            most: how many stay open.
        """
        self._places, self._donors, self._most = places, donors, most
        self._open: OrderedDict[tuple[Any, ...], Recording] = OrderedDict()

    def plain(self, name: str) -> Recording:
        """As it was recorded.

        Raises:
            RecordingError: where it is not there any more.
        """
        return self._held((name,), lambda: open_place(self._places[name]))

    def seen(self, name: str, way: Way) -> Recording:
        """With its gaze as a way of showing has it."""
        if way.shuffled:
            key = (name, SHUFFLED, way.gaze, way.seed)
            return self._held(key, lambda: shuffled(self.plain(name), self._treated(self._donors[name], way)))
        if not way.uses_gaze or not way.gaze:
            return self.plain(name)
        return self._held((name, way.gaze, way.seed), lambda: self._treated(name, way))

    def viewer(self, name: str, maker: ViewMaker, way: Way, span: Span) -> Viewer:
        """What shows a span of a recording in a way.

        Raises:
            RecordingError: where the recording is not there any more.
        """
        return Viewer(
            self.seen(name, way),
            maker,
            fps=way.rate(span),
            then=way.without_gaze,  # type: ignore[arg-type]
            hold_ms=way.hold_ms,
            frames="uniform" if way.frames == MOMENTS else way.frames,
            like=self.plain(name) if way.skips_alike else None,
        )

    def _treated(self, name: str, way: Way) -> Recording:
        """What the vendor's program found in gaze as it was goes, so that frames are chosen by gaze as it is now."""
        if not way.gaze:
            return self.plain(name)
        return treated(self.plain(name), way.gaze, seed=way.seed).replaced({}, without=("fixations", "saccades"))

    def _held(self, key: tuple[Any, ...], made: Callable[[], Recording]) -> Recording:
        if key not in self._open:
            self._open[key] = made()
        self._open.move_to_end(key)
        while len(self._open) > self._most:
            self._open.popitem(last=False)
        return self._open[key]
