"""Overlays and panels on arrays: gaze, crop box, words, side by side, contact sheet."""

from foveate.draw.captioned import captioned
from foveate.draw.marks import crop_box, gaze_ring, label, open_ring
from foveate.draw.panels import contact_sheet, side_by_side

__all__ = ["captioned", "contact_sheet", "crop_box", "gaze_ring", "label", "open_ring", "side_by_side"]
