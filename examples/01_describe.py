"""Describe a recording span by span and look at what was shown.

    python examples/01_describe.py [REC] [MODEL]

Without arguments: twelve seconds of a drawn kitchen and the mock model, which says only what it was given.
"""

import sys

import foveate
from foveate.toykitchen import World

recording = foveate.open_recording(sys.argv[1]) if len(sys.argv) > 1 else World(1, duration_s=12.0).recording()
model = sys.argv[2] if len(sys.argv) > 2 else "mock"

description = foveate.describe(recording, model=model, view="gaze", size="448", fps=1.0, segment="4")

for span in description.spans:
    print(f"{span.start_s:5.1f} s  {span.text}")
print(f"{description.totals.share_of_pixels:.1%} of the pixels, {description.totals.visual_tokens} visual tokens")
