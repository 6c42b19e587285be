"""Overlays and panels on arrays: gaze, crop box, heat, words, side by side, contact sheet."""

from foveate.draw.captioned import captioned
from foveate.draw.heat import heat
from foveate.draw.marks import crop_box, gaze_ring, label, open_ring
from foveate.draw.panels import contact_sheet, side_by_side, stacked

__all__ = ["captioned", "contact_sheet", "crop_box", "gaze_ring", "heat", "label", "open_ring", "side_by_side", "stacked"]
