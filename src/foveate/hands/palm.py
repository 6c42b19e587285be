"""Palms in a frame: what is particular to the palm network.

Source: MediaPipe's palm detection (arXiv 2006.10214, section 2.1) and the options of its published graph: an input of 192 px,
anchors at strides 8, 16, 16 and 16 with two of one size in every cell, a score of 0.5.
"""

from foveate.blaze.anchors import Anchors

PALMS = Anchors(input_px=192, per_cell={8: 2, 16: 6}, points=7, min_score=0.5)
"""Points are the wrist, joints of the fingers and the thumb."""
WRIST, MIDDLE_FINGER = 0, 2
"""Which of a palm's points are the wrist and the middle finger's first joint."""
