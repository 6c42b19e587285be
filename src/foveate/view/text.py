"""The whole frame, and where the wearer looked as numbers in the prompt: the other weak baseline of published benchmarks."""

from foveate.geometry import Box
from foveate.view.fit import Fit
from foveate.view.view import Frame, Glimpse, ViewMaker

NO_GAZE = "no gaze known: the prompt says so"


def make(*, fit: Fit) -> ViewMaker:
    """A view that shows everything and says where the wearer looked, in parts of the frame's width and height."""

    def plan(frame: Frame) -> tuple[Glimpse, ...]:
        whole = Box(0, 0, *frame.size_px)
        return (Glimpse(whole, fit(frame.size_px), note="" if frame.aim_known else NO_GAZE),)

    def note(frame: Frame) -> str:
        if not frame.aim_known:
            return "where the person looked is not known"
        x, y = (aim / side for aim, side in zip(frame.aim_px, frame.size_px, strict=True))
        return f"the person looked at x = {x:.2f}, y = {y:.2f} (0, 0 is the top left, 1, 1 the bottom right)"

    return ViewMaker("text", uses_gaze=True, plan=plan, note=note)
